//===- Rectify.cpp - A relu behind an op ----------------------------------===//
// A relu that an op has fused is steps of its own recipe where its result is
// computed; where the result is only moved, it is an op of its own. Neither is
// needed where the result's format saturates just so.
#include "tpu_mlir/Ops/Rectify.h"
#include "Activation/CreateLines.h"
#include "tpu_mlir/Primitive/Binary.h"

#include <cmath>

using namespace mlir;

namespace tpu_mlir {

bool saturatesAsRelu(const NumberFormat &format, double limit) {
  if (!format.isQuantized())
    return false;
  const auto [low, high] = kernel::rangeOf(format.dtype);
  return format.zeroPoint == low && (limit <= 0 || limit >= double(high - low) * format.scale);
}

void addReluSteps(Recipe &r, bool doRelu, double limit, const NumberFormat &format) {
  if (!doRelu)
    return;
  auto clamp = [&](kernel::BinaryOp op, double real) {
    const double bound = format.isQuantized() ? std::round(real / format.scale) + double(format.zeroPoint) : real;
    r.steps.push_back(primitive::binary(op, r.output, r.output, primitive::Constant{bound, format.dtype}));
  };
  // Integers have clamped at the ends of their format when they saturated.
  double top = INFINITY;
  bool clampsAt0 = true;
  if (format.isQuantized()) {
    const auto [low, high] = kernel::rangeOf(format.dtype);
    top = double(high - format.zeroPoint) * format.scale;
    clampsAt0 = format.zeroPoint > low;
  }
  if (clampsAt0)
    clamp(kernel::BinaryOp::Max, 0);
  if (limit > 0 && limit < top)
    clamp(kernel::BinaryOp::Min, limit);
}

Value createRectified(Lowering &l, Value in, double limit, Location loc) {
  const NumberFormat format = formatOf(in);
  if (!format.isQuantized())
    return tpu::ReluOp::create(l.builder, loc, in.getType(), in, l.builder.getBoolAttr(false),
                               l.builder.getF64FloatAttr(limit), /*ginfo=*/Attribute());
  Lines lines; // the identity between bounds
  lines.lines = {{1, 0, 0}};
  lines.low = format.zeroPoint;
  if (limit > 0)
    lines.high = quantizeOne(limit, format);
  return createLines(l, loc, in.getType(), in, lines);
}

} // namespace tpu_mlir
