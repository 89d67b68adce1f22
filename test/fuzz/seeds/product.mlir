// A product of three, which is split before calibration.
module @product attributes {module.name = "product", module.state = "TOP_F32"} {
  func.func @main(%arg0: tensor<1x4x5x6xf32> loc("a"), %arg1: tensor<4x1x1xf32> loc("b"), %arg2: tensor<6xf32> loc("c")) -> tensor<1x4x5x6xf32> {
    %a = "top.Input"(%arg0) : (tensor<1x4x5x6xf32>) -> tensor<1x4x5x6xf32> loc("a_in")
    %b = "top.Input"(%arg1) : (tensor<4x1x1xf32>) -> tensor<4x1x1xf32> loc("b_in")
    %c = "top.Input"(%arg2) : (tensor<6xf32>) -> tensor<6xf32> loc("c_in")
    %all = "top.Mul"(%a, %b, %c) {do_relu = true}
      : (tensor<1x4x5x6xf32>, tensor<4x1x1xf32>, tensor<6xf32>) -> tensor<1x4x5x6xf32> loc("all_Mul")
    return %all : tensor<1x4x5x6xf32>
  }
}
