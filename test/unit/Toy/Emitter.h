//===- Emitter.h - The toy family's loads, stores and copies ----*- C++ -*-===//
// One engine fills local memory and another empties it; nothing connects two
// places of global memory, so copy programs go through the lanes.
#ifndef TPU_MLIR_TEST_UNIT_TOY_EMITTER_H
#define TPU_MLIR_TEST_UNIT_TOY_EMITTER_H

#include "Stream.h"
#include "tpu_mlir/Codegen/StepEmitter.h"

#include <functional>

namespace tpu_mlir::toy {

using codegen::Access;
using codegen::LocalView;

class Emitter final : public codegen::StepEmitter {
public:
  explicit Emitter(const codegen::Machine &machine) : StepEmitter(machine), commands(machine.idLimit) {}
  Stream &stream() override { return commands; }
  void load(const codegen::GlobalPart &from, const LocalView &view, int64_t repeat) override;
  void store(const codegen::GlobalPart &to, const LocalView &view, codegen::FreeBytes free) override;
  void loadRows(uint64_t address, const LocalView &view) override;
  void spread(const LocalView &to, const LocalView &from) override;
  void copy(const CopyProgram &program, std::span<const uint64_t> operands, uint64_t result) override;

  /// A view as operands have it.
  Local localOf(const LocalView &view) const;
  /// A command of arithmetic that reads some views and writes one.
  void compute(Op op, const Words &operands, std::initializer_list<const LocalView *> reads, const LocalView &writes);

private:
  Stream commands;
};

/// Calls `piece(elements from the source's start, from the target's, rows, columns)` for boxes of two axes that
/// together are the move, each of at most `most` elements.
struct MoveBox {
  int64_t source, target, rows, columns;
  int64_t sourceRow, sourceColumn, targetRow, targetColumn; ///< strides
};
void forEachBox(const Move &move, int64_t most, const std::function<void(const MoveBox &)> &piece);

} // namespace tpu_mlir::toy

#endif // TPU_MLIR_TEST_UNIT_TOY_EMITTER_H
