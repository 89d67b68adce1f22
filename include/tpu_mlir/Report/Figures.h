//===- Figures.h - A timed stream's figures as JSON -------------*- C++ -*-===//
// The one place that names the figures: the simulator's summary file, its
// per-layer table and the report all show these. Computes none of them.
#ifndef TPU_MLIR_REPORT_FIGURES_H
#define TPU_MLIR_REPORT_FIGURES_H

#include "tpu_mlir/Sim/StreamTiming.h"

#include <nlohmann/json_fwd.hpp>

namespace tpu_mlir::report {

/// The whole stream: cycles, use of the engines, DDR bytes against the lower bound, roofline, inference.
nlohmann::ordered_json figuresOf(const target::Chip &chip, const sim::TimedStream &stream,
                                 const sim::StreamReport &report, const sim::InferenceEstimate &estimate);

/// One layer.
nlohmann::ordered_json figuresOf(const sim::LayerReport &layer);

/// Cycles with two decimals: what lies behind them is noise of adding floats.
double roundedCycles(double cycles);

/// JSON text; bytes that are no Unicode become replacement characters.
std::string textOf(const nlohmann::ordered_json &json, int indent = 1);

} // namespace tpu_mlir::report

#endif // TPU_MLIR_REPORT_FIGURES_H
