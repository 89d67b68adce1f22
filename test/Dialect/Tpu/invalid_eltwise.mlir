// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

!i8 = !quant.uniform<i8:f32, 0.5>
func.func @f(%x: tensor<2x3x!i8>, %y: tensor<2x3x!i8>) {
  // expected-error @+1 {{'multipliers' has 1 entries but there are 2 inputs}}
  %0 = "tpu.Add"(%x, %y) {multipliers = array<i64: 1>} : (tensor<2x3x!i8>, tensor<2x3x!i8>) -> tensor<2x3x!i8>
  return
}

// -----

!i8 = !quant.uniform<i8:f32, 0.5>
func.func @f(%x: tensor<2x3x!i8>, %y: tensor<2x3x!i8>) {
  // expected-error @+1 {{'multipliers' has 0 entries but there are 2 inputs}}
  %0 = "tpu.Add"(%x, %y) : (tensor<2x3x!i8>, tensor<2x3x!i8>) -> tensor<2x3x!i8>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>) {
  // expected-error @+1 {{'coeff' has 3 entries but there are 2 inputs}}
  %0 = "tpu.Add"(%x, %y) {coeff = array<f64: 1.0, 1.0, 1.0>} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) {
  // expected-error @+1 {{an input of type 'tensor<2x4xf32>' does not broadcast to 'tensor<2x3xf32>'}}
  %0 = "tpu.Add"(%x, %y) : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{needs at least one input}}
  %0 = "tpu.Add"() : () -> tensor<2x3xf32>
  return
}

// -----

!i8 = !quant.uniform<i8:f32, 0.5>
func.func @f(%x: tensor<2x3x!i8>, %y: tensor<2x3x!i8>) {
  // expected-error @+1 {{'rshift' is between -31 and 64, got 65}}
  %0 = "tpu.Add"(%x, %y) {multipliers = array<i64: 1, 1>, rshift = 65 : i64} : (tensor<2x3x!i8>, tensor<2x3x!i8>) -> tensor<2x3x!i8>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{takes 2 inputs, got 3}}
  %0 = "tpu.Mul"(%x, %x, %x) : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'input' and 'output' have one shape, got 'tensor<2x3xf32>' and 'tensor<3x2xf32>'}}
  %0 = "tpu.AddConst"(%x) {const_val = 1.0 : f64} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{requires attribute 'const_val'}}
  %0 = "tpu.MulConst"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

!i8 = !quant.uniform<i8:f32, 0.5>
func.func @f(%x: tensor<2x3x!i8>, %t: tensor<1x1x1x255xi8>) {
  // expected-error @+1 {{'table' has 256 entries, got 255}}
  %0 = "tpu.Lut"(%x, %t) : (tensor<2x3x!i8>, tensor<1x1x1x255xi8>) -> tensor<2x3x!i8>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %t: tensor<1x1x1x256xi8>) {
  // expected-error @+1 {{'input' has 8-bit elements, got 'tensor<2x3xf32>'}}
  %0 = "tpu.Lut"(%x, %t) : (tensor<2x3xf32>, tensor<1x1x1x256xi8>) -> tensor<2x3x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

!i8 = !quant.uniform<i8:f32, 0.5>
func.func @f(%x: tensor<2x3x!i8>) {
  // expected-error @+1 {{casts between f32 and another format, got 'tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01>>' and 'tensor<2x3x!quant.uniform<u8:f32, 5.000000e-01>>'}}
  %0 = "tpu.Cast"(%x) : (tensor<2x3x!i8>) -> tensor<2x3x!quant.uniform<u8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{casts between f32 and another format, got 'tensor<2x3xf32>' and 'tensor<2x3xf32>'}}
  %0 = "tpu.Cast"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

!i8 = !quant.uniform<i8:f32, 0.5>
func.func @f(%x: tensor<2x3x!i8>) {
  // expected-error @+1 {{'multiplier' fits int32, got -2147483649}}
  %0 = "tpu.RequantInt"(%x) {multiplier = -2147483649 : i64, rshift = 0 : i64} : (tensor<2x3x!i8>) -> tensor<2x3x!i8>
  return
}

// -----

!i8 = !quant.uniform<i8:f32, 0.5>
func.func @f(%x: tensor<2x3x!i8>) {
  // expected-error @+1 {{'rshift' is between -31 and 64, got -32}}
  %0 = "tpu.RequantInt"(%x) {multiplier = 1 : i64, rshift = -32 : i64} : (tensor<2x3x!i8>) -> tensor<2x3x!i8>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{tile sizes are at least 1, got 1 x 0 x 1 x 1}}
  %0 = "tpu.Relu"(%x) {ginfo = #tpu.tile<n = 1, c = 0, h = 1, w = 1, buffers = 1>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'buffers' is 1 or 2, got 3}}
  %0 = "tpu.Relu"(%x) {ginfo = #tpu.tile<n = 1, c = 1, h = 1, w = 1, buffers = 3>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>) {
  // expected-error @+1 {{has one or two lines, each with multiplier, rshift, zero point, factor and offset; got 1 multipliers and 2 of another}}
  %0 = "tpu.Lines"(%x) {multipliers = array<i64: 7>, rshifts = array<i64: 3, 4>, zero_points = array<i64: 0>, factors = array<i64: 1>, offsets = array<i64: 0>}
    : (tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>) {
  // expected-error @+1 {{line 0 is no requantisation: 32-bit multiplier, shift of at most 63, 16-bit zero point}}
  %0 = "tpu.Lines"(%x) {multipliers = array<i64: 7>, rshifts = array<i64: 3>, zero_points = array<i64: -9223372036854775808>, factors = array<i64: 1>, offsets = array<i64: 0>}
    : (tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>) {
  // expected-error @+1 {{line 0 is no requantisation: 32-bit multiplier, shift of at most 63, 16-bit zero point}}
  %0 = "tpu.Lines"(%x) {multipliers = array<i64: 7>, rshifts = array<i64: 3>, zero_points = array<i64: 0>, factors = array<i64: 128>, offsets = array<i64: 0>}
    : (tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>) {
  // expected-error @+1 {{bounds have 8 bits, got -9223372036854775808}}
  %0 = "tpu.Lines"(%x) {multipliers = array<i64: 7>, rshifts = array<i64: 3>, zero_points = array<i64: 0>, factors = array<i64: 1>, offsets = array<i64: 0>, low = -9223372036854775808 : i64}
    : (tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<1x2x3x4xf32>) {
  // expected-error @+1 {{'input' and 'output' have 8-bit elements}}
  %0 = "tpu.Lines"(%x) {multipliers = array<i64: 7>, rshifts = array<i64: 3>, zero_points = array<i64: 0>, factors = array<i64: 1>, offsets = array<i64: 0>}
    : (tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>) {
  // expected-error @+1 {{has two lines or more, each with start, multiplier, zero point, one_sided and takes_max; got 1, 1, 1, 1 and 1}}
  %0 = "tpu.Curve"(%x) {multipliers = array<i64: 7>, starts = array<i64: 3>, zero_points = array<i64: 0>, one_sided = array<i1: true>, takes_max = array<i1: true>}
    : (tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>) {
  // expected-error @+1 {{has two lines or more, each with start, multiplier, zero point, one_sided and takes_max; got 2, 2, 1, 2 and 2}}
  %0 = "tpu.Curve"(%x) {multipliers = array<i64: 7, 8>, starts = array<i64: 3, 4>, zero_points = array<i64: 0>, one_sided = array<i1: true, true>, takes_max = array<i1: true, true>}
    : (tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>) {
  // expected-error @+1 {{line 1 needs a start from -128 to 127, a 32-bit multiplier and a 16-bit zero point}}
  %0 = "tpu.Curve"(%x) {multipliers = array<i64: 7, 8>, starts = array<i64: 3, 200>, zero_points = array<i64: 0, 0>, one_sided = array<i1: true, true>, takes_max = array<i1: true, true>}
    : (tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>) -> tensor<1x2x3x4x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<1x2x3x4xf32>) {
  // expected-error @+1 {{'input' and 'output' have 8-bit elements}}
  %0 = "tpu.Curve"(%x) {multipliers = array<i64: 7, 8>, starts = array<i64: 3, 4>, zero_points = array<i64: 0, 0>, one_sided = array<i1: true, true>, takes_max = array<i1: true, true>}
    : (tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32>
  return
}

// -----

!i8 = !quant.uniform<i8:f32, 0.5>
func.func @f(%x: tensor<2x3x4x!i8>, %s: tensor<1x4x1x3xi32>) {
  // expected-error @+1 {{int32 'slope' holds [1, 3, 1, 3] entries of a requantisation of integers, got 'tensor<1x4x1x3xi32>'}}
  %0 = "tpu.PRelu"(%x, %s) : (tensor<2x3x4x!i8>, tensor<1x4x1x3xi32>) -> tensor<2x3x4x!i8>
  return
}

// -----

!i8 = !quant.uniform<i8:f32, 0.5>
func.func @f(%x: tensor<2x3x4x!i8>, %s: tensor<1x4xi8>) {
  // expected-error @+1 {{'input' and 'output' are both integers or both floats of one format}}
  %0 = "tpu.PRelu"(%x, %s) : (tensor<2x3x4x!i8>, tensor<1x4xi8>) -> tensor<2x3x4xf32>
  return
}

// -----

// Axes 1 and 3 repeat the one, axes 0, 2 and 4 neither: five axes are left.
func.func @f(%x: tensor<2x3x4x5x6xf32>, %y: tensor<2x1x4x1x6xf32>) {
  // expected-error @+1 {{its inputs broadcast to 'tensor<2x3x4x5x6xf32>' in more than four axes}}
  %0 = "tpu.Mul"(%x, %y) : (tensor<2x3x4x5x6xf32>, tensor<2x1x4x1x6xf32>) -> tensor<2x3x4x5x6xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'min' is at most 'max', got 2.000000e+00 and 1.000000e+00}}
  %0 = "tpu.Clip"(%x) {min = 2.0 : f64, max = 1.0 : f64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3x!quant.uniform<i8:f32, 0.5>>) {
  // expected-error @+1 {{'input' has float elements here}}
  %0 = "tpu.LeakyRelu"(%x) {alpha = 0.1 : f64} : (tensor<2x3x!quant.uniform<i8:f32, 0.5>>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{takes 2 inputs or more, got 1}}
  %0 = "tpu.Max"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3x!quant.uniform<i8:f32, 0.5>>, %y: tensor<2x3x!quant.uniform<i8:f32, 0.25>>) {
  // expected-error @+1 {{inputs and 'output' have one number format}}
  %0 = "tpu.Min"(%x, %y) : (tensor<2x3x!quant.uniform<i8:f32, 0.5>>, tensor<2x3x!quant.uniform<i8:f32, 0.25>>)
    -> tensor<2x3x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<2x3xf16>) {
  // expected-error @+1 {{computes pow of f32, whose exponent has all its bits, got 'tensor<2x3xf16>'}}
  %0 = "tpu.Active"(%x) {function = "pow", alpha = 2.5 : f64} : (tensor<2x3xf16>) -> tensor<2x3xf16>
  return
}

// -----

func.func @f(%x: tensor<2x3xf16>, %y: tensor<2x3xf32>) {
  // expected-error @+1 {{inputs and 'output' are floats of one format, got 'tensor<2x3xf16>' and 'tensor<2x3xf32>'}}
  %0 = "tpu.Div"(%x, %y) : (tensor<2x3xf16>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{takes 2 inputs, got 1}}
  %0 = "tpu.Div"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}
