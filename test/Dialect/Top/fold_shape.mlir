// RUN: tpuc-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: func.func @reshape_of_reshape
// CHECK-SAME: (%[[X:.*]]: tensor<2x3x4xf32>
func.func @reshape_of_reshape(%x: tensor<2x3x4xf32>) -> tensor<2x12xf32> {
  %0 = "top.Reshape"(%x) {shape = array<i64: 4, 6>} : (tensor<2x3x4xf32>) -> tensor<4x6xf32> loc("a")
  // `shape` held a 0 and a -1 that meant the first reshape.
  // CHECK-NEXT: %[[R:.*]] = "top.Reshape"(%[[X]]) <{shape = array<i64: 2, 12>}> : (tensor<2x3x4xf32>) -> tensor<2x12xf32> loc(#[[B:.*]])
  // CHECK-NEXT: return %[[R]]
  %1 = "top.Reshape"(%0) {shape = array<i64: 2, -1>} : (tensor<4x6xf32>) -> tensor<2x12xf32> loc("b")
  return %1 : tensor<2x12xf32>
}

// CHECK-LABEL: func.func @identities
// CHECK-SAME: (%[[X:.*]]: tensor<1x2x4x4xf32>
func.func @identities(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %0 = "top.Reshape"(%x) {shape = array<i64: 1, 2, 4, 4>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = "top.Permute"(%0) {order = array<i64: 0, 1, 2, 3>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %2 = "top.Slice"(%1) {offset = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, 1, 1>, ends = array<i64: 1, 2, 4, 4>}
    : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %3 = "top.Pad"(%2) {paddings = array<i64: 0, 0, 0, 0, 0, 0, 0, 0>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %4 = "top.Upsample"(%3) {scale_h = 1 : i64, scale_w = 1 : i64} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %5 = "top.Concat"(%4) {axis = 0 : i64} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %6 = "top.Cast"(%5) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %7 = "top.AddConst"(%6) {const_val = 0.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %8 = "top.MulConst"(%7) {const_val = 1.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  // CHECK-NEXT: "top.Tanh"(%[[X]])
  %9 = "top.Tanh"(%8) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  return %9 : tensor<1x2x4x4xf32>
}

// A network output keeps its name, so the op that carries it stays.
// CHECK-LABEL: func.func @returned_identity
func.func @returned_identity(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  // CHECK-NEXT: top.Reshape
  %0 = "top.Reshape"(%x) {shape = array<i64: 2, 3>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK-NEXT: top.MulConst
  %1 = "top.MulConst"(%x) {const_val = 1.0} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0, %1 : tensor<2x3xf32>, tensor<2x3xf32>
}

// An identity that rectifies is none.
// CHECK-LABEL: func.func @relu_is_no_identity
func.func @relu_is_no_identity(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // CHECK: top.MulConst
  %0 = "top.MulConst"(%x) {const_val = 1.0, do_relu = true} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: top.Concat
  %1 = "top.Concat"(%0) {do_relu = true} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = "top.Tanh"(%1) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %2 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @permute_of_permute
// CHECK-SAME: (%[[X:.*]]: tensor<2x3x4x5xf32>
func.func @permute_of_permute(%x: tensor<2x3x4x5xf32>) -> tensor<4x5x3x2xf32> {
  %0 = "top.Permute"(%x) {order = array<i64: 0, 2, 3, 1>} : (tensor<2x3x4x5xf32>) -> tensor<2x4x5x3xf32>
  // CHECK-NEXT: "top.Permute"(%[[X]]) <{order = array<i64: 2, 3, 1, 0>}>
  %1 = "top.Permute"(%0) {order = array<i64: 1, 2, 3, 0>} : (tensor<2x4x5x3xf32>) -> tensor<4x5x3x2xf32>
  return %1 : tensor<4x5x3x2xf32>
}

// CHECK-LABEL: func.func @permute_and_back
// CHECK-SAME: (%[[X:.*]]: tensor<2x3x4xf32>
func.func @permute_and_back(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %0 = "top.Permute"(%x) {order = array<i64: 1, 2, 0>} : (tensor<2x3x4xf32>) -> tensor<3x4x2xf32>
  %1 = "top.Permute"(%0) {order = array<i64: 2, 0, 1>} : (tensor<3x4x2xf32>) -> tensor<2x3x4xf32>
  // CHECK-NEXT: "top.Tanh"(%[[X]])
  %2 = "top.Tanh"(%1) : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  return %2 : tensor<2x3x4xf32>
}

// CHECK-LABEL: func.func @permute_of_ones
func.func @permute_of_ones(%x: tensor<1x3x1x5xf32>) -> tensor<1x1x3x5xf32> {
  // CHECK-NEXT: "top.Reshape"(%{{.*}}) <{shape = array<i64: 1, 1, 3, 5>}>
  %0 = "top.Permute"(%x) {order = array<i64: 0, 2, 1, 3>} : (tensor<1x3x1x5xf32>) -> tensor<1x1x3x5xf32>
  return %0 : tensor<1x1x3x5xf32>
}

// A list that rises evenly is a slice; two lists are one.
// CHECK-LABEL: func.func @gathers
// CHECK-SAME: (%[[X:.*]]: tensor<2x6xf32>
func.func @gathers(%x: tensor<2x6xf32>) -> (tensor<2x2xf32>, tensor<2x3xf32>) {
  // CHECK-NEXT: %[[S:.*]] = "top.Slice"(%[[X]]) <{ends = array<i64: 2, 5>, offset = array<i64: 0, 1>, steps = array<i64: 1, 3>}>
  %0 = "top.Gather"(%x) {axis = 1 : i64, indices = array<i64: 1, 4>} : (tensor<2x6xf32>) -> tensor<2x2xf32>
  %1 = "top.Gather"(%x) {axis = 1 : i64, indices = array<i64: 5, 4, 3, 2, 1, 0>} : (tensor<2x6xf32>) -> tensor<2x6xf32>
  // CHECK-NEXT: %[[G:.*]] = "top.Gather"(%[[X]]) <{axis = 1 : i64, indices = array<i64: 3, 3, 0>}>
  %2 = "top.Gather"(%1) {axis = 1 : i64, indices = array<i64: 2, 2, 5>} : (tensor<2x6xf32>) -> tensor<2x3xf32>
  // CHECK-NEXT: return %[[S]], %[[G]]
  return %0, %2 : tensor<2x2xf32>, tensor<2x3xf32>
}

// CHECK-LABEL: func.func @flatten
func.func @flatten(%x: tensor<2x3x4xf32>) -> tensor<2x12xf32> {
  // CHECK-NEXT: "top.Reshape"(%{{.*}}) <{shape = array<i64: 2, 12>}> : (tensor<2x3x4xf32>) -> tensor<2x12xf32> loc(#[[F:.*]])
  %0 = "top.Flatten"(%x) {start_dim = 1 : i64} : (tensor<2x3x4xf32>) -> tensor<2x12xf32> loc("flat")
  return %0 : tensor<2x12xf32>
}
// CHECK-DAG: #[[B]] = loc("b")
// CHECK-DAG: #[[F]] = loc("flat")
