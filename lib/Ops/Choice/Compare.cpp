//===- Compare.cpp - Comparisons ------------------------------------------===//
// All of top.Compare, top.CompareConst, tpu.Compare and tpu.CompareConst. Integers
// are compared as they are stored: of one scale directly, of several in one that
// holds both. What is f32 in a network of other numbers, as its inputs and
// indices are, is compared as f32, exactly. A truth value is a real 1 or 0.
#include "Rows.h"
#include "Selection.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Top/IR/ChoiceOps.h"
#include "tpu_mlir/Dialect/Top/IR/ElementTypes.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Tpu/IR/ChoiceOps.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Host/Comparing.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>
#include <cmath>

using namespace mlir;

namespace tpu_mlir {

/// `allowed`: how many of the modes the op has.
static LogicalResult verifyMode(Operation *op, StringRef mode, size_t allowed) {
  SmallVector<StringRef> known;
  for (std::string_view name : ArrayRef(kComparings).take_front(allowed))
    known.push_back(name);
  if (llvm::is_contained(known, mode))
    return success();
  return op->emitOpError("'mode' is \"") << mode << "\"; known: " << llvm::join(known, ", ");
}
static constexpr size_t kOrders = size_t(Comparing::And), kAllModes = std::size(kComparings);

namespace top {

//===- Infer shape --------------------------------------------------------===//

static constexpr StringRef kOperands[] = {"lhs", "rhs"};

static FailureOr<Shape> compareShape(CompareOp op) {
  FailureOr<Shape> shape = broadcast(shapeOf(op.getLhs()), shapeOf(op.getRhs()));
  if (failed(shape))
    return op.emitOpError("'lhs' has shape ")
           << shapeText(shapeOf(op.getLhs())) << ", which does not broadcast with 'rhs', "
           << shapeText(shapeOf(op.getRhs()));
  return shape;
}

LogicalResult CompareOp::inferShape() { return inferResult(*this, compareShape, kOperands); }
LogicalResult CompareConstOp::inferShape() { return detail::inferSameShape(*this); }

//===- Verify -------------------------------------------------------------===//

/// Whether the result is i1, which the host alone computes.
static bool isTyped(Value v) { return elementOf(v) == host::Element::Bool; }

LogicalResult CompareOp::verify() {
  if (failed(verifyMode(*this, getMode(), isTyped(getOutput()) ? kOrders : kAllModes)))
    return failure();
  if (isTyped(getOutput()) && failed(verifySameElement(*this, "lhs", getLhs(), "rhs", getRhs())))
    return failure();
  return verifyResult(*this, compareShape, kOperands);
}

LogicalResult CompareConstOp::verify() {
  if (failed(verifyMode(*this, getMode(), kOrders)))
    return failure();
  return detail::verifySameShape(*this);
}

//===- FLOPs --------------------------------------------------------------===//

int64_t CompareOp::flops() { return elementCount(getOutput()); }
int64_t CompareConstOp::flops() { return elementCount(getOutput()); }

//===- Interpret ----------------------------------------------------------===//

LogicalResult CompareOp::plan(EvalPlan &plan) {
  return plan.compute(*this, host::Compare{*comparingOf(getMode())}, {getLhs(), getRhs()});
}

LogicalResult CompareConstOp::plan(EvalPlan &plan) {
  auto constant = static_cast<float>(getConstVal().convertToDouble());
  return plan.compute(*this, host::Compare{*comparingOf(getMode()), constant}, {getInput()});
}

} // namespace top

//===- Lower --------------------------------------------------------------===//

namespace {

/// What a truth value is stored in beside operands of `format`: as wide, and a real 1 is one of its numbers.
NumberFormat truthBeside(const NumberFormat &format) {
  return format.isQuantized() ? NumberFormat{DType::U8, 1, 0} : format;
}

/// Whether the lowered value is f32 though the mode computes in another format.
bool isExact(const Lowering &l, Value top) { return !isWeight(top) && formatOf(l.mapped(top)).dtype == DType::F32; }

/// A format that holds the numbers of both.
NumberFormat commonOf(const NumberFormat &a, const NumberFormat &b, const target::Chip &chip) {
  if (a.dtype == b.dtype && a.zeroPoint == 0 && b.zeroPoint == 0)
    return a.scale > b.scale ? a : b;
  double low = 0, high = 0;
  for (const NumberFormat &f : {a, b}) {
    const auto [least, most] = kernel::rangeOf(f.dtype);
    low = std::min(low, double(least - f.zeroPoint) * f.scale);
    high = std::max(high, double(most - f.zeroPoint) * f.scale);
  }
  if (low >= 0)
    return {DType::U8, high / chip.quant.activationLevelsUnsigned, 0};
  if (a.zeroPoint == 0 && b.zeroPoint == 0)
    return {DType::I8, std::max(-low, high) / chip.quant.activationLevelsSigned, 0};
  const auto [least, most] = kernel::rangeOf(DType::I8);
  const double scale = (high - low) / double(most - least);
  return {DType::I8, scale, std::clamp(std::llround(double(least) - low / scale), (long long)least, (long long)most)};
}

/// The whole number that stored integers are compared with in place of `stored`, which lies between two: the answers
/// are the same. Equality means the nearest.
double wholeThreshold(double stored, Comparing mode) {
  switch (mode) {
  case Comparing::Greater:
  case Comparing::LessOrEqual:
    return std::floor(stored);
  case Comparing::Less:
  case Comparing::GreaterOrEqual:
    return std::ceil(stored);
  default:
    return std::round(stored);
  }
}

/// The mode with operands changed over.
Comparing turned(Comparing mode) {
  switch (mode) {
  case Comparing::Greater:
    return Comparing::Less;
  case Comparing::Less:
    return Comparing::Greater;
  case Comparing::GreaterOrEqual:
    return Comparing::LessOrEqual;
  case Comparing::LessOrEqual:
    return Comparing::GreaterOrEqual;
  default:
    return mode;
  }
}

/// A weight in the format of what it is compared with. Beyond the ends it is the end, which stored numbers do not pass.
Value thresholds(Lowering &l, Operation *op, Value weight, const NumberFormat &format, Comparing mode) {
  const auto [least, most] = kernel::rangeOf(format.dtype);
  std::vector<uint8_t> stored;
  for (float v : l.weightData(weight)) {
    const double whole = wholeThreshold(double(v) / format.scale + double(format.zeroPoint), mode);
    stored.push_back(uint8_t(int64_t(std::clamp(whole, double(least), double(most)))));
  }
  Value made = l.addWeightBytes(op, "threshold", std::move(stored), shapeOf(weight), format.dtype);
  made.setType(RankedTensorType::get(shapeOf(weight), elementTypeOf(op->getContext(), format)));
  return made;
}

struct CompareLower : LowerInterface::ExternalModel<CompareLower, top::CompareOp> {
  std::string whyNotLowered(Operation *op, const Lowering &) const {
    return top::isTyped(op->getResult(0)) ? "there are no bool tensors on the chip yet" : "";
  }
  LogicalResult lower(Operation *op, Lowering &l) const {
    auto compare = cast<top::CompareOp>(op);
    const Comparing mode = *comparingOf(compare.getMode());
    Value tops[] = {compare.getLhs(), compare.getRhs()};
    SmallVector<Value> values;
    if (isExact(l, tops[0]) || isExact(l, tops[1])) {
      values = {inFloats(l, op, tops[0]), inFloats(l, op, tops[1])};
    } else if (!l.isQuantized() || isLogical(mode)) {
      values = {l.operand(tops[0]), l.operand(tops[1])};
    } else if (isWeight(tops[0]) || isWeight(tops[1])) {
      const int weight = isWeight(tops[1]) ? 1 : 0;
      Value other = l.operand(tops[1 - weight]);
      values = {other, other};
      values[weight] = thresholds(l, op, tops[weight], formatOf(other), weight ? mode : turned(mode));
    } else {
      Value a = l.operand(tops[0]), b = l.operand(tops[1]);
      const NumberFormat common = formatOf(a) == formatOf(b) ? formatOf(a) : commonOf(formatOf(a), formatOf(b), l.chip);
      values = {l.requantize(a, common, l.roleOf(op, "lhs")), l.requantize(b, common, l.roleOf(op, "rhs"))};
    }
    repeatToFourAxes(l, op, values, shapeOf(compare.getOutput()));
    Type type = l.typeOf(compare.getOutput(), truthBeside(formatOf(values[0])));
    l.map(compare.getOutput(), tpu::CompareOp::create(l.builder, op->getLoc(), type, values[0], values[1],
                                                      compare.getMode(), /*ginfo=*/Attribute()));
    return success();
  }
};

struct CompareConstLower : LowerInterface::ExternalModel<CompareConstLower, top::CompareConstOp> {
  std::string whyNotLowered(Operation *, const Lowering &) const { return ""; }
  LogicalResult lower(Operation *op, Lowering &l) const {
    auto compare = cast<top::CompareConstOp>(op);
    Value in = isExact(l, compare.getInput()) ? l.mapped(compare.getInput()) : l.operand(compare.getInput());
    const NumberFormat format = formatOf(in);
    double constant = compare.getConstVal().convertToDouble();
    if (format.isQuantized())
      constant = wholeThreshold(constant / format.scale + double(format.zeroPoint), *comparingOf(compare.getMode()));
    l.map(compare.getOutput(),
          tpu::CompareConstOp::create(l.builder, op->getLoc(), l.typeOf(compare.getOutput(), truthBeside(format)), in,
                                      compare.getMode(), APFloat(constant), /*ginfo=*/Attribute()));
    return success();
  }
};

} // namespace

void registerCompareLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    top::CompareOp::attachInterface<CompareLower>(*context);
    top::CompareConstOp::attachInterface<CompareConstLower>(*context);
  });
}

//===- Verify (tpu) -------------------------------------------------------===//

/// What selections make is as wide as what they compare.
static LogicalResult verifyWidth(Operation *op, ValueRange operands) {
  const NumberFormat out = formatOf(op->getResult(0));
  for (Value v : operands)
    if (kernel::byteSize(formatOf(v).dtype) != kernel::byteSize(out.dtype))
      return op->emitOpError() << "operands are as wide as 'output', got " << v.getType() << " and "
                               << op->getResult(0).getType();
  return success();
}

LogicalResult tpu::CompareOp::verify() {
  if (failed(verifyMode(*this, getMode(), kAllModes)) || failed(verifyTensors(*this)) ||
      failed(verifyBroadcastDims(*this, getOperands(), getOutput())) || failed(verifyWidth(*this, getOperands())))
    return failure();
  if (!isLogical(*comparingOf(getMode())) && formatOf(getLhs()) != formatOf(getRhs()))
    return emitOpError() << "what is compared has one number format, got " << getLhs().getType() << " and "
                         << getRhs().getType();
  return success();
}

LogicalResult tpu::CompareConstOp::verify() {
  if (failed(verifyMode(*this, getMode(), kOrders)) || failed(verifyTensors(*this)) ||
      failed(verifySameShape(*this, getInput(), getOutput())))
    return failure();
  return verifyWidth(*this, getInput());
}

//===- Form ---------------------------------------------------------------===//

namespace {

/// A real 1 and a real 0 of the result.
struct Truth {
  explicit Truth(Value output)
      : yes(Choice::number(realBits(1, formatOf(output)))), no(Choice::number(realBits(0, formatOf(output)))) {}
  Choice yes, no;
};

/// y = a is to b as `mode`, an order or equality, says.
void addComparison(Recipe &r, int y, Comparing mode, Choice a, Choice b, const Truth &t) {
  using kernel::Comparison;
  switch (mode) {
  case Comparing::Equal:
    return addSelection(r, y, Comparison::Equal, a, b, t.yes, t.no);
  case Comparing::NotEqual:
    return addSelection(r, y, Comparison::Equal, a, b, t.no, t.yes);
  case Comparing::Greater:
    return addSelection(r, y, Comparison::Greater, a, b, t.yes, t.no);
  case Comparing::Less:
    return addSelection(r, y, Comparison::Less, a, b, t.yes, t.no);
  default:
    // NaN is in no order, so that neither is the other's opposite.
    addSelection(r, y, mode == Comparing::GreaterOrEqual ? Comparison::Greater : Comparison::Less, a, b, t.yes, t.no);
    return addSelection(r, y, Comparison::Equal, a, b, t.yes, Choice::of(y));
  }
}

} // namespace

Form tpu::CompareOp::form() {
  using kernel::Comparison;
  Recipe r;
  const BroadcastDims dims = broadcastDims(*this, getOperands(), getOutput());
  const int a = addWhole(r, 0, getLhs(), dims.operands[0], dims.result),
            b = addWhole(r, 1, getRhs(), dims.operands[1], dims.result);
  const DType type = formatOf(getOutput()).dtype;
  const int y = r.addOutput(type, dims.result);
  const Comparing mode = *comparingOf(getMode());
  const Truth t(getOutput());
  if (!isLogical(mode)) {
    addComparison(r, y, mode, Choice::of(a), Choice::of(b), t);
    return r;
  }
  const Choice zeroOfA = Choice::number(realBits(0, formatOf(getLhs()))),
               zeroOfB = Choice::number(realBits(0, formatOf(getRhs())));
  const int ofA = mode == Comparing::Xor ? r.addScratch(type, dims.result) : y;
  addSelection(r, ofA, Comparison::Equal, Choice::of(a), zeroOfA, t.no, t.yes);
  if (mode == Comparing::And) {
    addSelection(r, y, Comparison::Equal, Choice::of(b), zeroOfB, t.no, Choice::of(y));
  } else if (mode == Comparing::Or) {
    addSelection(r, y, Comparison::Equal, Choice::of(b), zeroOfB, Choice::of(y), t.yes);
  } else {
    addSelection(r, y, Comparison::Equal, Choice::of(b), zeroOfB, t.no, t.yes);
    addSelection(r, y, Comparison::Equal, Choice::of(ofA), Choice::of(y), t.no, t.yes);
  }
  return r;
}

Form tpu::CompareConstOp::form() {
  Recipe r;
  const Dims dims = nchwOf(getOutput());
  const NumberFormat in = formatOf(getInput());
  const int x = r.addInput(0, in.dtype, dims), y = r.addOutput(formatOf(getOutput()).dtype, dims);
  const Comparing mode = *comparingOf(getMode());
  const double constant = getConstVal().convertToDouble();
  const Truth t(getOutput());
  if (in.isQuantized()) {
    const auto [low, high] = kernel::rangeOf(in.dtype);
    if (constant < double(low) || constant > double(high)) {
      // One answer for all: that of the nearest end.
      const Choice same = holds(mode, double(constant < double(low) ? low : high), constant) ? t.yes : t.no;
      addSelection(r, y, kernel::Comparison::Equal, Choice::of(x), Choice::number(0), same, same);
      return r;
    }
  }
  addComparison(r, y, mode, Choice::of(x), Choice::number(kernel::bitsIn(in.dtype, constant)), t);
  return r;
}

} // namespace tpu_mlir
