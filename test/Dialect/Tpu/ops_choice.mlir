// RUN: tpuc-opt %s | tpuc-opt | FileCheck %s

!i8 = !quant.uniform<i8:f32, 0.5>
!truth = !quant.uniform<u8:f32, 1.0>

// CHECK-LABEL: func.func @chooses
func.func @chooses(%x: tensor<2x3xf32>, %y: tensor<1x3xf32>, %q: tensor<2x3x!i8>) {
  %n = "top.None"() : () -> none
  // CHECK: "tpu.Compare"(%{{.*}}) <{mode = "Less"}> : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
  %0 = "tpu.Compare"(%x, %y) {mode = "Less"} : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>
  // CHECK: "tpu.Compare"(%{{.*}}) <{mode = "Equal"}> : (tensor<2x3x!quant{{.*}}>, tensor<2x3x!quant{{.*}}>) -> tensor<2x3x!quant.uniform<u8:f32, 1.000000e+00>>
  %1 = "tpu.Compare"(%q, %q) {mode = "Equal"} : (tensor<2x3x!i8>, tensor<2x3x!i8>) -> tensor<2x3x!truth>
  // CHECK: "tpu.CompareConst"(%{{.*}}) <{const_val = 5.000000e-01 : f64, mode = "Greater"}> : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = "tpu.CompareConst"(%x) {mode = "Greater", const_val = 0.5} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "tpu.Where"(%{{.*}}) <{{.*}}y_const_val = 2.000000e+00 : f64{{.*}}> : (tensor<2x3xf32>, tensor<2x3xf32>, none) -> tensor<2x3xf32>
  %3 = "tpu.Where"(%2, %x, %n) {y_const_val = 2.0} : (tensor<2x3xf32>, tensor<2x3xf32>, none) -> tensor<2x3xf32>
  return
}
