// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --cancel-permutes -o out.mlir && FileCheck %s < out.mlir
// RUN: %print_weights out_weight.npz | FileCheck %s --check-prefix=WEIGHTS
// RUN: tpuc-opt out.mlir --cancel-permutes -o again.mlir && diff out.mlir again.mlir

// WEIGHT f f4 [2, 2, 1, 1] = 1 2 3 4
// WEIGHT c f4 [2] = 10 20
// WEIGHT map f4 [1, 2, 3, 2] = 1 2 3 4 5 6 7 8 9 10 11 12

module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  // Between two convolutions: everything is computed as [n, c, h, w], with axes, pads and constants that follow. The
  // last takes the name of the permute that made this tensor, the others are new.
  // CHECK-LABEL: func.func @between
  // CHECK-NOT: "top.Permute"
  func.func @between(%x: tensor<1x2x2x3xf32>) -> tensor<1x4x3x5xf32> {
    %none = "top.None"() : () -> none
    %f = "top.Weight"() : () -> tensor<2x2x1x1xf32> loc("f")
    %c = "top.Weight"() : () -> tensor<2xf32> loc("c")
    %map = "top.Weight"() : () -> tensor<1x2x3x2xf32> loc("map")
    // CHECK: %[[CONV:.*]] = "top.Conv"
    %0 = "top.Conv"(%x, %f, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x2x2x3xf32>, tensor<2x2x1x1xf32>, none) -> tensor<1x2x2x3xf32> loc("conv")
    %1 = "top.Permute"(%0) {order = array<i64: 0, 2, 3, 1>} : (tensor<1x2x2x3xf32>) -> tensor<1x2x3x2xf32> loc("conv_t")
    // CHECK: %[[ADD:.*]] = "top.Add"(%[[CONV]], %{{.*}}) {{.*}} : (tensor<1x2x2x3xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x2x3xf32> loc(#[[ADD_LOC:.*]])
    %2 = "top.Add"(%1, %c) : (tensor<1x2x3x2xf32>, tensor<2xf32>) -> tensor<1x2x3x2xf32> loc("add")
    // CHECK: %[[MUL:.*]] = "top.Mul"(%{{.*}}, %[[ADD]]) {{.*}} : (tensor<1x2x2x3xf32>, tensor<1x2x2x3xf32>) -> tensor<1x2x2x3xf32>
    %3 = "top.Mul"(%map, %2) : (tensor<1x2x3x2xf32>, tensor<1x2x3x2xf32>) -> tensor<1x2x3x2xf32> loc("mul")
    // CHECK: %[[TANH:.*]] = "top.Tanh"(%[[MUL]])
    %4 = "top.Tanh"(%3) : (tensor<1x2x3x2xf32>) -> tensor<1x2x3x2xf32> loc("tanh")
    // CHECK: %[[CONCAT:.*]] = "top.Concat"(%[[TANH]], %[[CONV]]) <{axis = 1 : i64
    %5 = "top.Concat"(%4, %1) {axis = 3 : i64} : (tensor<1x2x3x2xf32>, tensor<1x2x3x2xf32>) -> tensor<1x2x3x4xf32> loc("concat")
    // CHECK: %[[PAD:.*]] = "top.Pad"(%[[CONCAT]]) <{{.*}}paddings = array<i64: 0, 0, 1, 2, 0, 0, 1, 0>{{.*}} -> tensor<1x4x4x5xf32>
    %6 = "top.Pad"(%5) {paddings = array<i64: 0, 1, 2, 0, 0, 1, 0, 0>} : (tensor<1x2x3x4xf32>) -> tensor<1x4x5x4xf32> loc("pad")
    // CHECK: %[[SLICE:.*]] = "top.Slice"(%[[PAD]]) <{ends = array<i64: 1, 4, 3, 5>, offset = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, 1, 1>}> {{.*}} loc(#[[LAST:.*]])
    %7 = "top.Slice"(%6) {offset = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, 1, 1>, ends = array<i64: 1, 3, 5, 4>}
      : (tensor<1x4x5x4xf32>) -> tensor<1x3x5x4xf32> loc("slice")
    // CHECK: return %[[SLICE]]
    %8 = "top.Permute"(%7) {order = array<i64: 0, 3, 1, 2>} : (tensor<1x3x5x4xf32>) -> tensor<1x4x3x5xf32> loc("slice_t")
    return %8 : tensor<1x4x3x5xf32>
  }

  // A way around, a tensor that leaves the network as it was, and a reduction over height and width.
  // CHECK-LABEL: func.func @around
  // CHECK-SAME: (%[[X:[^:]*]]: tensor<1x4x5x5xf32>{{.*}}, %[[Y:[^:]*]]: tensor<1x4x5x5xf32>
  func.func @around(%x: tensor<1x4x5x5xf32>, %y: tensor<1x4x5x5xf32>)
      -> (tensor<1x4x5x5xf32>, tensor<1x5x5x4xf32>, tensor<1x4xf32>) {
    %0 = "top.Permute"(%x) {order = array<i64: 0, 2, 3, 1>} : (tensor<1x4x5x5xf32>) -> tensor<1x5x5x4xf32> loc("x_t")
    %1 = "top.Permute"(%y) {order = array<i64: 0, 2, 3, 1>} : (tensor<1x4x5x5xf32>) -> tensor<1x5x5x4xf32> loc("y_t")
    // CHECK-NEXT: %[[SUM:.*]] = "top.Add"(%[[X]], %[[Y]]) {{.*}} loc(#[[SUM_LOC:.*]])
    %2 = "top.Add"(%0, %1) : (tensor<1x5x5x4xf32>, tensor<1x5x5x4xf32>) -> tensor<1x5x5x4xf32> loc("sum")
    // CHECK-NEXT: %[[RELU:.*]] = "top.Relu"(%[[SUM]]) {{.*}} loc(#[[RELU_LOC:.*]])
    // CHECK-NEXT: %[[AS_IT_WAS:.*]] = "top.Permute"(%[[RELU]]) <{order = array<i64: 0, 2, 3, 1>}> {{.*}} loc(#[[OUT_LOC:.*]])
    %3 = "top.Relu"(%2) : (tensor<1x5x5x4xf32>) -> tensor<1x5x5x4xf32> loc("relu")
    %4 = "top.Permute"(%2) {order = array<i64: 0, 3, 1, 2>} : (tensor<1x5x5x4xf32>) -> tensor<1x4x5x5xf32> loc("sum_t")
    // CHECK-NEXT: %[[POOL:.*]] = "top.AvgPool"(%[[RELU]]) <{{.*}}kernel_shape = array<i64: 5, 5>{{.*}} -> tensor<1x4x1x1xf32>
    // CHECK-NEXT: %[[SEEN:.*]] = "top.Reshape"(%[[POOL]]) {{.*}} -> tensor<1x1x1x4xf32> loc(#[[POOL_LOC:.*]])
    // CHECK-NEXT: %[[FLAT:.*]] = "top.Reshape"(%[[SEEN]])
    %5 = "top.Reshape"(%3) {shape = array<i64: 1, 1, 25, 4>} : (tensor<1x5x5x4xf32>) -> tensor<1x1x25x4xf32> loc("seen")
    %6 = "top.AvgPool"(%5) {kernel_shape = array<i64: 25, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x1x25x4xf32>) -> tensor<1x1x1x4xf32> loc("mean")
    %7 = "top.Reshape"(%6) {shape = array<i64: 1, 4>} : (tensor<1x1x1x4xf32>) -> tensor<1x4xf32> loc("flat")
    // CHECK-NEXT: return %[[SUM]], %[[AS_IT_WAS]], %[[FLAT]]
    return %4, %3, %7 : tensor<1x4x5x5xf32>, tensor<1x5x5x4xf32>, tensor<1x4xf32>
  }

  // Nothing but a reduction reads the permute.
  // CHECK-LABEL: func.func @reduced
  // CHECK-SAME: (%[[X:[^:]*]]: tensor<2x4x5x6xf32>
  func.func @reduced(%x: tensor<2x4x5x6xf32>) -> tensor<2x1x1x4xf32> {
    // CHECK-NEXT: %[[POOL:.*]] = "top.MaxPool"(%[[X]]) <{{.*}}kernel_shape = array<i64: 5, 6>{{.*}} -> tensor<2x4x1x1xf32>
    // CHECK-NEXT: %[[SEEN:.*]] = "top.Reshape"(%[[POOL]]) {{.*}} -> tensor<2x1x1x4xf32>
    // CHECK-NEXT: return %[[SEEN]]
    %0 = "top.Permute"(%x) {order = array<i64: 0, 2, 3, 1>} : (tensor<2x4x5x6xf32>) -> tensor<2x5x6x4xf32> loc("r0")
    %1 = "top.Reshape"(%0) {shape = array<i64: 2, 1, 30, 4>} : (tensor<2x5x6x4xf32>) -> tensor<2x1x30x4xf32> loc("r1")
    %2 = "top.MaxPool"(%1) {kernel_shape = array<i64: 30, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<2x1x30x4xf32>) -> tensor<2x1x1x4xf32> loc("r2")
    return %2 : tensor<2x1x1x4xf32>
  }

  // Nothing leads out; nothing leads in; as many would be added as go.
  // CHECK-LABEL: func.func @kept
  func.func @kept(%x: tensor<1x4x5x6xf32>, %y: tensor<1x5x6x4xf32>)
      -> (tensor<1x5x6x4xf32>, tensor<1x4x5x6xf32>, tensor<1x4x5x6xf32>, tensor<1x5x6x4xf32>) {
    // CHECK-NEXT: "top.Permute"
    // CHECK-NEXT: "top.Exp"
    // CHECK-NEXT: "top.Abs"
    // CHECK-NEXT: "top.Permute"
    // CHECK-NEXT: "top.Permute"
    // CHECK-NEXT: "top.Add"
    // CHECK-NEXT: "top.Permute"
    // CHECK-NEXT: return
    %0 = "top.Permute"(%x) {order = array<i64: 0, 2, 3, 1>} : (tensor<1x4x5x6xf32>) -> tensor<1x5x6x4xf32> loc("k0")
    %1 = "top.Exp"(%0) : (tensor<1x5x6x4xf32>) -> tensor<1x5x6x4xf32> loc("k1")
    %2 = "top.Abs"(%y) : (tensor<1x5x6x4xf32>) -> tensor<1x5x6x4xf32> loc("k2")
    %3 = "top.Permute"(%2) {order = array<i64: 0, 3, 1, 2>} : (tensor<1x5x6x4xf32>) -> tensor<1x4x5x6xf32> loc("k3")
    %4 = "top.Permute"(%x) {order = array<i64: 0, 2, 3, 1>} : (tensor<1x4x5x6xf32>) -> tensor<1x5x6x4xf32> loc("k4")
    %5 = "top.Add"(%4, %y) : (tensor<1x5x6x4xf32>, tensor<1x5x6x4xf32>) -> tensor<1x5x6x4xf32> loc("k5")
    %6 = "top.Permute"(%5) {order = array<i64: 0, 3, 1, 2>} : (tensor<1x5x6x4xf32>) -> tensor<1x4x5x6xf32> loc("k6")
    return %1, %3, %6, %5 : tensor<1x5x6x4xf32>, tensor<1x4x5x6xf32>, tensor<1x4x5x6xf32>, tensor<1x5x6x4xf32>
  }

  // Two permutes of one tensor leave the network: each keeps its name.
  // CHECK-LABEL: func.func @both_leave
  // CHECK-SAME: (%[[X:[^:]*]]: tensor<2x3x4xf32>
  func.func @both_leave(%x: tensor<2x3x4xf32>) -> (tensor<2x3x4xf32>, tensor<2x3x4xf32>) {
    // CHECK-NEXT: %[[ABS:.*]] = "top.Abs"(%[[X]]) {{.*}} loc(#[[FIRST:.*]])
    // CHECK-NEXT: %[[SECOND:.*]] = "top.Permute"(%[[ABS]]) <{order = array<i64: 0, 1, 2>}>
    // CHECK-NEXT: return %[[ABS]], %[[SECOND]]
    %0 = "top.Permute"(%x) {order = array<i64: 2, 0, 1>} : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32> loc("b0")
    %1 = "top.Abs"(%0) : (tensor<4x2x3xf32>) -> tensor<4x2x3xf32> loc("b1")
    %2 = "top.Permute"(%1) {order = array<i64: 1, 2, 0>} : (tensor<4x2x3xf32>) -> tensor<2x3x4xf32> loc("b2")
    %3 = "top.Permute"(%1) {order = array<i64: 1, 2, 0>} : (tensor<4x2x3xf32>) -> tensor<2x3x4xf32> loc("b3")
    return %2, %3 : tensor<2x3x4xf32>, tensor<2x3x4xf32>
  }
}
// CHECK-DAG: #[[ADD_LOC]] = loc("add_permuted")
// CHECK-DAG: #[[LAST]] = loc("slice_t")
// CHECK-DAG: #[[SUM_LOC]] = loc("sum_t")
// CHECK-DAG: #[[RELU_LOC]] = loc("relu_permuted")
// CHECK-DAG: #[[OUT_LOC]] = loc("relu")
// CHECK-DAG: #[[POOL_LOC]] = loc("mean")
// CHECK-DAG: #[[FIRST]] = loc("b2")

// WEIGHTS-DAG: c_permuted f4 [1, 2, 1, 1] = 10 20
// WEIGHTS-DAG: map_permuted f4 [1, 2, 2, 3] = 1 3 5 7 9 11 2 4 6 8 10 12
