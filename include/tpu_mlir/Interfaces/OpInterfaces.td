//===- OpInterfaces.td - What passes may ask of an op ------------*- tablegen -*-===//
// What passes, interpreters and code generation need of an op, they ask here.
#ifndef TPU_MLIR_INTERFACES_OP_INTERFACES
#define TPU_MLIR_INTERFACES_OP_INTERFACES

include "mlir/IR/OpBase.td"

def ShapeInterface : OpInterface<"ShapeInterface"> {
  let description = [{Computes the result shapes from operands and attributes.}];
  let cppNamespace = "::tpu_mlir";
  let methods = [InterfaceMethod<
    [{Sets the shape of every result (element types are kept). Emits a diagnostic on the op and fails when
      operands and attributes do not fit together.}],
    "::mlir::LogicalResult", "inferShape", (ins)>];
}

def FlopsInterface : OpInterface<"FlopsInterface"> {
  let description = [{Counts the arithmetic of an op.}];
  let cppNamespace = "::tpu_mlir";
  let methods = [InterfaceMethod<
    [{Floating point operations of one inference; a multiply-accumulate counts as two.}],
    "int64_t", "flops", (ins)>];
}

def EvalInterface : OpInterface<"EvalInterface"> {
  let description = [{Builds the fp32 evaluation of a Top op for the Top interpreter.}];
  let cppNamespace = "::tpu_mlir";
  let methods = [InterfaceMethod<
    [{Appends the work of this op to the evaluation plan. Called once, when a module is loaded.}],
    "::mlir::LogicalResult", "plan", (ins "::tpu_mlir::EvalPlan &":$plan)>];
}

def LowerInterface : OpInterface<"LowerInterface"> {
  let description = [{Lowers a Top op to the Tpu dialect in one number format.}];
  let cppNamespace = "::tpu_mlir";
  let methods = [
    InterfaceMethod<
      [{Why this op has no Tpu form in the mode of `lowering`, as the tail of a sentence; empty when it has one.}],
      "std::string", "whyNotLowered", (ins "const ::tpu_mlir::Lowering &":$lowering)>,
    InterfaceMethod<
      [{Creates the Tpu ops that replace this op and maps its results in `lowering`. Operand and result number formats
        come from the type rules of `lowering`. Emits a diagnostic and fails when the numbers do not allow it.}],
      "::mlir::LogicalResult", "lower", (ins "::tpu_mlir::Lowering &":$lowering)>];
}

def FormInterface : OpInterface<"FormInterface"> {
  let description = [{The lowered arithmetic of a Tpu op, written once: interpreted on kernels, emitted as instructions.}];
  let cppNamespace = "::tpu_mlir";
  let methods = [
    InterfaceMethod<
      [{The op as a recipe of tiled steps, a program of copies, or a view of its first operand.}],
      "::tpu_mlir::Form", "form", (ins)>,
    InterfaceMethod<
      [{Another recipe with the same results, for an op whose operands and result stay in local memory with those of its
        neighbours; nothing where `form` serves that, too. Operands may have other shapes of the same elements in the
        same order.}],
      "std::optional<::tpu_mlir::Recipe>", "localForm", (ins), "", [{ return std::nullopt; }]>];
}

#endif // TPU_MLIR_INTERFACES_OP_INTERFACES
