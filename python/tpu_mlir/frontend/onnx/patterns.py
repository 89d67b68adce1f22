"""Activations that exporters write as several nodes: found here, imported as one Top operation.

A pattern only fuses where nobody else reads the tensors inside it. The fused operation takes the name of the last node.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..core.protocol import GraphNode

if TYPE_CHECKING:
    from .importer import OnnxGraph
    from .registry import Node


@dataclass
class Fusion:
    """`op(source, weights...)` in place of the nodes of a pattern."""

    op: str
    source: str
    # Of every weight what it is called, what it is, and its elements, as `Importer.weight` takes them.
    weights: list[tuple[str, tuple[Hashable, ...], Any]] = field(default_factory=list)
    attribute: tuple[()] = ()  # it has no attributes of ONNX


def with_fusions(owner: OnnxGraph, nodes: list[GraphNode]) -> list[GraphNode]:
    """`nodes` with one node for every pattern; it has the name and the kind of the pattern's last."""
    graph = _Graph(owner)
    fusions: dict[int, Fusion] = {}
    absorbed: set[int] = set()
    for index in range(len(graph.nodes)):
        for pattern in (_gated, _gelu, _biased_matmul):
            found = pattern(graph, index)
            if found is not None and not absorbed & {found[0], *found[2]}:
                fusions[found[0]] = found[1]
                absorbed |= found[2]
                break
    return [
        replace(node, inputs=(fusions[i].source,), source=fusions[i]) if i in fusions else node
        for i, node in enumerate(nodes)
        if i not in absorbed
    ]


def import_fusion(node: Node) -> None:
    operands = [node.value(0)]
    operands += [node.weight(array, *key, name=name) for name, key, array in node.source.weights]
    node.result(node.emit(node.source.op, operands))


_Found = tuple[int, Fusion, set[int]] | None


def _gated(graph: _Graph, index: int) -> _Found:
    """x * g(x): SiLU for Sigmoid, HardSwish for HardSigmoid(1/6, 1/2), Mish for Tanh(Softplus(x))."""
    node = graph.nodes[index]
    if node.op_type != "Mul":
        return None
    for source, gate in ((node.input[0], node.input[1]), (node.input[1], node.input[0])):
        producer = graph.private_producer(gate)
        if producer is None:
            continue
        inner = graph.nodes[producer]
        if inner.op_type == "Sigmoid" and inner.input[0] == source:
            return index, Fusion("SiLU", source), {producer}
        if inner.op_type == "HardSigmoid" and inner.input[0] == source:
            values = {a.name: a.f for a in inner.attribute}
            if math.isclose(values.get("alpha", 0.2), 1 / 6, rel_tol=1e-4) and values.get("beta", 0.5) == 0.5:
                return index, Fusion("HardSwish", source), {producer}
        if inner.op_type == "Tanh":
            first = graph.private_producer(inner.input[0])
            if first is not None and graph.nodes[first].op_type == "Softplus" and graph.nodes[first].input[0] == source:
                return index, Fusion("Mish", source), {producer, first}
    return None


def _gelu(graph: _Graph, index: int) -> _Found:
    """x * (1 + Erf(x / sqrt 2)) * 0.5, with the two products in any order."""
    if graph.nodes[index].op_type != "Erf":
        return None
    scaled = graph.private_producer(graph.nodes[index].input[0])
    if scaled is None:
        return None
    source = graph.scaled_source(scaled, 1 / math.sqrt(2))
    plus = graph.only_consumer(graph.nodes[index].output[0])
    if source is None or plus is None or graph.added_constant(plus) != 1.0:
        return None
    absorbed = {scaled, index, plus}
    missing = {"source", "half"}
    current = plus
    while missing:
        product = graph.only_consumer(graph.nodes[current].output[0])
        if product is None or graph.nodes[product].op_type not in ("Mul", "Div"):
            return None
        inner = graph.nodes[current].output[0]
        other = next((n for n in graph.nodes[product].input if n != inner), inner)
        half = graph.private_producer(other)
        if other == source and graph.nodes[product].op_type == "Mul" and "source" in missing:
            missing.remove("source")
        elif graph.scaled_source(product, 0.5) == inner and "half" in missing:
            missing.remove("half")
        elif half is not None and graph.scaled_source(half, 0.5) == source and missing == {"source", "half"}:
            absorbed.add(half)
            missing.clear()
        else:
            return None
        absorbed.add(product)
        current = product
    absorbed.discard(current)
    return current, Fusion("GELU", source), absorbed


def _biased_matmul(graph: _Graph, index: int) -> _Found:
    """MatMul by a constant matrix, then Add of a constant vector over the last axis: one product with bias."""
    node = graph.nodes[index]
    matrix = graph.constants.get(node.input[1]) if node.op_type == "MatMul" else None
    plus = graph.only_consumer(node.output[0]) if matrix is not None and matrix.ndim == 2 else None
    if matrix is None or plus is None or graph.nodes[plus].op_type != "Add":
        return None
    other = next((n for n in graph.nodes[plus].input if n != node.output[0]), "")
    bias = graph.constants.get(other)
    rank = graph.rank(node.input[0])
    columns = matrix.shape[1]
    if bias is None or rank < 2 or bias.ndim > rank or bias.size != columns or bias.shape[-1:] != (columns,):
        return None
    right = node.input[1], (node.input[1],), matrix
    row = (f"{other}_row", (other, "row"), bias.reshape(-1)) if bias.ndim > 1 else (other, (other,), bias)
    return plus, Fusion("MatMul", node.input[0], [right, row]), {index}


class _Graph:
    """Who makes and who reads each tensor."""

    def __init__(self, owner: OnnxGraph) -> None:
        self.nodes = list(owner.model.graph.node)
        self._owner = owner
        self.constants = dict(owner.constants)
        for node in self.nodes:
            if node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
                import onnx

                self.constants[node.output[0]] = onnx.numpy_helper.to_array(node.attribute[0].t)
        self.outputs = set(owner.outputs)
        self.producers = {name: i for i, node in enumerate(self.nodes) for name in node.output if name}
        self.readers: dict[str, list[int]] = {}
        for i, node in enumerate(self.nodes):
            for name in node.input:
                self.readers.setdefault(name, []).append(i)

    def rank(self, name: str) -> int:
        tensor = self._owner.tensor(name)
        return len((tensor and tensor.shape) or ())

    def private_producer(self, name: str) -> int | None:
        """The node that makes `name`, if exactly one node reads it and the network does not end there."""
        if name in self.outputs or len(self.readers.get(name, [])) != 1:
            return None
        return self.producers.get(name)

    def only_consumer(self, name: str) -> int | None:
        """The one node that reads `name`; None where there are several or the network ends there."""
        readers = self.readers.get(name, [])
        return readers[0] if len(readers) == 1 and name not in self.outputs else None

    def scalar(self, name: str) -> float | None:
        array = self.constants.get(name)
        return float(array.reshape(-1)[0]) if array is not None and array.size == 1 else None

    def scaled_source(self, index: int, factor: float) -> str | None:
        """The tensor t if node `index` computes t * factor (or t / (1/factor)); None otherwise."""
        node = self.nodes[index]
        if node.op_type not in ("Mul", "Div") or len(node.input) != 2:
            return None
        pairs = [(node.input[0], node.input[1])]
        if node.op_type == "Mul":
            pairs.append((node.input[1], node.input[0]))
        for source, constant in pairs:
            value = self.scalar(constant)
            wanted = factor if node.op_type == "Mul" else 1 / factor
            if value is not None and math.isclose(value, wanted, rel_tol=1e-4):
                return source
        return None

    def added_constant(self, index: int) -> float | None:
        node = self.nodes[index]
        if node.op_type != "Add":
            return None
        values = [v for v in (self.scalar(n) for n in node.input) if v is not None]
        return values[0] if len(values) == 1 else None
