// RUN: tpuc-opt %s --op-reorder --split-input-file | FileCheck %s

// Three wide results, each reduced later: one after the other they need one wide tensor at a time.
// CHECK-LABEL: func.func @wide
// CHECK: %[[X:.*]] = "top.Input"
// CHECK: %[[A:.*]] = "tpu.Upsample"(%[[X]])
// CHECK-NEXT: %[[P:.*]] = "tpu.Slice"(%[[A]])
// CHECK-NEXT: %[[B:.*]] = "tpu.Upsample"(%[[X]])
// CHECK-NEXT: %[[Q:.*]] = "tpu.Slice"(%[[B]])
// CHECK-NEXT: %[[C:.*]] = "tpu.Upsample"(%[[X]])
// CHECK-NEXT: %[[R:.*]] = "tpu.Slice"(%[[C]])
// CHECK-NEXT: %[[S:.*]] = "tpu.Add"(%[[P]], %[[Q]], %[[R]])
// CHECK-NEXT: return %[[S]]
module attributes {module.chip = "bm1684x", module.state = "TPU_LOWERED"} {
  func.func @wide(%arg: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
    %x = "top.Input"(%arg) : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> loc("x")
    %a = "tpu.Upsample"(%x) {scale_h = 32 : i64, scale_w = 32 : i64} : (tensor<1x1x2x2xf32>) -> tensor<1x1x64x64xf32> loc("a")
    %b = "tpu.Upsample"(%x) {scale_h = 32 : i64, scale_w = 32 : i64} : (tensor<1x1x2x2xf32>) -> tensor<1x1x64x64xf32> loc("b")
    %c = "tpu.Upsample"(%x) {scale_h = 32 : i64, scale_w = 32 : i64} : (tensor<1x1x2x2xf32>) -> tensor<1x1x64x64xf32> loc("c")
    %p = "tpu.Slice"(%a) {offset = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, 1, 1>} : (tensor<1x1x64x64xf32>) -> tensor<1x1x2x2xf32> loc("p")
    %q = "tpu.Slice"(%b) {offset = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, 1, 1>} : (tensor<1x1x64x64xf32>) -> tensor<1x1x2x2xf32> loc("q")
    %r = "tpu.Slice"(%c) {offset = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, 1, 1>} : (tensor<1x1x64x64xf32>) -> tensor<1x1x2x2xf32> loc("r")
    %s = "tpu.Add"(%p, %q, %r) : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> loc("s")
    return %s : tensor<1x1x2x2xf32>
  }
}

// -----

// Where no order needs less, the given one stays.
// CHECK-LABEL: func.func @narrow
// CHECK: %[[A:.*]] = "tpu.Relu"
// CHECK-NEXT: %[[B:.*]] = "tpu.AddConst"
// CHECK-NEXT: %[[C:.*]] = "tpu.MulConst"(%[[A]])
// CHECK-NEXT: "tpu.Add"(%[[B]], %[[C]])
module attributes {module.chip = "bm1684x", module.state = "TPU_LOWERED"} {
  func.func @narrow(%arg: tensor<1x2xf32>) -> tensor<1x2xf32> {
    %x = "top.Input"(%arg) : (tensor<1x2xf32>) -> tensor<1x2xf32> loc("x")
    %a = "tpu.Relu"(%x) : (tensor<1x2xf32>) -> tensor<1x2xf32> loc("a")
    %b = "tpu.AddConst"(%x) {const_val = 1.0 : f64} : (tensor<1x2xf32>) -> tensor<1x2xf32> loc("b")
    %c = "tpu.MulConst"(%a) {const_val = 2.0 : f64} : (tensor<1x2xf32>) -> tensor<1x2xf32> loc("c")
    %d = "tpu.Add"(%b, %c) : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32> loc("d")
    return %d : tensor<1x2xf32>
  }
}
