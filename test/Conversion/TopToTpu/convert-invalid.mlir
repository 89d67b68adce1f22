// RUN: split-file %s %t && %make_weights %s %t/in.npz && cd %t
// RUN: not tpuc-opt net.mlir --convert-top-to-tpu="mode=FP32 chip=bm1684x" 2>&1 | FileCheck %s --check-prefix=MODE
// RUN: not tpuc-opt net.mlir --convert-top-to-tpu="mode=F32" 2>&1 | FileCheck %s --check-prefix=NOCHIP
// RUN: not tpuc-opt net.mlir --convert-top-to-tpu="mode=F32 chip=bm1648x" 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: not tpuc-opt net.mlir --convert-top-to-tpu="mode=F32 chip=cv183x" 2>&1 | FileCheck %s --check-prefix=UNBUILT
// RUN: not tpuc-opt net.mlir --convert-top-to-tpu="mode=INT8 chip=bm1684x" 2>&1 | FileCheck %s --check-prefix=CALIBRATION
// RUN: not tpuc-opt net.mlir --convert-top-to-tpu="mode=F32 chip=bm1684x asymmetric=true" 2>&1 | FileCheck %s --check-prefix=ASYMMETRIC
// RUN: not tpuc-opt net.mlir --convert-top-to-tpu="mode=F32 chip=bm1684x asymmetric=perhaps" 2>&1 | FileCheck %s --check-prefix=BOOL
// RUN: not tpuc-opt net.mlir --convert-top-to-tpu="mode=F32 chip=bm1684x mood=blue" 2>&1 | FileCheck %s --check-prefix=OPTION
// RUN: not tpuc-opt lowered.mlir --convert-top-to-tpu="mode=F32 chip=bm1684x" 2>&1 | FileCheck %s --check-prefix=STATE
// RUN: not tpuc-opt stateless.mlir --convert-top-to-tpu="mode=F32 chip=bm1684x" 2>&1 | FileCheck %s --check-prefix=STATELESS
// RUN: not tpuc-opt shapes.mlir --convert-top-to-tpu="mode=F32 chip=bm1684x" 2>&1 | FileCheck %s --check-prefix=SHAPES
// RUN: not tpuc-opt weights.mlir --convert-top-to-tpu="mode=F32 chip=bm1684x" 2>&1 | FileCheck %s --check-prefix=WEIGHTS
// RUN: not tpuc-opt fileless.mlir --convert-top-to-tpu="mode=F32 chip=bm1684x" 2>&1 | FileCheck %s --check-prefix=FILELESS
// RUN: not tpuc-opt inputs.mlir --convert-top-to-tpu="mode=F32 chip=bm1684x" 2>&1 | FileCheck %s --check-prefix=INPUTS
// RUN: not tpuc-opt declared.mlir --convert-top-to-tpu="mode=F32 chip=bm1684x" 2>&1 | FileCheck %s --check-prefix=DECLARED
// RUN: not tpuc-opt two.mlir --convert-top-to-tpu="mode=F32 chip=bm1684x" 2>&1 | FileCheck %s --check-prefix=TWO

// MODE: error: mode 'FP32' is not built; modes are F32, F16, BF16 and INT8
// NOCHIP: error: no chip is assigned; give it as chip=<name> or run processor-assign first
// CHIP: error: unknown chip 'bm1648x'; did you mean 'bm1684x'?
// UNBUILT: error: {{.*}}cv183x
// CALIBRATION: error: INT8 needs calibrated tensors; run import-calibration-table first
// ASYMMETRIC: error: asymmetric is a choice for integers; mode F32 has none
// BOOL: {{.*}}'perhaps' is invalid value for boolean argument
// OPTION: {{.*}}no such option mood
// STATE: error: convert-top-to-tpu needs a Top module; this one's module.state is 'TPU_LOWERED'
// STATELESS: error: convert-top-to-tpu needs a Top module; this one's module.state is ''
// SHAPES: error: {{.*}}'r' has no static shape; run shape-infer first
// SHAPES: error: {{.*}}'t' has no static shape; run shape-infer first
// WEIGHTS: error: {{.*}}weight 'i' is not fp32, which this lowering starts from; got 'tensor<2xi8>'
// WEIGHTS: error: {{.*}}returns weight 'f', which the network does not compute
// FILELESS: error: {{.*}}weight{{.*}}
// INPUTS: error: argument 0 is used without a top.Input
// DECLARED: error: {{.*}}'func.func' op of a network must have one block, but it has 0
// TWO: error: a network is one function; this module has 2

// WEIGHT f f4 [2] = 1 2
// WEIGHT i i1 [2] = 1 2

//--- net.mlir
module attributes {module.state = "TOP_F32"} {
  func.func @main(%arg: tensor<1x2xf32>) -> tensor<1x2xf32> {
    %0 = "top.Input"(%arg) : (tensor<1x2xf32>) -> tensor<1x2xf32> loc("x")
    return %0 : tensor<1x2xf32>
  }
}
//--- lowered.mlir
module attributes {module.state = "TPU_LOWERED"} {}
//--- stateless.mlir
module {}
//--- shapes.mlir
module attributes {module.state = "TOP_F32"} {
  func.func @main(%arg: tensor<1x2xf32>) -> tensor<*xf32> {
    %0 = "top.Input"(%arg) : (tensor<1x2xf32>) -> tensor<1x2xf32> loc("x")
    %1 = "top.Relu"(%0) : (tensor<1x2xf32>) -> tensor<*xf32> loc("r")
    %2 = "top.Tanh"(%1) : (tensor<*xf32>) -> tensor<*xf32> loc("t")
    return %2 : tensor<*xf32>
  }
}
//--- weights.mlir
module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
    %x = "top.Input"(%arg) : (tensor<2xf32>) -> tensor<2xf32> loc("x")
    %f = "top.Weight"() : () -> tensor<2xf32> loc("f")
    %i = "top.Weight"() : () -> tensor<2xi8> loc("i")
    %0 = "top.Add"(%x, %i) : (tensor<2xf32>, tensor<2xi8>) -> tensor<2xf32> loc("a")
    return %0, %f : tensor<2xf32>, tensor<2xf32>
  }
}
//--- fileless.mlir
module attributes {module.state = "TOP_F32"} {
  func.func @main(%arg: tensor<2xf32>) -> tensor<2xf32> {
    %x = "top.Input"(%arg) : (tensor<2xf32>) -> tensor<2xf32> loc("x")
    %f = "top.Weight"() : () -> tensor<2xf32> loc("f")
    %0 = "top.Add"(%x, %f) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> loc("a")
    return %0 : tensor<2xf32>
  }
}
//--- inputs.mlir
module attributes {module.state = "TOP_F32"} {
  func.func @main(%arg: tensor<1x2xf32>) -> tensor<1x2xf32> {
    %0 = "top.Relu"(%arg) : (tensor<1x2xf32>) -> tensor<1x2xf32> loc("r")
    return %0 : tensor<1x2xf32>
  }
}
//--- declared.mlir
module attributes {module.state = "TOP_F32"} {
  func.func private @main(tensor<1x2xf32>)
}
//--- two.mlir
module attributes {module.state = "TOP_F32"} {
  func.func @main() {
    return
  }
  func.func @other() {
    return
  }
}
