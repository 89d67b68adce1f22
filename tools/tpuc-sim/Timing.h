//===- Timing.h - tpuc-sim --timing-only ------------------------*- C++ -*-===//
// The figures of a stream that is timed without data, and the files that hold
// them. Computes none of them.
#ifndef TPU_MLIR_TOOLS_TPUC_SIM_TIMING_H
#define TPU_MLIR_TOOLS_TPUC_SIM_TIMING_H

#include "tpu_mlir/Bmodel/Bmodel.h"

namespace tpu_mlir {

struct TimingArguments {
  std::string model, trace, layers, summary;
  size_t net = 0, stage = 0;
  uint64_t repeat = 0;
  bool vary = false, floatTensors = false;
};

int timeOnly(const TimingArguments &arguments);

} // namespace tpu_mlir

#endif // TPU_MLIR_TOOLS_TPUC_SIM_TIMING_H
