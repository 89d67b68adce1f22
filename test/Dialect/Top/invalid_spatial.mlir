// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<1x4x5xf32>, %w: tensor<4x3x3x2xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'input' must have 4 dimensions, but its shape is 1x4x5}}
  %0 = "top.Deconv"(%x, %w, %none) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 2, 2>,
    pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x5xf32>, tensor<4x3x3x2xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x5x5x6xf32>, %w: tensor<4x3x3x2xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'input' has 5 channels but 'filter' has 4}}
  %0 = "top.Deconv"(%x, %w, %none) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 2, 2>,
    pads = array<i64: 0, 0, 0, 0>} : (tensor<1x5x5x6xf32>, tensor<4x3x3x2xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6xf32>, %w: tensor<4x3x3x2xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'input' has 4 channels, which 3 groups do not divide}}
  %0 = "top.Deconv"(%x, %w, %none) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 2, 2>,
    pads = array<i64: 0, 0, 0, 0>, group = 3 : i64} : (tensor<1x4x5x6xf32>, tensor<4x3x3x2xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6xf32>, %w: tensor<4x3x3x2xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'group' is 0; it must be positive}}
  %0 = "top.Deconv"(%x, %w, %none) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 2, 2>,
    pads = array<i64: 0, 0, 0, 0>, group = 0 : i64} : (tensor<1x4x5x6xf32>, tensor<4x3x3x2xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6xf32>, %w: tensor<4x3x3x2xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'filter' is 3x2 but 'kernel_shape' is 3x3}}
  %0 = "top.Deconv"(%x, %w, %none) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>,
    pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x5x6xf32>, tensor<4x3x3x2xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6xf32>, %w: tensor<4x3x3x2xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'pads' take 11 rows off the 11 that 'filter' and 'output_padding' give}}
  %0 = "top.Deconv"(%x, %w, %none) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 2, 2>,
    pads = array<i64: 5, 0, 6, 0>} : (tensor<1x4x5x6xf32>, tensor<4x3x3x2xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6xf32>, %w: tensor<4x3x3x2xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'output_padding' has the element -1; the least possible is 0}}
  %0 = "top.Deconv"(%x, %w, %none) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 2, 2>,
    pads = array<i64: 0, 0, 0, 0>, output_padding = array<i64: -1, 0>} : (tensor<1x4x5x6xf32>, tensor<4x3x3x2xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6xf32>, %w: tensor<4x3x3x2xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'output' has shape 1x3x11x11 but operands and attributes give 1x3x11x12}}
  %0 = "top.Deconv"(%x, %w, %none) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 2, 2>,
    pads = array<i64: 0, 0, 0, 0>} : (tensor<1x4x5x6xf32>, tensor<4x3x3x2xf32>, none) -> tensor<1x3x11x11xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6xf32>, %w: tensor<3x4x3x3x3xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'input' must have 5 dimensions, but its shape is 1x4x5x6}}
  %0 = "top.Conv3D"(%x, %w, %none) {kernel_shape = array<i64: 3, 3, 3>, strides = array<i64: 1, 1, 1>,
    pads = array<i64: 0, 0, 0, 0, 0, 0>} : (tensor<1x4x5x6xf32>, tensor<3x4x3x3x3xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6x7xf32>, %w: tensor<3x2x3x3x3xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'input' has 4 channels in 1 groups but 'filter' has 2 channels per group}}
  %0 = "top.Conv3D"(%x, %w, %none) {kernel_shape = array<i64: 3, 3, 3>, strides = array<i64: 1, 1, 1>,
    pads = array<i64: 0, 0, 0, 0, 0, 0>} : (tensor<1x4x5x6x7xf32>, tensor<3x2x3x3x3xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6x7xf32>, %w: tensor<3x2x3x3x3xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'filter' has 3 output channels, which 2 groups do not divide}}
  %0 = "top.Conv3D"(%x, %w, %none) {kernel_shape = array<i64: 3, 3, 3>, strides = array<i64: 1, 1, 1>,
    pads = array<i64: 0, 0, 0, 0, 0, 0>, group = 2 : i64} : (tensor<1x4x5x6x7xf32>, tensor<3x2x3x3x3xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6x7xf32>, %w: tensor<3x4x3x3x3xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'filter' spans 7 planes but the padded 'input' has 5}}
  %0 = "top.Conv3D"(%x, %w, %none) {kernel_shape = array<i64: 3, 3, 3>, strides = array<i64: 1, 1, 1>,
    pads = array<i64: 0, 0, 0, 0, 0, 0>, dilations = array<i64: 3, 1, 1>} : (tensor<1x4x5x6x7xf32>, tensor<3x4x3x3x3xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6x7xf32>, %w: tensor<3x4x3x3x3xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'kernel_shape' must have 3 elements, but it has 2}}
  %0 = "top.Conv3D"(%x, %w, %none) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1, 1>,
    pads = array<i64: 0, 0, 0, 0, 0, 0>} : (tensor<1x4x5x6x7xf32>, tensor<3x4x3x3x3xf32>, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6x7xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{the window has 6 planes but the padded 'input' has 5}}
  %0 = "top.MaxPool3D"(%x) {kernel_shape = array<i64: 6, 1, 1>, strides = array<i64: 2, 2, 2>, pads = array<i64: 0, 0, 0, 0, 0, 0>}
    : (tensor<1x4x5x6x7xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6x7xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{a window of 3 columns lies wholly in the padding (3 before, 0 after 7 columns)}}
  %0 = "top.AvgPool3D"(%x) {kernel_shape = array<i64: 3, 3, 3>, strides = array<i64: 2, 2, 2>, pads = array<i64: 0, 0, 3, 0, 0, 0>}
    : (tensor<1x4x5x6x7xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6x7xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'ceil_pad' is part of 'pads', but it has 1 rows of 0}}
  %0 = "top.AvgPool3D"(%x) {kernel_shape = array<i64: 3, 3, 3>, strides = array<i64: 2, 2, 2>, pads = array<i64: 0, 0, 0, 0, 0, 0>, ceil_pad = array<i64: 0, 1, 0>}
    : (tensor<1x4x5x6x7xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'input' has 4 dimensions but 'sizes' has 3 elements and 'scales' 4}}
  %0 = "top.Interp"(%x) {sizes = array<i64: 4, 10, 9>, scales = array<f64: 1.0, 1.0, 2.0, 1.5>} : (tensor<1x4x5x6xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'scales' has the element 0.000000e+00; all must be positive numbers}}
  %0 = "top.Interp"(%x) {sizes = array<i64: 1, 4, 10, 9>, scales = array<f64: 1.0, 1.0, 0.0, 1.5>} : (tensor<1x4x5x6xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'mode' is "cubic"; known: linear}}
  %0 = "top.Interp"(%x) {sizes = array<i64: 1, 4, 10, 9>, scales = array<f64: 1.0, 1.0, 2.0, 1.5>, mode = "cubic"} : (tensor<1x4x5x6xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'coord_mode' is "corners"; known: half_pixel half_pixel_symmetric pytorch_half_pixel asymmetric align_corners tf_crop_and_resize}}
  %0 = "top.Interp"(%x) {sizes = array<i64: 1, 4, 10, 9>, scales = array<f64: 1.0, 1.0, 2.0, 1.5>, coord_mode = "corners"} : (tensor<1x4x5x6xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x5x6xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'roi' has 2 elements; two for each of 4 dimensions are needed}}
  %0 = "top.Interp"(%x) {sizes = array<i64: 1, 4, 10, 9>, scales = array<f64: 1.0, 1.0, 2.0, 1.5>, roi = array<f64: 0.0, 1.0>} : (tensor<1x4x5x6xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<5x2x3xf32>, %w: tensor<1x16x2xf32>, %r: tensor<1x16x4xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'filter' must be 1x16x3, but its shape is 1x16x2}}
  %0 = "top.LSTM"(%x, %w, %r, %none, %none, %none) {hidden_size = 4 : i64}
    : (tensor<5x2x3xf32>, tensor<1x16x2xf32>, tensor<1x16x4xf32>, none, none, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'filter' must be 2x16x3, but its shape is 1x16x3}}
  %0 = "top.LSTM"(%x, %w, %r, %none, %none, %none) {hidden_size = 4 : i64, direction = "bidirectional"}
    : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, none, none, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'direction' is "backwards"; known: forward, reverse, bidirectional}}
  %0 = "top.LSTM"(%x, %w, %r, %none, %none, %none) {hidden_size = 4 : i64, direction = "backwards"}
    : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, none, none, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'lengths' has 1 elements for a batch of 2}}
  %0 = "top.LSTM"(%x, %w, %r, %none, %none, %none) {hidden_size = 4 : i64, lengths = array<i64: 5>}
    : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, none, none, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<5x2x3xf32>, %w: tensor<1x16x3xf32>, %r: tensor<1x16x4xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'lengths' has the element 6 but 'input' has 5 steps}}
  %0 = "top.LSTM"(%x, %w, %r, %none, %none, %none) {hidden_size = 4 : i64, lengths = array<i64: 5, 6>}
    : (tensor<5x2x3xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>, none, none, none) -> tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<5x2x3xf32>, %w: tensor<1x12x3xf32>, %r: tensor<1x16x4xf32>) {
  %none = "top.None"() : () -> none
  // expected-error @+1 {{'recurrence' must be 1x12x4, but its shape is 1x16x4}}
  %0 = "top.GRU"(%x, %w, %r, %none, %none) {hidden_size = 4 : i64}
    : (tensor<5x2x3xf32>, tensor<1x12x3xf32>, tensor<1x16x4xf32>, none, none) -> tensor<*xf32>
  return
}
