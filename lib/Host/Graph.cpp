//===- Graph.cpp - What the elements of tensors are -----------------------===//
// Sizes, names and stored formats of element types.
#include "tpu_mlir/Host/Graph.h"

#include <cassert>

namespace tpu_mlir::host {

namespace {

struct ElementFacts {
  int64_t bytes;
  const char *name;
  kernel::DType format;
};

const ElementFacts &factsOf(Element element) {
  using kernel::DType;
  // In the order of the enumeration.
  static constexpr ElementFacts kFacts[] = {{4, "float32", DType::F32}, {8, "int64", DType::I32},
                                            {4, "int32", DType::I32},   {1, "int8", DType::I8},
                                            {1, "uint8", DType::U8},    {1, "bool", DType::U8}};
  assert(size_t(element) < std::size(kFacts));
  return kFacts[size_t(element)];
}

} // namespace

int64_t sizeOf(Element element) { return factsOf(element).bytes; }
const char *nameOf(Element element) { return factsOf(element).name; }
kernel::DType formatOf(Element element) { return factsOf(element).format; }

} // namespace tpu_mlir::host
