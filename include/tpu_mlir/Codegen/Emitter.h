//===- Emitter.h - Forms as instructions ------------------------*- C++ -*-===//
// Turns a recipe with its tile plan, or a copy program, into commands on global
// and local memory. Knows no op and decides no tile and no address.
#ifndef TPU_MLIR_CODEGEN_EMITTER_H
#define TPU_MLIR_CODEGEN_EMITTER_H

#include "tpu_mlir/Codegen/CommandStream.h"
#include "tpu_mlir/Codegen/Tiling.h"

#include <utility>

namespace tpu_mlir::target {
struct Chip;
}

namespace tpu_mlir::codegen {

/// What emission asks of the target.
struct Machine {
  const isa::Table *table;
  LocalMemory memory;
  uint64_t localBase;  ///< where GDMA sees lane 0
  int64_t laneStride;  ///< bytes between lanes in an address
  uint64_t globalBase; ///< first address of global memory
  uint32_t idLimit, streamPadBytes;
  int64_t maxDmaWStride; ///< bytes between neighbours of a GDMA command's innermost axis
  Roundings roundings;
  const target::Chip *chip = nullptr; ///< for prices
};

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
  isa::Engine engine;
  CommandStream::Position after;
};

class Emitter {
public:
  explicit Emitter(const Machine &machine);

  /// Emits a recipe. `operands`: global addresses by operand number; weights in the order of their buffers' layout.
  void emitRecipe(const Recipe &recipe, const TilePlan &plan, std::span<const uint64_t> operands, uint64_t result);
  /// Emits a copy program between contiguous tensors.
  void emitCopy(const CopyProgram &program, std::span<const uint64_t> operands, uint64_t result);
  CommandStream &stream() { return commands; }
  const Machine &target() const { return machine; }
  /// The parts of the results and operands of recipes emitted since the last call.
  std::vector<TensorPart> takeParts() { return std::exchange(parts, {}); }

private:
  friend class RecipeEmitter;
  const Machine &machine;
  CommandStream commands;
  std::vector<TensorPart> parts;
};

} // namespace tpu_mlir::codegen

#endif // TPU_MLIR_CODEGEN_EMITTER_H
