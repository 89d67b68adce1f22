// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{'module.state' must be one of TOP_F32, TOP_CALIBRATED, TPU_LOWERED, TPU_REORDERED, TPU_DIVIDED, TPU_ADDRESSED, but it is "TOP"}}
module attributes {module.state = "TOP"} {}

// -----

// expected-error @+1 {{'module.state' must be one of}}
module attributes {module.state = 1 : i64} {}

// -----

// expected-error @+1 {{'module.weight_file' must be a file name without a folder, but it is "a/b.npz"}}
module attributes {module.weight_file = "a/b.npz"} {}

// -----

// expected-error @+1 {{'module.FLOPs' must be an integer, but it is "many"}}
module attributes {module.FLOPs = "many"} {}

// -----

// expected-error @+1 {{'module.chip' must be a string, but it is 1684 : i64}}
module attributes {module.chip = 1684 : i64} {}

// -----

// expected-error @+1 {{'func.func' op has the attribute 'module.state', which belongs to a module}}
func.func @f() attributes {module.state = "TOP_F32"} {
  return
}

// -----

module attributes {module.state = "TOP_F32"} {
  func.func @main(%x: tensor<2xf32>) {
    // expected-error @+1 {{'top.Relu' op has no tensor name; its location must be a name such as loc("conv1_Conv")}}
    %0 = "top.Relu"(%x) : (tensor<2xf32>) -> tensor<2xf32>
    return
  }
}

// -----

// expected-error @unknown {{'top.Tanh' op defines tensor 'y', a name that top.Relu has already}}
// expected-note @unknown {{'y' is defined here first}}
module attributes {module.state = "TOP_F32"} {
  func.func @main(%x: tensor<2xf32>) {
    %0 = "top.Relu"(%x) : (tensor<2xf32>) -> tensor<2xf32> loc("y")
    %1 = "top.Tanh"(%x) : (tensor<2xf32>) -> tensor<2xf32> loc("y")
    return
  }
}

// -----

// The absent operand is no tensor: it needs no name and no name is taken by it.
module attributes {module.state = "TOP_F32"} {
  func.func @main(%x: tensor<2xf32>) {
    %none = "top.None"() : () -> none
    %0 = "top.Relu"(%x) : (tensor<2xf32>) -> tensor<2xf32> loc("y")
    return
  }
}
