"""Import of pooling, global pooling and reductions."""

from __future__ import annotations

from math import prod

from .geometry import Window, window_of
from .registry import Node, onnx_op


@onnx_op("MaxPool")
def max_pool(node: Node) -> None:
    """Maximum over a window of one or two spatial axes, without dilation and without the indices."""
    if node.has_output(1):
        node.refuse("its second result (the indices of the maxima) is used")
    _pool(node, "MaxPool")


@onnx_op("AveragePool")
def average_pool(node: Node) -> None:
    """Mean over a window of one or two spatial axes, without dilation; the divisor is explicit."""
    _pool(node, "AvgPool")


def _pool(node: Node, op: str) -> None:
    shape = node.shape(0)
    spatial = len(shape) - 2
    if spatial not in (1, 2):
        node.refuse(f"its input has {len(shape)} dimensions; pooling over one or two spatial axes is supported")
    if not node.has_attribute("kernel_shape"):
        node.refuse("attribute 'kernel_shape' is missing")
    window = window_of(node, shape[2:], [int(k) for k in node.attribute("kernel_shape")])
    if window.dilations != (1, 1):
        node.refuse(f"dilations {list(window.dilations)} are not supported in pooling")
    include = bool(node.attribute("count_include_pad", 0))
    value = node.value(0)
    if spatial == 1:
        value = node.reshape(value, [shape[0], shape[1], 1, shape[2]], "in2d")
    value = node.emit(op, [value], _attributes(op, window, include), "2d" if spatial == 1 else "")
    if spatial == 1:
        n, c, _, w = node.shape_of_value(value)
        value = node.reshape(value, [n, c, w])
    node.result(value)


def _attributes(op: str, window: Window, include_pad: bool = False) -> dict[str, object]:
    attributes: dict[str, object] = {
        "kernel_shape": list(window.kernel),
        "strides": list(window.strides),
        "pads": window.all_pads,
    }
    if op == "AvgPool":
        attributes["count_include_pad"] = include_pad
        attributes["ceil_pad"] = list(window.ceil_pad)
    return attributes


@onnx_op("GlobalAveragePool", "GlobalMaxPool")
def global_pool(node: Node) -> None:
    """Mean or maximum over all spatial axes, of which there may be any number."""
    op = "AvgPool" if node.op_type == "GlobalAveragePool" else "MaxPool"
    rank = len(node.shape(0))
    if rank < 3:
        node.refuse(f"its input has {rank} dimensions and no spatial axis")
    _reduce(node, op, list(range(2, rank)), keep=True)


@onnx_op("ReduceMean", "ReduceMax", "ReduceSum")
def reduce_over_axes(node: Node) -> None:
    """Mean, maximum or sum over neighbouring axes (such as height and width), as a pooling over the whole extent."""
    rank = len(node.shape(0))
    axes = node.ints(1, "axes", "list of axes")
    if axes is None or not axes:
        if node.attribute("noop_with_empty_axes", 0):
            node.pass_through()
            return
        axes = list(range(rank))
    axes = sorted({a + rank if a < 0 else a for a in axes})
    if axes != list(range(axes[0], axes[-1] + 1)):
        node.refuse(f"axes {axes} are not next to each other", "transpose the tensor first")
    op = "MaxPool" if node.op_type == "ReduceMax" else "AvgPool"
    factor = prod(node.shape(0)[a] for a in axes) if node.op_type == "ReduceSum" else 1
    _reduce(node, op, axes, bool(node.attribute("keepdims", 1)), factor)


def _reduce(node: Node, op: str, axes: list[int], keep: bool, factor: int = 1) -> None:
    """Pool neighbouring `axes` over their whole extent.

    Pooling works on [n, c, h, w]; where `axes` are not h and w of such a tensor, the tensor is seen as
    [1, before, extent, after] for the pooling.
    """
    shape = list(node.shape(0))
    first, last = axes[0], axes[-1]
    if len(shape) == 4 and first >= 2:
        seen, kernel = shape, [shape[2] if 2 in axes else 1, shape[3] if 3 in axes else 1]
    elif last == len(shape) - 1:
        seen = [1, prod(shape[:first]), 1, prod(shape[first:])]
        kernel = [1, seen[3]]
    else:
        seen = [1, prod(shape[:first]), prod(shape[first : last + 1]), prod(shape[last + 1 :])]
        kernel = [seen[2], 1]
    final = (
        [1 if i in axes else d for i, d in enumerate(shape)]
        if keep
        else [d for i, d in enumerate(shape) if i not in axes]
    )
    final = final or [1]
    window = Window((kernel[0], kernel[1]), (1, 1), (0, 0, 0, 0), (1, 1))
    pooled = [seen[0], seen[1], seen[2] - kernel[0] + 1, seen[3] - kernel[1] + 1]
    reshaped = pooled != final
    value = node.reshape(node.value(0), seen, "in4d")
    value = node.emit(op, [value], _attributes(op, window), "pool" if reshaped or factor != 1 else "")
    if factor != 1:
        value = node.emit("MulConst", [value], {"const_val": float(factor)}, "sum" if reshaped else "")
    node.result(node.reshape(value, final) if reshaped else value)
