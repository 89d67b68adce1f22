"""The framework's own result: an ONNX model run by onnxruntime, with every intermediate tensor if asked for.

Names are `<onnx output>_<OpType>`, the join key of every comparison; network inputs keep their own.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...threads import session_options
from ..core import protocol
from ..core.names import results as results_of
from ..core.names import tensor_names
from ..core.stored import Spill, release
from . import large
from .graph import SAVE_LIMIT, first_line, infer_shapes
from .values import nodes_of

# Releases of onnxruntime lag behind onnx's file version; nothing a float32 network uses came after this one.
IR_VERSION = 10


def input_shapes(model: Any) -> dict[str, tuple[int, ...]]:
    """The real inputs' names and shapes; sizes that are not fixed are 0."""
    weights = {w.name for w in model.graph.initializer}
    return {
        i.name: tuple(d.dim_value for d in i.type.tensor_type.shape.dim)
        for i in model.graph.input
        if i.name not in weights
    }


class Session(protocol.Session):
    """A model in onnxruntime, for any number of runs.

    names: what tensors are called in the results, by ONNX name; default: as the model's own operators say.
    """

    def __init__(self, model: Any, origin: str, dump_all: bool = False, names: Mapping[str, str] | None = None) -> None:
        import onnx
        import onnxruntime as ort

        self._origin, self._dump_all = origin, dump_all
        self._names = dict(names) if names is not None else tensor_names(input_shapes(model), nodes_of(model.graph))
        self._wanted = list(dict.fromkeys(o.name for o in model.graph.output))
        self._inputs = list(input_shapes(model))
        exposed = onnx.ModelProto()
        exposed.CopyFrom(model)
        exposed.ir_version = min(model.ir_version, IR_VERSION)
        if len(self._wanted) != len(exposed.graph.output):  # one listed twice is one to onnxruntime
            first = {o.name: o for o in reversed(model.graph.output)}
            del exposed.graph.output[:]
            exposed.graph.output.extend(first[name] for name in self._wanted)
        if dump_all:
            self._expose(exposed, infer_shapes(model, origin))
        # Read where they lie, and without copies that onnxruntime would make of its own constants.
        self._spill = Spill()
        self._weights = {w.name: large.array_of(w, self._spill) for w in large.hide(exposed)}
        options = session_options()
        if dump_all:
            # Fusions would only be undone by the exposed tensors; off, every tensor is computed as the graph says.
            options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        with self._sentence(), _as_source(exposed) as source:
            self._session = ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])

    def _expose(self, exposed: Any, inferred: Any) -> None:
        """Make every computed tensor an output."""
        # What is made of large weights alone is as large, and no tensor of the network.
        weights = {w.name for w in exposed.graph.initializer}
        is_large = any(large.is_large(w) for w in exposed.graph.initializer)
        constant: set[str] = set()
        for node in exposed.graph.node:
            made_of_weights = bool(node.input) and all(not n or n in weights or n in constant for n in node.input)
            if node.op_type == "Constant" or (is_large and made_of_weights):
                constant.update(node.output)
        names = [name for _, name in results_of(nodes_of(exposed.graph)) if name not in constant]
        typed = {v.name: v for v in inferred.graph.value_info}
        extra = [n for n in names if n in typed and n not in self._wanted and is_readable(typed[n])]
        exposed.graph.output.extend(typed[n] for n in extra)
        order = {name: index for index, name in enumerate(names)}
        self._wanted = sorted([*self._wanted, *extra], key=lambda n: order.get(n, -1))

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs for `inputs`, or the inputs and all tensors."""
        with self._sentence():
            feeds = {
                i.name: self._weights[i.name] if i.name in self._weights else _typed(i.name, inputs[i.name], i.type)
                for i in self._session.get_inputs()
            }
            values = self._session.run(self._wanted, feeds)
            for weight in self._weights.values():
                release(weight)
        results = {name: inputs[name] for name in self._inputs} if self._dump_all else {}
        results.update((self._names.get(name, name), value) for name, value in zip(self._wanted, values, strict=True))
        return results

    @contextlib.contextmanager
    def _sentence(self) -> Any:
        try:
            yield
        except UserError:
            raise
        except Exception as error:  # onnxruntime's exception classes share no base but Exception
            raise UserError(f"onnxruntime cannot run '{self._origin}': {first_line(error)}") from error


def is_readable(value: Any) -> bool:
    """Whether a tensor of this type can be taken out of onnxruntime: numpy must have its element type."""
    import numpy as np
    import onnx

    kind = value.type.tensor_type.elem_type if value.type.HasField("tensor_type") else onnx.TensorProto.UNDEFINED
    if kind in (onnx.TensorProto.UNDEFINED, onnx.TensorProto.STRING):
        return False
    dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind))
    return dtype.isbuiltin == 1 and dtype.kind in "fiub"


@contextlib.contextmanager
def _as_source(model: Any) -> Any:
    """What onnxruntime loads: the model's bytes, or a file where they exceed what one message may hold."""
    import onnx

    if 0 <= model.ByteSize() <= SAVE_LIMIT:
        yield model.SerializeToString()
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        onnx.save(model, str(path), save_as_external_data=True, location="weights")
        yield str(path)


def run_onnx(model: Any, inputs: Mapping[str, Any], origin: str, dump_all: bool = False) -> dict[str, Any]:
    """Run `model` (a ModelProto, left unchanged) and return its outputs, or the inputs and all intermediate tensors."""
    return Session(model, origin, dump_all).run(inputs)


def _typed(name: str, tensor: Any, ort_type: str) -> Any:
    """`tensor` in the element type that a session input such as 'tensor(float16)' asks for."""
    import numpy as np

    kinds = {"float": "float32", "double": "float64"}
    kind = ort_type.removeprefix("tensor(").removesuffix(")")
    tensor = np.asarray(tensor)
    with np.errstate(all="ignore"):
        typed = tensor.astype(kinds.get(kind, kind))
    if typed.dtype.kind in "iub" and not np.array_equal(typed, tensor):
        index = tuple(int(i) for i in np.unravel_index(int((typed != tensor).argmax()), tensor.shape))
        raise UserError(f"input '{name}' has type {kind}, which cannot hold {tensor[index]} at {list(index)}")
    return typed
