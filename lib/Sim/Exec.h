//===- Exec.h - Executing one command ---------------------------*- C++ -*-===//
// What the executors of all instruction families share: reading fields,
// describing operands, moving them to dense buffers and back, and refusing.
// Messages thrown here have the command as their implied subject; the caller
// prepends it.
#ifndef TPU_MLIR_LIB_SIM_EXEC_H
#define TPU_MLIR_LIB_SIM_EXEC_H

#include "tpu_mlir/Isa/Command.h"
#include "tpu_mlir/Kernel/Kernels.h"
#include "tpu_mlir/Sim/Layout.h"
#include "tpu_mlir/Sim/Operand.h"
#include "tpu_mlir/Support/Error.h"

#include <vector>

namespace tpu_mlir::sim {

using isa::Field;
using kernel::Tensor;

/// Dense buffers of one command, reused by the next.
class Arena {
public:
  void reset() { used = 0; }
  void *take(int64_t bytes);

private:
  struct Block {
    std::unique_ptr<uint8_t[]> bytes;
    int64_t size = 0;
  };
  std::vector<Block> blocks;
  size_t used = 0;
};

/// What watches an execution. With `isDry` nothing is written: operands are only reported.
struct Probe {
  OperandObserver onOperand;
  bool isDry = false;
};

class Exec {
public:
  Exec(const isa::Command &command, const target::Chip &chip, Memory &memory, Arena &arena,
       const Probe *probe = nullptr)
      : command(command), chip(chip), memory(memory), arena(arena), probe(probe),
        kind(uint32_t(command.get(command.info->kindField))) {}

  const isa::Command &command;
  const target::Chip &chip;
  Memory &memory;
  Arena &arena;
  const Probe *probe;  ///< or null
  const uint32_t kind; ///< operation within the command

  int64_t get(Field f) const { return int64_t(command.get(f)); }
  bool flag(Field f) const { return command.get(f) != 0; }
  kernel::Round round() const;

  /// The number format of a precision code and a sign flag; UserError for formats that are not built.
  DType format(Field precision, bool isSigned) const;
  DType format(Field precision, Field sign) const { return format(precision, flag(sign)); }

  Dims resultDims() const { return {get(Field::res0_n), get(Field::res0_c), get(Field::res0_h), get(Field::res0_w)}; }

  /// Operands by layout. The address must be a TIU address; aligned ones must start at a multiple of the align unit.
  LocalTensor aligned(const char *operand, Field address, DType dtype, Dims dims) const;
  LocalTensor compact(const char *operand, Field address, DType dtype, Dims dims) const;
  LocalTensor shared(const char *operand, Field address, DType dtype, Dims dims) const;
  /// By selector; `stride` are the explicit ones.
  LocalTensor byLayout(const char *operand, Field address, DType dtype, Dims dims, Field selector,
                       Strides stride) const;
  void requireLane(const char *operand, const LocalTensor &t, int64_t lane, const char *why) const;

  /// UserError for shapes that no memory of the chip could hold.
  void requirePossible(DType dtype, const Dims &dims) const;
  /// An uninitialised dense buffer of a possible shape.
  Tensor blank(DType dtype, Dims dims);
  /// A dense copy of what the operand holds.
  Tensor load(const char *operand, const LocalTensor &t);
  void store(const char *operand, const LocalTensor &t, const kernel::ConstTensor &value);

  /// Without copying where the layout allows it: an operand whose planes are dense, and a result to compute into, which
  /// `finish` stores if it is not in place. An operand that overlaps the result is copied unless it covers it exactly.
  /// For kernels that take planes apart.
  Tensor view(const char *operand, const LocalTensor &t, const LocalTensor &result);
  Tensor target(const char *operand, const LocalTensor &t);
  void finish(const char *operand, const LocalTensor &t, const Tensor &value);

  /// Copies an operand to the result at once. False, and nothing done, where that takes a dense copy between.
  bool move(const char *fromOperand, const LocalTensor &from, const char *toOperand, const LocalTensor &to);

  bool isDry() const { return probe && probe->isDry; }
  /// Whether operands must be dense, for a report, or stay as they are.
  bool isObserved() const { return probe && (probe->onOperand || probe->isDry); }
  void report(const Operand &operand, const void *values) const {
    if (probe && probe->onOperand)
      probe->onOperand(operand, values);
  }
  void report(const char *operand, const LocalTensor &t, bool isWrite, const void *values,
              uint64_t laneMask = ~uint64_t(0)) const {
    report({operand, isWrite, true, t.dtype, t.dims, t.strides, t.start, 0, laneMask}, values);
  }

  /// The low bytes of a constant operand as one element.
  Tensor constant(Field value, DType dtype);
  int64_t integerConstant(Field value, DType dtype) const;
  float floatConstant(Field value, DType dtype) const;

  [[noreturn]] void notBuilt(const std::string &what) const {
    throw UserError(what + " is not built into the simulator");
  }

private:
  Tensor inPlace(const LocalTensor &t);
  LocalTensor make(const char *operand, Field address, DType dtype, Dims dims) const;
};

/// Runs one TIU or GDMA command on the memories. End commands do nothing.
void execute(Exec &e);

// One per instruction family; Forms.cpp says which form each is for.
void executeConv(Exec &e);
void executePool(Exec &e);
void executeMatmul2(Exec &e);
void executeArith(Exec &e);
void executeQuant(Exec &e);
void executeTranspose(Exec &e);
void executeGather(Exec &e);
void executeLinear(Exec &e);
void executeCompare(Exec &e);
void executeDmaTensor(Exec &e);
void executeDmaGeneral(Exec &e);
void executeDmaTranspose(Exec &e);

} // namespace tpu_mlir::sim

#endif // TPU_MLIR_LIB_SIM_EXEC_H
