//===- Active.cpp - Functions of floats on the chip -----------------------===//
// All of tpu.Active: exponentials, roots and their like, which take a program of
// commands (FunctionSteps.h). Which functions are cheaper as something else is
// FloatMaps.cpp's and Unary.cpp's to decide.
#include "Active.h"
#include "FunctionSteps.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/Activation.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Primitive/Elements.h"

#include "llvm/ADT/StringExtras.h"

#include <bit>

using namespace mlir;

namespace tpu_mlir {
using kernel::FloatFunction;

/// Whether the function is one of an element and numbers that are known.
static bool isOfOneElement(FloatFunction f) { return kernel::infoOf(f).operands == 1 || f == FloatFunction::Pow; }

/// The function of that name of one element.
static std::optional<FloatFunction> functionNamed(StringRef name) {
  for (int i = 0; i < kernel::kFloatFunctions; ++i)
    if (isOfOneElement(FloatFunction(i)) && name == kernel::infoOf(FloatFunction(i)).name)
      return FloatFunction(i);
  return std::nullopt;
}

//===- Verify (tpu) -------------------------------------------------------===//

LogicalResult tpu::ActiveOp::verify() {
  if (!functionNamed(getFunction())) {
    auto diagnostic = emitOpError() << "'function' is \"" << getFunction() << "\"; known:";
    for (int i = 0; i < kernel::kFloatFunctions; ++i)
      if (isOfOneElement(FloatFunction(i)))
        diagnostic << " " << kernel::infoOf(FloatFunction(i)).name;
    return diagnostic;
  }
  if (getFunction() == kernel::infoOf(FloatFunction::Pow).name && formatOf(getOutput()).dtype != DType::F32)
    return emitOpError() << "computes pow of f32, whose exponent has all its bits, got " << getOutput().getType();
  return verifyFloatMap(*this, getInput(), getOutput());
}

//===- Form ---------------------------------------------------------------===//

/// Another shape of as many elements that keeps more lanes busy, where the op's own has few channels: programs are
/// long, and every lane computes. Beside neighbours the op takes their shape all the same.
static Dims spreadOverLanes(const Dims &own, const target::Chip &chip) {
  constexpr int64_t kMostGroups = 64;
  const int64_t lanes = chip.local.lanes, count = own.count();
  auto perLane = [&](const Dims &d) { return d.n * ((d.c + lanes - 1) / lanes) * d.h * d.w; };
  Dims best = own;
  for (int64_t c = 2; c <= std::min(count, kMostGroups * lanes); ++c)
    if (const Dims d{1, c, 1, count / c}; count % c == 0 && d.w <= chip.limits.maxDim && perLane(d) < perLane(best))
      best = d;
  return 2 * perLane(best) <= perLane(own) ? best : own;
}

Form tpu::ActiveOp::form() {
  Recipe r;
  const DType type = formatOf(getOutput()).dtype;
  const Dims dims = spreadOverLanes(nchwOf(getOutput()), targetOf(*this));
  const int x = r.addInput(0, type, dims), y = r.addOutput(type, dims);
  const FloatFunction f = *functionNamed(getFunction());
  const float alpha = float(getAlpha().convertToDouble());
  if (f != FloatFunction::Pow) {
    addFunctionSteps(r, {x}, y, f, {alpha, float(getBeta().convertToDouble())});
    return r;
  }
  // A tensor of exponents: the number, whatever x is.
  const int exponent = r.addScratch(type, dims);
  const uint32_t bits = std::bit_cast<uint32_t>(alpha);
  r.steps.push_back(primitive::select(exponent, {x, -1, -1, -1}, {kernel::Comparison::Greater, {0, 0, bits, bits}}));
  addFunctionSteps(r, {x, exponent}, y, f);
  return r;
}

//===- Lower --------------------------------------------------------------===//

static std::optional<FloatFunction> functionOf(Operation *op) {
  const std::optional<UnaryFunction> unary = unaryFunctionOf(op);
  if (!unary)
    return std::nullopt;
  switch (unary->kind) {
  case UnaryKind::Sigmoid:
    return FloatFunction::Sigmoid;
  case UnaryKind::SiLU:
    return FloatFunction::Silu;
  case UnaryKind::Tanh:
    return FloatFunction::Tanh;
  case UnaryKind::GELU:
    return FloatFunction::Gelu;
  case UnaryKind::Exp:
    return FloatFunction::Exp;
  case UnaryKind::Log:
    return FloatFunction::Log;
  case UnaryKind::Sqrt:
    return FloatFunction::Sqrt;
  case UnaryKind::Erf:
    return FloatFunction::Erf;
  case UnaryKind::Softplus:
    return FloatFunction::Softplus;
  case UnaryKind::Mish:
    return FloatFunction::Mish;
  case UnaryKind::Elu:
    return FloatFunction::Elu;
  case UnaryKind::GELUTanh:
    return FloatFunction::GeluTanh;
  case UnaryKind::Rsqrt:
    return FloatFunction::Rsqrt;
  case UnaryKind::Reciprocal:
    return FloatFunction::Reciprocal;
  case UnaryKind::Pow:
    return FloatFunction::Pow;
  case UnaryKind::Sin:
    return FloatFunction::Sin;
  case UnaryKind::Cos:
    return FloatFunction::Cos;
  default:
    return std::nullopt;
  }
}

bool hasFunction(Operation *op) { return functionOf(op).has_value(); }

Value createActive(Lowering &l, Operation *op, Type type, Value in) {
  Builder &b = l.builder;
  NamedAttrList attrs;
  const FloatFunction f = *functionOf(op);
  attrs.set("function", b.getStringAttr(kernel::infoOf(f).name));
  const double parameter = unaryFunctionOf(op)->a;
  if (f == FloatFunction::Pow && parameter == 3) {
    Value square = tpu::MulOp::create(l.builder, l.roleOf(op, "square"), TypeRange{type}, ValueRange{in, in});
    return tpu::MulOp::create(l.builder, op->getLoc(), TypeRange{type}, ValueRange{square, in});
  }
  if (f == FloatFunction::Elu || f == FloatFunction::Pow)
    attrs.set("alpha", b.getF64FloatAttr(parameter));
  if (f == FloatFunction::Pow) {
    in = l.dequantize(in);
    type = in.getType();
  }
  const bool isMultiple = f == FloatFunction::Reciprocal && parameter != 1;
  Value y = tpu::ActiveOp::create(l.builder, isMultiple ? l.roleOf(op, "function") : op->getLoc(), TypeRange{type},
                                  ValueRange{in}, attrs.getAttrs());
  if (!isMultiple)
    return y;
  return tpu::MulConstOp::create(l.builder, op->getLoc(), TypeRange{type}, ValueRange{y},
                                 ArrayRef<NamedAttribute>{b.getNamedAttr("const_val", b.getF64FloatAttr(parameter))});
}

} // namespace tpu_mlir
