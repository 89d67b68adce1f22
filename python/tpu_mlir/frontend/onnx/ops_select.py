"""Import of operators that take parts of a tensor, in any order, repeat it or add to it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ..core.node import ANY_TYPE
from .registry import Node, onnx_op

MOST_INDICES = 1 << 20  # of one list: more would make a text of megabytes


def require_few(node: Node, count: int, axis: int) -> None:
    """Refuse the node where it would take `count` elements of `axis` one by one and they are too many."""
    if count > MOST_INDICES:
        node.refuse(f"it takes {count} elements of axis {axis} one by one; {MOST_INDICES} are supported")


def take(node: Node, value: Any, axis: int, indices: Sequence[int], suffix: str = "", index: int = 0) -> Any:
    """The elements `indices` (not negative) of `axis`: as a slice where they rise evenly, else as a gather."""
    shape = list(node.shape_of_value(value))
    step = indices[1] - indices[0] if len(indices) > 1 else 1
    if step > 0 and all(b - a == step for a, b in pairwise(indices)):
        offset, ends, steps = [0] * len(shape), list(shape), [1] * len(shape)
        offset[axis], ends[axis], steps[axis] = indices[0], indices[-1] + 1, step
        return node.emit("Slice", [value], {"offset": offset, "steps": steps, "ends": ends}, suffix, index)
    return node.emit("Gather", [value], {"indices": list(indices), "axis": axis}, suffix, index)


def take_all(node: Node, value: Any, wanted: Sequence[tuple[int, Sequence[int]]]) -> Any:
    """`take` along several axes, one after the other; the last is the node's result."""
    for number, (axis, indices) in enumerate(wanted, 1):
        value = take(node, value, axis, indices, "" if number == len(wanted) else f"axis{axis}")
    return value


@onnx_op("Slice", types=ANY_TYPE)
def slice_(node: Node) -> None:
    """A part of a tensor with constant bounds and steps; negative steps reverse it."""
    shape = node.shape(0)
    starts, ends = node.ints(1, "starts", "starts"), node.ints(2, "ends", "ends")
    if starts is None or ends is None:
        node.refuse("its starts or ends are missing")
    axes = node.ints(3, "axes", "axes") or list(range(len(starts)))
    steps = node.ints(4, "steps", "steps") or [1] * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps):
        node.refuse(f"it has {len(starts)} starts, {len(ends)} ends, {len(axes)} axes and {len(steps)} steps")
    offset, stop, step = [0] * len(shape), list(shape), [1] * len(shape)
    reversed_axes = []
    for start, end, axis, by in zip(starts, ends, axes, steps, strict=True):
        axis = axis_of(node, axis, len(shape))
        if by == 0:
            node.refuse(f"its step on axis {axis} is 0")
        size = shape[axis]
        # Source: onnxruntime's reading of the ONNX specification of Slice: a negative step starts within the axis and
        # may end before it, and the largest integers, as ends, are beyond the last element either way.
        if end in (2**31 - 1, 2**63 - 1) and by < 0:
            end = -size - 1
        first, last = (p + size if p < 0 else p for p in (start, end))
        if by > 0:
            positions = range(min(max(first, 0), size), min(max(last, 0), size), by)
        else:
            positions = range(min(max(first, 0), size - 1), min(max(last, -1), size), by)
        if not positions:
            node.refuse(f"its result is empty: [{start}:{end}:{by}] of axis {axis} with {size} elements")
        if by < 0 and len(positions) > 1:
            reversed_axes.append(axis)
        offset[axis], stop[axis], step[axis] = min(positions), max(positions) + 1, abs(by)
    if not reversed_axes:
        _emit_slice(node, offset, stop, step)
        return
    value = node.value(0)
    if stop != list(shape) or any(offset) or step != [1] * len(shape):
        value = node.emit("Slice", [value], {"offset": offset, "steps": step, "ends": stop}, "slice")
    sizes = node.shape_of_value(value)
    for axis in reversed_axes:
        require_few(node, sizes[axis], axis)
    node.result(take_all(node, value, [(a, list(range(sizes[a]))[::-1]) for a in sorted(set(reversed_axes))]))


def _emit_slice(node: Node, offset: list[int], ends: list[int], steps: list[int], index: int = 0) -> None:
    if offset == [0] * len(offset) and ends == list(node.shape(0)) and steps == [1] * len(steps):
        node.pass_through(index)
        return
    value = node.emit("Slice", [node.value(0)], {"offset": offset, "steps": steps, "ends": ends}, index=index)
    node.result(value, index)


@onnx_op("Split", types=ANY_TYPE)
def split(node: Node) -> None:
    """A tensor cut along one axis into parts of constant sizes."""
    shape = node.shape(0)
    axis = axis_of(node, int(node.attribute("axis", 0)), len(shape))
    sizes = node.ints(1, "split", "sizes")
    if sizes is None:
        count = int(node.attribute("num_outputs", len(node.outputs)))
        part = -(-shape[axis] // count)
        sizes = [min(part, shape[axis] - part * i) for i in range(count)]
    if len(sizes) != len(node.outputs) or sum(sizes) != shape[axis]:
        node.refuse(f"sizes {sizes} do not divide {shape[axis]} elements of axis {axis} into {len(node.outputs)} parts")
    begin = 0
    for index, size in enumerate(sizes):
        offset, ends = [0] * len(shape), list(shape)
        offset[axis], ends[axis] = begin, begin + size
        begin += size
        if node.has_output(index):
            if size < 1:
                node.refuse(f"part {index} is empty")
            _emit_slice(node, offset, ends, [1] * len(shape), index)


@onnx_op("Gather", types=ANY_TYPE)
def gather(node: Node) -> None:
    """Elements of one axis by indices under any shape, constant ones or those that the network computes or is given."""
    import numpy as np

    shape = node.shape(0)
    axis = axis_of(node, int(node.attribute("axis", 0)), len(shape))
    if node.const(1) is None and node.is_computed(1):
        value = node.value(0)
        if node.type_of_value(value) != "float32":
            node.refuse(f"its indices '{node.inputs[1]}' are computed at run time, and its elements are no floats")
        node.result(node.emit("Take", [value, node.as_number(1)], {"axis": axis}))
        return
    constant = np.asarray(node.need_const(1, "list of indices"))
    if constant.size == 0:
        node.refuse("its list of indices is empty")
    require_few(node, constant.size, axis)
    flat = [int(i) for i in constant.reshape(-1)]
    for i in flat:
        if not -shape[axis] <= i < shape[axis]:
            node.refuse(f"its index {i} is out of range for {shape[axis]} elements of axis {axis}")
    flat = [i + shape[axis] if i < 0 else i for i in flat]
    final = [*shape[:axis], *constant.shape, *shape[axis + 1 :]] or [1]
    taken = [*shape[:axis], len(flat), *shape[axis + 1 :]]
    value = node.value(0)
    if flat != list(range(shape[axis])):
        value = take(node, value, axis, flat, "" if taken == final else "slice")
    elif taken == final:
        node.pass_through()
        return
    node.result(node.reshape(value, final) if taken != final else value)


@onnx_op("Pad")
def pad(node: Node) -> None:
    """Elements added around a tensor: constant, reflect, edge or wrap; negative counts cut. The counts are constant."""
    shape = list(node.shape(0))
    rank = len(shape)
    counts = node.ints(1, "pads", "pads")
    if counts is None:
        node.refuse("its pads are missing")
    axes = node.ints(3, "axes", "axes") if node.has_input(3) else list(range(rank))
    if axes is None or len(counts) != 2 * len(axes):
        node.refuse(f"it has {len(counts)} pads for {len(axes or [])} axes")
    paddings = [0] * (2 * rank)
    for i, axis in enumerate(axes):
        axis = axis_of(node, axis, rank)
        paddings[axis], paddings[axis + rank] = counts[i], counts[i + len(axes)]
    mode = node.attribute("mode", "constant")
    if mode not in ("constant", "reflect", "edge", "wrap"):
        node.refuse(f"mode '{mode}' is not supported; supported modes: constant, reflect, edge, wrap")
    if not any(paddings):
        node.pass_through()
        return
    # Source: onnxruntime's result where signs differ: what is cut is cut first, and the rest is padded.
    added = [max(p, 0) for p in paddings]
    offset = [max(-p, 0) for p in paddings[:rank]]
    ends = [d - max(-p, 0) for d, p in zip(shape, paddings[rank:], strict=True)]
    for axis in range(rank):
        if ends[axis] <= offset[axis]:
            node.refuse(
                f"its pads {paddings[axis]} and {paddings[axis + rank]} cut all {shape[axis]} elements of axis {axis}"
            )
    value = node.value(0)
    if min(paddings) < 0:
        attributes = {"offset": offset, "steps": [1] * rank, "ends": ends}
        value = node.emit("Slice", [value], attributes, "cut" if any(added) else "")
    if any(added) and mode == "wrap":
        sizes = node.shape_of_value(value)
        for a in range(rank):
            require_few(node, sizes[a] + added[a] + added[a + rank], a)
        wanted = [
            (a, [i % sizes[a] for i in range(-added[a], sizes[a] + added[a + rank])])
            for a in range(rank)
            if added[a] + added[a + rank]
        ]
        value = take_all(node, value, wanted)
    elif any(added):
        node.result(node.emit("Pad", [value], {"paddings": added, "val": _pad_value(node), "mode": mode}))
        return
    node.result(value)


def _pad_value(node: Node) -> float:
    if node.has_input(2):
        return float(node.need_const(2, "value").reshape(-1)[0])
    return float(node.attribute("value", 0.0))


@onnx_op("Expand", "Tile", types=ANY_TYPE)
def expand(node: Node) -> None:
    """A tensor repeated along its axes, a constant number of times."""
    shape = list(node.shape(0))
    target = node.ints(1, "shape", "shape" if node.kind == "Expand" else "list of repeats")
    if target is None:
        node.refuse("its shape is missing" if node.kind == "Expand" else "its repeats are missing")
    if node.kind == "Tile":
        if len(target) != len(shape):
            node.refuse(f"it has {len(target)} repeats for {len(shape)} dimensions")
        times = target
    else:
        rank = max(len(shape), len(target))
        shape = [1] * (rank - len(shape)) + shape
        target = [1] * (rank - len(target)) + target
        if any(w != d and 1 not in (w, d) for d, w in zip(shape, target, strict=True)):
            node.refuse(f"shape {list(node.shape(0))} does not broadcast to {target}")
        times = [w if d == 1 else 1 for d, w in zip(shape, target, strict=True)]
    if times and min(times) < 1:
        node.refuse("its result is empty")
    for axis, (size, count) in enumerate(zip(shape, times, strict=True)):
        require_few(node, size * count if count > 1 else 0, axis)
    wanted = [(a, list(range(shape[a])) * t) for a, t in enumerate(times) if t > 1]
    if not wanted:
        node.result(node.reshape(node.value(0), shape or [1]))
        return
    node.result(take_all(node, node.reshape(node.value(0), shape, "shaped"), wanted))


def axis_of(node: Node, axis: int, rank: int) -> int:
    """A non-negative axis; refuses one that does not exist."""
    if not -rank <= axis < rank:
        node.refuse(f"axis {axis} does not exist in {rank} dimensions")
    return axis + rank if axis < 0 else axis
