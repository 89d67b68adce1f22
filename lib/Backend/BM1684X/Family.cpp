//===- Family.cpp - The family's rows by primitive ------------------------===//
// Puts the rows into the order of the table of primitives, which is asserted.
// What a row does is said in its own file.
#include "Row.h"

namespace tpu_mlir::backend {

namespace {

struct BM1684XFamily final : Family {
  std::string_view isa() const override { return "bm1684x"; }
  const Row &row(const Primitive &primitive) const override {
    const Row &found = *rows[size_t(numberOf(primitive))];
    assert(&found.primitive() == &primitive && "rows stand in the order of the table");
    return found;
  }

  const std::vector<const Row *> rows = {
#define PRIMITIVE(Name, function) &bm1684x::function##Row(),
#include "tpu_mlir/Primitive/Primitives.def"
  };
};

} // namespace

const Family &familyBM1684X();
const Family &familyBM1684X() {
  static const BM1684XFamily family;
  return family;
}

} // namespace tpu_mlir::backend
