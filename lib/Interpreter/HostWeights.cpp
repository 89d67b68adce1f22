//===- HostWeights.cpp - Weights in row-major order -----------------------===//
// Compares the file's bytes with what the weight's type needs before anyone
// reads them, and unpacks filters on demand.
#include "tpu_mlir/Interpreter/HostWeights.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Ops/FilterPacking.h"

using namespace mlir;

namespace tpu_mlir {

namespace {

/// How an array lies in its file. `array` is null, after a diagnostic, when it cannot be the weight's.
struct Stored {
  const top::WeightArray *array = nullptr;
  FilterShape filter{0, 0, 0, 0};
  int64_t pack = 0; ///< 0: row-major
};

Stored storedOf(top::WeightOp weight) {
  auto &store = weight->getContext()->getLoadedDialect<top::TopDialect>()->weights();
  const top::WeightArray *array = store.find(top::nameOf(weight.getOperation()));
  if (!array) {
    weight.emitOpError() << "'" << top::nameOf(weight.getOperation()) << "' is not in the weight file";
    return {};
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
    return {};
  }
  return {array, filter, isPacked ? pack : 0};
}

} // namespace

const void *HostWeights::data(top::WeightOp weight) {
  auto found = unpacked.find(weight);
  if (found != unpacked.end())
    return found->second.data();
  Stored stored = storedOf(weight);
  if (!stored.array || !stored.pack)
    return stored.array ? stored.array->data : nullptr;
  return (unpacked[weight] = unpackFilter(stored.array->data, stored.filter, stored.pack)).data();
}

LogicalResult HostWeights::check(top::WeightOp weight) { return success(storedOf(weight).array != nullptr); }

void HostWeights::release(top::WeightOp weight) {
  constexpr size_t kLarge = size_t(1) << 20;
  auto &store = weight->getContext()->getLoadedDialect<top::TopDialect>()->weights();
  const top::WeightArray *array = store.find(top::nameOf(weight.getOperation()));
  if (!array || array->bytes < kLarge)
    return;
  unpacked.erase(weight);
  store.release(top::nameOf(weight.getOperation()));
}

} // namespace tpu_mlir
