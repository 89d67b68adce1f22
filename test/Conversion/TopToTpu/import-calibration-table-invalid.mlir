// RUN: split-file %s %t
// RUN: not tpuc-opt %t/net.mlir --import-calibration-table 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not tpuc-opt %t/net.mlir --import-calibration-table=file=%t/absent 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not tpuc-opt %t/net.mlir --import-calibration-table=file=%t 2>&1 | FileCheck %s --check-prefix=FOLDER
// RUN: not tpuc-opt %t/net.mlir --import-calibration-table=file=%t/words 2>&1 | FileCheck %s --check-prefix=WORDS
// RUN: not tpuc-opt %t/net.mlir --import-calibration-table=file=%t/number 2>&1 | FileCheck %s --check-prefix=NUMBER
// RUN: not tpuc-opt %t/net.mlir --import-calibration-table=file=%t/nan 2>&1 | FileCheck %s --check-prefix=NAN
// RUN: not tpuc-opt %t/net.mlir --import-calibration-table=file=%t/order 2>&1 | FileCheck %s --check-prefix=ORDER
// RUN: not tpuc-opt %t/net.mlir --import-calibration-table=file=%t/negative 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not tpuc-opt %t/net.mlir --import-calibration-table=file=%t/zero 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not tpuc-opt %t/net.mlir --import-calibration-table=file=%t/digit 2>&1 | FileCheck %s --check-prefix=DIGIT
// RUN: not tpuc-opt %t/net.mlir --import-calibration-table=file=%t/twice 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not tpuc-opt %t/net.mlir --import-calibration-table=file=%t/foreign 2>&1 | FileCheck %s --check-prefix=FOREIGN
// RUN: not tpuc-opt %t/net.mlir --import-calibration-table=file=%t/missing 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not tpuc-opt %t/net.mlir --import-calibration-table=file=%t/empty 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not tpuc-opt %t/shapeless.mlir --import-calibration-table=file=%t/good 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: not tpuc-opt %t/lowered.mlir --import-calibration-table=file=%t/good 2>&1 | FileCheck %s --check-prefix=STATE

// NONE: error: import-calibration-table needs a table; give it as file=<path>
// ABSENT: error: calibration table '{{.*}}absent': No such file or directory
// FOLDER: error: calibration table '{{.*}}': Is a directory
// WORDS: error: calibration table '{{.*}}words' line 2: expected 'name threshold min max', found 'r 1 -1'
// NUMBER: error: calibration table '{{.*}}number' line 1: expected 'name threshold min max', found 'in one -1 1'
// NAN: error: calibration table '{{.*}}nan' line 1: expected 'name threshold min max', found 'in nan -1 1'
// ORDER: error: calibration table '{{.*}}order' line 1: tensor 'in': min 2 is above max 1
// NEGATIVE: error: calibration table '{{.*}}negative' line 2: tensor 'r': threshold -1 is negative
// ZERO: error: calibration table '{{.*}}zero' line 1: tensor 'in': threshold 0 gives no scale to the range [-1, 1]
// DIGIT: error: calibration table '{{.*}}digit' line 1: tensor 'in': threshold 0.0000003 has one digit left
// TWICE: error: calibration table '{{.*}}twice' line 3: tensor 'in' has another range in line 1
// FOREIGN: error: calibration table '{{.*}}foreign' has no row for 1 of 2 tensors, first 'r', and its line 2 names 'q', which this network does not have
// MISSING: error: calibration table '{{.*}}missing' has no row for 1 of 2 tensors, first 'r'; run run_calibration.py on this .mlir
// EMPTY: error: calibration table '{{.*}}empty' has no row for 2 of 2 tensors, first 'in'
// SHAPE: error: tensor 'r' has no shape; run shape-infer first
// STATE: error: import-calibration-table needs a Top module; this one's module.state is 'TPU_LOWERED'

//--- net.mlir
module attributes {module.state = "TOP_F32"} {
  func.func @main(%arg: tensor<1x2xf32>) -> tensor<1x2xf32> {
    %0 = "top.Input"(%arg) : (tensor<1x2xf32>) -> tensor<1x2xf32> loc("in")
    %1 = "top.Relu"(%0) : (tensor<1x2xf32>) -> tensor<1x2xf32> loc("r")
    return %1 : tensor<1x2xf32>
  }
}
//--- shapeless.mlir
module attributes {module.state = "TOP_F32"} {
  func.func @main(%arg: tensor<1x2xf32>) -> tensor<*xf32> {
    %0 = "top.Input"(%arg) : (tensor<1x2xf32>) -> tensor<1x2xf32> loc("in")
    %1 = "top.Relu"(%0) : (tensor<1x2xf32>) -> tensor<*xf32> loc("r")
    return %1 : tensor<*xf32>
  }
}
//--- lowered.mlir
module attributes {module.state = "TPU_LOWERED"} {}
//--- good
in 1 -1 1
r 1 0 1
//--- words
in 1 -1 1
r 1 -1
//--- number
in one -1 1
//--- nan
in nan -1 1
//--- order
in 1 2 1
//--- negative
in 1 -1 1
r -1 0 1
//--- zero
in 0 -1 1
//--- digit
in 0.0000003 -0.0000003 0.0000002
//--- twice
in 1 -1 1
r 1 0 1
in 2 -1 1
//--- foreign
in 1 -1 1
q 1 0 1
//--- missing
in 1 -1 1
//--- empty
