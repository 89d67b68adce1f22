// RUN: tpuc-opt %s --convert-top-to-tpu="mode=BF16 chip=bm1684x" | FileCheck %s

// Softmax is computed in f32 whatever the mode; a maximum over rows stays in the mode's own format.
module attributes {module.state = "TOP_F32"} {
  func.func @main(%arg: tensor<40x9xf32>) -> (tensor<40x9xf32>, tensor<40xf32>, tensor<40x9xf32>) {
    %x = "top.Input"(%arg) : (tensor<40x9xf32>) -> tensor<40x9xf32> loc("x")
    // CHECK: %[[B:.*]] = "tpu.Cast"(%{{.*}}) : (tensor<40x9xf32>) -> tensor<40x9xbf16>
    // CHECK: %[[F:.*]] = "tpu.Cast"(%[[B]]) : (tensor<40x9xbf16>) -> tensor<40x9xf32>
    // CHECK: %[[R:.*]] = "tpu.Reshape"(%[[F]]) : (tensor<40x9xf32>) -> tensor<1x40x1x9xf32>
    // CHECK: %[[M:.*]] = "tpu.Pool2D"(%[[R]], %{{.*}}) <{{.*}}kernel_shape = array<i64: 1, 9>{{.*}}pool_mode = "Max"
    // CHECK: %[[D:.*]] = "tpu.Add"(%[[R]], %[[M]]) <{coeff = array<f64: 1.000000e+00, -1.000000e+00>
    // CHECK: %[[E:.*]] = "tpu.Active"(%[[D]]) <{{.*}}function = "exp"
    // CHECK: %[[S:.*]] = "tpu.Pool2D"(%[[E]], %{{.*}}) <{{.*}}pool_mode = "Avg"{{.*}}scale = 1.000000e+00
    // CHECK: %[[I:.*]] = "tpu.Active"(%[[S]]) <{{.*}}function = "reciprocal"
    // CHECK: %[[P:.*]] = "tpu.Mul"(%[[E]], %[[I]])
    // CHECK: "tpu.Reshape"(%[[P]]) : (tensor<1x40x1x9xf32>) -> tensor<40x9xf32>
    %s = "top.Softmax"(%x) {axis = 1 : i64} : (tensor<40x9xf32>) -> tensor<40x9xf32> loc("s")
    // CHECK: "tpu.Pool2D"(%{{.*}}) <{{.*}}pool_mode = "Max"{{.*}} : (tensor<1x40x1x9xbf16>, none) -> tensor<1x40x1x1xbf16>
    %m = "top.Reduce"(%x) {axes = array<i64: -1>, keepdims = false, mode = "Max"} : (tensor<40x9xf32>) -> tensor<40xf32> loc("m")
    // The exponent would lose bits.
    // CHECK: "tpu.Active"(%[[F]]) <{alpha = 1.700000e+00 : f64, {{.*}}function = "pow"{{.*}} -> tensor<40x9xf32>
    %p = "top.Pow"(%x) {exponent = 1.7} : (tensor<40x9xf32>) -> tensor<40x9xf32> loc("p")
    return %s, %m, %p : tensor<40x9xf32>, tensor<40xf32>, tensor<40x9xf32>
  }
}
