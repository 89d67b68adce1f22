//===- FloatErf.cpp - The error function and GELU -------------------------===//
// erfc t = e^(−t²) w(t), where w is a quotient of a polynomial and 1 + 2t, and t²
// is in two parts, since an exponential makes a relative error of an absolute
// one. So small results have all their bits, too.

#include "FloatSteps.h"

namespace tpu_mlir::kernel {
namespace {

/// exp(t²) erfc(t) for 0 ≤ t ≤ 11.
Value scaledErfc(B &b, Value t) {
  Value q = quotient(b, b.sub(t, 3.0f), b.add(t, 3.0f));
  return quotient(b, b.isShort ? b.polynomial(q, kErfcxShort) : b.polynomial(q, kErfcx), b.add(b.add(t, t), 1.0f));
}

/// e^(−factor · a²), a ≤ 16, factor 1 or ½.
Power expOfSquare(B &b, Value a, float factor) {
  if (b.isShort) {
    Value t = b.max(b.mul(b.mul(a, a), -factor), -120.0f);
    return expOf(b, t, t, 0.0f);
  }
  B::Pair h = b.halves(a);
  Value high = b.mul(b.mul(h.high, h.high), -factor); // exact: 24 bits
  Value low = b.mul(b.mul(h.low, b.add(a, h.high)), -factor);
  return expOf(b, b.max(b.mul(b.mul(a, a), -factor), -120.0f), b.max(high, -120.0f), low);
}

} // namespace

Value erfFunction(B &b, Value x) {
  Value a = b.min(b.magnitude(x), 10.0f), u = b.mul(a, a);
  Value small = b.add(a, b.mul(a, b.isShort ? b.polynomial(u, kErfTailShort) : b.polynomial(u, kErfTail)));
  Value large = b.sub(1.0f, b.mul(scaled(b, expOfSquare(b, a, 1.0f)), scaledErfc(b, a)));
  return b.keepNaN(x, b.bitOr(b.ifLess(a, 1.0f, small, large), b.signOf(x)));
}

Value geluFunction(B &b, Value x) {
  // x Φ(x) = max(x, 0) − |x| Φ(−|x|), Φ(−a) = ½ erfc(a / √2).
  Value a = b.min(b.magnitude(x), 15.0f);
  Value w = b.mul(scaledErfc(b, b.mul(a, kRootHalf)), b.mul(a, 0.5f));
  Power e = expOfSquare(b, a, 0.5f);
  Value rest = scaled(b, b.mul(w, e.p), e.n);
  return b.keepNaN(x, b.ifLess(x, 0.0f, b.bitXor(rest, kSignBit), b.sub(x, rest)));
}

Value geluTanhFunction(B &b, Value x) {
  // ½ (1 + tanh u) is the sigmoid of 2u.
  Value limited = b.max(b.min(x, 16.0f), -16.0f), square = b.mul(limited, limited);
  Value v = b.magnitude(b.mul(limited, b.add(b.mul(square, kGeluCube), kGeluSlope)));
  Power e = expOfMinus(b, v);
  Value y = b.mul(b.max(x, -16.0f), quotient(b, 1.0f, b.add(scaled(b, e), 1.0f)));
  return b.keepNaN(x, timesSmall(b, x, y, e));
}

} // namespace tpu_mlir::kernel
