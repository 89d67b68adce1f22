//===- Lines.cpp - tpu.Lines, and finding lines for a table ---------------===//
// A line through a range of inputs is a multiplier in the intersection of one
// interval for each of them. Two lines are the longest that fit from either
// end. Whatever is found is checked on all 256 inputs.
// Sections: Verify, Form, Search.
#include "Lines.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Requant.h"
#include "tpu_mlir/Recipe/Recipe.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

using namespace mlir;

namespace tpu_mlir {

//===- Verify -------------------------------------------------------------===//

LogicalResult tpu::LinesOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameShape(*this, getInput(), getOutput())))
    return failure();
  size_t count = getMultipliers().size();
  for (ArrayRef<int64_t> each : {getRshifts(), getZeroPoints(), getFactors(), getOffsets()})
    if (count < 1 || count > 2 || each.size() != count)
      return emitOpError() << "has one or two lines, each with multiplier, rshift, zero point, factor and offset; got "
                           << count << " multipliers and " << each.size() << " of another";
  for (Value v : {getInput(), getOutput()})
    if (kernel::bitWidth(formatOf(v).dtype) != 8)
      return emitOpError() << "'input' and 'output' have 8-bit elements, got " << v.getType();
  auto isWithin = [](int64_t v, int64_t limit) { return v >= -limit && v <= limit; };
  for (size_t i = 0; i < count; ++i)
    if (failed(verifyRequant(*this, getMultipliers()[i], getRshifts()[i])) || !isWithin(getZeroPoints()[i], 32767) ||
        !isWithin(getFactors()[i], 127) || !isWithin(getOffsets()[i], 32767))
      return emitOpError() << "line " << i << " is no requantisation: 32-bit multiplier, shift of at most 63, 16-bit "
                           << "zero point";
  for (std::optional<uint64_t> bound : {getLow(), getHigh()})
    if (bound && !isWithin(static_cast<int64_t>(*bound), 255))
      return emitOpError() << "bounds have 8 bits, got " << static_cast<int64_t>(*bound);
  return success();
}

//===- Form ---------------------------------------------------------------===//

Form tpu::LinesOp::form() {
  Recipe r;
  Dims d = nchwOf(getOutput());
  DType type = formatOf(getOutput()).dtype;
  int x = r.addInput(0, formatOf(getInput()).dtype, d), y = r.addOutput(type, d);
  size_t count = getMultipliers().size();
  auto line = [&](size_t i, int dst) {
    int from = x;
    if (getFactors()[i] != 1 || getOffsets()[i] != 0) {
      int product = r.addScratch(DType::I16, d), sum = r.addScratch(DType::I16, d);
      auto wide = [](int64_t value) { return primitive::Constant{double(value), DType::I16}; };
      r.steps.push_back(primitive::binary(kernel::BinaryOp::Mul, product, x, wide(getFactors()[i])));
      r.steps.push_back(primitive::binary(kernel::BinaryOp::Add, sum, product, wide(getOffsets()[i])));
      from = sum;
    }
    r.steps.push_back(primitive::requant(
        dst, from, {int32_t(getMultipliers()[i]), int32_t(-getRshifts()[i]), int32_t(getZeroPoints()[i])}));
  };
  if (count == 1) {
    line(0, y);
  } else {
    int first = r.addScratch(type, d), second = r.addScratch(type, d);
    line(0, first);
    line(1, second);
    const kernel::BinaryOp op = getTakesMax() ? kernel::BinaryOp::Max : kernel::BinaryOp::Min;
    r.steps.push_back(primitive::binary(op, y, first, second));
  }
  auto bound = [&](kernel::BinaryOp op, std::optional<uint64_t> value) {
    if (value)
      r.steps.push_back(primitive::binary(op, y, y, primitive::Constant{double(static_cast<int64_t>(*value)), type}));
  };
  bound(kernel::BinaryOp::Max, getLow());
  bound(kernel::BinaryOp::Min, getHigh());
  return r;
}

//===- Search -------------------------------------------------------------===//

namespace {

constexpr int64_t kShift = 22;

int64_t floorDiv(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }
int64_t ceilDiv(int64_t a, int64_t b) { return -floorDiv(-a, b); }

class Search {
public:
  Search(const std::vector<int64_t> &results, int64_t first, int64_t least, int64_t most, kernel::Round round)
      : t(results), first(first), least(least), most(most), count(int64_t(results.size())), round(round) {}

  std::optional<Lines> run() {
    // Flat ends may be bounds; one line is better than two.
    for (auto [count, bounded] : {std::pair(1, false), {1, true}, {2, false}, {2, true}}) {
      Lines lines;
      int64_t lowest = *std::min_element(t.begin(), t.end()), highest = *std::max_element(t.begin(), t.end());
      low = least, high = most;
      if (bounded) {
        if (lowest > least)
          lines.low = low = lowest;
        if (highest < most)
          lines.high = high = highest;
      }
      if (count == 2) {
        if (auto two = pair(lines))
          return two;
      } else if (auto one = fit(0, int64_t(t.size()), true)) {
        lines.lines = {*one};
        if (isExact(lines))
          return lines;
      }
    }
    return std::nullopt;
  }

private:
  /// A line through results [begin, end); those at a bound may lie beyond it.
  std::optional<Line> fit(int64_t begin, int64_t end, bool mayShift = false) {
    int64_t a = begin, b = end - 1;
    while (a < b && (t[a] == low || t[a] == high) && t[a + 1] == t[a])
      ++a;
    while (b > a && (t[b] == low || t[b] == high) && t[b - 1] == t[b])
      --b;
    double slope = b > a ? double(t[b] - t[a]) / double(b - a) : 0;
    int64_t guess = std::llround(double(t[a]) - slope * double(first + a));
    for (int64_t delta : {0, 1, -1, 2, -2})
      if (auto line = fitWith(guess + delta, begin, end))
        return line;
    return mayShift && b - a > 1 ? fitShifted(slope, a, b, begin, end) : std::nullopt;
  }

  /// A line that meets zero between two inputs: sums of 16 bits before the requantisation.
  std::optional<Line> fitShifted(double slope, int64_t a, int64_t b, int64_t begin, int64_t end) {
    constexpr int64_t kMost = 32767, kSteps = 801;
    const int64_t farthest = std::max(std::abs(first), std::abs(first + count - 1));
    for (int64_t factor : {127, 64, 16}) {
      if (factor * farthest > kMost)
        continue;
      for (int64_t k = 0; k < kSteps && slope != 0; ++k) {
        // Two rounded results tell a slope to one part in their distance.
        double step = double(k % 2 ? -(k + 1) / 2 : k / 2) / 400 / double(b - a);
        double real = std::ldexp((slope + step) / double(factor), kShift);
        if (std::fabs(real) < 256 || std::fabs(real) > double(INT32_MAX))
          break;
        int64_t m = std::llround(real), from = -kMost, to = kMost;
        for (int64_t i = begin; i < end && from <= to; ++i) {
          int64_t x = (first + i) * factor;
          int64_t under = (2 * t[i] - 1) * (int64_t(1) << (kShift - 1)), over = under + (int64_t(1) << kShift) - 1;
          bool hasUnder = t[i] > low, hasOver = t[i] < high;
          if (m < 0)
            std::swap(hasUnder, hasOver);
          int64_t least = m > 0 ? ceilDiv(under, m) : ceilDiv(over, m),
                  most = m > 0 ? floorDiv(over, m) : floorDiv(under, m);
          if (hasUnder)
            from = std::max(from, least - x);
          if (hasOver)
            to = std::min(to, most - x);
        }
        int64_t offset = from + (to - from) / 2;
        if (from <= to && std::abs(offset) + factor * farthest <= kMost)
          return Line{m, kShift, 0, factor, offset};
      }
    }
    return std::nullopt;
  }

  std::optional<Line> fitWith(int64_t zero, int64_t begin, int64_t end) {
    if (std::abs(zero) > 32767) // beyond the field
      return std::nullopt;
    int64_t from = -(int64_t(1) << 31) + 1, to = (int64_t(1) << 31) - 1;
    for (int64_t i = begin; i < end && from <= to; ++i) {
      int64_t x = first + i;
      // half up: (2 (t - zero) - 1) 2^(s-1) <= x m < (2 (t - zero) + 1) 2^(s-1)
      int64_t under = (2 * (t[i] - zero) - 1) * (int64_t(1) << (kShift - 1)), over = under + (int64_t(1) << kShift);
      bool hasUnder = t[i] > low, hasOver = t[i] < high;
      if (x == 0) {
        if ((hasUnder && under > 0) || (hasOver && over <= 0))
          return std::nullopt;
      } else if (x > 0) {
        if (hasUnder)
          from = std::max(from, ceilDiv(under, x));
        if (hasOver)
          to = std::min(to, floorDiv(over - 1, x));
      } else {
        if (hasUnder)
          to = std::min(to, floorDiv(under, x));
        if (hasOver)
          from = std::max(from, ceilDiv(over - 1, x));
      }
    }
    if (from > to)
      return std::nullopt;
    return Line{from + (to - from) / 2, kShift, zero};
  }

  std::optional<Lines> pair(Lines lines) {
    int64_t prefix = count, suffix = 0;
    while (prefix > 0 && !fit(0, prefix))
      --prefix;
    while (suffix < count && !fit(suffix, count))
      ++suffix;
    for (int64_t split = prefix; split >= suffix && split > 0 && split < count; --split) {
      auto a = fit(0, split), b = fit(split, count);
      if (!a || !b)
        continue;
      lines.lines = {*a, *b};
      for (bool takesMax : {true, false}) {
        lines.takesMax = takesMax;
        if (isExact(lines))
          return lines;
      }
    }
    return std::nullopt;
  }

  bool isExact(const Lines &lines) const {
    for (int64_t i = 0; i < count; ++i)
      if (evaluate(lines, first + i, least, most, round) != t[i])
        return false;
    return true;
  }

  const std::vector<int64_t> &t;
  int64_t first, least, most, count;
  kernel::Round round;
  int64_t low = 0, high = 0; ///< beyond which a line may run
};

} // namespace

int64_t evaluate(const Lines &lines, int64_t x, int64_t least, int64_t most, kernel::Round round) {
  std::optional<int64_t> result;
  for (const Line &line : lines.lines) {
    const int64_t product = (x * line.factor + line.offset) * line.multiplier;
    const int64_t y = std::clamp(kernel::shiftRound(product, -int(line.shift), round) + line.zeroPoint, least, most);
    result = !result ? y : lines.takesMax ? std::max(*result, y) : std::min(*result, y);
  }
  if (lines.low)
    *result = std::max(*result, *lines.low);
  if (lines.high)
    *result = std::min(*result, *lines.high);
  return *result;
}

std::optional<Lines> findLines(const std::vector<int64_t> &results, int64_t firstInput, int64_t least, int64_t most,
                               kernel::Round round) {
  return Search(results, firstInput, least, most, round).run();
}

} // namespace tpu_mlir
