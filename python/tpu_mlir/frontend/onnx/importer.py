"""A prepared ONNX graph as the core's importer walks it: its nodes, constants, shapes and types, and how it folds.

It knows no operator; those are in `ops_<family>.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...finite import nonfinite_text
from ..core import importer as core
from ..core.node import ANY_TYPE
from ..core.protocol import Graph, GraphNode, Session, Shape, Tensor, Tensors
from ..core.refusals import Refused
from ..core.stored import Spill, place_of
from . import large
from .fold import evaluate
from .graph import opset_of
from .integers import why_not
from .registry import Node, registry
from .values import nodes_of, tensors_of

STANDARD_DOMAINS = ("", "ai.onnx")
HINTS: dict[str, str] = {}
# Folding a random generator would freeze one draw into the network.
_NEVER_FOLDED = {
    "RandomNormal",
    "RandomUniform",
    "RandomNormalLike",
    "RandomUniformLike",
    "Multinomial",
    "Bernoulli",
    "If",
    "Loop",
    "Scan",
}


def import_graph(
    builder: Any,
    model: Any,
    origin: str,
    input_attributes: Mapping[str, Mapping[str, Any]],
    asked: Any = None,
) -> core.Importer:
    """Build `model` (prepared) with a `pymlir.Builder` and finish it.

    asked: the user's model, whose names messages use, if `model` is a simplified form.
    """
    return core.import_graph(builder, OnnxGraph(model, origin, asked), input_attributes)


class OnnxGraph(Graph):
    """asked: the user's model, if `model` is another. is_simplified: whether a simplifier made the one of the other."""

    framework = "ONNX"

    def __init__(self, model: Any, origin: str, asked: Any = None, is_simplified: bool = False) -> None:
        self.model = model
        self.origin = origin
        self.is_simplified = is_simplified
        self._asked_model = asked if asked is not None else model
        self.version = f"opset {opset_of(self._asked_model)}"
        self.opset = opset_of(model)
        self._spill = Spill()
        self._is_large = any(large.is_large(w) for w in model.graph.initializer)
        self.constants = {w.name: large.array_of(w, self._spill) for w in model.graph.initializer}
        self.inputs = tensors_of(model.graph.input)
        self.outputs = [o.name for o in model.graph.output]
        values = [*model.graph.value_info, *model.graph.input, *model.graph.output]
        self._tensors = {tensor.name: tensor for tensor in tensors_of(values)}
        self.asked = nodes_of(self._asked_model.graph)
        self.nodes = nodes_of(model.graph)
        self._session: Session | None = None

    def tensor(self, name: str) -> Tensor | None:
        return self._tensors.get(name)

    def function(self, node: GraphNode) -> Callable[[Any], None]:
        if node.source.domain not in STANDARD_DOMAINS:
            raise Refused(f"domain '{node.source.domain}' is not supported; export with standard operators only")
        known = registry().get(node.kind)
        if known is None:
            hint = HINTS.get(node.kind)
            raise Refused(f"operator {node.kind} is not supported" + (f" ({hint})" if hint else ""))
        return known

    def view(self, importer: core.Importer, node: GraphNode) -> Node:
        return Node(importer, node, self.opset)

    def fold(self, node: GraphNode, constants: Tensors, shape: Callable[[str], Shape | None]) -> Tensors | None:
        """Evaluates a node whose inputs are all constant, or which asks for a known shape."""
        import numpy as np

        if node.source.domain not in STANDARD_DOMAINS:
            return None
        if node.kind in ("Shape", "Size") and node.inputs:
            known = shape(node.inputs[0])
            if known is None:
                return None
            attributes = {a.name: a.i for a in node.source.attribute}
            cut = known[attributes.get("start", 0) : attributes.get("end")]
            return {node.outputs[0]: np.array(cut if node.kind == "Shape" else np.prod(known), np.int64)}
        if any(name and name not in constants for name in node.inputs) or node.kind in _NEVER_FOLDED:
            return None
        return evaluate(node.source, constants, list(self.model.opset_import), self.model.ir_version)

    def refused_input(self, tensor: Tensor) -> str:
        if tensor.type in ANY_TYPE:
            return ""
        reason = why_not(self._asked_model, tensor.name)
        return f"has type {tensor.type.upper()}; {reason}; export it with a float input"

    def keep(self, array: Any, kind: Any = None) -> Any:
        """In C order; of a large model in a file, unless it is small."""
        import numpy as np

        kind = np.dtype(kind or array.dtype)
        is_there = place_of(array) is not None and array.dtype == kind
        if self._is_large and array.nbytes >= large.LARGE_WEIGHT:
            return array if is_there else self._spill.keep(array, kind)
        return np.asarray(array, kind, order="C")

    def blame(self, source: str, text: str, is_folded: bool) -> tuple[str, str]:
        own = {w.name: w for w in self._asked_model.graph.initializer}
        if source in own:
            return source, nonfinite_text(large.array_of(own[source], self._spill)) or text
        if is_folded and any(source in node.outputs for node in self.asked):
            return source, text
        # A simplifier made it of something.
        for name, weight in own.items():
            found = nonfinite_text(large.array_of(weight, self._spill))
            if found:
                return name, found
        return source, text

    def session(self) -> Session | None:
        from .reference import Session as OnnxSession

        if self._session is None:
            self._session = OnnxSession(self.model, self.origin, True)
        return self._session

    def save(self, imported: core.Importer, folder: Path, name: str, weights: Path) -> None:
        from .graph import copy_of

        large.save(copy_of(self.model), imported, weights, folder / f"{name}_opt.onnx")
