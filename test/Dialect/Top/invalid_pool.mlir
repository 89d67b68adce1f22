// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

func.func @f(%i: tensor<3x5xf32>) {
  // expected-error @+1 {{'input' must have 4 dimensions, but its shape is 3x5}}
  %0 = "top.MaxPool"(%i) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<3x5xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x3x5x6xf32>) {
  // expected-error @+1 {{the window has 7 columns but the padded 'input' has 6}}
  %0 = "top.MaxPool"(%i) {kernel_shape = array<i64: 3, 7>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x3x5x6xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x3x5x6xf32>) {
  // expected-error @+1 {{a window of 3 rows lies wholly in the padding (3 before, 0 after 5 rows)}}
  %0 = "top.MaxPool"(%i) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 3, 0, 0, 0>}
    : (tensor<1x3x5x6xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x3x5x6xf32>) {
  // expected-error @+1 {{a window of 2 columns lies wholly in the padding (0 before, 3 after 6 columns)}}
  %0 = "top.AvgPool"(%i) {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 3>}
    : (tensor<1x3x5x6xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x3x5x6xf32>) {
  // expected-error @+1 {{'strides' has the element -1; the least possible is 1}}
  %0 = "top.MaxPool"(%i) {kernel_shape = array<i64: 3, 3>, strides = array<i64: -1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x3x5x6xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x3x5x6xf32>) {
  // expected-error @+1 {{'kernel_shape' must have 2 elements, but it has 3}}
  %0 = "top.MaxPool"(%i) {kernel_shape = array<i64: 3, 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x3x5x6xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x3x5x6xf32>) {
  // expected-error @+1 {{'pads' must have 4 elements, but it has 2}}
  %0 = "top.AvgPool"(%i) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0>}
    : (tensor<1x3x5x6xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x3x5x6xf32>) {
  // expected-error @+1 {{'ceil_pad' is part of 'pads', but it has 1 at the bottom of 0}}
  %0 = "top.AvgPool"(%i) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, ceil_pad = array<i64: 1, 0>}
    : (tensor<1x3x5x6xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x3x5x6xf32>) {
  // expected-error @+1 {{'ceil_pad' must have 2 elements, but it has 4}}
  %0 = "top.AvgPool"(%i) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>, ceil_pad = array<i64: 0, 0, 0, 0>}
    : (tensor<1x3x5x6xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x3x5x6xf32>) {
  // expected-error @+1 {{'output' has shape 1x3x3x2 but operands and attributes give 1x3x2x2}}
  %0 = "top.AvgPool"(%i) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x3x5x6xf32>) -> tensor<1x3x3x2xf32>
  return
}
