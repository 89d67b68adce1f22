//===- StepEmitter.h - Steps and moves, given to a family -------*- C++ -*-===//
// Says what is computed and what is moved; how that is encoded, and in how many
// pieces, is the family's, which derives its own emitter. Decides no tile, no
// address and no order.
#ifndef TPU_MLIR_CODEGEN_STEPEMITTER_H
#define TPU_MLIR_CODEGEN_STEPEMITTER_H

#include "tpu_mlir/Codegen/CommandStream.h"
#include "tpu_mlir/Codegen/LocalView.h"

namespace tpu_mlir::target {
struct Chip;
}

namespace tpu_mlir::codegen {

/// What emission asks of the target.
struct Machine {
  LocalMemory memory;
  uint32_t idLimit; ///< the first number that a command of a group cannot have
  Roundings roundings;
  const target::Chip *chip = nullptr; ///< whatever else the family needs, and for prices
};

/// A part of a dense tensor in global memory.
struct GlobalPart {
  Dims whole;
  Region region;
  uint64_t address = 0; ///< of the whole tensor
};

/// Bytes of every lane that nobody uses meanwhile.
struct FreeBytes {
  int64_t offset = 0, bytes = 0;
};

class StepEmitter {
public:
  explicit StepEmitter(const Machine &machine) : machine(machine) {}
  virtual ~StepEmitter() = default;
  virtual CommandStream &stream() = 0;

  /// The instructions of a step, by the family's row of its primitive.
  void emit(const Step &step, std::span<const LocalView> views);
  /// A region into a view; a view in layout Lanes gets one channel in every lane. `repeat`: every channel so many
  /// times, one after the other; the part counts them all.
  virtual void load(const GlobalPart &from, const LocalView &view, int64_t repeat = 1) = 0;
  /// A view into a region.
  virtual void store(const GlobalPart &to, const LocalView &view, FreeBytes free = {}) = 0;
  /// One row of `view.dims.w` elements for each of `view.dims.c` lanes, packed at `address`.
  virtual void loadRows(uint64_t address, const LocalView &view) = 0;
  /// What lies side by side in a lane, `from` from channel group to channel group, to the places that the layout of
  /// `to` has; 32-bit elements.
  virtual void spread(const LocalView &to, const LocalView &from) = 0;
  /// A program between dense tensors in global memory, which may take all of local memory. UserError (the tail of a
  /// sentence) where it needs too much.
  virtual void copy(const CopyProgram &program, std::span<const uint64_t> operands, uint64_t result) = 0;

  const Machine &machine;
};

} // namespace tpu_mlir::codegen

#endif // TPU_MLIR_CODEGEN_STEPEMITTER_H
