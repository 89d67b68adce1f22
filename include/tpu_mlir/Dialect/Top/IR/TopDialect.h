//===- TopDialect.h - The Top dialect ---------------------------*- C++ -*-===//
// The ops of a network as its source means them, in fp32, with the module's
// attributes and the weights beside them. Knows no chip; what each op is
// stands in its file of lib/Ops.
#ifndef TPU_MLIR_DIALECT_TOP_IR_TOPDIALECT_H
#define TPU_MLIR_DIALECT_TOP_IR_TOPDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "tpu_mlir/Dialect/Top/IR/Shapes.h"
#include "tpu_mlir/Dialect/Top/IR/WeightStore.h"
#include "tpu_mlir/Interfaces/OpInterfaces.h"

namespace tpu_mlir::top {

/// Owns the attributes `module.*` of a builtin.module and has no ops. `module.state` is required of a network; wherever
/// it is present the names of the module's tensors are verified too: present and unique.
class ModuleDialect : public mlir::Dialect {
public:
  explicit ModuleDialect(mlir::MLIRContext *context);
  static constexpr llvm::StringLiteral getDialectNamespace() { return "module"; }
  mlir::LogicalResult verifyOperationAttribute(mlir::Operation *op, mlir::NamedAttribute attribute) override;
};

/// Fails, with a diagnostic, unless the module holds functions of one block, and these top ops, tpu ops and a return:
/// what passes and interpreters walk. The ops themselves need not be verified yet.
mlir::LogicalResult verifyNetwork(mlir::Operation *module);

} // namespace tpu_mlir::top
MLIR_DECLARE_EXPLICIT_TYPE_ID(::tpu_mlir::top::ModuleDialect)

#include "tpu_mlir/Dialect/Top/IR/TopDialect.h.inc"

#define GET_OP_CLASSES
#include "tpu_mlir/Dialect/Top/IR/TopOps.h.inc"

#endif // TPU_MLIR_DIALECT_TOP_IR_TOPDIALECT_H
