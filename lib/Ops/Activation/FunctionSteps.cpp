//===- FunctionSteps.cpp - A float function as steps ----------------------===//
// Registers of a program become scratch buffers of 32-bit floats, of which a step
// may take the bits as integers. Decides no arithmetic.
#include "FunctionSteps.h"
#include "tpu_mlir/Kernel/Sequence.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Elements.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <bit>

namespace tpu_mlir {
using kernel::EngineOp;
using kernel::Sequence;

namespace {

/// A constant operand of a step that takes its operands as `type`.
primitive::Constant constantOf(const Sequence::Operand &o, DType type) {
  return {type == DType::F32 ? double(std::bit_cast<float>(o.bits)) : double(int32_t(o.bits)), type};
}

class Translation {
public:
  Translation(Recipe &recipe, llvm::ArrayRef<int> x, int y, const Sequence &program)
      : recipe(recipe), dims(recipe.buffers[y].dims), y(y), program(program), holder(size_t(program.registers), -1),
        own(size_t(program.registers), -1) {
    std::copy(x.begin(), x.end(), holder.begin());
  }

  void run() {
    for (const Sequence::Step &s : program.steps) {
      const bool isLast = &s == &program.steps.back();
      assert((!isLast || s.to == program.result) && "a program ends with its result");
      add(s, isLast);
    }
  }

private:
  int bufferOf(const Sequence::Operand &o) const { return o.isConstant() ? -1 : holder[size_t(o.reg)]; }

  int targetOf(const Sequence::Step &s, bool isLast) {
    if (isLast)
      return y;
    int &buffer = own[size_t(s.to)];
    if (buffer < 0)
      buffer = recipe.addScratch(DType::F32, dims);
    return buffer;
  }

  Step stepOf(const Sequence::Step &s, int dst) const {
    const int a = bufferOf(s.a), b = bufferOf(s.b);
    switch (s.what) {
    case EngineOp::Add:
    case EngineOp::Sub:
    case EngineOp::Mul:
    case EngineOp::Max:
    case EngineOp::Min: {
      const auto op = kernel::BinaryOp(int(s.what) - int(EngineOp::Add));
      if (a >= 0 && b >= 0)
        return primitive::binary(op, dst, a, b);
      return a >= 0 ? primitive::binary(op, dst, a, constantOf(s.b, s.type))
                    : primitive::binary(op, dst, constantOf(s.a, s.type), b);
    }
    case EngineOp::And:
    case EngineOp::Or:
    case EngineOp::Xor: {
      const auto op = kernel::BitOp(int(s.what) - int(EngineOp::And));
      if (a >= 0 && b >= 0)
        return primitive::bitwise(op, dst, a, b);
      return primitive::bitwise(op, dst, std::max(a, b), a < 0 ? s.a.bits : s.b.bits);
    }
    case EngineOp::Shift:
      return primitive::shift(dst, a, int(int32_t(s.b.bits)));
    case EngineOp::Cast:
      return primitive::cast(dst, a, s.round);
    case EngineOp::SelectGreater:
    case EngineOp::SelectEqual:
    case EngineOp::SelectLess:
      return primitive::select(
          dst, {a, b, bufferOf(s.c), bufferOf(s.d)},
          {kernel::Comparison(int(s.what) - int(EngineOp::SelectGreater)), {s.a.bits, s.b.bits, s.c.bits, s.d.bits}});
    case EngineOp::Polynomial:
      break;
    }
    assert(false && "polynomials have been written out");
    return {};
  }

  void add(const Sequence::Step &s, bool isLast) {
    const int dst = targetOf(s, isLast);
    Step step = stepOf(s, dst);
    // Registers are 32-bit floats, but for those that a narrower operand or result stands for.
    const DType from = s.what == EngineOp::Cast ? s.from : s.type;
    if (from == DType::I32)
      step.sourcesAs = from;
    if (s.type == DType::I32)
      step.resultAs = s.type;
    recipe.steps.push_back(step);
    holder[size_t(s.to)] = dst;
  }

  Recipe &recipe;
  const Dims dims;
  const int y;
  const Sequence &program;
  std::vector<int> holder; ///< buffer that holds a register's value
  std::vector<int> own;    ///< buffer that a register is written to
};

} // namespace

void addFunctionSteps(Recipe &recipe, llvm::ArrayRef<int> x, int y, kernel::FloatFunction f,
                      const kernel::FunctionParameters &parameters) {
  assert(size_t(kernel::infoOf(f).operands) == x.size());
  assert(llvm::all_of(x, [&](int operand) { return recipe.buffers[operand].dtype == recipe.buffers[y].dtype; }));
  const Sequence program =
      withFewRegisters(withoutPolynomials(kernel::sequenceOf(f, recipe.buffers[y].dtype, parameters)));
  Translation(recipe, x, y, program).run();
}

} // namespace tpu_mlir
