// RUN: split-file %s %t
// RUN: tpuc-opt %t/net.mlir --import-calibration-table="file=%t/table asymmetric=false" | FileCheck %s
// RUN: tpuc-opt %t/net.mlir --import-calibration-table="file=%t/table asymmetric=true" | FileCheck %s --check-prefix=ASYM
// RUN: tpuc-opt %t/net.mlir --import-calibration-table=file=%t/table 2>&1 >/dev/null | FileCheck %s --check-prefix=ZERO
// RUN: tpuc-opt %t/net.mlir --import-calibration-table=file=%t/tiny | FileCheck %s --check-prefix=TINY
// RUN: sed 's/$/\r/' %t/other > %t/crlf && tpuc-opt %t/net.mlir --import-calibration-table=file=%t/crlf | FileCheck %s --check-prefix=CRLF

// The type of the result follows; the weight and the absent operand have no range.
// CHECK: module.state = "TOP_CALIBRATED"
// CHECK: func.func @main(%{{.*}}: tensor<1x2xf32>{{.*}}) -> (tensor<1x2x!quant.calibrated<f32<0.000000e+00:4.000000e+00>>>, tensor<1x2x!quant.calibrated<{{.*}}>>)
// Symmetric: threshold on both sides where something is negative, else above zero only.
// CHECK: "top.Input"{{.*}} -> tensor<1x2x!quant.calibrated<f32<-2.500000e+00:2.500000e+00>>>
// CHECK: "top.Weight"() : () -> tensor<2x2xf32>
// CHECK: "top.MatMul"{{.*}} -> tensor<1x2x!quant.calibrated<f32<-3.000000e+00:3.000000e+00>>>
// CHECK: "top.Relu"{{.*}} -> tensor<1x2x!quant.calibrated<f32<0.000000e+00:4.000000e+00>>>
// A tensor that was always zero has the smallest range of all, not an empty one.
// CHECK: "top.MulConst"{{.*}} -> tensor<1x2x!quant.calibrated<f32<0.000000e+00:1.000000e+00>>>
// CHECK: return %{{.*}}, %{{.*}} : tensor<1x2x!quant.calibrated<f32<0.000000e+00:4.000000e+00>>>

// Asymmetric: min and max as far as the threshold, and zero among them.
// ASYM: "top.Input"{{.*}} -> tensor<1x2x!quant.calibrated<f32<-2.000000e+00:2.125000e+00>>>
// ASYM: "top.MatMul"{{.*}} -> tensor<1x2x!quant.calibrated<f32<-3.000000e+00:1.000000e+00>>>
// ASYM: "top.Relu"{{.*}} -> tensor<1x2x!quant.calibrated<f32<0.000000e+00:4.000000e+00>>>
// ASYM: "top.MulConst"{{.*}} -> tensor<1x2x!quant.calibrated<f32<0.000000e+00:1.000000e+00>>>

// ZERO: warning: calibration table '{{.*}}table' line 9: tensor 'zero' has the range 0 0 0: it was zero in every sample
// TINY: "top.Input"{{.*}} -> tensor<1x2x!quant.calibrated<f32<-3.251440e-08:3.251440e-08>>>
// TINY: "top.MatMul"{{.*}} -> tensor<1x2x!quant.calibrated<f32<-{{1.0+e|9.9+[0-9]*E}}-{{[0-9]+}}:{{1.0+e|9.9+[0-9]*E}}-{{[0-9]+}}>>>

// CRLF: "top.Input"{{.*}} -> tensor<1x2x!quant.calibrated<f32<-1.000000e+00:1.000000e+00>>>
// CRLF: "top.MulConst"{{.*}} -> tensor<1x2x!quant.calibrated<f32<-1.000000e+00:1.000000e+00>>>

//--- net.mlir
module attributes {module.state = "TOP_F32"} {
  func.func @main(%arg: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
    %none = "top.None"() : () -> none
    %0 = "top.Input"(%arg) : (tensor<1x2xf32>) -> tensor<1x2xf32> loc("in")
    %w = "top.Weight"() : () -> tensor<2x2xf32> loc("w")
    %1 = "top.MatMul"(%0, %w, %none) : (tensor<1x2xf32>, tensor<2x2xf32>, none) -> tensor<1x2xf32> loc("fc_Gemm")
    %2 = "top.Relu"(%1) : (tensor<1x2xf32>) -> tensor<1x2xf32> loc("act/x:0_Relu")
    %3 = "top.MulConst"(%2) {const_val = 0.0} : (tensor<1x2xf32>) -> tensor<1x2xf32> loc("zero")
    return %2, %3 : tensor<1x2xf32>, tensor<1x2xf32>
  }
}
//--- table
# generated time: 2025-01-01
# histogram number: 2048
###
# op_name    threshold    min    max
in 2.5 -2.0 2.125
fc_Gemm 3.0000000 -3.5 1e0

act/x:0_Relu 4 0.5 5
zero 0 0 0
nobody 1 -1 1
#weight_scale
in not a number at all
//--- tiny
in 0.00000003251440 -0.00000003251440 0.00000002988248
fc_Gemm 1e-20 -1e-20 1e-20
act/x:0_Relu 1e-20 0 1e-20
zero 1e-20 0 1e-20
//--- other
in 1 -1 1
fc_Gemm   1   -1   1
act/x:0_Relu 1 -1 1
zero 1 -1 1
