// RUN: split-file %s %t
// RUN: tpuc-opt %t/lowered.mlir --subnet-divide | FileCheck %s
// RUN: not tpuc-opt %t/mixed.mlir --subnet-divide 2>&1 | FileCheck %s --check-prefix=MIXED
// RUN: tpuc-opt %t/host.mlir --subnet-divide | FileCheck %s --check-prefix=HOST

// CHECK: module.state = "TPU_DIVIDED", module.subnets = 1 : i64
// CHECK: "tpu.Relu"
// Every op that is not lowered is named.
// MIXED: error: {{.*}}'top.Relu' op 'r' runs on no engine; only lowered ops do
// MIXED: error: {{.*}}'top.Tanh' op 't' runs on no engine; only lowered ops do

// What the chip can run before the host does it runs first; the host's ops stand together.
// HOST: module.subnets = 3 : i64
// HOST: "tpu.Relu"
// HOST-NEXT: "tpu.Relu"
// HOST-NEXT: "top.Cast"
// HOST-NEXT: "top.Cast"
// HOST-NEXT: "tpu.Add"

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
//--- host.mlir
module attributes {module.chip = "bm1684x", module.state = "TPU_LOWERED"} {
  func.func @main(%a: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
    %x = "top.Input"(%a) : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("x")
    %0 = "tpu.Relu"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("r")
    %1 = "top.Cast"(%0) : (tensor<2x3xf32>) -> tensor<2x3xi64> loc("c")
    %2 = "top.Cast"(%1) : (tensor<2x3xi64>) -> tensor<2x3xf32> loc("d")
    %3 = "tpu.Add"(%2, %0) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32> loc("a")
    %4 = "tpu.Relu"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("s")
    return %3, %4 : tensor<2x3xf32>, tensor<2x3xf32>
  }
}
