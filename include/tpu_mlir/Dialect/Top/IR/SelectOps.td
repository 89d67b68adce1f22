//===- SelectOps.td - Choosing boxes -----------------------------*- tablegen -*-===//
#ifndef TPU_MLIR_DIALECT_TOP_IR_SELECT_OPS
#define TPU_MLIR_DIALECT_TOP_IR_SELECT_OPS
include "tpu_mlir/Dialect/Top/IR/TopBase.td"

def Top_NmsOp : Top_Op<"Nms", [DeclareOpInterfaceMethods<EvalInterface>]> {
  let summary = "Boxes of high scores that do not overlap (non-maximum suppression)";
  let description = [{
    boxes [n, count, 4] and scores [n, classes, count]. Of each image and class: boxes in the order of falling scores (of
    equal ones the first first) whose score is above `score_threshold` (absent: all), without those whose overlap with a chosen one is
    above `iou_threshold` of their union, and no more than `max_output_size`. A box is y, x, y, x of two opposite corners,
    or with `center_point_box` 1 x, y, width, height about its centre. `indices` has a row of image, class and box for
    each chosen one; as many as there can be are its type, and rows of zeros stand behind the `count` [1] that there are.
  }];
  let arguments = (ins Top_Tensor:$boxes, Top_Tensor:$scores, DefaultValuedAttr<I64Attr, "0">:$center_point_box,
                   I64Attr:$max_output_size, DefaultValuedAttr<F64Attr, "0.0">:$iou_threshold,
                   OptionalAttr<F64Attr>:$score_threshold);
  let results = (outs Top_Tensor:$indices, Top_Tensor:$count);
  let hasVerifier = 1;
}
#endif
