// RUN: tpuc-opt %s --shape-infer --split-input-file --verify-diagnostics

func.func @dynamic(%x: tensor<?x3xf32>) {
  // expected-error @+1 {{'input' has type 'tensor<?x3xf32>', but shape inference needs every size of every operand}}
  %0 = "top.Relu"(%x) : (tensor<?x3xf32>) -> tensor<?x3xf32>
  return
}

// -----

func.func @unranked(%x: tensor<1x3xf32>, %y: tensor<*xf32>) {
  // expected-error @+1 {{'inputs[1]' has type 'tensor<*xf32>', but shape inference needs every size of every operand}}
  %0 = "top.Add"(%x, %y) : (tensor<1x3xf32>, tensor<*xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @bias(%x: tensor<1x3x4x4xf32>, %f: tensor<4x3x1x1xf32>, %b: tensor<?xf32>) {
  // expected-error @+1 {{'bias' has type 'tensor<?xf32>', but shape inference needs every size of every operand}}
  %0 = "top.Conv"(%x, %f, %b) {kernel_shape = array<i64: 1, 1>, strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
    : (tensor<1x3x4x4xf32>, tensor<4x3x1x1xf32>, tensor<?xf32>) -> tensor<*xf32>
  return
}

// -----

// What does not fit together shows once the shapes before it are known.
func.func @late(%x: tensor<1x3xf32>, %y: tensor<4xf32>) {
  %0 = "top.Relu"(%x) : (tensor<1x3xf32>) -> tensor<*xf32>
  // expected-error @+1 {{'inputs[1]' has shape 4, which does not broadcast with 1x3}}
  %1 = "top.Add"(%0, %y) : (tensor<*xf32>, tensor<4xf32>) -> tensor<*xf32>
  return
}
