//===- Lut.cpp - Functions as tables --------------------------------------===//
// All of tpu.Lut: a result for each of 256 inputs, looked up. Which functions become
// tables is Unary.cpp's to decide.
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Primitive/Elements.h"
#include "tpu_mlir/Recipe/Recipe.h"

using namespace mlir;

namespace tpu_mlir {

//===- Verify (tpu) -------------------------------------------------------===//

LogicalResult tpu::LutOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameShape(*this, getInput(), getOutput())))
    return failure();
  int64_t entries = cast<ShapedType>(getTable().getType()).getNumElements();
  if (entries != 256)
    return emitOpError() << "'table' has 256 entries, got " << entries;
  if (kernel::bitWidth(formatOf(getInput()).dtype) != 8)
    return emitOpError() << "'input' has 8-bit elements, got " << getInput().getType();
  return verifyType(*this, "table", getTable(), formatOf(getOutput()).dtype);
}

//===- Form ---------------------------------------------------------------===//

Form tpu::LutOp::form() {
  Recipe r;
  Dims d = nchwOf(getOutput());
  auto full = AxisMap::full();
  int x = r.addInput(0, formatOf(getInput()).dtype, d);
  int entries = r.addWeight(1, formatOf(getTable()).dtype, {1, 1, 1, 256}, Layout::Lanes, {full, full, full, full});
  int y = r.addOutput(formatOf(getOutput()).dtype, d);
  for (int id : {x, entries, y})
    r.buffers[id].ownBank = true; // a gather's three operands share no bank
  r.steps.push_back(primitive::lookup(y, x, entries));
  return r;
}

} // namespace tpu_mlir
