"""Import of operators that choose among boxes, as many as the data say."""

from __future__ import annotations

from .registry import Node, onnx_op


@onnx_op("NonMaxSuppression")
def non_max_suppression(node: Node) -> None:
    """Boxes of high scores that do not overlap, on the host; how many at most, and both thresholds, are constant."""
    most = _number(node, 2, "largest number of boxes per class") or 0
    if most < 1:
        node.refuse("its largest number of boxes per class is 0, so that it finds nothing")
    overlap, score = _number(node, 3, "IoU threshold"), _number(node, 4, "score threshold")
    attributes = {
        "center_point_box": int(node.attribute("center_point_box", 0)),
        "max_output_size": min(int(most), 2**31 - 1),
        "iou_threshold": overlap or 0.0,
    }
    if score is not None:
        attributes["score_threshold"] = score
    node.emit_sized_by_data("Nms", [node.value(0), node.value(1)], attributes, "int64")


def _number(node: Node, index: int, what: str) -> float | None:
    return float(node.need_const(index, what).reshape(-1)[0]) if node.has_input(index) else None


@onnx_op("Shape", "Size")
def shape(node: Node) -> None:
    """The shape of a tensor, where it is known before the network runs; it is a constant then."""
    node.refuse(f"the shape of '{node.inputs[0]}' is not known before the network runs")
