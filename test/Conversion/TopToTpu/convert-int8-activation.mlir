// RUN: rm -rf %t && mkdir -p %t && cd %t
// RUN: tpuc-opt %s --convert-top-to-tpu="mode=INT8 chip=bm1684x" -o out.mlir && FileCheck %s < out.mlir

// Every function of one variable is a table of 256 results under the op's own name, or lines where lines have the same
// results; the numbers are tested in test/python/test_lowering_numbers.py.

!s = !quant.calibrated<f32<-4.0:4.0>>

module attributes {module.state = "TOP_CALIBRATED"} {
  func.func @main(%arg: tensor<2x3xf32>) -> tensor<2x3x!s> {
    // CHECK: %[[X:.*]] = "tpu.Cast"
    %x = "top.Input"(%arg) : (tensor<2x3xf32>) -> tensor<2x3x!s> loc("x")
    // CHECK-COUNT-2: "tpu.Lines"
    // CHECK-NOT: "tpu.Lines"
    // CHECK-COUNT-7: "tpu.Lut"
    // CHECK: "tpu.Lines"
    // CHECK-COUNT-5: "tpu.Lut"
    // CHECK: "tpu.Lines"
    %0 = "top.LeakyRelu"(%x) {alpha = 0.1} : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("leakyrelu")
    %1 = "top.Clip"(%0) {min = -1.0, max = 1.0} : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("clip")
    %2 = "top.Sigmoid"(%1) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("sigmoid")
    %3 = "top.SiLU"(%2) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("silu")
    %4 = "top.Tanh"(%3) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("tanh")
    %5 = "top.GELU"(%4) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("gelu")
    %6 = "top.Exp"(%5) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("exp")
    %7 = "top.Log"(%6) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("log")
    %8 = "top.Sqrt"(%7) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("sqrt")
    %9 = "top.Abs"(%8) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("abs")
    %10 = "top.Erf"(%9) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("erf")
    %11 = "top.Softplus"(%10) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("softplus")
    %12 = "top.Mish"(%11) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("mish")
    %13 = "top.HardSwish"(%12) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("hardswish")
    %14 = "top.Elu"(%13) {alpha = 1.0} : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("elu")
    %15 = "top.HardSigmoid"(%14) {alpha = 0.2, beta = 0.5} : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("hardsigmoid")
    // A relu whose result is signed (its range said so) is a line with a bound.
    // CHECK-NEXT: %[[Y:.*]] = "tpu.Lines"({{.*}}low = 0
    %16 = "top.Relu"(%15) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("relu")
    // Top's cast is no work.
    // CHECK-NEXT: "tpu.Cast"(%[[Y]]) : {{.*}} -> tensor<2x3xf32>
    %17 = "top.Cast"(%16) : (tensor<2x3x!s>) -> tensor<2x3x!s> loc("cast")
    // CHECK-NEXT: return
    return %17 : tensor<2x3x!s>
  }
}

// A large curve is a chain of lines; a few values are cheaper to look up.
// RUN: sed 's/2x3x/1x64x80x80x/g' %s > large.mlir
// RUN: tpuc-opt large.mlir --convert-top-to-tpu="mode=INT8 chip=bm1684x" | FileCheck %s --check-prefix=LARGE
// LARGE-COUNT-2: "tpu.Lines"
// LARGE-NOT: "tpu.Lut"
// LARGE-COUNT-5: "tpu.Curve"
