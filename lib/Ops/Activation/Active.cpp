//===- Active.cpp - Functions of floats on the chip -----------------------===//
// All of tpu.Active: exponentials, roots and their like, which take a program of
// commands (FunctionSteps.h). Which functions are cheaper as something else is
// FloatMaps.cpp's and Unary.cpp's to decide.
#include "Active.h"
#include "FunctionSteps.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/Activation.h"
#include "tpu_mlir/Ops/TargetOf.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace tpu_mlir {
using kernel::FloatFunction;

/// The function of that name with one operand.
static std::optional<FloatFunction> functionNamed(StringRef name) {
  for (int i = 0; i < kernel::kFloatFunctions; ++i)
    if (const auto &info = kernel::infoOf(FloatFunction(i)); info.operands == 1 && name == info.name)
      return FloatFunction(i);
  return std::nullopt;
}

//===- Verify (tpu) -------------------------------------------------------===//

LogicalResult tpu::ActiveOp::verify() {
  if (!functionNamed(getFunction())) {
    auto diagnostic = emitOpError() << "'function' is \"" << getFunction() << "\"; known:";
    for (int i = 0; i < kernel::kFloatFunctions; ++i)
      if (kernel::infoOf(FloatFunction(i)).operands == 1)
        diagnostic << " " << kernel::infoOf(FloatFunction(i)).name;
    return diagnostic;
  }
  return verifyFloatMap(*this, getInput(), getOutput());
}

//===- Form ---------------------------------------------------------------===//

/// Another shape of as many elements that keeps more lanes busy, where the op's own has few channels: programs are long,
/// and every lane computes. Beside neighbours the op takes their shape all the same.
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
  addFunctionSteps(r, x, y, *functionNamed(getFunction()),
                   {float(getAlpha().convertToDouble()), float(getBeta().convertToDouble())});
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
  if (f == FloatFunction::Elu)
    attrs.set("alpha", b.getF64FloatAttr(unaryFunctionOf(op)->a));
  return tpu::ActiveOp::create(l.builder, op->getLoc(), TypeRange{type}, ValueRange{in}, attrs.getAttrs());
}

} // namespace tpu_mlir
