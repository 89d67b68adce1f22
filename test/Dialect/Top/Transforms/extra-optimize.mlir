// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --extra-optimize -o out.mlir && FileCheck %s < out.mlir
// RUN: %print_weights out_weight.npz | FileCheck %s --check-prefix=WEIGHTS
// Without its weights the pass does nothing by halves.
// RUN: sed -e 's/, module.weight_file = "in.npz"//' %s > bare.mlir
// RUN: not tpuc-opt bare.mlir --extra-optimize 2>&1 | FileCheck %s --check-prefix=BARE
// BARE: 'top.Weight' op 'f' is not loaded; the module must name its weight file in 'module.weight_file'

// WEIGHT f f4 [2, 2, 3, 3] = 1
// WEIGHT bias f4 [2] = 1 2
// WEIGHT mean f4 [2] = 1
// WEIGHT variance f4 [2] = 0.1
// WEIGHT gamma f4 [2] = 0.3
// WEIGHT beta f4 [2] = 0.7
// WEIGHT half f4 [1] = 0.5
// WEIGHT column f4 [1, 2, 1, 1] = 5 7

// (2 * 2*3*3 + 1 + 1) * 32 for the convolution; 2 + 1 + 1 + 2 per element for the rest.
// CHECK: module.FLOPs = 1408 : i64
module attributes {module.FLOPs = 1 : i64, module.state = "TOP_F32", module.weight_file = "in.npz"} {
  // CHECK-LABEL: func.func @conv_bn_relu
  func.func @conv_bn_relu(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
    %f = "top.Weight"() : () -> tensor<2x2x3x3xf32> loc("f")
    %bias = "top.Weight"() : () -> tensor<2xf32> loc("bias")
    %mean = "top.Weight"() : () -> tensor<2xf32> loc("mean")
    %variance = "top.Weight"() : () -> tensor<2xf32> loc("variance")
    %gamma = "top.Weight"() : () -> tensor<2xf32> loc("gamma")
    %beta = "top.Weight"() : () -> tensor<2xf32> loc("beta")
    // CHECK: "top.Conv"{{.*}}do_relu = true{{.*}} loc(#[[RELU:.*]])
    // CHECK-NEXT: return
    %0 = "top.Conv"(%x, %f, %bias) {kernel_shape = array<i64: 3, 3>, strides = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x2x4x4xf32>, tensor<2x2x3x3xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32> loc("c_Conv")
    %1 = "top.BatchNorm"(%0, %mean, %variance, %gamma, %beta)
      : (tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32> loc("b_BatchNormalization")
    %2 = "top.Relu"(%1) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("r_Relu")
    return %2 : tensor<1x2x4x4xf32>
  }

  // CHECK-LABEL: func.func @constants
  func.func @constants(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
    %half = "top.Weight"() : () -> tensor<1xf32> loc("half")
    %column = "top.Weight"() : () -> tensor<1x2x1x1xf32> loc("column")
    // CHECK-NEXT: "top.MulConst"(%{{.*}}) <{const_val = 5.000000e-01 : f64, do_relu = true
    %0 = "top.Mul"(%half, %x) : (tensor<1xf32>, tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("k0")
    %1 = "top.Relu"(%0) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("k1")
    // CHECK-NEXT: "top.AddConst"(%{{.*}}) <{const_val = -5.000000e-01 : f64
    %2 = "top.Sub"(%1, %half) : (tensor<1x2x4x4xf32>, tensor<1xf32>) -> tensor<1x2x4x4xf32> loc("k2")
    %3 = "top.Tanh"(%2) : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> loc("k3")
    // CHECK: "top.Scale"(%{{.*}}) <{do_relu = false{{.*}} loc(#[[ADD:.*]])
    %4 = "top.Add"(%3, %column) {coeff = array<f64: 2.0, -1.0>} : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32> loc("k4")
    return %4 : tensor<1x2x4x4xf32>
  }
}
// CHECK-DAG: #[[RELU]] = loc("r_Relu")
// CHECK-DAG: #[[ADD]] = loc("k4")

// 0.3 / sqrt(0.1 + 1e-5) in fp64 from the fp32 statistics, rounded once.
// WEIGHTS-DAG: b_BatchNormalization_filter f4 [2, 2, 3, 3] = 0.948635876
// WEIGHTS-DAG: b_BatchNormalization_bias f4 [2] = 0.699999988 1.64863586
// WEIGHTS-DAG: k4_scale f4 [2] = 2 2
// WEIGHTS-DAG: k4_bias f4 [2] = -5 -7
