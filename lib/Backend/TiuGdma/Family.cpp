//===- Family.cpp - The family's rows by primitive ------------------------===//
// Puts the rows into the order of the table of primitives, which is asserted.
// What a row does is said in its own file.
#include "Row.h"

namespace tpu_mlir::backend {

namespace {

struct TiuGdmaFamily final : Family {
  std::string_view name() const override { return "tiu_gdma"; }
  const Row &row(const Primitive &primitive) const override {
    const Row &found = *rows[size_t(numberOf(primitive))];
    assert(&found.primitive() == &primitive && "rows stand in the order of the table");
    return found;
  }

  const std::vector<const Row *> rows = {
#define PRIMITIVE(Name, function) &tiu_gdma::function##Row(),
#include "tpu_mlir/Primitive/Primitives.def"
  };
};

} // namespace

const Family &familyTiuGdma();
const Family &familyTiuGdma() {
  static const TiuGdmaFamily family;
  return family;
}

} // namespace tpu_mlir::backend
