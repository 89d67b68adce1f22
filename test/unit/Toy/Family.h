//===- Family.h - A second family of chips ----------------------*- C++ -*-===//
// Shows that nothing above the rows knows the first: other words, another way
// to wait, other lanes, another number of engines. No chip has it.
#ifndef TPU_MLIR_TEST_UNIT_TOY_FAMILY_H
#define TPU_MLIR_TEST_UNIT_TOY_FAMILY_H

#include "Command.h"
#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Timing/EventModel.h"

#include <array>

namespace tpu_mlir::toy {

const backend::Family &family();
/// A chip of it.
const target::Chip &chip();
/// The chip with so many bytes of local memory per lane, and few commands in a group.
codegen::Machine machineWith(int64_t laneBytes);

/// Cycles of a copy of so many runs, and of a pass of arithmetic over a result.
double copyCycles(double rows, double bytes);
double passCycles(const kernel::Dims &result, int64_t item);
std::array<timing::EngineClock, 3> clocks();

} // namespace tpu_mlir::toy

#endif // TPU_MLIR_TEST_UNIT_TOY_FAMILY_H
