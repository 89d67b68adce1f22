// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

func.func @weight() {
  // expected-error @+1 {{'output' has type 'tensor<?xf32>', but the shape of a weight is known}}
  %0 = "top.Weight"() : () -> tensor<?xf32>
  return
}

// -----

func.func @weight() {
  // expected-error @+1 {{'output' has shape 3x0, which is empty or larger than 2^40 elements}}
  %0 = "top.Weight"() : () -> tensor<3x0xf32>
  return
}

// -----

func.func @weight() {
  // expected-error @+1 {{'store' is "zigzag"; known: conv_nic}}
  %0 = "top.Weight"() {store = "zigzag", pack = 4 : i64} : () -> tensor<2xf32>
  return
}

// -----

func.func @weight() {
  // expected-error @+1 {{'store' and 'pack' belong together, but only 'pack' is given}}
  %0 = "top.Weight"() {pack = 4 : i64} : () -> tensor<2xf32>
  return
}

// -----

func.func @weight() {
  // expected-error @+1 {{'pack' is 0; it must be positive}}
  %0 = "top.Weight"() {store = "conv_nic", pack = 0 : i64} : () -> tensor<2xf32>
  return
}

// -----

func.func @input(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{'output' has shape 1x3x4x5 but operands and attributes give 1x3x4x4}}
  %0 = "top.Input"(%x) : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x5xf32>
  return
}

// -----

func.func @input(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{'pixel_format' is "yuv"; known: rgb, bgr, gray, rgba, gbrg, grbg, bggr, rggb}}
  %0 = "top.Input"(%x) {pixel_format = "yuv"} : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @input(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{'keep_ratio_mode' is "stretch"; known: letterbox, short_side_scale}}
  %0 = "top.Input"(%x) {keep_ratio_mode = "stretch"} : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @input(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{'resize_dims' must be a positive height and width}}
  %0 = "top.Input"(%x) {resize_dims = array<i64: 4>} : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @input(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{'mean' has 2 elements but the input has 3 channels}}
  %0 = "top.Input"(%x) {do_preprocess = true, mean = array<f64: 1.0, 2.0>} : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @input(%x: tensor<1x4x4x3xf32>) {
  // expected-error @+1 {{'scale' has 4 elements but the input has 3 channels}}
  %0 = "top.Input"(%x) {do_preprocess = true, channel_format = "nhwc", scale = array<f64: 1.0, 1.0, 1.0, 1.0>}
    : (tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @input(%x: tensor<3x4xf32>) {
  // expected-error @+1 {{preprocesses images, so 'input' must have 4 dimensions, but its shape is 3x4}}
  %0 = "top.Input"(%x) {do_preprocess = true} : (tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// -----

func.func @input(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{preprocesses images, so it needs 'scale'; or set 'do_preprocess' to false and give tensors}}
  %0 = "top.Input"(%x) {do_preprocess = true, resize_dims = array<i64: 4, 4>, mean = array<f64: 0.0>}
    : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @input(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{preprocesses images, so it needs 'resize_dims'}}
  %0 = "top.Input"(%x) {do_preprocess = true, scale = array<f64: 1.0>, mean = array<f64: 0.0>}
    : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @input(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{resizes images to 4x3 ('resize_dims'), less than the 4x4 of the input that is cut out of them}}
  %0 = "top.Input"(%x) {do_preprocess = true, resize_dims = array<i64: 4, 3>, scale = array<f64: 1.0>,
    mean = array<f64: 0.0>} : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @input(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{resizes images to 4000000000x4000000000 ('resize_dims'), more than 100000000 pixels}}
  %0 = "top.Input"(%x) {do_preprocess = true, resize_dims = array<i64: 4000000000, 4000000000>,
    scale = array<f64: 1.0>, mean = array<f64: 0.0>} : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @input(%x: tensor<1x4x4x3xf32>) {
  // expected-error @+1 {{'pixel_format' is "gray", which has 1 channels, but the input has 3}}
  %0 = "top.Input"(%x) {do_preprocess = true, channel_format = "nhwc", pixel_format = "gray",
    resize_dims = array<i64: 4, 4>, scale = array<f64: 1.0>, mean = array<f64: 0.0>}
    : (tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @input(%x: tensor<1x3x4x4xf32>) {
  // expected-error @+1 {{'pad_value' is 256; a pixel is 0 to 255}}
  %0 = "top.Input"(%x) {do_preprocess = true, pad_value = 256 : i64, resize_dims = array<i64: 4, 4>,
    scale = array<f64: 1.0>, mean = array<f64: 0.0>} : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  return
}

// -----

func.func @cast(%x: tensor<3x4xf32>) {
  // expected-error @+1 {{'output' has shape 4x3 but operands and attributes give 3x4}}
  %0 = "top.Cast"(%x) : (tensor<3x4xf32>) -> tensor<4x3xf32>
  return
}
