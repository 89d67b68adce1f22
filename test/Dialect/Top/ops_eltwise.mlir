// RUN: tpuc-opt %s | tpuc-opt | FileCheck %s

// CHECK-LABEL: func.func @arithmetic
func.func @arithmetic(%a: tensor<2x3x4xf32>, %b: tensor<3x1xf32>, %c: tensor<1xf32>) -> tensor<2x3x4xf32> {
  // CHECK: "top.Add"(%{{.*}}) <{coeff = array<f64: 1.000000e+00, 2.000000e+00, -1.000000e+00>, do_relu = true, relu_limit = -1.000000e+00 : f64}>
  %0 = "top.Add"(%a, %b, %c) {coeff = array<f64: 1.0, 2.0, -1.0>, do_relu = true}
    : (tensor<2x3x4xf32>, tensor<3x1xf32>, tensor<1xf32>) -> tensor<2x3x4xf32>
  // CHECK: "top.Sub"
  %1 = "top.Sub"(%b, %0) : (tensor<3x1xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  // CHECK: "top.Mul"
  %2 = "top.Mul"(%1, %c) : (tensor<2x3x4xf32>, tensor<1xf32>) -> tensor<2x3x4xf32>
  // CHECK: "top.AddConst"{{.*}}const_val = 1.500000e+00 : f64
  %3 = "top.AddConst"(%2) {const_val = 1.5} : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  // CHECK: "top.MulConst"{{.*}}const_val = -2.000000e+00 : f64
  %4 = "top.MulConst"(%3) {const_val = -2.0} : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  // CHECK: "top.Max"(%{{.*}}) : (tensor<2x3x4xf32>, tensor<3x1xf32>, tensor<1xf32>) -> tensor<2x3x4xf32>
  %5 = "top.Max"(%4, %b, %c) : (tensor<2x3x4xf32>, tensor<3x1xf32>, tensor<1xf32>) -> tensor<2x3x4xf32>
  // CHECK: "top.Min"
  %6 = "top.Min"(%5, %b) : (tensor<2x3x4xf32>, tensor<3x1xf32>) -> tensor<2x3x4xf32>
  return %6 : tensor<2x3x4xf32>
}

// CHECK-LABEL: func.func @activations
func.func @activations(%x: tensor<2x3xf32>, %slope: tensor<3xf32>) {
  // CHECK: "top.Relu"(%{{.*}}) <{relu_limit = 6.000000e+00 : f64}>
  %0 = "top.Relu"(%x) {relu_limit = 6.0} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.LeakyRelu"(%{{.*}}) <{alpha = 1.000000e-01 : f64}>
  %1 = "top.LeakyRelu"(%x) {alpha = 0.1} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.PRelu"(%{{.*}}, %{{.*}}) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %p = "top.PRelu"(%x, %slope) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Clip"(%{{.*}}) <{max = 1.000000e+00 : f64, min = -1.000000e+00 : f64}>
  %2 = "top.Clip"(%x) {min = -1.0, max = 1.0} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Sigmoid"
  %3 = "top.Sigmoid"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.SiLU"
  %4 = "top.SiLU"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Tanh"
  %5 = "top.Tanh"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.GELU"
  %6 = "top.GELU"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Exp"
  %7 = "top.Exp"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Log"
  %8 = "top.Log"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Sqrt"
  %9 = "top.Sqrt"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Abs"
  %10 = "top.Abs"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Erf"
  %11 = "top.Erf"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Softplus"
  %12 = "top.Softplus"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Mish"
  %13 = "top.Mish"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.HardSwish"
  %14 = "top.HardSwish"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Elu"(%{{.*}}) <{alpha = 1.000000e+00 : f64}>
  %15 = "top.Elu"(%x) {alpha = 1.0} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.HardSigmoid"(%{{.*}}) <{alpha = 2.000000e-01 : f64, beta = 5.000000e-01 : f64}>
  %16 = "top.HardSigmoid"(%x) {alpha = 0.2, beta = 0.5} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.GELU"(%{{.*}}) <{approx_mode = "tanh"}>
  %17 = "top.GELU"(%x) {approx_mode = "tanh"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Rsqrt"
  %18 = "top.Rsqrt"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Reciprocal"(%{{.*}}) <{const_val = 1.000000e+00 : f64}>
  %19 = "top.Reciprocal"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Pow"(%{{.*}}) <{exponent = 1.500000e+00 : f64}>
  %20 = "top.Pow"(%x) {exponent = 1.5} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Sin"
  %21 = "top.Sin"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Cos"
  %22 = "top.Cos"(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  // CHECK: "top.Div"(%{{.*}}) <{do_relu = false, relu_limit = -1.000000e+00 : f64}>
  %23 = "top.Div"(%x, %22) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}
