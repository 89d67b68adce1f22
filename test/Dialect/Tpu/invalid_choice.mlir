// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

!i8 = !quant.uniform<i8:f32, 0.5>
!other = !quant.uniform<i8:f32, 0.25>
!truth = !quant.uniform<u8:f32, 1.0>
func.func @f(%x: tensor<2x3x!i8>, %y: tensor<2x3x!other>) {
  // expected-error @+1 {{what is compared has one number format}}
  %0 = "tpu.Compare"(%x, %y) {mode = "Less"} : (tensor<2x3x!i8>, tensor<2x3x!other>) -> tensor<2x3x!truth>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{operands are as wide as 'output'}}
  %0 = "tpu.Compare"(%x, %x) {mode = "Less"} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf16>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{'mode' is "Or"; known: Equal, NotEqual, Greater, GreaterOrEqual, Less, LessOrEqual}}
  %0 = "tpu.CompareConst"(%x) {mode = "Or", const_val = 0.0} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%c: tensor<2x3xf32>, %x: tensor<2x3xf16>) {
  %n = "top.None"() : () -> none
  // expected-error @+1 {{branches and 'output' have one number format}}
  %0 = "tpu.Where"(%c, %x, %n) : (tensor<2x3xf32>, tensor<2x3xf16>, none) -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%c: tensor<2x3xf32>, %x: tensor<2x3xf16>) {
  %n = "top.None"() : () -> none
  // expected-error @+1 {{'cond' is as wide as 'output'}}
  %0 = "tpu.Where"(%c, %x, %n) : (tensor<2x3xf32>, tensor<2x3xf16>, none) -> tensor<2x3xf16>
  return
}

// -----

func.func @f(%c: tensor<2x3xf32>, %x: tensor<4xf32>) {
  // expected-error @+1 {{an input of type 'tensor<4xf32>' does not broadcast to 'tensor<2x3xf32>'}}
  %0 = "tpu.Where"(%c, %x, %c) : (tensor<2x3xf32>, tensor<4xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}
