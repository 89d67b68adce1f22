// RUN: tpuc-opt %s --layer-group=opt=2 | FileCheck %s --check-prefixes=CHECK,WHOLE
// RUN: tpuc-opt %s --layer-group="opt=2 lmem=0" | FileCheck %s --check-prefixes=CHECK,WHOLE
// RUN: tpuc-opt %s --layer-group="opt=2 lmem=65536" | FileCheck %s --check-prefixes=CHECK,SMALL
// The search is the same every time, and running it again changes nothing.
// RUN: tpuc-opt %s --layer-group=opt=2 -o %t.once && tpuc-opt %s --layer-group=opt=2 -o %t.again && cmp %t.once %t.again
// RUN: tpuc-opt %t.once --layer-group=opt=2 | FileCheck %s --check-prefixes=CHECK,WHOLE
// RUN: tpuc-opt %s --layer-group=opt=3 | FileCheck %s --check-prefix=CHECK

!i = !quant.uniform<i8:f32, 0.5>

// WHOLE: module.lmem_bytes = 262144 : i64
// SMALL: module.lmem_bytes = 65536 : i64
module attributes {module.chip = "bm1684x", module.state = "TPU_LOWERED"} {
  func.func @main(%a: tensor<1x64x56x56xf32>) -> (tensor<1x64x56x56x!i>, tensor<1x56x56x64x!i>) {
    %t = "top.Weight"() : () -> tensor<1x1x1x256xi8> loc("t")
    %n = "top.None"() : () -> none
    %x = "top.Input"(%a) : (tensor<1x64x56x56xf32>) -> tensor<1x64x56x56xf32> loc("x")
    // Where everything fits at once a value stays in local memory until its last reader, whatever the group. In a quarter
    // of the memory the ops share a group that runs in slices of rows.
    // WHOLE: "tpu.Cast"(%{{.*}}) <{ginfo = #tpu.group<id = {{[0-9]+}}, n = 1, h = 1, weights = true, stored = false, joins = false>}>
    // SMALL: "tpu.Cast"(%{{.*}}) <{ginfo = #tpu.group<id = [[G:[0-9]+]], n = 1, h = [[H:[2-9]]], weights = true, stored = false, joins = false>}>
    %0 = "tpu.Cast"(%x) : (tensor<1x64x56x56xf32>) -> tensor<1x64x56x56x!i> loc("q")
    // WHOLE: "tpu.Pool2D"({{.*}}ginfo = #tpu.group<id = [[P:[0-9]+]], n = 1, h = 1, weights = true, stored = false, joins = false>
    // SMALL: "tpu.Pool2D"({{.*}}ginfo = #tpu.group<id = [[G]], n = 1, h = [[H]], weights = true, stored = false, joins = false>
    %1 = "tpu.Pool2D"(%0, %n) {pool_mode = "Max", kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x64x56x56x!i>, none) -> tensor<1x64x56x56x!i> loc("m")
    // An element-wise op that reads one value, and is its only reader, is computed part by part where that is made.
    // WHOLE: "tpu.Lut"({{.*}}ginfo = #tpu.group<id = [[P]], n = 1, h = 1, weights = true, stored = false, joins = true>
    // SMALL: "tpu.Lut"({{.*}}ginfo = #tpu.group<id = [[G]], n = 1, h = [[H]], weights = true, stored = false, joins = true>
    %2 = "tpu.Lut"(%1, %t) : (tensor<1x64x56x56x!i>, tensor<1x1x1x256xi8>) -> tensor<1x64x56x56x!i> loc("l")
    // A sum of two values joins neither; an output of the network is stored.
    // CHECK: "tpu.Add"({{.*}}ginfo = #tpu.group<{{.*}}stored = true, joins = false>
    %3 = "tpu.Add"(%2, %0) {multipliers = array<i64: 64, 64>, rshift = 7 : i64}
      : (tensor<1x64x56x56x!i>, tensor<1x64x56x56x!i>) -> tensor<1x64x56x56x!i> loc("s")
    // What only moves data is in no group.
    // CHECK: "tpu.Permute"(%{{.*}}) <{order = array<i64: 0, 2, 3, 1>}>
    %4 = "tpu.Permute"(%3) {order = array<i64: 0, 2, 3, 1>} : (tensor<1x64x56x56x!i>) -> tensor<1x56x56x64x!i> loc("p")
    return %3, %4 : tensor<1x64x56x56x!i>, tensor<1x56x56x64x!i>
  }
}
