"""Integer inputs become float32 inputs with the same values, where nothing computes with integers.

Between such an input and the Cast or DequantizeLinear that makes it float, only operators that move elements may
stand, and what they give may not leave the network. Every element of up to 24 bits has the same value in float32.
"""

from __future__ import annotations

from typing import Any

# Operators whose first input's elements are the result's, unchanged; any other input is a shape or a list of axes.
_MOVES = {
    "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Slice", "Split", "Gather", "Expand", "Tile",
    "DepthToSpace", "SpaceToDepth", "Concat",
}  # fmt: skip
_KEEPING = (
    "only Cast, DequantizeLinear with constant scales, comparisons, Where, a Gather's indices and operators that move "
    "elements may read an integer input"
)


def carry_integers(model: Any, shapes: dict[str, tuple[int, ...] | None]) -> bool:
    """Give the integer inputs that can be float the type float32, and what reads them its new form; True if any was.

    `model` is changed. shapes: of all tensors, where known.
    """
    import onnx

    roots = {i.name for i in model.graph.input if _is_integer(i.type.tensor_type.elem_type)}
    constants = _constants(model.graph)
    while roots:
        carried, blocked = _carried(model, roots, constants, shapes)
        if not blocked:
            break
        roots -= blocked
    if not roots:
        return False
    for value in model.graph.input:
        if value.name in carried:
            value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    kept = [v for v in model.graph.value_info if v.name not in carried]
    del model.graph.value_info[:]
    model.graph.value_info.extend(kept)
    nodes: list[Any] = []
    for node in model.graph.node:
        if node.input and node.input[0] in carried and node.op_type in ("Cast", "CastLike"):
            nodes.append(onnx.helper.make_node("Identity", [node.input[0]], list(node.output), name=node.name))
        elif node.input and node.input[0] in carried and node.op_type == "DequantizeLinear":
            nodes += _as_arithmetic(model, node, constants, shapes)
        else:
            nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return True


def why_not(model: Any, name: str) -> str:
    """Why the integer input `name` cannot be float: the node that computes with it, and the rule."""
    carried, reader = {name}, None
    constants = _constants(model.graph)
    for node in model.graph.node:
        if not carried & set(node.input):
            continue
        if _end(node, constants):
            continue
        if not _moves(node, carried, {}):
            reader = node
            break
        carried |= set(node.output)
    where = f"node '{reader.name or reader.output[0]}' ({reader.op_type}) computes with it; " if reader else ""
    return where + _KEEPING


def _is_integer(kind: int) -> bool:
    import onnx

    types = onnx.TensorProto
    return kind in (
        types.BOOL, types.UINT8, types.INT8, types.UINT16, types.INT16, types.UINT32, types.INT32, types.UINT64,
        types.INT64,
    )  # fmt: skip


def _constants(graph: Any) -> dict[str, Any]:
    import onnx

    found = {w.name: w for w in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
            found[node.output[0]] = node.attribute[0].t
    assert all(isinstance(t, onnx.TensorProto) for t in found.values())
    return found


def _carried(
    model: Any, roots: set[str], constants: dict[str, Any], shapes: dict[str, tuple[int, ...] | None]
) -> tuple[set[str], set[str]]:
    """The tensors that carry an integer input's elements, and the inputs that something computes with or gives back."""
    origins: dict[str, set[str]] = {root: {root} for root in roots}
    blocked: set[str] = set()
    for node in model.graph.node:
        mine = [name for name in node.input if name in origins]
        if not mine or _end(node, constants):
            if mine and node.op_type == "DequantizeLinear" and not _axis_known(node, constants, shapes):
                blocked |= origins[mine[0]]
            continue
        together = set().union(*(origins[name] for name in mine))
        if _moves(node, set(origins), constants):
            origins.update((name, together) for name in node.output if name)
        else:
            blocked |= together
    # What leaves has its own type: as a float it would be rounded to the mode's format.
    blocked |= set().union(*(origins[o.name] for o in model.graph.output if o.name in origins))
    return set(origins), blocked


def _end(node: Any, constants: dict[str, Any]) -> bool:
    """Whether the node's result no longer has the integers' type: a float, or a shape."""
    import onnx

    if node.domain not in ("", "ai.onnx"):
        return False
    if node.op_type == "DequantizeLinear":
        return all(not name or name in constants for name in node.input[1:])
    if node.op_type == "Cast":
        to = next((a.i for a in node.attribute if a.name == "to"), 0)
        return bool(to == onnx.TensorProto.FLOAT)
    if node.op_type == "CastLike":
        like = constants.get(node.input[1])
        return like is not None and like.data_type == onnx.TensorProto.FLOAT
    return node.op_type in ("Shape", "Size")


def _moves(node: Any, carried: set[str], constants: dict[str, Any]) -> bool:
    if node.domain not in ("", "ai.onnx"):
        return False
    if node.op_type == "Cast":
        # Any integer type that holds what float32 holds exactly; the narrow ones may cut values off.
        import onnx

        to = next((a.i for a in node.attribute if a.name == "to"), 0)
        return to in (onnx.TensorProto.INT32, onnx.TensorProto.INT64)
    if node.op_type not in _MOVES:
        return False
    if node.op_type == "Concat":
        return all(name in carried for name in node.input)
    return node.input[0] in carried and not carried & set(node.input[1:])


def _axis_known(node: Any, constants: dict[str, Any], shapes: dict[str, tuple[int, ...] | None]) -> bool:
    """Whether scales for each channel can be laid along their axis; blocks cannot."""
    dims = list(constants[node.input[1]].dims)
    return len(dims) == 0 or dims == [1] or (len(dims) == 1 and shapes.get(node.input[0]) is not None)


def _as_arithmetic(
    model: Any, node: Any, constants: dict[str, Any], shapes: dict[str, tuple[int, ...] | None]
) -> list[Any]:
    """(x - zero point) * scale as a subtraction and a product of floats."""
    import numpy as np
    import onnx

    axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
    scale = onnx.numpy_helper.to_array(constants[node.input[1]]).astype(np.float32)
    has_zero = len(node.input) > 2 and node.input[2]
    zero = onnx.numpy_helper.to_array(constants[node.input[2]]).astype(np.float32) if has_zero else np.zeros(1)
    if scale.size > 1:
        rank = len(shapes[node.input[0]] or ())
        form = [-1 if i == axis % rank else 1 for i in range(rank)]
        scale, zero = scale.reshape(form), zero.reshape(form) if zero.size > 1 else zero
    result, name = node.output[0], node.name or node.output[0]
    taken = {n for other in model.graph.node for n in (*other.input, *other.output)}
    source = node.input[0]
    nodes = []
    for role, op, array in (("zero_point", "Sub", zero), ("scale", "Mul", scale)):
        if op == "Sub" and not array.any():
            continue
        weight = f"{result}_{role}"
        while weight in taken:
            weight += "_"
        to = result if op == "Mul" else f"{weight}_removed"
        model.graph.initializer.append(
            onnx.numpy_helper.from_array(np.asarray(array if array.size > 1 else array.reshape(()), np.float32), weight)
        )
        nodes.append(onnx.helper.make_node(op, [source, weight], [to], name=f"{name}_{role}"))
        source = to
    return nodes
