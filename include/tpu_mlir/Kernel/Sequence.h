//===- Sequence.h - Element-wise programs of engine commands ----*- C++ -*-===//
// A function of numbers as a list of commands on named registers, each one that
// the vector engine has: data, so that the interpreter can run it and code
// generation can emit it, one command a step. Decides no addresses and no order
// of memory; a register is one 32-bit number for each element.
#ifndef TPU_MLIR_KERNEL_SEQUENCE_H
#define TPU_MLIR_KERNEL_SEQUENCE_H

#include "tpu_mlir/Kernel/Format.h"

#include <span>
#include <vector>

namespace tpu_mlir::kernel {

/// What a step does, in terms of the shared ISA notes, isa.md §5. Each is one command.
enum class EngineOp : uint8_t {
  Add, ///< AR add, sub, mul, max, min: floats one IEEE operation, integers saturate
  Sub,
  Mul,
  Max,
  Min,
  And, ///< AR and, or, xor: bits
  Or,
  Xor,
  Shift,         ///< AR arithmetic shift of integers by a constant, left where positive, rounding down
  Cast,          ///< AR cast from `from` to `type`
  SelectGreater, ///< CMP: a > b ? c : d
  SelectEqual,   ///< CMP: a = b ? c : d
  SelectLess,    ///< CMP: a < b ? c : d
  Polynomial,    ///< SFU taylor: `polynomial` of Special.h. `withoutPolynomials` writes it as products and sums
};
const char *name(EngineOp p);
/// Operands that a step has.
int operandCount(EngineOp p);

/// A program of one result.
struct Sequence {
  /// A register, or the bits of a constant.
  struct Operand {
    int reg = -1;
    uint32_t bits = 0;
    bool isConstant() const { return reg < 0; }
  };
  struct Step {
    EngineOp what;
    DType type; ///< as what operands are read, and the result is: F32 or I32; of a cast the result only
    int to;     ///< register
    Operand a, b, c, d;
    DType from = DType::F32;         ///< Cast
    Round round = Round::HalfToEven; ///< Cast to integers
    int coefficients = -1;           ///< Polynomial: number in `polynomials`
  };
  int inputs = 1; ///< registers 0 and on hold the operands when it starts, of the formats that the first casts say
  DType format = DType::F32; ///< of operands and result
  int result = -1;
  int registers = 0;
  std::vector<Step> steps;
  std::vector<std::vector<float>> polynomials; ///< from the lowest power on
};

/// The same program with registers used again once their value is not needed.
Sequence withFewRegisters(const Sequence &program);
/// The same bits without the special function unit: Horner's rule, step by step.
Sequence withoutPolynomials(const Sequence &program);

/// Runs a program on dense tensors of one shape and of its format.
void run(const Sequence &program, const Tensor &out, std::span<const ConstTensor> in);

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_SEQUENCE_H
