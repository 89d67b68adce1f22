// A stem of three channels and a branch, as layer groups take them: slices, joined ops, values that stay.
// WEIGHT stem f4 [16, 3, 3, 3] = 0.1 -0.2 0.3 0.4
// WEIGHT deep f4 [32, 16, 3, 3] = 0.1 -0.2 0.3 0.4
// WEIGHT back f4 [16, 32, 1, 1] = 0.1 -0.2 0.3
module attributes {module.name = "groups", module.platform = "ONNX", module.state = "TOP_F32", module.weight_file = "groups.npz"} {
  func.func @main(%arg: tensor<2x3x192x192xf32>) -> (tensor<2x32x192x192xf32>) {
    %n = "top.None"() : () -> none
    %x = "top.Input"(%arg) : (tensor<2x3x192x192xf32>) -> tensor<2x3x192x192xf32> loc("x")
    %f = "top.Weight"() : () -> tensor<16x3x3x3xf32> loc("stem")
    %g = "top.Weight"() : () -> tensor<32x16x3x3xf32> loc("deep")
    %h = "top.Weight"() : () -> tensor<16x32x1x1xf32> loc("back")
    %0 = "top.Conv"(%x, %f, %n) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, do_relu = true}
      : (tensor<2x3x192x192xf32>, tensor<16x3x3x3xf32>, none) -> tensor<2x16x192x192xf32> loc("c0")
    %1 = "top.Conv"(%0, %g, %n) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<2x16x192x192xf32>, tensor<32x16x3x3xf32>, none) -> tensor<2x32x96x96xf32> loc("c1")
    %2 = "top.Relu"(%1) {relu_limit = 6.0} : (tensor<2x32x96x96xf32>) -> tensor<2x32x96x96xf32> loc("r")
    %3 = "top.Conv"(%2, %h, %n) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<2x32x96x96xf32>, tensor<16x32x1x1xf32>, none) -> tensor<2x16x96x96xf32> loc("c2")
    %4 = "top.Upsample"(%3) {scale_h = 2 : i64, scale_w = 2 : i64} : (tensor<2x16x96x96xf32>) -> tensor<2x16x192x192xf32> loc("u")
    %5 = "top.Add"(%4, %0) : (tensor<2x16x192x192xf32>, tensor<2x16x192x192xf32>) -> tensor<2x16x192x192xf32> loc("a")
    %6 = "top.Concat"(%5, %0) {axis = 1 : i64} : (tensor<2x16x192x192xf32>, tensor<2x16x192x192xf32>) -> tensor<2x32x192x192xf32> loc("k")
    return %6 : tensor<2x32x192x192xf32>
  }
}
