"""Import of operators that join tensors, reshape them or reorder their axes."""

from __future__ import annotations

from math import prod

from .ops_select import axis_of
from .registry import Node, onnx_op


@onnx_op("Concat", numbers=True)
def concat(node: Node) -> None:
    """Tensors joined along one axis; some may be constant."""
    if not node.has_attribute("axis"):
        node.refuse("attribute 'axis' is missing")
    if len(node.inputs) == 1:
        node.pass_through()
        return
    axis = axis_of(node, int(node.attribute("axis")), len(node.shape(0)))
    node.result(node.emit("Concat", [node.value(i) for i in range(len(node.inputs))], {"axis": axis}))


@onnx_op("Reshape", numbers=True)
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


@onnx_op("Flatten", numbers=True)
def flatten(node: Node) -> None:
    """The axes before `axis` joined into one, and those from it on into another."""
    shape = node.shape(0)
    axis = int(node.attribute("axis", 1))
    axis = axis + len(shape) if axis < 0 else axis
    if axis == 1 and len(shape) > 1:
        node.result(node.emit("Flatten", [node.value(0)], {"start_dim": 1, "end_dim": -1}))
    else:
        node.result(node.reshape(node.value(0), [prod(shape[:axis]), prod(shape[axis:])]))


@onnx_op("Squeeze", numbers=True)
def squeeze(node: Node) -> None:
    """Axes of size 1 removed."""
    shape = node.shape(0)
    axes = node.ints(1, "axes", "axes")
    chosen = (
        {i for i, d in enumerate(shape) if d == 1} if axes is None else {axis_of(node, a, len(shape)) for a in axes}
    )
    if any(shape[a] != 1 for a in chosen):
        node.refuse(f"axes {sorted(chosen)} of shape {list(shape)} are not all of size 1")
    node.result(node.reshape(node.value(0), [d for i, d in enumerate(shape) if i not in chosen] or [1]))


@onnx_op("Unsqueeze", numbers=True)
def unsqueeze(node: Node) -> None:
    """Axes of size 1 inserted."""
    axes = node.ints(1, "axes", "axes")
    if axes is None:
        node.refuse("its axes are missing")
    shape = list(node.shape(0))
    rank = len(shape) + len(axes)
    for axis in sorted(axis_of(node, a, rank) for a in axes):
        shape.insert(axis, 1)
    node.result(node.reshape(node.value(0), shape))


@onnx_op("Transpose", numbers=True)
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
    if node.kind == "SpaceToDepth":
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
