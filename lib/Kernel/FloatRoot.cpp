//===- FloatRoot.cpp - Quotients and roots --------------------------------===//
// Integer arithmetic on the bits gives a start, Newton's iteration all but the
// last bits, and one step with the exact remainder those. Operands are scaled
// to lie around 1, so that no product loses bits at the ends of fp32. Neither
// the engine's division nor its reciprocal root is used: no public source
// states their bits.

#include "FloatSteps.h"

namespace tpu_mlir::kernel {

Parts partsOf(B &b, Value x, uint32_t low, int exponentBits) {
  constexpr float kLeastNormal = 0x1p-126f;
  Value normal = b.ifLess(x, kLeastNormal, b.mul(x, 0x1p24f), x);
  // Exponents count in units of their spacing, so a mantissa may span several of fp32's.
  Value e = b.shift(b.subInt(normal, low), -exponentBits);
  Value mantissa = b.subInt(normal, b.shift(e, exponentBits));
  const int32_t correction = exponentBits == 23 ? 24 : 12;
  return {mantissa, b.addInt(e, b.ifLess(x, kLeastNormal, -correction, 0))};
}

Value roughReciprocal(B &b, Value d) {
  // The error of the start is at most 12 %, and each step squares it.
  Value y = b.subInt(0x7ef311c7, d);
  for (int i = 0; i < 3; ++i)
    y = b.mul(y, b.sub(2.0f, b.mul(d, y)));
  return y;
}

Value quotient(B &b, Value n, Value d) {
  Value y = roughReciprocal(b, d);
  const bool isOne = n.isConstant() && n.bits == kOne;
  Value q = isOne ? y : b.mul(n, y);
  if (b.isShort)
    return q;
  B::Pair back = b.product(q, d);
  return b.add(q, b.mul(b.sub(b.sub(n, back.high), back.low), y));
}

Value reciprocalFunction(B &b, Value x) {
  Value a = b.magnitude(x);
  Parts p = partsOf(b, a, kOne, 23);
  Value y = scaled(b, quotient(b, 1.0f, p.mantissa), b.subInt(0, p.exponent));
  y = b.ifEqual(a, 0.0f, kInfinity, y);
  y = b.ifEqual(a, kInfinity, 0.0f, y);
  return b.keepNaN(x, b.bitOr(y, b.signOf(x)));
}

Value divisionFunction(B &b, Value x, Value y) {
  Value ax = b.magnitude(x), ay = b.magnitude(y), sign = b.signOf(b.bitXor(x, y));
  Parts n = partsOf(b, ax, kOne, 23), d = partsOf(b, ay, kOne, 23);
  Value e = b.maxInt(b.minInt(b.subInt(n.exponent, d.exponent), 254), -252);
  Value q = b.bitOr(scaled(b, quotient(b, n.mantissa, d.mantissa), e), sign);
  // Zeros and infinities: a product with the reciprocal, which is 0, 1 or infinite here.
  Value inverse = b.bitOr(b.ifEqual(ay, 0.0f, kInfinity, b.ifEqual(ay, kInfinity, 0.0f, 1.0f)), b.signOf(y));
  Value special = b.mul(x, inverse);
  for (Value a : {ax, ay})
    for (float end : {0.0f, kInfinity})
      q = b.ifEqual(a, end, special, q);
  return b.keepNaN(y, b.keepNaN(x, q));
}

namespace {

/// 1 / √m, 1 ≤ m < 4, with an error of about two units. The start's error is at most 3.5 %.
Value roughInverseRoot(B &b, Value m) {
  Value half = b.mul(m, 0.5f), y = b.subInt(0x5f3759df, b.shift(m, -1));
  for (int i = 0; i < (b.isShort ? 2 : 3); ++i)
    y = b.mul(y, b.sub(1.5f, b.mul(b.mul(half, y), y)));
  return y;
}

constexpr float kNaN = NAN;

} // namespace

Value sqrtFunction(B &b, Value x) {
  Parts p = partsOf(b, x, kOne, 24);
  Value y = roughInverseRoot(b, p.mantissa), root = b.mul(p.mantissa, y);
  if (!b.isShort) {
    B::Pair back = b.product(root, root);
    root = b.add(root, b.mul(b.mul(b.sub(b.sub(p.mantissa, back.high), back.low), 0.5f), y));
  }
  root = b.addInt(root, b.shift(p.exponent, 23));
  root = b.ifEqual(x, 0.0f, x, root);
  root = b.ifEqual(x, kInfinity, x, root);
  return b.keepNaN(x, b.ifLess(x, 0.0f, kNaN, root));
}

Value rsqrtFunction(B &b, Value x) {
  Parts p = partsOf(b, x, kOne, 24);
  Value y = roughInverseRoot(b, p.mantissa);
  if (!b.isShort) {
    B::Pair once = b.product(p.mantissa, y), twice = b.product(once.high, y);
    Value rest = b.sub(b.sub(b.sub(1.0f, twice.high), twice.low), b.mul(once.low, y));
    y = b.add(y, b.mul(y, b.mul(rest, 0.5f)));
  }
  y = b.subInt(y, b.shift(p.exponent, 23));
  y = b.ifEqual(x, kInfinity, 0.0f, y);
  y = b.ifLess(x, 0.0f, kNaN, y);
  return b.keepNaN(x, b.ifEqual(x, 0.0f, b.bitOr(x, kExponent), y));
}

} // namespace tpu_mlir::kernel
