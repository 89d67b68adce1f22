"""Import of operators that move, cut or join tensors without arithmetic."""

from __future__ import annotations

from math import prod

from .registry import Node, onnx_op


@onnx_op("Concat")
def concat(node: Node) -> None:
    """Tensors joined along one axis; some may be constant."""
    if not node.has_attribute("axis"):
        node.refuse("attribute 'axis' is missing")
    if len(node.inputs) == 1:
        node.pass_through()
        return
    axis = _axis(node, int(node.attribute("axis")), len(node.shape(0)))
    node.result(node.emit("Concat", [node.value(i) for i in range(len(node.inputs))], {"axis": axis}))


@onnx_op("Slice")
def slice_(node: Node) -> None:
    """A part of a tensor with constant bounds and positive steps."""
    shape = node.shape(0)
    starts, ends = node.ints(1, "starts", "starts"), node.ints(2, "ends", "ends")
    if starts is None or ends is None:
        node.refuse("its starts or ends are missing")
    axes = node.ints(3, "axes", "axes") or list(range(len(starts)))
    steps = node.ints(4, "steps", "steps") or [1] * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps):
        node.refuse(f"it has {len(starts)} starts, {len(ends)} ends, {len(axes)} axes and {len(steps)} steps")
    offset, stop, step = [0] * len(shape), list(shape), [1] * len(shape)
    for start, end, axis, by in zip(starts, ends, axes, steps, strict=True):
        axis = _axis(node, axis, len(shape))
        if by < 1:
            node.refuse(f"its step {by} on axis {axis} is not positive", "reversing a tensor is not supported")
        size = shape[axis]
        offset[axis] = min(max(start + size if start < 0 else start, 0), size)
        stop[axis] = min(max(end + size if end < 0 else end, 0), size)
        step[axis] = by
        if offset[axis] >= stop[axis]:
            node.refuse(f"its result is empty: [{start}:{end}] of axis {axis} with {size} elements")
    _emit_slice(node, offset, stop, step)


def _emit_slice(node: Node, offset: list[int], ends: list[int], steps: list[int], index: int = 0) -> None:
    if offset == [0] * len(offset) and ends == list(node.shape(0)) and steps == [1] * len(steps):
        node.pass_through(index)
        return
    value = node.emit("Slice", [node.value(0)], {"offset": offset, "steps": steps, "ends": ends}, index=index)
    node.result(value, index)


@onnx_op("Split")
def split(node: Node) -> None:
    """A tensor cut along one axis into parts of constant sizes."""
    shape = node.shape(0)
    axis = _axis(node, int(node.attribute("axis", 0)), len(shape))
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


@onnx_op("Gather")
def gather(node: Node) -> None:
    """One index, or evenly increasing indices, along one axis; the indices are constant."""
    import numpy as np

    shape = node.shape(0)
    axis = _axis(node, int(node.attribute("axis", 0)), len(shape))
    constant = node.need_const(1, "indices")
    indices = np.where(constant < 0, constant + shape[axis], constant).astype(np.int64)
    flat = [int(i) for i in indices.reshape(-1)]
    if indices.ndim > 1:
        node.refuse(f"its indices have the shape {list(indices.shape)}; one index or one list of them is supported")
    if not flat:
        node.refuse("its list of indices is empty")
    outside = [int(i) for i in constant.reshape(-1) if not -shape[axis] <= i < shape[axis]]
    if outside:
        node.refuse(f"its index {outside[0]} is out of range for {shape[axis]} elements of axis {axis}")
    step = flat[1] - flat[0] if len(flat) > 1 else 1
    if step < 1 or flat != list(range(flat[0], flat[0] + step * len(flat), step)):
        node.refuse("its indices do not increase evenly; only such as a slice could take are supported")
    offset, ends, steps = [0] * len(shape), list(shape), [1] * len(shape)
    offset[axis], ends[axis], steps[axis] = flat[0], flat[-1] + 1, step
    if indices.ndim == 1:
        _emit_slice(node, offset, ends, steps)
        return
    value = node.value(0)
    if shape[axis] != 1:
        value = node.emit("Slice", [value], {"offset": offset, "steps": steps, "ends": ends}, "slice")
    node.result(node.reshape(value, [d for i, d in enumerate(shape) if i != axis] or [1]))


@onnx_op("Pad")
def pad(node: Node) -> None:
    """Elements added around a tensor: constant, reflect or edge; the counts are constant and not negative."""
    shape = node.shape(0)
    rank = len(shape)
    counts = node.ints(1, "pads", "pads")
    if counts is None:
        node.refuse("its pads are missing")
    axes = node.ints(3, "axes", "axes") or list(range(rank))
    if len(counts) != 2 * len(axes):
        node.refuse(f"it has {len(counts)} pads for {len(axes)} axes")
    paddings = [0] * (2 * rank)
    for i, axis in enumerate(axes):
        axis = _axis(node, axis, rank)
        paddings[axis], paddings[axis + rank] = counts[i], counts[i + len(axes)]
    if min(paddings) < 0:
        node.refuse(f"its pads {paddings} are partly negative", "use Slice to cut")
    mode = node.attribute("mode", "constant")
    if mode not in ("constant", "reflect", "edge"):
        node.refuse(f"mode '{mode}' is not supported; supported modes: constant, reflect, edge")
    if not any(paddings):
        node.pass_through()
        return
    value = (
        float(node.need_const(2, "value").reshape(-1)[0]) if node.has_input(2) else float(node.attribute("value", 0.0))
    )
    node.result(node.emit("Pad", [node.value(0)], {"paddings": paddings, "val": value, "mode": mode}))


@onnx_op("Reshape")
def reshape(node: Node) -> None:
    """Another shape, which is constant; 0 keeps an axis and -1 takes the rest."""
    shape = node.shape(0)
    wanted = node.ints(1, "shape", "shape")
    if wanted is None:
        node.refuse("its shape is missing")
    if not node.attribute("allowzero", 0):
        if any(d == 0 and i >= len(shape) for i, d in enumerate(wanted)):
            node.refuse(f"its shape {wanted} keeps an axis that its input {list(shape)} does not have")
        wanted = [shape[i] if d == 0 else d for i, d in enumerate(wanted)]
    if -1 in wanted:
        known = prod(d for d in wanted if d != -1)
        if wanted.count(-1) > 1 or known == 0 or prod(shape) % known:
            node.refuse(f"shape {list(shape)} cannot become {wanted}")
        wanted = [prod(shape) // known if d == -1 else d for d in wanted]
    if prod(wanted) != prod(shape):
        node.refuse(f"shape {list(shape)} cannot become {wanted}: {prod(shape)} elements against {prod(wanted)}")
    # Top has no tensors without dimensions: a single element is a vector of one.
    node.result(node.reshape(node.value(0), wanted or [1]))


@onnx_op("Flatten")
def flatten(node: Node) -> None:
    """The axes before `axis` joined into one, and those from it on into another."""
    shape = node.shape(0)
    axis = int(node.attribute("axis", 1))
    axis = axis + len(shape) if axis < 0 else axis
    if axis == 1 and len(shape) > 1:
        node.result(node.emit("Flatten", [node.value(0)], {"start_dim": 1, "end_dim": -1}))
    else:
        node.result(node.reshape(node.value(0), [prod(shape[:axis]), prod(shape[axis:])]))


@onnx_op("Squeeze")
def squeeze(node: Node) -> None:
    """Axes of size 1 removed."""
    shape = node.shape(0)
    axes = node.ints(1, "axes", "axes")
    chosen = {i for i, d in enumerate(shape) if d == 1} if axes is None else {_axis(node, a, len(shape)) for a in axes}
    if any(shape[a] != 1 for a in chosen):
        node.refuse(f"axes {sorted(chosen)} of shape {list(shape)} are not all of size 1")
    node.result(node.reshape(node.value(0), [d for i, d in enumerate(shape) if i not in chosen] or [1]))


@onnx_op("Unsqueeze")
def unsqueeze(node: Node) -> None:
    """Axes of size 1 inserted."""
    axes = node.ints(1, "axes", "axes")
    if axes is None:
        node.refuse("its axes are missing")
    shape = list(node.shape(0))
    rank = len(shape) + len(axes)
    for axis in sorted(_axis(node, a, rank) for a in axes):
        shape.insert(axis, 1)
    node.result(node.reshape(node.value(0), shape))


@onnx_op("Expand")
def expand(node: Node) -> None:
    """Only where it changes at most the number of axes; repeating elements is refused."""
    shape = node.shape(0)
    target = node.ints(1, "shape", "shape") or []
    rank = max(len(shape), len(target))
    padded = [1] * (rank - len(shape)) + list(shape)
    wanted = [1] * (rank - len(target)) + target
    if any(w not in (1, p) for p, w in zip(padded, wanted, strict=True)):
        node.refuse(f"it repeats {list(shape)} to {target}, which is not supported")
    node.result(node.reshape(node.value(0), padded))


@onnx_op("Transpose")
def transpose(node: Node) -> None:
    """Axes in another order."""
    rank = len(node.shape(0))
    order = [int(a) for a in node.attribute("perm", list(range(rank))[::-1])]
    if order == list(range(rank)):
        node.pass_through()
        return
    node.result(node.emit("Permute", [node.value(0)], {"order": order}))


@onnx_op("DepthToSpace", "SpaceToDepth")
def depth_space(node: Node) -> None:
    """Blocks of pixels moved between channels and space, by reshape, permute and reshape."""
    n, c, h, w = _four(node)
    block = int(node.attribute("blocksize", 1))
    if node.op_type == "SpaceToDepth":
        seen = [n, c, h // block, block, w // block, block]
        order = [0, 3, 5, 1, 2, 4] if node.attribute("mode", "DCR") == "DCR" else [0, 1, 3, 5, 2, 4]
        final = [n, c * block * block, h // block, w // block]
    elif node.attribute("mode", "DCR") == "DCR":
        seen, order = [n, block, block, c // block**2, h, w], [0, 3, 4, 1, 5, 2]
        final = [n, c // block**2, h * block, w * block]
    else:
        seen, order = [n, c // block**2, block, block, h, w], [0, 1, 4, 2, 5, 3]
        final = [n, c // block**2, h * block, w * block]
    if prod(seen) != n * c * h * w:
        node.refuse(f"blocks of {block} do not divide shape {[n, c, h, w]}")
    value = node.reshape(node.value(0), seen, "blocks")
    value = node.emit("Permute", [value], {"order": order}, "moved")
    node.result(node.reshape(value, final))


def _four(node: Node) -> tuple[int, int, int, int]:
    shape = node.shape(0)
    if len(shape) != 4:
        node.refuse(f"its input has {len(shape)} dimensions, and must have 4")
    return shape[0], shape[1], shape[2], shape[3]


def _axis(node: Node, axis: int, rank: int) -> int:
    """A non-negative axis; refuses one that does not exist."""
    if not -rank <= axis < rank:
        node.refuse(f"axis {axis} does not exist in {rank} dimensions")
    return axis + rank if axis < 0 else axis
