//===- MovePlan.h - How a move between global tensors is made ---*- C++ -*-===//
// A strided move is one copy of the transfer engine, whose price is its rows:
// runs of consecutive bytes on both sides. Where those are short, local memory
// lies between: a box of the tensor is loaded in the source's rows, put in the
// target's order inside the lanes, and stored in the target's rows. Decides by
// the timing model which way, which axis lies over the lanes, and the box.
// Emits nothing.
#ifndef TPU_MLIR_LIB_BACKEND_TIUGDMA_MOVEPLAN_H
#define TPU_MLIR_LIB_BACKEND_TIUGDMA_MOVEPLAN_H

#include "tpu_mlir/Codegen/ProgramPrice.h"
#include "tpu_mlir/Codegen/StepEmitter.h"
#include "tpu_mlir/Target/Target.h"

namespace tpu_mlir::backend::tiu_gdma {

using codegen::Machine;

/// One axis of a move: its length, and elements between neighbours on either side.
struct MoveAxis {
  int64_t size, source, target;
};
/// The axes of a move, outermost first: those of length 1 dropped, neighbours that are contiguous on both sides joined.
std::vector<MoveAxis> axesOf(const Move &move);

struct MovePlan {
  enum class Way {
    Direct, ///< from global to global memory
    Lanes,  ///< one axis over the lanes, the others change places within each
    Turn,   ///< the last axis over the lanes when loaded, the one before it when stored
  };
  Way way = Way::Direct;
  std::vector<MoveAxis> axes; ///< outermost first, as the target has them
  std::vector<int64_t> box;   ///< Lanes, Turn: how much of each axis is in local memory at once
  int lane = -1;              ///< Lanes: the axis that lies over the lanes
  double cycles = 0;          ///< by the timing model
};
/// The most bytes between neighbours of a copy command's innermost axis.
inline int64_t denseBytes(const Machine &machine) { return machine.chip->limits.maxDmaWstrideBytes; }
MovePlan planMove(const Move &move, DType type, const Machine &machine);

codegen::ProgramPrice priceOf(const CopyProgram &program, const Machine &machine);

/// One axis of a transfer between global memory and the lanes, or of a copy within them.
struct Extent {
  int64_t size, from, to; ///< strides in elements
};
/// The order of a box within the lanes: strides of its axes (of the lanes' axis: 0) and elements of a lane.
struct LaneOrder {
  std::vector<int64_t> strides;
  int64_t plane = 1;
};
LaneOrder laneOrder(const MovePlan &plan, const std::vector<int64_t> &box, bool asTarget);
/// Axes of a box other than the lanes' with strides `from` and `to`, outermost first by `to`; what is contiguous joins.
std::vector<Extent> extentsOf(const MovePlan &plan, const std::vector<int64_t> &box, const std::vector<int64_t> &from,
                              const std::vector<int64_t> &to);
/// The three axes of one command, outermost first, and those that are left for a loop. The innermost axis has at most
/// `mostStride` elements between neighbours, or is of length 1.
struct CommandShape {
  Extent axes[3];
  std::vector<Extent> outer;
  int64_t commands() const {
    int64_t count = 1;
    for (const Extent &e : outer)
      count *= e.size;
    return count;
  }
};
CommandShape shapeOf(std::vector<Extent> extents, int64_t mostStride);

/// The most commands of both engines that a box of the plan takes.
int64_t commandsOfBox(const MovePlan &plan, const Machine &machine);

} // namespace tpu_mlir::backend::tiu_gdma

#endif // TPU_MLIR_LIB_BACKEND_TIUGDMA_MOVEPLAN_H
