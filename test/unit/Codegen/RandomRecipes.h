//===- RandomRecipes.h - Random recipes for tests ---------------*- C++ -*-===//
// Recipes in the forms that ops have (convolutions with groups, depth-wise,
// pools, broadcast arithmetic, tables, casts, products of matrices) with random
// shapes, windows and formats from a seed. Small enough to run and to walk.
#ifndef TPU_MLIR_TEST_UNIT_CODEGEN_RANDOMRECIPES_H
#define TPU_MLIR_TEST_UNIT_CODEGEN_RANDOMRECIPES_H

#include "Reference.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Elements.h"
#include "tpu_mlir/Primitive/MatMul.h"
#include "tpu_mlir/Primitive/Requant.h"
#include "tpu_mlir/Primitive/Window.h"

namespace tpu_mlir::test {

class RandomRecipes {
public:
  explicit RandomRecipes(uint32_t seed) : random(seed) {}

  static constexpr int kKinds = 11;
  Recipe next(int kind) {
    switch (kind) {
    case 0:
      return convolution(false);
    case 1:
      return convolution(true);
    case 2:
      return maxPool();
    case 3:
      return average();
    case 4:
      return elementwise();
    case 5:
      return table();
    case 6:
      return magnitude();
    case 7:
      return conversion();
    case 8:
      return bits();
    case 9:
      return centred();
    default:
      return matrices();
    }
  }
  static const char *nameOf(int kind) {
    const char *names[] = {"convolution", "depth-wise", "max pool", "average", "element-wise", "table",
                           "magnitude",   "conversion", "bits",     "centred", "matrices"};
    return names[kind];
  }

  std::mt19937 random;

private:
  int64_t pick(int64_t low, int64_t high) { return between(random, low, high); }
  bool chance(unsigned oneIn) { return random() % oneIn == 0; }
  DType byteType() { return chance(2) ? DType::I8 : DType::U8; }
  DType floatType() { return chance(2) ? DType::F32 : chance(2) ? DType::F16 : DType::BF16; }
  /// Input channels side by side in a packed filter.
  static int64_t packOf(DType type) { return kernel::bitWidth(type) == 8 ? 64 : kernel::bitWidth(type) == 16 ? 32 : 1; }

  /// A window whose positions all see the input, and the output's size.
  Window window(Dims &in, Dims &out, bool dilates) {
    Window w = randomWindow(random, 5, in);
    if (!dilates)
      w.dilationH = w.dilationW = 1;
    auto settle = [](int64_t &before, int64_t &after, int64_t extent, int64_t stride, int64_t size) {
      before = std::min(before, extent - 1);
      after = std::min(after, extent - 1);
      int64_t steps = (size + before + after - extent) / stride;
      return steps * stride - before < size; // the last window starts inside
    };
    in.h = std::max(in.h, w.dilationH * (w.kh - 1) + 1);
    in.w = std::max(in.w, w.dilationW * (w.kw - 1) + 1);
    if (!settle(w.padTop, w.padBottom, w.dilationH * (w.kh - 1) + 1, w.strideH, in.h))
      w.padBottom = 0;
    if (!settle(w.padLeft, w.padRight, w.dilationW * (w.kw - 1) + 1, w.strideW, in.w))
      w.padRight = 0;
    out.h = w.outH(in.h);
    out.w = w.outW(in.w);
    return w;
  }
  AxisMap mapH(const Window &w) { return AxisMap::window(w.kh, w.strideH, w.dilationH, w.padTop); }
  AxisMap mapW(const Window &w) { return AxisMap::window(w.kw, w.strideW, w.dilationW, w.padLeft); }

  Recipe convolution(bool depthwise) {
    Recipe r;
    int64_t group = depthwise ? 1 : chance(3) ? pick(2, 4) : 1;
    Dims in{pick(1, 3), pick(1, depthwise ? 150 : 40), pick(1, 20), pick(1, 20)}, out;
    int64_t ic = depthwise ? 1 : in.c, oc = depthwise ? 1 : pick(1, 150 / group);
    if (depthwise)
      out.c = in.c;
    else
      in.c *= group, out.c = oc * group;
    out.n = in.n;
    Window w = window(in, out, true);
    bool integers = !chance(4);
    DType inType = integers ? byteType() : floatType(), outType = integers ? byteType() : inType;
    const int padValue = integers ? int(kernel::rangeOf(inType).low + pick(0, 255)) : 0;
    auto full = AxisMap::full(), same = AxisMap::same();
    AxisMap channels = depthwise ? same : group > 1 ? AxisMap::group(oc, ic) : full;
    std::array<AxisMap, 4> perChannel = {full, same, full, full};
    int64_t pack = packOf(inType);
    Dims filter = depthwise ? Dims{1, out.c, w.kh, w.kw} : Dims{1, out.c, (ic + pack - 1) / pack, w.kh * w.kw * pack};
    int x = r.addInput(0, inType, in, {same, channels, mapH(w), mapW(w)});
    int f = r.addWeight(1, integers ? DType::I8 : inType, filter, Layout::Compact, perChannel);
    const DType biasType = integers ? DType::I32 : depthwise ? inType : DType::F32;
    int bias = chance(2) ? r.addWeight(2, biasType, {1, out.c, 1, 1}, Layout::Compact, perChannel) : -1;
    int quant = integers ? r.addWeight(3, DType::I32, {1, out.c, 1, 3}, Layout::Aligned, perChannel) : -1;
    int y = r.addOutput(outType, out);
    int acc = integers ? r.addScratch(DType::I32, out) : y;
    const int added = integers ? -1 : bias;
    r.steps.push_back(depthwise ? primitive::depthwise(acc, x, f, w, added, padValue)
                                : primitive::conv(acc, x, f, w, added, padValue));
    if (integers && bias >= 0)
      r.steps.push_back(primitive::binary(kernel::BinaryOp::Add, acc, bias, acc));
    if (integers)
      r.steps.push_back(primitive::requant(y, acc, quant));
    return r;
  }

  Recipe maxPool() {
    Recipe r;
    Dims in{pick(1, 3), pick(1, 150), pick(1, 20), pick(1, 20)}, out;
    out.n = in.n, out.c = in.c;
    Window w = window(in, out, false);
    DType type = chance(3) ? floatType() : byteType();
    int x = r.addInput(0, type, in, {AxisMap::same(), AxisMap::same(), mapH(w), mapW(w)});
    int y = r.addOutput(type, out);
    r.steps.push_back(primitive::maxPool(y, x, w, type == DType::I8 ? -128 : 0));
    return r;
  }

  Recipe average() {
    Recipe r;
    Dims in{pick(1, 3), pick(1, 150), pick(1, 20), pick(1, 20)}, out;
    out.n = in.n, out.c = in.c;
    Window w = window(in, out, false);
    bool integers = !chance(3);
    const DType type = integers ? byteType() : floatType();
    int x = r.addInput(0, type, in, {AxisMap::same(), AxisMap::same(), mapH(w), mapW(w)});
    int divisors = r.addWeight(1, integers ? DType::I32 : type, {1, 1, out.h, out.w}, Layout::Lanes,
                               {AxisMap::full(), AxisMap::full(), AxisMap::same(), AxisMap::same()});
    int y = r.addOutput(integers ? byteType() : type, out);
    int acc = integers ? r.addScratch(DType::I32, out) : y;
    const int shift = integers ? -int(pick(1, 31)) : 0;
    r.steps = {primitive::windowSum(acc, x, w, integers ? 1 : 0.3, integers ? DType::I8 : type),
               primitive::binary(kernel::BinaryOp::Mul, acc, divisors, acc, shift)};
    if (integers)
      r.steps.push_back(primitive::requant(y, acc, {1, 0, 0}));
    return r;
  }

  Recipe elementwise() {
    Recipe r;
    Dims out{pick(1, 3), pick(1, 150), pick(1, 20), pick(1, 20)};
    bool integers = !chance(3);
    DType type = integers ? byteType() : floatType();
    auto operand = [&](int index) {
      Dims d = out;
      for (int64_t *size : {&d.n, &d.c, &d.h, &d.w})
        if (chance(4))
          *size = 1;
      int id = r.addInput(index, integers ? byteType() : type, d);
      if (d.c == 1 && out.c > 1)
        r.buffers[id].layout = Layout::Lanes;
      if (chance(4))
        r.buffers[id].place = Place::Weight;
      return id;
    };
    int a = operand(0), b = operand(1), y = r.addOutput(type, out);
    int acc = integers ? r.addScratch(DType::I32, out) : y;
    r.steps.push_back(primitive::binary(kernel::BinaryOp(random() % 5), acc, a, b));
    if (integers)
      r.steps.push_back(primitive::requant(y, acc, {int32_t(random()), -int32_t(pick(0, 40)), 0}));
    else if (chance(2))
      r.steps.push_back(primitive::binary(kernel::BinaryOp::Min, y, y, primitive::Constant{1.5, type}));
    if (!integers && chance(3))
      r.steps.push_back(primitive::binary(kernel::BinaryOp::Sub, y, primitive::Constant{0.7, type}, y));
    return r;
  }

  Recipe table() {
    Recipe r;
    Dims d{pick(1, 3), pick(1, 150), pick(1, 20), pick(1, 20)};
    auto full = AxisMap::full();
    int x = r.addInput(0, byteType(), d);
    int entries = r.addWeight(1, DType::U8, {1, 1, 1, 256}, Layout::Lanes, {full, full, full, full});
    int y = r.addOutput(DType::U8, d);
    for (int id : {x, entries, y})
      r.buffers[id].ownBank = true;
    r.steps.push_back(primitive::lookup(y, x, entries));
    return r;
  }

  Recipe magnitude() {
    Recipe r;
    const Dims d{pick(1, 3), pick(1, 150), pick(1, 20), pick(1, 20)};
    const DType type = chance(2) ? floatType() : DType::I8;
    const int x = r.addInput(0, type, d);
    r.steps.push_back(makeStep(primitive::absolute(), r.addOutput(type, d), {x}));
    return r;
  }

  Recipe conversion() {
    Recipe r;
    const Dims d{pick(1, 3), pick(1, 150), pick(1, 20), pick(1, 20)};
    const bool widens = chance(2);
    const DType narrow = chance(2) ? byteType() : chance(2) ? DType::F16 : DType::BF16;
    const int x = r.addInput(0, widens ? narrow : DType::F32, d);
    const int y = r.addOutput(widens ? DType::F32 : narrow, d);
    if (chance(3))
      r.steps.push_back(primitive::cast(y, x, Round(random() % 7)));
    else
      r.steps.push_back(primitive::cast(y, x));
    return r;
  }

  /// Floats whose bits are shifted, masked and chosen between, as in exponentials and logarithms.
  Recipe bits() {
    Recipe r;
    const Dims d{pick(1, 3), pick(1, 150), pick(1, 20), pick(1, 20)};
    const int x = r.addInput(0, DType::F32, d), y = r.addOutput(DType::F32, d), a = r.addScratch(DType::F32, d),
              b = r.addScratch(DType::F32, d);
    auto asIntegers = [](Step step) {
      step.sourcesAs = step.resultAs = DType::I32;
      return step;
    };
    const auto op = kernel::BitOp(random() % 3);
    r.steps = {
        asIntegers(primitive::shift(a, x, int(pick(-31, 31)))),
        asIntegers(chance(2) ? primitive::bitwise(op, b, a, x) : primitive::bitwise(op, b, a, uint32_t(random()))),
        primitive::binary(kernel::BinaryOp::Sub, a, primitive::Constant{1.5, DType::F32}, x)};
    Step::Sources sources = {x, b, a, x};
    primitive::SelectAttributes with;
    with.holds = kernel::Comparison(random() % 3);
    for (size_t i = 1; i < sources.size(); ++i)
      if (chance(3))
        sources[i] = -1, with.constants[i] = uint32_t(random());
    r.steps.push_back(primitive::select(y, sources, with));
    if (chance(2))
      r.steps.back() = asIntegers(r.steps.back());
    return r;
  }

  /// Integers with zero points from one scale to another.
  Recipe centred() {
    Recipe r;
    const Dims d{pick(1, 3), pick(1, 150), pick(1, 20), pick(1, 20)};
    const DType type = byteType();
    const int x = r.addInput(0, type, d), y = r.addOutput(byteType(), d), difference = r.addScratch(DType::I16, d);
    const double zeroPoint = double(kernel::rangeOf(type).low + pick(0, 255));
    r.steps = {
        primitive::binary(kernel::BinaryOp::Sub, difference, x, primitive::Constant{zeroPoint, type}),
        primitive::requant(y, difference, {int32_t(random()), -int32_t(pick(10, 40)), int32_t(pick(-128, 127))})};
    return r;
  }

  Recipe matrices() {
    Recipe r;
    auto same = AxisMap::same(), full = AxisMap::full();
    int64_t batch = pick(1, 4), m = pick(1, 100), k = pick(1, 60), n = pick(1, 100);
    bool integers = chance(2), shared = chance(3);
    const DType type = integers ? byteType() : floatType();
    int a = r.addInput(0, type, {batch, m, 1, k}, {same, same, full, full});
    int b = r.addInput(1, integers ? DType::I8 : type, {shared ? 1 : batch, k, 1, n}, {same, full, full, same});
    int y = r.addOutput(integers ? byteType() : type, {batch, m, 1, n});
    int acc = integers ? r.addScratch(DType::I32, {batch, m, 1, n}) : y;
    r.steps.push_back(primitive::matMul(acc, a, b));
    if (integers)
      r.steps.push_back(primitive::requant(y, acc, {int32_t(random()), -int32_t(pick(20, 45)), 0}));
    return r;
  }
};

} // namespace tpu_mlir::test

#endif // TPU_MLIR_TEST_UNIT_CODEGEN_RANDOMRECIPES_H
