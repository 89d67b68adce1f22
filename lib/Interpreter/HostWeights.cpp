//===- HostWeights.cpp - Weights in row-major order -----------------------===//
#include "tpu_mlir/Interpreter/HostWeights.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Ops/FilterPacking.h"

using namespace mlir;

namespace tpu_mlir {

const void *HostWeights::data(top::WeightOp weight) {
  auto found = unpacked.find(weight);
  if (found != unpacked.end())
    return found->second.data();
  auto &store = weight->getContext()->getLoadedDialect<top::TopDialect>()->weights();
  const top::WeightArray *array = store.find(top::nameOf(weight.getOperation()));
  if (!array) {
    weight.emitOpError() << "'" << top::nameOf(weight.getOperation()) << "' is not in the weight file";
    return nullptr;
  }
  ArrayRef<int64_t> shape = shapeOf(weight.getOutput());
  int64_t item = kernel::byteSize(formatOf(weight.getOutput()).dtype), count = 1;
  for (int64_t d : shape)
    count *= d;
  bool isPacked = weight.getStore() == "conv_nic";
  int64_t pack = weight.getPack().value_or(1), stored = count;
  FilterShape filter{0, 0, 0, item};
  if (isPacked) {
    filter = {shape[0], shape[1], shape[2] * shape[3], item};
    stored = shape[0] * ((shape[1] + pack - 1) / pack) * pack * filter.taps;
  }
  if (array->bytes != size_t(stored * item)) {
    weight.emitOpError() << "'" << top::nameOf(weight.getOperation()) << "' has " << array->bytes
                         << " bytes in the weight file; its type needs " << stored * item;
    return nullptr;
  }
  if (!isPacked)
    return array->data;
  return (unpacked[weight] = unpackFilter(array->data, filter, pack)).data();
}

} // namespace tpu_mlir
