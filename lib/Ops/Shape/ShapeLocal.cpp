//===- ShapeLocal.cpp - Moving data inside local memory -------------------===//
// What slices and permutations are where their operand and result stay in local
// memory: copies with steps, and exchanges of lanes and columns. By themselves
// they are copy programs (ShapeLowering.cpp).
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Primitive/Moves.h"

#include <algorithm>

using namespace mlir;

namespace tpu_mlir {

//===- Slice --------------------------------------------------------------===//

/// The dims of a tensor of at most four axes, matrices with their rows in the lanes.
static std::optional<Dims> rowsOf(ArrayRef<int64_t> s) {
  switch (s.size()) {
  case 2:
    return Dims{1, s[0], 1, s[1]};
  case 3:
    return Dims{s[0], s[1], 1, s[2]};
  case 4:
    return Dims{s[0], s[1], s[2], s[3]};
  default:
    return std::nullopt;
  }
}

/// A list by the axes of `rowsOf`.
static std::array<int64_t, 4> byAxis(ArrayRef<int64_t> list, int64_t missing) {
  switch (list.size()) {
  case 2:
    return {missing, list[0], missing, list[1]};
  case 3:
    return {list[0], list[1], missing, list[2]};
  default:
    return {list[0], list[1], list[2], list[3]};
  }
}

std::optional<Recipe> tpu::SliceOp::localForm() {
  std::optional<Dims> in = rowsOf(shapeOf(getInput())), out = rowsOf(shapeOf(getOutput()));
  if (!in)
    return std::nullopt;
  std::array<int64_t, 4> offset = byAxis(getOffset(), 0), steps = byAxis(getSteps(), 1);
  if (steps[0] != 1 || steps[1] != 1)
    return std::nullopt;
  const int64_t size[4] = {in->n, in->c, in->h, in->w}, part[4] = {out->n, out->c, out->h, out->w};
  std::array<AxisMap, 4> map;
  for (int a = 0; a < 4; ++a)
    if (offset[a] || steps[a] != 1 || part[a] != size[a])
      map[a] = a == 1 ? AxisMap::full() : AxisMap::window(1, steps[a], 1, -offset[a]);
  Recipe r;
  DType type = formatOf(getInput()).dtype;
  int x = r.addInput(0, type, *in, map), y = r.addOutput(type, *out);
  primitive::CopyAttributes with;
  if (map[1].kind == AxisMap::Kind::Full)
    with.fromChannel = offset[1], with.channels = out->c;
  with.stepH = steps[2], with.stepW = steps[3];
  r.steps.push_back(primitive::copy(y, x, with));
  return r;
}

//===- Permute ------------------------------------------------------------===//

/// [b, c, 1, w] to [b, w, 1, c].
static Recipe exchange(DType type, int64_t batch, int64_t c, int64_t w) {
  Recipe r;
  int x = r.addInput(0, type, {batch, c, 1, w}, {AxisMap::same(), AxisMap::full(), AxisMap::full(), AxisMap::full()});
  r.steps.push_back(primitive::transpose(r.addOutput(type, {batch, w, 1, c}), x));
  return r;
}

/// [b, rows, heads, w] to [b, heads, rows, w], and then, for `turns`, to [b, heads, w, rows]. Of rows and heads, the
/// more numerous lie in the lanes.
static Recipe exchangeHeads(DType type, int64_t batch, int64_t rows, int64_t heads, int64_t w, bool turns) {
  Recipe r;
  const bool splits = rows >= heads || turns;
  const auto same = AxisMap::same(), full = AxisMap::full();
  if (!splits) {
    int x = r.addInput(0, type, {batch * rows, heads, 1, w}, {AxisMap::window(rows, rows, 1, 0), same, full, full});
    r.steps.push_back(primitive::heads(r.addOutput(type, {batch, heads, 1, rows * w}), x));
    return r;
  }
  int x = r.addInput(0, type, {batch, rows, 1, heads * w}, {AxisMap::repeat(heads), turns ? full : same, full, full});
  const Dims split{batch * heads, rows, 1, w};
  if (!turns) {
    r.steps.push_back(primitive::heads(r.addOutput(type, split), x));
    return r;
  }
  int y = r.addOutput(type, {batch * heads, w, 1, rows}), one = r.addScratch(type, split);
  r.buffers[one].map = {same, full, full, full};
  r.steps = {primitive::heads(one, x), primitive::transpose(y, one)};
  return r;
}

std::optional<Recipe> tpu::PermuteOp::localForm() {
  DType type = formatOf(getInput()).dtype;
  SmallVector<int64_t> shape(shapeOf(getInput())), order(getOrder());
  // Axes that stay together count as one, but for those behind the batch that a product would see apart.
  if (order == SmallVector<int64_t>{0, 2, 3, 1} && shape[2] > 1 && shape[3] > 1)
    return exchangeHeads(type, shape[0], shape[1], shape[2], shape[3], true);
  for (size_t i = 1; i < order.size();) {
    if (order[i] != order[i - 1] + 1) {
      ++i;
      continue;
    }
    int64_t gone = order[i];
    shape[gone - 1] *= shape[gone];
    shape.erase(shape.begin() + gone);
    order.erase(order.begin() + i);
    for (int64_t &o : order)
      o -= o > gone;
  }
  if (order == SmallVector<int64_t>{1, 0})
    return exchange(type, 1, shape[0], shape[1]);
  if (order == SmallVector<int64_t>{0, 2, 1})
    return exchange(type, shape[0], shape[1], shape[2]);
  if (order == SmallVector<int64_t>{1, 0, 2})
    return exchangeHeads(type, 1, shape[0], shape[1], shape[2], false);
  if (order == SmallVector<int64_t>{0, 2, 1, 3})
    return exchangeHeads(type, shape[0], shape[1], shape[2], shape[3], false);
  return std::nullopt;
}

//===- Concat -------------------------------------------------------------===//

/// Along rows or columns: each operand into its part. `shape` has more than one row of such parts; tensors of many axes
/// are seen as rows of everything from the axis on.
static std::optional<Recipe> joinInLanes(ArrayRef<int64_t> shape, int64_t axis, OperandRange inputs, DType type) {
  auto dimsOf = [&](ArrayRef<int64_t> s) {
    if (s.size() <= 4)
      return *rowsOf(s);
    Dims d{1, 1, 1, 1};
    for (auto [i, size] : llvm::enumerate(s))
      (int64_t(i) < axis ? d.c : d.w) *= size;
    return d;
  };
  const bool alongRows = shape.size() == 4 && axis == 2;
  Recipe r;
  int64_t offset = 0;
  for (auto [i, v] : llvm::enumerate(inputs)) {
    const Dims d = dimsOf(shapeOf(v));
    const AxisMap part = AxisMap::window(1, 1, 1, offset), same = AxisMap::same();
    r.addInput(int(i), type, d, {same, same, alongRows ? part : same, alongRows ? same : part});
    offset += alongRows ? d.h : d.w;
  }
  const int y = r.addOutput(type, dimsOf(shape));
  for (int id = 0; id < y; ++id)
    r.steps.push_back(primitive::insert(y, id));
  return r;
}

/// Channels, or rows of matrices, behind each other: along the lanes.
std::optional<Recipe> tpu::ConcatOp::localForm() {
  ArrayRef<int64_t> shape = shapeOf(getOutput());
  if (shape.size() < 2 || llvm::any_of(getInputs(), [](Value v) { return isWeight(v); }))
    return std::nullopt;
  DType type = formatOf(getOutput()).dtype;
  if (shape.size() > 4 || getAxis() != 1 || shape.size() == 2) {
    // What is side by side in global memory can be made there.
    const bool isSideBySide = llvm::all_of(shape.take_front(getAxis()), [](int64_t d) { return d == 1; });
    return isSideBySide ? std::nullopt : joinInLanes(shape, getAxis(), getInputs(), type);
  }
  Recipe r;
  const std::array<AxisMap, 4> all = {AxisMap::same(), AxisMap::full(), AxisMap::same(), AxisMap::same()};
  for (auto [i, v] : llvm::enumerate(getInputs()))
    r.addInput(int(i), type, *rowsOf(shapeOf(v)), all);
  const int count = int(r.buffers.size()), y = r.addOutput(type, *rowsOf(shape));
  int64_t offset = 0;
  for (int id = 0; id < count; ++id) {
    primitive::CopyAttributes with;
    with.toChannel = offset, with.channels = r.buffers[id].dims.c;
    offset += with.channels;
    r.steps.push_back(primitive::copy(y, id, with));
  }
  return r;
}

} // namespace tpu_mlir
