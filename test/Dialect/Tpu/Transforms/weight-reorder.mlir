// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --weight-reorder -o out.mlir && FileCheck %s < out.mlir
// RUN: %print_weights out_weight.npz | FileCheck %s --check-prefix=WEIGHTS
// RUN: tpuc-opt out.mlir --weight-reorder -o again.mlir && FileCheck %s < again.mlir
// RUN: sed 's/module.chip = "bm1684x", //' %s > chipless.mlir && not tpuc-opt chipless.mlir --weight-reorder 2>&1 | FileCheck %s --check-prefix=CHIP
// CHIP: error: weight-reorder needs a lowered module with module.chip; run convert-top-to-tpu first

// Filters of the convolution array: 64 input channels side by side for int8, one for f32. The type stays what the filter
// means; `store` says how it lies. Depth-wise filters and everything else stay.

// WEIGHT f i1 [2, 3, 1, 2] = 1 2 3 4 5 6 7 8 9 10 11 12
// WEIGHT q i4 [1, 2, 1, 3] = 1 0 0
// WEIGHT d i1 [3, 1, 1, 1] = 5 6 7
// WEIGHT dq i4 [1, 3, 1, 3] = 1 0 0
// WEIGHT m i1 [2, 6, 1, 1] = 1 2 3 4 5 6 7 8 9 10 11 12
// WEIGHT g f4 [1, 2, 1, 2] = 1 2 3 4

!i = !quant.uniform<i8:f32, 0.5>

// CHECK: module.state = "TPU_REORDERED"
module attributes {module.chip = "bm1684x", module.state = "TPU_LOWERED", module.weight_file = "in.npz"} {
  func.func @main(%a: tensor<1x3x4x5x!i>, %b: tensor<1x2x4x5xf32>, %c: tensor<4x6x!i>)
      -> (tensor<1x2x4x4x!i>, tensor<1x2x4x4x!i>, tensor<1x1x4x4xf32>, tensor<4x2x!i>) {
    %n = "top.None"() : () -> none
    %x = "top.Input"(%a) : (tensor<1x3x4x5x!i>) -> tensor<1x3x4x5x!i> loc("x")
    %y = "top.Input"(%b) : (tensor<1x2x4x5xf32>) -> tensor<1x2x4x5xf32> loc("y")
    %z = "top.Input"(%c) : (tensor<4x6x!i>) -> tensor<4x6x!i> loc("z")
    // CHECK: %[[F:.*]] = "top.Weight"() <{pack = 64 : i64, store = "conv_nic"}> : () -> tensor<2x3x1x2xi8> loc(#[[NF:.*]])
    // CHECK-NOT: loc("f")
    %f = "top.Weight"() : () -> tensor<2x3x1x2xi8> loc("f")
    %q = "top.Weight"() : () -> tensor<1x2x1x3xi32> loc("q")
    // CHECK: %[[D:.*]] = "top.Weight"() : () -> tensor<3x1x1x1xi8> loc(#[[ND:.*]])
    %d = "top.Weight"() : () -> tensor<3x1x1x1xi8> loc("d")
    %dq = "top.Weight"() : () -> tensor<1x3x1x3xi32> loc("dq")
    %m = "top.Weight"() : () -> tensor<2x6x1x1xi8> loc("m")
    %g = "top.Weight"() : () -> tensor<1x2x1x2xf32> loc("g")
    // CHECK: "tpu.Conv2D"(%{{.*}}, %[[D]],
    %0 = "tpu.Conv2D"(%x, %d, %n, %dq) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 3 : i64}
      : (tensor<1x3x4x5x!i>, tensor<3x1x1x1xi8>, none, tensor<1x3x1x3xi32>) -> tensor<1x3x4x5x!i> loc("c0")
    // Two users, one array.
    // CHECK: "tpu.Conv2D"(%{{.*}}, %[[F]],
    %1 = "tpu.Conv2D"(%x, %f, %n, %q) {kernel_shape = array<i64: 1, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x3x4x5x!i>, tensor<2x3x1x2xi8>, none, tensor<1x2x1x3xi32>) -> tensor<1x2x4x4x!i> loc("c1")
    // CHECK: "tpu.Conv2D"(%{{.*}}, %[[F]],
    %2 = "tpu.Conv2D"(%0, %f, %n, %q) {kernel_shape = array<i64: 1, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x3x4x5x!i>, tensor<2x3x1x2xi8>, none, tensor<1x2x1x3xi32>) -> tensor<1x2x4x4x!i> loc("c2")
    // CHECK: "tpu.Conv2D"(%{{.*}}, %[[G:.*]], %{{.*}}tensor<1x2x1x2xf32>
    %3 = "tpu.Conv2D"(%y, %g, %n, %n) {kernel_shape = array<i64: 1, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x2x4x5xf32>, tensor<1x2x1x2xf32>, none, none) -> tensor<1x1x4x4xf32> loc("c3")
    %4 = "tpu.MatMul"(%z, %m, %n, %q) {weight_form} : (tensor<4x6x!i>, tensor<2x6x1x1xi8>, none, tensor<1x2x1x3xi32>) -> tensor<4x2x!i> loc("mm")
    return %1, %2, %3, %4 : tensor<1x2x4x4x!i>, tensor<1x2x4x4x!i>, tensor<1x1x4x4xf32>, tensor<4x2x!i>
  }
}
// CHECK-DAG: #[[NF]] = loc("f_reordered")
// CHECK-DAG: #[[ND]] = loc("d")
// [oc, groups of 64 channels, taps, 64]: the three channels of a tap stand together.
// WEIGHTS-DAG: f_reordered i1 [1, 2, 1, 128] = 1 3 5 0 0
// WEIGHTS-DAG: m_reordered i1 [1, 2, 1, 64] = 1 2 3 4 5 6 0 0
// WEIGHTS-DAG: g_reordered f4 [1, 1, 2, 2] = 1 2 3 4
// WEIGHTS-DAG: d i1 [3, 1, 1, 1] = 5 6 7
