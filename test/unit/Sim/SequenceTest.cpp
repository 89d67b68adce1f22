//===- SequenceTest.cpp - Programs of floats as commands ------------------===//
// Every step of every float function is written as the command that it stands
// for and run from its encoding: the bits are those of the program.

#include "Bench.h"
#include "tpu_mlir/Kernel/FloatFunctions.h"

#include <bit>

using namespace tpu_mlir;
using namespace tpu_mlir::test;
using kernel::EngineOp;
using kernel::Sequence;

namespace {

/// Runs the steps of a program without polynomials, registers one after the other in local memory.
class Machine {
public:
  explicit Machine(Dims d) : dims(d) {}

  void set(int reg, const Buffer &b) { bench.put(b, {Layout::Aligned, 0, at(reg)}); }
  Buffer get(int reg, DType t) const { return bench.fetch(t, dims, {Layout::Aligned, 0, at(reg)}); }

  void step(const Sequence::Step &s) {
    switch (s.what) {
    case EngineOp::Add:
      return arith(s, isa::kArithAdd);
    case EngineOp::Sub:
      return arith(s, isa::kArithSub);
    case EngineOp::Mul:
      return arith(s, isa::kArithMul);
    case EngineOp::Max:
      return arith(s, isa::kArithMax);
    case EngineOp::Min:
      return arith(s, isa::kArithMin);
    case EngineOp::And:
      return arith(s, isa::kArithAnd);
    case EngineOp::Or:
      return arith(s, isa::kArithOr);
    case EngineOp::Xor:
      return arith(s, isa::kArithXor);
    case EngineOp::Shift:
      return arith(s, isa::kArithAshift);
    case EngineOp::Cast:
      return arith(s, isa::kArithCast);
    case EngineOp::SelectGreater:
      return choose(s, isa::kCmpSelGt);
    case EngineOp::SelectEqual:
      return choose(s, isa::kCmpSelEq);
    case EngineOp::SelectLess:
      return choose(s, isa::kCmpSelLt);
    case EngineOp::Polynomial:
      FAIL() << "the simulator has no special function unit";
    }
  }

private:
  static int64_t at(int reg) { return reg * 0x1000; }
  static uint32_t address(const Sequence::Operand &o) { return o.isConstant() ? o.bits : uint32_t(at(o.reg)); }

  void arith(const Sequence::Step &s, uint32_t kind) {
    isa::SAR c;
    setResult(c, dims);
    const bool isCast = s.what == EngineOp::Cast, isShift = s.what == EngineOp::Shift;
    const DType from = isCast ? s.from : s.type;
    c.tsk_eu_typ = kind, c.tsk_opd_num = isCast ? 1 : 2;
    c.res0_addr = uint32_t(at(s.to)), c.res0_prec = precision(s.type);
    c.opd0_const = s.a.isConstant(), c.opd0_addr = address(s.a), c.opd0_prec = precision(from), c.opd0_sign = 1;
    c.opd1_const = s.b.isConstant(), c.opd1_addr = address(s.b), c.opd1_sign = 1;
    c.opd1_prec = isShift ? precision(DType::I8) : precision(s.type);
    if (isCast)
      c.opd2_sign = 1, c.opd2_n_str = uint32_t(s.round);
    if (isShift)
      c.opd2_n_str = uint32_t(Round::Floor);
    bench.run(c);
  }

  void choose(const Sequence::Step &s, uint32_t kind) {
    isa::SCMP c;
    setResult(c, dims);
    c.tsk_eu_typ = kind;
    c.res0_addr = uint32_t(at(s.to));
    c.opd0_prec = precision(s.type), c.opd0_sign = 1, c.opd2_prec = precision(DType::I32);
    c.opd0_const = s.a.isConstant(), c.opd0_addr = address(s.a);
    c.opd1_const = s.b.isConstant(), c.opd1_addr = address(s.b);
    c.opd2_const = s.c.isConstant(), c.opd2_addr = address(s.c);
    c.opd3_const = s.d.isConstant(), c.opd3_addr = address(s.d);
    bench.run(c);
  }

  Bench bench;
  Dims dims;
};

TEST(SimSequence, FloatFunctionsAreCommands) {
  std::mt19937 random(95);
  const Dims d{1, 64, 3, 11};
  for (int i = 0; i < kernel::kFloatFunctions; ++i)
    for (DType t : {DType::F32, DType::F16, DType::BF16}) {
      const auto f = kernel::FloatFunction(i);
      const Sequence program = withFewRegisters(withoutPolynomials(sequenceOf(f, t, {0.3f, 0.5f})));
      Machine machine(d);
      std::vector<Buffer> operands;
      for (int k = 0; k < program.inputs; ++k) {
        operands.emplace_back(t, d);
        for (uint8_t &byte : operands.back().bytes)
          byte = uint8_t(random()); // any bits: infinities and NaN too
        if (t == DType::F32 && k == 0)
          operands.back().randomise(random);
        machine.set(k, operands.back());
      }
      for (const Sequence::Step &s : program.steps)
        machine.step(s);
      std::vector<ConstTensor> in;
      for (const Buffer &b : operands)
        in.push_back(b.view());
      Buffer expected(t, d);
      kernel::run(program, expected.tensor(), in);
      EXPECT_EQ(machine.get(program.result, t).bytes, expected.bytes) << infoOf(f).name << ' ' << kernel::name(t);
    }
}

TEST(SimSequence, StepsHaveAnOperandInARegister) {
  for (int i = 0; i < kernel::kFloatFunctions; ++i)
    for (DType t : {DType::F32, DType::F16, DType::BF16}) {
      const Sequence program = sequenceOf(kernel::FloatFunction(i), t);
      for (const Sequence::Step &s : program.steps) {
        const Sequence::Operand *operands[] = {&s.a, &s.b, &s.c, &s.d};
        bool hasRegister = false;
        for (int k = 0; k < operandCount(s.what); ++k)
          hasRegister |= !operands[k]->isConstant();
        EXPECT_TRUE(hasRegister) << kernel::name(s.what);
        // A wider element over a narrower one would overtake what is still to be read.
        EXPECT_FALSE(s.what == EngineOp::Cast && kernel::byteSize(s.from) != kernel::byteSize(s.type) &&
                     s.a.reg == s.to);
      }
    }
}

} // namespace
