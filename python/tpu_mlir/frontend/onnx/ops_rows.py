"""Import of operators whose results depend on whole rows: softmax, normalisations, running sums."""

from __future__ import annotations

from math import prod
from typing import Any

from .ops_select import axis_of
from .registry import Node, onnx_op


@onnx_op("Softmax", "LogSoftmax")
def softmax(node: Node) -> None:
    """Along one axis; before opset 13 along all axes from `axis` on, as the operator was then."""
    shape = list(node.shape(0))
    axis = axis_of(node, int(node.attribute("axis", -1 if node.opset >= 13 else 1)), len(shape))
    log = node.kind == "LogSoftmax"
    if node.opset >= 13 or prod(shape[axis + 1 :]) == 1:
        node.result(node.emit("Softmax", [node.value(0)], {"axis": axis, "log": log}))
        return
    rows = node.reshape(node.value(0), [prod(shape[:axis]), prod(shape[axis:])], "rows")
    node.result(node.reshape(node.emit("Softmax", [rows], {"axis": 1, "log": log}, "of_rows"), shape))


@onnx_op("LayerNormalization", "RMSNormalization")
def layer_norm(node: Node) -> None:
    """Over the axes from `axis` on, with a scale and a bias of their shape, or of one that broadcasts to it; its second
    and third results must not be used."""
    import numpy as np

    if any(node.has_output(i) for i in range(1, len(node.outputs))):
        node.refuse("its second or third result (mean or deviation) is used")
    shape = list(node.shape(0))
    axis = axis_of(node, int(node.attribute("axis", -1)), len(shape))
    normalised = shape[axis:]
    weights: list[Any] = []  # as Top takes them, and None where one is applied behind
    for index in (1, 2):
        array = node.const(index)
        if array is None or array.ndim > len(normalised):
            weights.append(None)
        elif list(array.shape) == normalised:
            weights.append(node.value(index))
        else:
            whole = np.ascontiguousarray(np.broadcast_to(array, normalised), np.float32)
            source = node.inputs[index]
            weights.append(node.weight(whole, source, "rows", tuple(normalised), name=f"{source}_rows"))
    # A scale that is computed comes before the bias.
    if node.has_input(1) and weights[0] is None:
        weights[1] = None
    behind = [i for i in (1, 2) if node.has_input(i) and weights[i - 1] is None]
    value = _norm_of_rows(node, normalised, axis, weights, "" if not behind else "normalised")
    for index in behind:
        kind = "Mul" if index == 1 else "Add"
        value = node.emit(kind, [value, node.value(index)], {}, "" if index == behind[-1] else "scaled")
    node.result(value)


def _norm_of_rows(node: Node, normalised: list[int], axis: int, weights: list[Any], suffix: str) -> Any:
    eps = float(node.attribute("epsilon", 1e-5))
    operands = [node.none() if w is None else w for w in weights]
    if node.kind == "LayerNormalization":
        attributes = {"normalized_shape": normalised, "axis": axis, "eps": eps}
        return node.emit("LayerNorm", [node.value(0), *operands], attributes, suffix)
    if len(normalised) == 1:
        return node.emit("RMSNorm", [node.value(0), operands[0]], {"eps": eps}, suffix)
    # Top's has one axis.
    shape = list(node.shape(0))
    rows = node.reshape(node.value(0), [prod(shape[:axis]), prod(normalised)], "rows")
    return node.reshape(node.emit("RMSNorm", [rows, operands[0]], {"eps": eps}, "of_rows"), shape, suffix)


@onnx_op("InstanceNormalization", "GroupNormalization")
def channel_norm(node: Node) -> None:
    """Of each channel, or of groups of channels, of each image, with a constant scale and bias."""
    import numpy as np

    shape = node.shape(0)
    if len(shape) < 3:
        node.refuse(f"its input has {len(shape)} dimensions and no spatial axis")
    scale, bias = node.need_const(1, "scale"), node.need_const(2, "bias")
    eps = float(node.attribute("epsilon", 1e-5))
    if node.kind == "InstanceNormalization":
        node.result(node.emit("InstanceNorm", [node.value(i) for i in range(3)], {"eps": eps}))
        return
    groups = int(node.attribute("num_groups", 0))
    if groups < 1 or shape[1] % groups:
        node.refuse(f"num_groups is {groups}, and its input has {shape[1]} channels")
    operands = [node.value(0)]
    for index, array in ((1, scale), (2, bias)):
        if array.size == shape[1]:
            operands.append(node.value(index))
            continue
        # Source: the ONNX specification: before opset 21 there is one number for each group.
        source = node.inputs[index]
        each = np.repeat(np.asarray(array, np.float32).reshape(-1), shape[1] // groups)
        operands.append(node.weight(each, source, "channels", groups, name=f"{source}_channels"))
    node.result(node.emit("GroupNorm", operands, {"num_groups": groups, "eps": eps}))


@onnx_op("CumSum")
def cumulative_sum(node: Node) -> None:
    """Along a constant axis, from either end, with or without the element itself."""
    shape = node.shape(0)
    axis = axis_of(node, int(node.need_const(1, "axis").reshape(-1)[0]), len(shape))
    reverse, exclusive = bool(node.attribute("reverse", 0)), bool(node.attribute("exclusive", 0))
    backwards = {"indices": list(range(shape[axis]))[::-1], "axis": axis}
    value = node.value(0)
    if reverse:
        value = node.emit("Gather", [value], backwards, "reversed")
    if exclusive:
        paddings = [0] * (2 * len(shape))
        paddings[axis] = 1
        value = node.emit("Pad", [value], {"paddings": paddings, "val": 0.0, "mode": "constant"}, "moved")
        ends = list(shape)
        slices = {"offset": [0] * len(shape), "steps": [1] * len(shape), "ends": ends}
        value = node.emit("Slice", [value], slices, "before")
    value = node.emit("CumSum", [value], {"axis": axis}, "sum" if reverse else "")
    node.result(node.emit("Gather", [value], backwards) if reverse else value)
