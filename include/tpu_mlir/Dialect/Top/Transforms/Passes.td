//===- Passes.td - Passes over the Top dialect -------------------*- tablegen -*-===//
// Passes that make weights need the weight file loaded; the driver (tpuc-opt, the Python module) loads and saves it.
include "mlir/Pass/PassBase.td"

def ShapeInfer : Pass<"shape-infer", "::mlir::ModuleOp"> {
  let summary = "Compute every tensor's shape and the network's FLOPs";
  let description = [{
    Visits the ops in order, computes each result's shape from operands and attributes, gives the function the types of
    what it returns, and writes the sum of the ops' FLOPs to `module.FLOPs` (a multiply-accumulate counts as two). An
    operand whose shape is not known, or operands that do not fit together, are refused.
  }];
}
def ExtraOptimize : Pass<"extra-optimize", "::mlir::ModuleOp"> {
  let summary = "Fold constants into weights, then drop what that leaves behind";
  let description = [{
    What canonicalisation must not do because it makes new weights: fuse-scale-into-conv, fold-scale,
    convert-bn-to-scale; products and sums with a weight that is one number or one number per channel become
    `top.MulConst`, `top.AddConst` or `top.Scale`. Canonical forms follow. Unused weights go.
    `module.FLOPs`, where it is noted, is counted again.
  }];
}
def CancelPermutes : Pass<"cancel-permutes", "::mlir::ModuleOp"> {
  let summary = "Compute parts of the network in the order of axes that is around them";
  let description = [{
    Networks of frameworks whose tensors are [n, h, w, c] come with a permute before and after each convolution and pool.
    Between them are ops that do not mind: element-wise ones, top.Concat, top.Pad, top.Slice, top.Gather, and means and
    maxima over both spatial axes. All that hang together are computed in the other order, with their constants, where
    that leaves fewer permutes than before; where no permute leads in or none leads out, nothing changes. A tensor that a
    permute made keeps the permute's name; one that exists in no such order in the framework is `<name>_permuted`.
  }];
}
def ConvertBnToScale : Pass<"convert-bn-to-scale", "::mlir::ModuleOp"> {
  let summary = "Write batch normalisations as scales";
  let description = [{scale = gamma / sqrt(variance + epsilon), bias = beta - mean * scale, in fp64, rounded once to fp32.}];
}
def FoldScale : Pass<"fold-scale", "::mlir::ModuleOp"> {
  let summary = "Join consecutive scales";
  let description = [{
    A chain of affine maps per channel (top.Scale, top.BatchNorm, top.MulConst, top.AddConst, and top.Mul, top.Add, top.Sub
    with a weight of one number per channel) becomes one top.Scale under the last one's name; at least one of them is
    per channel. Only the last may have a relu, and no tensor between them may have another use. Computed in fp64,
    rounded once.
  }];
}
def FuseScaleIntoConv : Pass<"fuse-scale-into-conv", "::mlir::ModuleOp"> {
  let summary = "Multiply scales into the convolution or matrix product before or after them";
  let description = [{
    The chains of fold-scale, where they follow a top.Conv or top.MatMul with constant weights and no relu of its own, go
    into its weights; the op takes the name of the last one. A chain before a convolution goes into its weights too, unless
    it adds something and the convolution pads. Computed in fp64, rounded once to fp32.
  }];
}
