"""From a prepared ONNX graph to Top operations in memory.

Walks the nodes in order, folds what is constant, hands every other node to its registered function, and collects all
nodes that cannot be imported before giving up. It knows no operator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import UserError, is_core_error
from .graph import opset_of, static_shape
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
        import onnx

        self.builder = builder
        self.graph = model.graph
        self.origin = origin
        self.opset = opset_of(model)
        self.none = builder.none()
        self.constants: dict[str, Any] = {w.name: onnx.numpy_helper.to_array(w) for w in self.graph.initializer}
        self.parameters = 0
        self.op_counts: dict[str, int] = {}
        self._opset_import = list(model.opset_import)
        self._ir_version = model.ir_version
        self._values: dict[str, Any] = {}
        self._weights: dict[str, Any] = {}
        self._failures: list[str] = []
        self._onnx_shapes_hold = True
        self._info = {v.name: v for v in [*self.graph.value_info, *self.graph.input, *self.graph.output]}
        self._outputs = {o.name for o in self.graph.output}
        self._used = self._outputs | {name for node in self.graph.node for name in node.input}
        # Names that operations will take; a weight must not take one of them.
        self._reserved = {f"{out}_{node.op_type}" for node in self.graph.node for out in node.output}
        self._reserved |= {i.name for i in self.graph.input}

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
            operands += [self.weight(name, array) for name, array in fusion.weights]
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
        self.constants.update((n, np.asarray(v)) for n, v in zip(proto.output, results, strict=False) if n)
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
        return self.weight(name, self.constants[name])

    def weight(self, name: str, array: Any) -> Any:
        import numpy as np

        if name in self._weights:
            return self._weights[name]
        array = np.ascontiguousarray(array, dtype=np.float32)
        unique = name
        while unique in self._reserved:
            unique += "_weight"
        self._reserved.add(unique)
        self.parameters += array.size
        # A scalar becomes a vector of one: Top has no tensors without dimensions.
        self._weights[name] = self.builder.weight(unique, array.reshape(1) if array.ndim == 0 else array)
        return self._weights[name]

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
}


def _advice(proto: Any) -> str:
    """What to do about an operator without an importer."""
    before = next((name for name in proto.input if name), "")
    hint = _ADVICE.get(proto.op_type)
    text = f"operator {proto.op_type} is not supported"
    if hint:
        text += f" ({hint})"
    return f"{text}; cut the network before it with --output_names {before}" if before else text
