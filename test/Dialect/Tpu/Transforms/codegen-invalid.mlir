// RUN: rm -rf %t && mkdir -p %t && cd %t
// RUN: tpuc-opt %s --subnet-divide --layer-group=opt=1 --address-assign -o good.mlir
// RUN: sed 's/ginfo = #tpu.tile<[^>]*>, //' good.mlir > ungrouped.mlir
// RUN: tpuc-opt %s --subnet-divide --layer-group=opt=2 --address-assign -o groups.mlir
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
// Groups that a user wrote.
// RUN: sed 's/n = 2, h = [0-9]*, weights/n = 1, h = 1, weights/' groups.mlir > whole.mlir
// RUN: not tpuc-opt whole.mlir --codegen="model_file=x.bmodel" -o no.mlir 2>&1 | FileCheck %s --check-prefix=WHOLE
// RUN: sed 's/n = 2, h = [0-9]*, weights/n = 3, h = 1, weights/' groups.mlir > batches.mlir
// RUN: not tpuc-opt batches.mlir --codegen="model_file=x.bmodel" -o no.mlir 2>&1 | FileCheck %s --check-prefix=BATCHES
// RUN: sed 's/n = 2, h = [0-9]*, weights/n = 1, h = 300, weights/' groups.mlir > rows.mlir
// RUN: not tpuc-opt rows.mlir --codegen="model_file=x.bmodel" -o no.mlir 2>&1 | FileCheck %s --check-prefix=ROWS
// RUN: sed 's/n = 2, h = [0-9]*, weights/n = 9223372036854775807, h = 9223372036854775807, weights/' groups.mlir > huge.mlir
// RUN: not tpuc-opt huge.mlir --codegen="model_file=x.bmodel" -o no.mlir 2>&1 | FileCheck %s --check-prefix=HUGE
// RUN: sed 's/n = 2, h = [0-9]*, weights/n = 0, h = 1, weights/' groups.mlir > none.mlir
// RUN: not tpuc-opt none.mlir --codegen="model_file=x.bmodel" -o no.mlir 2>&1 | FileCheck %s --check-prefix=NOSLICE
// Nothing half-written.
// RUN: not ls x.bmodel no.mlir

// NONE: error: codegen needs a file to write; give it as model_file=<path>
// STATE: error: codegen needs a module with addresses; run layer-group and address-assign first
// GROUP: error: {{.*}}'tpu.Relu' op 'r' has no 'ginfo'; run layer-group first
// FOLDER: error: {{.*}}no/such/folder/x.bmodel
// LARGE: error: {{.*}}'tpu.Relu' op 'r' does not fit 262144 bytes of local memory per lane with the tile of its 'ginfo'; choose a smaller one
// LARGER: error: {{.*}}'tpu.Relu' op 'r' has a tile larger than its result in 'ginfo'; run layer-group
// WHOLE: error: {{.*}}'tpu.Relu' op 'r' does not fit local memory beside what stays there; run layer-group again
// BATCHES: error: {{.*}}'tpu.Relu' op 'r' has 3 x 1 x 1 slices in its 'ginfo', but its group makes no more than 2 x 256 x 256 batches, rows and columns; run layer-group again
// ROWS: error: {{.*}}'tpu.Relu' op 'r' has 1 x 300 x 1 slices in its 'ginfo', but its group makes no more than 2 x 256 x 256
// HUGE: error: {{.*}}'tpu.Relu' op 'r' has 9223372036854775807 x 9223372036854775807 x 1 slices
// NOSLICE: error: a group has an 'id' of at least 0 and at least one slice, got id 0 and 0 x 1 x 1 slices
// FOUR: error: 'buffers' is 1 or 2, got 4

module attributes {module.chip = "bm1684x", module.state = "TPU_LOWERED"} {
  func.func @main(%arg: tensor<2x3x256x256xf32>) -> tensor<2x3x256x256xf32> {
    %x = "top.Input"(%arg) : (tensor<2x3x256x256xf32>) -> tensor<2x3x256x256xf32> loc("x")
    %0 = "tpu.Relu"(%x) : (tensor<2x3x256x256xf32>) -> tensor<2x3x256x256xf32> loc("r")
    return %0 : tensor<2x3x256x256xf32>
  }
}
