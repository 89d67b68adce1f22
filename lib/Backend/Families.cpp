//===- Families.cpp - The families that were built ------------------------===//
// A build lists its families in one generated file; a chip names its
// instruction table, and by that its family is found.
#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Support/Error.h"

namespace tpu_mlir::backend {

#define FAMILY(name) const Family &family##name();
#include "tpu_mlir/Backend/Families.def"

const Family &familyFor(std::string_view isa) {
#define FAMILY(name)                                                                                                   \
  if (const Family &family = family##name(); family.isa() == isa)                                                      \
    return family;
#include "tpu_mlir/Backend/Families.def"
  throw UserError("no back end works by the instruction table '" + std::string(isa) + "'");
}

} // namespace tpu_mlir::backend
