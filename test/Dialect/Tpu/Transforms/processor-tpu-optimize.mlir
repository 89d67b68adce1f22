// RUN: tpuc-opt %s --processor-tpu-optimize | FileCheck %s

!i = !quant.uniform<i8:f32, 0.5>
!u = !quant.uniform<u8:f32, 0.5>

module attributes {module.chip = "bm1684x", module.state = "TPU_LOWERED"} {
  // CHECK: %[[X:.*]] = "top.Input"
  func.func @main(%a: tensor<2x6x!i>) -> (tensor<12x!i>, tensor<2x6x!i>, tensor<2x6x!u>, tensor<2x6xf32>, tensor<4x3x!i>, tensor<3x4x!i>) {
    %x = "top.Input"(%a) : (tensor<2x6x!i>) -> tensor<2x6x!i> loc("x")
    // A reshape of a reshape is one.
    // CHECK: %[[R:.*]] = "tpu.Reshape"(%[[X]]) : {{.*}} -> tensor<12x!quant.uniform<i8:f32, 5.000000e-01>>
    %0 = "tpu.Reshape"(%x) : (tensor<2x6x!i>) -> tensor<3x4x!i> loc("r0")
    %1 = "tpu.Reshape"(%0) : (tensor<3x4x!i>) -> tensor<12x!i> loc("r1")
    // Back into the same format gives the same integers; into another it does not, and fp32 that is used stays.
    // CHECK: %[[F:.*]] = "tpu.Cast"(%[[X]]) : {{.*}} -> tensor<2x6xf32>
    %2 = "tpu.Cast"(%x) : (tensor<2x6x!i>) -> tensor<2x6xf32> loc("f")
    %3 = "tpu.Cast"(%2) : (tensor<2x6xf32>) -> tensor<2x6x!i> loc("same")
    // CHECK: %[[U:.*]] = "tpu.Cast"(%[[F]])
    %4 = "tpu.Cast"(%2) : (tensor<2x6xf32>) -> tensor<2x6x!u> loc("other")
    // CHECK: %[[RI:.*]] = "tpu.RequantInt"(%[[X]])
    %5 = "tpu.RequantInt"(%3) {multiplier = 1 : i64, rshift = 0 : i64} : (tensor<2x6x!i>) -> tensor<2x6x!i> loc("ri")
    // A reshape that others use stays.
    // CHECK: %[[K:.*]] = "tpu.Reshape"(%[[X]]) : {{.*}} -> tensor<3x4
    // CHECK: %[[L:.*]] = "tpu.Reshape"(%[[K]]) : {{.*}} -> tensor<4x3
    %6 = "tpu.Reshape"(%x) : (tensor<2x6x!i>) -> tensor<3x4x!i> loc("kept")
    %7 = "tpu.Reshape"(%6) : (tensor<3x4x!i>) -> tensor<4x3x!i> loc("last")
    // CHECK: return %[[R]], %[[RI]], %[[U]], %[[F]], %[[L]], %[[K]]
    return %1, %5, %4, %2, %7, %6 : tensor<12x!i>, tensor<2x6x!i>, tensor<2x6x!u>, tensor<2x6xf32>, tensor<4x3x!i>, tensor<3x4x!i>
  }
}
