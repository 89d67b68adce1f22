//===- TopBase.td - Top dialect and op classes -------------------*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TOP_IR_TOP_BASE
#define TPU_MLIR_DIALECT_TOP_IR_TOP_BASE

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "tpu_mlir/Interfaces/OpInterfaces.td"

def Top_Dialect : Dialect {
  let name = "top";
  let cppNamespace = "::tpu_mlir::top";
  let summary = "Chip-free neural network graphs";
  let description = [{
    A trained network as its framework means it: values of fp32, of integers (i64, i32, i8, ui8) and of i1, shapes and
    attributes, no chip. After calibration the element type of floats is `!quant.calibrated<f32<min:max>>`. The location of an op names its result (`<tensor>_<OpType>`);
    names are unique in a module. Weights live in an npz file beside the `.mlir`, named by `module.weight_file`.
  }];
  let dependentDialects = ["::mlir::quant::QuantDialect", "::tpu_mlir::top::ModuleDialect"];
  let extraClassDeclaration = [{
    /// The weight arrays of the modules in this context.
    WeightStore &weights() { return weightStore; }
  private:
    WeightStore weightStore;
  public:
  }];
}

/// A tensor of any element type, or the `none` of an absent operand.
def Top_Tensor : AnyTypeOf<[AnyTensor]>;
def Top_OptionalTensor : AnyTypeOf<[AnyTensor, NoneType]>;

class Top_BaseOp<string mnemonic, list<Trait> traits = []> : Op<Top_Dialect, mnemonic, traits>;
class Top_Op<string mnemonic, list<Trait> traits = []>
    : Top_BaseOp<mnemonic, !listconcat(traits, [Pure, DeclareOpInterfaceMethods<ShapeInterface>,
                                                DeclareOpInterfaceMethods<FlopsInterface>])>;

/// An op that can apply a relu to its own result; carries the attributes of Top_Relu. See Shapes.h.
def Top_FusesRelu : NativeOpTrait<"FusesRelu"> { let cppNamespace = "::tpu_mlir::top"; }

/// An op whose result has its input's shape and costs one operation per element; see Shapes.h.
def Top_Elementwise : NativeOpTrait<"Elementwise"> { let cppNamespace = "::tpu_mlir::top"; }
class Top_ElementwiseOp<string mnemonic, list<Trait> traits = []>
    : Top_BaseOp<mnemonic, !listconcat([Pure, Top_Elementwise, ShapeInterface, FlopsInterface,
                                        DeclareOpInterfaceMethods<EvalInterface>], traits)>;

/// Shared text of `do_relu` and `relu_limit`: y = max(y, 0), then min(y, relu_limit) where the limit is positive.
def Top_Relu {
  dag attrs = (ins DefaultValuedAttr<BoolAttr, "false">:$do_relu, DefaultValuedAttr<F64Attr, "-1.0">:$relu_limit);
}
#endif // TPU_MLIR_DIALECT_TOP_IR_TOP_BASE
