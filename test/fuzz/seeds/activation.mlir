// Every function of one tensor.
module @activation attributes {module.name = "activation", module.state = "TOP_F32"} {
  func.func @main(%arg0: tensor<1x3x4xf32> loc("x")) -> (tensor<1x3x4xf32>, tensor<1x3x4xf32>) {
    %x = "top.Input"(%arg0) : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("x_in")
    %Relu = "top.Relu"(%x) {relu_limit = 6.0 : f64} : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("Relu_out")
    %LeakyRelu = "top.LeakyRelu"(%Relu) {alpha = 0.1 : f64} : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("LeakyRelu_out")
    %Clip = "top.Clip"(%LeakyRelu) {min = -1.0 : f64, max = 2.0 : f64} : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("Clip_out")
    %Sigmoid = "top.Sigmoid"(%Clip) : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("Sigmoid_out")
    %SiLU = "top.SiLU"(%Sigmoid) : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("SiLU_out")
    %Tanh = "top.Tanh"(%SiLU) : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("Tanh_out")
    %GELU = "top.GELU"(%Tanh) : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("GELU_out")
    %Exp = "top.Exp"(%GELU) : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("Exp_out")
    %Log = "top.Log"(%Exp) : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("Log_out")
    %Sqrt = "top.Sqrt"(%Log) : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("Sqrt_out")
    %Abs = "top.Abs"(%Sqrt) : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("Abs_out")
    %Erf = "top.Erf"(%Abs) : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("Erf_out")
    %Softplus = "top.Softplus"(%Erf) : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("Softplus_out")
    %Mish = "top.Mish"(%Softplus) : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("Mish_out")
    %HardSwish = "top.HardSwish"(%Mish) : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("HardSwish_out")
    %Elu = "top.Elu"(%HardSwish) {alpha = 1.0 : f64} : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("Elu_out")
    %HardSigmoid = "top.HardSigmoid"(%Elu) {alpha = 0.2 : f64, beta = 0.5 : f64} : (tensor<1x3x4xf32>) -> tensor<1x3x4xf32> loc("HardSigmoid_out")
    return %HardSigmoid, %Tanh : tensor<1x3x4xf32>, tensor<1x3x4xf32>
  }
}
