// RUN: tpuc-opt %s | tpuc-opt | FileCheck %s

// CHECK-LABEL: func.func @chooses
func.func @chooses(%x: tensor<1x4xf32>, %y: tensor<4xf32>, %i: tensor<2x4xi64>, %b: tensor<1x8x4xf32>, %s: tensor<1x2x8xf32>) {
  // CHECK: "top.Compare"(%{{.*}}) <{mode = "Greater"}> : (tensor<1x4xf32>, tensor<4xf32>) -> tensor<1x4xi1>
  %0 = "top.Compare"(%x, %y) {mode = "Greater"} : (tensor<1x4xf32>, tensor<4xf32>) -> tensor<1x4xi1>
  // CHECK: "top.Where"(%{{.*}}) <{{.*}}> : (tensor<1x4xi1>, tensor<2x4xi64>, tensor<2x4xi64>) -> tensor<2x4xi64>
  %1 = "top.Where"(%0, %i, %i) : (tensor<1x4xi1>, tensor<2x4xi64>, tensor<2x4xi64>) -> tensor<2x4xi64>
  // CHECK: "top.Cast"(%{{.*}}) : (tensor<2x4xi64>) -> tensor<2x4xf32>
  %2 = "top.Cast"(%1) : (tensor<2x4xi64>) -> tensor<2x4xf32>
  // CHECK: "top.Nms"(%{{.*}}) <{center_point_box = 1 : i64, iou_threshold = 5.000000e-01 : f64, max_output_size = 3 : i64}>
  %3:2 = "top.Nms"(%b, %s) {max_output_size = 3 : i64, center_point_box = 1 : i64, iou_threshold = 0.5 : f64}
    : (tensor<1x8x4xf32>, tensor<1x2x8xf32>) -> (tensor<6x3xi64>, tensor<1xi32>)
  return
}
