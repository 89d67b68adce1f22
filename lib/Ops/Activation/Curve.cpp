//===- Curve.cpp - tpu.Curve, and finding lines for a curved table --------===//
// From the lowest input upwards, each line is the one that takes the results
// right the farthest, as the larger or the smaller of itself and what the lines
// before it give. A line goes through a lattice point; its slopes are then an
// interval, cut by each input. Whatever is found is checked on all inputs.
// Sections: Verify, Form, Search.
#include "Curve.h"
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Primitive/Binary.h"
#include "tpu_mlir/Primitive/Requant.h"
#include "tpu_mlir/Recipe/Recipe.h"

#include <algorithm>
#include <cmath>

using namespace mlir;

namespace tpu_mlir {

//===- Verify -------------------------------------------------------------===//

LogicalResult tpu::CurveOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameShape(*this, getInput(), getOutput())))
    return failure();
  for (Value v : {getInput(), getOutput()})
    if (kernel::bitWidth(formatOf(v).dtype) != 8)
      return emitOpError() << "'input' and 'output' have 8-bit elements, got " << v.getType();
  const size_t count = getMultipliers().size();
  if (count < 2 || getStarts().size() != count || getZeroPoints().size() != count || getOneSided().size() != count ||
      getTakesMax().size() != count)
    return emitOpError() << "has two lines or more, each with start, multiplier, zero point, one_sided and takes_max; "
                         << "got " << getStarts().size() << ", " << count << ", " << getZeroPoints().size() << ", "
                         << getOneSided().size() << " and " << getTakesMax().size();
  const int64_t least = formatOf(getInput()).dtype == DType::I8 ? -128 : 0;
  auto isWithin = [](int64_t v, int64_t low, int64_t high) { return v >= low && v <= high; };
  for (size_t i = 0; i < count; ++i)
    if (!isWithin(getStarts()[i], least, least + 255) || !isWithin(getMultipliers()[i], INT32_MIN, INT32_MAX) ||
        !isWithin(getZeroPoints()[i], INT16_MIN, INT16_MAX))
      return emitOpError() << "line " << i << " needs a start from " << least << " to " << least + 255
                           << ", a 32-bit multiplier and a 16-bit zero point";
  return success();
}

//===- Form ---------------------------------------------------------------===//

static Curve curveOf(tpu::CurveOp op) {
  Curve curve;
  for (size_t i = 0; i < op.getMultipliers().size(); ++i)
    curve.push_back(
        {op.getStarts()[i], op.getMultipliers()[i], op.getZeroPoints()[i], op.getOneSided()[i], op.getTakesMax()[i]});
  return curve;
}

Form tpu::CurveOp::form() {
  Recipe r;
  const Dims d = nchwOf(getOutput());
  const DType in = formatOf(getInput()).dtype, out = formatOf(getOutput()).dtype;
  const int x = r.addInput(0, in, d), y = r.addOutput(out, d);
  const int64_t least = out == DType::I8 ? -128 : 0;
  // Sources and results of every instruction lie in different banks: what is found so far changes its place.
  int found[] = {-1, -1}, raised = -1, fromStart = -1, line = -1;
  auto scratch = [&](int &id, DType type) { return id >= 0 ? id : id = r.addScratch(type, d); };
  auto draw = [&](const CurveLine &l, int to) {
    int from = x;
    auto change = [&](kernel::BinaryOp op, int &id, DType type) {
      r.steps.push_back(primitive::binary(op, scratch(id, type), from, primitive::Constant{double(l.start), in}));
      from = id;
    };
    if (l.isOneSided)
      change(kernel::BinaryOp::Max, raised, in);
    if (l.isShifted())
      change(kernel::BinaryOp::Sub, fromStart, DType::I8);
    r.steps.push_back(
        primitive::requant(to, from, {int32_t(l.multiplier), int32_t(-kCurveShift), int32_t(l.zeroPoint)}));
  };
  auto combine = [&](bool takesMax, int to, int a, int b, int64_t constant) {
    const kernel::BinaryOp op = takesMax ? kernel::BinaryOp::Max : kernel::BinaryOp::Min;
    r.steps.push_back(b < 0 ? primitive::binary(op, to, a, primitive::Constant{double(constant), out})
                            : primitive::binary(op, to, a, b));
  };
  const Curve curve = curveOf(*this);
  const CurveLine &first = curve[0];
  auto constantOf = [&](const CurveLine &l) { return std::clamp(l.zeroPoint, least, least + 255); };
  int last = -1;
  if (!first.isConstant() || curve[1].isConstant())
    draw(first, last = scratch(found[1], out));
  for (size_t i = 1; i < curve.size(); ++i) {
    const CurveLine &l = curve[i];
    const int to = i + 1 == curve.size() ? y : scratch(found[(i + 1) % 2], out);
    if (!l.isConstant())
      draw(l, scratch(line, out));
    if (last < 0)
      combine(l.takesMax, to, line, -1, constantOf(first));
    else if (l.isConstant())
      combine(l.takesMax, to, last, -1, constantOf(l));
    else
      combine(l.takesMax, to, last, line, 0);
    last = to;
  }
  return r;
}

//===- Search -------------------------------------------------------------===//

namespace {

constexpr int64_t kInputs = 256;

int64_t fromStart(const CurveLine &l, int64_t x) {
  return !l.isShifted() ? x : std::clamp<int64_t>(x - l.start, l.isOneSided ? 0 : -128, 127);
}

int64_t lineAt(const CurveLine &l, int64_t x, int64_t least, int64_t most, kernel::Round round) {
  const int64_t scaled = kernel::shiftRound(fromStart(l, x) * l.multiplier, -int(kCurveShift), round);
  return std::clamp(scaled + l.zeroPoint, least, most);
}

class Search {
public:
  Search(const std::vector<int64_t> &results, int64_t first, int64_t least, int64_t most, kernel::Round round)
      : t(results), first(first), least(least), most(most), round(round) {
    for (int64_t u = 1; u < kInputs; ++u)
      inverse[u] = 1 / double(u);
  }

  /// `thrift`: how much reach is given up for fewer instructions, 0 to 1.
  std::optional<Curve> run(size_t mostLines, double thrift) {
    Curve curve;
    for (int64_t done = 0; done < kInputs;) {
      if (curve.size() == mostLines)
        return std::nullopt;
      const Found best = farthest(done, curve.empty(), thrift);
      if (best.end == done)
        return std::nullopt;
      curve.push_back(best.line);
      for (int64_t i = 0; i < kInputs; ++i) {
        const int64_t y = lineAt(best.line, first + i, least, most, round);
        sofar[i] = curve.size() == 1 ? y : best.line.takesMax ? std::max(sofar[i], y) : std::min(sofar[i], y);
      }
      while (done < kInputs && sofar[done] == t[done])
        ++done;
      if (done < best.end || !std::equal(t.begin(), t.begin() + done, sofar))
        return std::nullopt; // the slope's rounding
    }
    // One constant is no curve.
    return curve.size() < 2 ? std::nullopt : std::optional(curve);
  }

private:
  struct Found {
    CurveLine line;
    int64_t end = 0;
    double width = 0; ///< of the interval of slopes
    double worth = 0;
  };

  Found farthest(int64_t done, bool isFirst, double thrift) const {
    Found best;
    best.end = done;
    // A start far from what the line adds says nothing that a near one does not.
    const int64_t from = std::max<int64_t>(0, done - 8), to = std::min(kInputs, done + 64);
    for (bool takesMax : {true, false}) {
      if (isFirst && !takesMax)
        continue;
      for (int64_t zero = -kFarthestZero; zero <= kFarthestZero; ++zero)
        tryLine({0, 0, zero, false, takesMax}, done, isFirst, thrift, best);
      for (bool isOneSided : {false, true})
        for (int64_t at = from; at < to; ++at)
          for (int64_t off : {0, -1, 1})
            tryLine({first + at, 0, t[at] + off, isOneSided, takesMax}, done, isFirst, thrift, best);
    }
    return best;
  }

  /// The slopes with which a line keeps an input's result right, or makes it so, intersected with [low, high).
  bool cut(const CurveLine &l, int64_t i, bool isFirst, double &low, double &high) const {
    bool needsMost = true, needsLeast = true; // the line at most, at least the result
    if (!isFirst) {
      if (l.takesMax ? sofar[i] > t[i] : sofar[i] < t[i])
        return false;
      if (sofar[i] == t[i])
        (l.takesMax ? needsLeast : needsMost) = false;
    }
    needsMost = needsMost && t[i] < most;
    needsLeast = needsLeast && t[i] > least;
    const int64_t u = fromStart(l, first + i), rise = t[i] - l.zeroPoint;
    if (u == 0)
      return !(needsMost && rise < 0) && !(needsLeast && rise > 0);
    const double by = inverse[std::abs(u)], above = (double(rise) + 0.5) * by, below = (double(rise) - 0.5) * by;
    if (u > 0) {
      if (needsMost)
        high = std::min(high, above);
      if (needsLeast)
        low = std::max(low, below);
    } else {
      if (needsMost)
        low = std::max(low, -above);
      if (needsLeast)
        high = std::min(high, -below);
    }
    return high - low > kNarrowest;
  }

  void tryLine(CurveLine line, int64_t done, bool isFirst, double thrift, Found &best) const {
    double low = -kSteepest, high = kSteepest;
    for (int64_t i = done; i >= 0; --i) // the new input first: most lines fail there
      if (!cut(line, i, isFirst, low, high))
        return;
    int64_t end = done + 1;
    double l = low, h = high;
    for (; end < kInputs && cut(line, end, isFirst, l, h); ++end)
      low = l, high = h;
    if (low <= 0 && high > 0)
      line = {0, 0, line.zeroPoint, false, line.takesMax};
    else
      line.multiplier = std::llround(std::ldexp((low + high) / 2, kCurveShift));
    const double worth = double(end - done) / std::pow(double(line.instructions() + !isFirst), thrift);
    if (worth < best.worth || (worth == best.worth && high - low <= best.width))
      return;
    best = {line, end, high - low, worth};
  }

  static constexpr double kSteepest = 256, kNarrowest = 1e-6;
  static constexpr int64_t kFarthestZero = 128; ///< steeper lines reach no two inputs
  const std::vector<int64_t> &t;
  int64_t first, least, most;
  kernel::Round round;
  double inverse[kInputs] = {};
  int64_t sofar[kInputs] = {}; ///< the result of the lines so far
};

} // namespace

int64_t evaluate(const Curve &curve, int64_t x, int64_t least, int64_t most, kernel::Round round) {
  int64_t result = lineAt(curve[0], x, least, most, round);
  for (size_t i = 1; i < curve.size(); ++i) {
    const int64_t y = lineAt(curve[i], x, least, most, round);
    result = curve[i].takesMax ? std::max(result, y) : std::min(result, y);
  }
  return result;
}

int64_t instructionsOf(const Curve &curve) {
  int64_t count = int64_t(curve.size()) - 1;
  for (const CurveLine &line : curve)
    count += line.instructions();
  return count;
}

std::optional<Curve> findCurve(const std::vector<int64_t> &results, int64_t firstInput, int64_t least, int64_t most,
                               size_t mostLines, kernel::Round round) {
  std::optional<Curve> best;
  for (double thrift : {0.5, 1.0}) {
    std::optional<Curve> curve = Search(results, firstInput, least, most, round).run(mostLines, thrift);
    for (int64_t i = 0; curve && i < kInputs; ++i)
      if (evaluate(*curve, firstInput + i, least, most, round) != results[i])
        curve.reset();
    if (curve && (!best || instructionsOf(*curve) < instructionsOf(*best)))
      best = curve;
  }
  return best;
}

} // namespace tpu_mlir
