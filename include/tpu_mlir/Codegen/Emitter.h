//===- Emitter.h - Forms as instructions ------------------------*- C++ -*-===//
// Turns a recipe with its tile plan into steps and moves on local memory, which
// the family of the machine makes commands of. Knows no op and decides no tile
// and no address.
#ifndef TPU_MLIR_CODEGEN_EMITTER_H
#define TPU_MLIR_CODEGEN_EMITTER_H

#include "tpu_mlir/Codegen/StepEmitter.h"

#include <memory>
#include <utility>

namespace tpu_mlir::codegen {

/// Where a box of a tensor lies once a command is complete: of a recipe's result in local memory (from lane 0), then in
/// global memory; of its operands where they have been loaded to. For whoever tells debuggers.
struct TensorPart {
  static constexpr int kResult = -1;
  int tensor; ///< operand number, or kResult
  DType dtype;
  Dims whole;
  Region box;
  bool isLocal;
  Layout layout;  ///< local
  int64_t offset; ///< local: from the start of a lane
  int engine;     ///< of the family's
  CommandStream::Position after;
};

class Emitter {
public:
  explicit Emitter(const Machine &machine);

  /// Emits a recipe. `operands`: global addresses by operand number; weights in the order of their buffers' layout.
  void emitRecipe(const Recipe &recipe, const TilePlan &plan, std::span<const uint64_t> operands, uint64_t result);
  /// Emits a copy program between contiguous tensors.
  void emitCopy(const CopyProgram &program, std::span<const uint64_t> operands, uint64_t result) {
    family->copy(program, operands, result);
  }
  /// The family's, for steps and moves that are no whole form.
  StepEmitter &steps() { return *family; }
  CommandStream &stream() { return family->stream(); }
  const Machine &target() const { return machine; }
  /// The parts of the results and operands of recipes emitted since the last call.
  std::vector<TensorPart> takeParts() { return std::exchange(parts, {}); }

private:
  friend class RecipeEmitter;
  const Machine &machine;
  std::unique_ptr<StepEmitter> family;
  std::vector<TensorPart> parts;
};

} // namespace tpu_mlir::codegen

#endif // TPU_MLIR_CODEGEN_EMITTER_H
