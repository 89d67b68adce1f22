// Everything that moves elements without arithmetic, a weight that folds, and slopes of channels.
// WEIGHT table f4 [1, 2, 6, 8] = 0.5 -0.25 2
// WEIGHT slope f4 [3, 1, 1] = 0.1 2 -0.5
module @shape attributes {module.name = "shape", module.state = "TOP_F32", module.weight_file = "shape.npz"} {
  func.func @main(%arg0: tensor<1x4x6x8xf32> loc("x")) -> (tensor<1x42x10xf32>, tensor<1x3x12x8xf32>) {
    %x = "top.Input"(%arg0) : (tensor<1x4x6x8xf32>) -> tensor<1x4x6x8xf32> loc("x_in")
    %table = "top.Weight"() : () -> tensor<1x2x6x8xf32> loc("table")
    %slope = "top.Weight"() : () -> tensor<3x1x1xf32> loc("slope")
    %same = "top.Cast"(%x) : (tensor<1x4x6x8xf32>) -> tensor<1x4x6x8xf32> loc("same_Cast")
    %picked = "top.Gather"(%same) {axis = 1 : i64, indices = array<i64: 3, 0, 0, 2>}
      : (tensor<1x4x6x8xf32>) -> tensor<1x4x6x8xf32> loc("picked_Gather")
    %joined = "top.Concat"(%picked, %table) {axis = 1 : i64}
      : (tensor<1x4x6x8xf32>, tensor<1x2x6x8xf32>) -> tensor<1x6x6x8xf32> loc("joined_Concat")
    %part = "top.Slice"(%joined) {offset = array<i64: 0, 1, 0, 1>, steps = array<i64: 1, 2, 1, 2>, ends = array<i64: 1, 6, 6, 8>}
      : (tensor<1x6x6x8xf32>) -> tensor<1x3x6x4xf32> loc("part_Slice")
    %big = "top.Upsample"(%part) {scale_h = 2 : i64, scale_w = 2 : i64} : (tensor<1x3x6x4xf32>) -> tensor<1x3x12x8xf32> loc("big_Resize")
    %zeros = "top.Pad"(%big) {paddings = array<i64: 0, 0, 1, 0, 0, 0, 1, 2>, val = 0.5 : f64}
      : (tensor<1x3x12x8xf32>) -> tensor<1x3x14x10xf32> loc("zeros_Pad")
    %bent = "top.PRelu"(%part, %slope) : (tensor<1x3x6x4xf32>, tensor<3x1x1xf32>) -> tensor<1x3x6x4xf32> loc("bent_PRelu")
    %mirror = "top.Pad"(%bent) {paddings = array<i64: 0, 0, 0, 3, 0, 0, 2, 0>, mode = "reflect"}
      : (tensor<1x3x6x4xf32>) -> tensor<1x3x8x7xf32> loc("mirror_Pad")
    %edge = "top.Pad"(%mirror) {paddings = array<i64: 0, 0, 0, 0, 0, 0, 6, 3>, mode = "edge"}
      : (tensor<1x3x8x7xf32>) -> tensor<1x3x14x10xf32> loc("edge_Pad")
    %turned = "top.Permute"(%zeros) {order = array<i64: 0, 2, 1, 3>} : (tensor<1x3x14x10xf32>) -> tensor<1x14x3x10xf32> loc("turned_Transpose")
    %flat = "top.Flatten"(%turned) {start_dim = 1 : i64, end_dim = 2 : i64} : (tensor<1x14x3x10xf32>) -> tensor<1x42x10xf32> loc("flat_Flatten")
    %other = "top.Reshape"(%edge) {shape = array<i64: 0, -1, 10>} : (tensor<1x3x14x10xf32>) -> tensor<1x42x10xf32> loc("other_Reshape")
    %sum = "top.Add"(%flat, %other) : (tensor<1x42x10xf32>, tensor<1x42x10xf32>) -> tensor<1x42x10xf32> loc("sum_Add")
    return %sum, %big : tensor<1x42x10xf32>, tensor<1x3x12x8xf32>
  }
}
