"""The value of a node whose inputs are all constant, by the evaluators that other projects already have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...threads import session_options
from ..core.stored import Spill
from .large import is_large


def evaluate(node: Any, constants: Mapping[str, Any], opset_imports: Any, ir_version: int) -> dict[str, Any] | None:
    """The results by name, or None where nobody can run the node.

    onnx's own evaluator defines the meaning; onnxruntime knows what it lacks, such as older forms of an operator.
    """
    import numpy as np
    import onnx

    inputs = [name for name in dict.fromkeys(node.input) if name]
    outputs = [name for name in node.output if name]
    feeds = {name: constants[name] for name in inputs}
    infos = [
        onnx.helper.make_tensor_value_info(n, onnx.helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
        for n, a in feeds.items()
    ]
    model = onnx.helper.make_model(
        onnx.helper.make_graph([node], "fold", infos, [onnx.ValueInfoProto(name=n) for n in outputs]),
        opset_imports=opset_imports,
        ir_version=ir_version,
    )
    for run in (_by_onnx, _by_onnxruntime):
        try:
            values = run(model, outputs, feeds)
        except Exception:  # their classes vary; a node that nobody can run is imported or refused like any other
            continue
        return {name: np.asarray(value) for name, value in zip(outputs, values, strict=True)}
    return None


def _by_onnx(model: Any, outputs: list[str], feeds: Mapping[str, Any]) -> Any:
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(model).run(outputs, dict(feeds))


def _by_onnxruntime(model: Any, outputs: list[str], feeds: Mapping[str, Any]) -> Any:
    import onnxruntime as ort

    from .reference import IR_VERSION

    model.ir_version = min(model.ir_version, IR_VERSION)
    session = ort.InferenceSession(model.SerializeToString(), session_options(), providers=["CPUExecutionProvider"])
    return session.run(outputs, dict(feeds))


def fold_dequantized(model: Any) -> None:
    """Weights stored as integers behind DequantizeLinear become the float weights that they stand for; changes `model`.

    Done before a simplifier looks at the model: it then sees weights.
    """
    import onnx

    from . import large

    spill = Spill()
    constants = {w.name: w for w in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
            constants[node.output[0]] = node.attribute[0].t
    kept = []
    for node in model.graph.node:
        foldable = node.op_type == "DequantizeLinear" and all(not name or name in constants for name in node.input)
        # What stays in its file has nothing to fear from a simplifier; the importer folds it.
        foldable = foldable and not any(is_large(constants[name]) for name in node.input if name)
        values = None
        if foldable:
            arrays = {name: large.array_of(constants[name], spill) for name in node.input if name}
            values = evaluate(node, arrays, list(model.opset_import), model.ir_version)
        if values is None:
            kept.append(node)
            continue
        for name, array in values.items():
            tensor = onnx.numpy_helper.from_array(array, name)
            model.graph.initializer.append(tensor)
            constants[name] = tensor
    if len(kept) != len(model.graph.node):
        del model.graph.node[:]
        model.graph.node.extend(kept)
