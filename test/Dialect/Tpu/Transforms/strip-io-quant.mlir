// RUN: tpuc-opt %s --strip-io-quant | FileCheck %s --check-prefixes=CHECK,NONE
// RUN: tpuc-opt %s --strip-io-quant="quant_input=true" | FileCheck %s --check-prefixes=CHECK,IN
// RUN: tpuc-opt %s --strip-io-quant="quant_output=true" | FileCheck %s --check-prefixes=CHECK,OUT
// RUN: tpuc-opt %s --strip-io-quant="quant_input=true quant_output=true" | FileCheck %s --check-prefixes=CHECK,BOTH
// RUN: not tpuc-opt %s --strip-io-quant="quant_input=2" 2>&1 | FileCheck %s --check-prefix=WRONG
// WRONG: '2' is invalid value for boolean argument

!i = !quant.uniform<i8:f32, 0.5>
!u = !quant.uniform<u8:f32, 0.25>

// CHECK-LABEL: func.func @main
// NONE-SAME: (%[[A:.*]]: tensor<2x3xf32>{{.*}}, %{{.*}}: tensor<2xf32>{{.*}}, %{{.*}}: tensor<2x3xf32>{{.*}}) -> (tensor<2x3xf32>, tensor<2xf32>, tensor<2x3xf32>)
// IN-SAME: (%[[A:.*]]: tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01>>{{.*}}, %{{.*}}: tensor<2xf32>{{.*}}, %{{.*}}: tensor<2x3xf32>{{.*}}) -> (tensor<2x3xf32>, tensor<2xf32>, tensor<2x3xf32>)
// OUT-SAME: (%[[A:.*]]: tensor<2x3xf32>{{.*}}) -> (tensor<2x3x!quant.uniform<u8:f32, 2.500000e-01>>, tensor<2xf32>, tensor<2x3xf32>)
// BOTH-SAME: (%[[A:.*]]: tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01>>{{.*}}) -> (tensor<2x3x!quant.uniform<u8:f32, 2.500000e-01>>, tensor<2xf32>, tensor<2x3xf32>)
module attributes {module.chip = "bm1684x", module.state = "TPU_LOWERED"} {
  func.func @main(%a: tensor<2x3xf32>, %b: tensor<2xf32>, %c: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2xf32>, tensor<2x3xf32>) {
    // NONE: %[[X:.*]] = "top.Input"{{.*}} -> tensor<2x3xf32>
    // IN: %[[Q:.*]] = "top.Input"(%[[A]]) {{.*}} -> tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01>> loc(#[[N:.*]])
    // OUT: %[[X:.*]] = "top.Input"{{.*}} -> tensor<2x3xf32>
    // BOTH: %[[Q:.*]] = "top.Input"(%[[A]]) {{.*}} -> tensor<2x3x!quant.uniform<i8:f32, 5.000000e-01>> loc(#[[N:.*]])
    %x = "top.Input"(%a) : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("x")
    // NONE: %[[Q:.*]] = "tpu.Cast"(%[[X]])
    // IN-NOT: "tpu.Cast"(%[[Q]])
    // OUT: %[[Q:.*]] = "tpu.Cast"(%[[X]])
    %q = "tpu.Cast"(%x) : (tensor<2x3xf32>) -> tensor<2x3x!i> loc("x_si8")
    // An input that the network takes as fp32 stays fp32.
    // CHECK: "top.Input"{{.*}} -> tensor<2xf32>
    %y = "top.Input"(%b) : (tensor<2xf32>) -> tensor<2xf32> loc("y")
    // CHECK: %[[R:.*]] = "tpu.RequantInt"(%[[Q]])
    %r = "tpu.RequantInt"(%q) {multiplier = 1 : i64, rshift = 0 : i64} : (tensor<2x3x!i>) -> tensor<2x3x!u> loc("r")
    // NONE: %[[F:.*]] = "tpu.Cast"(%[[R]])
    // IN: %[[F:.*]] = "tpu.Cast"(%[[R]])
    %f = "tpu.Cast"(%r) : (tensor<2x3x!u>) -> tensor<2x3xf32> loc("r_f32")
    // CHECK: %[[S:.*]] = "tpu.AddConst"
    %s = "tpu.AddConst"(%y) {const_val = 1.0 : f64} : (tensor<2xf32>) -> tensor<2xf32> loc("s")
    // So does one that is used in both formats.
    // CHECK: %[[Z:.*]] = "top.Input"{{.*}} -> tensor<2x3xf32>
    // CHECK: "tpu.Cast"(%[[Z]])
    %z = "top.Input"(%c) : (tensor<2x3xf32>) -> tensor<2x3xf32> loc("z")
    %zq = "tpu.Cast"(%z) : (tensor<2x3xf32>) -> tensor<2x3x!i> loc("z_si8")
    %zr = "tpu.Cast"(%zq) : (tensor<2x3x!i>) -> tensor<2x3xf32> loc("z_f32")
    // CHECK: %[[T:.*]] = "tpu.Add"(%[[Z]],
    %t = "tpu.Add"(%z, %zr) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32> loc("t")
    // NONE: return %[[F]], %[[S]], %[[T]]
    // IN: return %[[F]], %[[S]], %[[T]]
    // OUT: return %[[R]], %[[S]], %[[T]]
    // BOTH: return %[[R]], %[[S]], %[[T]]
    return %f, %s, %t : tensor<2x3xf32>, tensor<2xf32>, tensor<2x3xf32>
  }
}
// The input keeps its own name.
// IN-DAG: #[[N]] = loc("x")
// BOTH-DAG: #[[N]] = loc("x")
