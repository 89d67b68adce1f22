//===- TpuDialect.cpp - The Tpu dialect -----------------------------------===//
// Registers ops and attributes, and checks the attributes that passes and
// users write. Ops verify themselves in lib/Ops.
#include "tpu_mlir/Dialect/Tpu/IR/TpuDialect.h"
#include "mlir/IR/DialectImplementation.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Tpu/IR/ChoiceOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tpu_mlir::tpu;

#include "tpu_mlir/Dialect/Tpu/IR/TpuDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "tpu_mlir/Dialect/Tpu/IR/TpuAttrs.cpp.inc"

#define GET_OP_REGISTRATION
#include "tpu_mlir/Dialect/Tpu/IR/TpuOps.cpp.inc"

void TpuDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "tpu_mlir/Dialect/Tpu/IR/TpuAttrs.cpp.inc"
      >();
  registerTpuDialectOperations(this);
  addOperations<
#define GET_OP_LIST
#include "tpu_mlir/Dialect/Tpu/IR/ChoiceOps.cpp.inc"
      >();
}

LogicalResult TileAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t n, int64_t c, int64_t h, int64_t w,
                               int64_t buffers) {
  if (n < 1 || c < 1 || h < 1 || w < 1)
    return emitError() << "tile sizes are at least 1, got " << n << " x " << c << " x " << h << " x " << w;
  if (buffers != 1 && buffers != 2)
    return emitError() << "'buffers' is 1 or 2, got " << buffers;
  return success();
}

LogicalResult GroupAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t id, int64_t n, int64_t h,
                                int64_t w, bool, bool, bool) {
  if (id < 0 || n < 1 || h < 1 || w < 1)
    return emitError() << "a group has an 'id' of at least 0 and at least one slice, got id " << id << " and " << n
                       << " x " << h << " x " << w << " slices";
  return success();
}
