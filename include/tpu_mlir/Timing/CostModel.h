//===- CostModel.h - What an operation costs, by its shape ------*- C++ -*-===//
// Pure formulas from shapes and a chip's constants to cycles. The simulator
// prices decoded commands with them and the compiler prices forms that it has
// not emitted, so that neither can think otherwise than the other. Decides
// nothing about order or overlap of the engines (that is the event model's),
// and holds no number: those are the chip file's.
//
// TIU formulas give TIU cycles, copies give GDMA cycles; gdmaToTiu converts.
// Counts are doubles, so that impossible shapes grow instead of overflowing.
// Sources: shared ISA notes, isa.md §8 and timing.md (counters of a sibling
// chip's silicon, scaled by lanes and execution units); docs/design/timing.md.
#ifndef TPU_MLIR_TIMING_COSTMODEL_H
#define TPU_MLIR_TIMING_COSTMODEL_H

#include "tpu_mlir/Target/Target.h"
#include "tpu_mlir/Timing/EventModel.h"

#include <array>

namespace tpu_mlir::timing {

using target::Chip;

/// A result spread over the lanes: channel c of a tensor that starts in `lane` lies in lane (lane + c) mod lanes.
struct Spread {
  double n = 1, c = 1, h = 1, w = 1;
  double lane = 0;
  bool rowsApart = false; ///< the rows of a channel do not follow each other, so each is rounded up alone
};

/// Passes over the lanes: batches times groups of channels.
double lanePasses(const Chip &chip, double n, double c, double lane = 0);

/// Cycles to stream a tensor of `bytes`-wide elements through the execution units once, without start-up.
double streamCycles(const Chip &chip, const Spread &result, double bytes);

/// Dense convolution. `bytes` is the input format's width (1, 2, 4); `lane` where the result starts.
struct ConvShape {
  double n = 1, ic = 1, oc = 1, oh = 1, ow = 1, kh = 1, kw = 1;
  double bytes = 1, lane = 0;
};
double convCycles(const Chip &chip, const ConvShape &shape);

/// Multiply-accumulates per cycle of the convolution array at its peak.
double arrayRate(const Chip &chip, double bytes);

/// Pooling and depth-wise: a window of kh × kw over each result element. `bytes` and `resultBytes` are widths.
struct WindowShape {
  Spread result;
  double kh = 1, kw = 1, bytes = 1, resultBytes = 1;
};
double poolCycles(const Chip &chip, const WindowShape &shape);
double depthwiseCycles(const Chip &chip, const WindowShape &shape);

/// Element-wise arithmetic, casts, copies, requantisation. `widest` is the widest of the operands' and result's
/// elements; `conflict` is the share of the time that operands and result meet in a bank, 0 to 1 (see bankShare).
double elementCycles(const Chip &chip, const Spread &result, double widest, double conflict = 0);
/// The same for a division, which iterates.
double divideCycles(const Chip &chip, const Spread &result, double widest, double conflict = 0);

/// Table look-up: every lane takes `result.h · result.w` elements per pass. `toleratesConflicts`: the slower forms.
double gatherCycles(const Chip &chip, const Spread &result, bool toleratesConflicts = false);

/// Matrix product that multiplies in the execution units: rows × depth by depth × (sections × width), a section a lane.
double matrixCycles(const Chip &chip, double rows, double depth, double sections, double width, double bytes = 1);
/// Matrix product that uses the convolution array: a row a lane.
double matrix2Cycles(const Chip &chip, double rows, double depth, double columns, double bytes = 1);

/// Lane copies and broadcasts; and transpositions between channels and columns, which pass one lane at a time.
double laneCopyCycles(const Chip &chip, const Spread &result, double bytes);
double transposeCycles(const Chip &chip, const Spread &result, double bytes);

/// Copies. `Local` stays inside the chip (local memory, L2) and costs as a load does (inferred).
enum class Copy { Load, Store, Move, Local };
/// `rows` contiguous runs of `rowBytes`. One row has no row cost. GDMA cycles.
double copyCycles(const Chip &chip, Copy direction, double rows, double rowBytes);
/// The same for one contiguous run.
inline double copyCycles(const Chip &chip, Copy direction, double bytes) {
  return copyCycles(chip, direction, 1, bytes);
}
/// Bytes per GDMA cycle of a long copy.
double copyRate(const Chip &chip, Copy direction);
/// TIU cycles per GDMA cycle.
inline double gdmaToTiu(const Chip &chip) { return double(chip.clock.tiuMhz) / double(chip.clock.gdmaMhz); }
/// The TIU's and the GDMA's, in the order of isa::Engine; the event model counts in TIU cycles.
std::array<EngineClock, 2> engineClocks(const Chip &chip);
/// Milliseconds of TIU cycles.
inline double milliseconds(const Chip &chip, double tiuCycles) {
  return tiuCycles / (double(chip.clock.tiuMhz) * 1000.0);
}

/// The share of the time that two tensors, streamed side by side, are in the same bank. Offsets and sizes in one lane.
double bankShare(const Chip &chip, double firstOffset, double firstBytes, double secondOffset, double secondBytes);

} // namespace tpu_mlir::timing

#endif // TPU_MLIR_TIMING_COSTMODEL_H
