//===- Round.cpp - Every rounding and saturation of the project -----------===//
// The scalar definitions. Vector loops (Inner.inc) restate them and are tested
// against these, which are tested against exact fractions.

#include "tpu_mlir/Kernel/Round.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <iterator>

namespace tpu_mlir::kernel {

const char *name(DType t) {
  static constexpr const char *kNames[] = {"f32", "f16", "i8", "u8", "i16", "u16", "i32", "u32", "bf16", "i4", "u4"};
  return kNames[size_t(t)];
}

Round roundNamed(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "half_to_even", "half_away_from_zero", "toward_zero", "floor", "ceil", "half_up", "half_down"};
  const auto *found = std::find(std::begin(kNames), std::end(kNames), name);
  assert(found != std::end(kNames) && "a rounding that the instruction table does not have");
  return Round(found - std::begin(kNames));
}

int64_t shiftRound(int64_t v, int shift, Round round) {
  if (shift >= 0)
    return shift > 63 ? 0 : int64_t(uint64_t(v) << shift);
  int amount = shift < -63 ? 63 : -shift;
  int64_t floor = v >> amount;
  bool half = (v >> (amount - 1)) & 1;                                   // first discarded bit
  bool below = (uint64_t(v) & ((uint64_t(1) << (amount - 1)) - 1)) != 0; // any discarded bit after it
  switch (round) {
  case Round::HalfToEven:
    return floor + (half && (below || (floor & 1)));
  case Round::HalfAwayFromZero:
    return floor + (half && (below || v >= 0));
  case Round::TowardZero:
    return floor + (v < 0 && (half || below));
  case Round::Floor:
    return floor;
  case Round::Ceil:
    return floor + (half || below);
  case Round::HalfUp:
    return floor + half;
  case Round::HalfDown:
    return floor + (half && below);
  }
  assert(false && "unknown rounding mode");
  return floor;
}

int64_t saturate(int64_t v, DType t) {
  auto [low, high] = rangeOf(t);
  return v < low ? low : v > high ? high : v;
}

int64_t floatToInt(double v, DType t, Round round) {
  if (std::isnan(v))
    return 0;
  auto [low, high] = rangeOf(t);
  // Beyond 2^53 doubles would do too; every format here has at most 32 bits.
  double whole = std::trunc(v), fraction = v - whole;
  bool odd = whole - 2 * std::trunc(whole * 0.5) != 0; // exact, and several times faster than fmod
  switch (round) {
  case Round::HalfToEven:
    whole += (fraction > 0.5 || (fraction == 0.5 && odd)) - (fraction < -0.5 || (fraction == -0.5 && odd));
    break;
  case Round::HalfAwayFromZero:
    whole += (fraction >= 0.5) - (fraction <= -0.5);
    break;
  case Round::TowardZero:
    break;
  case Round::Floor:
    whole -= fraction < 0;
    break;
  case Round::Ceil:
    whole += fraction > 0;
    break;
  case Round::HalfUp:
    whole += (fraction >= 0.5) - (fraction < -0.5);
    break;
  case Round::HalfDown:
    whole += (fraction > 0.5) - (fraction <= -0.5);
    break;
  }
  return whole <= double(low) ? low : whole >= double(high) ? high : int64_t(whole);
}

uint32_t narrowFloat(double v, DType t, Round round) {
  struct Shape {
    int exponentBits, mantissaBits;
  };
  const Shape f = t == DType::F16 ? Shape{5, 10} : t == DType::BF16 ? Shape{8, 7} : Shape{8, 23};
  const uint64_t bits = std::bit_cast<uint64_t>(v);
  const uint32_t infinity = ((uint32_t(1) << f.exponentBits) - 1) << f.mantissaBits;
  const bool isNegative = bits >> 63;
  const uint32_t sign = uint32_t(isNegative) << (f.exponentBits + f.mantissaBits);
  if (std::isnan(v))
    return sign | infinity | uint32_t(1) << (f.mantissaBits - 1) |
           (uint32_t(bits >> (52 - f.mantissaBits)) & ((uint32_t(1) << f.mantissaBits) - 1));
  if (std::isinf(v))
    return sign | infinity;
  if (v == 0)
    return sign;
  // The magnitude in steps of the format there: 53 bits, with the sign, shifted right by the bits that it lacks.
  int exponent;
  const int64_t mantissa = int64_t(std::ldexp(std::frexp(v, &exponent), 53));
  const int bias = (1 << (f.exponentBits - 1)) - 1;
  const int top = std::max(exponent - 1, 1 - bias); // the exponent of the format's leading bit
  const int64_t steps = shiftRound(mantissa, exponent - 53 - (top - f.mantissaBits), round);
  // A carry out of the mantissa is one into the exponent.
  const uint64_t magnitude = (uint64_t(top + bias - 1) << f.mantissaBits) + uint64_t(std::abs(steps));
  if (magnitude < infinity)
    return sign | uint32_t(magnitude);
  const bool isNearest = round != Round::TowardZero && round != Round::Floor && round != Round::Ceil;
  const bool isAway = isNearest || round == (isNegative ? Round::Floor : Round::Ceil);
  return sign | (isAway ? infinity : infinity - 1);
}

int64_t requantOne(int64_t v, int32_t multiplier, int32_t shift, int32_t zeroPoint, Round round, DType t) {
  int64_t product = int64_t(uint64_t(v) * uint64_t(int64_t(multiplier)));
  return saturate(int64_t(uint64_t(shiftRound(product, shift, round)) + uint64_t(int64_t(zeroPoint))), t);
}

} // namespace tpu_mlir::kernel
