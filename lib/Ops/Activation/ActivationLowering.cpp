//===- ActivationLowering.cpp - y = f(x) on the chip ----------------------===//
// tpu.Lut, tpu.RequantInt, tpu.Cast: verifiers, arithmetic, and the lowering of
// every element-wise function: with integers a table of 256 results (or one
// requantisation where f is a multiple of x), in f32 FloatMaps.cpp's few steps.
// Sections: Verify, Form, Lower.
#include "CreateLines.h"
#include "Curve.h"
#include "FloatMaps.h"
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Interfaces/MoveInterface.h"
#include "tpu_mlir/Ops/Activation.h"
#include "tpu_mlir/Ops/ConvForm.h"
#include "tpu_mlir/Ops/Rectify.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Elements.h"
#include "tpu_mlir/Primitive/Requant.h"
#include "tpu_mlir/Schedule/Cost.h"
#include "tpu_mlir/Timing/CostModel.h"

#include <algorithm>

using namespace mlir;

namespace tpu_mlir {

//===- Verify -------------------------------------------------------------===//

LogicalResult tpu::LutOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameShape(*this, getInput(), getOutput())))
    return failure();
  int64_t entries = cast<ShapedType>(getTable().getType()).getNumElements();
  if (entries != 256)
    return emitOpError() << "'table' has 256 entries, got " << entries;
  if (kernel::bitWidth(formatOf(getInput()).dtype) != 8)
    return emitOpError() << "'input' has 8-bit elements, got " << getInput().getType();
  return verifyType(*this, "table", getTable(), formatOf(getOutput()).dtype);
}

LogicalResult tpu::CastOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameShape(*this, getInput(), getOutput())))
    return failure();
  NumberFormat in = formatOf(getInput()), out = formatOf(getOutput());
  if (in.isQuantized() == out.isQuantized())
    return emitOpError() << "casts between f32 and an integer format; 'input' and 'output' are both "
                         << (in.isQuantized() ? "integers" : "f32");
  return success();
}

LogicalResult tpu::RequantIntOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameShape(*this, getInput(), getOutput())))
    return failure();
  if (!formatOf(getInput()).isQuantized() || !formatOf(getOutput()).isQuantized())
    return emitOpError() << "'input' and 'output' have 8-bit elements, got " << getInput().getType() << " and "
                         << getOutput().getType();
  return verifyRequant(*this, getMultiplier(), getRshift());
}

//===- Form ---------------------------------------------------------------===//

Form tpu::LutOp::form() {
  Recipe r;
  Dims d = nchwOf(getOutput());
  auto full = AxisMap::full();
  int x = r.addInput(0, formatOf(getInput()).dtype, d);
  int entries = r.addWeight(1, formatOf(getTable()).dtype, {1, 1, 1, 256}, Layout::Lanes, {full, full, full, full});
  int y = r.addOutput(formatOf(getOutput()).dtype, d);
  for (int id : {x, entries, y})
    r.buffers[id].ownBank = true; // a gather's three operands share no bank
  r.steps.push_back(primitive::lookup(y, x, entries));
  return r;
}

Form tpu::RequantIntOp::form() {
  Recipe r;
  Dims d = nchwOf(getOutput());
  int x = r.addInput(0, formatOf(getInput()).dtype, d), y = r.addOutput(formatOf(getOutput()).dtype, d);
  r.steps.push_back(primitive::requant(y, x, {int32_t(getMultiplier()), int32_t(-getRshift()), 0}));
  return r;
}

Form tpu::CastOp::form() {
  Recipe r;
  Dims d = nchwOf(getOutput());
  NumberFormat in = formatOf(getInput()), out = formatOf(getOutput());
  int x = r.addInput(0, in.dtype, d), y = r.addOutput(out.dtype, d);
  auto scale = [&](int dst, int a, double factor) {
    r.steps.push_back(primitive::binary(kernel::BinaryOp::Mul, dst, a, primitive::Constant{factor, DType::F32}));
  };
  if (out.isQuantized()) {
    int scaled = r.addScratch(DType::F32, d);
    scale(scaled, x, 1 / out.scale);
    r.steps.push_back(primitive::cast(y, scaled));
  } else {
    r.steps.push_back(primitive::cast(y, x));
    scale(y, y, in.scale);
  }
  return r;
}

//===- Lower --------------------------------------------------------------===//

bool saturatesAsRelu(const NumberFormat &format, double limit) {
  return format.dtype == DType::U8 && (limit <= 0 || limit >= 255 * format.scale);
}

namespace {

/// The factor of a function that is a multiple of x over the output's range: relu into an unsigned result, MulConst.
std::optional<double> multipleOf(Operation *op, const NumberFormat &out) {
  if (auto relu = dyn_cast<top::ReluOp>(op)) {
    bool saturates = saturatesAsRelu(out, relu.getReluLimit().convertToDouble());
    return saturates ? std::optional<double>(1.0) : std::nullopt;
  }
  if (auto mul = dyn_cast<top::MulConstOp>(op))
    if (!mul.getDoRelu() || out.dtype == DType::U8)
      if (mul.getReluLimit().convertToDouble() <= 0)
        return mul.getConstVal().convertToDouble();
  return std::nullopt;
}

/// The scalar function of the op, with what is fused into it.
double scalarOf(Operation *op, double x) {
  auto clamp = [](double y, bool doRelu, double limit) {
    return !doRelu ? y : limit > 0 ? std::clamp(y, 0.0, limit) : std::max(y, 0.0);
  };
  if (auto add = dyn_cast<top::AddConstOp>(op))
    return clamp(x + add.getConstVal().convertToDouble(), add.getDoRelu(), add.getReluLimit().convertToDouble());
  if (auto mul = dyn_cast<top::MulConstOp>(op))
    return clamp(x * mul.getConstVal().convertToDouble(), mul.getDoRelu(), mul.getReluLimit().convertToDouble());
  return evalUnary(op, x);
}

/// What the op gives for each of the 256 inputs that the format has, from the lowest on.
struct Results {
  Results(Operation *op, const NumberFormat &in, const NumberFormat &out)
      : firstInput(in.dtype == DType::I8 ? -128 : 0), least(out.dtype == DType::I8 ? -128 : 0), most(least + 255) {
    for (int64_t i = 0; i < 256; ++i)
      values.push_back(quantizeOne(scalarOf(op, double(firstInput + i) * in.scale), out.scale, out.dtype));
  }
  std::optional<Lines> lines(const target::Chip &chip) const {
    return findLines(values, firstInput, least, most, kernel::roundNamed(chip.quant.requantRound));
  }
  /// A curve whose instructions take less than a lookup of this result, if there is one.
  std::optional<Curve> curve(const Dims &dims, const target::Chip &chip) const;
  /// All that lines and curves of a result of that size depend on.
  std::string key(const Dims &dims) const {
    std::vector<int64_t> numbers = values;
    numbers.insert(numbers.end(), {firstInput, least, dims.n, dims.c, dims.h, dims.w});
    return std::string(reinterpret_cast<const char *>(numbers.data()), numbers.size() * sizeof(int64_t));
  }
  /// By the input's bits.
  std::vector<uint8_t> table() const {
    std::vector<uint8_t> entries(values.size());
    for (size_t i = 0; i < values.size(); ++i)
      entries[size_t(firstInput + int64_t(i)) & 255] = uint8_t(values[i]);
    return entries;
  }

  int64_t firstInput, least, most;
  std::vector<int64_t> values;
};

std::optional<Curve> Results::curve(const Dims &dims, const target::Chip &chip) const {
  // In pieces of a bank, as the sums of a convolution before it leave room for.
  const int64_t room = chip.local.laneBytes / chip.local.banks / 4;
  const int64_t plane = std::min(dims.h * dims.w, room);
  const Dims piece{1, std::min(dims.c, chip.local.lanes * std::max<int64_t>(1, room / plane)), 1, plane};
  const double lookup = schedule::lookupCycles(piece, chip),
               instruction = timing::elementCycles(chip, {1, double(piece.c), 1, double(plane)}, 1) +
                             double(chip.time.issueCycles);
  const size_t mostLines = size_t(lookup / instruction / 2);
  if (mostLines < 2)
    return std::nullopt;
  std::optional<Curve> found =
      findCurve(values, firstInput, least, most, mostLines, kernel::roundNamed(chip.quant.requantRound));
  // The timing model knows neither to a few percent.
  return found && double(instructionsOf(*found)) * instruction < 0.9 * lookup ? found : std::nullopt;
}

Value createCurve(Lowering &l, Operation *op, Type type, Value in, const Curve &curve) {
  SmallVector<int64_t> starts, multipliers, zeroPoints;
  SmallVector<bool> oneSided, takesMax;
  for (const CurveLine &line : curve) {
    starts.push_back(line.start);
    multipliers.push_back(line.multiplier);
    zeroPoints.push_back(line.zeroPoint);
    oneSided.push_back(line.isOneSided);
    takesMax.push_back(line.takesMax);
  }
  return tpu::CurveOp::create(l.builder, op->getLoc(), type, in, starts, multipliers, zeroPoints, oneSided, takesMax,
                              /*ginfo=*/Attribute());
}

} // namespace

Value createLines(Lowering &l, Location loc, Type type, Value in, const Lines &lines) {
  SmallVector<int64_t> multipliers, shifts, zeroPoints, factors, offsets;
  for (const Line &line : lines.lines) {
    multipliers.push_back(line.multiplier);
    shifts.push_back(line.shift);
    zeroPoints.push_back(line.zeroPoint);
    factors.push_back(line.factor);
    offsets.push_back(line.offset);
  }
  Builder &b = l.builder;
  NamedAttrList attrs;
  attrs.set("multipliers", b.getDenseI64ArrayAttr(multipliers));
  attrs.set("rshifts", b.getDenseI64ArrayAttr(shifts));
  attrs.set("zero_points", b.getDenseI64ArrayAttr(zeroPoints));
  attrs.set("factors", b.getDenseI64ArrayAttr(factors));
  attrs.set("offsets", b.getDenseI64ArrayAttr(offsets));
  attrs.set("takes_max", b.getBoolAttr(lines.takesMax));
  if (lines.low)
    attrs.set("low", b.getI64IntegerAttr(*lines.low));
  if (lines.high)
    attrs.set("high", b.getI64IntegerAttr(*lines.high));
  return tpu::LinesOp::create(l.builder, loc, TypeRange{type}, ValueRange{in}, attrs.getAttrs());
}

namespace {

template <typename OpT> struct UnaryLower : LowerInterface::ExternalModel<UnaryLower<OpT>, OpT> {
  std::string whyNotLowered(Operation *op, const Lowering &l) const {
    if (l.isInt8() || hasFloatMap(op))
      return "";
    return "it has no F32 form on " + std::string(l.chip.identity.name) + " yet; INT8 has";
  }

  LogicalResult lower(Operation *op, Lowering &l) const {
    Value topIn = op->getOperand(0), topOut = op->getResult(0), in = l.operand(topIn);
    NumberFormat inFormat = formatOf(in), out = l.formatOfResult(topOut);
    Type type = l.typeOf(topOut, out);
    Builder &b = l.builder;
    if (!l.isInt8()) {
      l.map(topOut, createFloatMap(l, op, type, in));
      return success();
    }
    if (std::optional<double> factor = multipleOf(op, out)) {
      Multiplier m = multiplierOf(*factor * inFormat.scale / out.scale);
      l.map(topOut, tpu::RequantIntOp::create(
                        l.builder, op->getLoc(), TypeRange{type}, ValueRange{in},
                        ArrayRef<NamedAttribute>{b.getNamedAttr("multiplier", b.getI64IntegerAttr(m.multiplier)),
                                                 b.getNamedAttr("rshift", b.getI64IntegerAttr(m.rshift))}));
      return success();
    }
    const Results results(op, inFormat, out);
    auto [earlier, isNew] = l.found.try_emplace(results.key(nchwOf(topOut)), nullptr);
    if (isNew) {
      if (std::optional<Lines> lines = results.lines(l.chip))
        earlier->second = createLines(l, op->getLoc(), type, in, *lines).getDefiningOp();
      else if (std::optional<Curve> curve = results.curve(nchwOf(topOut), l.chip))
        earlier->second = createCurve(l, op, type, in, *curve).getDefiningOp();
      if (earlier->second)
        l.map(topOut, earlier->second->getResult(0));
    } else if (earlier->second) {
      Operation *same = l.builder.clone(*earlier->second);
      same->setLoc(op->getLoc());
      same->setOperand(0, in);
      same->getResult(0).setType(type);
      l.map(topOut, same->getResult(0));
    }
    if (earlier->second)
      return success();
    Value table = l.addWeightBytes(op, "table", results.table(), {1, 1, 1, 256}, out.dtype);
    l.map(topOut, tpu::LutOp::create(l.builder, op->getLoc(), type, ValueRange{in, table}));
    return success();
  }
};

struct CastLower : LowerInterface::ExternalModel<CastLower, top::CastOp> {
  std::string whyNotLowered(Operation *, const Lowering &) const { return ""; }
  LogicalResult lower(Operation *op, Lowering &l) const {
    // Top's cast keeps the value; formats are the lowering's.
    l.map(op->getResult(0), l.operandAsIs(op->getOperand(0)));
    return success();
  }
};

template <typename... Ops> void attachUnary(MLIRContext *context) {
  (Ops::template attachInterface<UnaryLower<Ops>>(*context), ...);
}

} // namespace

Value createRectified(Lowering &l, Value in, double limit, Location loc) {
  const NumberFormat format = formatOf(in);
  if (!format.isQuantized())
    return tpu::ReluOp::create(l.builder, loc, in.getType(), in, l.builder.getBoolAttr(false),
                               l.builder.getF64FloatAttr(limit), /*ginfo=*/Attribute());
  Lines lines; // the identity between bounds
  lines.lines = {{1, 0, 0}};
  lines.low = 0;
  if (limit > 0)
    lines.high = quantizeOne(limit, format.scale, format.dtype);
  return createLines(l, loc, in.getType(), in, lines);
}

void registerActivationLowering(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, top::TopDialect *) {
    using namespace top;
    attachUnary<ReluOp, LeakyReluOp, ClipOp, SigmoidOp, SiLUOp, TanhOp, GELUOp, ExpOp, LogOp, SqrtOp, AbsOp, ErfOp,
                SoftplusOp, MishOp, HardSwishOp, EluOp, HardSigmoidOp, AddConstOp, MulConstOp>(context);
    top::CastOp::attachInterface<CastLower, MovesModel<top::CastOp>>(*context);
  });
}

} // namespace tpu_mlir
