// RUN: rm -rf %t && mkdir -p %t && cd %t
// RUN: tpuc-opt %s --subnet-divide --layer-group --address-assign -o good.mlir
// RUN: tpuc-opt %s --subnet-divide --address-assign -o ungrouped.mlir
// RUN: not tpuc-opt good.mlir --codegen -o no.mlir 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not tpuc-opt %s --layer-group --codegen="model_file=x.bmodel" -o no.mlir 2>&1 | FileCheck %s --check-prefix=STATE
// RUN: not tpuc-opt ungrouped.mlir --codegen="model_file=x.bmodel" -o no.mlir 2>&1 | FileCheck %s --check-prefix=GROUP
// RUN: not tpuc-opt good.mlir --codegen="model_file=no/such/folder/x.bmodel" -o no.mlir 2>&1 | FileCheck %s --check-prefix=FOLDER
// Tiles that a user wrote.
// RUN: sed 's/h = 64, w = 256, buffers = 2/h = 256, w = 256, buffers = 2/' good.mlir > large.mlir
// RUN: not tpuc-opt large.mlir --codegen="model_file=x.bmodel" -o no.mlir 2>&1 | FileCheck %s --check-prefix=LARGE
// RUN: sed 's/h = 64, w = 256, buffers = 2/h = 300, w = 256, buffers = 2/' good.mlir > larger.mlir
// RUN: not tpuc-opt larger.mlir --codegen="model_file=x.bmodel" -o no.mlir 2>&1 | FileCheck %s --check-prefix=LARGER
// RUN: sed 's/h = 64, w = 256, buffers = 2/h = 64, w = 256, buffers = 4/' good.mlir > four.mlir
// RUN: not tpuc-opt four.mlir --codegen="model_file=x.bmodel" -o no.mlir 2>&1 | FileCheck %s --check-prefix=FOUR
// Nothing half-written.
// RUN: not ls x.bmodel no.mlir

// NONE: error: codegen needs a file to write; give it as model_file=<path>
// STATE: error: codegen needs a module with addresses; run layer-group and address-assign first
// GROUP: error: {{.*}}'tpu.Relu' op 'r' has no 'ginfo'; run layer-group first
// FOLDER: error: {{.*}}no/such/folder/x.bmodel
// LARGE: error: {{.*}}'tpu.Relu' op 'r' does not fit 262144 bytes of local memory per lane with the tile of its 'ginfo'; choose a smaller one
// LARGER: error: {{.*}}'tpu.Relu' op 'r' has a tile larger than its result in 'ginfo'; run layer-group
// FOUR: error: 'buffers' is 1 or 2, got 4

module attributes {module.chip = "bm1684x", module.state = "TPU_LOWERED"} {
  func.func @main(%arg: tensor<2x3x256x256xf32>) -> tensor<2x3x256x256xf32> {
    %x = "top.Input"(%arg) : (tensor<2x3x256x256xf32>) -> tensor<2x3x256x256xf32> loc("x")
    %0 = "tpu.Relu"(%x) : (tensor<2x3x256x256xf32>) -> tensor<2x3x256x256xf32> loc("r")
    return %0 : tensor<2x3x256x256xf32>
  }
}
