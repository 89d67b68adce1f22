//===- SequenceBuilder.h - Writing programs as formulas ---------*- C++ -*-===//
// Values are registers or constants; each function call is one step. What steps
// several functions share (products with their error, fields of a float) is
// here; what makes a function is not.
#ifndef TPU_MLIR_LIB_KERNEL_SEQUENCEBUILDER_H
#define TPU_MLIR_LIB_KERNEL_SEQUENCEBUILDER_H

#include "tpu_mlir/Kernel/Sequence.h"

#include <bit>
#include <cmath>
#include <span>

namespace tpu_mlir::kernel {

/// A register, or a constant: a float where it is written with a point, else an integer.
struct Value : Sequence::Operand {
  Value(int reg, bool) : Operand{reg, 0} {}
  Value(float v) : Operand{-1, std::bit_cast<uint32_t>(v)} {}
  Value(int32_t v) : Operand{-1, uint32_t(v)} {}
  Value(uint32_t v) : Operand{-1, v} {}
};

inline constexpr uint32_t kSignBit = 0x80000000u, kMagnitude = 0x7fffffffu, kExponent = 0x7f800000u, kOne = 0x3f800000u;
inline constexpr float kInfinity = INFINITY;

class SequenceBuilder {
public:
  SequenceBuilder(int inputs, bool isShort) : isShort(isShort) { program.inputs = program.registers = inputs; }
  Sequence program;
  const bool isShort; ///< 17 bits of the result are enough: it is rounded to 16-bit formats, which have 11 or 8

  Value input(int number) { return {number, true}; }

  Value add(Value a, Value b) { return binary(EngineOp::Add, DType::F32, a, b); }
  Value sub(Value a, Value b) { return binary(EngineOp::Sub, DType::F32, a, b); }
  Value mul(Value a, Value b) { return binary(EngineOp::Mul, DType::F32, a, b); }
  Value max(Value a, Value b) { return binary(EngineOp::Max, DType::F32, a, b); }
  Value min(Value a, Value b) { return binary(EngineOp::Min, DType::F32, a, b); }
  Value addInt(Value a, Value b) { return binary(EngineOp::Add, DType::I32, a, b); }
  Value subInt(Value a, Value b) { return binary(EngineOp::Sub, DType::I32, a, b); }
  Value minInt(Value a, Value b) { return binary(EngineOp::Min, DType::I32, a, b); }
  Value maxInt(Value a, Value b) { return binary(EngineOp::Max, DType::I32, a, b); }
  Value bitAnd(Value a, Value b) { return binary(EngineOp::And, DType::I32, a, b); }
  Value bitOr(Value a, Value b) { return binary(EngineOp::Or, DType::I32, a, b); }
  Value bitXor(Value a, Value b) { return binary(EngineOp::Xor, DType::I32, a, b); }
  /// Left, or right where negative, rounding down.
  Value shift(Value a, int places) { return binary(EngineOp::Shift, DType::I32, a, int32_t(places)); }
  Value toInt(Value a, Round round = Round::HalfToEven) { return cast(a, DType::F32, DType::I32, round); }
  Value toFloat(Value a) { return cast(a, DType::I32, DType::F32, Round::HalfToEven); }
  Value cast(Value a, DType from, DType to, Round round = Round::HalfToEven) {
    Value v = fresh();
    program.steps.push_back({EngineOp::Cast, to, v.reg, a, {}, {}, {}, from, round});
    return v;
  }
  Value ifGreater(Value a, Value b, Value yes, Value no) {
    return choose(EngineOp::SelectGreater, DType::F32, a, b, yes, no);
  }
  Value ifLess(Value a, Value b, Value yes, Value no) {
    return choose(EngineOp::SelectLess, DType::F32, a, b, yes, no);
  }
  Value ifEqual(Value a, Value b, Value yes, Value no) {
    return choose(EngineOp::SelectEqual, DType::F32, a, b, yes, no);
  }
  Value ifIntEqual(Value a, Value b, Value yes, Value no) {
    return choose(EngineOp::SelectEqual, DType::I32, a, b, yes, no);
  }
  Value polynomial(Value x, std::span<const float> coefficients) {
    Value v = fresh();
    program.steps.push_back({EngineOp::Polynomial, DType::F32, v.reg, x, {}, {}, {}});
    program.steps.back().coefficients = int(program.polynomials.size());
    program.polynomials.emplace_back(coefficients.begin(), coefficients.end());
    return v;
  }

  Value magnitude(Value x) { return bitAnd(x, kMagnitude); }
  Value signOf(Value x) { return bitAnd(x, kSignBit); }
  /// NaN where x is NaN: comparisons choose the other value there.
  Value keepNaN(Value x, Value y) { return ifEqual(x, x, y, x); }
  /// 2^k from an integer −126 to 127.
  Value powerOfTwo(Value k) { return shift(addInt(k, 127), 23); }

  /// A number in two parts of fp32.
  struct Pair {
    Value high, low;
  };
  /// A number's leading 12 bits and its other 12: products of halves are exact.
  Pair halves(Value x) {
    Value high = bitAnd(x, 0xfffff000u);
    return {high, sub(x, high)};
  }
  /// a · b without an error, where it neither overflows nor comes near the denormals. Source: T. J. Dekker, A
  /// floating-point technique for extending the available precision, 1971.
  Pair product(Value a, Value b) { return product(a, b, halves(a), halves(b)); }
  Pair product(Value a, Value b, Pair ha, Pair hb) {
    Value p = mul(a, b);
    Value rest = sub(mul(ha.high, hb.high), p);
    rest = add(rest, mul(ha.high, hb.low));
    rest = add(rest, mul(ha.low, hb.high));
    return {p, add(rest, mul(ha.low, hb.low))};
  }
  /// a + b without an error, |a| ≥ |b| or a zero.
  Pair sum(Value a, Value b) {
    Value s = add(a, b);
    return {s, sub(b, sub(s, a))};
  }

private:
  Value fresh() { return {program.registers++, true}; }
  Value binary(EngineOp what, DType t, Value a, Value b) {
    Value v = fresh();
    program.steps.push_back({what, t, v.reg, a, b, {}, {}});
    return v;
  }
  Value choose(EngineOp what, DType t, Value a, Value b, Value yes, Value no) {
    Value v = fresh();
    program.steps.push_back({what, t, v.reg, a, b, yes, no});
    return v;
  }
};

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_LIB_KERNEL_SEQUENCEBUILDER_H
