// What a weight file may hold, and the sentence for each file that does not fit.
// RUN: rm -rf %t && mkdir -p %t/sub && cd %t

// No file at all; a file that is none; a file that is cut off.
// RUN: not tpuc-opt %s 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: error: {{.*}}'w.npz'
// RUN: echo nonsense > w.npz && not tpuc-opt %s 2>&1 | FileCheck %s --check-prefix=BROKEN
// BROKEN: error: 'w.npz' is not a complete npz file
// RUN: %make_weights %s whole.npz && head -c 300 whole.npz > w.npz && not tpuc-opt %s 2>&1 | FileCheck %s --check-prefix=BROKEN

// WEIGHT a f4 [2, 3] = 1 2 3 4 5 6
// WEIGHT wide f8 [3] = 0.1 0.2 0.3
// WEIGHT q i1 [4] = -128 -1 0 127
// WEIGHT packed i1 [1, 8] = 1 2 3 4 5 6 7 8
// WEIGHT unused f4 [1] = 9

// A foreign container is read, from the module's folder or the working one, and an f64 array is rounded to an f32 weight.
// RUN: %make_weights %s w.npz && tpuc-opt %s -o same.mlir && FileCheck %s < same.mlir
// RUN: rm w.npz && mv whole.npz sub/w.npz && cp %s sub/m.mlir && tpuc-opt sub/m.mlir -o sub/same.mlir

// CHECK: module.weight_file = "w.npz"
module attributes {module.state = "TOP_F32", module.weight_file = "w.npz"} {
  func.func @main() {
    %0 = "top.Weight"() : () -> tensor<2x3xf32> loc("a")
    %1 = "top.Weight"() : () -> tensor<3xf32> loc("wide")
    %2 = "top.Weight"() : () -> tensor<4x!quant.uniform<i8:f32, 0.5>> loc("q")
    %3 = "top.Weight"() {store = "conv_nic", pack = 8 : i64} : () -> tensor<1x3x1x1xi8> loc("packed")
    return
  }
}

// RUN: cp sub/w.npz w.npz
// RUN: sed -e 's/tensor<2x3xf32>/tensor<3x2xf32>/' %s > shape.mlir
// RUN: not tpuc-opt shape.mlir 2>&1 | FileCheck %s --check-prefix=SHAPE
// SHAPE: 'top.Weight' op has shape 3x2 but the weight file holds 2x3 under its name 'a'
// RUN: sed -e 's/tensor<2x3xf32>/tensor<2x3xi32>/' %s > type.mlir
// RUN: not tpuc-opt type.mlir 2>&1 | FileCheck %s --check-prefix=TYPE
// TYPE: 'top.Weight' op has elements of 'i32' but the weight file holds float32 under its name 'a'
// RUN: sed -e 's/quant.uniform<i8:/quant.uniform<u8:/' %s > sign.mlir
// RUN: not tpuc-opt sign.mlir 2>&1 | FileCheck %s --check-prefix=SIGN
// SIGN: but the weight file holds int8 under its name 'q'
// RUN: sed -e 's/tensor<1x3x1x1xi8>/tensor<3x3x1x1xi8>/' %s > packed.mlir
// RUN: not tpuc-opt packed.mlir 2>&1 | FileCheck %s --check-prefix=PACKED
// PACKED: 'top.Weight' op has shape 3x3x1x1 but the weight file holds 1x8 under its name 'packed'
// RUN: sed -e 's/loc("a")/loc("b")/' %s > name.mlir
// RUN: not tpuc-opt name.mlir 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: 'top.Weight' op has no array in the weight file 'w.npz': there is none named 'b'
