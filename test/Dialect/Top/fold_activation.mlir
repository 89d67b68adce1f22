// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t && tpuc-opt %s --canonicalize | FileCheck %s

// WEIGHT half f4 [2, 1, 1] = 0.5 0.5
// WEIGHT one f4 [1] = 1
// WEIGHT root f4 [1, 2, 1, 1] = 0.70710677 0.70710677
// WEIGHT scale f4 [2] = 0.5 0.5
// WEIGHT shift f4 [2] = 0.5 0.5
// WEIGHT other f4 [2, 1, 1] = 0.5 0.25

module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  // A tensor of one value is that value.
  // CHECK-LABEL: func.func @gelu_of_tensors
  // CHECK-SAME: (%[[X:.*]]: tensor<1x2x3x4xf32>
  func.func @gelu_of_tensors(%x: tensor<1x2x3x4xf32>) -> (tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>) {
    %none = "top.None"() : () -> none
    %half = "top.Weight"() : () -> tensor<2x1x1xf32> loc("half")
    %one = "top.Weight"() : () -> tensor<1xf32> loc("one")
    %root = "top.Weight"() : () -> tensor<1x2x1x1xf32> loc("root")
    %scale = "top.Weight"() : () -> tensor<2xf32> loc("scale")
    %shift = "top.Weight"() : () -> tensor<2xf32> loc("shift")
    %0 = "top.Mul"(%root, %x) : (tensor<1x2x1x1xf32>, tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> loc("gelu_of_tensors0")
    %1 = "top.Erf"(%0) : (tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> loc("gelu_of_tensors1")
    %2 = "top.Add"(%1, %one) : (tensor<1x2x3x4xf32>, tensor<1xf32>) -> tensor<1x2x3x4xf32> loc("gelu_of_tensors2")
    %3 = "top.Mul"(%x, %2) : (tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> loc("gelu_of_tensors3")
    // CHECK: %[[A:.*]] = "top.GELU"(%[[X]])
    %4 = "top.Mul"(%3, %half) : (tensor<1x2x3x4xf32>, tensor<2x1x1xf32>) -> tensor<1x2x3x4xf32> loc("gelu_of_tensors4")
    %5 = "top.Mul"(%x, %root) : (tensor<1x2x3x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x3x4xf32> loc("gelu_of_tensors5")
    %6 = "top.Erf"(%5) : (tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> loc("gelu_of_tensors6")
    %7 = "top.Scale"(%6, %scale, %shift) : (tensor<1x2x3x4xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x3x4xf32> loc("gelu_of_tensors7")
    // CHECK-NEXT: %[[B:.*]] = "top.GELU"(%[[X]])
    // CHECK-NEXT: return %[[A]], %[[B]]
    %8 = "top.Mul"(%7, %x) : (tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> loc("gelu_of_tensors8")
    return %4, %8 : tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>
  }

  // CHECK-LABEL: func.func @other_values
  func.func @other_values(%x: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
    %other = "top.Weight"() : () -> tensor<2x1x1xf32> loc("other")
    %0 = "top.MulConst"(%x) {const_val = 0.70710678118654752} : (tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> loc("other_values0")
    // CHECK: "top.Erf"
    %1 = "top.Erf"(%0) : (tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> loc("other_values1")
    %2 = "top.AddConst"(%1) {const_val = 1.0} : (tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> loc("other_values2")
    %3 = "top.Mul"(%x, %2) : (tensor<1x2x3x4xf32>, tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> loc("other_values3")
    %4 = "top.Mul"(%3, %other) : (tensor<1x2x3x4xf32>, tensor<2x1x1xf32>) -> tensor<1x2x3x4xf32> loc("other_values4")
    return %4 : tensor<1x2x3x4xf32>
  }

  // The half that both summands share is read by nothing else.
  // CHECK-LABEL: func.func @gelu_as_a_sum
  // CHECK-SAME: (%[[X:.*]]: tensor<2xf32>
  func.func @gelu_as_a_sum(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
    %0 = "top.MulConst"(%x) {const_val = 0.70710678118654752} : (tensor<2xf32>) -> tensor<2xf32> loc("gelu_as_a_sum0")
    %1 = "top.Erf"(%0) : (tensor<2xf32>) -> tensor<2xf32> loc("gelu_as_a_sum1")
    %2 = "top.MulConst"(%x) {const_val = 0.5} : (tensor<2xf32>) -> tensor<2xf32> loc("gelu_as_a_sum2")
    %3 = "top.Mul"(%2, %1) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> loc("gelu_as_a_sum3")
    // CHECK-NEXT: "top.GELU"(%[[X]])
    %4 = "top.Add"(%3, %2) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> loc("gelu_as_a_sum4")
    %5 = "top.MulConst"(%x) {const_val = 0.70710678118654752} : (tensor<2xf32>) -> tensor<2xf32> loc("gelu_as_a_sum5")
    %6 = "top.Erf"(%5) : (tensor<2xf32>) -> tensor<2xf32> loc("gelu_as_a_sum6")
    %7 = "top.Mul"(%x, %6) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> loc("gelu_as_a_sum7")
    %8 = "top.Add"(%x, %7) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> loc("gelu_as_a_sum8")
    // CHECK-NEXT: "top.GELU"(%[[X]])
    // CHECK-NEXT: return
    %9 = "top.MulConst"(%8) {const_val = 0.5} : (tensor<2xf32>) -> tensor<2xf32> loc("gelu_as_a_sum9")
    return %4, %9 : tensor<2xf32>, tensor<2xf32>
  }

  // A difference, a weighted sum, a half that is read elsewhere.
  // CHECK-LABEL: func.func @no_sums
  func.func @no_sums(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
    // CHECK-NOT: top.GELU
    %0 = "top.MulConst"(%x) {const_val = 0.70710678118654752} : (tensor<2xf32>) -> tensor<2xf32> loc("no_sums0")
    %1 = "top.Erf"(%0) : (tensor<2xf32>) -> tensor<2xf32> loc("no_sums1")
    %2 = "top.MulConst"(%x) {const_val = 0.5} : (tensor<2xf32>) -> tensor<2xf32> loc("no_sums2")
    %3 = "top.Mul"(%2, %1) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> loc("no_sums3")
    %4 = "top.Add"(%3, %2) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> loc("no_sums4")
    %5 = "top.MulConst"(%x) {const_val = 0.70710678118654752} : (tensor<2xf32>) -> tensor<2xf32> loc("no_sums5")
    %6 = "top.Erf"(%5) : (tensor<2xf32>) -> tensor<2xf32> loc("no_sums6")
    %7 = "top.Mul"(%x, %6) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> loc("no_sums7")
    %8 = "top.Add"(%x, %7) {coeff = array<f64: 0.5, 0.25>} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> loc("no_sums8")
    return %2, %4, %8 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
  }

  // CHECK-LABEL: func.func @mish
  // CHECK-SAME: (%[[X:.*]]: tensor<2xf32>
  func.func @mish(%x: tensor<2xf32>) -> tensor<2xf32> {
    %0 = "top.Exp"(%x) : (tensor<2xf32>) -> tensor<2xf32> loc("mish0")
    %1 = "top.AddConst"(%0) {const_val = 1.0} : (tensor<2xf32>) -> tensor<2xf32> loc("mish1")
    %2 = "top.Log"(%1) : (tensor<2xf32>) -> tensor<2xf32> loc("mish2")
    %3 = "top.Tanh"(%2) : (tensor<2xf32>) -> tensor<2xf32> loc("mish3")
    // CHECK-NEXT: "top.Mish"(%[[X]])
    // CHECK-NEXT: return
    %4 = "top.Mul"(%x, %3) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> loc("mish4")
    return %4 : tensor<2xf32>
  }

  // Bounds before the sum, between sum and factor, and behind all.
  // CHECK-LABEL: func.func @hard_swish
  // CHECK-SAME: (%[[X:.*]]: tensor<2xf32>
  func.func @hard_swish(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) {
    %0 = "top.Clip"(%x) {min = -3.0, max = 3.0} : (tensor<2xf32>) -> tensor<2xf32> loc("hard_swish0")
    %1 = "top.AddConst"(%0) {const_val = 3.0} : (tensor<2xf32>) -> tensor<2xf32> loc("hard_swish1")
    %2 = "top.Mul"(%1, %x) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> loc("hard_swish2")
    // CHECK-NEXT: "top.HardSwish"(%[[X]])
    %3 = "top.MulConst"(%2) {const_val = 0.1667} : (tensor<2xf32>) -> tensor<2xf32> loc("hard_swish3")
    %4 = "top.AddConst"(%x) {const_val = 3.0} : (tensor<2xf32>) -> tensor<2xf32> loc("hard_swish4")
    %5 = "top.Clip"(%4) {min = 0xFFF0000000000000 : f64, max = 6.0} : (tensor<2xf32>) -> tensor<2xf32> loc("hard_swish5")
    %6 = "top.Relu"(%5) : (tensor<2xf32>) -> tensor<2xf32> loc("hard_swish6")
    %7 = "top.Mul"(%6, %x) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> loc("hard_swish7")
    // CHECK-NEXT: "top.HardSwish"(%[[X]])
    %8 = "top.MulConst"(%7) {const_val = 0.16666666666666666} : (tensor<2xf32>) -> tensor<2xf32> loc("hard_swish8")
    %9 = "top.MulConst"(%x) {const_val = 0.16666666666666666} : (tensor<2xf32>) -> tensor<2xf32> loc("hard_swish9")
    %10 = "top.AddConst"(%9) {const_val = 0.5} : (tensor<2xf32>) -> tensor<2xf32> loc("hard_swish10")
    %11 = "top.Clip"(%10) {min = 0.0, max = 1.0} : (tensor<2xf32>) -> tensor<2xf32> loc("hard_swish11")
    // CHECK-NEXT: "top.HardSwish"(%[[X]])
    // CHECK-NEXT: return
    %12 = "top.Mul"(%11, %x) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> loc("hard_swish12")
    return %3, %8, %12 : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
  }
}
