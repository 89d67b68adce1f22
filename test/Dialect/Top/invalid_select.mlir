// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<4xf32>) {
  // expected-error @+1 {{'mode' is "Above"; known: Equal, NotEqual, Greater, GreaterOrEqual, Less, LessOrEqual}}
  %0 = "top.Compare"(%x, %x) {mode = "Above"} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xi1>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<4xi32>) {
  // expected-error @+1 {{'lhs' has type 'tensor<4xf32>' and 'rhs' has type 'tensor<4xi32>'; expected elements of one type}}
  %0 = "top.Compare"(%x, %i) {mode = "Less"} : (tensor<4xf32>, tensor<4xi32>) -> tensor<4xi1>
  return
}

// -----

func.func @f(%x: tensor<4xf32>, %y: tensor<3xf32>, %m: tensor<1xi1>) {
  // expected-error @+1 {{'fbrn' has shape 3, which does not broadcast with 4}}
  %0 = "top.Where"(%m, %x, %y) : (tensor<1xi1>, tensor<4xf32>, tensor<3xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%b: tensor<1x8x5xf32>, %s: tensor<1x2x8xf32>) {
  // expected-error @+1 {{'boxes' has shape 1x8x5; expected images x boxes x 4}}
  %0:2 = "top.Nms"(%b, %s) {max_output_size = 3 : i64} : (tensor<1x8x5xf32>, tensor<1x2x8xf32>) -> (tensor<6x3xi64>, tensor<1xi32>)
  return
}

// -----

func.func @f(%b: tensor<1x8x4xf32>, %s: tensor<1x2x9xf32>) {
  // expected-error @+1 {{'scores' has shape 1x2x9; expected 1 x classes x 8 as 'boxes' has it}}
  %0:2 = "top.Nms"(%b, %s) {max_output_size = 3 : i64} : (tensor<1x8x4xf32>, tensor<1x2x9xf32>) -> (tensor<6x3xi64>, tensor<1xi32>)
  return
}

// -----

func.func @f(%b: tensor<1x8x4xf32>, %s: tensor<1x2x8xf32>) {
  // expected-error @+1 {{'indices' has shape 7x3 but operands and attributes give 6x3}}
  %0:2 = "top.Nms"(%b, %s) {max_output_size = 3 : i64} : (tensor<1x8x4xf32>, tensor<1x2x8xf32>) -> (tensor<7x3xi64>, tensor<1xi32>)
  return
}

// -----

func.func @f(%b: tensor<1x8x4xf32>, %s: tensor<1x2x8xf32>) {
  // expected-error @+1 {{'max_output_size' is -1; such a network finds nothing}}
  %0:2 = "top.Nms"(%b, %s) {max_output_size = -1 : i64} : (tensor<1x8x4xf32>, tensor<1x2x8xf32>) -> (tensor<6x3xi64>, tensor<1xi32>)
  return
}
