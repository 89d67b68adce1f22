// RUN: rm -rf %t && %make_weights %s %t/in.npz && cd %t
// RUN: tpuc-opt %s --convert-bn-to-scale -o out.mlir && FileCheck %s < out.mlir
// RUN: %print_weights out_weight.npz | FileCheck %s --check-prefix=WEIGHTS

// WEIGHT mean f4 [2] = 1 -3
// WEIGHT variance f4 [2] = 3 8
// WEIGHT gamma f4 [2] = 4 -3
// WEIGHT beta f4 [2] = 0.5 1

// CHECK: module.weight_file = "out_weight.npz"
module attributes {module.state = "TOP_F32", module.weight_file = "in.npz"} {
  func.func @main(%x: tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32> {
    %none = "top.None"() : () -> none
    %mean = "top.Weight"() : () -> tensor<2xf32> loc("mean")
    %variance = "top.Weight"() : () -> tensor<2xf32> loc("variance")
    %gamma = "top.Weight"() : () -> tensor<2xf32> loc("gamma")
    %beta = "top.Weight"() : () -> tensor<2xf32> loc("beta")
    // CHECK-NOT: top.BatchNorm
    // CHECK: %[[S:.*]] = "top.Weight"() : () -> tensor<2xf32> loc(#[[SCALE:.*]])
    // CHECK: %[[B:.*]] = "top.Weight"() : () -> tensor<2xf32> loc(#[[BIAS:.*]])
    // CHECK: "top.Scale"(%{{.*}}, %[[S]], %[[B]]) <{do_relu = true, relu_limit = 6.000000e+00 : f64}>{{.*}} loc(#[[BN:.*]])
    %0 = "top.BatchNorm"(%x, %mean, %variance, %gamma, %beta) {epsilon = 1.0 : f64, do_relu = true, relu_limit = 6.0 : f64}
      : (tensor<1x2x1x1xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x1x1xf32> loc("bn")
    // Without gamma and beta.
    // CHECK: "top.Scale"
    %1 = "top.BatchNorm"(%0, %mean, %variance, %none, %none) {epsilon = 1.0 : f64}
      : (tensor<1x2x1x1xf32>, tensor<2xf32>, tensor<2xf32>, none, none) -> tensor<1x2x1x1xf32> loc("plain")
    return %1 : tensor<1x2x1x1xf32>
  }
}
// CHECK-DAG: #[[SCALE]] = loc("bn_scale")
// CHECK-DAG: #[[BIAS]] = loc("bn_bias")
// CHECK-DAG: #[[BN]] = loc("bn")

// The statistics are gone from the file, as from the module.
// WEIGHTS-NOT: gamma
// WEIGHTS-DAG: bn_scale f4 [2] = 2 -1
// WEIGHTS-DAG: bn_bias f4 [2] = -1.5 -2
// WEIGHTS-DAG: plain_scale f4 [2] = 0.5 0.333333343
// WEIGHTS-DAG: plain_bias f4 [2] = -0.5 1
// WEIGHTS-NOT: variance
