// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --fold-scale -o out.mlir && FileCheck %s < out.mlir
// RUN: %print_weights out_weight.npz | FileCheck %s --check-prefix=WEIGHTS

// WEIGHT s f4 [2] = 2 3
// WEIGHT b f4 [2] = 1 -1
// WEIGHT one f4 [2] = 1
// WEIGHT zero f4 [2] = 0
// WEIGHT column f4 [2, 1, 1] = 5 7
// WEIGHT row f4 [4] = 1 2 3 4

module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  // CHECK-LABEL: func.func @chain
  // CHECK-SAME: (%[[X:.*]]: tensor<1x2x4x4xf32>
  func.func @chain(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
    %s = "top.Weight"() : () -> tensor<2xf32> loc("s")
    %b = "top.Weight"() : () -> tensor<2xf32> loc("b")
    %zero = "top.Weight"() : () -> tensor<2xf32> loc("zero")
    %one = "top.Weight"() : () -> tensor<2xf32> loc("one")
    %column = "top.Weight"() : () -> tensor<2x1x1xf32> loc("column")
    // y = (((x * s + b) * 10) - 4) with mean 0, variance 1, epsilon 3, gamma s, beta b, then column - y, then a relu
    %0 = "top.Scale"(%x, %s, %b) : (tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32> loc("scale")
    %1 = "top.MulConst"(%0) {const_val = 10.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("mul")
    %2 = "top.AddConst"(%1) {const_val = -4.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("add")
    %3 = "top.BatchNorm"(%2, %zero, %one, %s, %b) {epsilon = 3.0 : f64}
      : (tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32> loc("bn")
    // CHECK: %[[Y:.*]] = "top.Scale"(%[[X]], %{{.*}}, %{{.*}}) <{do_relu = true{{.*}} loc(#[[SUB:.*]])
    %4 = "top.Sub"(%column, %3) {do_relu = true}
      : (tensor<2x1x1xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("sub")
    // A relu ends a chain, a single scale stays as it is.
    // CHECK-NEXT: "top.MulConst"(%[[Y]])
    %5 = "top.MulConst"(%4) {const_val = 3.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("after")
    // CHECK-NEXT: return
    return %5 : tensor<1x2x4x4xf32>
  }

  // CHECK-LABEL: func.func @not_chains
  func.func @not_chains(%x: tensor<1x2x4x4xf32>) -> (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) {
    %none = "top.None"() : () -> none
    %s = "top.Weight"() : () -> tensor<2xf32> loc("s2")
    %row = "top.Weight"() : () -> tensor<4xf32> loc("row")
    // Another use of the tensor in between.
    // CHECK: "top.Scale"
    %0 = "top.Scale"(%x, %s, %none) : (tensor<1x2x4x4xf32>, tensor<2xf32>, none) -> tensor<1x2x4x4xf32> loc("n0")
    // CHECK: "top.MulConst"
    %1 = "top.MulConst"(%0) {const_val = 3.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("n1")
    // One number per column is none per channel.
    // CHECK: "top.Mul"
    %2 = "top.Mul"(%1, %row) : (tensor<1x2x4x4xf32>, tensor<4xf32>) -> tensor<1x2x4x4xf32> loc("n2")
    // Two numbers need no vectors.
    // CHECK: "top.MulConst"
    %3 = "top.MulConst"(%2) {const_val = 3.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("n3")
    // CHECK: "top.AddConst"
    %4 = "top.AddConst"(%3) {const_val = 3.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("n4")
    return %0, %4 : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>
  }
}
// CHECK-DAG: #[[SUB]] = loc("sub")

// WEIGHT s2 f4 [2] = 2
// Channel 0: y = 2x+1, 20x+10, 20x+6, 1 * () * 2/2 + 1 = 20x+7, 5 - y = -20x - 2.
// Channel 1: y = 3x-1, 30x-10, 30x-14, () * 3/2 - 1 = 45x-22, 7 - y = -45x + 29.
// WEIGHTS-DAG: sub_scale f4 [2] = -20 -45
// WEIGHTS-DAG: sub_bias f4 [2] = -2 29
