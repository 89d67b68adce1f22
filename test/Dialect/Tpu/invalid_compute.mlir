// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<1x6x9x7xf32>, %f: tensor<4x6x3x2xf32>, %n: none) {
  // expected-error @+1 {{'filter' is [oc, ic / group, 3, 3], got 'tensor<4x6x3x2xf32>'}}
  %0 = "tpu.Conv2D"(%x, %f, %n, %n) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x6x9x7xf32>, tensor<4x6x3x2xf32>, none, none) -> tensor<1x4x7x5xf32>
  return
}

// -----

func.func @f(%x: tensor<1x6x9x7xf32>, %f: tensor<5x6x3x2xf32>, %n: none) {
  // expected-error @+1 {{'filter' has 5 output channels but 'output' has 4}}
  %0 = "tpu.Conv2D"(%x, %f, %n, %n) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x6x9x7xf32>, tensor<5x6x3x2xf32>, none, none) -> tensor<1x4x7x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x6x9x7xf32>, %f: tensor<4x3x3x2xf32>, %n: none) {
  // expected-error @+1 {{'group' 1 splits 6 input channels, but 'filter' has 3}}
  %0 = "tpu.Conv2D"(%x, %f, %n, %n) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x6x9x7xf32>, tensor<4x3x3x2xf32>, none, none) -> tensor<1x4x7x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x6x9x7xf32>, %f: tensor<4x6x3x2xf32>, %b: tensor<5xf32>, %n: none) {
  // expected-error @+1 {{'filter' has 4 output channels but 'bias' has 5 elements}}
  %0 = "tpu.Conv2D"(%x, %f, %b, %n) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x6x9x7xf32>, tensor<4x6x3x2xf32>, tensor<5xf32>, none) -> tensor<1x4x7x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x6x9x7x!quant.uniform<i8:f32, 0.5>>, %f: tensor<4x6x3x2xi8>, %n: none) {
  // expected-error @+1 {{'quant' is there exactly when 'output' is an integer tensor}}
  %0 = "tpu.Conv2D"(%x, %f, %n, %n) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x6x9x7x!quant.uniform<i8:f32, 0.5>>, tensor<4x6x3x2xi8>, none, none) -> tensor<1x4x7x6x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<1x6x9x7xf32>, %f: tensor<4x6x3x2xi8>, %n: none, %q: tensor<1x4x1x3xi32>) {
  // expected-error @+1 {{'input' and 'output' are both integers or both floats of one format}}
  %0 = "tpu.Conv2D"(%x, %f, %n, %q) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x6x9x7xf32>, tensor<4x6x3x2xi8>, none, tensor<1x4x1x3xi32>) -> tensor<1x4x7x6x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<1x6x9x7x!quant.uniform<i8:f32, 0.5>>, %f: tensor<4x6x3x2xi8>, %n: none, %q: tensor<1x3x1x3xi32>) {
  // expected-error @+1 {{'quant' has 3 entries for each of 4 channels, got 9}}
  %0 = "tpu.Conv2D"(%x, %f, %n, %q) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x6x9x7x!quant.uniform<i8:f32, 0.5>>, tensor<4x6x3x2xi8>, none, tensor<1x3x1x3xi32>) -> tensor<1x4x7x6x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<1x6x9x7xf32>, %f: tensor<4x6x3x2xf32>, %n: none) {
  // expected-error @+1 {{the window takes 9 x 7 to 7 x 6 but 'output' has 8 x 6}}
  %0 = "tpu.Conv2D"(%x, %f, %n, %n) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x6x9x7xf32>, tensor<4x6x3x2xf32>, none, none) -> tensor<1x4x8x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x6x2x7xf32>, %f: tensor<4x6x3x2xf32>, %n: none) {
  // expected-error @+1 {{the window takes 2 x 7 to 0 x 0 but 'output' has 1 x 6}}
  %0 = "tpu.Conv2D"(%x, %f, %n, %n) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x6x2x7xf32>, tensor<4x6x3x2xf32>, none, none) -> tensor<1x4x1x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x6x9x7xf32>, %f: tensor<4x6x3x2xf32>, %n: none) {
  // expected-error @+1 {{'strides' has entries of 1 or more, got 0}}
  %0 = "tpu.Conv2D"(%x, %f, %n, %n) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 0>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x6x9x7xf32>, tensor<4x6x3x2xf32>, none, none) -> tensor<1x4x7x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x6x9x7xf32>, %f: tensor<4x6x3x2xf32>, %n: none) {
  // expected-error @+1 {{'pads' has 4 entries, got 2}}
  %0 = "tpu.Conv2D"(%x, %f, %n, %n) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0>}
    : (tensor<1x6x9x7xf32>, tensor<4x6x3x2xf32>, none, none) -> tensor<1x4x7x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x6x9x7xf32>, %f: tensor<4x6x3x2xf32>, %n: none) {
  // expected-error @+1 {{requires attribute 'strides'}}
  %0 = "tpu.Conv2D"(%x, %f, %n, %n) {kernel_shape = array<i64: 3, 2>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x6x9x7xf32>, tensor<4x6x3x2xf32>, none, none) -> tensor<1x4x7x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x6x9x7xf32>, %f: tensor<4x6x3x2xf32>, %n: none) {
  // expected-error @+1 {{'input' has batch 2 but 'output' has 1}}
  %0 = "tpu.Conv2D"(%x, %f, %n, %n) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<2x6x9x7xf32>, tensor<4x6x3x2xf32>, none, none) -> tensor<1x4x7x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x6x9x?xf32>, %f: tensor<4x6x3x2xf32>, %n: none) {
  // expected-error @+1 {{operand 0 needs a static shape of rank 1 or more, got 'tensor<1x6x9x?xf32>'}}
  %0 = "tpu.Conv2D"(%x, %f, %n, %n) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x6x9x?xf32>, tensor<4x6x3x2xf32>, none, none) -> tensor<1x4x7x6xf32>
  return
}

// -----

func.func @f(%x: tensor<3000000x3000000xf32>) {
  // expected-error @+1 {{operand 0 has a size that no tensor can have}}
  %0 = "tpu.Relu"(%x) : (tensor<3000000x3000000xf32>) -> tensor<3000000x3000000xf32>
  return
}

// -----

func.func @f(%x: tensor<2x5x7xf32>, %y: tensor<2x6x3xf32>, %n: none) {
  // expected-error @+1 {{'input' has 7 columns but 'right' has 6 rows}}
  %0 = "tpu.MatMul"(%x, %y, %n, %n) : (tensor<2x5x7xf32>, tensor<2x6x3xf32>, none, none) -> tensor<2x5x3xf32>
  return
}

// -----

func.func @f(%x: tensor<4x5x7xf32>, %y: tensor<2x7x3xf32>, %n: none) {
  // expected-error @+1 {{'tensor<4x5x7xf32>' times 'tensor<2x7x3xf32>' is not 'tensor<4x5x3xf32>'}}
  %0 = "tpu.MatMul"(%x, %y, %n, %n) : (tensor<4x5x7xf32>, tensor<2x7x3xf32>, none, none) -> tensor<4x5x3xf32>
  return
}

// -----

func.func @f(%x: tensor<5x7xf32>, %y: tensor<7x3xf32>, %n: none) {
  // expected-error @+1 {{'right' is [3, 7, 1, 1] in weight form, got 'tensor<7x3xf32>'}}
  %0 = "tpu.MatMul"(%x, %y, %n, %n) {weight_form} : (tensor<5x7xf32>, tensor<7x3xf32>, none, none) -> tensor<5x3xf32>
  return
}

// -----

func.func @f(%x: tensor<5x7xf32>, %y: tensor<7x3xf32>, %b: tensor<4xf32>, %n: none) {
  // expected-error @+1 {{an operand of 3 elements is needed for 3 columns, got 'tensor<4xf32>'}}
  %0 = "tpu.MatMul"(%x, %y, %b, %n) : (tensor<5x7xf32>, tensor<7x3xf32>, tensor<4xf32>, none) -> tensor<5x3xf32>
  return
}

// -----

func.func @f(%x: tensor<5x7x!quant.uniform<i8:f32, 0.5>>, %y: tensor<7x3x!quant.uniform<i8:f32, 0.5>>, %n: none) {
  // expected-error @+1 {{'multiplier' fits int32, got 2147483648}}
  %0 = "tpu.MatMul"(%x, %y, %n, %n) {multiplier = 2147483648 : i64}
    : (tensor<5x7x!quant.uniform<i8:f32, 0.5>>, tensor<7x3x!quant.uniform<i8:f32, 0.5>>, none, none) -> tensor<5x3x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<5x7x!quant.uniform<i8:f32, 0.5>>, %y: tensor<7x3x!quant.uniform<i8:f32, 0.5>>, %n: none) {
  // expected-error @+1 {{number formats of 'input', 'quant' and 'output' do not fit together}}
  %0 = "tpu.MatMul"(%x, %y, %n, %n)
    : (tensor<5x7x!quant.uniform<i8:f32, 0.5>>, tensor<7x3x!quant.uniform<i8:f32, 0.5>>, none, none) -> tensor<5x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x8x6x7xf32>, %n: none) {
  // expected-error @+1 {{'pool_mode' is "Max" or "Avg", got "Sum"}}
  %0 = "tpu.Pool2D"(%x, %n) {pool_mode = "Sum", kernel_shape = array<i64: 2, 1>, strides = array<i64: 2, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x8x6x7xf32>, none) -> tensor<1x8x3x7xf32>
  return
}

// -----

func.func @f(%x: tensor<1x8x6x7x!quant.uniform<i8:f32, 0.5>>, %n: none) {
  // expected-error @+1 {{'input' and 'output' have one number format}}
  %0 = "tpu.Pool2D"(%x, %n) {pool_mode = "Max", kernel_shape = array<i64: 2, 1>, strides = array<i64: 2, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x8x6x7x!quant.uniform<i8:f32, 0.5>>, none) -> tensor<1x8x3x7x!quant.uniform<i8:f32, 0.25>>
  return
}

// -----

func.func @f(%x: tensor<1x8x6x7x!quant.uniform<i8:f32, 0.5>>, %n: none) {
  // expected-error @+1 {{'input' and 'output' are both integers or both floats of one format}}
  %0 = "tpu.Pool2D"(%x, %n) {pool_mode = "Avg", kernel_shape = array<i64: 2, 1>, strides = array<i64: 2, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x8x6x7x!quant.uniform<i8:f32, 0.5>>, none) -> tensor<1x8x3x7xf32>
  return
}

// -----

func.func @f(%x: tensor<1x8x6x7xf32>, %n: none) {
  // expected-error @+1 {{'input' has 8 channels but 'output' has 9}}
  %0 = "tpu.Pool2D"(%x, %n) {pool_mode = "Avg", kernel_shape = array<i64: 2, 1>, strides = array<i64: 2, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x8x6x7xf32>, none) -> tensor<1x9x3x7xf32>
  return
}

// -----

func.func @f(%x: tensor<1x8x6x7xf32>, %d: tensor<1x1x6x7xf32>) {
  // expected-error @+1 {{'divisors' has one entry for each of 3 x 7 pixels, got 'tensor<1x1x6x7xf32>'}}
  %0 = "tpu.Pool2D"(%x, %d) {pool_mode = "Avg", kernel_shape = array<i64: 2, 1>, strides = array<i64: 2, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x8x6x7xf32>, tensor<1x1x6x7xf32>) -> tensor<1x8x3x7xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3x6x7x!quant.uniform<i8:f32, 0.5>>, %s: tensor<1x12x3x2xi8>) {
  // expected-error @+1 {{unfolds 3 channels with 6 taps each, but 'output' has 12 channels}}
  %0 = "tpu.Unfold"(%x, %s) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 2, 1>, pads = array<i64: 1, 0, 0, 1>}
    : (tensor<2x3x6x7x!quant.uniform<i8:f32, 0.5>>, tensor<1x12x3x2xi8>) -> tensor<2x12x3x7x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<2x3x6x7x!quant.uniform<i8:f32, 0.5>>, %s: tensor<1x18x3x1xi8>) {
  // expected-error @+1 {{'selector' is [1, 18, 3, 2], got 'tensor<1x18x3x1xi8>'}}
  %0 = "tpu.Unfold"(%x, %s) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 2, 1>, pads = array<i64: 1, 0, 0, 1>}
    : (tensor<2x3x6x7x!quant.uniform<i8:f32, 0.5>>, tensor<1x18x3x1xi8>) -> tensor<2x18x3x7x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<2x3x6x7xf32>, %s: tensor<1x18x3x2xf32>) {
  // expected-error @+1 {{'input' has 8-bit elements, got 'tensor<2x3x6x7xf32>'}}
  %0 = "tpu.Unfold"(%x, %s) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 2, 1>, pads = array<i64: 1, 0, 0, 1>}
    : (tensor<2x3x6x7xf32>, tensor<1x18x3x2xf32>) -> tensor<2x18x3x7xf32>
  return
}
