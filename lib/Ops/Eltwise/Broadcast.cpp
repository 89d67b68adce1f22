//===- Broadcast.cpp - Broadcast operands of any rank in four axes --------===//
// Which neighbouring axes are seen as one, and what repeats an operand for good
// where more than four would be left.
#include "Broadcast.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/TargetOf.h"

#include "llvm/ADT/SmallBitVector.h"

#include <array>
#include <limits>

using namespace mlir;

namespace tpu_mlir {

namespace {

using Shapes = ArrayRef<ArrayRef<int64_t>>;

/// Axes [begin, end) of the result, `size` positions in all; bit i of `repeats`: operand i has one there.
struct Segment {
  size_t begin = 0, end = 0;
  int64_t size = 1;
  llvm::SmallBitVector repeats;
};

int64_t sizeOf(ArrayRef<int64_t> operand, size_t axis, size_t rank) {
  return axis + operand.size() < rank ? 1 : operand[axis + operand.size() - rank];
}

llvm::SmallBitVector repeatsAt(Shapes operands, ArrayRef<int64_t> result, size_t axis) {
  llvm::SmallBitVector repeats(operands.size());
  for (auto [i, operand] : llvm::enumerate(operands))
    repeats[i] = sizeOf(operand, axis, result.size()) == 1;
  return repeats;
}

/// Axes [begin, end) as one; nothing where an operand repeats along some of them only. Axes of length 1 go with any.
std::optional<Segment> segmentOf(Shapes operands, ArrayRef<int64_t> result, size_t begin, size_t end) {
  Segment s{begin, end, 1, llvm::SmallBitVector(operands.size())};
  for (size_t axis = begin; axis < end; ++axis) {
    if (result[axis] == 1)
      continue;
    llvm::SmallBitVector repeats = repeatsAt(operands, result, axis);
    if (s.size > 1 && repeats != s.repeats)
      return std::nullopt;
    s.repeats = repeats;
    s.size *= result[axis];
  }
  return s;
}

/// As few segments as there can be.
SmallVector<Segment> segmentsOf(Shapes operands, ArrayRef<int64_t> result) {
  SmallVector<Segment> segments;
  for (size_t axis = 0; axis < result.size(); ++axis) {
    std::optional<Segment> longer;
    if (!segments.empty())
      longer = segmentOf(operands, result, segments.back().begin, axis + 1);
    if (longer)
      segments.back() = *longer;
    else
      segments.push_back(*segmentOf(operands, result, axis, axis + 1));
  }
  return segments;
}

Dims dimsOf(ArrayRef<Segment> four, std::optional<size_t> operand) {
  int64_t size[4];
  for (int i = 0; i < 4; ++i)
    size[i] = operand && four[i].repeats[*operand] ? 1 : four[i].size;
  return {size[0], size[1], size[2], size[3]};
}

} // namespace

std::optional<BroadcastDims> broadcastDims(Shapes operands, ArrayRef<int64_t> result, int64_t lanes) {
  const size_t rank = result.size();
  BroadcastDims dims;
  if (rank <= 4 || llvm::all_of(operands, [&](ArrayRef<int64_t> s) { return s == result; })) {
    dims.result = nchwOf(result);
    for (ArrayRef<int64_t> s : operands)
      dims.operands.push_back(nchwOf(s, rank));
    return dims;
  }
  // What an instruction costs is the elements that one lane computes.
  constexpr int64_t kUnit = 64;
  int64_t least = std::numeric_limits<int64_t>::max();
  std::array<Segment, 4> best;
  for (size_t c = 0; c <= rank; ++c) {
    std::optional<Segment> n = segmentOf(operands, result, 0, c);
    for (size_t h = c; n && h <= rank; ++h) {
      std::optional<Segment> channels = segmentOf(operands, result, c, h);
      for (size_t w = h; channels && w <= rank; ++w) {
        std::optional<Segment> rows = segmentOf(operands, result, h, w), columns;
        if (rows)
          columns = segmentOf(operands, result, w, rank);
        if (!columns)
          continue;
        const int64_t groups = (channels->size + lanes - 1) / lanes, plane = rows->size * columns->size;
        const int64_t cost = n->size * groups * ((plane + kUnit - 1) / kUnit + 1);
        if (cost < least)
          least = cost, best = {*n, *channels, *rows, *columns};
      }
    }
  }
  if (least == std::numeric_limits<int64_t>::max())
    return std::nullopt;
  dims.result = dimsOf(best, std::nullopt);
  for (size_t i = 0; i < operands.size(); ++i)
    dims.operands.push_back(dimsOf(best, i));
  return dims;
}

static SmallVector<ArrayRef<int64_t>> shapesOf(ValueRange values) {
  SmallVector<ArrayRef<int64_t>> shapes;
  for (Value v : values)
    shapes.push_back(shapeOf(v));
  return shapes;
}

BroadcastDims broadcastDims(Operation *op, ValueRange operands, Value result) {
  return *broadcastDims(shapesOf(operands), shapeOf(result), targetOf(op).local.lanes);
}

LogicalResult verifyBroadcastDims(Operation *op, ValueRange operands, Value result) {
  if (failed(verifyBroadcast(op, operands, result)))
    return failure();
  if (shapeOf(result).size() > 4 && segmentsOf(shapesOf(operands), shapeOf(result)).size() > 4)
    return op->emitOpError() << "its inputs broadcast to " << result.getType() << " in more than four axes";
  return success();
}

int addBroadcast(Recipe &r, int index, Value v, const Dims &dims, const Dims &out) {
  int id = r.addInput(index, formatOf(v).dtype, dims);
  if (dims.c == 1 && out.c > 1)
    r.buffers[id].layout = Layout::Lanes;
  if (isWeight(v))
    r.buffers[id].place = Place::Weight;
  return id;
}

//===- Repeat -------------------------------------------------------------===//

/// The weight with the one element of `axis` of its shape, which is given, `times` times.
static Value repeatWeight(Lowering &l, Operation *op, Value weight, ArrayRef<int64_t> shape, size_t axis,
                          int64_t times) {
  const top::WeightStore &store = op->getContext()->getLoadedDialect<top::TopDialect>()->weights();
  const top::WeightArray *array = store.find(top::nameOf(weight));
  assert(array && "a lowered weight is in the store");
  size_t run = array->itemBytes;
  for (int64_t size : shape.drop_front(axis))
    run *= size;
  std::vector<uint8_t> bytes;
  bytes.reserve(array->bytes * times);
  auto *data = static_cast<const uint8_t *>(array->data);
  for (size_t at = 0; at < array->bytes; at += run)
    for (int64_t i = 0; i < times; ++i)
      bytes.insert(bytes.end(), data + at, data + at + run);
  SmallVector<int64_t> longer(shape);
  longer[axis] = times;
  Value made = l.addWeightBytes(op, "repeated", bytes, longer, formatOf(weight).dtype);
  made.setType(RankedTensorType::get(longer, cast<ShapedType>(weight.getType()).getElementType()));
  return made;
}

Value repeatAlong(Lowering &l, Operation *op, Value value, size_t rank, size_t axis, int64_t times) {
  SmallVector<int64_t> shape(rank - shapeOf(value).size(), 1);
  llvm::append_range(shape, shapeOf(value));
  if (isWeight(value))
    return repeatWeight(l, op, value, shape, axis, times);
  Type element = cast<ShapedType>(value.getType()).getElementType();
  if (shape.size() != shapeOf(value).size())
    value = tpu::ReshapeOp::create(l.builder, l.roleOf(op, "shaped"), RankedTensorType::get(shape, element), value);
  shape[axis] = times;
  return tpu::GatherOp::create(l.builder, l.roleOf(op, "repeated"), RankedTensorType::get(shape, element), value,
                               SmallVector<int64_t>(times, 0), int64_t(axis));
}

void repeatToFourAxes(Lowering &l, Operation *op, MutableArrayRef<Value> operands, ArrayRef<int64_t> result) {
  if (result.size() <= 4)
    return;
  for (;;) {
    SmallVector<Segment> segments = segmentsOf(shapesOf(operands), result);
    if (segments.size() <= 4)
      return;
    // The neighbours that the fewest copied elements make alike.
    auto isToRepeat = [&](const Segment &at, const Segment &other, size_t i) {
      return at.repeats[i] && !other.repeats[i];
    };
    auto cost = [&](const Segment &a, const Segment &b) {
      double elements = 0;
      for (size_t i = 0; i < operands.size(); ++i)
        for (auto [at, other] : {std::pair(a, b), std::pair(b, a)})
          if (isToRepeat(at, other, i))
            elements += double(cast<ShapedType>(operands[i].getType()).getNumElements()) * at.size;
      return elements;
    };
    size_t best = 0;
    for (size_t i = 1; i + 1 < segments.size(); ++i)
      if (cost(segments[i], segments[i + 1]) < cost(segments[best], segments[best + 1]))
        best = i;
    const Segment a = segments[best], b = segments[best + 1];
    for (size_t i = 0; i < operands.size(); ++i)
      for (auto [at, other] : {std::pair(a, b), std::pair(b, a)})
        if (isToRepeat(at, other, i))
          for (size_t axis = at.begin; axis < at.end; ++axis)
            if (result[axis] > 1)
              operands[i] = repeatAlong(l, op, operands[i], result.size(), axis, result[axis]);
  }
}

} // namespace tpu_mlir
