//===- FloatTrig.cpp - Sine and cosine ------------------------------------===//
// x = k π/2 + r with π/2 in five parts, four of them of 8 bits, so that their
// products with k, up to 16 bits, are exact. Beyond that no digit of the result
// means anything, and a lowering must take another way.

#include "FloatSteps.h"

namespace tpu_mlir::kernel {

Value sinFunction(B &b, Value x, bool isCosine) {
  constexpr float kMost = 0.8f, kNaN = NAN; // k is chosen in fp32: near ties r passes π/4 a little
  Value n = b.toInt(b.mul(x, kTwoOverPi)), k = b.toFloat(n), r = x;
  for (float part : {kHalfPi0, kHalfPi1, kHalfPi2, kHalfPi3, kHalfPi4})
    r = b.sub(r, b.mul(k, part));
  r = b.max(b.min(r, kMost), -kMost);
  Value u = b.mul(r, r);
  Value sine = b.add(r, b.mul(r, b.mul(u, b.isShort ? b.polynomial(u, kSinTailShort) : b.polynomial(u, kSinTail))));
  Value cosine = b.add(
      b.mul(u, b.sub(b.mul(u, b.isShort ? b.polynomial(u, kCosTailShort) : b.polynomial(u, kCosTail)), 0.5f)), 1.0f);
  Value quadrant = isCosine ? b.addInt(b.bitAnd(n, 3), 1) : n;
  Value y = b.ifIntEqual(b.bitAnd(quadrant, 1), 0, sine, cosine);
  y = b.ifIntEqual(b.bitAnd(quadrant, 2), 0, y, b.bitXor(y, kSignBit));
  if (!isCosine)
    y = b.ifEqual(x, 0.0f, x, y); // with its sign
  return b.keepNaN(x, b.ifEqual(b.magnitude(x), kInfinity, kNaN, y));
}

} // namespace tpu_mlir::kernel
