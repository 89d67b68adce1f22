// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

func.func @f(%i: tensor<6x9x7xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'input' must have 4 dimensions, but its shape is 6x9x7}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
    : (tensor<6x9x7xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x7xf32>, %w: tensor<4x3x6xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'filter' must have 4 dimensions, but its shape is 4x3x6}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
    : (tensor<1x6x9x7xf32>, tensor<4x3x6xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x7xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'input' has 6 channels in 1 groups but 'filter' has 3 channels per group}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x6x9x7xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x7xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'input' has 6 channels in 4 groups but 'filter' has 3 channels per group}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 4 : i64}
    : (tensor<1x6x9x7xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x7xf32>, %w: tensor<5x3x3x2xf32>, %b: tensor<5xf32>) {
  // expected-error @+1 {{'filter' has 5 output channels, which 2 groups do not divide}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
    : (tensor<1x6x9x7xf32>, tensor<5x3x3x2xf32>, tensor<5xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x7xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'filter' is 3x2 but 'kernel_shape' is 3x3}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
    : (tensor<1x6x9x7xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x7xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<32xf32>) {
  // expected-error @+1 {{'filter' has 4 output channels but 'bias' has 32 elements}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
    : (tensor<1x6x9x7xf32>, tensor<4x3x3x2xf32>, tensor<32xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x2x7xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'filter' spans 3 rows but the padded 'input' has 2}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
    : (tensor<1x6x2x7xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x5xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'filter' spans 7 columns but the padded 'input' has 6}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 1, 0, 0>, group = 2 : i64, dilations = array<i64: 1, 6>}
    : (tensor<1x6x9x5xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x7xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'strides' has the element 0; the least possible is 1}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 0, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
    : (tensor<1x6x9x7xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x7xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'pads' must have 4 elements, but it has 2}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1>, group = 2 : i64}
    : (tensor<1x6x9x7xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x7xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'pads' has the element -1; the least possible is 0}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: -1, 0, 0, 0>, group = 2 : i64}
    : (tensor<1x6x9x7xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x7xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'pads' has the element 4294967296; the largest possible is 2147483648}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 4294967296, 0, 0, 0>, group = 2 : i64}
    : (tensor<1x6x9x7xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x7xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'kernel_shape' must have 2 elements, but it has 1}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
    : (tensor<1x6x9x7xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x7xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'dilations' has the element 0; the least possible is 1}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 0, 1>}
    : (tensor<1x6x9x7xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x7xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'group' is 0; it must be positive}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 0 : i64}
    : (tensor<1x6x9x7xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x7xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'relu_limit' is 6.000000e+00 but 'do_relu' is false}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64, relu_limit = 6.0 : f64}
    : (tensor<1x6x9x7xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x7xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'relu_limit' is 0.000000e+00; it must be positive, or -1 for no limit}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64, do_relu = true, relu_limit = 0.0 : f64}
    : (tensor<1x6x9x7xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x6x9x7xf32>, %w: tensor<4x3x3x2xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{'output' has shape 1x4x7x7 but operands and attributes give 1x4x7x6}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
    : (tensor<1x6x9x7xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) -> tensor<1x4x7x7xf32>
  return
}

// -----

func.func @f(%i: tensor<*xf32>, %w: tensor<4x3x3x3xf32>, %b: none) {
  // expected-error @+1 {{'strides' must have 2 elements, but it has 3}}
  %0 = "top.Conv"(%i, %w, %b) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<*xf32>, tensor<4x3x3x3xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<3xf32>, %b: tensor<3x4xf32>, %c: tensor<4xf32>) {
  // expected-error @+1 {{'input' and 'right' must have at least 2 dimensions, but their shapes are 3 and 3x4}}
  %0 = "top.MatMul"(%a, %b, %c) {} : (tensor<3xf32>, tensor<3x4xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<4x5xf32>, %c: tensor<5xf32>) {
  // expected-error @+1 {{'input' has 3 columns but 'right' has 4 rows}}
  %0 = "top.MatMul"(%a, %b, %c) {} : (tensor<2x3xf32>, tensor<4x5xf32>, tensor<5xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<3x5xf32>, %c: tensor<5xf32>) {
  // expected-error @+1 {{'input' has 2 columns but 'right' has 3 rows}}
  %0 = "top.MatMul"(%a, %b, %c) {left_transpose = true} : (tensor<2x3xf32>, tensor<3x5xf32>, tensor<5xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<4x3xf32>, %c: tensor<5xf32>) {
  // expected-error @+1 {{'right' has 4 columns but 'bias' has 5 elements}}
  %0 = "top.MatMul"(%a, %b, %c) {right_transpose = true} : (tensor<2x3xf32>, tensor<4x3xf32>, tensor<5xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x2x3xf32>, %b: tensor<3x3x5xf32>, %c: tensor<5xf32>) {
  // expected-error @+1 {{leading dimensions of 'input' (2x2x3) and 'right' (3x3x5) do not broadcast}}
  %0 = "top.MatMul"(%a, %b, %c) {} : (tensor<2x2x3xf32>, tensor<3x3x5xf32>, tensor<5xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x3x2xf32>, %v: tensor<4xf32>, %w: tensor<3xf32>) {
  // expected-error @+1 {{'input' has 3 channels but 'variance' has 4 elements}}
  %0 = "top.BatchNorm"(%i, %w, %v, %w, %w) {}
    : (tensor<1x3x2xf32>, tensor<3xf32>, tensor<4xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<3xf32>, %v: tensor<3xf32>, %w: tensor<3xf32>) {
  // expected-error @+1 {{'input' must have a channel axis 1, but its shape is 3}}
  %0 = "top.BatchNorm"(%i, %w, %v, %w, %w) {}
    : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x3xf32>, %v: tensor<3xf32>, %w: tensor<3xf32>) {
  // expected-error @+1 {{'epsilon' is -1.000000e+00; it must not be negative}}
  %0 = "top.BatchNorm"(%i, %w, %v, %w, %w) {epsilon = -1.0 : f64}
    : (tensor<1x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x3x2xf32>, %s: tensor<1xf32>, %b: tensor<3xf32>) {
  // expected-error @+1 {{'input' has 3 channels but 'scale' has 1 elements}}
  %0 = "top.Scale"(%i, %s, %b) : (tensor<1x3x2xf32>, tensor<1xf32>, tensor<3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%i: tensor<1x3x2xf32>, %s: tensor<3xf32>, %b: tensor<2xf32>) {
  // expected-error @+1 {{'input' has 3 channels but 'bias' has 2 elements}}
  %0 = "top.Scale"(%i, %s, %b) : (tensor<1x3x2xf32>, tensor<3xf32>, tensor<2xf32>) -> tensor<*xf32>
  return
}
