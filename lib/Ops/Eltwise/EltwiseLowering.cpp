//===- EltwiseLowering.cpp - Add, Mul and constants on the chip -----------===//
// tpu.Add, tpu.Mul, tpu.AddConst, tpu.MulConst: verifiers, arithmetic,
// lowering. Sections: Verify, Form, Lower. Constant forms with integers are
// tables or requantisations (ActivationLowering.cpp).
#include "Broadcast.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/ConvForm.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Requant.h"

#include <cmath>

using namespace mlir;

namespace tpu_mlir {

//===- Verify -------------------------------------------------------------===//

LogicalResult tpu::AddOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifyBroadcastDims(*this, getInputs(), getOutput())) ||
      failed(verifyRequant(*this, 1, getRshift())))
    return failure();
  size_t count = getInputs().size();
  if (formatOf(getOutput()).isQuantized() && (!getMultipliers() || getMultipliers()->size() != count))
    return emitOpError() << "'multipliers' has " << (getMultipliers() ? getMultipliers()->size() : 0)
                         << " entries but there are " << count << " inputs";
  if (getCoeff() && getCoeff()->size() != count)
    return emitOpError() << "'coeff' has " << getCoeff()->size() << " entries but there are " << count << " inputs";
  for (int64_t m : getMultipliers().value_or(ArrayRef<int64_t>()))
    if (m < -255 || m > 255)
      return emitOpError() << "'multipliers' have 8 bits and a sign, got " << m;
  return verifyOneKind(*this);
}

LogicalResult tpu::MulOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifyBroadcastDims(*this, getInputs(), getOutput())) ||
      failed(verifyRequant(*this, getMultiplier(), getRshift())))
    return failure();
  if (getInputs().size() != 2)
    return emitOpError() << "takes 2 inputs, got " << getInputs().size();
  return verifyOneKind(*this);
}

LogicalResult tpu::AddConstOp::verify() { return verifyF32Map(*this, getInput(), getOutput()); }
LogicalResult tpu::MulConstOp::verify() { return verifyF32Map(*this, getInput(), getOutput()); }

//===- Form ---------------------------------------------------------------===//

Form tpu::AddOp::form() {
  Recipe r;
  const BroadcastDims dims = broadcastDims(*this, getInputs(), getOutput());
  const Dims out = dims.result;
  NumberFormat format = formatOf(getOutput());
  SmallVector<int> in;
  for (auto [i, v] : llvm::enumerate(getInputs()))
    in.push_back(addBroadcast(r, i, v, dims.operands[i], out));
  int y = r.addOutput(format.dtype, out);
  auto binary = [&](kernel::BinaryOp op, int dst, int a, int b, int shift = 0) {
    r.steps.push_back(primitive::binary(op, dst, a, b, shift));
  };
  auto scaled = [&](int dst, int a, double factor, DType type) {
    r.steps.push_back(primitive::binary(kernel::BinaryOp::Mul, dst, a, primitive::Constant{factor, type}));
  };
  double limit = getReluLimit().convertToDouble();
  if (format.isQuantized()) {
    // Products of at most 16 bits, summed in int32, then one rounding.
    int64_t rshift = getRshift();
    int term[2] = {r.addScratch(DType::I16, out), -1}, acc = -1;
    if (in.size() > 1)
      term[1] = r.addScratch(DType::I16, out);
    // The last addition shifts and rounds, of a sum that no format has cut. Sums of signed terms are signed, so an
    // unsigned result takes one more step.
    bool shiftsInSum = in.size() > 1 && rshift >= 0 && rshift <= 31;
    int rounded = format.dtype == DType::I8 ? y : shiftsInSum ? r.addScratch(DType::I16, out) : -1;
    if (in.size() > 2 || (in.size() > 1 && !shiftsInSum))
      acc = r.addScratch(DType::I32, out);
    for (size_t i = 0; i < in.size(); ++i) {
      scaled(term[i > 0], in[i], (*getMultipliers())[i], DType::I16);
      bool isLast = i + 1 == in.size() && shiftsInSum;
      if (i > 0)
        binary(kernel::BinaryOp::Add, isLast ? rounded : acc, i == 1 ? term[0] : acc, term[1],
               isLast ? int(-rshift) : 0);
    }
    if (!shiftsInSum || rounded != y) {
      r.steps.push_back(primitive::requant(y,
                                           shiftsInSum     ? rounded
                                           : in.size() > 1 ? acc
                                                           : term[0],
                                           {1, shiftsInSum ? 0 : int32_t(-rshift), 0}));
    }
  } else {
    auto coefficient = [&](size_t i) { return getCoeff() ? (*getCoeff())[i] : 1.0; };
    int term = -1;
    for (size_t i = 0; i < in.size(); ++i) {
      int source = in[i];
      double c = coefficient(i);
      bool subtracts = c == -1 && i > 0;
      if (c != 1 && !subtracts) {
        int target = y;
        if (i > 0)
          target = term < 0 ? term = r.addScratch(DType::F32, out) : term;
        scaled(target, source, c, DType::F32);
        source = target;
      } else if (i == 0 && in.size() == 1) {
        scaled(y, source, 1, DType::F32);
      }
      if (i > 0)
        binary(subtracts ? kernel::BinaryOp::Sub : kernel::BinaryOp::Add, y, i == 1 && coefficient(0) == 1 ? in[0] : y,
               source);
    }
  }
  addReluSteps(r, getDoRelu(), limit, format);
  return r;
}

Form tpu::MulOp::form() {
  Recipe r;
  const BroadcastDims dims = broadcastDims(*this, getInputs(), getOutput());
  const Dims out = dims.result;
  NumberFormat format = formatOf(getOutput());
  int a = addBroadcast(r, 0, getInputs()[0], dims.operands[0], out),
      b = addBroadcast(r, 1, getInputs()[1], dims.operands[1], out);
  int y = r.addOutput(format.dtype, out);
  int product = format.isQuantized() ? r.addScratch(DType::I32, out) : y;
  r.steps.push_back(primitive::binary(kernel::BinaryOp::Mul, product, a, b));
  if (format.isQuantized()) {
    r.steps.push_back(primitive::requant(y, product, {int32_t(getMultiplier()), int32_t(-getRshift()), 0}));
  }
  addReluSteps(r, getDoRelu(), getReluLimit().convertToDouble(), format);
  return r;
}

template <typename OpT> static Form constantForm(OpT op, kernel::BinaryOp kind) {
  Recipe r;
  Dims d = nchwOf(op.getOutput());
  int x = r.addInput(0, DType::F32, d), y = r.addOutput(DType::F32, d);
  r.steps.push_back(primitive::binary(kind, y, x, primitive::Constant{op.getConstVal().convertToDouble(), DType::F32}));
  addReluSteps(r, op.getDoRelu(), op.getReluLimit().convertToDouble(), {});
  return r;
}
Form tpu::AddConstOp::form() { return constantForm(*this, kernel::BinaryOp::Add); }
Form tpu::MulConstOp::form() { return constantForm(*this, kernel::BinaryOp::Mul); }

//===- Lower --------------------------------------------------------------===//

namespace {

/// Multipliers of a weighted sum: the largest common shift at which every product fits int16.
struct SumMultipliers {
  SmallVector<int64_t> multipliers;
  int64_t rshift = 0;
};
SumMultipliers sumMultipliers(ArrayRef<double> factors, ArrayRef<NumberFormat> formats) {
  // 128 * 255 and 255 * 128 are the largest products below 2^15.
  auto limitOf = [](const NumberFormat &f) { return f.dtype == DType::U8 ? 128 : 255; };
  SumMultipliers best;
  for (int64_t shift = 30; shift >= -30; --shift) {
    best.rshift = shift;
    best.multipliers.clear();
    bool fits = true;
    for (auto [factor, format] : llvm::zip(factors, formats)) {
      double m = std::round(std::ldexp(factor, shift));
      // Beyond the last shift every value but 0 saturates, with the largest multiplier as with the right one.
      const double most = double(limitOf(format));
      fits &= std::fabs(m) <= most;
      best.multipliers.push_back(static_cast<int64_t>(std::clamp(m, -most, most)));
    }
    if (fits)
      break;
  }
  return best;
}

LogicalResult lowerSum(Operation *op, Lowering &l, OperandRange inputs, Value output, ArrayRef<double> coefficients,
                       bool doRelu, double limit) {
  SmallVector<Value> values;
  SmallVector<double> factors;
  SmallVector<NumberFormat> formats;
  NumberFormat out = l.formatOfResult(output);
  for (auto [i, v] : llvm::enumerate(inputs)) {
    values.push_back(l.operand(v));
    formats.push_back(formatOf(values.back()));
    factors.push_back(coefficients[i] * formats.back().scale / out.scale);
  }
  repeatToFourAxes(l, op, values, shapeOf(output));
  Builder &b = l.builder;
  NamedAttrList attrs;
  attrs.set("do_relu", b.getBoolAttr(doRelu));
  attrs.set("relu_limit", b.getF64FloatAttr(limit));
  if (l.isInt8()) {
    SumMultipliers m = sumMultipliers(factors, formats);
    attrs.set("multipliers", b.getDenseI64ArrayAttr(m.multipliers));
    attrs.set("rshift", b.getI64IntegerAttr(m.rshift));
  } else {
    attrs.set("coeff", b.getDenseF64ArrayAttr(coefficients));
  }
  l.map(output,
        tpu::AddOp::create(l.builder, op->getLoc(), TypeRange{l.typeOf(output, out)}, values, attrs.getAttrs()));
  return success();
}

struct AddLower : LowerInterface::ExternalModel<AddLower, top::AddOp> {
  std::string whyNotLowered(Operation *, const Lowering &) const { return ""; }
  LogicalResult lower(Operation *op, Lowering &l) const {
    auto add = cast<top::AddOp>(op);
    SmallVector<double> coefficients(add.getInputs().size(), 1.0);
    if (add.getCoeff())
      coefficients.assign(add.getCoeff()->begin(), add.getCoeff()->end());
    return lowerSum(op, l, add.getInputs(), add.getOutput(), coefficients, add.getDoRelu(),
                    add.getReluLimit().convertToDouble());
  }
};

struct SubLower : LowerInterface::ExternalModel<SubLower, top::SubOp> {
  std::string whyNotLowered(Operation *, const Lowering &) const { return ""; }
  LogicalResult lower(Operation *op, Lowering &l) const {
    auto sub = cast<top::SubOp>(op);
    return lowerSum(op, l, sub.getInputs(), sub.getOutput(), {1.0, -1.0}, sub.getDoRelu(),
                    sub.getReluLimit().convertToDouble());
  }
};

struct MulLower : LowerInterface::ExternalModel<MulLower, top::MulOp> {
  std::string whyNotLowered(Operation *op, const Lowering &) const {
    auto mul = cast<top::MulOp>(op);
    if (mul.getInputs().size() != 2)
      return "it multiplies " + std::to_string(mul.getInputs().size()) + " tensors; write it as products of two";
    return "";
  }
  LogicalResult lower(Operation *op, Lowering &l) const {
    auto mul = cast<top::MulOp>(op);
    SmallVector<Value> values = {l.operand(mul.getInputs()[0]), l.operand(mul.getInputs()[1])};
    repeatToFourAxes(l, op, values, shapeOf(mul.getOutput()));
    NumberFormat out = l.formatOfResult(mul.getOutput());
    NamedAttrList attrs;
    attrs.set("do_relu", mul.getDoReluAttr());
    attrs.set("relu_limit", mul.getReluLimitAttr());
    if (l.isInt8()) {
      Multiplier m = multiplierOf(formatOf(values[0]).scale * formatOf(values[1]).scale / out.scale);
      attrs.set("multiplier", l.builder.getI64IntegerAttr(m.multiplier));
      attrs.set("rshift", l.builder.getI64IntegerAttr(m.rshift));
    }
    l.map(mul.getOutput(), tpu::MulOp::create(l.builder, op->getLoc(), TypeRange{l.typeOf(mul.getOutput(), out)},
                                              values, attrs.getAttrs()));
    return success();
  }
};

} // namespace

void attachExtremeLowering(MLIRContext *context); // ExtremeLowering.cpp

void registerEltwiseLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::AddOp::attachInterface<AddLower>(*context);
    top::SubOp::attachInterface<SubLower>(*context);
    top::MulOp::attachInterface<MulLower>(*context);
    attachExtremeLowering(context);
  });
}

} // namespace tpu_mlir
