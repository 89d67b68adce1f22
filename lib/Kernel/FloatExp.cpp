//===- FloatExp.cpp - Exponentials and what is made of them ---------------===//
// e^x = 2^n e^r with n = round(x / ln 2) and |r| ≤ ln 2 / 2, where ln 2 is in two
// parts so that r is nearly exact. Functions of both signs take e^−|x|, which
// cannot overflow, and multiply by it last, so that small results are rounded
// once. exp, sigmoid, SiLU, tanh, softplus, mish, ELU.

#include "FloatSteps.h"

namespace tpu_mlir::kernel {

Value scaled(B &b, Value y, Value n) {
  Value half = b.shift(n, -1);
  return b.mul(b.mul(y, b.powerOfTwo(half)), b.powerOfTwo(b.subInt(n, half)));
}

namespace {

struct Reduced {
  Value n, r; ///< x = n ln 2 + r
};
Reduced reduce(B &b, Value sum, Value high, Value low) {
  Value n = b.toInt(b.mul(sum, kLog2E)), k = b.toFloat(n);
  Value r = b.sub(b.sub(high, b.mul(k, kLn2High)), b.mul(k, kLn2Low));
  return {n, low.isConstant() ? r : b.add(r, low)};
}

/// e^r − 1.
Value expTail(B &b, Value r) {
  Value p = b.isShort ? b.polynomial(r, kExpTailShort) : b.polynomial(r, kExpTail);
  return b.add(r, b.mul(b.mul(r, r), p));
}

/// Beyond, e^x is infinite, or less than half the least number, even 2^20 times as large.
constexpr float kMost = 89, kLeast = -120;

} // namespace

Power expOf(B &b, Value sum, Value high, Value low) {
  auto [n, r] = reduce(b, sum, high, low);
  return {b.add(expTail(b, r), 1.0f), n};
}

Power expOfMinus(B &b, Value magnitude) {
  Value t = b.max(b.bitXor(magnitude, kSignBit), kLeast);
  return expOf(b, t, t, 0.0f);
}

Value timesSmall(B &b, Value x, Value y, Power ofMinus) {
  return scaled(b, b.mul(y, b.ifLess(x, 0.0f, ofMinus.p, 1.0f)), b.ifLess(x, 0.0f, ofMinus.n, 0));
}

Value expMinusOne(B &b, Value x) {
  auto [n, r] = reduce(b, x, x, 0.0f);
  Value power = b.powerOfTwo(n);
  return b.add(b.mul(expTail(b, r), power), b.sub(power, 1.0f));
}

Value expFunction(B &b, Value x) {
  Value t = b.max(b.min(x, kMost), kLeast);
  return b.keepNaN(x, scaled(b, expOf(b, t, t, 0.0f)));
}

namespace {

/// x, or where e^x is 0 a number whose product with 0 is one.
Value finiteBelow(B &b, Value x) { return b.max(x, -128.0f); }

} // namespace

Value sigmoidFunction(B &b, Value x) {
  Power e = expOfMinus(b, b.magnitude(x));
  return b.keepNaN(x, timesSmall(b, x, quotient(b, 1.0f, b.add(scaled(b, e), 1.0f)), e));
}

Value siluFunction(B &b, Value x) {
  Power e = expOfMinus(b, b.magnitude(x));
  Value y = b.mul(finiteBelow(b, x), quotient(b, 1.0f, b.add(scaled(b, e), 1.0f)));
  return b.keepNaN(x, timesSmall(b, x, y, e));
}

Value tanhFunction(B &b, Value x) {
  constexpr float kSmall = 0.625f; // above, 1 − 2z / (1 + z) has lost no bit
  Value a = b.magnitude(x), z = scaled(b, expOfMinus(b, b.add(a, a))), u = b.mul(a, a);
  Value small = b.add(a, b.mul(a, b.mul(u, b.isShort ? b.polynomial(u, kTanhTailShort) : b.polynomial(u, kTanhTail))));
  Value large = b.sub(1.0f, quotient(b, b.add(z, z), b.add(z, 1.0f)));
  return b.keepNaN(x, b.bitOr(b.ifLess(a, kSmall, small, large), b.signOf(x)));
}

Value softplusFunction(B &b, Value x) {
  Value z = scaled(b, expOfMinus(b, b.magnitude(x)));
  // 1 + z lies between 1 and 2; from 4/3 on its half is near 1.
  constexpr float kThird = 1 / 3.0f;
  Value f = b.ifGreater(z, kThird, b.mul(b.sub(z, 1.0f), 0.5f), z), k = b.ifGreater(z, kThird, 1.0f, 0.0f);
  return b.keepNaN(x, b.add(logOf(b, f, k), b.max(x, 0.0f)));
}

Value mishFunction(B &b, Value x) {
  // tanh(log(1 + e^x)) = (w² + 2w) / (w² + 2w + 2) with w = e^x; by z = 1 / w where that is small.
  Power e = expOfMinus(b, b.magnitude(x));
  Value z = scaled(b, e), doubled = b.add(z, z), square = b.mul(z, z);
  Value above = b.add(doubled, 1.0f), below = b.add(z, 2.0f);
  Value n = b.ifLess(x, 0.0f, below, above);
  Value d = b.ifLess(x, 0.0f, b.add(b.add(square, doubled), 2.0f), b.add(above, b.add(square, square)));
  Value y = b.mul(finiteBelow(b, x), quotient(b, n, d));
  return b.keepNaN(x, timesSmall(b, x, y, e));
}

Value eluFunction(B &b, Value x, float alpha) {
  Value below = b.mul(expMinusOne(b, b.max(b.min(x, 0.0f), -20.0f)), alpha);
  return b.keepNaN(x, b.ifLess(x, 0.0f, below, x)); // the sign of a zero is kept
}

} // namespace tpu_mlir::kernel
