// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{needs at least two inputs, but it has 1}}
  %0 = "top.Add"(%a) {} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>) {
  // expected-error @+1 {{has 2 inputs but 'coeff' has 1 elements}}
  %0 = "top.Add"(%a, %b) {coeff = array<f64: 1.0>} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<2x4xf32>) {
  // expected-error @+1 {{'inputs[1]' has shape 2x4, which does not broadcast with 2x3}}
  %0 = "top.Add"(%a, %b) {} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x1xf32>, %b: tensor<2x3xf32>, %c: tensor<4xf32>) {
  // expected-error @+1 {{'inputs[2]' has shape 4, which does not broadcast with 2x3}}
  %0 = "top.Mul"(%a, %b, %c) {} : (tensor<2x1xf32>, tensor<2x3xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>, %c: tensor<2x3xf32>) {
  // expected-error @+1 {{needs two inputs, but it has 3}}
  %0 = "top.Sub"(%a, %b, %c) {} : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<3xf32>) {
  // expected-error @+1 {{'output' has shape 3 but operands and attributes give 2x3}}
  %0 = "top.Sub"(%a, %b) {} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'relu_limit' is -2.000000e+00; it must be positive, or -1 for no limit}}
  %0 = "top.Relu"(%a) {relu_limit = -2.0} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'output' has shape 3x2 but operands and attributes give 2x3}}
  %0 = "top.Relu"(%a) {} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'output' has shape 6 but operands and attributes give 2x3}}
  %0 = "top.Sigmoid"(%a) {} : (tensor<2x3xf32>) -> tensor<6xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'min' is 1.000000e+00 but 'max' is 0.000000e+00}}
  %0 = "top.Clip"(%a) {min = 1.0, max = 0.0} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'relu_limit' is 6.000000e+00 but 'do_relu' is false}}
  %0 = "top.MulConst"(%a) {const_val = 1.0, relu_limit = 6.0} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{requires attribute 'const_val'}}
  %0 = "top.AddConst"(%a) {} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{requires attribute 'alpha'}}
  %0 = "top.LeakyRelu"(%a) {} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3x4x5xf32>, %s: tensor<3xf32>) {
  // expected-error @+1 {{'slope' has shape 3, which does not broadcast to 'input', 2x3x4x5}}
  %0 = "top.PRelu"(%a, %s) : (tensor<2x3x4x5xf32>, tensor<3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<3xf32>, %s: tensor<2x3xf32>) {
  // expected-error @+1 {{'slope' has shape 2x3, which does not broadcast to 'input', 3}}
  %0 = "top.PRelu"(%a, %s) : (tensor<3xf32>, tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{needs at least two inputs, but it has 1}}
  %0 = "top.Max"(%a) {} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<2x4xf32>) {
  // expected-error @+1 {{'inputs[1]' has shape 2x4, which does not broadcast with 2x3}}
  %0 = "top.Min"(%a, %b) {} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<*xf32>
  return
}
