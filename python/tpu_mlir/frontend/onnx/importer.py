"""From a prepared ONNX graph to Top operations in memory.

Walks the nodes in order, folds what is constant, hands every other node to its registered function, and collects all
nodes that cannot be imported before giving up. It knows no operator.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from ...errors import UserError, is_core_error
from . import large
from .graph import opset_of, static_shape
from .names import Names, tensor_names
from .patterns import Fusion, find_fusions
from .registry import Node, Refused, registry

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


def import_graph(builder: Any, model: Any, origin: str, input_attributes: Mapping[str, Mapping[str, Any]]) -> Importer:
    """Build `model` (prepared) with a `pymlir.Builder` and finish it.

    input_attributes: attributes of `top.Input` by input name. Raises UserError listing every node that cannot be
    imported.
    """
    importer = Importer(builder, model, origin)
    importer.add_inputs(input_attributes)
    importer.walk()
    importer.finish()
    return importer


class Importer:
    def __init__(self, builder: Any, model: Any, origin: str) -> None:
        self.builder = builder
        self.graph = model.graph
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
                    f"only floating-point inputs are supported; cut the network behind it with --output_names "
                    f"or export it with a float input"
                )
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
                    self._import_fusion(node, fusions[index])
                    continue
                if proto.domain not in STANDARD_DOMAINS:
                    raise Refused(f"domain '{proto.domain}' is not supported; export with standard operators only")
                if proto.op_type not in importers:
                    raise Refused(_advice(proto))
                if not self._ready(proto):
                    self._stand_in(proto)  # an earlier node failed, and nothing is known about its result
                    continue
                importers[proto.op_type](node)
            except Refused as reason:
                self._fail(node, str(reason))
            except Exception as error:
                if not is_core_error(error):
                    raise
                self._fail(node, str(error))

    def finish(self) -> None:
        """Raise for the nodes that failed, else end the function with the graph's outputs."""
        if self._failures:
            count = f"{len(self._failures)} of {len(self.graph.node)} nodes" if len(self._failures) > 1 else "1 node"
            raise UserError("\n  ".join([f"{count} of model '{self.origin}' cannot be imported:", *self._failures]))
        results = []
        for output in self.graph.output:
            if output.name in self.constants:
                raise UserError(
                    f"output '{output.name}' of model '{self.origin}' is constant: it does not depend on any input"
                )
            results.append(self._values[output.name])
        self.builder.finish(results)

    def _import_fusion(self, node: Node, fusion: Fusion) -> None:
        operands = [self.value_of(fusion.source)]
        if fusion.weights:
            operands += [self.weight(*weight) for weight in fusion.weights]
        node.result(node.emit(fusion.op, operands, dict(fusion.attributes)))

    def _fail(self, node: Node, reason: str) -> None:
        self._failures.append(f"node '{node.title}' ({node.op_type}, opset {self.opset}): {reason}")
        self._stand_in(node.proto)

    def _stand_in(self, proto: Any) -> None:
        """Give the results of a failed node a placeholder, so that the nodes behind it are examined too."""
        for name in proto.output:
            shape = self.shape_of(name) if name else None
            if shape and min(shape) > 0 and name not in self._values:
                self._values[name] = self.builder.input(
                    f"{name}_{proto.op_type}_failed{len(self._values)}", list(shape), {}
                )

    def _ready(self, proto: Any) -> bool:
        return all(not n or n in self._values or n in self.constants for n in proto.input)

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
        results = self._evaluate(proto)
        if results is None:
            return False
        for name, result in zip(proto.output, results, strict=False):
            if name:
                self.constants[name] = self._kept(np.asarray(result))
        return True

    def _evaluate(self, proto: Any) -> Any:
        import onnx
        from onnx.reference import ReferenceEvaluator

        inputs = [n for n in dict.fromkeys(proto.input) if n]
        feeds = {n: self.constants[n] for n in inputs}
        infos = [
            onnx.helper.make_tensor_value_info(n, onnx.helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
            for n, a in feeds.items()
        ]
        outputs = [onnx.ValueInfoProto(name=n) for n in proto.output if n]
        model = onnx.helper.make_model(
            onnx.helper.make_graph([proto], "fold", infos, outputs),
            opset_imports=self._opset_import,
            ir_version=self._ir_version,
        )
        try:
            return ReferenceEvaluator(model).run([n for n in proto.output if n], feeds)
        except Exception:  # the evaluator's classes vary; a node it cannot run is imported or refused like any other
            return None

    # --- what import functions ask for (through Node) ------------------------------------------------------------

    def is_used(self, name: str) -> bool:
        return bool(name) and name in self._used

    def is_output(self, name: str) -> bool:
        return name in self._outputs

    def shape_of(self, name: str) -> tuple[int, ...] | None:
        if name in self.constants:
            return tuple(self.constants[name].shape)
        if name in self._values:
            return self.shape_of_value(self._values[name])
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


_ADVICE = {
    "Softmax": "the host usually computes it",
    "NonMaxSuppression": "the host usually computes it",
    "ConvTranspose": "replace it by Resize and Conv",
    "PRelu": "only one slope for all channels can be imported",
}


def _advice(proto: Any) -> str:
    """What to do about an operator without an importer."""
    before = next((name for name in proto.input if name), "")
    hint = _ADVICE.get(proto.op_type)
    text = f"operator {proto.op_type} is not supported"
    if hint:
        text += f" ({hint})"
    return f"{text}; cut the network before it with --output_names {before}" if before else text
