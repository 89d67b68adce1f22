//===- EmitTimeline.h - A placed timeline as commands -----------*- C++ -*-===//
// From works that have their places to commands of all engines, and where in
// global memory their weights lie. Decides no order: the timeline has it.
#ifndef TPU_MLIR_SCHEDULE_EMITTIMELINE_H
#define TPU_MLIR_SCHEDULE_EMITTIMELINE_H

#include "tpu_mlir/Codegen/Emitter.h"
#include "tpu_mlir/Schedule/Timeline.h"

namespace tpu_mlir::schedule {

/// Where weights lie in global memory.
struct CoefficientMap {
  std::map<std::pair<int, int>, uint64_t> blobs; ///< by node and channel tile
  std::map<int, uint64_t> plain;                 ///< by weight value, contiguous
  uint64_t bytes = 0;
};
/// Places what the timeline loads, in the order of first use, from `base` on; every weight once.
CoefficientMap mapCoefficients(const Network &network, const Plan &plan, const Timeline &timeline, uint64_t base,
                               const LocalMemory &memory, int64_t rowLimit);

/// A copy of bytes of a weight array into the coefficients.
struct CoefficientBytes {
  uint64_t to = 0; ///< offset from the base
  int value = -1;
  int64_t from = 0, count = 0; ///< bytes in the array
};
std::vector<CoefficientBytes> coefficientBytes(const Network &network, const CoefficientMap &map, uint64_t base,
                                               const LocalMemory &memory, int64_t rowLimit);

/// What a caller learns while commands are emitted.
class EmitObserver {
public:
  virtual ~EmitObserver() = default;
  /// Commands issued from now on belong to an op (its id).
  virtual void owns(int op) { (void)op; }
  /// A region of a value is complete in local memory, with these strides, after the last command of arithmetic.
  virtual void madeLocal(int value, const Region &region, const codegen::LocalView &view,
                         const codegen::LocalStrides &outer) {
    (void)value, (void)region, (void)view, (void)outer;
  }
  /// A region of a value is complete in global memory after the last store.
  virtual void madeGlobal(int value, const Region &region) { (void)value, (void)region; }
  /// A region of a value, seen as `whole`, is complete in local memory after the last load.
  virtual void loaded(int value, const Dims &whole, const Region &region, const codegen::LocalView &view) {
    (void)value, (void)whole, (void)region, (void)view;
  }
};

/// Emits works with their loads and stores. `alone(node)`: emits a node by itself.
void emitTimeline(const Network &network, const Plan &plan, const Timeline &timeline,
                  const CoefficientMap &coefficients, codegen::Emitter &emitter, int64_t rowLimit,
                  const std::function<void(const Node &)> &alone, EmitObserver &observer);

} // namespace tpu_mlir::schedule

#endif // TPU_MLIR_SCHEDULE_EMITTIMELINE_H
