// RUN: tpuc-opt %s --split-input-file --verify-diagnostics

func.func @f() {
  // expected-error @+1 {{needs at least one input}}
  %0 = "top.Concat"() {} : () -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'axis' is 2 but 'inputs[0]' has 2 dimensions}}
  %0 = "top.Concat"(%a) {axis = 2 : i64} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'axis' is -1 but 'inputs[0]' has 2 dimensions}}
  %0 = "top.Concat"(%a) {axis = -1 : i64} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<2x4xf32>, %c: tensor<3x1xf32>) {
  // expected-error @+1 {{'inputs[2]' has shape 3x1, which does not fit 2x3 along axis 1}}
  %0 = "top.Concat"(%a, %b, %c) {} : (tensor<2x3xf32>, tensor<2x4xf32>, tensor<3x1xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>, %b: tensor<2xf32>) {
  // expected-error @+1 {{'inputs[1]' has shape 2, which does not fit 2x3 along axis 1}}
  %0 = "top.Concat"(%a, %b) {} : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'input' has 2 dimensions but 'offset' has 1 elements}}
  %0 = "top.Slice"(%a) {offset = array<i64: 0>, steps = array<i64: 1>, ends = array<i64: 1>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'steps' must have 2 elements, but it has 1}}
  %0 = "top.Slice"(%a) {offset = array<i64: 0, 0>, steps = array<i64: 1>, ends = array<i64: 1, 1>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'steps' has the element -1; the least possible is 1}}
  %0 = "top.Slice"(%a) {offset = array<i64: 0, 0>, steps = array<i64: 1, -1>, ends = array<i64: 1, 1>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{takes [1, 4) of axis 1, which has 3 elements}}
  %0 = "top.Slice"(%a) {offset = array<i64: 0, 1>, steps = array<i64: 1, 1>, ends = array<i64: 1, 4>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{takes [2, 2) of axis 1, which has 3 elements}}
  %0 = "top.Slice"(%a) {offset = array<i64: 0, 2>, steps = array<i64: 1, 1>, ends = array<i64: 1, 2>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'mode' is "wrap"; known: constant, reflect, edge}}
  %0 = "top.Pad"(%a) {paddings = array<i64: 0, 0, 0, 0>, mode = "wrap"} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'input' has 2 dimensions but 'paddings' has 2 elements}}
  %0 = "top.Pad"(%a) {paddings = array<i64: 0, 0>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'paddings' has the element -1; the least possible is 0}}
  %0 = "top.Pad"(%a) {paddings = array<i64: 0, 0, -1, 0>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{mirrors 3 elements of axis 1, which has 3 with the edge}}
  %0 = "top.Pad"(%a) {paddings = array<i64: 0, 0, 0, 3>, mode = "reflect"} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'input' has 6 elements (2x3), which do not make 8}}
  %0 = "top.Reshape"(%a) {shape = array<i64: 2, 4>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'input' has 6 elements (2x3), which do not make rows of 4}}
  %0 = "top.Reshape"(%a) {shape = array<i64: -1, 4>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'shape' keeps axis 2, but 'input' has 2 dimensions}}
  %0 = "top.Reshape"(%a) {shape = array<i64: 2, 3, 0>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'shape' has more than one -1}}
  %0 = "top.Reshape"(%a) {shape = array<i64: -1, -1>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'shape' has the element -2; the least possible is -1}}
  %0 = "top.Reshape"(%a) {shape = array<i64: -2, 3>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{joins axes 1 to 0, but 'input' has 2 dimensions}}
  %0 = "top.Flatten"(%a) {start_dim = 1 : i64, end_dim = 0 : i64} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{joins axes -3 to -1, but 'input' has 2 dimensions}}
  %0 = "top.Flatten"(%a) {start_dim = -3 : i64, end_dim = -1 : i64} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'order' must name each of the axes 0 to 1 once, but it is 1, 1}}
  %0 = "top.Permute"(%a) {order = array<i64: 1, 1>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'input' has 2 dimensions but 'order' has 3 elements}}
  %0 = "top.Permute"(%a) {order = array<i64: 0, 2, 1>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'input' must have 4 dimensions, but its shape is 2x3}}
  %0 = "top.Upsample"(%a) {scale_h = 2 : i64, scale_w = 2 : i64} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<1x1x2x3xf32>) {
  // expected-error @+1 {{'scale_h' and 'scale_w' must be positive, but they are 0 and 2}}
  %0 = "top.Upsample"(%a) {scale_h = 0 : i64, scale_w = 2 : i64} : (tensor<1x1x2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<1x1x2x3xf32>) {
  // expected-error @+1 {{'output' has shape 1x1x2000000x6000000, which is larger than 2^40 elements}}
  %0 = "top.Upsample"(%a) {scale_h = 1000000 : i64, scale_w = 2000000 : i64} : (tensor<1x1x2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<0x3xf32>) {
  // expected-error @+1 {{'input' has shape 0x3, which is empty}}
  %0 = "top.Reshape"(%a) {shape = array<i64: 0, -1>} : (tensor<0x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<9223372036854775807x2xf32>, %b: tensor<2xf32>) {
  // expected-error @+1 {{'inputs[0]' has shape 9223372036854775807x2, which is larger than 2^40 elements}}
  %0 = "top.Concat"(%a, %a) {axis = 0 : i64}
    : (tensor<9223372036854775807x2xf32>, tensor<9223372036854775807x2xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{needs at least one index}}
  %0 = "top.Gather"(%a) {axis = 1 : i64, indices = array<i64>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{takes element 3 of axis 1, which has 3}}
  %0 = "top.Gather"(%a) {axis = 1 : i64, indices = array<i64: 0, 3>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @f(%a: tensor<2x3xf32>) {
  // expected-error @+1 {{'axis' is 2 but 'input' has 2 dimensions}}
  %0 = "top.Gather"(%a) {axis = 2 : i64, indices = array<i64: 0>} : (tensor<2x3xf32>) -> tensor<*xf32>
  return
}
