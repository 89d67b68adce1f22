// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --convert-top-to-tpu="mode=INT8 chip=bm1684x" -o out.mlir && FileCheck %s < out.mlir

// New tensors and weights take free names; a value that is returned twice is cast once; weights may stand where tensors do.

// WEIGHT w f4 [2, 3] = 1.984375 -1

!s = !quant.calibrated<f32<-4.0:4.0>>
!u = !quant.calibrated<f32<0.0:7.96875>>

module attributes {module.state = "TOP_CALIBRATED", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<2x3xf32>) -> (tensor<2x3x!s>, tensor<2x3x!s>, tensor<2x3x!s>, tensor<2x3x!s>) {
    // CHECK: %[[X:.*]] = "tpu.Cast"{{.*}} loc(#[[NX:.*]])
    %x = "top.Input"(%arg) : (tensor<2x3xf32>) -> tensor<2x3x!s> loc("x")
    // CHECK: "top.Weight"() {{.*}} loc(#[[NT:.*]])
    // CHECK: %[[A:.*]] = "tpu.Lut"
    %a = "top.Tanh"(%x) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("a")
    %b = "top.Abs"(%a) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("a_f32")
    %c = "top.Abs"(%b) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("x_si8")
    %d = "top.Abs"(%c) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("a_table")
    %w = "top.Weight"() : () -> tensor<2x3xf32> loc("w")
    // CHECK: %[[W:.*]] = "top.Weight"() : () -> tensor<2x3x!quant.uniform<i8:f32, 1.562500e-02>>
    // CHECK: "tpu.RequantInt"(%[[W]]) <{multiplier = 1073741824 : i64, rshift = 31 : i64}>
    %e = "top.Relu"(%w) : (tensor<2x3xf32>) -> tensor<2x3x!u> loc("e")
    %f = "top.Add"(%d, %e) : (tensor<2x3x!s>, tensor<2x3x!u>) -> tensor<2x3x!s> loc("f")
    // CHECK: %[[R:.*]] = "tpu.Cast"(%[[A]]){{.*}} loc(#[[NR:.*]])
    // CHECK: return %[[R]], %[[R]], %{{.*}}
    return %a, %a, %b, %f : tensor<2x3x!s>, tensor<2x3x!s>, tensor<2x3x!s>, tensor<2x3x!s>
  }
}
// CHECK-DAG: #[[NX]] = loc("x_si8_1")
// CHECK-DAG: #[[NT]] = loc("a_table_1")
// CHECK-DAG: #[[NR]] = loc("a_f32_1")
