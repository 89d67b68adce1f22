//===- ExecArith.cpp - Element-wise arithmetic ----------------------------===//
// Integer add, sub and mul: 64-bit value, shift with rounding, saturation to
// the result's format. For the saturating mnemonics that is the reading that
// vendor streams verify; for the plain ones it is the vendor compiler's own
// reference arithmetic (stated), the chip's behaviour on overflow is unknown.
// Floats: one IEEE operation per element; mac is taken as fused (fused and
// unfused were not distinguishable in the evidence).
// Source: shared ISA notes, isa.md §5.

#include "Exec.h"
#include "tpu_mlir/Kernel/Float.h"

#include <cmath>
#include <cstring>
#include <optional>

namespace tpu_mlir::sim {
namespace {

using kernel::BinaryOp;

struct OperandFields {
  const char *name;
  Field address, constant, precision, sign, layout, n, c, h, w;
};
constexpr OperandFields kFirst = {
    "opd0",          Field::opd0_addr,  Field::opd0_const, Field::opd0_prec,  Field::opd0_sign,
    Field::opd0_str, Field::opd0_n_str, Field::opd0_c_str, Field::opd0_h_str, Field::opd0_w_str};
constexpr OperandFields kSecond = {
    "opd1",          Field::opd1_addr,  Field::opd1_const, Field::opd1_prec,  Field::opd1_sign,
    Field::opd1_str, Field::opd1_n_str, Field::opd1_c_str, Field::opd1_h_str, Field::opd1_w_str};

/// A tensor operand has the result's shape.
LocalTensor placeOfOperand(Exec &e, const OperandFields &f, const LocalTensor &result) {
  LocalTensor t = e.byLayout(f.name, f.address, e.format(f.precision, f.sign), result.dims, f.layout,
                             {e.get(f.n), e.get(f.c), e.get(f.h), e.get(f.w)});
  e.requireLane(f.name, t, result.start.lane, ", where the result starts");
  return t;
}

/// Zero strides in n, h and w repeat, so only one element is read along them.
Tensor loadOperand(Exec &e, const OperandFields &f, const LocalTensor &result, bool inPlace) {
  if (e.flag(f.constant))
    return e.constant(f.address, e.format(f.precision, f.sign));
  LocalTensor t = placeOfOperand(e, f, result);
  if (t.strides.n == 0)
    t.dims.n = 1;
  if (t.strides.h == 0)
    t.dims.h = 1;
  if (t.strides.w == 0)
    t.dims.w = 1;
  return inPlace ? e.view(f.name, t, result) : e.load(f.name, t);
}

/// The third operand of integer kinds: an int8 shift, absent when the command has two operands.
int shiftOf(const Exec &e) {
  if (e.get(Field::tsk_opd_num) < 3)
    return 0;
  if (!e.flag(Field::opd2_const))
    e.notBuilt("a shift per element");
  return int(int8_t(e.get(Field::opd2_addr)));
}

Tensor widened(Exec &e, const Tensor &t) {
  if (t.dtype == DType::F32)
    return t;
  Tensor wide = e.blank(DType::F32, t.dims);
  kernel::cast(wide, t, kernel::Round::HalfToEven);
  return wide;
}

void binary(Exec &e, BinaryOp op, const Tensor &out, const Tensor &a, const Tensor &b) {
  if (!kernel::isFloat(out.dtype)) {
    if (kernel::isFloat(a.dtype) || kernel::isFloat(b.dtype))
      e.notBuilt(std::string("arithmetic from ") + kernel::name(a.dtype) + " and " + kernel::name(b.dtype) + " to " +
                 kernel::name(out.dtype));
    bool shifts = op != BinaryOp::Max && op != BinaryOp::Min;
    int shift = shifts ? shiftOf(e) : 0;
    return kernel::binary(op, out, a, b, shift, shift ? e.round() : kernel::Round::HalfUp);
  }
  if (a.dtype != out.dtype || b.dtype != out.dtype)
    e.notBuilt(std::string("arithmetic from ") + kernel::name(a.dtype) + " and " + kernel::name(b.dtype) + " to " +
               kernel::name(out.dtype));
  if (out.dtype == DType::F32)
    return kernel::binary(op, out, a, b);
  // One operation in fp32 and one rounding equal one operation in the half format: fp32 has more than twice its bits.
  Tensor wide = e.blank(DType::F32, out.dims);
  kernel::binary(op, wide, widened(e, a), widened(e, b));
  kernel::cast(out, wide, kernel::Round::HalfToEven);
}

/// Element access for the rare kinds: value of broadcast operand t at result position i, as raw bits extended by sign.
class Reader {
public:
  Reader(const Tensor &t, const Dims &out) : t(t), out(out) {}
  int64_t index(int64_t i) const {
    if (t.dims == out)
      return i;
    int64_t w = i % out.w, h = i / out.w % out.h, c = i / out.w / out.h % out.c, n = i / out.w / out.h / out.c;
    const Dims &d = t.dims;
    return (((d.n == 1 ? 0 : n) * d.c + (d.c == 1 ? 0 : c)) * d.h + (d.h == 1 ? 0 : h)) * d.w + (d.w == 1 ? 0 : w);
  }
  int64_t integer(int64_t i) const {
    i = index(i);
    switch (t.dtype) {
    case DType::I8:
      return t.as<int8_t>()[i];
    case DType::U8:
      return t.as<uint8_t>()[i];
    case DType::I16:
      return t.as<int16_t>()[i];
    case DType::U16:
    case DType::F16:
    case DType::BF16:
      return t.as<uint16_t>()[i];
    case DType::I32:
      return t.as<int32_t>()[i];
    default:
      return t.as<uint32_t>()[i];
    }
  }
  float real(int64_t i) const { return t.as<float>()[index(i)]; }

private:
  const Tensor &t;
  Dims out;
};

void storeBits(const Tensor &out, int64_t i, int64_t bits) {
  int64_t size = kernel::byteSize(out.dtype);
  std::memcpy(out.as<uint8_t>() + i * size, &bits, size_t(size));
}

template <typename F> void bitwise(const Tensor &out, F f) {
  for (int64_t i = 0, n = out.dims.count(); i < n; ++i)
    storeBits(out, i, f(i));
}

/// out = a ? b : value-when-true else 0.
void select(Exec &e, const Tensor &out, const Tensor &a, const Tensor &b) {
  if (!e.flag(Field::opd2_const))
    e.notBuilt("a select with a tensor as value");
  if (kernel::isFloat(a.dtype) != kernel::isFloat(b.dtype) || (kernel::isFloat(a.dtype) && a.dtype != DType::F32))
    e.notBuilt(std::string("a comparison of ") + kernel::name(a.dtype) + " and " + kernel::name(b.dtype));
  int64_t whenTrue = e.get(Field::opd2_addr);
  Reader ra(a, out.dims), rb(b, out.dims);
  auto compare = [&](auto x, auto y) {
    return e.kind == isa::kArithSelectGreat ? x > y : e.kind == isa::kArithSelectLess ? x < y : x == y;
  };
  bitwise(out, [&](int64_t i) {
    bool holds = a.dtype == DType::F32 ? compare(ra.real(i), rb.real(i)) : compare(ra.integer(i), rb.integer(i));
    return holds ? whenTrue : 0; // the false value is 0 by the interface's description (inferred)
  });
}

/// Shifts by b: arithmetic with rounding, or logical on the operand's bits; positive is left.
void shift(Exec &e, const Tensor &out, const Tensor &a, const Tensor &b) {
  if (kernel::isFloat(out.dtype) || kernel::isFloat(a.dtype) || kernel::isFloat(b.dtype))
    e.notBuilt("a shift of floating numbers");
  Reader ra(a, out.dims), rb(b, out.dims);
  int bits = kernel::bitWidth(a.dtype);
  uint64_t mask = (uint64_t(1) << bits) - 1;
  bitwise(out, [&](int64_t i) -> int64_t {
    int64_t v = ra.integer(i), s = rb.integer(i);
    if (e.kind == isa::kArithAshift)
      return kernel::saturate(kernel::shiftRound(v, int(std::max<int64_t>(s, -64)), e.round()), out.dtype);
    uint64_t u = uint64_t(v) & mask;
    if (e.kind == isa::kArithCshift) {
      int amount = int(((s % bits) + bits) % bits);
      return int64_t(amount ? ((u << amount) | (u >> (bits - amount))) & mask : u);
    }
    return int64_t(s <= -bits || s >= bits ? 0 : s < 0 ? u >> -s : (u << s) & mask);
  });
}

void multiplyAccumulate(Exec &e, const LocalTensor &result, const Tensor &out, const Tensor &a, const Tensor &b) {
  if (out.dtype != DType::F32 || a.dtype != DType::F32 || b.dtype != DType::F32)
    e.notBuilt("multiply-accumulate in formats other than f32");
  Tensor old = e.load("res0", result);
  Reader ra(a, out.dims), rb(b, out.dims);
  for (int64_t i = 0, n = out.dims.count(); i < n; ++i)
    out.as<float>()[i] = std::fma(ra.real(i), rb.real(i), old.as<float>()[i]);
}

/// |a| or |a − b|.
void absolute(Exec &e, const Tensor &out, const Tensor &a, const Tensor *b) {
  if (kernel::isFloat(a.dtype) ? a.dtype != out.dtype : kernel::isFloat(out.dtype))
    e.notBuilt(std::string("an absolute value from ") + kernel::name(a.dtype) + " to " + kernel::name(out.dtype));
  Tensor difference = a;
  if (b) {
    difference = e.blank(kernel::isFloat(out.dtype) ? out.dtype : DType::I32, out.dims);
    binary(e, BinaryOp::Sub, difference, a, *b);
  }
  Reader r(difference, out.dims);
  if (!kernel::isFloat(out.dtype))
    return bitwise(out, [&](int64_t i) { return kernel::saturate(std::abs(r.integer(i)), out.dtype); });
  int64_t magnitude = (int64_t(1) << (kernel::bitWidth(out.dtype) - 1)) - 1;
  bitwise(out, [&](int64_t i) { return r.integer(i) & magnitude; });
}

void copy(Exec &e, const Tensor &out, const Tensor &a) {
  if (kernel::byteSize(a.dtype) != kernel::byteSize(out.dtype))
    e.notBuilt(std::string("a copy from ") + kernel::name(a.dtype) + " to " + kernel::name(out.dtype));
  if (a.dims == out.dims) {
    std::memcpy(out.data, a.data, size_t(out.bytes()));
    return;
  }
  Reader r(a, out.dims);
  bitwise(out, [&](int64_t i) { return r.integer(i); });
}

bool isUnary(uint32_t kind) {
  return kind == isa::kArithCast || kind == isa::kArithCopy || kind == isa::kArithNot || kind == isa::kArithAbs;
}

std::optional<BinaryOp> binaryOp(uint32_t kind) {
  using namespace isa;
  constexpr std::pair<uint32_t, BinaryOp> kOps[] = {
      {kArithAdd, BinaryOp::Add}, {kArithAdds, BinaryOp::Add}, {kArithSub, BinaryOp::Sub}, {kArithSubs, BinaryOp::Sub},
      {kArithMul, BinaryOp::Mul}, {kArithMuls, BinaryOp::Mul}, {kArithMax, BinaryOp::Max}, {kArithMin, BinaryOp::Min}};
  for (auto [known, op] : kOps)
    if (kind == known)
      return op;
  return std::nullopt;
}

/// Whether the result's integers are signed. Casts say so; else a result is signed if an operand is.
bool resultIsSigned(const Exec &e) {
  if (e.kind == isa::kArithCast)
    return e.flag(Field::opd2_sign);
  // Differences can be negative whatever the operands (inferred: the command has no field for the result's sign).
  if (e.kind == isa::kArithSub || e.kind == isa::kArithSubs)
    return true;
  return e.flag(Field::opd0_sign) || (!isUnary(e.kind) && e.flag(Field::opd1_sign));
}

} // namespace

void executeArith(Exec &e) {
  LocalTensor result = e.byLayout(
      "res0", Field::res0_addr, e.format(Field::res0_prec, resultIsSigned(e)), e.resultDims(), Field::res0_str,
      {e.get(Field::res0_n_str), e.get(Field::res0_c_str), e.get(Field::res0_h_str), e.get(Field::res0_w_str)});
  std::optional<BinaryOp> op = binaryOp(e.kind);
  if (e.kind == isa::kArithCopy && !e.flag(Field::opd0_const) &&
      kernel::byteSize(e.format(Field::opd0_prec, Field::opd0_sign)) == kernel::byteSize(result.dtype) &&
      e.move("opd0", placeOfOperand(e, kFirst, result), "res0", result))
    return;
  bool inPlace = op && kernel::byteSize(result.dtype) != 2; // half floats are widened whole
  Tensor out = inPlace ? e.target("res0", result) : e.blank(result.dtype, result.dims);
  Tensor a = loadOperand(e, kFirst, result, inPlace);
  Tensor b = isUnary(e.kind) ? a : loadOperand(e, kSecond, result, inPlace);
  Reader ra(a, out.dims), rb(b, out.dims);
  if (op)
    return binary(e, *op, out, a, b), e.finish("res0", result, out);
  switch (e.kind) {
  case isa::kArithAnd:
    bitwise(out, [&](int64_t i) { return ra.integer(i) & rb.integer(i); });
    break;
  case isa::kArithOr:
    bitwise(out, [&](int64_t i) { return ra.integer(i) | rb.integer(i); });
    break;
  case isa::kArithXor:
    bitwise(out, [&](int64_t i) { return ra.integer(i) ^ rb.integer(i); });
    break;
  case isa::kArithNot:
    bitwise(out, [&](int64_t i) { return ~ra.integer(i); });
    break;
  case isa::kArithSelectGreat:
  case isa::kArithSelectEqual:
  case isa::kArithSelectLess:
    select(e, out, a, b);
    break;
  case isa::kArithLogicShift:
  case isa::kArithAshift:
  case isa::kArithCshift:
    shift(e, out, a, b);
    break;
  case isa::kArithMac:
    multiplyAccumulate(e, result, out, a, b);
    break;
  case isa::kArithAbs:
    absolute(e, out, a, nullptr);
    break;
  case isa::kArithFsubabs:
    absolute(e, out, a, &b);
    break;
  case isa::kArithCopy:
    copy(e, out, a);
    break;
  case isa::kArithCast: {
    bool toInteger = kernel::isFloat(a.dtype) && !kernel::isFloat(out.dtype);
    if (a.dims == out.dims) {
      kernel::cast(out, a, toInteger ? e.round() : kernel::Round::HalfToEven);
    } else {
      Tensor whole = e.blank(a.dtype, out.dims);
      copy(e, whole, a);
      kernel::cast(out, whole, toInteger ? e.round() : kernel::Round::HalfToEven);
    }
    break;
  }
  default:
    e.notBuilt("this arithmetic");
  }
  e.store("res0", result, out);
}

} // namespace tpu_mlir::sim
