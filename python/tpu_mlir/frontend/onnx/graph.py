"""Preparing an ONNX model for import: load, fix input shapes, cut at outputs, make everything float32, simplify.

After `prepare`, the graph has static float32 inputs, no initialisers among its inputs, only nodes that its outputs
need, and inferred shapes. It decides nothing about operators.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...content import require_kind
from ...errors import UserError, require_file
from ...progress import warn
from ..core.cutting import asked_outputs
from ..core.refusals import constant_output
from . import large
from .checks import captured, check, check_producers, first_line
from .fold import fold_dequantized
from .integers import carry_integers
from .simplify import name_new_weights, simplify
from .values import nodes_of, static_shape

OLDEST_OPSET = 7
SAVE_LIMIT = 2**31 - 1  # protobuf's own limit for one message


def load_model(path: Path | str) -> Any:
    """The ONNX model in `path`; UserError for a missing, truncated or foreign file, or an opset out of range."""
    import onnx
    from google.protobuf.message import DecodeError

    path = require_file(path, "model")
    require_kind(path, "model", ".onnx")
    try:
        model = large.load(path)
    except DecodeError as error:
        raise UserError(f"model '{path}' is damaged or is not an ONNX file") from error
    except (onnx.checker.ValidationError, ValueError, OSError, RuntimeError) as error:
        raise UserError(f"model '{path}': its external weights cannot be read: {first_line(error)}") from error
    if model.graph.node and model.ir_version and not model.graph.output:
        raise UserError(f"model '{path}' has no output; give its graph at least one")
    if not model.graph.node or not model.graph.output or model.ir_version == 0:
        raise UserError(f"model '{path}' is not an ONNX file, or holds no network")
    check_opset(model, str(path))
    hidden = large.hide(model)
    check(model, str(path))
    return large.show(model, hidden)


def check_opset(model: Any, origin: str) -> None:
    import onnx

    version = opset_of(model)
    newest = onnx.defs.onnx_opset_version()
    if not OLDEST_OPSET <= version <= newest:
        advice = (
            "convert it with onnx.version_converter, or export it again"
            if version < OLDEST_OPSET
            else "export it with an older opset, or install a newer onnx"
        )
        raise UserError(
            f"model '{origin}' has opset {version}; opsets {OLDEST_OPSET} to {newest} are supported; {advice}"
        )


def opset_of(model: Any) -> int:
    """The version of the standard operator set; 0 where the model names none."""
    return max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=0)


def as_asked(
    model: Any, origin: str, input_shapes: Sequence[Sequence[int]] | None = None, output_names: Sequence[str] = ()
) -> Any:
    """The user's own network, still in its number formats, with the shapes and the outputs asked for; changes `model`.

    Its inputs are static and no weights, and it has only the nodes that its outputs need.
    """
    drop_initializer_inputs(model)
    set_input_shapes(model, origin, input_shapes)
    if output_names:
        model = inline_functions(model, origin)  # what is inside can be an output too
        cut_outputs(model, origin, output_names)
    drop_repeated_outputs(model)
    weights = {w.name for w in model.graph.initializer}
    for output in model.graph.output:
        if output.name in weights:
            raise constant_output(output.name, origin, [o.name for o in model.graph.output if o.name not in weights])
    remove_unused(model)
    return model


def prepare(
    model: Any,
    origin: str,
    input_shapes: Sequence[Sequence[int]] | None = None,
    output_names: Sequence[str] = (),
    simplifier: bool = True,
    skip_fuse_bn: bool = False,
    avoid: str = "",
) -> Any:
    """A model ready for import, as the top of this file says. `model` is changed.

    avoid: what the simplifier must not do, a key of `simplify.AVOIDED`.
    """
    model = inline_functions(as_asked(model, origin, input_shapes, output_names), origin)
    to_float32(model)
    fold_dequantized(model)
    model = infer_shapes(model, origin)  # the simplifiers insist on output shapes
    values = [*model.graph.value_info, *model.graph.input]
    if carry_integers(model, {v.name: static_shape(v) for v in values}):
        model = infer_shapes(model, origin)
    if simplifier:
        own = {w.name for w in model.graph.initializer}
        # Simplifiers copy weights again and again; what they would fuse into large ones, the Top passes fuse.
        hidden = large.hide(model)
        model = infer_shapes(large.show(simplify(model, skip_fuse_bn, avoid), hidden), origin)
        name_new_weights(model, own)
    remove_unused(model)
    return model


def drop_repeated_outputs(model: Any) -> None:
    """One that is listed twice is one output, with a warning."""
    first: dict[str, Any] = {}
    for output in model.graph.output:
        if output.name in first:
            warn(f"output '{output.name}' is listed twice; it becomes one output")
        first.setdefault(output.name, output)
    if len(first) != len(model.graph.output):
        kept = list(first.values())
        del model.graph.output[:]
        model.graph.output.extend(kept)


def inline_functions(model: Any, origin: str) -> Any:
    """`model` with the bodies of the functions that it defines itself in place of their calls."""
    import onnx.inliner

    if not model.functions:
        return model
    try:
        inlined = onnx.inliner.inline_local_functions(model, convert_version=True)
    except (RuntimeError, ValueError, TypeError) as error:  # what the compiled inliner raises for damaged ones
        raise UserError(f"model '{origin}': its own functions cannot be inlined: {first_line(error)}") from error
    check_producers(inlined.graph, origin)
    return inlined


def copy_of(model: Any) -> Any:
    """Another ModelProto with the same content."""
    copy = type(model)()
    copy.CopyFrom(model)
    return copy


def drop_initializer_inputs(model: Any) -> None:
    """Old exporters list weights among the inputs too; only what the caller must supply is an input here.

    Source: the ONNX IR specification: weights that are no inputs are allowed from IR version 4 on.
    """
    model.ir_version = max(model.ir_version, 4)
    weights = {w.name for w in model.graph.initializer} | {w.values.name for w in model.graph.sparse_initializer}
    kept = [i for i in model.graph.input if i.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(kept)


def to_float32(model: Any) -> None:
    """Turn half, bfloat16 and double inputs, outputs, weights, constants and casts into float32."""
    import onnx

    other = {onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16, onnx.TensorProto.DOUBLE}
    float32 = onnx.TensorProto.FLOAT

    def convert(tensor: Any) -> None:
        import numpy as np

        if tensor.data_type in other and large.is_large(tensor):
            large.set_type(tensor, float32)
        elif tensor.data_type in other:
            values = onnx.numpy_helper.to_array(tensor).astype(np.float32)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))

    for tensor in model.graph.initializer:
        convert(tensor)
    for value in [*model.graph.input, *model.graph.output, *model.graph.value_info]:
        if value.type.tensor_type.elem_type in other:
            value.type.tensor_type.elem_type = float32
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                convert(attribute.t)
            elif attribute.name in ("to", "dtype", "output_dtype") and attribute.i in other:
                attribute.i = float32


def set_input_shapes(model: Any, origin: str, shapes: Sequence[Sequence[int]] | None) -> None:
    """Give every input a static shape: the user's, else the model's own, with an unknown batch size taken as 1."""
    inputs = list(model.graph.input)
    if not inputs:
        raise UserError(f"model '{origin}' has no input")
    listed = ", ".join(f"'{i.name}' {_shape_text(i)}" for i in inputs)
    if shapes is not None and len(shapes) != len(inputs):
        raise UserError(
            f"--input_shapes has {len(shapes)} shapes, but model '{origin}' has {len(inputs)} inputs: {listed}"
        )
    for index, value in enumerate(inputs):
        tensor = value.type.tensor_type
        dims = tensor.shape.dim
        if shapes is not None:
            wanted = shapes[index]
            if tensor.HasField("shape") and len(dims) != len(wanted):
                raise UserError(
                    f"--input_shapes gives input '{value.name}' {list(wanted)}, but its shape is {_shape_text(value)}"
                )
            del tensor.shape.dim[:]
            for size in wanted:
                tensor.shape.dim.add().dim_value = int(size)
            continue
        unknown = [i for i, d in enumerate(dims) if d.dim_value <= 0]
        if unknown == [0] and len(dims) > 1:
            warn(f"input '{value.name}' has shape {_shape_text(value)}; its batch size is taken as 1")
            dims[0].dim_value = 1
        elif unknown or not tensor.HasField("shape"):
            raise UserError(
                f"input '{value.name}' of model '{origin}' has no fixed shape ({_shape_text(value)}); "
                f"give --input_shapes [[...]]"
            )
    # What was inferred for other input shapes is void; of the outputs' shapes, only the number of axes stays.
    del model.graph.value_info[:]
    given = {value.name: value for value in inputs}
    for output in model.graph.output:
        if output.name in given:
            output.CopyFrom(given[output.name])
        for dim in output.type.tensor_type.shape.dim if output.name not in given else ():
            dim.Clear()


def cut_outputs(model: Any, origin: str, wanted: Sequence[str]) -> None:
    """Make the named tensors the outputs: by tensor name, or by tensor name and operator as `<tensor>_<OpType>`."""
    import onnx

    others = {i.name: "an input" for i in model.graph.input} | {w.name: "a weight" for w in model.graph.initializer}
    resolved = asked_outputs(wanted, nodes_of(model.graph), others, origin, onnx.defs.has)
    types = {v.name: v for v in [*model.graph.output, *infer_shapes(model, origin).graph.value_info]}
    del model.graph.output[:]
    for tensor in resolved:
        value = types.get(tensor) or onnx.helper.make_tensor_value_info(tensor, onnx.TensorProto.FLOAT, None)
        model.graph.output.add().CopyFrom(value)


def remove_unused(model: Any) -> None:
    """Drop nodes and weights that no output needs; the inputs stay."""
    needed = {o.name for o in model.graph.output}
    kept = []
    for node in reversed(model.graph.node):
        if any(name in needed for name in node.output):
            kept.append(node)
            needed.update(name for name in node.input if name)
            needed.update(captured(node))
    kept.reverse()
    weights = [w for w in model.graph.initializer if w.name in needed]
    if len(kept) != len(model.graph.node):
        del model.graph.node[:]
        model.graph.node.extend(kept)
    if len(weights) != len(model.graph.initializer):
        del model.graph.initializer[:]
        model.graph.initializer.extend(weights)


def infer_shapes(model: Any, origin: str) -> Any:
    """`model` with the shapes and types of its intermediate tensors; UserError where they contradict each other."""
    import onnx

    try:
        return onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except _inference_errors() as strict:
        try:
            lenient = onnx.shape_inference.infer_shapes(model)
        except _inference_errors():
            raise UserError(f"model '{origin}': its shapes do not fit together: {first_line(strict)}") from strict
        if "inference error" in str(strict).lower():
            raise UserError(f"model '{origin}': its shapes do not fit together: {first_line(strict)}") from strict
        return lenient


def _inference_errors() -> tuple[type[Exception], ...]:
    """What shape inference raises: its own errors, and others for types and names that are none."""
    import onnx

    own = onnx.shape_inference.InferenceError, onnx.checker.ValidationError
    return (*own, RuntimeError, ValueError, TypeError)


def save_bytes(model: Any) -> bytes | None:
    """The model as file content; None where it is too large for one protobuf message."""
    size = model.ByteSize()
    return model.SerializeToString(deterministic=True) if 0 <= size <= SAVE_LIMIT else None


def _shape_text(value: Any) -> str:
    tensor = value.type.tensor_type
    if not tensor.HasField("shape"):
        return "of unknown rank"
    return (
        "["
        + ",".join(d.dim_param or (str(d.dim_value) if d.HasField("dim_value") else "?") for d in tensor.shape.dim)
        + "]"
    )
