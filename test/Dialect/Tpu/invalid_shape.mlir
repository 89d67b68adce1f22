// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<1x4x6xf32>, %y: tensor<1x3x5xf32>) {
  // expected-error @+1 {{an input of type 'tensor<1x3x5xf32>' does not fit 'tensor<1x7x6xf32>' along axis 1}}
  %0 = "tpu.Concat"(%x, %y) {axis = 1 : i64} : (tensor<1x4x6xf32>, tensor<1x3x5xf32>) -> tensor<1x7x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x6xf32>, %y: tensor<1x3x6xf32>) {
  // expected-error @+1 {{inputs have 7 elements along axis 1 but 'output' has 8}}
  %0 = "tpu.Concat"(%x, %y) {axis = 1 : i64} : (tensor<1x4x6xf32>, tensor<1x3x6xf32>) -> tensor<1x8x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x6xf32>) {
  // expected-error @+1 {{'axis' is below the rank 3 and there are inputs, got 3}}
  %0 = "tpu.Concat"(%x) {axis = 3 : i64} : (tensor<1x4x6xf32>) -> tensor<1x4x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x!quant.uniform<i8:f32, 0.5>>, %y: tensor<1x4x!quant.uniform<i8:f32, 0.25>>) {
  // expected-error @+1 {{'input' and 'output' have one number format}}
  %0 = "tpu.Concat"(%x, %y) {axis = 1 : i64} : (tensor<1x4x!quant.uniform<i8:f32, 0.5>>, tensor<1x4x!quant.uniform<i8:f32, 0.25>>)
    -> tensor<1x8x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

func.func @f(%x: tensor<4x6xf32>) {
  // expected-error @+1 {{the slice of 'tensor<4x6xf32>' ends behind it, for 'tensor<2x3xf32>'}}
  %0 = "tpu.Slice"(%x) {offset = array<i64: 0, 2>, steps = array<i64: 1, 2>} : (tensor<4x6xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<4x6xf32>) {
  // expected-error @+1 {{'steps' has entries of 1 or more, got -1}}
  %0 = "tpu.Slice"(%x) {offset = array<i64: 0, 0>, steps = array<i64: 1, -1>} : (tensor<4x6xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<4x6xf32>) {
  // expected-error @+1 {{'offset' has 2 entries, got 3}}
  %0 = "tpu.Slice"(%x) {offset = array<i64: 0, 0, 0>, steps = array<i64: 1, 1>} : (tensor<4x6xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<4x6xf32>) {
  // expected-error @+1 {{'mode' is constant, reflect or edge, got 'wrap'}}
  %0 = "tpu.Pad"(%x) {mode = "wrap", paddings = array<i64: 0, 0, 0, 1>, val = 0.0 : f64} : (tensor<4x6xf32>) -> tensor<4x7xf32>
  return
}

// -----

func.func @f(%x: tensor<4x6xf32>) {
  // expected-error @+1 {{'paddings' do not take 'tensor<4x6xf32>' to 'tensor<4x8xf32>'}}
  %0 = "tpu.Pad"(%x) {mode = "edge", paddings = array<i64: 0, 0, 0, 1>, val = 0.0 : f64} : (tensor<4x6xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x6xf32>) {
  // expected-error @+1 {{'paddings' of axis 1 reflect more than its 6 elements have}}
  %0 = "tpu.Pad"(%x) {mode = "reflect", paddings = array<i64: 0, 6, 0, 0>, val = 0.0 : f64} : (tensor<4x6xf32>) -> tensor<4x12xf32>
  return
}

// -----

func.func @f(%x: tensor<4x6xf32>) {
  // expected-error @+1 {{'input' has 24 elements but 'output' has 25}}
  %0 = "tpu.Reshape"(%x) : (tensor<4x6xf32>) -> tensor<5x5xf32>
  return
}

// -----

func.func @f(%x: tensor<4x6xf32>) {
  // expected-error @+1 {{'order' does not take 'tensor<4x6xf32>' to 'tensor<6x4xf32>'}}
  %0 = "tpu.Permute"(%x) {order = array<i64: 0, 1>} : (tensor<4x6xf32>) -> tensor<6x4xf32>
  return
}

// -----

func.func @f(%x: tensor<6x6xf32>) {
  // expected-error @+1 {{'order' does not take 'tensor<6x6xf32>' to 'tensor<6x6xf32>'}}
  %0 = "tpu.Permute"(%x) {order = array<i64: 1, 1>} : (tensor<6x6xf32>) -> tensor<6x6xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x6x6xf32>) {
  // expected-error @+1 {{scales 2 and 3 do not take 'tensor<1x4x6x6xf32>' to 'tensor<1x4x12x12xf32>'}}
  %0 = "tpu.Upsample"(%x) {scale_h = 2 : i64, scale_w = 3 : i64} : (tensor<1x4x6x6xf32>) -> tensor<1x4x12x12xf32>
  return
}

// -----

func.func @f(%x: tensor<4x6x6xf32>) {
  // expected-error @+1 {{scales 2 and 2 do not take}}
  %0 = "tpu.Upsample"(%x) {scale_h = 2 : i64, scale_w = 2 : i64} : (tensor<4x6x6xf32>) -> tensor<4x12x12xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x6x6xf32>) {
  // expected-error @+1 {{'scale_h' has entries of 1 or more, got 0}}
  %0 = "tpu.Upsample"(%x) {scale_h = 0 : i64, scale_w = 2 : i64} : (tensor<1x4x6x6xf32>) -> tensor<1x4x6x12xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x6xf32>) {
  // expected-error @+1 {{'axis' is below the rank 3, got 3}}
  %0 = "tpu.Gather"(%x) {axis = 3 : i64, indices = array<i64: 0>} : (tensor<1x4x6xf32>) -> tensor<1x4x1xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x6xf32>) {
  // expected-error @+1 {{takes element 6 of axis 2, which has 6}}
  %0 = "tpu.Gather"(%x) {axis = 2 : i64, indices = array<i64: 0, 6>} : (tensor<1x4x6xf32>) -> tensor<1x4x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x6xf32>) {
  // expected-error @+1 {{'indices' do not take 'tensor<1x4x6xf32>' to 'tensor<1x4x3xf32>'}}
  %0 = "tpu.Gather"(%x) {axis = 2 : i64, indices = array<i64: 5, 0>} : (tensor<1x4x6xf32>) -> tensor<1x4x3xf32>
  return
}
