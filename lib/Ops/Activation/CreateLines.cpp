//===- CreateLines.cpp - Lines and curves as ops --------------------------===//
// Writes what a search has found into the attributes of tpu.Lines and tpu.Curve.
#include "CreateLines.h"

using namespace mlir;

namespace tpu_mlir {

Value createLines(Lowering &l, Location loc, Type type, Value in, const Lines &lines) {
  SmallVector<int64_t> multipliers, shifts, zeroPoints, factors, offsets;
  for (const Line &line : lines.lines) {
    multipliers.push_back(line.multiplier);
    shifts.push_back(line.shift);
    zeroPoints.push_back(line.zeroPoint);
    factors.push_back(line.factor);
    offsets.push_back(line.offset);
  }
  Builder &b = l.builder;
  NamedAttrList attrs;
  attrs.set("multipliers", b.getDenseI64ArrayAttr(multipliers));
  attrs.set("rshifts", b.getDenseI64ArrayAttr(shifts));
  attrs.set("zero_points", b.getDenseI64ArrayAttr(zeroPoints));
  attrs.set("factors", b.getDenseI64ArrayAttr(factors));
  attrs.set("offsets", b.getDenseI64ArrayAttr(offsets));
  attrs.set("takes_max", b.getBoolAttr(lines.takesMax));
  if (lines.low)
    attrs.set("low", b.getI64IntegerAttr(*lines.low));
  if (lines.high)
    attrs.set("high", b.getI64IntegerAttr(*lines.high));
  return tpu::LinesOp::create(l.builder, loc, TypeRange{type}, ValueRange{in}, attrs.getAttrs());
}

Value createCurve(Lowering &l, Location loc, Type type, Value in, const Curve &curve) {
  SmallVector<int64_t> starts, multipliers, zeroPoints;
  SmallVector<bool> oneSided, takesMax;
  for (const CurveLine &line : curve) {
    starts.push_back(line.start);
    multipliers.push_back(line.multiplier);
    zeroPoints.push_back(line.zeroPoint);
    oneSided.push_back(line.isOneSided);
    takesMax.push_back(line.takesMax);
  }
  return tpu::CurveOp::create(l.builder, loc, type, in, starts, multipliers, zeroPoints, oneSided, takesMax,
                              /*ginfo=*/Attribute());
}

} // namespace tpu_mlir
