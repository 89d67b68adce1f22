"""What an ONNX file must hold before anything else looks at it: tensors with the data of their shapes, known types, and
a producer for every tensor that is read.

The checker of the onnx package does most of it, but stops at the first operator that it does not know and takes
tensors with too much data.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from ...errors import UserError


def check(model: Any, origin: str) -> None:
    """UserError for the first thing in `model` that breaks the ONNX rules; unknown operators do not."""
    for tensor, owner in _tensors(model.graph):
        _check_tensor(tensor, owner, origin)
    _check_values(model.graph, origin)
    # Runtimes take an output without a shape, the checker does not.
    shapeless = [o.type.tensor_type for o in model.graph.output if not o.type.tensor_type.HasField("shape")]
    for tensor_type in shapeless:
        tensor_type.shape.SetInParent()
    try:
        _check_rules(model, origin)
    finally:
        for tensor_type in shapeless:
            tensor_type.ClearField("shape")
    check_producers(model.graph, origin)


def _check_values(graph: Any, origin: str) -> None:
    """Inputs and outputs are tensors of a known element type; an output's may be left to inference."""
    import onnx

    known = set(onnx.TensorProto.DataType.values()) - {onnx.TensorProto.UNDEFINED}
    for what, values in (("input", graph.input), ("output", graph.output)):
        for value in values:
            kind = value.type.tensor_type.elem_type
            if value.type.WhichOneof("value") not in ("tensor_type", None):
                raise UserError(f"model '{origin}': its {what} '{value.name}' is no tensor")
            if kind not in known and (what == "input" or kind != onnx.TensorProto.UNDEFINED):
                raise UserError(
                    f"model '{origin}' breaks the ONNX rules: its {what} '{value.name}' has the element type {kind}"
                )


def _check_rules(model: Any, origin: str) -> None:
    """What the checker says of all that it knows."""
    import onnx

    try:
        onnx.checker.check_model(model)
    except (onnx.checker.ValidationError, ValueError) as error:
        if "No Op registered for" not in str(error) and "Unrecognized" not in str(error):
            raise _broken(origin, error) from error
        # An unknown operator is reported by the importer, together with all others; here it must hide nothing else.
        known = type(model)()
        known.CopyFrom(model)
        _make_foreign(known)
        try:
            onnx.checker.check_model(known)
        except (onnx.checker.ValidationError, ValueError) as hidden:
            if "No Op registered for" not in str(hidden) and "Unrecognized" not in str(hidden):
                raise _broken(origin, hidden) from hidden


def _broken(origin: str, error: BaseException) -> UserError:
    return UserError(f"model '{origin}' breaks the ONNX rules: {first_line(error)}")


def first_line(error: BaseException) -> str:
    """The first line of an error's text with anything in it, and the next one where it goes on there."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].endswith(":"):
        return f"{lines[0]} {lines[1]}"
    return lines[0] if lines else type(error).__name__


def _tensors(graph: Any) -> Iterator[tuple[Any, str]]:
    """Every tensor of a graph and of the graphs within it, each with what it is."""
    for tensor in graph.initializer:
        yield tensor, f"weight '{tensor.name}'"
    for sparse in graph.sparse_initializer:
        yield sparse.values, f"weight '{sparse.values.name}'"
        yield sparse.indices, f"the indices of weight '{sparse.values.name}'"
    for node in graph.node:
        title = node.name or next(iter(node.output), "") or node.op_type
        for attribute in node.attribute:
            for tensor in [attribute.t] if attribute.HasField("t") else attribute.tensors:
                yield tensor, f"attribute '{attribute.name}' of node '{title}'"
            for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield from _tensors(inner)


def _check_tensor(tensor: Any, what: str, origin: str) -> None:
    """The element type is known, and there is as much data as the shape asks for."""
    import onnx

    types = onnx.TensorProto.DataType
    if tensor.data_type not in types.values() or tensor.data_type == onnx.TensorProto.UNDEFINED:
        raise UserError(f"model '{origin}' breaks the ONNX rules: {what} has the element type {tensor.data_type}")
    if any(d < 0 for d in tensor.dims):
        raise UserError(f"model '{origin}' breaks the ONNX rules: {what} has the shape {list(tensor.dims)}")
    if tensor.data_location == onnx.TensorProto.EXTERNAL or not tensor.HasField("raw_data"):
        return  # read, or counted, by the checker
    kind = types.Name(tensor.data_type)
    if tensor.data_type == onnx.TensorProto.STRING:
        raise UserError(f"model '{origin}' breaks the ONNX rules: {what} has raw data for elements of type STRING")
    bits = _bits(tensor.data_type)
    wanted = -(-prod(tensor.dims) * bits // 8)
    if len(tensor.raw_data) != wanted:
        raise UserError(
            f"model '{origin}' breaks the ONNX rules: {what} has {len(tensor.raw_data)} bytes of data, and its shape "
            f"{list(tensor.dims)} of {kind} takes {wanted}"
        )


def _bits(data_type: int) -> int:
    import numpy as np
    import onnx

    kind = onnx.TensorProto.DataType.Name(data_type)
    for packed, bits in (("INT4", 4), ("FLOAT4", 4), ("INT2", 2)):
        if packed in kind:
            return bits
    return int(np.dtype(onnx.helper.tensor_dtype_to_np_dtype(data_type)).itemsize) * 8


def _make_foreign(model: Any) -> None:
    """Move every operator without a definition to a domain of its own, where the checker asks nothing of it."""
    import onnx

    versions = {o.domain or "ai.onnx": o.version for o in model.opset_import}
    local = {(f.domain, f.name) for f in model.functions}

    def visit(graph: Any) -> None:
        for node in graph.node:
            version = versions.get(node.domain or "ai.onnx", 1)
            domain = "" if node.domain == "ai.onnx" else node.domain
            try:
                is_known = onnx.defs.has(node.op_type, version, domain)
            except (TypeError, ValueError):  # a version out of range, a name that is none
                is_known = False
            if (node.domain, node.op_type) not in local and not is_known:
                node.domain = "unknown"
            for attribute in node.attribute:
                for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                    visit(inner)

    visit(model.graph)
    model.opset_import.append(onnx.helper.make_opsetid("unknown", 1))


def check_producers(graph: Any, origin: str) -> None:
    """Every tensor that a node reads or the network gives out comes from somewhere, and before it is read."""
    made = {i.name for i in graph.input} | {w.name for w in graph.initializer}
    made |= {w.values.name for w in graph.sparse_initializer}
    for node in graph.node:
        for name in node.input:
            if name and name not in made:
                title = node.name or next(iter(node.output), "") or node.op_type
                raise UserError(
                    f"model '{origin}' breaks the ONNX rules: node '{title}' ({node.op_type}) reads '{name}', which "
                    f"nothing before it makes"
                )
        made.update(name for name in node.output if name)
    for output in graph.output:
        if output.name not in made:
            raise UserError(f"model '{origin}' breaks the ONNX rules: nothing makes its output '{output.name}'")


def captured(node: Any) -> set[str]:
    """Every tensor name that the node's sub-graphs mention (a superset of what they capture)."""
    names: set[str] = set()
    for attribute in node.attribute:
        for graph in [attribute.g, *attribute.graphs]:
            names.update(o.name for o in graph.output)
            for inner in graph.node:
                names.update(inner.input)
                names |= captured(inner)
    return names
