"""From a front end's graph to Top operations in memory.

Walks the nodes in order, lets the front end fold what is constant, hands every other node to its function, and collects
all nodes that cannot be imported before giving up. It knows no operator and no framework.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ...errors import UserError, is_core_error
from ...finite import nonfinite_text
from .names import Names, tensor_names
from .node import ANY_TYPE, FLOATS
from .protocol import Graph, GraphNode, Shape
from .refusals import Refusals, Refused, Unknown, constant_output
from .stored import pieces
from .weights import Key, Weights


def import_graph(builder: Any, graph: Graph, input_attributes: Mapping[str, Mapping[str, Any]]) -> Importer:
    """Build `graph` with a `pymlir.Builder` and finish it.

    input_attributes: attributes of `top.Input` by input name. Raises UserError listing every node that cannot be
    imported.
    """
    importer = Importer(builder, graph)
    importer.add_inputs(input_attributes)
    importer.walk()
    importer.finish()
    return importer


class Importer:
    def __init__(self, builder: Any, graph: Graph) -> None:
        self.builder = builder
        self.graph = graph
        self.none = builder.none()
        self.constants: dict[str, Any] = dict(graph.constants)
        self._values: dict[str, Any] = {}
        self._refusals = Refusals(graph)
        self.numbers: dict[str, Any] = {}  # of truth values in their own type: the same as float32 numbers
        self._unknown: set[str] = set()  # results of refused nodes, and all that depends on them
        self._sized_by_data: set[str] = set()  # tensors as long as only the data say, and all that depends on them
        self._shapes_hold = True  # whether what the framework infers must be what is built
        self._outputs = set(graph.outputs)
        self._used = self._outputs | {name for node in graph.nodes for name in node.inputs}
        # Results have their names before any weight is made: a weight must not take one of them.
        self._names = Names()
        self._tensor_names = tensor_names((i.name for i in graph.inputs), graph.nodes, self._names)
        self.weights = Weights(builder, self._names, graph.keep)

    # --- the walk -----------------------------------------------------------------------------------------------

    def add_inputs(self, attributes: Mapping[str, Mapping[str, Any]]) -> None:
        for tensor in self.graph.inputs:
            assert tensor.shape is not None, "a graph's inputs have static shapes"
            what = f"input '{tensor.name}' of model '{self.graph.origin}'"
            if 0 in tensor.shape:
                raise UserError(f"{what} is empty: its shape is {list(tensor.shape)}")
            reason = self.graph.refused_input(tensor) if tensor.name in self._used else ""
            if reason:
                raise UserError(f"{what} {reason}")
            # A scalar becomes a vector of one: Top has no tensors without dimensions.
            shape = list(tensor.shape or (1,))
            kind = tensor.type if tensor.type in ANY_TYPE else "float32"
            named = dict(attributes.get(tensor.name, {}))
            self._values[tensor.name] = self.builder.input(tensor.name, shape, named, kind)

    def walk(self) -> None:
        for node in self.graph.nodes:
            if self._fold(node):
                continue
            try:
                function = self.graph.function(node)
                if any(map(self.is_unknown, node.inputs)):
                    self._unknown.update(filter(None, node.outputs))
                if self._ready(node):
                    if any(name in self._sized_by_data for name in node.inputs):
                        self._sized_by_data.update(filter(None, node.outputs))
                    function(self.graph.view(self, node))
                else:
                    self._stand_in(node)  # an earlier node failed, and nothing is known about its result
            except Unknown:
                self._stand_in(node)
            except Refused as reason:
                self._refuse(node, str(reason))
            except Exception as error:
                if not is_core_error(error):
                    raise
                self._refuse(node, str(error))

    def finish(self) -> None:
        """Raise for the nodes that failed, else end the function with the graph's outputs."""
        if self._refusals:
            raise self._refusals.error(self._is_computed)
        results = []
        given = {i.name for i in self.graph.inputs}
        for output in self.graph.outputs:
            if output in self.constants:
                others = [o for o in self.graph.outputs if o not in self.constants]
                raise constant_output(output, self.graph.origin, others)
            value = self._values[output]
            if output in given:
                # A network's input and its output are two tensors in memory; this is the copy.
                name = self.unique_name(f"{output}_Identity")
                value = self.emit("top.Reshape", [value], {"shape": list(self.shape_of_value(value))}, name)
            results.append(value)
        self.builder.finish(results)

    def _is_computed(self, name: str) -> bool:
        """Whether `name` is the float result of a node, so that the network can end there."""
        return name not in self.constants and name not in self._unknown and self._type_of(name) == "float32"

    def _refuse(self, node: GraphNode, reason: str) -> None:
        self._refusals.add(node, reason)
        self._stand_in(node)

    def _stand_in(self, node: GraphNode) -> None:
        """Give the results of a failed node a placeholder, so that the nodes behind it are examined too."""
        for name in filter(None, node.outputs):
            self._unknown.add(name)
            shape = self.shape_of(name)
            if shape and min(shape) > 0 and name not in self._values:
                try:
                    stand_in = self.builder.input(self.unique_name(f"{name}_{node.kind}"), list(shape), {})
                except Exception as error:
                    if not is_core_error(error):
                        raise
                    continue  # no such tensor can be; nothing is known about what is behind it
                self._values[name] = stand_in

    def _ready(self, node: GraphNode) -> bool:
        return all(not n or n in self._values or n in self.constants for n in node.inputs)

    def _fold(self, node: GraphNode) -> bool:
        """Whether the node's results are constants; they are known then."""
        folded = self.graph.fold(node, self.constants, self._fixed_shape_of)
        if folded is not None:
            self.constants.update((name, self.graph.keep(array)) for name, array in folded.items())
        return folded is not None

    def _fixed_shape_of(self, name: str) -> Shape | None:
        return None if name in self._sized_by_data else self.shape_of(name)

    # --- what import functions ask for (through Node) ------------------------------------------------------------

    def is_unknown(self, name: str) -> bool:
        """Whether `name` depends on a node that failed: it may be constant or not."""
        return name in self._unknown

    def is_used(self, name: str) -> bool:
        return bool(name) and name in self._used

    def is_output(self, name: str) -> bool:
        return name in self._outputs

    def readers_of(self, name: str, through: Collection[str] = ()) -> list[tuple[str, int, str]]:
        found = [("", 0, "")] if self.is_output(name) else []
        for node in self.graph.nodes:
            for i, read in enumerate(node.inputs):
                if read != name:
                    continue
                if i == 0 and node.kind in through:
                    found += self.readers_of(node.outputs[0], through)
                else:
                    found.append((node.kind, i, self._type_of(node.outputs[0])))
        return found

    def shape_of(self, name: str) -> Shape | None:
        if name in self.constants:
            return tuple(self.constants[name].shape)
        known = self._known_shape(name)
        if name in self._values:
            shape = self.shape_of_value(self._values[name])
            return () if shape == (1,) and known == () else shape
        return known

    def shape_of_value(self, value: Any) -> Shape:
        return tuple(self.builder.shape(value))

    def type_of_value(self, value: Any) -> str:
        return str(self.builder.type(value))

    def value_of(self, name: str, types: Collection[str] = FLOATS) -> Any:
        """`name` as a Top value, whose elements are of one of the `types`; refuses the node where they are not.

        A constant keeps its type only where no float could stand for it: where floats are among the types, it is one.
        """
        if name in self._values:
            found = self.type_of_value(self._values[name])
            if found not in types:
                raise Refused(f"'{name}' has type {found.upper()}; it computes with {' or '.join(types)} only")
            return self._values[name]
        constant = self.constants[name]
        own = str(constant.dtype)
        if own in types and own != "float32":
            return self.weights.make_typed(name, constant)
        return self.weight(name, (name,), constant)

    def weight(self, name: str, key: Key, array: Any) -> Any:
        """A weight called `name`, or nearly so where that is taken; the same `key` is the same weight.

        key: what the weight is: the constant that it comes from, and what was done to it.
        """
        known = self.weights.get(key)
        if known is not None:
            return known
        self.require_finite(str(key[0]), array)
        return self.weights.make(name, key, array)

    def require_finite(self, source: str, array: Any) -> None:
        """Refuse the node where `array`, made of the constant `source`, has an element that is not finite.

        The sentence speaks of the constant itself, and of one that the user has.
        """
        import numpy as np

        if all(np.isfinite(piece).all() for piece in pieces(np.asarray(array))):
            return
        source, text = self.graph.blame(source, nonfinite_text(array), source in self.constants)
        raise Refused(f"its weight '{source}' has {text}")

    def result_name(self, tensor: str, kind: str) -> str:
        """The Top name that belongs to the framework's `tensor`, which a `kind` makes."""
        return self._tensor_names.get(tensor) or self.unique_name(f"{tensor}_{kind}")

    def unique_name(self, wanted: str) -> str:
        """A name for a helper value or a weight that nothing else has."""
        return self._names.take(wanted)

    def emit(
        self,
        op: str,
        operands: Sequence[Any],
        attributes: dict[str, Any],
        name: str | list[str],
        type: str | list[str] | None = None,
    ) -> Any:
        """The result, or a list of them where `name` is a list."""
        for key, value in attributes.items():
            if isinstance(value, float) and math.isnan(value):
                raise Refused(f"the number for '{key}' of {op} is nan")
        return self.builder.op(op, list(operands), attributes, name, type)

    def bind(self, name: str, value: Any, may_differ: bool = False, sized_by_data: bool = False) -> None:
        """`value` is the tensor `name`; refuses where its shape is not what the framework infers.

        may_differ: the framework is known to infer wrong shapes here; from there on it is not asked. sized_by_data: the
        shape is only the largest possible.
        """
        if sized_by_data:
            self._sized_by_data.add(name)
        shape, built = self._known_shape(name), self.shape_of_value(value)
        if self._shapes_hold and shape is not None and (shape or (1,)) != built:
            if not may_differ:
                raise Refused(
                    f"its result '{name}' has shape {list(shape)} by {self.graph.framework}'s rules and {list(built)} "
                    f"as imported"
                )
            self._shapes_hold = False
        self._values[name] = value

    def _known_shape(self, name: str) -> Shape | None:
        tensor = self.graph.tensor(name)
        return tensor.shape if tensor is not None else None

    def _type_of(self, name: str) -> str:
        tensor = self.graph.tensor(name)
        return tensor.type if tensor is not None else "float32"
