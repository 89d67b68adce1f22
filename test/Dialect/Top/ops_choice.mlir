// RUN: tpuc-opt %s --shape-infer | tpuc-opt | FileCheck %s

// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<2x3x4xf32>, %y: tensor<3x1xf32>, %i: tensor<5x2xf32>) -> tensor<2x5x2x4xf32> {
  %a = "top.Input"(%x) : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32> loc("a")
  %b = "top.Input"(%y) : (tensor<3x1xf32>) -> tensor<3x1xf32> loc("b")
  %j = "top.Input"(%i) : (tensor<5x2xf32>) -> tensor<5x2xf32> loc("i")
  %n = "top.None"() : () -> none
  // CHECK: "top.Compare"{{.*}}<{mode = "Less"}>{{.*}} -> tensor<2x3x4xf32>
  %0 = "top.Compare"(%a, %b) {mode = "Less"} : (tensor<2x3x4xf32>, tensor<3x1xf32>) -> tensor<*xf32> loc("less")
  // CHECK: "top.CompareConst"{{.*}} -> tensor<3x1xf32>
  %1 = "top.CompareConst"(%b) {mode = "Equal", const_val = 0.0} : (tensor<3x1xf32>) -> tensor<*xf32> loc("equal")
  // CHECK: "top.Where"{{.*}} -> tensor<2x3x4xf32>
  %2 = "top.Where"(%1, %0, %n) {y_is_const = true, y_const_val = 2.0} : (tensor<*xf32>, tensor<*xf32>, none) -> tensor<*xf32> loc("where")
  // CHECK: "top.Arg"{{.*}} -> tensor<2x1x4xf32>
  %3 = "top.Arg"(%2) {axis = 1 : i64, mode = "ArgMin"} : (tensor<*xf32>) -> tensor<*xf32> loc("arg")
  // CHECK: "top.TopK"{{.*}} -> tensor<2x2x4xf32>
  %4 = "top.TopK"(%2) {axis = 1 : i64, K = 2 : i64, gives = "indices"} : (tensor<*xf32>) -> tensor<*xf32> loc("top")
  // CHECK: "top.Take"{{.*}} -> tensor<2x5x2x4xf32>
  %5 = "top.Take"(%4, %j) {axis = 1 : i64} : (tensor<*xf32>, tensor<5x2xf32>) -> tensor<2x5x2x4xf32> loc("take")
  return %5 : tensor<2x5x2x4xf32>
}
