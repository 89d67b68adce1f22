//===- TensorNotes.h - Which tensor stands where, and when ------*- C++ -*-===//
// Listens while commands are emitted and writes the tensor table: where each
// part of each tensor lies after which command, and whose the commands are.
#ifndef TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_TENSORNOTES_H
#define TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_TENSORNOTES_H

#include "ScheduleOf.h"
#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Bmodel/TensorTable.h"
#include "tpu_mlir/Codegen/Emitter.h"

namespace tpu_mlir::tpu {

/// Values by the numbers of the function's network; ops by its node ids. Weights have no entries.
class TensorNotes : public schedule::EmitObserver {
public:
  /// `scheduled`: the same values in the shapes that the schedule gives them.
  TensorNotes(const FunctionNetwork &function, const schedule::Network &scheduled, const backend::Family &family,
              const codegen::CommandStream &stream)
      : function(function), scheduled(scheduled), family(family), stream(stream), entries(function.values.size()),
        layers(function.ops.size()), ids(size_t(stream.engineCount())) {}

  void owns(int op) override;
  void madeLocal(int value, const Region &region, const codegen::LocalView &view,
                 const codegen::LocalStrides &outer) override;
  void madeGlobal(int value, const Region &region) override;
  void loaded(int value, const Dims &whole, const Region &region, const codegen::LocalView &view) override;
  /// A part of a result or of an operand of an op that ran by itself.
  void madePart(int value, const codegen::TensorPart &part);

  /// The table; call once, after the last command.
  bmodel::TensorTable take();

private:
  /// The last command of the engine that has such a task.
  bmodel::CommandRef last(backend::Task task) const;
  bmodel::TensorEntry describe(int value) const;
  bmodel::TensorEntry &entryOf(int value);
  void addViews();
  bmodel::LayerTraits traitsOf(int op) const;
  /// Gives the commands issued since the last call to their owner.
  void settle();

  const FunctionNetwork &function;
  const schedule::Network &scheduled;
  const backend::Family &family;
  const codegen::CommandStream &stream;
  std::vector<bmodel::TensorEntry> entries;              ///< by value
  std::vector<std::vector<bmodel::CommandRange>> layers; ///< by op
  int owner = -1;
  uint32_t group = 0;
  std::vector<uint32_t> ids; ///< by engine
};

} // namespace tpu_mlir::tpu

#endif // TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_TENSORNOTES_H
