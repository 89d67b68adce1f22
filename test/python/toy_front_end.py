"""A front end for networks in JSON, run by numpy: the example of docs/guides/add-a-front-end.md.

{"inputs": {"x": [1, 8]}, "weights": {"w": [[...], ...]}, "outputs": ["y"],
 "nodes": [{"kind": "Dense", "inputs": ["x", "w"], "output": "h"}, {"kind": "Relu", "inputs": ["h"], "output": "y"}]}
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tpu_mlir.errors import UserError, require_file
from tpu_mlir.frontend.core import protocol
from tpu_mlir.frontend.core.cutting import asked_outputs, needed
from tpu_mlir.frontend.core.node import Node
from tpu_mlir.frontend.core.protocol import GraphNode, Request, Tensor
from tpu_mlir.frontend.core.refusals import Refused


def dense(node: Node) -> None:
    """x [n, k] times a constant matrix [k, m]."""
    node.need_const(1, "matrix")
    node.result(node.emit("MatMul", [node.value(0), node.value(1), node.none()]))


def relu(node: Node) -> None:
    node.result(node.emit("Relu", [node.value(0)]))


def plus(node: Node) -> None:
    """The sum of two tensors of one shape."""
    if node.shape(0) != node.shape(1):
        node.refuse(f"its operands have shapes {list(node.shape(0))} and {list(node.shape(1))}")
    node.result(node.emit("Add", [node.value(0), node.value(1)]))


FUNCTIONS: dict[str, Callable[[Node], None]] = {"Dense": dense, "Relu": relu, "Plus": plus}


class ToyGraph(protocol.Graph):
    framework = "Toy"

    def __init__(self, network: ToyNetwork) -> None:
        self.origin = network.origin
        self.inputs, self.outputs = network.inputs, network.outputs
        self.nodes = self.asked = network.nodes
        self.constants = network.weights

    def function(self, node: GraphNode) -> Callable[[Any], None]:
        if node.kind not in FUNCTIONS:
            raise Refused(f"operator {node.kind} is not supported")
        return FUNCTIONS[node.kind]


class ToySession(protocol.Session):
    """`names`: of all tensors that `run` gives."""

    def __init__(self, network: ToyNetwork, names: Mapping[str, str]) -> None:
        self._network, self._names = network, names

    def run(self, inputs: protocol.Tensors) -> dict[str, Any]:
        meaning: dict[str, Callable[..., Any]] = {
            "Dense": np.matmul,
            "Relu": lambda x: np.maximum(x, 0),
            "Plus": np.add,
            "Softmax": lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True),
        }
        tensors = {**self._network.weights, **inputs}
        for node in self._network.nodes:
            tensors[node.outputs[0]] = meaning[node.kind](*(tensors[name] for name in node.inputs))
        return {self._names[name]: tensors[name] for name in self._names}


class ToyNetwork(protocol.Network):
    framework, runtime = "Toy", "numpy"

    def __init__(self, content: dict[str, Any], origin: str, request: Request) -> None:
        self.origin = origin
        self.inputs = [Tensor(name, tuple(shape)) for name, shape in content["inputs"].items()]
        self.weights = {name: np.array(values, np.float32) for name, values in content["weights"].items()}
        nodes = [GraphNode(n["kind"], tuple(n["inputs"]), (n["output"],)) for n in content["nodes"]]
        others = dict.fromkeys(content["inputs"], "an input") | dict.fromkeys(content["weights"], "a weight")
        self.outputs = asked_outputs(request.outputs or content["outputs"], nodes, others, origin)
        self.nodes = needed(nodes, self.outputs)

    def graph(self, way: str) -> ToyGraph:
        return ToyGraph(self)

    def reference(self, names: Mapping[str, str]) -> ToySession:
        return ToySession(self, {i.name: i.name for i in self.inputs} | dict(names))


class ToyModel(protocol.Model):
    def __init__(self, content: dict[str, Any], origin: str) -> None:
        self._content, self._origin = content, origin
        self.node_count = len(content["nodes"])

    def network(self, request: Request) -> ToyNetwork:
        if request.shapes is not None:
            raise UserError(f"--input_shapes: the shapes of model '{self._origin}' are fixed")
        return ToyNetwork(self._content, self._origin, request)

    def inputs(self) -> Mapping[str, tuple[int, ...]]:
        return {name: tuple(shape) for name, shape in self._content["inputs"].items()}

    def session(self, all_tensors: bool) -> ToySession:
        network = ToyNetwork(self._content, self._origin, Request())
        names = {t: f"{t}_{n.kind}" for n in network.nodes for t in n.outputs if all_tensors or t in network.outputs}
        return ToySession(network, names)


class ToyFrontEnd(protocol.FrontEnd):
    def load(self, path: Path) -> ToyModel:
        try:
            content = json.loads(require_file(path, "model").read_text(encoding="utf-8"))
        except ValueError as error:
            raise UserError(f"model '{path}' is no JSON: {error}") from error
        wanted: Sequence[str] = ("inputs", "weights", "nodes", "outputs")
        missing = [key for key in wanted if not isinstance(content, dict) or key not in content]
        if missing:
            raise UserError(f"model '{path}' has no '{missing[0]}'; a Toy network has {', '.join(wanted)}")
        return ToyModel(content, str(path))


FRONT_END = ToyFrontEnd()
