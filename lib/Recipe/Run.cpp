//===- Run.cpp - Recipes and copy programs on host tensors ----------------===//
// Executes the steps of a recipe with the kernels, over whole tensors. The
// filter operand of a convolution is row-major [oc, ic / group, kh, kw]; the
// recipe's filter buffer describes the packed form that the chip loads.
#include "tpu_mlir/Recipe/Recipe.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <numeric>

namespace tpu_mlir {
using namespace kernel;

namespace {

/// Whole-tensor storage of one run.
class HostRun {
public:
  HostRun(const Recipe &recipe, const HostOperands &host) : recipe(recipe), host(host) {
    for (const Buffer &b : recipe.buffers)
      scratch.emplace_back(b.place == Place::Scratch ? b.dims.count() * byteSize(b.dtype) : 0);
  }
  void run() {
    for (const Step &s : recipe.steps)
      runStep(s);
  }

private:
  ConstTensor read(int id) {
    const Buffer &b = recipe.buffers[id];
    if (b.place == Place::Input || b.place == Place::Weight) {
      ConstTensor t = host.operands[b.index];
      return {b.dtype, b.dims, t.data};
    }
    return write(id);
  }
  /// The operand with every channel `times` times.
  ConstTensor repeated(int id, std::vector<uint8_t> &bytes) {
    ConstTensor t = read(id);
    int64_t times = recipe.buffers[id].repeat, plane = t.dims.h * t.dims.w * byteSize(t.dtype);
    if (times == 1)
      return t;
    bytes.resize(t.dims.n * t.dims.c * plane);
    for (int64_t i = 0; i < t.dims.n * t.dims.c; ++i)
      std::memcpy(bytes.data() + i * plane, static_cast<const uint8_t *>(t.data) + i / times * plane, plane);
    return {t.dtype, t.dims, bytes.data()};
  }
  Tensor write(int id) {
    const Buffer &b = recipe.buffers[id];
    assert(b.place == Place::Output || b.place == Place::Scratch);
    return {b.dtype, b.dims, b.place == Place::Output ? host.result.data : scratch[id].data()};
  }
  template <typename T> static const uint8_t *at(const T &t, int64_t elements) {
    return static_cast<const uint8_t *>(t.data) + elements * byteSize(t.dtype);
  }
  void runConv(const Step &s);
  void runStep(const Step &s);
  void runCopyStep(const Step &s, const Tensor &out, const ConstTensor &a);
  static void permuteElements(const Tensor &out, const ConstTensor &a, const std::vector<int64_t> &dims,
                              const std::vector<int64_t> &strides);

  const Recipe &recipe;
  const HostOperands &host;
  std::vector<std::vector<uint8_t>> scratch;
};

/// Block by block of output channels that read the same inputs. A filter's row is as long as the widest block's.
void HostRun::runConv(const Step &s) {
  ConstTensor in = read(s.a);
  Tensor out = write(s.dst);
  const AxisMap &map = recipe.buffers[s.a].map[1];
  const Buffer &filter = recipe.buffers[s.b];
  const int64_t block = blockOf(map) ? blockOf(map) : out.dims.c;
  const int64_t width =
      map.kind == AxisMap::Kind::Band ? bandWidth(map, in.dims.c) : needOf(map, {0, block}, in.dims.c).range.size();
  const int64_t taps = s.window.kh * s.window.kw, item = byteSize(filter.dtype);
  const int64_t inPlane = in.dims.h * in.dims.w, outPlane = out.dims.h * out.dims.w;
  const float *bias = s.bias >= 0 ? static_cast<const float *>(read(s.bias).data) : nullptr;
  auto *rows = static_cast<const uint8_t *>(host.operands[filter.index].data);
  for (int64_t c = 0; c < out.dims.c; c += block) {
    const int64_t count = std::min(block, out.dims.c - c);
    const Range range = needOf(map, {c, c + count}, in.dims.c).range;
    const uint8_t *weights = rows + c * width * taps * item;
    const int64_t own = range.size() * taps * item;
    std::vector<uint8_t> packed;
    if (range.size() < width) {
      packed.resize(count * own);
      for (int64_t o = 0; o < count; ++o)
        std::memcpy(packed.data() + o * own, weights + o * width * taps * item, own);
      weights = packed.data();
    }
    ConstTensor f(filter.dtype, {count, range.size(), s.window.kh, s.window.kw}, weights);
    // What reads all channels takes all images at once.
    const int64_t images = block == out.dims.c && range.size() == in.dims.c ? out.dims.n : 1;
    for (int64_t n = 0; n < out.dims.n; n += images) {
      ConstTensor i(in.dtype, {images, range.size(), in.dims.h, in.dims.w},
                    at(in, (n * in.dims.c + range.begin) * inPlane));
      Tensor o{out.dtype,
               {images, count, out.dims.h, out.dims.w},
               const_cast<uint8_t *>(at(out, (n * out.dims.c + c) * outPlane))};
      if (isFloat(o.dtype))
        convF32(o, i, f, bias ? bias + c : nullptr, s.window);
      else
        convInt(o, i, f, s.window, s.padValue);
    }
  }
}

void HostRun::runCopyStep(const Step &s, const Tensor &out, const ConstTensor &a) {
  const Region whole = wholeOf(out.dims);
  int64_t item = byteSize(out.dtype), first[4];
  for (int axis : {0, 2, 3})
    first[axis] = needOf(recipe.buffers[s.a], axis, whole).range.begin;
  for (int64_t n = 0; n < out.dims.n; ++n)
    for (int64_t c = 0; c < s.channels; ++c)
      for (int64_t h = 0; h < out.dims.h; ++h) {
        int64_t row = first[2] + h / s.repeatH * s.stepH;
        const uint8_t *from =
            at(a, (((first[0] + n) * a.dims.c + s.fromChannel + c) * a.dims.h + row) * a.dims.w + first[3]);
        uint8_t *to =
            const_cast<uint8_t *>(at(out, ((n * out.dims.c + s.toChannel + c) * out.dims.h + h) * out.dims.w));
        if (s.repeatW == 1 && s.stepW == 1)
          std::memcpy(to, from, out.dims.w * item);
        else
          for (int64_t w = 0; w < out.dims.w; ++w)
            std::memcpy(to + w * item, from + w / s.repeatW * s.stepW * item, item);
      }
}

/// The result's elements in order, over `dims` with `strides` in the source.
void HostRun::permuteElements(const Tensor &out, const ConstTensor &a, const std::vector<int64_t> &dims,
                              const std::vector<int64_t> &strides) {
  const int64_t item = byteSize(out.dtype);
  std::vector<int64_t> index(dims.size(), 0);
  for (int64_t i = 0; i < out.dims.count(); ++i) {
    int64_t from = 0;
    for (size_t d = 0; d < dims.size(); ++d)
      from += index[d] * strides[d];
    std::memcpy(const_cast<uint8_t *>(at(out, i)), at(a, from), item);
    for (size_t d = dims.size(); d-- > 0 && ++index[d] == dims[d];)
      index[d] = 0;
  }
}

void HostRun::runStep(const Step &s) {
  Tensor out = write(s.dst);
  ConstTensor a = read(s.a);
  switch (s.kind) {
  case StepKind::Conv:
    return runConv(s);
  case StepKind::Depthwise: {
    const void *bias = s.bias >= 0 ? read(s.bias).data : nullptr;
    std::vector<uint8_t> lanes;
    a = repeated(s.a, lanes);
    if (s.b >= 0 && byteSize(out.dtype) == 1) { // sums that fit their operands' format
      std::vector<int32_t> sums(out.dims.count());
      Tensor wide{DType::I32, out.dims, sums.data()};
      depthwise(wide, a, read(s.b), bias, s.window, s.padValue);
      const QuantEntry same{1, 0, 0};
      return requant(out, wide, &same, 1, s.round);
    }
    if (s.b >= 0)
      return depthwise(out, a, read(s.b), bias, s.window, s.padValue);
    float asFloat = s.constant;
    int8_t asInt = s.constant;
    ConstTensor one(s.constantType, {1, 1, 1, 1},
                    isFloat(s.constantType) ? static_cast<const void *>(&asFloat) : &asInt);
    return depthwise(out, a, one, bias, s.window, s.padValue);
  }
  case StepKind::MaxPool:
    return maxPool(out, a, s.window, s.padValue);
  case StepKind::Binary: {
    if (s.b >= 0)
      return binary(s.op, out, a, read(s.b), s.shift, s.round);
    float asFloat = s.constant;
    int32_t asInt = s.constant;
    // Little endian: the low bytes of asInt are the value in any narrower format.
    ConstTensor one(s.constantType, {1, 1, 1, 1},
                    isFloat(s.constantType) ? static_cast<const void *>(&asFloat) : &asInt);
    return binary(s.op, out, a, one, s.shift, s.round);
  }
  case StepKind::Requant:
    if (s.b >= 0)
      return requant(out, a, static_cast<const QuantEntry *>(read(s.b).data), out.dims.c, s.round);
    return requant(out, a, &s.entry, 1, s.round);
  case StepKind::Cast:
    return cast(out, a, s.round);
  case StepKind::Lookup:
    return lookup(out, a, read(s.b).data);
  case StepKind::Copy:
    return runCopyStep(s, out, a);
  case StepKind::Transpose:
    return permuteElements(out, a, {a.dims.n, a.dims.w, a.dims.c}, {a.dims.c * a.dims.w, 1, a.dims.w});
  case StepKind::Heads: {
    // The narrow side is [b, heads, c, w] of the wide side's [b, c, heads, w].
    const Dims &wide = a.dims.w > out.dims.w ? a.dims : out.dims, &narrow = a.dims.w > out.dims.w ? out.dims : a.dims;
    int64_t heads = wide.w / narrow.w, w = narrow.w, c = narrow.c;
    if (a.dims.w > out.dims.w)
      return permuteElements(out, a, {wide.n, heads, c, w}, {c * heads * w, w, heads * w, 1});
    return permuteElements(out, a, {wide.n, c, heads, w}, {c * heads * w, w, c * w, 1});
  }
  case StepKind::Insert: {
    const AxisMap &rows = recipe.buffers[s.a].map[2], &columns = recipe.buffers[s.a].map[3];
    const int64_t top = rows.pad, left = columns.pad, item = byteSize(out.dtype);
    for (int64_t i = 0; i < a.dims.n * a.dims.c; ++i)
      for (int64_t h = 0; h < a.dims.h; ++h)
        std::memcpy(const_cast<uint8_t *>(at(out, (i * out.dims.h + top + h) * out.dims.w + left)),
                    at(a, (i * a.dims.h + h) * a.dims.w), a.dims.w * item);
    return;
  }
  case StepKind::MatMul: {
    // Buffers hold [batch, rows, 1, columns]: rows are the chip's channels. A right operand without a batch serves the
    // rows of all of them.
    ConstTensor b = read(s.b);
    auto matrix = [&](Dims d) { return b.dims.n == 1 ? Dims{1, 1, d.n * d.c, d.w} : Dims{1, d.n, d.c, d.w}; };
    return matmul({out.dtype, matrix(out.dims), out.data}, {a.dtype, matrix(a.dims), a.data},
                  {b.dtype, matrix(b.dims), b.data});
  }
  }
}

void moveElements(const Move &m, size_t axis, const uint8_t *source, uint8_t *target, int64_t bytes) {
  if (axis == m.dims.size()) {
    std::memcpy(target, source, bytes);
    return;
  }
  int64_t sourceStep = m.source == -1 ? 0 : m.sourceStrides[axis] * bytes, targetStep = m.targetStrides[axis] * bytes;
  if (axis + 1 == m.dims.size() && sourceStep == bytes && targetStep == bytes) {
    std::memcpy(target, source, m.dims[axis] * bytes);
    return;
  }
  for (int64_t i = 0; i < m.dims[axis]; ++i)
    moveElements(m, axis + 1, source + i * sourceStep, target + i * targetStep, bytes);
}

} // namespace

/// Whether the result is a function of one byte, element by element, in many steps.
static bool isMapOfBytes(const Recipe &recipe) {
  constexpr size_t kWorthwhile = 4;
  int inputs = 0;
  for (const Buffer &b : recipe.buffers) {
    inputs += b.place == Place::Input;
    if (b.place == Place::Weight || b.dims != recipe.outputDims() || b.repeat != 1 ||
        (b.place != Place::Scratch && byteSize(b.dtype) != 1))
      return false;
  }
  return inputs == 1 && recipe.steps.size() >= kWorthwhile &&
         std::all_of(recipe.steps.begin(), recipe.steps.end(),
                     [](const Step &s) { return s.kind == StepKind::Binary || s.kind == StepKind::Requant; });
}

/// Runs the steps on the 256 bytes that there are, and looks up.
static void runMapOfBytes(const Recipe &recipe, const HostOperands &host) {
  Recipe small = recipe;
  const Dims all{1, 1, 1, 256};
  int operand = -1;
  for (Buffer &b : small.buffers) {
    b.dims = all;
    if (b.place == Place::Input)
      operand = b.index;
  }
  uint8_t inputs[256], results[256];
  std::iota(std::begin(inputs), std::end(inputs), 0);
  HostOperands one{host.operands, {host.result.dtype, all, results}};
  one.operands[operand] = {host.operands[operand].dtype, all, inputs};
  HostRun(small, one).run();
  lookup(host.result, host.operands[operand], results);
}

void runRecipe(const Recipe &recipe, const HostOperands &host) {
  if (isMapOfBytes(recipe))
    return runMapOfBytes(recipe, host);
  HostRun(recipe, host).run();
}

void runCopy(const CopyProgram &program, const HostOperands &host) {
  int64_t bytes = byteSize(program.dtype);
  auto *target = static_cast<uint8_t *>(host.result.data);
  for (const Move &m : program.moves) {
    const uint8_t *source = m.source == -1            ? reinterpret_cast<const uint8_t *>(&m.value)
                            : m.source == kFromResult ? target
                                                      : static_cast<const uint8_t *>(host.operands[m.source].data);
    moveElements(m, 0, m.source == -1 ? source : source + m.sourceOffset * bytes, target + m.targetOffset * bytes,
                 bytes);
  }
}

} // namespace tpu_mlir
