// RUN: split-file %s %t
// RUN: tpuc-opt %t/lowered.mlir --subnet-divide | FileCheck %s
// RUN: not tpuc-opt %t/mixed.mlir --subnet-divide 2>&1 | FileCheck %s --check-prefix=MIXED

// CHECK: module.state = "TPU_DIVIDED", module.subnets = 1 : i64
// CHECK: "tpu.Relu"
// Every op that is not lowered is named.
// MIXED: error: {{.*}}'top.Relu' op 'r' runs on no engine; only lowered ops do
// MIXED: error: {{.*}}'top.Tanh' op 't' runs on no engine; only lowered ops do

//--- lowered.mlir
module attributes {module.chip = "bm1684x", module.state = "TPU_LOWERED"} {
  func.func @main(%a: tensor<2x3xf32>) -> tensor<2x3xf32> {
    %x = "top.Input"(%a) : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("x")
    %0 = "tpu.Relu"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("r")
    return %0 : tensor<2x3xf32>
  }
}
//--- mixed.mlir
module attributes {module.chip = "bm1684x", module.state = "TPU_LOWERED"} {
  func.func @main(%a: tensor<2x3xf32>) -> tensor<2x3xf32> {
    %x = "top.Input"(%a) : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("x")
    %0 = "top.Relu"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("r")
    %1 = "tpu.Relu"(%0) : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("r2")
    %2 = "top.Tanh"(%1) : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("t")
    return %2 : tensor<2x3xf32>
  }
}
