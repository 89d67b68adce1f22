// RUN: tpuc-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: func.func @silu
// CHECK-SAME: (%[[X:.*]]: tensor<2xf32>
func.func @silu(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = "top.Sigmoid"(%x) : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.SiLU"(%[[X]]) : (tensor<2xf32>) -> tensor<2xf32> loc(#[[MUL:.*]])
  // CHECK-NEXT: return
  %1 = "top.Mul"(%0, %x) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> loc("y_Mul")
  return %1 : tensor<2xf32>
}

// CHECK-LABEL: func.func @hard_swish
func.func @hard_swish(%x: tensor<2xf32>) -> tensor<2xf32> {
  // The exporter's 1/6 is fp32.
  %0 = "top.HardSigmoid"(%x) {alpha = 0.16666667163372040, beta = 0.5} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.HardSwish"
  // CHECK-NEXT: return
  %1 = "top.Mul"(%x, %0) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// CHECK-LABEL: func.func @mish
func.func @mish(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = "top.Softplus"(%x) : (tensor<2xf32>) -> tensor<2xf32>
  %1 = "top.Tanh"(%0) : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.Mish"
  // CHECK-NEXT: return
  %2 = "top.Mul"(%x, %1) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %2 : tensor<2xf32>
}

// Another gate, another slope, a gate that is used again: products stay.
// CHECK-LABEL: func.func @not_activations
func.func @not_activations(%x: tensor<2xf32>, %y: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %0 = "top.Sigmoid"(%y) : (tensor<2xf32>) -> tensor<2xf32>
  %1 = "top.HardSigmoid"(%x) {alpha = 0.2, beta = 0.5} : (tensor<2xf32>) -> tensor<2xf32>
  %2 = "top.Sigmoid"(%x) : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-COUNT-3: "top.Mul"
  %3 = "top.Mul"(%x, %0) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %4 = "top.Mul"(%x, %1) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %5 = "top.Mul"(%x, %2) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %2, %3, %4, %5 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// CHECK-LABEL: func.func @constants
// CHECK-SAME: (%[[X:.*]]: tensor<2xf32>
func.func @constants(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = "top.MulConst"(%x) {const_val = 3.0} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.MulConst"(%[[X]]) <{const_val = 6.000000e+00 : f64
  %1 = "top.MulConst"(%0) {const_val = 2.0} : (tensor<2xf32>) -> tensor<2xf32>
  %2 = "top.AddConst"(%1) {const_val = 1.0} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.AddConst"(%{{.*}}) <{const_val = 5.000000e-01 : f64, do_relu = true
  %3 = "top.AddConst"(%2) {const_val = -0.5, do_relu = true} : (tensor<2xf32>) -> tensor<2xf32>
  // After a relu the constants no longer add up.
  // CHECK-NEXT: "top.AddConst"(%{{.*}}) <{const_val = 2.000000e+00
  %4 = "top.AddConst"(%3) {const_val = 2.0} : (tensor<2xf32>) -> tensor<2xf32>
  return %4 : tensor<2xf32>
}

// x * relu6(x + 3) / 6 and relu6(x + 3) / 6, with fp32 constants.
// CHECK-LABEL: func.func @hard_swish_written_out
// CHECK-SAME: (%[[X:.*]]: tensor<2xf32>
func.func @hard_swish_written_out(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %0 = "top.AddConst"(%x) {const_val = 3.0} : (tensor<2xf32>) -> tensor<2xf32>
  %1 = "top.Clip"(%0) {min = 0.0, max = 6.0} : (tensor<2xf32>) -> tensor<2xf32>
  %2 = "top.Mul"(%x, %1) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.HardSwish"(%[[X]])
  %3 = "top.MulConst"(%2) {const_val = 0.16666667163372040} : (tensor<2xf32>) -> tensor<2xf32>
  %4 = "top.AddConst"(%x) {const_val = 3.0} : (tensor<2xf32>) -> tensor<2xf32>
  %5 = "top.Relu"(%4) {relu_limit = 6.0} : (tensor<2xf32>) -> tensor<2xf32>
  %6 = "top.MulConst"(%5) {const_val = 0.16666667163372040} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.HardSwish"(%[[X]])
  %7 = "top.Mul"(%6, %x) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %8 = "top.AddConst"(%x) {const_val = 1.0, do_relu = true, relu_limit = 2.0} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.HardSigmoid"(%[[X]]) <{alpha = 5.000000e-01 : f64, beta = 5.000000e-01 : f64}>
  %9 = "top.MulConst"(%8) {const_val = 0.5} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: return
  return %3, %7, %9 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// The three places where exporters put the half.
// CHECK-LABEL: func.func @gelu
// CHECK-SAME: (%[[X:.*]]: tensor<2xf32>
func.func @gelu(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %0 = "top.MulConst"(%x) {const_val = 0.70710676908493042} : (tensor<2xf32>) -> tensor<2xf32>
  %1 = "top.Erf"(%0) : (tensor<2xf32>) -> tensor<2xf32>
  %2 = "top.AddConst"(%1) {const_val = 1.0} : (tensor<2xf32>) -> tensor<2xf32>
  %3 = "top.Mul"(%x, %2) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.GELU"(%[[X]])
  %4 = "top.MulConst"(%3) {const_val = 0.5} : (tensor<2xf32>) -> tensor<2xf32>
  %5 = "top.MulConst"(%x) {const_val = 0.70710678118654752} : (tensor<2xf32>) -> tensor<2xf32>
  %6 = "top.Erf"(%5) : (tensor<2xf32>) -> tensor<2xf32>
  %7 = "top.AddConst"(%6) {const_val = 1.0} : (tensor<2xf32>) -> tensor<2xf32>
  %8 = "top.MulConst"(%7) {const_val = 0.5} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.GELU"(%[[X]])
  %9 = "top.Mul"(%x, %8) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %10 = "top.MulConst"(%x) {const_val = 0.5} : (tensor<2xf32>) -> tensor<2xf32>
  %11 = "top.MulConst"(%x) {const_val = 0.70710678118654752} : (tensor<2xf32>) -> tensor<2xf32>
  %12 = "top.Erf"(%11) : (tensor<2xf32>) -> tensor<2xf32>
  %13 = "top.AddConst"(%12) {const_val = 1.0} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.GELU"(%[[X]])
  %14 = "top.Mul"(%10, %13) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: return
  return %4, %9, %14 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// Nearly, but not quite.
// CHECK-LABEL: func.func @no_gelu
func.func @no_gelu(%x: tensor<2xf32>, %y: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = "top.MulConst"(%x) {const_val = 0.7} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK: "top.Erf"
  %1 = "top.Erf"(%0) : (tensor<2xf32>) -> tensor<2xf32>
  %2 = "top.AddConst"(%1) {const_val = 1.0} : (tensor<2xf32>) -> tensor<2xf32>
  %3 = "top.Mul"(%x, %2) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %4 = "top.MulConst"(%3) {const_val = 0.5} : (tensor<2xf32>) -> tensor<2xf32>
  %5 = "top.MulConst"(%x) {const_val = 0.70710678118654752} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK: "top.Erf"
  %6 = "top.Erf"(%5) : (tensor<2xf32>) -> tensor<2xf32>
  %7 = "top.AddConst"(%6) {const_val = 1.0} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK: "top.Mul"
  %8 = "top.Mul"(%y, %7) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %9 = "top.MulConst"(%8) {const_val = 0.5} : (tensor<2xf32>) -> tensor<2xf32>
  return %4, %9 : tensor<2xf32>, tensor<2xf32>
}

// Four digits, or a network stored in half precision; another GELU's 1.702 is no rounding.
// CHECK-LABEL: func.func @rounded
// CHECK-SAME: (%[[X:.*]]: tensor<2xf32>
func.func @rounded(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  %0 = "top.MulConst"(%x) {const_val = 0.70703125} : (tensor<2xf32>) -> tensor<2xf32>
  %1 = "top.Erf"(%0) : (tensor<2xf32>) -> tensor<2xf32>
  %2 = "top.AddConst"(%1) {const_val = 1.0} : (tensor<2xf32>) -> tensor<2xf32>
  %3 = "top.Mul"(%x, %2) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.GELU"(%[[X]])
  %4 = "top.MulConst"(%3) {const_val = 0.5} : (tensor<2xf32>) -> tensor<2xf32>
  %5 = "top.AddConst"(%x) {const_val = 3.0, do_relu = true, relu_limit = 6.0} : (tensor<2xf32>) -> tensor<2xf32>
  %6 = "top.MulConst"(%5) {const_val = 0.1667} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.HardSwish"(%[[X]])
  %7 = "top.Mul"(%x, %6) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %8 = "top.AddConst"(%x) {const_val = 3.0, do_relu = true, relu_limit = 6.0} : (tensor<2xf32>) -> tensor<2xf32>
  %9 = "top.MulConst"(%8) {const_val = 0.17} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK: "top.Mul"(%[[X]]
  %10 = "top.Mul"(%x, %9) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %11 = "top.MulConst"(%x) {const_val = 1.702} : (tensor<2xf32>) -> tensor<2xf32>
  %12 = "top.Sigmoid"(%11) : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK: "top.Mul"(%[[X]]
  %13 = "top.Mul"(%x, %12) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %4, %7, %10, %13 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}

// What makes x is a constant of the same kind as one inside the activation; x has another use and is not joined.
// CHECK-LABEL: func.func @scaled_before
// CHECK-SAME: (%[[X:.*]]: tensor<2xf32>
func.func @scaled_before(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
  // CHECK-NEXT: %[[SCALED:.*]] = "top.MulConst"(%[[X]])
  %0 = "top.MulConst"(%x) {const_val = 3.0} : (tensor<2xf32>) -> tensor<2xf32>
  %1 = "top.MulConst"(%0) {const_val = 0.70710678118654752} : (tensor<2xf32>) -> tensor<2xf32>
  %2 = "top.Erf"(%1) : (tensor<2xf32>) -> tensor<2xf32>
  %3 = "top.AddConst"(%2) {const_val = 1.0} : (tensor<2xf32>) -> tensor<2xf32>
  %4 = "top.Mul"(%0, %3) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.GELU"(%[[SCALED]])
  %5 = "top.MulConst"(%4) {const_val = 0.5} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: %[[SCALED2:.*]] = "top.MulConst"(%[[X]])
  %6 = "top.MulConst"(%x) {const_val = 5.0} : (tensor<2xf32>) -> tensor<2xf32>
  %7 = "top.MulConst"(%6) {const_val = 0.5} : (tensor<2xf32>) -> tensor<2xf32>
  %8 = "top.MulConst"(%6) {const_val = 0.70710678118654752} : (tensor<2xf32>) -> tensor<2xf32>
  %9 = "top.Erf"(%8) : (tensor<2xf32>) -> tensor<2xf32>
  %10 = "top.AddConst"(%9) {const_val = 1.0} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.GELU"(%[[SCALED2]])
  %11 = "top.Mul"(%7, %10) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: %[[MOVED:.*]] = "top.AddConst"(%[[X]])
  %12 = "top.AddConst"(%x) {const_val = 0.25} : (tensor<2xf32>) -> tensor<2xf32>
  %13 = "top.AddConst"(%12) {const_val = 3.0, do_relu = true, relu_limit = 6.0} : (tensor<2xf32>) -> tensor<2xf32>
  %14 = "top.MulConst"(%13) {const_val = 0.16666667163372040} : (tensor<2xf32>) -> tensor<2xf32>
  // CHECK-NEXT: "top.HardSwish"(%[[MOVED]])
  %15 = "top.Mul"(%12, %14) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %5, %11, %15 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
}
// CHECK-DAG: #[[MUL]] = loc("y_Mul")
