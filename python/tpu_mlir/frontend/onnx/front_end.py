"""The ONNX front end as the core sees it: a file, the user's network, the graph that Top is made of, and its reference.

Decides in which order simplifications are tried; how each step works is in the modules beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from ..core.protocol import FrontEnd, Model, Network, Request, Session, Shape
from . import graph, reference
from .importer import OnnxGraph
from .simplify import AVOIDED
from .values import nodes_of, tensors_of

_AS_IT_IS = "as it is"


class OnnxFrontEnd(FrontEnd):
    def load(self, path: Path) -> Model:
        return OnnxModel(graph.load_model(path), str(path))

    def files(self, name: str) -> Sequence[str]:
        return [f"{name}_opt.onnx", f"{name}_opt.onnx.prototxt"]


class OnnxModel(Model):
    def __init__(self, model: Any, origin: str) -> None:
        self._model, self._origin = model, origin
        self.node_count = len(model.graph.node)

    def network(self, request: Request) -> Network:
        asked = graph.as_asked(self._model, self._origin, request.shapes, request.outputs)
        return OnnxNetwork(asked, self._origin, request.skip_fuse_bn)

    def inputs(self) -> Mapping[str, Shape]:
        return reference.input_shapes(self._model)

    def session(self, all_tensors: bool) -> Session:
        return reference.Session(self._model, self._origin, all_tensors)


class OnnxNetwork(Network):
    framework = "ONNX"
    runtime = "onnxruntime"
    # With all that a simplifier does, then with less and less.
    ways = (*(f"without {avoided}" if avoided else "" for avoided in AVOIDED), _AS_IT_IS)

    def __init__(self, asked: Any, origin: str, skip_fuse_bn: bool) -> None:
        self.origin = origin
        self.inputs = tensors_of(asked.graph.input)
        self.outputs = [o.name for o in asked.graph.output]
        self.nodes = nodes_of(asked.graph)
        self._asked, self._skip_fuse_bn = asked, skip_fuse_bn

    def graph(self, way: str) -> OnnxGraph:
        is_simplified = way != _AS_IT_IS
        avoid = way.removeprefix("without ") if is_simplified else ""
        copy = graph.copy_of(self._asked)
        model = graph.prepare(copy, self.origin, simplifier=is_simplified, skip_fuse_bn=self._skip_fuse_bn, avoid=avoid)
        return OnnxGraph(model, self.origin, self._asked, is_simplified)

    def reference(self, names: Mapping[str, str]) -> Session | None:
        """None where a tensor has a format that numpy lacks: it cannot be read."""
        return reference.Session(self._asked, self.origin, True, names) if self._is_readable else None

    def in_float32(self, names: Mapping[str, str]) -> Session | None:
        """The model's float32 form, unsimplified; None where it computes in float32 alone."""
        if self._is_float32 and self._is_readable:
            return None
        model = graph.prepare(graph.copy_of(self._asked), self.origin, simplifier=False)
        return reference.Session(model, self.origin, True, names)

    @cached_property
    def _is_readable(self) -> bool:
        return all(reference.is_readable(v) for v in [*self._asked.graph.input, *self._asked.graph.output])

    @cached_property
    def _is_float32(self) -> bool:
        import onnx

        other = {onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16, onnx.TensorProto.DOUBLE}
        values = [*self._asked.graph.input, *self._asked.graph.output]
        types = {v.type.tensor_type.elem_type for v in values} | {w.data_type for w in self._asked.graph.initializer}
        casts = [node for node in self._asked.graph.node if node.op_type == "Cast"]
        types |= {attribute.i for node in casts for attribute in node.attribute if attribute.name == "to"}
        return not types & other


FRONT_END = OnnxFrontEnd()
