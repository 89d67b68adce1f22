// Arithmetic of two and more tensors, with weights and broadcasts.
// WEIGHT row f4 [1, 1, 1, 6] = 0.5 -0.25 2
// WEIGHT full f4 [1, 4, 5, 6] = 0.5 -0.25 2 1
module @eltwise attributes {module.name = "eltwise", module.state = "TOP_F32", module.weight_file = "eltwise.npz"} {
  func.func @main(%arg0: tensor<1x4x5x6xf32> loc("a"), %arg1: tensor<1x4x1x1xf32> loc("b")) -> tensor<1x4x5x6xf32> {
    %a = "top.Input"(%arg0) : (tensor<1x4x5x6xf32>) -> tensor<1x4x5x6xf32> loc("a_in")
    %b = "top.Input"(%arg1) : (tensor<1x4x1x1xf32>) -> tensor<1x4x1x1xf32> loc("b_in")
    %row = "top.Weight"() : () -> tensor<1x1x1x6xf32> loc("row")
    %full = "top.Weight"() : () -> tensor<1x4x5x6xf32> loc("full")
    %sum = "top.Add"(%a, %b, %row) {coeff = array<f64: 1.0, -0.5, 2.0>, do_relu = true, relu_limit = 3.0 : f64}
      : (tensor<1x4x5x6xf32>, tensor<1x4x1x1xf32>, tensor<1x1x1x6xf32>) -> tensor<1x4x5x6xf32> loc("sum_Add")
    %less = "top.Sub"(%b, %sum) : (tensor<1x4x1x1xf32>, tensor<1x4x5x6xf32>) -> tensor<1x4x5x6xf32> loc("less_Sub")
    %product = "top.Mul"(%less, %b) : (tensor<1x4x5x6xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x5x6xf32> loc("product_Mul")
    %masked = "top.Mul"(%product, %full) : (tensor<1x4x5x6xf32>, tensor<1x4x5x6xf32>) -> tensor<1x4x5x6xf32> loc("masked_Mul")
    %more = "top.AddConst"(%masked) {const_val = 0.75 : f64} : (tensor<1x4x5x6xf32>) -> tensor<1x4x5x6xf32> loc("more_Add")
    %half = "top.MulConst"(%more) {const_val = -0.5 : f64, do_relu = true} : (tensor<1x4x5x6xf32>) -> tensor<1x4x5x6xf32> loc("half_Mul")
    return %half : tensor<1x4x5x6xf32>
  }
}
