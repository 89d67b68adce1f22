//===- Cast.cpp - top.Cast ------------------------------------------------===//
// A change of number format that the source network asked for. Top computes in
// fp32, so a cast between float formats changes nothing here.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

using namespace mlir;
using namespace tpu_mlir::top;

//===- Verify -------------------------------------------------------------===//

LogicalResult CastOp::verify() { return detail::verifySameShape(*this); }

//===- Infer shape --------------------------------------------------------===//

LogicalResult CastOp::inferShape() { return detail::inferSameShape(*this); }

//===- FLOPs --------------------------------------------------------------===//

int64_t CastOp::flops() { return 0; }

//===- Fold / canonicalise ------------------------------------------------===//

OpFoldResult CastOp::fold(FoldAdaptor) {
  bool isIdentity = getInput().getType() == getOutput().getType() && !isReturned(getOutput());
  return isIdentity ? getInput() : OpFoldResult();
}
