//===- Families.cpp - The families that were built ------------------------===//
// A build lists its families in one generated file; a chip names its
// instruction table, and by that its family is found.
#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Support/Error.h"

namespace tpu_mlir::backend {

int64_t StepShape::widest() const {
  int64_t bytes = kernel::byteSize(target().dtype);
  for (int id : step.sources)
    if (id >= 0 && recipe.buffers[id].place != Place::Weight)
      bytes = std::max<int64_t>(bytes, kernel::byteSize(recipe.buffers[id].dtype));
  return bytes;
}

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
