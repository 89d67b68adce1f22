// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  // expected-error @+1 {{'axis' names axis 4, but 'input' has 3 dimensions}}
  %0 = "top.Softmax"(%x) {axis = 4 : i64}
    : (tensor<2x6x5xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  // expected-error @+1 {{'beta' must be finite, but it is}}
  %0 = "top.Softmax"(%x) {axis = 1 : i64, beta = 0x7FF0000000000000 : f64}
    : (tensor<2x6x5xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  // expected-error @+1 {{'axes' names axis -4, but 'input' has 3 dimensions}}
  %0 = "top.Reduce"(%x) {axes = array<i64: -4>, mode = "Sum"}
    : (tensor<2x6x5xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  // expected-error @+1 {{'axes' names axis -1 twice}}
  %0 = "top.Reduce"(%x) {axes = array<i64: 2, -1>, mode = "Sum"}
    : (tensor<2x6x5xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  // expected-error @+1 {{'axes' names no axis}}
  %0 = "top.Reduce"(%x) {axes = array<i64>, mode = "Sum"}
    : (tensor<2x6x5xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  // expected-error @+1 {{'mode' must be Mean, Sum, Max, Min, Prod, L1 or L2, but it is "Median"}}
  %0 = "top.Reduce"(%x) {axes = array<i64: 1>, mode = "Median"}
    : (tensor<2x6x5xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  // expected-error @+1 {{'axis' names axis -4, but 'input' has 3 dimensions}}
  %0 = "top.CumSum"(%x) {axis = -4 : i64}
    : (tensor<2x6x5xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  %n = "top.None"() : () -> none
  // expected-error @+1 {{'normalized_shape' is 5, but 'input' has 6x5 from axis 1 on}}
  %0 = "top.LayerNorm"(%x, %n, %n) {normalized_shape = array<i64: 5>, axis = 1 : i64, eps = 1.0e-5}
    : (tensor<2x6x5xf32>, none, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  %n = "top.None"() : () -> none
  // expected-error @+1 {{'weight' has 6 elements, but the normalised axes have 5}}
  %0 = "top.LayerNorm"(%x, %c, %n) {normalized_shape = array<i64: 5>, axis = 2 : i64, eps = 1.0e-5}
    : (tensor<2x6x5xf32>, tensor<6xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  %n = "top.None"() : () -> none
  // expected-error @+1 {{'eps' must be finite and not negative, but it is -1}}
  %0 = "top.LayerNorm"(%x, %n, %n) {normalized_shape = array<i64: 5>, axis = 2 : i64, eps = -1.0}
    : (tensor<2x6x5xf32>, none, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  %n = "top.None"() : () -> none
  // expected-error @+1 {{'bias' has 6 elements, but the channels are 3}}
  %0 = "top.InstanceNorm"(%y, %n, %c) {eps = 1.0e-5}
    : (tensor<2x3x5xf32>, none, tensor<6xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  %n = "top.None"() : () -> none
  // expected-error @+1 {{'num_groups' is 4, which does not divide 6 channels}}
  %0 = "top.GroupNorm"(%x, %n, %n) {num_groups = 4 : i64, eps = 1.0e-5}
    : (tensor<2x6x5xf32>, none, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  %n = "top.None"() : () -> none
  // expected-error @+1 {{'num_groups' must be positive, but it is 0}}
  %0 = "top.GroupNorm"(%x, %n, %n) {num_groups = 0 : i64, eps = 1.0e-5}
    : (tensor<2x6x5xf32>, none, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  // expected-error @+1 {{'gamma' has 6 elements, but the last axis has 5}}
  %0 = "top.RMSNorm"(%x, %c) {eps = 1.0e-5}
    : (tensor<2x6x5xf32>, tensor<6xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  // expected-error @+1 {{'approx_mode' must be "none" or "tanh", but it is "fast"}}
  %0 = "top.GELU"(%x) {approx_mode = "fast"}
    : (tensor<2x6x5xf32>) -> tensor<2x6x5xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  // expected-error @+1 {{takes 2 inputs, but it has 1}}
  %0 = "top.Div"(%x)
    : (tensor<2x6x5xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x5xf32>, %y: tensor<2x3x5xf32>, %c: tensor<6xf32>) {
  // expected-error @+1 {{'inputs[1]' has shape 2x3x5, which does not broadcast with 2x6x5}}
  %0 = "top.Div"(%x, %y)
    : (tensor<2x6x5xf32>, tensor<2x3x5xf32>) -> tensor<*xf32>
  return
}
