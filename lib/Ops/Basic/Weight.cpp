//===- Weight.cpp - top.Weight --------------------------------------------===//
// What a weight op may say. Its array is the WeightStore's.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

using namespace mlir;
using namespace tpu_mlir::top;

/// Far beyond any array's width; keeps the arithmetic on it from overflowing.
static constexpr int64_t kMostPack = 65536;

//===- Verify -------------------------------------------------------------===//

LogicalResult WeightOp::verify() {
  if (!hasStaticShape(getOutput()))
    return emitOpError("'output' has type ") << getOutput().getType() << ", but the shape of a weight is known";
  if (!isPossible(shapeOf(getOutput())))
    return emitOpError("'output' has shape ")
           << shapeText(shapeOf(getOutput())) << ", which is empty or larger than 2^40 elements";
  if (auto store = getStore(); store && *store != "conv_nic")
    return emitOpError("'store' is \"") << *store << "\"; known: conv_nic";
  if (getPack().has_value() != getStore().has_value())
    return emitOpError("'store' and 'pack' belong together, but only '")
           << (getPack() ? "pack" : "store") << "' is given";
  if (auto pack = getPack(); pack && (*pack < 1 || *pack > kMostPack))
    return emitOpError("'pack' is ") << *pack << "; it must be positive" << (*pack < 1 ? "" : " and at most 65536");
  if (getStore() && shapeOf(getOutput()).size() != 4)
    return emitOpError("'store' is for filters of 4 dimensions, but the shape is ") << shapeText(shapeOf(getOutput()));
  return success();
}
