//===- FloatLog.cpp - Logarithms and powers -------------------------------===//
// log x = k ln 2 + log(1 + f) with 1 + f from 2/3 to 4/3. Powers need a logarithm
// with more bits than fp32 has: in two parts, by 2 atanh(f / (2 + f)), whose first
// term is a quotient with its remainder.

#include "FloatSteps.h"

namespace tpu_mlir::kernel {
namespace {

constexpr uint32_t kTwoThirds = 0x3f2aaaab;
constexpr float kNaN = NAN;

} // namespace

Value logOf(B &b, Value f, Value k) {
  Value square = b.mul(f, f);
  Value rest =
      b.mul(square, b.sub(b.mul(f, b.isShort ? b.polynomial(f, kLogTailShort) : b.polynomial(f, kLogTail)), 0.5f));
  return b.add(b.add(f, b.add(rest, b.mul(k, kLn2Low))), b.mul(k, kLn2High));
}

namespace {

/// log x of finite x > 0.
Value positiveLog(B &b, Value x) {
  Parts p = partsOf(b, x, kTwoThirds, 23);
  return logOf(b, b.sub(p.mantissa, 1.0f), b.toFloat(p.exponent));
}

} // namespace

Value logFunction(B &b, Value x) {
  Value y = positiveLog(b, x);
  y = b.ifEqual(x, 0.0f, -kInfinity, y);
  y = b.ifEqual(x, kInfinity, x, y);
  return b.keepNaN(x, b.ifLess(x, 0.0f, kNaN, y));
}

namespace {

B::Pair logPair(B &b, Value a) {
  Parts p = partsOf(b, a, kTwoThirds, 23);
  Value k = b.toFloat(p.exponent), f = b.sub(p.mantissa, 1.0f);
  B::Pair d = b.sum(1.0f, p.mantissa); // both have the exponent of 1 or a smaller one
  Value y = roughReciprocal(b, d.high), s = b.mul(f, y);
  B::Pair back = b.product(s, d.high);
  Value rest = b.sub(b.sub(b.sub(f, back.high), back.low), b.mul(s, d.low));
  Value u = b.mul(s, s), tail = b.mul(b.mul(s, u), b.polynomial(u, kAtanhTail));
  B::Pair high = b.sum(b.mul(k, kLn2High), b.add(s, s));
  Value low = b.add(b.mul(k, kLn2Low), b.mul(b.mul(rest, y), 2.0f));
  B::Pair log = b.sum(high.high, b.add(high.low, b.add(low, tail)));
  for (auto [end, value] : {std::pair(0.0f, -kInfinity), {kInfinity, kInfinity}}) {
    log.high = b.ifEqual(a, end, value, log.high);
    log.low = b.ifEqual(a, end, 0.0f, log.low);
  }
  return log;
}

/// a^y, a ≥ 0.
Value powerOf(B &b, Value a, Value y) {
  auto limit = [&](Value v) { return b.max(b.min(v, 89.0f), -120.0f); };
  if (b.isShort) {
    Value log = positiveLog(b, a), t = limit(b.mul(y, b.ifEqual(a, 0.0f, -kInfinity, b.ifEqual(a, kInfinity, a, log))));
    return scaled(b, expOf(b, t, t, 0.0f));
  }
  B::Pair log = logPair(b, a), p = b.product(y, log.high);
  Value low = b.add(p.low, b.mul(y, log.low));
  low = b.ifLess(b.magnitude(p.high), 128.0f, low, 0.0f); // beyond, the result is 0 or infinite, and low may be NaN
  Value t = limit(p.high);
  return scaled(b, expOf(b, t, t, low));
}

} // namespace

Value powFunction(B &b, Value x, Value y) {
  Value a = b.magnitude(x), power = b.ifEqual(a, 1.0f, 1.0f, powerOf(b, a, y));
  // From 2^24 on every number is even.
  Value limited = b.min(b.magnitude(y), 0x1p24f), whole = b.toInt(limited, Round::TowardZero);
  Value odd = b.ifIntEqual(b.bitAnd(whole, 1), 1, kSignBit, 0);
  Value withSign = b.bitXor(power, b.bitAnd(odd, x));
  Value ofNegative = b.ifEqual(x, -kInfinity, power, b.ifLess(x, 0.0f, kNaN, power));
  Value result = b.ifEqual(b.toFloat(whole), limited, withSign, ofNegative);
  result = b.keepNaN(y, b.keepNaN(x, result));
  result = b.ifEqual(x, 1.0f, 1.0f, result);
  return b.ifEqual(y, 0.0f, 1.0f, result);
}

} // namespace tpu_mlir::kernel
