// Convolutions of every kind, and what folds into them.
// WEIGHT stem_filter f4 [8, 3, 3, 3] = 0.5 -0.25 0.125 1 -1 0.0625 0.75
// WEIGHT stem_bias f4 [8] = 0.5 -2 0.25
// WEIGHT deep_filter f4 [8, 1, 3, 3] = 0.5 0.25 -1
// WEIGHT group_filter f4 [4, 4, 1, 1] = 1 -0.5 0.25
// WEIGHT mean f4 [8] = 0.5 0.25
// WEIGHT variance f4 [8] = 1 2 0.5
// WEIGHT gamma f4 [8] = 1 0.5
// WEIGHT beta f4 [8] = 0 0.125
// WEIGHT factor f4 [4] = 1 2 0.5
// WEIGHT offset f4 [4] = 0.5 -0.25
module @conv attributes {module.name = "conv", module.state = "TOP_F32", module.weight_file = "conv.npz"} {
  func.func @main(%arg0: tensor<1x3x9x8xf32> loc("image")) -> (tensor<1x4x3x4xf32>, tensor<1x8x5x4xf32>) {
    %none = "top.None"() : () -> none
    %image = "top.Input"(%arg0) {do_preprocess = true, pixel_format = "bgr", channel_format = "nchw",
      resize_dims = array<i64: 9, 8>, keep_aspect_ratio = true, keep_ratio_mode = "letterbox", pad_value = 0 : i64,
      pad_type = "center", scale = array<f64: 1.0, 0.5, 0.25>, mean = array<f64: 0.0, 1.0, 2.0>}
      : (tensor<1x3x9x8xf32>) -> tensor<1x3x9x8xf32> loc("image_in")
    %stem_filter = "top.Weight"() : () -> tensor<8x3x3x3xf32> loc("stem_filter")
    %stem_bias = "top.Weight"() : () -> tensor<8xf32> loc("stem_bias")
    %deep_filter = "top.Weight"() : () -> tensor<8x1x3x3xf32> loc("deep_filter")
    %group_filter = "top.Weight"() : () -> tensor<4x4x1x1xf32> loc("group_filter")
    %mean = "top.Weight"() : () -> tensor<8xf32> loc("mean")
    %variance = "top.Weight"() : () -> tensor<8xf32> loc("variance")
    %gamma = "top.Weight"() : () -> tensor<8xf32> loc("gamma")
    %beta = "top.Weight"() : () -> tensor<8xf32> loc("beta")
    %factor = "top.Weight"() : () -> tensor<4xf32> loc("factor")
    %offset = "top.Weight"() : () -> tensor<4xf32> loc("offset")
    %stem = "top.Conv"(%image, %stem_filter, %stem_bias) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>,
      pads = array<i64: 1, 0, 1, 1>, do_relu = true, relu_limit = 6.0 : f64}
      : (tensor<1x3x9x8xf32>, tensor<8x3x3x3xf32>, tensor<8xf32>) -> tensor<1x8x5x4xf32> loc("stem_Conv")
    %deep = "top.Conv"(%stem, %deep_filter, %none) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>,
      pads = array<i64: 2, 2, 2, 2>, dilations = array<i64: 2, 2>, group = 8 : i64}
      : (tensor<1x8x5x4xf32>, tensor<8x1x3x3xf32>, none) -> tensor<1x8x5x4xf32> loc("deep_Conv")
    %norm = "top.BatchNorm"(%deep, %mean, %variance, %gamma, %beta) {epsilon = 0.001 : f64}
      : (tensor<1x8x5x4xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<1x8x5x4xf32> loc("norm_BatchNorm")
    %relu = "top.Relu"(%norm) : (tensor<1x8x5x4xf32>) -> tensor<1x8x5x4xf32> loc("relu_Relu")
    %group = "top.Conv"(%relu, %group_filter, %none) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 2, 1>,
      pads = array<i64: 0, 0, 0, 0>, group = 2 : i64}
      : (tensor<1x8x5x4xf32>, tensor<4x4x1x1xf32>, none) -> tensor<1x4x3x4xf32> loc("group_Conv")
    %scaled = "top.Scale"(%group, %factor, %offset) {do_relu = true}
      : (tensor<1x4x3x4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x3x4xf32> loc("scaled_Scale")
    return %scaled, %relu : tensor<1x4x3x4xf32>, tensor<1x8x5x4xf32>
  }
}
