//===- Add.cpp - Sums and differences of tensors --------------------------===//
// All of top.Add, top.Sub and tpu.Add, which is both of them: a weighted sum.
// With integers the weights hold the scales, and one rounding ends the sum.
#include "Broadcast.h"
#include "Combine.h"
#include "Operands.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/Rectify.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Requant.h"

#include <algorithm>
#include <cmath>

using namespace mlir;

namespace tpu_mlir::top {

//===- Infer shape --------------------------------------------------------===//

LogicalResult AddOp::inferShape() { return inferResult(*this, eltwiseShape<AddOp>, kOperands); }
LogicalResult SubOp::inferShape() { return inferResult(*this, eltwiseShape<SubOp>, kOperands); }

//===- Verify -------------------------------------------------------------===//

LogicalResult AddOp::verify() {
  if (auto coeff = getCoeff(); coeff && coeff->size() != getInputs().size())
    return emitOpError("has ") << getInputs().size() << " inputs but 'coeff' has " << coeff->size() << " elements";
  return verifyOperands(*this);
}

LogicalResult SubOp::verify() {
  if (getInputs().size() != 2)
    return emitOpError("needs two inputs, but it has ") << getInputs().size();
  return verifyOperands(*this);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t AddOp::flops() {
  auto coeff = getCoeff();
  return chainFlops(*this, coeff ? llvm::count_if(*coeff, [](double factor) { return factor != 1; }) : 0);
}
int64_t SubOp::flops() { return chainFlops(*this); }

//===- Interpret ----------------------------------------------------------===//

LogicalResult AddOp::plan(EvalPlan &plan) {
  std::vector<float> coefficients;
  if (auto given = getCoeff(); given && llvm::any_of(*given, [](double c) { return c != 1; }))
    coefficients.assign(given->begin(), given->end());
  return planCombine(*this, plan, host::Combine::Kind::Add, std::move(coefficients));
}
LogicalResult SubOp::plan(EvalPlan &plan) { return planCombine(*this, plan, host::Combine::Kind::Sub); }

} // namespace tpu_mlir::top

namespace tpu_mlir {

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
    values.push_back(l.addend(v));
    formats.push_back(formatOf(values.back()));
    factors.push_back(coefficients[i] * formats.back().scale / out.scale);
  }
  repeatToFourAxes(l, op, values, shapeOf(output));
  Builder &b = l.builder;
  NamedAttrList attrs;
  attrs.set("do_relu", b.getBoolAttr(doRelu));
  attrs.set("relu_limit", b.getF64FloatAttr(limit));
  if (l.isQuantized()) {
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

} // namespace

void registerAddLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::AddOp::attachInterface<AddLower>(*context);
    top::SubOp::attachInterface<SubLower>(*context);
  });
}

//===- Verify (tpu) -------------------------------------------------------===//

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
    // What the operands' zero points add to the sum is taken off before it is rounded.
    int64_t excess = 0;
    for (size_t i = 0; i < in.size(); ++i)
      excess += (*getMultipliers())[i] * formatOf(getInputs()[i]).zeroPoint;
    const bool isCentred = excess == 0 && format.zeroPoint == 0;
    bool shiftsInSum = isCentred && in.size() > 1 && rshift >= 0 && rshift <= 31;
    int rounded = format.dtype == DType::I8 ? y : shiftsInSum ? r.addScratch(DType::I16, out) : -1;
    if (in.size() > 2 || (in.size() > 1 && !shiftsInSum) || excess)
      acc = r.addScratch(DType::I32, out);
    for (size_t i = 0; i < in.size(); ++i) {
      scaled(term[i > 0], in[i], (*getMultipliers())[i], DType::I16);
      bool isLast = i + 1 == in.size() && shiftsInSum;
      if (i > 0)
        binary(kernel::BinaryOp::Add, isLast ? rounded : acc, i == 1 ? term[0] : acc, term[1],
               isLast ? int(-rshift) : 0);
    }
    const int sum = shiftsInSum ? rounded : in.size() > 1 ? acc : term[0];
    if (excess)
      r.steps.push_back(
          primitive::binary(kernel::BinaryOp::Sub, acc, sum, primitive::Constant{double(excess), DType::I32}));
    if (!shiftsInSum || rounded != y)
      r.steps.push_back(primitive::requant(y, excess ? acc : sum,
                                           {1, shiftsInSum ? 0 : int32_t(-rshift), int32_t(format.zeroPoint)}));
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
          target = term < 0 ? term = r.addScratch(format.dtype, out) : term;
        scaled(target, source, c, format.dtype);
        source = target;
      } else if (i == 0 && in.size() == 1) {
        scaled(y, source, 1, format.dtype);
      }
      if (i > 0)
        binary(subtracts ? kernel::BinaryOp::Sub : kernel::BinaryOp::Add, y, i == 1 && coefficient(0) == 1 ? in[0] : y,
               source);
    }
  }
  addReluSteps(r, getDoRelu(), limit, format);
  return r;
}

} // namespace tpu_mlir
