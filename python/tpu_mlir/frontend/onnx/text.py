"""An ONNX model as text without its weights: protobuf's text format, as `<name>_opt.onnx.prototxt` holds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

_DATA = ("raw_data", "float_data", "double_data", "int32_data", "int64_data", "uint64_data", "string_data")
_READABLE = 16  # elements of a list of integers that people want to read: a shape, axes, pads


def write_text(model: Any, path: Path) -> None:
    """Write `model` to `path`, and take the data out of its tensors on the way: `model` is changed.

    Short lists of integers stay, in decimal. Of everything else the name, the type and the shape stay.
    """
    for tensor in _tensors(model.graph):
        _strip(tensor)
    # The same text as text_format.MessageToString's, seven times as fast.
    path.write_text(str(model), encoding="utf-8")


def _strip(tensor: Any) -> None:
    import onnx

    fields = {onnx.TensorProto.INT64: "int64_data", onnx.TensorProto.INT32: "int32_data"}
    kept: list[int] = []
    if tensor.data_type in fields and tensor.data_location == onnx.TensorProto.DEFAULT:
        values = onnx.numpy_helper.to_array(tensor)
        kept = values.reshape(-1).tolist() if values.size <= _READABLE else []
    for field in _DATA:
        tensor.ClearField(field)
    if kept:
        getattr(tensor, fields[tensor.data_type]).extend(kept)


def _tensors(graph: Any) -> Iterator[Any]:
    """Every tensor of the graph and of the graphs inside it."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield sparse.values
    for node in graph.node:
        for attribute in node.attribute:
            yield from [attribute.t] if attribute.HasField("t") else attribute.tensors
            for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield from _tensors(inner)
