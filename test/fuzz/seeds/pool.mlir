// Every divisor rule of a mean, and maxima.
module @pool attributes {module.name = "pool", module.state = "TOP_F32"} {
  func.func @main(%arg0: tensor<2x5x8x7xf32> loc("x")) -> (tensor<2x5x1x1xf32>, tensor<2x5x4x4xf32>) {
    %x = "top.Input"(%arg0) : (tensor<2x5x8x7xf32>) -> tensor<2x5x8x7xf32> loc("x_in")
    %max = "top.MaxPool"(%x) {kernel_shape = array<i64: 3, 2>, strides = array<i64: 1, 1>, pads = array<i64: 1, 0, 1, 1>,
      do_relu = true} : (tensor<2x5x8x7xf32>) -> tensor<2x5x8x7xf32> loc("max_MaxPool")
    %mean = "top.AvgPool"(%max) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<2x5x8x7xf32>) -> tensor<2x5x4x4xf32> loc("mean_AveragePool")
    %ceil = "top.AvgPool"(%max) {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 1>,
      ceil_pad = array<i64: 0, 1>, count_include_pad = true} : (tensor<2x5x8x7xf32>) -> tensor<2x5x4x4xf32> loc("ceil_AveragePool")
    %sum = "top.Add"(%mean, %ceil) : (tensor<2x5x4x4xf32>, tensor<2x5x4x4xf32>) -> tensor<2x5x4x4xf32> loc("sum_Add")
    %all = "top.AvgPool"(%sum) {kernel_shape = array<i64: 4, 4>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<2x5x4x4xf32>) -> tensor<2x5x1x1xf32> loc("all_GlobalAveragePool")
    return %all, %sum : tensor<2x5x1x1xf32>, tensor<2x5x4x4xf32>
  }
}
