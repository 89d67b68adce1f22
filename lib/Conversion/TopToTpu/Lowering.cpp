//===- Lowering.cpp - One lowering of a network to number formats ---------===//
// Where formats come from and where casts go, for every op alike. What an op
// becomes is its own file's to say.
#include "tpu_mlir/Conversion/TopToTpu/Lowering.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Kernel/Kernels.h"

#include "llvm/Support/Format.h"

#include <cmath>

using namespace mlir;

namespace tpu_mlir {
using kernel::DType;

Multiplier multiplierOf(double factor) {
  assert(std::isfinite(factor) && "scales and attributes have been checked");
  if (factor == 0)
    return {};
  int exponent;
  double mantissa = std::frexp(factor, &exponent);
  int64_t m = std::llround(std::ldexp(mantissa, 31));
  if (std::abs(m) == int64_t(1) << 31) {
    m /= 2;
    ++exponent;
  }
  int64_t rshift = 31 - exponent;
  if (rshift > 62) {
    m = std::llround(std::ldexp(static_cast<double>(m), static_cast<int>(62 - rshift)));
    rshift = 62;
  }
  return {m, rshift};
}

StringRef shortName(DType type) {
  switch (type) {
  case DType::F32:
    return "f32";
  case DType::F16:
    return "f16";
  case DType::BF16:
    return "bf16";
  default:
    return type == DType::U8 ? "ui8" : "si8";
  }
}

int64_t quantizeOne(double real, double scale, DType type) {
  return kernel::floatToInt(real / scale, type, kernel::Round::HalfAwayFromZero);
}

int64_t quantizeOne(double real, const NumberFormat &format) {
  const auto [low, high] = kernel::rangeOf(format.dtype);
  return std::clamp(quantizeOne(real, format.scale, DType::I32) + format.zeroPoint, low, high);
}

Lowering::Lowering(const Mode &mode, bool asymmetric, const target::Chip &chip, ModuleOp module)
    : mode(mode), asymmetric(asymmetric), chip(chip), builder(module.getContext()), module(module), names(module) {}

Location Lowering::roleOf(Operation *op, StringRef role) {
  return top::nameLoc(module.getContext(), names.fresh(top::nameOf(op) + "_" + role));
}

Value Lowering::none(Location loc) { return top::NoneOp::create(builder, loc, builder.getNoneType()); }

static std::string textOf(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", value);
  return text;
}

static std::string textOf(double low, double high) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("[%g, %g]", low, high);
  return text;
}

/// What a range that is too large comes from, as the tail of a sentence: a fill of at least half of it, where one is
/// found among what the value is computed from.
static std::string causeOf(Value topResult, double threshold) {
  SmallVector<Value> todo = {topResult};
  llvm::DenseSet<Value> seen;
  while (!todo.empty()) {
    Operation *op = todo.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op->getResult(0)).second)
      continue;
    if (auto pad = dyn_cast<top::PadOp>(op); pad && pad.getMode() == "constant")
      if (double value = pad.getVal().convertToDouble(); threshold > 1 && std::fabs(value) >= threshold / 2)
        return "; '" + top::nameOf(op).str() + "' pads with " + textOf(value) +
               ": pad with a value that the network's tensors come near";
    llvm::append_range(todo, op->getOperands());
  }
  if (threshold > kLargestScale)
    return ", of which the largest is " + textOf(kLargestScale) +
           "; scale the network's numbers down, or deploy in F32";
  if (threshold > 0 && threshold / 255 < kSmallestScale)
    return ", of which the least is " + textOf(kSmallestScale) + "; scale the network's numbers up, or deploy in F32";
  return "; calibrate this .mlir again";
}

std::string Lowering::whyNoFormat(Value topResult) const {
  Type element = cast<ShapedType>(topResult.getType()).getElementType();
  if (!isQuantized())
    return "";
  if (auto calibrated = dyn_cast<quant::CalibratedQuantizedType>(element)) {
    // NaN fails every comparison.
    double low = calibrated.getMin(), high = calibrated.getMax(), threshold = low >= 0 ? high : std::max(-low, high);
    bool isUsable = low <= high && low >= -threshold && threshold / 255 >= kSmallestScale && threshold <= kLargestScale;
    return isUsable ? ""
                    : "its calibrated range " + textOf(low, high) + " gives no scale" + causeOf(topResult, threshold);
  }
  if (isa<quant::QuantizedType>(element))
    return tpu_mlir::whyNoFormat(element);
  return "its range is not in the calibration table; calibrate this .mlir again";
}

NumberFormat Lowering::formatOfResult(Value topResult) const {
  Type element = cast<ShapedType>(topResult.getType()).getElementType();
  if (!isQuantized())
    return {mode.activations};
  if (auto calibrated = dyn_cast<quant::CalibratedQuantizedType>(element)) {
    double low = calibrated.getMin(), high = calibrated.getMax();
    if (low >= 0)
      return {DType::U8, high / chip.quant.activationLevelsUnsigned, 0};
    if (asymmetric) {
      // A range without 0 is widened to it: padding and what is not there are 0.
      high = std::max(high, 0.0);
      const auto [least, most] = kernel::rangeOf(DType::I8);
      const double scale = (high - low) / double(most - least);
      return {DType::I8, scale,
              std::clamp(std::llround(double(least) - low / scale), (long long)least, (long long)most)};
    }
    return {DType::I8, std::max(-low, high) / chip.quant.activationLevelsSigned, 0};
  }
  return formatOf(topResult);
}

Type Lowering::typeOf(Value topResult, const NumberFormat &format) const {
  return RankedTensorType::get(shapeOf(topResult), elementTypeOf(module.getContext(), format));
}

Value Lowering::castTo(Value value, const NumberFormat &format) {
  if (formatOf(value) == format)
    return value;
  Type element = elementTypeOf(module.getContext(), format);
  Value &cached = casts[{value, element}];
  if (!cached) {
    OpBuilder::InsertionGuard guard(builder);
    // Floats of a border, which take most memory, stand where their first reader does, and so before all of them.
    if (format.dtype != DType::F32)
      builder.setInsertionPointAfterValue(value);
    Location loc = roleOf(value.getDefiningOp(), shortName(format.dtype));
    cached =
        tpu::CastOp::create(builder, loc, TypeRange{RankedTensorType::get(shapeOf(value), element)}, ValueRange{value});
  }
  return cached;
}

Value Lowering::operandAsIs(Value topValue) {
  // A network's input is a float too, but only until it is quantised.
  bool isJoined = isQuantized() && leavesAsFloat(topValue) && !isa_and_nonnull<top::InputOp>(topValue.getDefiningOp());
  Value value = isWeight(topValue) ? Value() : values.lookup(topValue);
  return isJoined && value && !formatOf(value).isQuantized() ? value : operand(topValue);
}

Value Lowering::operand(Value topValue) {
  if (isWeight(topValue))
    return weightOperand(topValue);
  Value value = values.lookup(topValue);
  const NumberFormat have = formatOf(value);
  if (isQuantized() ? have.isQuantized() : have.dtype == mode.activations)
    return value;
  return castTo(value, formatOfResult(topValue));
}

Value Lowering::centredOperand(Value topValue) {
  Value value = operand(topValue);
  const NumberFormat have = formatOf(value);
  if (have.zeroPoint == 0)
    return value;
  const auto [low, high] = kernel::rangeOf(have.dtype);
  const int64_t reach = std::max(have.zeroPoint - low, high - have.zeroPoint);
  const NumberFormat want{DType::I8, double(reach) * have.scale / chip.quant.activationLevelsSigned, 0};
  Value &cached = casts[{value, elementTypeOf(module.getContext(), want)}];
  if (!cached) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfterValue(value);
    cached = requantize(value, want, roleOf(value.getDefiningOp(), "centred"));
  }
  return cached;
}

Value Lowering::floatWeight(Value topWeight, DType type) {
  if (type == DType::F32)
    return topWeight;
  Value &cached = weights[{topWeight, plainTypeOf(module.getContext(), type)}];
  if (!cached) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfterValue(topWeight);
    cached = addFloats(topWeight.getDefiningOp(), shortName(type), weightData(topWeight), shapeOf(topWeight), type);
  }
  return cached;
}

Value Lowering::weightOperand(Value topWeight) {
  if (!isQuantized())
    return floatWeight(topWeight, mode.weights);
  Value &cached = weights[{topWeight, Type()}];
  if (!cached) {
    ArrayRef<float> data = weightData(topWeight);
    float largest = 0;
    for (float v : data)
      largest = std::max(largest, std::fabs(v));
    // Zeros have no scale of their own. The smallest one never decides over what else is computed with them.
    NumberFormat format{DType::I8, std::max<double>(largest / chip.quant.weightLevels, kSmallestScale), 0};
    std::vector<int8_t> stored;
    for (float v : data)
      stored.push_back(quantizeOne(v, format.scale, DType::I8));
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfterValue(topWeight);
    cached = addWeight<int8_t>(topWeight.getDefiningOp(), "i8", stored, shapeOf(topWeight), DType::I8);
    cached.setType(RankedTensorType::get(shapeOf(topWeight), elementTypeOf(module.getContext(), format)));
  }
  return cached;
}

ArrayRef<float> Lowering::weightData(Value topWeight) const {
  const top::WeightStore &store = module.getContext()->getLoadedDialect<top::TopDialect>()->weights();
  const top::WeightArray *array = store.find(top::nameOf(topWeight));
  assert(array && array->kind == 'f' && array->itemBytes == 4 && "checked when the weight file was loaded");
  return {static_cast<const float *>(array->data), array->bytes / sizeof(float)};
}

void Lowering::release(ArrayRef<float> elements) const {
  module.getContext()->getLoadedDialect<top::TopDialect>()->weights().release(
      {reinterpret_cast<const uint8_t *>(elements.data()), elements.size() * sizeof(float)});
}

std::string Lowering::beyond(double value, double instead, DType type) {
  return textOf(value) + " is beyond the largest " + kernel::name(type) + ", " + textOf(kernel::largestOf(type)) +
         "; " + textOf(instead) + " stands for it";
}

std::string Lowering::below(double largest, DType type) {
  return textOf(largest) + " has few bits or none as " + kernel::name(type) + ", whose least whole number of bits is " +
         textOf(kernel::leastNormalOf(type)) + "; deploy in BF16 or F32";
}

Value Lowering::addFloats(Operation *op, StringRef role, ArrayRef<float> data, ArrayRef<int64_t> shape, DType type,
                          float most) {
  constexpr size_t kPiece = 4096; // a filter may be larger than memory should hold twice
  const size_t item = kernel::byteSize(type);
  const float end = kernel::largestOf(type);
  most = most == 0 ? end : most;
  float largest = 0, finite = 0;
  std::vector<uint8_t> bytes(data.size() * item);
  std::vector<float> nearest;
  for (size_t at = 0; at < data.size(); at += kPiece) {
    ArrayRef<float> piece = data.slice(at, std::min(kPiece, data.size() - at));
    nearest.assign(piece.begin(), piece.end());
    for (float &v : nearest) {
      if (std::isfinite(v) && std::fabs(v) > std::fabs(finite))
        finite = v;
      largest = std::max(largest, std::fabs(v));
      v = kernel::nearestIn(type, std::isfinite(v) && std::fabs(v) > end ? std::copysign(most, v) : v);
    }
    const kernel::Dims dims{1, 1, 1, int64_t(piece.size())};
    kernel::cast({type, dims, bytes.data() + at * item}, {DType::F32, dims, nearest.data()}, kernel::Round::HalfToEven);
  }
  if (std::fabs(finite) > end)
    op->emitWarning() << "'" << top::nameOf(op) << "': its constant "
                      << beyond(finite, std::copysign(most, finite), type);
  else if (largest > 0 && largest < kernel::leastNormalOf(type))
    op->emitWarning() << "'" << top::nameOf(op) << "': its largest constant " << below(largest, type);
  return addWeightBytes(op, role, std::move(bytes), shape, type);
}

Value Lowering::addend(Value topValue) {
  if (!isWeight(topValue) || isQuantized() || mode.weights == DType::F32)
    return operand(topValue);
  const float end = kernel::largestOf(mode.weights);
  if (llvm::none_of(weightData(topValue), [&](float v) { return std::isfinite(v) && std::fabs(v) > end; }))
    return operand(topValue);
  return addFloats(topValue.getDefiningOp(), "addend", weightData(topValue), shapeOf(topValue), mode.weights, end / 2);
}

Value Lowering::addWeightBytes(Operation *op, StringRef role, std::vector<uint8_t> bytes, ArrayRef<int64_t> shape,
                               DType type) {
  top::WeightStore &store = module.getContext()->getLoadedDialect<top::TopDialect>()->weights();
  std::string name;
  do
    name = names.fresh(top::nameOf(op) + "_" + role);
  while (store.find(name)); // the file may hold arrays that no op uses
  Type element = plainTypeOf(module.getContext(), type);
  const top::ElementStorage storage = *top::storageOf(element);
  store.add(name, std::move(bytes), storage.kind, storage.bytes, shape);
  return top::WeightOp::create(builder, NameLoc::get(builder.getStringAttr(name)),
                               TypeRange{RankedTensorType::get(shape, element)}, ValueRange{});
}

Value Lowering::requantize(Value value, const NumberFormat &format, Location loc) {
  NumberFormat have = formatOf(value);
  if (have == format)
    return value;
  Multiplier m = multiplierOf(have.scale / format.scale);
  return tpu::RequantIntOp::create(
      builder, loc, TypeRange{RankedTensorType::get(shapeOf(value), elementTypeOf(module.getContext(), format))},
      ValueRange{value},
      ArrayRef<NamedAttribute>{builder.getNamedAttr("multiplier", builder.getI64IntegerAttr(m.multiplier)),
                               builder.getNamedAttr("rshift", builder.getI64IntegerAttr(m.rshift))});
}

} // namespace tpu_mlir
