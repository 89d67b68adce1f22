"""Import of pooling, global pooling and reductions."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt, prod
from typing import Any

from .geometry import Window, window_of
from .registry import Node, onnx_op


@onnx_op("MaxPool")
def max_pool(node: Node) -> None:
    """Maximum over a window of one to three spatial axes, without dilation and without the indices."""
    if node.has_output(1):
        node.refuse("its second result (the indices of the maxima) is used")
    _pool(node, "MaxPool")


@onnx_op("AveragePool")
def average_pool(node: Node) -> None:
    """Mean over a window of one to three spatial axes, without dilation; the divisor is explicit."""
    _pool(node, "AvgPool")


def _pool(node: Node, op: str) -> None:
    shape = node.shape(0)
    spatial = len(shape) - 2
    if spatial not in (1, 2, 3):
        node.refuse(f"its input has {len(shape)} dimensions; pooling over one to three spatial axes is supported")
    if not node.has_attribute("kernel_shape"):
        node.refuse("attribute 'kernel_shape' is missing")
    window = window_of(node, shape[2:], [int(k) for k in node.attribute("kernel_shape")])
    if set(window.dilations) != {1}:
        node.refuse(f"dilations {list(window.dilations)} are not supported in pooling")
    include = bool(node.attribute("count_include_pad", 0))
    value = node.value(0)
    if spatial == 1:
        value = node.reshape(value, [shape[0], shape[1], 1, shape[2]], "in2d")
    record = f"{op}3D" if spatial == 3 else op
    value = node.emit(record, [value], _attributes(op, window, include), "2d" if spatial == 1 else "")
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
    op = "AvgPool" if node.kind == "GlobalAveragePool" else "MaxPool"
    rank = len(node.shape(0))
    if rank < 3:
        node.refuse(f"its input has {rank} dimensions and no spatial axis")
    _reduce(node, op, list(range(2, rank)), keep=True)


# What is done to each element before the pooling, and to each result after it.
_AROUND: dict[str, tuple[list[str], list[str]]] = {
    "ReduceMean": ([], []),
    "ReduceMax": ([], []),
    "ReduceMin": (["negative"], ["negative"]),
    "ReduceSum": ([], ["sum"]),
    "ReduceL1": (["Abs"], ["sum"]),
    "ReduceL2": (["square"], ["sum", "Sqrt"]),
    "ReduceSumSquare": (["square"], ["sum"]),
    "ReduceLogSum": ([], ["sum", "Log"]),
    "ReduceProd": ([], []),
}
# Those that are one op of Top; what comes between their steps would lose too much in 8 bits.
_REDUCTIONS = {"ReduceL1": "L1", "ReduceL2": "L2", "ReduceProd": "Prod"}


@onnx_op(*_AROUND)
def reduce_over_axes(node: Node) -> None:
    """Mean, maximum, minimum, sum, product or norm over any axes; all but products and norms as poolings over the whole
    extent of neighbouring axes."""
    rank = len(node.shape(0))
    axes = node.ints(1, "axes", "list of axes")
    before, after = _AROUND[node.kind]
    if not axes:
        if node.attribute("noop_with_empty_axes", 0):
            _each_element(node, [*before, *after])
            return
        axes = list(range(rank))
    for axis in axes:
        if not -rank <= axis < rank:
            node.refuse(f"axis {axis} does not exist in {rank} dimensions")
    axes = sorted({a + rank if a < 0 else a for a in axes})
    keep = bool(node.attribute("keepdims", 1))
    if node.kind in _REDUCTIONS:
        attributes = {"axes": axes, "keepdims": keep, "mode": _REDUCTIONS[node.kind]}
        node.result(node.emit("Reduce", [node.value(0)], attributes))
        return
    op = "MaxPool" if node.kind in ("ReduceMax", "ReduceMin") else "AvgPool"
    _reduce(node, op, axes, keep, before, after)


def _each_element(node: Node, steps: list[str]) -> None:
    """The reduction over no axes: what it does around the pooling, where that is more than nothing."""
    steps = [s for s in steps if s != "sum" and node.kind != "ReduceMin"]
    if not steps:
        node.pass_through()
        return
    value = node.value(0)
    for index, step in enumerate(steps):
        value = _apply(node, value, step, "" if index == len(steps) - 1 else step.lower())
    node.result(value)


def _apply(node: Node, value: Any, step: str, suffix: str, factor: int = 1) -> Any:
    if step == "square":
        return node.emit("Mul", [value, value], {}, suffix)
    if step in ("negative", "sum"):
        return node.emit("MulConst", [value], {"const_val": -1.0 if step == "negative" else float(factor)}, suffix)
    return node.emit(step, [value], {}, suffix)


def _reduce(
    node: Node, op: str, axes: list[int], keep: bool, before: Sequence[str] = (), after: Sequence[str] = ()
) -> None:
    """Pool one run of neighbouring `axes` after the other, the last first, between the steps `before` and `after`."""
    shape = list(node.shape(0))
    final = [1 if i in axes else d for i, d in enumerate(shape) if keep or i not in axes] or [1]
    factor = prod(shape[a] for a in axes)
    runs = _runs(shape, axes)
    steps = [s for s in after if s != "sum" or factor != 1]
    value = node.value(0)
    for step in before:
        value = _apply(node, value, step, step.lower())
    pools: list[tuple[list[int], tuple[int, int]]] = []  # the tensor as [n, c, h, w], and the window over it
    for run in reversed(runs):
        pools += _pools(shape, run)
        for axis in run:
            shape[axis] = 1
    for index, (seen, kernel) in enumerate(pools):
        number = str(index + 1) if index else ""
        pooled = [seen[0], seen[1], seen[2] - kernel[0] + 1, seen[3] - kernel[1] + 1]
        is_last = index == len(pools) - 1 and not steps and pooled == final
        value = node.reshape(value, seen, f"in4d{number}")
        window = Window(kernel, (1, 1), (0, 0, 0, 0), (1, 1))
        value = node.emit(op, [value], _attributes(op, window), "" if is_last else f"pool{number}")
    reshaped = list(node.shape_of_value(value)) != final
    for index, step in enumerate(steps):
        is_last = index == len(steps) - 1 and not reshaped
        value = _apply(
            node, value, step, "" if is_last else f"{step.lower()}_after" if step in before else step.lower(), factor
        )
    node.result(node.reshape(value, final) if reshaped else value)


def _runs(shape: list[int], axes: list[int]) -> list[list[int]]:
    """`axes` in runs of neighbours; axes of one element count for nothing."""
    long = [a for a in axes if shape[a] > 1] or axes[:1]
    runs: list[list[int]] = []
    for axis in long:
        if runs and prod(shape[runs[-1][-1] + 1 : axis]) == 1:
            runs[-1] = list(range(runs[-1][0], axis + 1))
        else:
            runs.append([axis])
    return runs


MOST_IN_A_WINDOW = 60_000  # elements of one window; more are pooled in two steps, as windows of windows


def _pools(shape: list[int], run: list[int]) -> list[tuple[list[int], tuple[int, int]]]:
    """Views [n, c, h, w] of the tensor and, for each, a window; one after the other they cover the axes of `run`."""
    first, last = run[0], run[-1]
    before, extent, after = prod(shape[:first]), prod(shape[first : last + 1]), prod(shape[last + 1 :])
    if extent > MOST_IN_A_WINDOW:
        outer = max(d for d in range(1, isqrt(extent) + 1) if extent % d == 0)
        inner = extent // outer
        if outer > 1:
            return [*_pools([before, outer, inner, after], [2]), *_pools([before, outer, after], [1])]
    if len(shape) == 4 and first >= 2:
        return [(list(shape), (shape[2] if 2 in run else 1, shape[3] if 3 in run else 1))]
    if last == len(shape) - 1:
        return [([1, before, 1, extent], (1, extent))]
    return [([1, before, extent, after], (extent, 1))]
