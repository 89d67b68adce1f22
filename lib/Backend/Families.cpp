//===- Families.cpp - The families that were built ------------------------===//
// A build lists its families in one generated file; a chip names its
// instruction table, and by that its family is found.
#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Support/Error.h"

namespace tpu_mlir::backend {

#define FAMILY(folder) const Family &family##folder();
#include "tpu_mlir/Backend/Families.def"

const Family &familyFor(std::string_view wanted) {
#define FAMILY(folder)                                                                                                 \
  if (const Family &family = family##folder(); family.name() == wanted)                                                \
    return family;
#include "tpu_mlir/Backend/Families.def"
  throw UserError("there is no family of chips '" + std::string(wanted) + "' in lib/Backend");
}

} // namespace tpu_mlir::backend
