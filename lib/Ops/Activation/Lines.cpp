//===- Lines.cpp - tpu.Lines, and finding lines for a table ---------------===//
// A line through a range of inputs is a multiplier in the intersection of one
// interval for each of them. Two lines are the longest that fit from either
// end. Whatever is found is checked on all 256 inputs.
// Sections: Verify, Form, Search.
#include "Lines.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/ConvForm.h"

#include <algorithm>

using namespace mlir;

namespace tpu_mlir {

//===- Verify -------------------------------------------------------------===//

LogicalResult tpu::LinesOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameShape(*this, getInput(), getOutput())))
    return failure();
  size_t count = getMultipliers().size();
  if (count < 1 || count > 2 || getRshifts().size() != count || getZeroPoints().size() != count)
    return emitOpError() << "has one or two lines, each with multiplier, rshift and zero point; got " << count << ", "
                         << getRshifts().size() << " and " << getZeroPoints().size();
  for (Value v : {getInput(), getOutput()})
    if (kernel::bitWidth(formatOf(v).dtype) != 8)
      return emitOpError() << "'input' and 'output' have 8-bit elements, got " << v.getType();
  for (size_t i = 0; i < count; ++i)
    if (failed(verifyRequant(*this, getMultipliers()[i], getRshifts()[i])) || std::abs(getZeroPoints()[i]) > 32767)
      return emitOpError() << "line " << i << " is no requantisation: 32-bit multiplier, shift of at most 63, 16-bit "
                           << "zero point";
  for (std::optional<uint64_t> bound : {getLow(), getHigh()})
    if (bound && std::abs(static_cast<int64_t>(*bound)) > 255)
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
    Step s{StepKind::Requant, dst, x};
    s.entry = {int32_t(getMultipliers()[i]), int32_t(-getRshifts()[i]), int32_t(getZeroPoints()[i])};
    r.steps.push_back(s);
  };
  if (count == 1) {
    line(0, y);
  } else {
    int first = r.addScratch(type, d), second = r.addScratch(type, d);
    line(0, first);
    line(1, second);
    Step both{StepKind::Binary, y, first, second};
    both.op = getTakesMax() ? kernel::BinaryOp::Max : kernel::BinaryOp::Min;
    r.steps.push_back(both);
  }
  auto bound = [&](kernel::BinaryOp op, std::optional<uint64_t> value) {
    if (!value)
      return;
    Step s{StepKind::Binary, y, y};
    s.op = op;
    s.constantType = type;
    s.constant = double(static_cast<int64_t>(*value));
    r.steps.push_back(s);
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
  Search(const std::vector<int64_t> &results, int64_t first, int64_t least, int64_t most)
      : t(results), first(first), least(least), most(most), count(int64_t(results.size())) {}

  std::optional<Lines> run() {
    // Flat ends may be bounds.
    for (bool bounded : {false, true}) {
      Lines lines;
      int64_t lowest = *std::min_element(t.begin(), t.end()), highest = *std::max_element(t.begin(), t.end());
      low = least, high = most;
      if (bounded) {
        if (lowest > least)
          lines.low = low = lowest;
        if (highest < most)
          lines.high = high = highest;
      }
      if (auto one = fit(0, count)) {
        lines.lines = {*one};
        if (isExact(lines))
          return lines;
      }
      if (auto two = pair(lines))
        return two;
    }
    return std::nullopt;
  }

private:
  /// A line through results [begin, end); those at a bound may lie beyond it.
  std::optional<Line> fit(int64_t begin, int64_t end) {
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
    return std::nullopt;
  }

  std::optional<Line> fitWith(int64_t zero, int64_t begin, int64_t end) {
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
      if (evaluate(lines, first + i, least, most) != t[i])
        return false;
    return true;
  }

  const std::vector<int64_t> &t;
  int64_t first, least, most, count;
  int64_t low = 0, high = 0; ///< beyond which a line may run
};

} // namespace

int64_t evaluate(const Lines &lines, int64_t x, int64_t least, int64_t most) {
  std::optional<int64_t> result;
  for (const Line &line : lines.lines) {
    int64_t half = line.shift > 0 ? int64_t(1) << (line.shift - 1) : 0;
    int64_t y = std::clamp(((x * line.multiplier + half) >> line.shift) + line.zeroPoint, least, most);
    result = !result ? y : lines.takesMax ? std::max(*result, y) : std::min(*result, y);
  }
  if (lines.low)
    *result = std::max(*result, *lines.low);
  if (lines.high)
    *result = std::min(*result, *lines.high);
  return *result;
}

std::optional<Lines> findLines(const std::vector<int64_t> &results, int64_t firstInput, int64_t least, int64_t most) {
  return Search(results, firstInput, least, most).run();
}

} // namespace tpu_mlir
