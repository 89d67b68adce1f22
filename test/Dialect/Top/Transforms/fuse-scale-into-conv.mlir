// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --fuse-scale-into-conv -o out.mlir && FileCheck %s < out.mlir
// RUN: %print_weights out_weight.npz | FileCheck %s --check-prefix=WEIGHTS

// WEIGHT f f4 [2, 2, 1, 1] = 1 2 3 4
// WEIGHT g f4 [4, 1, 1, 1] = 1 2 3 4
// WEIGHT s f4 [2] = 10 100
// WEIGHT b f4 [2] = 1 -1
// WEIGHT s4 f4 [4] = 10 100 1000 10000
// WEIGHT m f4 [2, 3] = 1 2 3 4 5 6
// WEIGHT mt f4 [3, 2] = 1 4 2 5 3 6
// WEIGHT s3 f4 [3] = 1 10 100

module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  // CHECK-LABEL: func.func @after
  func.func @after(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
    %none = "top.None"() : () -> none
    %f = "top.Weight"() : () -> tensor<2x2x1x1xf32> loc("f")
    %s = "top.Weight"() : () -> tensor<2xf32> loc("s")
    %b = "top.Weight"() : () -> tensor<2xf32> loc("b")
    // The bias was absent, the padding does not matter, the name and the relu are the scale's.
    // CHECK: %[[C:.*]] = "top.Conv"{{.*}}do_relu = true{{.*}}pads = array<i64: 0, 0, 0, 0>{{.*}} loc(#[[SCALE:.*]])
    // CHECK-NEXT: return %[[C]]
    %0 = "top.Conv"(%x, %f, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, none) -> tensor<1x2x4x4xf32> loc("c0")
    %1 = "top.Scale"(%0, %s, %b) {do_relu = true}
      : (tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32> loc("after0")
    return %1 : tensor<1x2x4x4xf32>
  }

  // CHECK-LABEL: func.func @before_grouped
  // CHECK-SAME: (%[[X:.*]]: tensor<1x4x4x4xf32>
  func.func @before_grouped(%x: tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32> {
    %none = "top.None"() : () -> none
    %g = "top.Weight"() : () -> tensor<4x1x1x1xf32> loc("g")
    %s4 = "top.Weight"() : () -> tensor<4xf32> loc("s4")
    // x * s4, then + 1, then the filter, then + 0.5
    %0 = "top.Scale"(%x, %s4, %none) : (tensor<1x4x4x4xf32>, tensor<4xf32>, none) -> tensor<1x4x4x4xf32> loc("p0")
    %1 = "top.AddConst"(%0) {const_val = 1.0} : (tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32> loc("p1")
    // CHECK: "top.Conv"(%[[X]]
    // CHECK-NEXT: return
    %2 = "top.Conv"(%1, %g, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 4 : i64}
      : (tensor<1x4x4x4xf32>, tensor<4x1x1x1xf32>, none) -> tensor<1x4x4x4xf32> loc("c1")
    %3 = "top.AddConst"(%2) {const_val = 0.5} : (tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32> loc("grouped")
    return %3 : tensor<1x4x4x4xf32>
  }

  // A padded convolution would see the addend in the border.
  // CHECK-LABEL: func.func @before_padded
  func.func @before_padded(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x6x6xf32> {
    %none = "top.None"() : () -> none
    %f = "top.Weight"() : () -> tensor<2x2x1x1xf32> loc("f_p")
    // CHECK: "top.AddConst"
    %0 = "top.AddConst"(%x) {const_val = 1.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("p2")
    // CHECK: "top.Conv"
    %1 = "top.Conv"(%0, %f, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, none) -> tensor<1x2x6x6xf32> loc("c2")
    return %1 : tensor<1x2x6x6xf32>
  }

  // A relu in between, and a second use, keep the scale.
  // CHECK-LABEL: func.func @kept
  func.func @kept(%x: tensor<1x2x4x4xf32>) -> (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) {
    %none = "top.None"() : () -> none
    %f = "top.Weight"() : () -> tensor<2x2x1x1xf32> loc("f_k")
    // CHECK: "top.Conv"
    %0 = "top.Conv"(%x, %f, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, do_relu = true}
      : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, none) -> tensor<1x2x4x4xf32> loc("c3")
    // CHECK-NEXT: "top.MulConst"
    %1 = "top.MulConst"(%0) {const_val = 2.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("k0")
    // CHECK-NEXT: "top.Conv"
    %2 = "top.Conv"(%1, %f, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, none) -> tensor<1x2x4x4xf32> loc("c4")
    // CHECK-NEXT: "top.MulConst"
    %3 = "top.MulConst"(%2) {const_val = 2.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("k1")
    // CHECK-NEXT: "top.Add"
    %4 = "top.Add"(%1, %3) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("k2")
    return %2, %4 : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>
  }

  // Columns of a matrix product are its channels, whichever way the weight lies.
  // CHECK-LABEL: func.func @matmul
  func.func @matmul(%x: tensor<5x1x2xf32>) -> (tensor<5x1x3xf32>, tensor<5x1x3xf32>) {
    %none = "top.None"() : () -> none
    %m = "top.Weight"() : () -> tensor<2x3xf32> loc("m")
    %mt = "top.Weight"() : () -> tensor<3x2xf32> loc("mt")
    %s3 = "top.Weight"() : () -> tensor<3xf32> loc("s3")
    // CHECK: "top.MatMul"
    // CHECK-NOT: "top.Mul"
    %0 = "top.MatMul"(%x, %m, %none) : (tensor<5x1x2xf32>, tensor<2x3xf32>, none) -> tensor<5x1x3xf32> loc("m0")
    %1 = "top.Mul"(%0, %s3) : (tensor<5x1x3xf32>, tensor<3xf32>) -> tensor<5x1x3xf32> loc("columns")
    // CHECK: "top.MatMul"
    // CHECK-NEXT: return
    %2 = "top.MatMul"(%x, %mt, %none) {right_transpose = true} : (tensor<5x1x2xf32>, tensor<3x2xf32>, none) -> tensor<5x1x3xf32> loc("m1")
    %3 = "top.Mul"(%2, %s3) : (tensor<5x1x3xf32>, tensor<3xf32>) -> tensor<5x1x3xf32> loc("transposed")
    %4 = "top.Add"(%s3, %3) : (tensor<3xf32>, tensor<5x1x3xf32>) -> tensor<5x1x3xf32> loc("biased")
    return %1, %4 : tensor<5x1x3xf32>, tensor<5x1x3xf32>
  }

  // A row that is added, and nothing more, becomes the bias as it is, under its own name.
  // CHECK-LABEL: func.func @bias
  // CHECK-SAME: (%[[X:.*]]: tensor<5x2xf32>
  func.func @bias(%x: tensor<5x2xf32>, %y: tensor<4x5x2xf32>) -> (tensor<5x3xf32>, tensor<4x5x3xf32>, tensor<4x5x3xf32>) {
    %none = "top.None"() : () -> none
    %m = "top.Weight"() : () -> tensor<2x3xf32> loc("mb")
    // CHECK: %[[M:.*]] = "top.Weight"() : () -> tensor<2x3xf32> loc(#[[M_LOC:.*]])
    // CHECK: %[[B:.*]] = "top.Weight"() : () -> tensor<3xf32> loc(#[[B_LOC:.*]])
    // CHECK: "top.MatMul"(%[[X]], %[[M]], %[[B]])
    %0 = "top.MatMul"(%x, %m, %none) : (tensor<5x2xf32>, tensor<2x3xf32>, none) -> tensor<5x3xf32> loc("m2")
    %ones = "top.Weight"() : () -> tensor<3xf32> loc("ones")
    %b = "top.Weight"() : () -> tensor<3xf32> loc("b3")
    %1 = "top.Scale"(%0, %ones, %b) {do_relu = true} : (tensor<5x3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<5x3xf32> loc("with_row")
    // CHECK: "top.MatMul"({{.*}}, %[[M]], %[[B]])
    %2 = "top.MatMul"(%y, %m, %none) : (tensor<4x5x2xf32>, tensor<2x3xf32>, none) -> tensor<4x5x3xf32> loc("m3")
    %3 = "top.Add"(%b, %2) : (tensor<3xf32>, tensor<4x5x3xf32>) -> tensor<4x5x3xf32> loc("same_row")
    // CHECK: %[[ROW:.*]] = "top.Weight"() : () -> tensor<3xf32> loc(#[[ROW_LOC:.*]])
    // CHECK-NEXT: "top.MatMul"({{.*}}, %[[M]], %[[ROW]])
    %4 = "top.MatMul"(%y, %m, %none) : (tensor<4x5x2xf32>, tensor<2x3xf32>, none) -> tensor<4x5x3xf32> loc("m4")
    %flat = "top.Weight"() : () -> tensor<1x1x3xf32> loc("b113")
    %5 = "top.Add"(%4, %flat) : (tensor<4x5x3xf32>, tensor<1x1x3xf32>) -> tensor<4x5x3xf32> loc("flat_row")
    return %1, %3, %5 : tensor<5x3xf32>, tensor<4x5x3xf32>, tensor<4x5x3xf32>
  }
}
// WEIGHT mb f4 [2, 3] = 1 2 3 4 5 6
// WEIGHT ones f4 [3] = 1
// WEIGHT b3 f4 [3] = 7 8 9
// WEIGHT b113 f4 [1, 1, 3] = 4 5 6
// WEIGHTS-DAG: b113_row f4 [3] = 4 5 6
// CHECK-DAG: #[[M_LOC]] = loc("mb")
// CHECK-DAG: #[[B_LOC]] = loc("b3")
// CHECK-DAG: #[[ROW_LOC]] = loc("b113_row")
// CHECK-DAG: #[[SCALE]] = loc("after0")

// WEIGHT f_p f4 [2, 2, 1, 1] = 1
// WEIGHT f_k f4 [2, 2, 1, 1] = 1
// WEIGHTS-DAG: after0_filter f4 [2, 2, 1, 1] = 10 20 300 400
// WEIGHTS-DAG: after0_bias f4 [2] = 1 -1
// WEIGHTS-DAG: grouped_filter f4 [4, 1, 1, 1] = 10 200 3000 40000
// WEIGHTS-DAG: grouped_bias f4 [4] = 1.5 2.5 3.5 4.5
// WEIGHTS-DAG: columns_filter f4 [2, 3] = 1 20 300 4 50 600
// WEIGHTS-DAG: biased_filter f4 [3, 2] = 1 4 20 50 300 600
// WEIGHTS-DAG: biased_bias f4 [3] = 1 10 100
