"""What a front end brings: four classes, from the file to a graph of nodes, and a `Session` that runs it in the
framework. Everything else is in this folder.

    FrontEnd --load--> Model --network--> Network --graph--> Graph, which the importer walks

Each is to be subclassed; a method with a body is a default that suits a framework without such a thing. Tensors are
known by the framework's own names here; in comparisons and in Top, a node's result is called `<tensor>_<kind>`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .importer import Importer

Tensors = Mapping[str, Any]  # numpy arrays by name
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Tensor:
    """What the framework says about one tensor. shape: None where it is not known. type: as numpy calls it."""

    name: str
    shape: Shape | None
    type: str = "float32"


@dataclass(frozen=True)
class GraphNode:
    """One node. kind: its operator. inputs, outputs: tensors, '' where one is absent. source: whatever import
    functions need of the framework's own node."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    name: str = ""
    source: Any = None

    @property
    def title(self) -> str:
        """How messages name it: by its own name, else by its first result's."""
        return self.name or next(filter(None, self.outputs), "")


@dataclass(frozen=True)
class Request:
    """What the user asks of a model besides its file. shapes: one per input. outputs: where to cut it."""

    shapes: Sequence[Sequence[int]] | None = None
    outputs: Sequence[str] = ()
    skip_fuse_bn: bool = False  # no simplifier may make batch normalisation part of a convolution


class Session(Protocol):
    """A network in its own framework, for any number of runs."""

    @abstractmethod
    def run(self, inputs: Tensors) -> dict[str, Any]:
        """The results for float32 `inputs`, by their names in comparisons; inputs keep their own."""


class Graph(Protocol):
    """A network as the importer walks it: static shapes, nodes in an order in which they can run."""

    framework: str  # 'ONNX'
    origin: str  # the user's file, for messages
    inputs: Sequence[Tensor]
    outputs: Sequence[str]
    nodes: Sequence[GraphNode]
    constants: Tensors
    asked: Sequence[GraphNode]  # the nodes of the user's own network; messages use their names
    is_simplified: bool = False  # whether it is another graph than the user's
    version: str = ""  # what messages add to a node's operator, such as 'opset 13'

    @abstractmethod
    def function(self, node: GraphNode) -> Callable[[Any], None]:
        """What imports `node`: called with what `view` gives. Raises `Refused` where there is none."""

    def view(self, importer: Importer, node: GraphNode) -> Any:
        """The node as its function sees it: a `Node`, or a subclass that knows the framework's attributes."""
        from .node import Node

        return Node(importer, node)

    def tensor(self, name: str) -> Tensor | None:
        """What the framework knows about an inner tensor; the import must agree with it."""
        return None

    def fold(self, node: GraphNode, constants: Tensors, shape: Callable[[str], Shape | None]) -> Tensors | None:
        """The results of a node that computes constants alone; None for every other. shape: of a tensor, if known."""
        return None

    def refused_input(self, tensor: Tensor) -> str:
        """Why `tensor`, which a node reads, cannot be an input, as 'has type ...'; empty where it can."""
        return "" if tensor.type == "float32" else f"has type {tensor.type}; only float32 inputs are supported"

    def keep(self, array: Any, kind: Any = None) -> Any:
        """`array` in C order, of type `kind` if that is given; a front end may keep large ones in files."""
        import numpy as np

        return np.asarray(array, kind, order="C")

    def blame(self, source: str, text: str, is_folded: bool) -> tuple[str, str]:
        """Which of the user's constants is not finite, and how: for one called `source`, with `text` about it."""
        return source, text

    def session(self) -> Session | None:
        """This graph in the framework; None where it is the user's own network."""
        return None

    def save(self, imported: Importer, folder: Path, name: str, weights: Path) -> None:
        """Write what was imported, in the framework's own form, for people to look at: `FrontEnd.files`.

        weights: the .npz with the weights of the import, already written.
        """
        return


class Network(Protocol):
    """The user's own network, with the shapes and outputs asked for: what an import is proven against."""

    framework: str
    runtime: str  # what runs it, for messages
    origin: str
    inputs: Sequence[Tensor]  # static
    outputs: Sequence[str]
    nodes: Sequence[GraphNode]
    # How to make a graph of it, the boldest simplification first. When the proof says that one way changes the network,
    # the next is tried; its words, such as 'without fusing', tell the user so.
    ways: Sequence[str] = ("",)

    @abstractmethod
    def graph(self, way: str) -> Graph: ...

    @abstractmethod
    def reference(self, names: Mapping[str, str]) -> Session | None:
        """Runs it, with every tensor that can be had. names: what tensors are called in the results.

        None where its tensors cannot be read; then `in_float32` is the reference.
        """

    def in_float32(self, names: Mapping[str, str]) -> Session | None:
        """The same network computed in float32, as Top is; None where it is so itself."""
        return None


class Model(Protocol):
    """A file that was read and is in order."""

    node_count: int

    @abstractmethod
    def network(self, request: Request) -> Network: ...

    @abstractmethod
    def inputs(self) -> Mapping[str, Shape]:
        """Names and shapes of what must be given to `session`; sizes that are not fixed are 0."""

    @abstractmethod
    def session(self, all_tensors: bool) -> Session:
        """The file as it is, for model_runner.py."""


class FrontEnd(Protocol):
    @abstractmethod
    def load(self, path: Path) -> Model:
        """UserError where the file is none of this framework, or damaged."""

    def files(self, name: str) -> Sequence[str]:
        """What `Graph.save` writes for a network called `name`; none of it may replace an input."""
        return ()
