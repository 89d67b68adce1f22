// RUN: tpuc-opt %s --layer-group=opt=1 | FileCheck %s --check-prefixes=CHECK,WHOLE
// RUN: tpuc-opt %s --layer-group="opt=1 lmem=0" | FileCheck %s --check-prefixes=CHECK,WHOLE
// RUN: tpuc-opt %s --layer-group="opt=1 lmem=65536" | FileCheck %s --check-prefixes=CHECK,SMALL
// RUN: not tpuc-opt %s --layer-group="opt=1 lmem=16384" 2>&1 | FileCheck %s --check-prefix=TOOSMALL
// RUN: not tpuc-opt %s --layer-group="lmem=16384" 2>&1 | FileCheck %s --check-prefix=TOOSMALL
// RUN: not tpuc-opt %s --layer-group="lmem=1000" 2>&1 | FileCheck %s --check-prefix=ODD
// RUN: not tpuc-opt %s --layer-group="lmem=-16384" 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not tpuc-opt %s --layer-group="lmem=1048576" 2>&1 | FileCheck %s --check-prefix=BIG
// RUN: not tpuc-opt %s --layer-group="opt=4" 2>&1 | FileCheck %s --check-prefix=OPT
// RUN: not tpuc-opt %s --layer-group="opt=0" 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not tpuc-opt %s --layer-group="opt=fast" 2>&1 | FileCheck %s --check-prefix=WORD
// RUN: sed 's/module.chip = "bm1684x", //' %s | not tpuc-opt --layer-group 2>&1 | FileCheck %s --check-prefix=CHIP

// ODD: error: local memory of 1000 bytes per lane is not a multiple of the 16384-byte bank up to 262144
// NEGATIVE: error: local memory of -16384 bytes per lane is not a multiple
// BIG: error: local memory of 1048576 bytes per lane is not a multiple
// OPT: error: layer-group opt=4 does not exist; 1 makes every op a group of one, 2 groups, 3 searches longer
// ZERO: error: layer-group opt=0 does not exist
// WORD: 'fast' value invalid for
// CHIP: error: layer-group needs a lowered module with module.chip; run convert-top-to-tpu first
// The three operands of a table lookup want a bank each.
// TOOSMALL: error: {{.*}}'tpu.Lut' op 'l' needs 48 KiB of local memory per lane after tiling to 1 row(s) of 1; there are 16 KiB
// TOOSMALL-NOT: error

!i = !quant.uniform<i8:f32, 0.5>

// WHOLE: module.lmem_bytes = 262144 : i64
// SMALL: module.lmem_bytes = 65536 : i64
module attributes {module.chip = "bm1684x", module.state = "TPU_LOWERED"} {
  func.func @main(%a: tensor<1x64x16x16xf32>, %b: tensor<1x3x256x256xf32>) -> (tensor<1x64x16x16x!i>, tensor<64x256xf32>, tensor<1x3x256x256xf32>) {
    %t = "top.Weight"() : () -> tensor<1x1x1x256xi8> loc("t")
    %x = "top.Input"(%a) : (tensor<1x64x16x16xf32>) -> tensor<1x64x16x16xf32> loc("x")
    %y = "top.Input"(%b) : (tensor<1x3x256x256xf32>) -> tensor<1x3x256x256xf32> loc("y")
    // What fits is one tile.
    // CHECK: "tpu.Cast"(%{{.*}}) <{ginfo = #tpu.tile<n = 1, c = 64, h = 16, w = 16, buffers = 2>}>
    %0 = "tpu.Cast"(%x) : (tensor<1x64x16x16xf32>) -> tensor<1x64x16x16x!i> loc("q")
    // CHECK: "tpu.Lut"(%{{.*}}) <{ginfo = #tpu.tile<n = 1, c = 64, h = 16, w = 16, buffers = 2>}>
    %1 = "tpu.Lut"(%0, %t) : (tensor<1x64x16x16x!i>, tensor<1x1x1x256xi8>) -> tensor<1x64x16x16x!i> loc("l")
    // A view needs none, a copy program works without local memory.
    // CHECK: "tpu.Reshape"(%{{.*}}) :
    %2 = "tpu.Reshape"(%x) : (tensor<1x64x16x16xf32>) -> tensor<64x256xf32> loc("r")
    // CHECK: "tpu.Permute"(%{{.*}}) <{order = array<i64: 0, 1, 3, 2>}>
    %3 = "tpu.Permute"(%y) {order = array<i64: 0, 1, 3, 2>} : (tensor<1x3x256x256xf32>) -> tensor<1x3x256x256xf32> loc("p")
    // 256 KiB a plane, in and out, twice: a sixteenth of the rows in nearly equal pieces.
    // WHOLE: "tpu.Relu"(%{{.*}}) <{do_relu = false, ginfo = #tpu.tile<n = 1, c = 3, h = 64, w = 256, buffers = 2>
    // SMALL: "tpu.Relu"(%{{.*}}) <{do_relu = false, ginfo = #tpu.tile<n = 1, c = 3, h = 16, w = 256, buffers = 2>
    %4 = "tpu.Relu"(%3) : (tensor<1x3x256x256xf32>) -> tensor<1x3x256x256xf32> loc("relu")
    return %1, %2, %4 : tensor<1x64x16x16x!i>, tensor<64x256xf32>, tensor<1x3x256x256xf32>
  }
}
