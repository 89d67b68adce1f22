//===- ElementTypes.h - What the elements of a tensor are -------*- C++ -*-===//
// Between element types of MLIR and the host's. Calibrated and quantised types
// of Top are floats: Top computes them in fp32.
#ifndef TPU_MLIR_DIALECT_TOP_IR_ELEMENTTYPES_H
#define TPU_MLIR_DIALECT_TOP_IR_ELEMENTTYPES_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "tpu_mlir/Host/Graph.h"

#include <optional>

namespace tpu_mlir::top {

/// Nothing for a type that no tensor of a network has.
std::optional<host::Element> elementOf(mlir::Type tensorType);
inline std::optional<host::Element> elementOf(mlir::Value v) { return elementOf(v.getType()); }
/// The element type of MLIR.
mlir::Type typeOf(mlir::MLIRContext *context, host::Element element);
/// The one that numpy calls `name` ("int64", "bool" ...).
std::optional<host::Element> elementNamed(llvm::StringRef name);

/// Fail, with a diagnostic, unless a tensor has elements of that kind, or two have the same.
mlir::LogicalResult verifyElement(mlir::Operation *op, llvm::StringRef name, mlir::Value v, host::Element wanted);
mlir::LogicalResult verifySameElement(mlir::Operation *op, llvm::StringRef aName, mlir::Value a, llvm::StringRef bName,
                                      mlir::Value b);

} // namespace tpu_mlir::top

#endif // TPU_MLIR_DIALECT_TOP_IR_ELEMENTTYPES_H
