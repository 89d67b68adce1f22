// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --layer-group=opt=1 -o alone.mlir
// RUN: tpuc-opt alone.mlir --address-assign="weight_map_file=map.csv" -o out.mlir && FileCheck %s --check-prefixes=CHECK,REUSE < out.mlir
// RUN: FileCheck %s --check-prefix=CSV < map.csv
// RUN: tpuc-opt alone.mlir --address-assign="reuse_addr=false" -o apart.mlir && FileCheck %s --check-prefixes=CHECK,APART < apart.mlir
// RUN: tpuc-opt out.mlir --address-assign -o again.mlir && FileCheck %s --check-prefixes=CHECK,REUSE < again.mlir
// RUN: tpuc-opt %s --layer-group=opt=2 --address-assign="weight_map_file=groups.csv" -o groups.mlir && FileCheck %s --check-prefix=GROUPS < groups.mlir
// RUN: FileCheck %s --check-prefix=ROWS < groups.csv
// RUN: not tpuc-opt %s --address-assign 2>&1 | FileCheck %s --check-prefix=UNGROUPED
// RUN: not tpuc-opt alone.mlir --address-assign="weight_map_file=no/such/folder/map.csv" 2>&1 | FileCheck %s --check-prefix=FOLDER
// RUN: not tpuc-opt %s --address-assign="reuse_addr=maybe" 2>&1 | FileCheck %s --check-prefix=BOOL
// RUN: sed 's/module.chip = "bm1684x", //' %s > chipless.mlir && not tpuc-opt chipless.mlir --address-assign 2>&1 | FileCheck %s --check-prefix=CHIP
// UNGROUPED: error: {{.*}}'tpu.Add' op 't0' has no 'ginfo'; run layer-group first
// FOLDER: error: {{.*}}no/such/folder/map.csv
// BOOL: 'maybe' is invalid value for boolean argument
// CHIP: error: address-assign needs a lowered module with module.chip; run convert-top-to-tpu first

// Memory begins at 2^32 = 4294967296. Weights first, each from a multiple of 64; then, from a multiple
// of 4096, the arena of tensors.

// WEIGHT a f4 [1, 4, 32, 32] = 1
// WEIGHT b f4 [1, 4, 1, 1] = 2
// WEIGHT v f4 [8, 8] = 3

// CSV: name,address,bytes,lies
// CSV-NEXT: a,4294967296,16384,by itself
// CSV-NEXT: b,4294983680,16,by itself
// CSV-NEXT: v,4294983744,256,by itself

// CHECK: module.coeff_addr = 4294967296 : i64, module.coeff_size = 20480 : i64
// REUSE-SAME: module.neuron_addr = 4294987776 : i64, module.neuron_lower_bound = 49152 : i64, module.neuron_size = 49152 : i64, module.state = "TPU_ADDRESSED"
// APART-SAME: module.neuron_addr = 4294987776 : i64, module.neuron_lower_bound = 81920 : i64, module.neuron_size = 81920 : i64

// In a group weights of channels lie in rows, one a lane; a value between joined ops lies in no memory of its own.
// ROWS: name,address,bytes,lies
// ROWS-NEXT: a,4294967296,16384,by itself
// ROWS-NEXT: v,4294983744,256,by itself
// ROWS-NEXT: b,4294983680,16,in rows a lane
// GROUPS: "tpu.Relu"{{.*}}) -> tensor<1x2x64x32xf32> loc
// What is read in another shape stays in local memory, too, where an element-wise op may have either.
// GROUPS: "tpu.MulConst"{{.*}}stored = false, {{.*}} -> tensor<1x2x64x32xf32> loc
// GROUPS: "tpu.Mul"{{.*}}stored = true, {{.*}} -> tensor<1x4x32x32xf32, {{[0-9]+}} : i64>
module attributes {module.chip = "bm1684x", module.state = "TPU_DIVIDED", module.weight_file = "in.npz"} {
  // The function's type follows what it returns.
  // CHECK: func.func @main({{.*}}) -> (tensor<1x4x32x32xf32, [[OUT:[0-9]+]] : i64>, tensor<64xf32, 4294983744 : i64>, tensor<1x4096xf32, [[OUT]] : i64>)
  func.func @main(%arg: tensor<1x4x32x32xf32>) -> (tensor<1x4x32x32xf32>, tensor<64xf32>, tensor<1x4096xf32>) {
    // Inputs and outputs live throughout: they share bytes with nothing.
    // CHECK: "top.Input"{{.*}} -> tensor<1x4x32x32xf32, [[IN:[0-9]+]] : i64>
    %x = "top.Input"(%arg) : (tensor<1x4x32x32xf32>) -> tensor<1x4x32x32xf32> loc("x")
    // CHECK: "top.Weight"() <{address = 4294967296 : i64}>
    %a = "top.Weight"() : () -> tensor<1x4x32x32xf32> loc("a")
    // CHECK: "top.Weight"() <{address = 4294983680 : i64}>
    %b = "top.Weight"() : () -> tensor<1x4x1x1xf32> loc("b")
    // CHECK: "top.Weight"() <{address = 4294983744 : i64}>
    %v = "top.Weight"() : () -> tensor<8x8xf32> loc("v")
    // CHECK: "tpu.Add"{{.*}} -> tensor<1x4x32x32xf32, [[T0:[0-9]+]] : i64>
    %0 = "tpu.Add"(%x, %a) : (tensor<1x4x32x32xf32>, tensor<1x4x32x32xf32>) -> tensor<1x4x32x32xf32> loc("t0")
    // A view has its operand's address, and keeps it alive.
    // CHECK: "tpu.Reshape"{{.*}} -> tensor<1x2x64x32xf32, [[T0]] : i64>
    %1 = "tpu.Reshape"(%0) : (tensor<1x4x32x32xf32>) -> tensor<1x2x64x32xf32> loc("view")
    // CHECK: "tpu.Relu"{{.*}} -> tensor<1x2x64x32xf32, [[T1:[0-9]+]] : i64>
    %2 = "tpu.Relu"(%1) : (tensor<1x2x64x32xf32>) -> tensor<1x2x64x32xf32> loc("t1")
    // CHECK: "tpu.MulConst"{{.*}} -> tensor<1x2x64x32xf32, [[T2:[0-9]+]] : i64>
    %3 = "tpu.MulConst"(%2) {const_val = 2.0 : f64} : (tensor<1x2x64x32xf32>) -> tensor<1x2x64x32xf32> loc("t2")

    // CHECK: "tpu.Reshape"{{.*}} -> tensor<1x4x32x32xf32, [[T2]] : i64>
    %4 = "tpu.Reshape"(%3) : (tensor<1x2x64x32xf32>) -> tensor<1x4x32x32xf32> loc("view2")
    // CHECK: "tpu.Mul"{{.*}} -> tensor<1x4x32x32xf32, [[OUT]] : i64>
    %5 = "tpu.Mul"(%4, %b) : (tensor<1x4x32x32xf32>, tensor<1x4x1x1xf32>) -> tensor<1x4x32x32xf32> loc("out")
    // A view of a weight lies among the weights, a view of an output in the output.
    // CHECK: "tpu.Reshape"{{.*}} -> tensor<64xf32, 4294983744 : i64>
    %6 = "tpu.Reshape"(%v) : (tensor<8x8xf32>) -> tensor<64xf32> loc("wview")
    // CHECK: "tpu.Reshape"{{.*}} -> tensor<1x4096xf32, [[OUT]] : i64>
    %7 = "tpu.Reshape"(%5) : (tensor<1x4x32x32xf32>) -> tensor<1x4096xf32> loc("oview")
    return %5, %6, %7 : tensor<1x4x32x32xf32>, tensor<64xf32>, tensor<1x4096xf32>
  }
}
