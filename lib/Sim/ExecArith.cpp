//===- ExecArith.cpp - Element-wise arithmetic ----------------------------===//
// Which kernel a command means, on which formats. Integer add, sub and mul:
// 64-bit value, shift with rounding, saturation to the result's format. For the saturating mnemonics that is the
// reading that vendor streams verify; for the plain ones it is the vendor compiler's own reference arithmetic (stated),
// the chip's behaviour on overflow is unknown. Floats: one IEEE operation per element; mac is taken as fused (fused and
// unfused were not distinguishable in the evidence).
// Source: shared ISA notes, isa.md §5.

#include "Exec.h"

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

void refuse(Exec &e, const Tensor &out, const Tensor &a, const Tensor &b) {
  e.notBuilt(std::string("arithmetic from ") + kernel::name(a.dtype) + " and " + kernel::name(b.dtype) + " to " +
             kernel::name(out.dtype));
}

void binary(Exec &e, BinaryOp op, const Tensor &out, const Tensor &a, const Tensor &b) {
  if (kernel::isFloat(out.dtype)) {
    if (a.dtype != out.dtype || b.dtype != out.dtype)
      refuse(e, out, a, b);
    return kernel::binary(op, out, a, b);
  }
  if (kernel::isFloat(a.dtype) || kernel::isFloat(b.dtype))
    refuse(e, out, a, b);
  bool shifts = op != BinaryOp::Max && op != BinaryOp::Min;
  int shift = shifts ? shiftOf(e) : 0;
  kernel::binary(op, out, a, b, shift, shift ? e.round() : kernel::Round::HalfUp);
}

/// out = a ? b : value-when-true else 0.
void select(Exec &e, const Tensor &out, const Tensor &a, const Tensor &b) {
  if (!e.flag(Field::opd2_const))
    e.notBuilt("a select with a tensor as value");
  if (kernel::isFloat(a.dtype) != kernel::isFloat(b.dtype) || (kernel::isFloat(a.dtype) && a.dtype != b.dtype))
    e.notBuilt(std::string("a comparison of ") + kernel::name(a.dtype) + " and " + kernel::name(b.dtype));
  // The false value is 0 by the interface's description (inferred).
  Tensor yes = e.constant(Field::opd2_addr, out.dtype), no = e.blank(out.dtype, yes.dims);
  std::memset(no.data, 0, size_t(no.bytes()));
  kernel::select(e.kind == isa::kArithSelectGreat  ? kernel::Comparison::Greater
                 : e.kind == isa::kArithSelectLess ? kernel::Comparison::Less
                                                   : kernel::Comparison::Equal,
                 out, a, b, yes, no);
}

/// Shifts by b: arithmetic with rounding, or on the operand's bits; positive is left.
void shift(Exec &e, const Tensor &out, const Tensor &a, const Tensor &b) {
  if (kernel::isFloat(out.dtype) || kernel::isFloat(a.dtype) || kernel::isFloat(b.dtype))
    e.notBuilt("a shift of floating numbers");
  using kernel::ShiftOp;
  bool isArithmetic = e.kind == isa::kArithAshift; // the others have no rounding field
  kernel::shiftEach(isArithmetic                  ? ShiftOp::Arithmetic
                    : e.kind == isa::kArithCshift ? ShiftOp::Rotate
                                                  : ShiftOp::Logical,
                    out, a, b, isArithmetic ? e.round() : kernel::Round::Floor);
}

void multiplyAccumulate(Exec &e, const LocalTensor &result, const Tensor &out, const Tensor &a, const Tensor &b) {
  if (out.dtype != DType::F32 || a.dtype != DType::F32 || b.dtype != DType::F32)
    e.notBuilt("multiply-accumulate in formats other than f32");
  std::memcpy(out.data, e.load("res0", result).data, size_t(out.bytes()));
  kernel::multiplyAdd(out, a, b);
}

/// |a| or |a − b|.
void absolute(Exec &e, const Tensor &out, const Tensor &a, const Tensor *b) {
  if (kernel::isFloat(a.dtype) ? a.dtype != out.dtype : kernel::isFloat(out.dtype))
    e.notBuilt(std::string("an absolute value from ") + kernel::name(a.dtype) + " to " + kernel::name(out.dtype));
  if (!b)
    return kernel::absolute(out, a);
  if (kernel::isFloat(a.dtype) != kernel::isFloat(b->dtype) || (kernel::isFloat(a.dtype) && a.dtype != b->dtype))
    refuse(e, out, a, *b);
  int shift = kernel::isFloat(out.dtype) ? 0 : shiftOf(e);
  kernel::absoluteDifference(out, a, *b, shift, shift ? e.round() : kernel::Round::HalfUp);
}

void copy(Exec &e, const Tensor &out, const Tensor &a) {
  if (kernel::byteSize(a.dtype) != kernel::byteSize(out.dtype))
    e.notBuilt(std::string("a copy from ") + kernel::name(a.dtype) + " to " + kernel::name(out.dtype));
  kernel::copyElements(out, a);
}

void cast(Exec &e, const Tensor &out, const Tensor &a) {
  bool toInteger = kernel::isFloat(a.dtype) && !kernel::isFloat(out.dtype);
  Tensor whole = a;
  if (a.dims != out.dims) {
    whole = e.blank(a.dtype, out.dims);
    kernel::copyElements(whole, a);
  }
  kernel::cast(out, whole, toInteger ? e.round() : kernel::Round::HalfToEven);
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
  bool inPlace = op.has_value();
  Tensor out = inPlace ? e.target("res0", result) : e.blank(result.dtype, result.dims);
  Tensor a = loadOperand(e, kFirst, result, inPlace);
  Tensor b = isUnary(e.kind) ? a : loadOperand(e, kSecond, result, inPlace);
  if (op)
    return binary(e, *op, out, a, b), e.finish("res0", result, out);
  switch (e.kind) {
  case isa::kArithAnd:
    kernel::bitwise(kernel::BitOp::And, out, a, b);
    break;
  case isa::kArithOr:
    kernel::bitwise(kernel::BitOp::Or, out, a, b);
    break;
  case isa::kArithXor:
    kernel::bitwise(kernel::BitOp::Xor, out, a, b);
    break;
  case isa::kArithNot:
    kernel::bitwise(kernel::BitOp::Not, out, a, a);
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
  case isa::kArithCast:
    cast(e, out, a);
    break;
  default:
    e.notBuilt("this arithmetic");
  }
  e.store("res0", result, out);
}

} // namespace tpu_mlir::sim
