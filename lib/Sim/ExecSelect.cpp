//===- ExecSelect.cpp - Fused linear and fused compare --------------------===//
// LIN: a·b + c, (a+b)², (a−b)² with per-channel operands. CMP: one result
// chosen by a strict comparison. Source: shared ISA notes, isa.md §5 (stated;
// the rounding between LIN's two operations is inferred: one for a·b + c).

#include "Exec.h"

namespace tpu_mlir::sim {
namespace {

/// A per-channel vector (compact, at the result's lane) or a constant, as [1, C or 1, 1, 1].
Tensor channelOperand(Exec &e, const char *operand, Field isConstant, Field address, DType dtype,
                      const LocalTensor &result) {
  if (e.flag(isConstant))
    return e.constant(address, dtype);
  LocalTensor t = e.compact(operand, address, dtype, {1, result.dims.c, 1, 1});
  e.requireLane(operand, t, result.start.lane, ", where the result starts");
  return e.load(operand, t);
}

/// An operand of a comparison: constant, tensor (layout 0), or one value per lane (explicit layout with zero strides).
Tensor compareOperand(Exec &e, const char *operand, Field isConstant, Field address, DType dtype, Field selector,
                      const LocalTensor &result) {
  if (e.flag(isConstant))
    return e.constant(address, dtype);
  bool vector = e.command.has(selector) && e.get(selector) == isa::kLayoutExplicit;
  LocalTensor t = vector ? e.compact(operand, address, dtype, {1, result.dims.c, 1, 1})
                         : e.aligned(operand, address, dtype, result.dims);
  if (vector)
    t.strides = {};
  e.requireLane(operand, t, result.start.lane, ", where the result starts");
  return e.load(operand, t);
}

} // namespace

void executeLinear(Exec &e) {
  DType dtype = e.format(Field::res0_prec, true);
  if (dtype != DType::F32)
    e.notBuilt(std::string("fused linear arithmetic in ") + kernel::name(dtype));
  if (e.kind != isa::kLinMac && e.kind != isa::kLinSquareSum && e.kind != isa::kLinSquareDiff)
    e.notBuilt("this fused linear arithmetic");
  LocalTensor result = e.aligned("res0", Field::res0_addr, dtype, e.resultDims());
  LocalTensor input = e.aligned("opd0", Field::opd0_addr, dtype, e.resultDims());
  e.requireLane("opd0", input, result.start.lane, ", where the result starts");
  Tensor a = e.load("opd0", input), out = e.blank(dtype, result.dims);
  Tensor b = channelOperand(e, "opd1", Field::opd1_const, Field::opd1_addr, dtype, result);
  Tensor c = e.kind == isa::kLinMac ? channelOperand(e, "opd2", Field::opd2_const, Field::opd2_addr, dtype, result) : b;
  kernel::linear(e.kind == isa::kLinMac         ? kernel::LinearOp::MulAdd
                 : e.kind == isa::kLinSquareSum ? kernel::LinearOp::SquareOfSum
                                                : kernel::LinearOp::SquareOfDifference,
                 out, a, b, c);
  e.store("res0", result, out);
}

void executeCompare(Exec &e) {
  if (e.kind != isa::kCmpSelGt && e.kind != isa::kCmpSelEq && e.kind != isa::kCmpSelLt)
    e.notBuilt("a comparison with two results");
  DType sides = e.format(Field::opd0_prec, Field::opd0_sign), values = e.format(Field::opd2_prec, false);
  LocalTensor result = e.aligned("res0", Field::res0_addr, values, e.resultDims());
  Tensor a = compareOperand(e, "opd0", Field::opd0_const, Field::opd0_addr, sides, Field::opd0_str, result);
  Tensor b = compareOperand(e, "opd1", Field::opd1_const, Field::opd1_addr, sides, Field::opd1_str, result);
  Tensor yes = compareOperand(e, "opd2", Field::opd2_const, Field::opd2_addr, values, Field::opd2_str, result);
  Tensor no = compareOperand(e, "opd3", Field::opd3_const, Field::opd3_addr, values, Field::opd2_str, result);
  Tensor out = e.blank(values, result.dims);
  kernel::select(e.kind == isa::kCmpSelGt   ? kernel::Comparison::Greater
                 : e.kind == isa::kCmpSelLt ? kernel::Comparison::Less
                                            : kernel::Comparison::Equal,
                 out, a, b, yes, no);
  e.store("res0", result, out);
}

} // namespace tpu_mlir::sim
