//===- ChannelMap.cpp - Affine maps per channel ---------------------------===//
// Recognises and composes them; all arithmetic is fp64, so that a chain rounds
// to fp32 once, when its weights are made.
#include "ChannelMap.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

#include <cmath>
#include <cstring>

using namespace mlir;

namespace tpu_mlir::top {

Constants::Constants(ModuleOp module)
    : store(module.getContext()->getLoadedDialect<TopDialect>()->weights()), names(module) {}

const WeightArray *Constants::find(Value value) const {
  auto weight = value.getDefiningOp<WeightOp>();
  if (!weight || weight.getStore() || !cast<TensorType>(weight.getType()).getElementType().isF32())
    return nullptr;
  return store.find(nameOf(weight));
}

Value Constants::make(OpBuilder &builder, StringRef name, StringRef role, ArrayRef<double> values,
                      ArrayRef<int64_t> shape) {
  std::vector<uint8_t> bytes(values.size() * sizeof(float));
  for (auto [i, value] : llvm::enumerate(values)) {
    float rounded = static_cast<float>(value);
    std::memcpy(&bytes[i * sizeof(float)], &rounded, sizeof(float));
  }
  std::string fresh;
  do // an array may outlive its op
    fresh = names.fresh(name + "_" + role);
  while (store.find(fresh));
  store.add(fresh, std::move(bytes), 'f', sizeof(float), shape);
  auto type = RankedTensorType::get(shape, builder.getF32Type());
  return WeightOp::create(builder, nameLoc(builder.getContext(), fresh), TypeRange{type}, ValueRange{});
}

LogicalResult requireWeights(ModuleOp module) {
  const WeightStore &store = module.getContext()->getLoadedDialect<TopDialect>()->weights();
  auto result = module.walk([&](WeightOp op) {
    if (store.find(nameOf(op)))
      return WalkResult::advance();
    return WalkResult(op.emitOpError("'")
                      << nameOf(op) << "' is not loaded; the module must name its weight file in 'module.weight_file'");
  });
  return failure(result.wasInterrupted());
}

bool ChannelMap::hasRelu() const { return cast<BoolAttr>(last->getAttr("do_relu")).getValue(); }
bool ChannelMap::addsNothing() const {
  return llvm::all_of(bias, [](double v) { return v == 0; });
}
bool ChannelMap::scalesNothing() const {
  return llvm::all_of(scale, [](double v) { return v == 1; });
}

//===- Recognition --------------------------------------------------------===//

/// One number per channel from a constant: `value` broadcast along every axis of a `rank`-dimensional tensor but
/// `axis`.
static std::optional<std::vector<double>> perChannel(Value value, int64_t rank, int64_t axis, int64_t channels,
                                                     const Constants &constants) {
  const WeightArray *array = constants.find(value);
  if (!array)
    return std::nullopt;
  ArrayRef<int64_t> shape = shapeOf(value);
  int64_t count = elementCount(shape), missing = rank - static_cast<int64_t>(shape.size());
  bool isChannelVector = axis >= missing && shape[axis - missing] == count && count == channels;
  if (missing < 0 || (count != 1 && !isChannelVector))
    return std::nullopt;
  std::vector<double> values(channels);
  for (int64_t c = 0; c < channels; ++c)
    values[c] = array->floats()[count == 1 ? 0 : c];
  return values;
}

/// Elements of a vector operand, `absent` where it is none.
static std::optional<std::vector<double>> vectorOf(Value value, int64_t channels, double absent,
                                                   const Constants &constants) {
  if (isNone(value))
    return std::vector<double>(channels, absent);
  const WeightArray *array = constants.find(value);
  if (!array)
    return std::nullopt;
  return std::vector<double>(array->floats().begin(), array->floats().end());
}

/// coeff * x + coeff' * w, or x * w, with one data and one constant operand.
static bool readPair(Operation *op, int64_t axis, int64_t channels, const Constants &constants, ChannelMap &map) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (op->getNumOperands() != 2)
    return false;
  for (int side : {0, 1}) {
    Value data = op->getOperand(side), other = op->getOperand(1 - side);
    if (!hasStaticShape(data) || shapeOf(data) != type.getShape() || constants.find(data))
      continue;
    auto values = perChannel(other, type.getRank(), axis, channels, constants);
    if (!values)
      continue;
    map.input = data;
    map.isPerChannel = elementCount(other) > 1;
    if (isa<MulOp>(op)) {
      map.scale = *values;
      return true;
    }
    double coeff[] = {1, isa<SubOp>(op) ? -1.0 : 1.0};
    if (auto add = dyn_cast<AddOp>(op); add && add.getCoeff())
      llvm::copy(*add.getCoeff(), coeff);
    map.scale.assign(channels, coeff[side]);
    for (auto [b, value] : llvm::zip_equal(map.bias, *values))
      b = coeff[1 - side] * value;
    return true;
  }
  return false;
}

static constexpr int64_t kMostChannels = int64_t(1) << 24;

std::optional<ChannelMap> channelMapOf(Operation *op, int64_t axis, const Constants &constants) {
  if (!isa<BatchNormOp, ScaleOp, MulConstOp, AddConstOp, MulOp, AddOp, SubOp>(op) || !hasStaticShapes(op))
    return std::nullopt;
  ArrayRef<int64_t> shape = shapeOf(op->getResult(0));
  if (axis >= static_cast<int64_t>(shape.size()))
    return std::nullopt;
  int64_t channels = shape[axis];
  // More channels than any array of a weight file has: nothing here would be constant.
  if (channels > kMostChannels)
    return std::nullopt;
  ChannelMap map;
  map.last = op;
  map.input = op->getOperand(0);
  map.scale.assign(channels, 1);
  map.bias.assign(channels, 0);
  if (auto mul = dyn_cast<MulConstOp>(op)) {
    map.scale.assign(channels, mul.getConstVal().convertToDouble());
  } else if (auto add = dyn_cast<AddConstOp>(op)) {
    map.bias.assign(channels, add.getConstVal().convertToDouble());
  } else if (auto scale = dyn_cast<ScaleOp>(op)) {
    auto factors = vectorOf(scale.getScale(), channels, 1, constants),
         addends = vectorOf(scale.getBias(), channels, 0, constants);
    if (axis != 1 || !factors || !addends)
      return std::nullopt;
    map.scale = *factors;
    map.bias = *addends;
    map.isPerChannel = true;
  } else if (auto norm = dyn_cast<BatchNormOp>(op)) {
    auto mean = vectorOf(norm.getMean(), channels, 0, constants),
         variance = vectorOf(norm.getVariance(), channels, 1, constants);
    auto gamma = vectorOf(norm.getGamma(), channels, 1, constants),
         beta = vectorOf(norm.getBeta(), channels, 0, constants);
    if (axis != 1 || !mean || !variance || !gamma || !beta)
      return std::nullopt;
    double epsilon = norm.getEpsilon().convertToDouble();
    for (int64_t c = 0; c < channels; ++c) {
      map.scale[c] = (*gamma)[c] / std::sqrt((*variance)[c] + epsilon);
      map.bias[c] = (*beta)[c] - (*mean)[c] * map.scale[c];
    }
    map.isPerChannel = true;
  } else if (!readPair(op, axis, channels, constants, map)) {
    return std::nullopt;
  }
  return map;
}

//===- Composition --------------------------------------------------------===//

ChannelMap compose(const ChannelMap &first, const ChannelMap &second) {
  ChannelMap joined = second;
  joined.input = first.input;
  joined.isPerChannel |= first.isPerChannel;
  for (size_t c = 0; c < joined.scale.size(); ++c) {
    joined.bias[c] += second.scale[c] * first.bias[c];
    joined.scale[c] *= first.scale[c];
  }
  return joined;
}

std::optional<ChannelMap> chainAfter(Value value, int64_t axis, const Constants &constants, int &count) {
  std::optional<ChannelMap> chain;
  for (count = 0; value.hasOneUse(); ++count) {
    auto next = channelMapOf(*value.getUsers().begin(), axis, constants);
    if (!next || next->input != value)
      break;
    chain = chain ? compose(*chain, *next) : *next;
    value = chain->last->getResult(0);
    if (chain->hasRelu()) {
      ++count;
      break;
    }
  }
  return chain;
}

std::optional<ChannelMap> chainBefore(Value value, int64_t axis, const Constants &constants, int &count) {
  std::optional<ChannelMap> chain;
  for (count = 0; value.hasOneUse() && value.getDefiningOp(); ++count) {
    auto before = channelMapOf(value.getDefiningOp(), axis, constants);
    if (!before || before->hasRelu())
      break;
    chain = chain ? compose(*before, *chain) : *before;
    value = chain->input;
  }
  return chain;
}

//===- Rewriting ----------------------------------------------------------===//

void copyRelu(Operation *from, Operation *to) {
  for (StringRef name : {"do_relu", "relu_limit"})
    to->setAttr(name, from->getAttr(name));
}

void replaceByScale(const ChannelMap &map, Constants &constants, PatternRewriter &rewriter) {
  Operation *last = map.last;
  rewriter.setInsertionPoint(last);
  int64_t channels = map.scale.size();
  Value scale = constants.make(rewriter, nameOf(last), "scale", map.scale, {channels});
  Value bias = constants.make(rewriter, nameOf(last), "bias", map.bias, {channels});
  auto op = ScaleOp::create(rewriter, last->getLoc(), last->getResultTypes(), ValueRange{map.input, scale, bias});
  copyRelu(last, op);
  rewriter.replaceOp(last, op);
}

LogicalResult applyTo(ModuleOp module, RewritePatternSet patterns) {
  // Chains are long and rewritten from their ends, so that the default number of iterations may not do.
  GreedyRewriteConfig config;
  config.setMaxIterations(GreedyRewriteConfig::kNoLimit);
  return applyPatternsGreedily(module, std::move(patterns), config);
}

} // namespace tpu_mlir::top
