//===- Passes.td - Passes over the Top dialect -------------------*- tablegen -*-===//
include "mlir/Pass/PassBase.td"

def ShapeInfer : Pass<"shape-infer", "::mlir::ModuleOp"> {
  let summary = "Compute every tensor's shape and the network's FLOPs";
}
def ExtraOptimize : Pass<"extra-optimize", "::mlir::ModuleOp"> {
  let summary = "Drop what canonicalisation leaves behind: unused weights, empty ops, double reshapes";
}
def ConvertBnToScale : Pass<"convert-bn-to-scale", "::mlir::ModuleOp"> {
  let summary = "Write batch normalisations as scales";
}
def FoldScale : Pass<"fold-scale", "::mlir::ModuleOp"> {
  let summary = "Join consecutive scales";
}
def FuseScaleIntoConv : Pass<"fuse-scale-into-conv", "::mlir::ModuleOp"> {
  let summary = "Multiply scales into the convolution before them";
}
