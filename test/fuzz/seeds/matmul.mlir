// Products with a weight and of two computed tensors.
// WEIGHT right f4 [10, 12] = 0.5 -0.25 0.125 1 -1
// WEIGHT bias f4 [10] = 0.5 -2 0.25
// WEIGHT square f4 [10, 10] = 0.5 0 -0.5
module @matmul attributes {module.name = "matmul", module.state = "TOP_F32", module.weight_file = "matmul.npz"} {
  func.func @main(%arg0: tensor<2x3x2x2xf32> loc("left"), %arg1: tensor<1x10x6xf32> loc("other")) -> tensor<1x2x6xf32> {
    %none = "top.None"() : () -> none
    %left = "top.Input"(%arg0) : (tensor<2x3x2x2xf32>) -> tensor<2x3x2x2xf32> loc("left_in")
    %other = "top.Input"(%arg1) : (tensor<1x10x6xf32>) -> tensor<1x10x6xf32> loc("other_in")
    %right = "top.Weight"() : () -> tensor<10x12xf32> loc("right")
    %bias = "top.Weight"() : () -> tensor<10xf32> loc("bias")
    %square = "top.Weight"() : () -> tensor<10x10xf32> loc("square")
    %flat = "top.Flatten"(%left) {start_dim = 1 : i64} : (tensor<2x3x2x2xf32>) -> tensor<2x12xf32> loc("flat_Flatten")
    %one = "top.MatMul"(%flat, %right, %bias) {right_transpose = true, do_relu = true}
      : (tensor<2x12xf32>, tensor<10x12xf32>, tensor<10xf32>) -> tensor<2x10xf32> loc("one_Gemm")
    %two = "top.MatMul"(%one, %square, %none) : (tensor<2x10xf32>, tensor<10x10xf32>, none) -> tensor<2x10xf32> loc("two_MatMul")
    %batch = "top.Reshape"(%two) {shape = array<i64: 1, 2, -1>} : (tensor<2x10xf32>) -> tensor<1x2x10xf32> loc("batch_Reshape")
    %product = "top.MatMul"(%batch, %other, %none)
      : (tensor<1x2x10xf32>, tensor<1x10x6xf32>, none) -> tensor<1x2x6xf32> loc("product_MatMul")
    return %product : tensor<1x2x6xf32>
  }
}
