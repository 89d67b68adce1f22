//===- MoveInterface.td - Ops that compute nothing ---------------*- tablegen -*-===//
// What lowering asks of ops that only move values, whose number formats are free.
#ifndef TPU_MLIR_INTERFACES_MOVE_INTERFACE
#define TPU_MLIR_INTERFACES_MOVE_INTERFACE

include "mlir/IR/OpBase.td"

def MoveInterface : OpInterface<"MoveInterface"> {
  let description = [{An op whose result holds values of its operands and no others, in one number format.}];
  let cppNamespace = "::tpu_mlir";
  let methods = [InterfaceMethod<
    [{Whether it puts several operands side by side, which may come in several formats. Otherwise the result has the
      format of the one operand, whatever that is, and needs no calibrated range of its own.}],
    "bool", "joins", (ins)>];
}

#endif // TPU_MLIR_INTERFACES_MOVE_INTERFACE
