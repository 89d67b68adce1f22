// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --convert-top-to-tpu="mode=F32 chip=bm1684x" -o out.mlir && FileCheck %s < out.mlir
// RUN: tpuc-opt %s --processor-assign="chip=bm1684x" --convert-top-to-tpu="mode=f32" -o assigned.mlir && FileCheck %s < assigned.mlir
// RUN: %print_weights out_weight.npz | FileCheck %s --check-prefix=WEIGHTS

// WEIGHT f f4 [2, 2, 1, 1] = 1 2 3 4
// WEIGHT b f4 [2] = 0.5 -1.0
// WEIGHT g f4 [4, 2, 1, 1] = 1 2 3 4 5 6 7 8
// WEIGHT s f4 [2] = 2 3
// WEIGHT r f4 [4, 3] = 1 2 3 4 5 6 7 8 9 10 11 12
// WEIGHT k f4 [2, 1, 1] = 0.5 0.25

// CHECK: module attributes {module.asymmetric = false, module.chip = "bm1684x", module.mode = "F32", module.state = "TPU_LOWERED"
module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<1x2x4x4xf32>) -> (tensor<1x2x4x4xf32>, tensor<1x2x4x3xf32>) {
    %none = "top.None"() : () -> none
    // No cast at the borders.
    // CHECK: %[[X:.*]] = "top.Input"
    %x = "top.Input"(%arg) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("x")
    %f = "top.Weight"() : () -> tensor<2x2x1x1xf32> loc("f")
    %b = "top.Weight"() : () -> tensor<2xf32> loc("b")
    // CHECK: %[[F:.*]] = "top.Weight"() : () -> tensor<2x2x1x1xf32>
    // CHECK: %[[C:.*]] = "tpu.Conv2D"(%[[X]], %[[F]], %{{.*}}, %{{.*}}) <{band = 0 : i64, dilations = array<i64: 1, 1>, do_relu = true, group = 1 : i64, {{.*}}relu_limit = 6.000000e+00 : f64
    // CHECK-SAME: (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>, none) -> tensor<1x2x4x4xf32>
    %c = "top.Conv"(%x, %f, %b) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, do_relu = true, relu_limit = 6.0}
      : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32> loc("c")
    // In 32 bits the array takes one input channel at a time: groups stay.
    // CHECK: "tpu.Concat"
    // CHECK: "tpu.Conv2D"{{.*}}group = 2 : i64{{.*}}tensor<4x2x1x1xf32>
    %x4 = "top.Concat"(%c, %c) {axis = 1 : i64} : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x4x4x4xf32> loc("x4")
    %g = "top.Weight"() : () -> tensor<4x2x1x1xf32> loc("g")
    %cg = "top.Conv"(%x4, %g, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
      : (tensor<1x4x4x4xf32>, tensor<4x2x1x1xf32>, none) -> tensor<1x4x4x4xf32> loc("cg")
    // CHECK: "tpu.Conv2D"{{.*}}group = 2 : i64, kernel_shape = array<i64: 1, 1>{{.*}}tensor<2x1x1x1xf32>, none, none)
    %s = "top.Weight"() : () -> tensor<2xf32> loc("s")
    %sc = "top.Scale"(%c, %s, %none) : (tensor<1x2x4x4xf32>, tensor<2xf32>, none) -> tensor<1x2x4x4xf32> loc("sc")
    // WEIGHTS-DAG: sc_filter_f32 f4 [2, 1, 1, 1] = 2 3
    // CHECK: "tpu.MatMul"({{.*}}weight_form}> : (tensor<1x2x4x4xf32>, tensor<3x4x1x1xf32>, none, none) -> tensor<1x2x4x3xf32>
    %r = "top.Weight"() : () -> tensor<4x3xf32> loc("r")
    %m = "top.MatMul"(%sc, %r, %none) : (tensor<1x2x4x4xf32>, tensor<4x3xf32>, none) -> tensor<1x2x4x3xf32> loc("m")
    // WEIGHTS-DAG: m_filter_f32 f4 [3, 4, 1, 1] = 1 4 7 10 2 5 8 11 3 6 9 12
    // CHECK: "tpu.MatMul"(%[[C]], %[[C]], %{{.*}}do_relu = false, multiplier = 1 : i64
    %mm = "top.MatMul"(%c, %c, %none) : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>, none) -> tensor<1x2x4x4xf32> loc("mm")
    // CHECK: "tpu.Pool2D"{{.*}}pool_mode = "Max"
    %mp = "top.MaxPool"(%mm) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("mp")
    // CHECK: "tpu.Pool2D"{{.*}}pool_mode = "Avg"{{.*}}scale = 2.500000e-01 : f64
    %ap = "top.AvgPool"(%mp) {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32> loc("ap")
    // CHECK: "tpu.Pool2D"(%{{.*}}, %{{.*}}pool_mode = "Avg"{{.*}}(tensor<1x2x2x2xf32>, tensor<1x1x2x2xf32>)
    %ad = "top.AvgPool"(%ap) {kernel_shape = array<i64: 2, 2>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 0, 0>}
      : (tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32> loc("ad")
    // WEIGHTS-DAG: ad_divisors f4 [1, 1, 2, 2] = 1 0.5 0.5 0.25
    // CHECK: "tpu.Pad"(%{{.*}}mode = "edge"
    %pad = "top.Pad"(%ad) {paddings = array<i64: 0, 0, 1, 1, 0, 0, 1, 1>, mode = "edge"} : (tensor<1x2x2x2xf32>) -> tensor<1x2x4x4xf32> loc("pad")
    // CHECK: "tpu.Add"(%{{.*}}coeff = array<f64: 2.000000e+00, 1.000000e+00, -1.000000e+00>, do_relu = true
    %a = "top.Add"(%pad, %x, %mp) {coeff = array<f64: 2.0, 1.0, -1.0>, do_relu = true}
      : (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("a")
    // CHECK: "tpu.Add"(%{{.*}}coeff = array<f64: 1.000000e+00, -1.000000e+00>
    %k = "top.Weight"() : () -> tensor<2x1x1xf32> loc("k")
    %su = "top.Sub"(%a, %k) : (tensor<1x2x4x4xf32>, tensor<2x1x1xf32>) -> tensor<1x2x4x4xf32> loc("su")
    // CHECK: "tpu.Mul"(%{{.*}} : (tensor<1x2x4x4xf32>, tensor<2x1x1xf32>) -> tensor<1x2x4x4xf32>
    %mu = "top.Mul"(%su, %k) : (tensor<1x2x4x4xf32>, tensor<2x1x1xf32>) -> tensor<1x2x4x4xf32> loc("mu")
    // CHECK: "tpu.Relu"(%{{.*}}relu_limit = 6.000000e+00
    %re = "top.Relu"(%mu) {relu_limit = 6.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("re")
    // CHECK: "tpu.AddConst"(%{{.*}}const_val = 1.000000e+00
    %ac = "top.AddConst"(%re) {const_val = 1.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("ac")
    // CHECK: "tpu.MulConst"(%{{.*}}const_val = 2.000000e+00
    %mc = "top.MulConst"(%ac) {const_val = 2.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("mc")
    // CHECK: "tpu.Permute"
    %p = "top.Permute"(%mc) {order = array<i64: 0, 1, 3, 2>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("p")
    // CHECK: "tpu.Slice"
    %sl = "top.Slice"(%p) {offset = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, 2, 2>, ends = array<i64: 1, 2, 4, 4>}
      : (tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32> loc("sl")
    // CHECK: "tpu.Upsample"
    %up = "top.Upsample"(%sl) {scale_h = 2 : i64, scale_w = 2 : i64} : (tensor<1x2x2x2xf32>) -> tensor<1x2x4x4xf32> loc("up")
    // CHECK: "tpu.Reshape"
    %rs = "top.Reshape"(%up) {shape = array<i64: 1, 32>} : (tensor<1x2x4x4xf32>) -> tensor<1x32xf32> loc("rs")
    // CHECK: "tpu.Reshape"
    %fl = "top.Flatten"(%mc) : (tensor<1x2x4x4xf32>) -> tensor<32xf32> loc("fl")
    // CHECK: return %{{.*}}, %{{.*}} : tensor<1x2x4x4xf32>, tensor<1x2x4x3xf32>
    return %mc, %m : tensor<1x2x4x4xf32>, tensor<1x2x4x3xf32>
  }
}
