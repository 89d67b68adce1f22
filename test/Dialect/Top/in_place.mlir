// A file may be rewritten in place: its module and its weights stay readable throughout, and a failure changes nothing.
// RUN: rm -rf %t && %make_weights %s %t/in.npz && cp %s %t/m.mlir && cd %t
// RUN: tpuc-opt m.mlir --fold-scale -o m.mlir && FileCheck %s < m.mlir
// RUN: tpuc-opt m.mlir --fold-scale -o m.mlir && FileCheck %s < m.mlir
// RUN: cp m.mlir before.mlir && not tpuc-opt m.mlir --shape-infer --no-such-pass -o m.mlir && cmp m.mlir before.mlir
// RUN: not tpuc-opt m.mlir -o no_such_folder/m.mlir 2>&1 | FileCheck %s --check-prefix=FOLDER
// FOLDER: error: {{.*}}no_such_folder

// WEIGHT s f4 [2] = 2
// CHECK: module.weight_file = "m_weight.npz"
module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  func.func @main(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
    %none = "top.None"() : () -> none
    %s = "top.Weight"() : () -> tensor<2xf32> loc("s")
    // CHECK: "top.Scale"
    // CHECK-NOT: top.AddConst
    %0 = "top.Scale"(%x, %s, %none) : (tensor<1x2x4x4xf32>, tensor<2xf32>, none) -> tensor<1x2x4x4xf32> loc("a")
    %1 = "top.AddConst"(%0) {const_val = 1.0} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("b")
    return %1 : tensor<1x2x4x4xf32>
  }
}
