//===- ExecMatmul.cpp - Matrix products with rows in lanes ----------------===//
// mm2: matrix r×c lies as [1, r, 1, c], aligned, row = channel. Everything
// starts in lane 0. Source: shared ISA notes, isa.md §3 and §5 (stated).

#include "Exec.h"

namespace tpu_mlir::sim {
namespace {

Tensor loadMatrix(Exec &e, const char *operand, Field isConstant, Field address, DType dtype, int64_t rows,
                  int64_t columns) {
  if (e.flag(isConstant))
    e.notBuilt("a constant matrix");
  LocalTensor t = e.aligned(operand, address, dtype, {1, rows, 1, columns});
  e.requireLane(operand, t, 0, " (matrix product)");
  Tensor dense = e.load(operand, t);
  dense.dims = {1, 1, rows, columns};
  return dense;
}

} // namespace

void executeMatmul2(Exec &e) {
  bool rightTransposed = e.kind == isa::kMm2Nt;
  if (!rightTransposed && e.kind != isa::kMm2Nn)
    e.notBuilt("the matrix product of two transposed matrices (its result layout is unknown)");
  int64_t rows = e.get(Field::res0_c), columns = e.get(Field::res0_w);
  int64_t rightRows = e.get(Field::opd1_c), rightColumns = e.get(Field::opd1_w);
  int64_t depth = rightTransposed ? rightColumns : rightRows;
  if ((rightTransposed ? rightRows : rightColumns) != columns)
    throw UserError("the result has " + std::to_string(columns) + " columns but the right matrix gives " +
                    std::to_string(rightTransposed ? rightRows : rightColumns));
  DType leftType = e.format(Field::opd0_prec, Field::opd0_sign),
        rightType = e.format(Field::opd0_prec, Field::opd1_sign);
  DType outType = e.format(Field::res0_prec, true);
  bool integers = kernel::bitWidth(leftType) == 8 && outType == DType::I32;
  if (!integers && !(kernel::isFloat(leftType) && (outType == leftType || outType == DType::F32)))
    e.notBuilt(std::string("a matrix product from ") + kernel::name(leftType) + " to " + kernel::name(outType));
  if (!integers && e.flag(Field::res_add))
    e.notBuilt("accumulating a floating matrix product (its order is unknown)");

  LocalTensor result = e.aligned("res0", Field::res0_addr, outType, {1, rows, 1, columns});
  e.requireLane("res0", result, 0, " (matrix product)");
  Tensor left = loadMatrix(e, "opd0", Field::opd0_const, Field::opd0_addr, leftType, rows, depth);
  Tensor right = loadMatrix(e, "opd1", Field::opd1_const, Field::opd1_addr, rightType, rightRows, rightColumns);
  if (rightTransposed) {
    Tensor turned = e.blank(right.dtype, {1, 1, depth, columns});
    kernel::transposeMatrices(turned, right);
    right = turned;
  }
  Tensor out = e.blank(outType, {1, 1, rows, columns});
  DType zeroType = e.flag(Field::opd1_sign) ? DType::I8 : DType::U8;
  bool constantZero = !integers || e.flag(Field::opd2_const);
  kernel::matmul(out, left, right, integers && constantZero ? int(e.integerConstant(Field::opd2_addr, zeroType)) : 0);
  if (!constantZero) {
    // One value per column, the same in every lane; lane 0 is read.
    LocalTensor zeros = e.aligned("opd2", Field::opd2_addr, zeroType, {1, 1, 1, columns});
    e.requireLane("opd2", zeros, 0, " (matrix product)");
    kernel::subtractColumnZeroPoints(out, left, e.load("opd2", zeros));
  }
  if (e.flag(Field::res_add))
    kernel::accumulate(out, e.load("res0", result));
  e.store("res0", result, out);
}

} // namespace tpu_mlir::sim
