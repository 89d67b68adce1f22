//===- RequantInt.cpp - From one integer format to another ----------------===//
// All of tpu.RequantInt: one multiplication and one rounding. Where formats change,
// Lowering decides.
#include "tpu_mlir/Dialect/Tpu/IR/Verify.h"
#include "tpu_mlir/Ops/ZeroPoints.h"
#include "tpu_mlir/Primitive/Requant.h"
#include "tpu_mlir/Recipe/Recipe.h"

using namespace mlir;

namespace tpu_mlir {

//===- Verify (tpu) -------------------------------------------------------===//

LogicalResult tpu::RequantIntOp::verify() {
  if (failed(verifyTensors(*this)) || failed(verifySameShape(*this, getInput(), getOutput())))
    return failure();
  if (!formatOf(getInput()).isQuantized() || !formatOf(getOutput()).isQuantized())
    return emitOpError() << "'input' and 'output' have 8-bit elements, got " << getInput().getType() << " and "
                         << getOutput().getType();
  return verifyRequant(*this, getMultiplier(), getRshift());
}

//===- Form ---------------------------------------------------------------===//

Form tpu::RequantIntOp::form() {
  Recipe r;
  Dims d = nchwOf(getOutput());
  const NumberFormat in = formatOf(getInput()), out = formatOf(getOutput());
  int x = r.addInput(0, in.dtype, d), y = r.addOutput(out.dtype, d);
  r.steps.push_back(primitive::requant(y, centred(r, x, in, d),
                                       {int32_t(getMultiplier()), int32_t(-getRshift()), int32_t(out.zeroPoint)}));
  return r;
}

} // namespace tpu_mlir
