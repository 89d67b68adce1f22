//===- Formats.h - Number formats and shapes of Tpu values ------*- C++ -*-===//
// Reads a tensor type as the arithmetic sees it: number format, scale, zero
// point, and four-dimensional shape. Decides no layout.
#ifndef TPU_MLIR_DIALECT_TPU_IR_FORMATS_H
#define TPU_MLIR_DIALECT_TPU_IR_FORMATS_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "tpu_mlir/Kernel/Format.h"

namespace tpu_mlir {

/// real = (stored - zeroPoint) * scale; scale 1 and zero point 0 of floats.
struct NumberFormat {
  kernel::DType dtype = kernel::DType::F32;
  double scale = 1;
  int64_t zeroPoint = 0;
  bool isQuantized() const { return !kernel::isFloat(dtype); }
  /// Whether arithmetic takes both as they are: integers of any scale, or floats of one format.
  bool isOneKindWith(const NumberFormat &other) const {
    return isQuantized() ? other.isQuantized() : dtype == other.dtype;
  }
  bool operator==(const NumberFormat &) const = default;
};

/// The format of a tensor type's elements: f32, f16, bf16, i8/i16/i32 (signed), ui8/ui16/ui32, !quant.uniform, or
/// !quant.calibrated (as f32).
NumberFormat formatOf(mlir::Type tensorType);
inline NumberFormat formatOf(mlir::Value v) { return formatOf(v.getType()); }

/// The element type of a format: of floats their own, of integers a uniform quantised type, expressed in f32.
mlir::Type elementTypeOf(mlir::MLIRContext *context, const NumberFormat &format);
/// The element type of numbers that have no scale: floats, and integers as they are.
mlir::Type plainTypeOf(mlir::MLIRContext *context, kernel::DType type);

/// The shape of a ranked static tensor type.
llvm::ArrayRef<int64_t> shapeOf(mlir::Value v);

/// A shape as n, c, h, w: rank 1 is c, rank 2 n and c, rank 3 n, c and h... of w 1; ranks above 4 join their inner axes
/// into w. `rank` (at least the shape's) puts leading ones in front first, as numpy broadcasting does.
kernel::Dims nchwOf(llvm::ArrayRef<int64_t> shape, size_t rank = 0);
inline kernel::Dims nchwOf(mlir::Value v) { return nchwOf(shapeOf(v)); }

/// Whether the operand is there: not the result of top.None.
bool isPresent(mlir::Value v);
/// Whether the value is a top.Weight.
bool isWeight(mlir::Value v);
/// The global address in a tensor type's encoding, or in a weight's attribute; 0 before address-assign.
uint64_t addressOf(mlir::Value v);

} // namespace tpu_mlir

#endif // TPU_MLIR_DIALECT_TPU_IR_FORMATS_H
