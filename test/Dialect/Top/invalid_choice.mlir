// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'mode' is "Above"; known: Equal, NotEqual, Greater, GreaterOrEqual, Less, LessOrEqual, And, Or, Xor}}
  %0 = "top.Compare"(%a, %a) {mode = "Above"} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<2x4xf32>) {
  // expected-error @+1 {{'lhs' has shape 2x3, which does not broadcast with 'rhs', 2x4}}
  %0 = "top.Compare"(%a, %b) {mode = "Less"} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'mode' is "And"; known: Equal, NotEqual, Greater, GreaterOrEqual, Less, LessOrEqual}}
  %0 = "top.CompareConst"(%a) {mode = "And", const_val = 1.0} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'output' has shape 3x2 but operands and attributes give 2x3}}
  %0 = "top.CompareConst"(%a) {mode = "Less", const_val = 1.0} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<4xf32>) {
  %n = "top.None"() : () -> none
  // expected-error @+1 {{'fbrn' has shape 4, which does not broadcast with 2x3}}
  %0 = "top.Where"(%a, %n, %b) {x_is_const = true} : (tensor<2x3xf32>, none, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  %n = "top.None"() : () -> none
  // expected-error @+1 {{'tbrn' is absent, but 'x_is_const' does not say that it is a number}}
  %0 = "top.Where"(%a, %n, %a) {} : (tensor<2x3xf32>, none, tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'fbrn' is a tensor, but 'y_is_const' says that it is a number}}
  %0 = "top.Where"(%a, %a, %a) {y_is_const = true} : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'mode' is "Max"; known: ArgMax, ArgMin}}
  %0 = "top.Arg"(%a) {axis = 1 : i64, mode = "Max"} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'axis' is 2 but 'input' has 2 dimensions}}
  %0 = "top.Arg"(%a) {axis = 2 : i64, mode = "ArgMax"} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'output' has shape 2x1 but operands and attributes give 2}}
  %0 = "top.Arg"(%a) {axis = 1 : i64, mode = "ArgMax", keepdims = false} : (tensor<2x3xf32>) -> tensor<2x1xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'K' is 4 but axis 1 of 'input' has 3 elements}}
  %0 = "top.TopK"(%a) {axis = 1 : i64, K = 4 : i64, gives = "values"} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'gives' is "both"; known: values, indices}}
  %0 = "top.TopK"(%a) {axis = 1 : i64, K = 2 : i64, gives = "both"} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %i: tensor<4xf32>) {
  // expected-error @+1 {{'axis' is -1 but 'input' has 2 dimensions}}
  %0 = "top.Take"(%a, %i) {axis = -1 : i64} : (tensor<2x3xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}
