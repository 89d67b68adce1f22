"""Run a model of any stage alike: ONNX by onnxruntime, Top and Tpu .mlir by the interpreter, .bmodel by the simulator.

Which files stand for which inputs is decided in `inputs.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .core import pymlir
from .errors import UserError, is_core_error, require_file
from .inputs import listed, load_inputs, match_inputs
from .preprocess import Preprocess

# Tensors by name, or the files that `inputs.load_inputs` takes.
Inputs = Mapping[str, Any] | Path | str | Sequence[Path | str]
MODEL_SUFFIXES = (".onnx", ".mlir", ".bmodel")


def run(
    model: Path | str,
    inputs: Inputs,
    dump_all: bool = False,
    fixed: bool = False,
) -> dict[str, Any]:
    """The model's outputs by name, as float values; with `dump_all` every tensor, with `fixed` the raw integers.

    inputs: tensors by name, or files as `inputs.load_inputs` takes them (pictures where the model carries its
    preprocessing).
    """
    path = require_file(model, "model")
    suffix = path.suffix.lower()
    if suffix not in MODEL_SUFFIXES:
        raise UserError(f"model '{path}' is none of: {', '.join(s[1:] for s in MODEL_SUFFIXES)}")
    try:
        if suffix == ".onnx":
            return _run_onnx(path, inputs, dump_all, fixed)
        if suffix == ".mlir":
            return _run_mlir(path, inputs, dump_all, fixed)
        return simulate(path, inputs, dump_all, fixed)[0]
    except Exception as error:
        if is_core_error(error):
            raise _named(path, error) from error
        raise


def _run_onnx(path: Path, inputs: Inputs, dump_all: bool, fixed: bool) -> dict[str, Any]:
    from .frontend.onnx.graph import load_model
    from .frontend.onnx.reference import input_shapes, run_onnx

    if fixed:
        raise UserError(f"model '{path}' is an ONNX model in floating point; it has no raw integers for --out_fixed")
    model = load_model(path)
    tensors = _tensors(inputs, input_shapes(model), {})
    return run_onnx(model, tensors, str(path), dump_all)


def open_module(path: Path | str) -> Any:
    """A loaded `pymlir.module`; UserError with the file's name where it cannot be."""
    require_file(path, "model")
    module = pymlir().module()
    try:
        module.load(str(path))
    except Exception as error:
        if is_core_error(error):
            raise _named(path, error) from error
        raise
    return module


def _named(path: Path | str, error: BaseException) -> UserError:
    """The core's sentence, with the file's name in front unless it names the file itself."""
    text = str(error).removeprefix("error: ")
    return UserError(text if str(path) in text else f"model '{path}': {text}")


def preprocessing(module: Any) -> dict[str, Preprocess]:
    """The preprocessing that a loaded module's inputs carry."""
    found = {
        name: Preprocess.from_attributes(module.input_shape(name), module.input_attrs(name))
        for name in module.input_names
    }
    return {name: settings for name, settings in found.items() if settings is not None}


def _run_mlir(path: Path, inputs: Inputs, dump_all: bool, fixed: bool) -> dict[str, Any]:
    module = open_module(path)
    shapes = {name: tuple(module.input_shape(name)) for name in module.input_names}
    for name, tensor in _tensors(inputs, shapes, preprocessing(module)).items():
        module.set_tensor(name, tensor)
    module.invoke(dump_all)
    if dump_all:
        return dict(module.get_all_fixed_tensor() if fixed else module.get_all_tensor())
    get = module.get_fixed_tensor if fixed else module.get_tensor
    return {name: get(name) for name in module.output_names}


def simulate(
    path: Path | str, inputs: Inputs, dump_all: bool = False, fixed: bool = False
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run a .bmodel in the simulator: its tensors, and the simulator's summary (cycles, commands per engine, ...)."""
    tensors, _, summary = simulate_known(path, inputs, dump_all, fixed)
    return tensors, summary


def simulate_known(
    path: Path | str, inputs: Inputs, dump_all: bool = False, fixed: bool = False
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """`simulate`, and between its two results the masks of what was computed.

    A bmodel in slices need not compute what nothing reads; such elements are 0. Tensors that are whole have no mask.
    """
    from .npz import load_npz

    path = require_file(path, "model")
    if not isinstance(inputs, Mapping):
        files = listed(inputs)
        if len(files) != 1 or files[0].suffix.lower() != ".npz":
            raise UserError(f"model '{path}': a bmodel takes one npz file with all inputs")
        inputs = load_npz(files[0], "input file")
    try:
        result = pymlir().run_bmodel(str(path), dict(inputs), dump_all, fixed)
    except Exception as error:
        if is_core_error(error):
            raise _named(path, error) from error
        raise
    return dict(result["tensors"]), dict(result["known"]), dict(result["summary"])


def _tensors(
    inputs: Inputs,
    shapes: Mapping[str, Sequence[int]],
    settings: Mapping[str, Preprocess],
) -> dict[str, Any]:
    if isinstance(inputs, Mapping):
        return match_inputs(inputs, shapes, "the input")
    return load_inputs(inputs, shapes, settings)
