// RUN: tpuc-opt %s --processor-top-optimize | FileCheck %s

// The chip multiplies two tensors at a time: a product of four takes three steps, the last under the op's own name.
// CHECK-LABEL: func.func @product
// CHECK-SAME: (%[[A:.*]]: tensor<2x3xf32>{{.*}}, %[[B:.*]]: tensor<3xf32>{{.*}}, %[[C:.*]]: tensor<2x1xf32>{{.*}}, %[[D:.*]]: tensor<4x2x3xf32>
func.func @product(%a: tensor<2x3xf32>, %b: tensor<3xf32>, %c: tensor<2x1xf32>, %d: tensor<4x2x3xf32>) -> tensor<4x2x3xf32> {
  // CHECK: %[[AB:.*]] = "top.Mul"(%[[A]], %[[B]]) <{do_relu = false, {{.*}} -> tensor<2x3xf32> loc(#[[P0:.*]])
  // CHECK: %[[ABC:.*]] = "top.Mul"(%[[AB]], %[[C]]) <{do_relu = false, {{.*}} -> tensor<2x3xf32> loc(#[[P1:.*]])
  // CHECK: "top.Mul"(%[[ABC]], %[[D]]) <{do_relu = true, relu_limit = 6.000000e+00 : f64}> {{.*}} -> tensor<4x2x3xf32> loc(#[[M:.*]])
  %0 = "top.Mul"(%a, %b, %c, %d) {do_relu = true, relu_limit = 6.0 : f64}
    : (tensor<2x3xf32>, tensor<3xf32>, tensor<2x1xf32>, tensor<4x2x3xf32>) -> tensor<4x2x3xf32> loc("m")
  return %0 : tensor<4x2x3xf32>
}

// Parts would have no range of their own: calibrated products stay whole.
// CHECK-LABEL: func.func @calibrated
func.func @calibrated(%a: tensor<2x!quant.calibrated<f32<-1.0:1.0>>>) -> tensor<2x!quant.calibrated<f32<-1.0:1.0>>> {
  // CHECK: "top.Mul"(%[[A:.*]], %[[A]], %[[A]])
  %0 = "top.Mul"(%a, %a, %a) : (tensor<2x!quant.calibrated<f32<-1.0:1.0>>>, tensor<2x!quant.calibrated<f32<-1.0:1.0>>>,
    tensor<2x!quant.calibrated<f32<-1.0:1.0>>>) -> tensor<2x!quant.calibrated<f32<-1.0:1.0>>> loc("k")
  return %0 : tensor<2x!quant.calibrated<f32<-1.0:1.0>>>
}
// CHECK-DAG: #[[P0]] = loc("m_part")
// CHECK-DAG: #[[P1]] = loc("m_part_1")
// CHECK-DAG: #[[M]] = loc("m")
