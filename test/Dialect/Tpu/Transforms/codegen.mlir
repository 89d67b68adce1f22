// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --weight-reorder --subnet-divide --op-reorder --layer-group --address-assign --codegen="model_file=a.bmodel" -o final.mlir
// RUN: tpuc-opt %s --weight-reorder --subnet-divide --op-reorder --layer-group --address-assign --codegen="model_file=b.bmodel" -o final2.mlir
// RUN: cmp a.bmodel b.bmodel
// The pass may run on its own, from the file that the others wrote, and on the text edited.
// RUN: tpuc-opt final.mlir --codegen="model_file=c.bmodel" -o /dev/null && cmp a.bmodel c.bmodel
// RUN: bmodel-tool check a.bmodel
// RUN: bmodel-tool info a.bmodel | FileCheck %s
// The same with every op by itself, and with tiles that a user wrote.
// RUN: tpuc-opt %s --weight-reorder --subnet-divide --op-reorder --layer-group=opt=1 --address-assign --codegen="model_file=e.bmodel" -o alone.mlir
// RUN: bmodel-tool check e.bmodel
// RUN: not cmp a.bmodel e.bmodel
// RUN: sed 's/h = 16, w = 16, buffers = 2/h = 5, w = 7, buffers = 1/' alone.mlir > edited.mlir
// RUN: tpuc-opt edited.mlir --codegen="model_file=d.bmodel" -o /dev/null && bmodel-tool check d.bmodel
// RUN: not cmp e.bmodel d.bmodel

// CHECK: BM1684X
// CHECK: net_name

// WEIGHT f i1 [40, 3, 3, 3] = 1 2 3 4 5 -6 7 8 -9 10 11 12 13
// WEIGHT b i4 [1, 40, 1, 1] = 100 -200 300
// WEIGHT q i4 [1, 40, 1, 3] = 1073741824 -36 0
// WEIGHT t u1 [1, 1, 1, 256] = 1 2 3 4 5

!i = !quant.uniform<i8:f32, 0.5>
!u = !quant.uniform<u8:f32, 0.5>

module attributes {module.chip = "bm1684x", module.mode = "INT8", module.name = "net_name", module.state = "TPU_LOWERED", module.weight_file = "in.npz"} {
  func.func @main(%arg: tensor<2x3x16x16xf32>) -> tensor<2x16x16x40xf32> {
    %x = "top.Input"(%arg) : (tensor<2x3x16x16xf32>) -> tensor<2x3x16x16xf32> loc("x")
    %f = "top.Weight"() : () -> tensor<40x3x3x3xi8> loc("f")
    %b = "top.Weight"() : () -> tensor<1x40x1x1xi32> loc("b")
    %q = "top.Weight"() : () -> tensor<1x40x1x3xi32> loc("q")
    %t = "top.Weight"() : () -> tensor<1x1x1x256xui8> loc("t")
    %0 = "tpu.Cast"(%x) : (tensor<2x3x16x16xf32>) -> tensor<2x3x16x16x!i> loc("x_si8")
    %1 = "tpu.Conv2D"(%0, %f, %b, %q) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<2x3x16x16x!i>, tensor<40x3x3x3xi8>, tensor<1x40x1x1xi32>, tensor<1x40x1x3xi32>) -> tensor<2x40x16x16x!u> loc("c")
    %2 = "tpu.Lut"(%1, %t) : (tensor<2x40x16x16x!u>, tensor<1x1x1x256xui8>) -> tensor<2x40x16x16x!u> loc("l")
    %3 = "tpu.Permute"(%2) {order = array<i64: 0, 2, 3, 1>} : (tensor<2x40x16x16x!u>) -> tensor<2x16x16x40x!u> loc("p")
    %4 = "tpu.Cast"(%3) : (tensor<2x16x16x40x!u>) -> tensor<2x16x16x40xf32> loc("p_f32")
    return %4 : tensor<2x16x16x40xf32>
  }
}
