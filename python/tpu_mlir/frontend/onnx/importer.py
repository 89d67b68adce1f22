"""From a prepared ONNX graph to Top operations in memory.

Walks the nodes in order, folds what is constant, hands every other node to its registered function, and collects all
nodes that cannot be imported before giving up. It knows no operator.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from ...errors import UserError, is_core_error
from ...finite import nonfinite_text
from . import advice, large
from .fold import evaluate
from .graph import constant_output, opset_of, static_shape
from .integers import why_not
from .names import Names, tensor_names
from .patterns import Fusion, find_fusions
from .registry import Node, Refused, Unknown, registry

STANDARD_DOMAINS = ("", "ai.onnx")
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
) -> Importer:
    """Build `model` (prepared) with a `pymlir.Builder` and finish it.

    input_attributes: attributes of `top.Input` by input name. asked: the user's model, whose names messages use, if
    `model` is a simplified form. Raises UserError listing every node that cannot be imported.
    """
    importer = Importer(builder, model, origin, asked)
    importer.add_inputs(input_attributes)
    importer.walk()
    importer.finish()
    return importer


class Importer:
    def __init__(self, builder: Any, model: Any, origin: str, asked: Any = None) -> None:
        self.builder = builder
        self.model = model
        self.graph = model.graph
        self.asked = asked if asked is not None else model
        self.origin = origin
        self.opset = opset_of(model)
        self.none = builder.none()
        self._spill = large.Spill()
        self._is_large = any(large.is_large(w) for w in self.graph.initializer)
        self.constants: dict[str, Any] = {w.name: large.array_of(w, self._spill) for w in self.graph.initializer}
        self.parameters = 0
        self.op_counts: dict[str, int] = {}
        self._opset_import = list(model.opset_import)
        self._ir_version = model.ir_version
        self._values: dict[str, Any] = {}
        self._weights: dict[tuple[Hashable, ...], Any] = {}
        self.placed: dict[tuple[str, int], str] = {}  # names of the weights that stay in files, by file and offset
        self._failures: list[str] = []
        self._failed: set[str] = set()  # results of nodes that cannot be imported
        self._unknown: set[str] = set()  # those, and all that depends on them
        self._onnx_shapes_hold = True
        self._info = {v.name: v for v in [*self.graph.value_info, *self.graph.input, *self.graph.output]}
        self._outputs = {o.name for o in self.graph.output}
        self._used = self._outputs | {name for node in self.graph.node for name in node.input}
        # Results have their names before any weight is made: a weight must not take one of them.
        self._names = Names()
        self._tensor_names = tensor_names(self.graph, self._names)

    # --- the walk -----------------------------------------------------------------------------------------------

    def add_inputs(self, attributes: Mapping[str, Mapping[str, Any]]) -> None:
        import onnx

        for value in self.graph.input:
            kind = value.type.tensor_type.elem_type
            shape = static_shape(value)
            assert shape is not None, "prepare() gives every input a static shape"
            if 0 in shape:
                raise UserError(f"input '{value.name}' of model '{self.origin}' is empty: its shape is {list(shape)}")
            if kind != onnx.TensorProto.FLOAT and value.name in self._used:
                raise UserError(
                    f"input '{value.name}' of model '{self.origin}' has type {onnx.TensorProto.DataType.Name(kind)}; "
                    f"{why_not(self.model, value.name)}; export it with a float input"
                )
            # A scalar becomes a vector of one: Top has no tensors without dimensions.
            shape = shape or (1,)
            self._values[value.name] = self.builder.input(value.name, list(shape), dict(attributes.get(value.name, {})))

    def walk(self) -> None:
        importers = registry()
        fusions, absorbed = find_fusions(self)
        for index, proto in enumerate(self.graph.node):
            if index in absorbed or self._fold(proto):
                continue
            node = Node(self, proto)
            try:
                if index in fusions:
                    if self._ready(fusions[index].source):
                        self._import_fusion(node, fusions[index])
                    if not self._ready(fusions[index].source) or self.is_unknown(fusions[index].source):
                        self._stand_in(proto)
                    continue
                if proto.domain not in STANDARD_DOMAINS:
                    raise Refused(f"domain '{proto.domain}' is not supported; export with standard operators only")
                if proto.op_type not in importers:
                    raise Refused(advice.unsupported(proto.op_type))
                if any(map(self.is_unknown, proto.input)):
                    self._unknown.update(filter(None, proto.output))
                if not self._ready(*proto.input):
                    self._stand_in(proto)  # an earlier node failed, and nothing is known about its result
                    continue
                importers[proto.op_type](node)
            except Unknown:
                self._stand_in(proto)
            except Refused as reason:
                self._fail(node, str(reason))
            except Exception as error:
                if not is_core_error(error):
                    raise
                self._fail(node, str(error))

    def finish(self) -> None:
        """Raise for the nodes that failed, else end the function with the graph's outputs."""
        if self._failures:
            raise UserError(self._refusal())
        results = []
        given = {i.name for i in self.graph.input}
        for output in self.graph.output:
            if output.name in self.constants:
                others = [o.name for o in self.graph.output if o.name not in self.constants]
                raise constant_output(output.name, self.origin, others)
            value = self._values[output.name]
            if output.name in given:
                # A network's input and its output are two tensors in memory; this is the copy.
                name = self.unique_name(f"{output.name}_Identity")
                value = self.emit("top.Reshape", [value], {"shape": list(self.shape_of_value(value))}, name)
            results.append(value)
        self.builder.finish(results)

    def _refusal(self) -> str:
        """All nodes that failed, and what can be done about them together."""
        count = f"{len(self._failures)} of {len(self.asked.graph.node)} nodes" if len(self._failures) > 1 else "1 node"
        do = advice.cut(self.graph, self.asked.graph, self._failed, self._is_computed)
        lines = [f"{self._failures[0]}; {do}"] if len(self._failures) == 1 else [*self._failures, do]
        return "\n  ".join([f"{count} of model '{self.origin}' cannot be imported:", *lines])

    def _is_computed(self, name: str) -> bool:
        """Whether `name` is the float result of a node, so that the network can end there."""
        import onnx

        if name in self.constants or name in self._unknown:
            return False
        kind = self._info[name].type.tensor_type.elem_type if name in self._info else onnx.TensorProto.FLOAT
        return kind in (onnx.TensorProto.FLOAT, onnx.TensorProto.UNDEFINED)

    def _import_fusion(self, node: Node, fusion: Fusion) -> None:
        operands = [self.value_of(fusion.source)]
        if fusion.weights:
            operands += [self.weight(*weight) for weight in fusion.weights]
        node.result(node.emit(fusion.op, operands, dict(fusion.attributes)))

    def _fail(self, node: Node, reason: str) -> None:
        opset = opset_of(self.asked)
        self._failures.append(f"{advice.title(node.proto, self.asked.graph)}opset {opset}): {reason}")
        self._failed.update(filter(None, node.proto.output))
        self._stand_in(node.proto)

    def _stand_in(self, proto: Any) -> None:
        """Give the results of a failed node a placeholder, so that the nodes behind it are examined too."""
        for name in filter(None, proto.output):
            self._unknown.add(name)
            shape = self.shape_of(name)
            if shape and min(shape) > 0 and name not in self._values:
                try:
                    stand_in = self.builder.input(self.unique_name(f"{name}_{proto.op_type}"), list(shape), {})
                except Exception as error:
                    if not is_core_error(error):
                        raise
                    continue  # no such tensor can be; nothing is known about what is behind it
                self._values[name] = stand_in

    def _ready(self, *names: str) -> bool:
        return all(not n or n in self._values or n in self.constants for n in names)

    def is_unknown(self, name: str) -> bool:
        """Whether `name` depends on a node that failed: it may be constant or not."""
        return name in self._unknown

    def _fold(self, proto: Any) -> bool:
        """Evaluate a node whose inputs are all constant, or which asks for a known shape; True if it was."""
        import numpy as np

        if proto.op_type in ("Shape", "Size") and proto.domain in STANDARD_DOMAINS and proto.input:
            shape = self.shape_of(proto.input[0])
            if shape is None:
                return False
            start, end = Node(self, proto).attribute("start", 0), Node(self, proto).attribute("end")
            folded = np.array(shape[start:end] if proto.op_type == "Shape" else np.prod(shape), np.int64)
            self.constants[proto.output[0]] = folded
            return True
        if any(name and name not in self.constants for name in proto.input) or proto.op_type in _NEVER_FOLDED:
            return False
        if proto.domain not in STANDARD_DOMAINS:
            return False
        results = evaluate(proto, self.constants, self._opset_import, self._ir_version)
        if results is None:
            return False
        self.constants.update((name, self._kept(array)) for name, array in results.items())
        return True

    # --- what import functions ask for (through Node) ------------------------------------------------------------

    def is_used(self, name: str) -> bool:
        return bool(name) and name in self._used

    def is_output(self, name: str) -> bool:
        return name in self._outputs

    def shape_of(self, name: str) -> tuple[int, ...] | None:
        if name in self.constants:
            return tuple(self.constants[name].shape)
        if name in self._values:
            shape = self.shape_of_value(self._values[name])
            is_scalar = shape == (1,) and name in self._info and static_shape(self._info[name]) == ()
            return () if is_scalar else shape
        return static_shape(self._info[name]) if name in self._info else None

    def shape_of_value(self, value: Any) -> tuple[int, ...]:
        return tuple(self.builder.shape(value))

    def value_of(self, name: str) -> Any:
        import onnx

        if name in self._values:
            kind = self._info[name].type.tensor_type.elem_type if name in self._info else onnx.TensorProto.FLOAT
            if kind not in (onnx.TensorProto.FLOAT, onnx.TensorProto.UNDEFINED):
                raise Refused(
                    f"'{name}' has type {onnx.TensorProto.DataType.Name(kind)}; only floating-point tensors "
                    f"can be computed at run time"
                )
            return self._values[name]
        return self.weight(name, (name,), self.constants[name])

    def weight(self, name: str, key: tuple[Hashable, ...], array: Any) -> Any:
        """A weight called `name`, or nearly so where that is taken; the same `key` is the same weight.

        key: what the weight is: the ONNX constant that it comes from, and what was done to it.
        """
        import numpy as np

        if key in self._weights:
            return self._weights[key]
        self.require_finite(str(key[0]), array)
        array = self._kept(array, np.float32)
        self.parameters += array.size
        # A scalar becomes a vector of one: Top has no tensors without dimensions.
        array = array.reshape(1) if array.ndim == 0 else array
        unique = self.unique_name(name)
        place = large.place_of(array)
        if place is None:
            self._weights[key] = self.builder.weight(unique, array)
        else:
            self._weights[key] = self.builder.weight_in_file(unique, *place, array.shape)
            self.placed.setdefault(place, unique)
        return self._weights[key]

    def _kept(self, array: Any, kind: Any = None) -> Any:
        """`array` in C order, of type `kind` if that is given; of a large model in a file, unless it is small."""
        import numpy as np

        kind = np.dtype(kind or array.dtype)
        is_there = large.place_of(array) is not None and array.dtype == kind
        if self._is_large and array.nbytes >= large.LARGE_WEIGHT:
            return array if is_there else self._spill.keep(array, kind)
        return np.asarray(array, kind, order="C")

    def require_finite(self, source: str, array: Any) -> None:
        """Refuse the node where `array`, made of the constant `source`, has an element that is not finite.

        The sentence speaks of the constant itself, and of one that the user has.
        """
        import numpy as np

        if all(np.isfinite(piece).all() for piece in large.pieces(np.asarray(array))):
            return
        text = nonfinite_text(array)
        own = {w.name: w for w in self.asked.graph.initializer}
        if source in own:
            text = nonfinite_text(large.array_of(own[source], self._spill)) or text
        elif source not in self.constants or source not in {n for p in self.asked.graph.node for n in p.output}:
            # A simplifier made it of something.
            for name, weight in own.items():
                found = nonfinite_text(large.array_of(weight, self._spill))
                if found:
                    source, text = name, found
                    break
        raise Refused(f"its weight '{source}' has {text}")

    def result_name(self, output: str, op_type: str) -> str:
        """The Top name that belongs to the ONNX tensor `output`, which an `op_type` makes."""
        return self._tensor_names.get(output) or self.unique_name(f"{output}_{op_type}")

    def unique_name(self, wanted: str) -> str:
        """A name for a helper value or a weight that nothing else has."""
        return self._names.take(wanted)

    def emit(self, op: str, operands: Sequence[Any], attributes: dict[str, Any], name: str) -> Any:
        self.op_counts[op] = self.op_counts.get(op, 0) + 1
        return self.builder.op(op, list(operands), attributes, name)

    def bind(self, name: str, value: Any, ceil_mode: bool = False) -> None:
        """`value` is the ONNX tensor `name`; refuses where its shape is not what ONNX infers.

        With `ceil_mode`, onnx (seen in 1.23) counts windows that start in the padding behind the input, against its
        own specification and its own evaluator; from there on its inferred shapes are not asked.
        """
        shape = static_shape(self._info[name]) if name in self._info else None
        built = self.shape_of_value(value)
        if self._onnx_shapes_hold and shape is not None and (shape or (1,)) != built:
            if ceil_mode:
                self._onnx_shapes_hold = False
                self._values[name] = value
                return
            raise Refused(f"its result '{name}' has shape {list(shape)} by ONNX's rules and {list(built)} as imported")
        self._values[name] = value
