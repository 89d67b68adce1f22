"""Run a model of any stage alike: a framework's by that framework, Top and Tpu .mlir by the interpreter, .bmodel by the
simulator.

Which files stand for which inputs is decided in `inputs.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .content import require_kind
from .core import pymlir
from .errors import UserError, is_core_error, require_file
from .frontend.core.front_ends import KINDS, front_end_of, suffixes
from .inputs import listed, load_inputs, match_inputs
from .preprocess import Preprocess
from .progress import human_count, note

# Tensors by name, or the files that `inputs.load_inputs` takes.
Inputs = Mapping[str, Any] | Path | str | Sequence[Path | str]


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
    known = (*suffixes(), ".mlir", ".bmodel")
    if suffix not in known:
        raise UserError(f"model '{path}' is none of: {', '.join(s[1:] for s in known)}")
    require_kind(path, "model")
    try:
        if suffix == ".mlir":
            return _run_mlir(path, inputs, dump_all, fixed)
        if suffix == ".bmodel":
            return simulate(path, inputs, dump_all, fixed)[0]
        return _run_framework(path, inputs, dump_all, fixed)
    except Exception as error:
        if is_core_error(error):
            raise _named(path, error) from error
        raise


def _run_framework(path: Path, inputs: Inputs, dump_all: bool, fixed: bool) -> dict[str, Any]:
    if fixed:
        words = KINDS[path.suffix.lower()].words
        raise UserError(f"model '{path}' is {words} in floating point; it has no raw integers for --out_fixed")
    model = front_end_of(path).load(path)
    tensors = _tensors(inputs, model.inputs(), {})
    return model.session(dump_all).run(tensors)


def open_module(path: Path | str) -> Any:
    """A loaded `pymlir.module`; UserError with the file's name where it cannot be."""
    require_kind(require_file(path, "model"), "model")
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


def input_types(module: Any) -> dict[str, str]:
    """The element types of a loaded module's inputs, as their author means them: quantised ones are float32."""
    return {name: str(module.tensor_type(name)) for name in module.input_names}


def _run_mlir(path: Path, inputs: Inputs, dump_all: bool, fixed: bool) -> dict[str, Any]:
    module = open_module(path)
    shapes = {name: tuple(module.input_shape(name)) for name in module.input_names}
    for name, tensor in _tensors(inputs, shapes, preprocessing(module), input_types(module)).items():
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
    import numpy as np

    from .npz import load_npz, native

    path = require_file(path, "model")
    require_kind(path, "model")
    origin = "the input"
    if not isinstance(inputs, Mapping):
        files = listed(inputs)
        origin = f"input file '{files[0]}'" if files else origin
        if len(files) != 1 or files[0].suffix.lower() != ".npz":
            raise UserError(f"model '{path}': a bmodel takes one npz file with all inputs")
        inputs = load_npz(files[0], "input file")
    # There are no tensors without dimensions in a bmodel: a scalar is a vector of one.
    arrays = {name: np.atleast_1d(native(np.asarray(array))) for name, array in inputs.items()}
    try:
        result = pymlir().run_bmodel(str(path), arrays, dump_all, fixed)
    except Exception as error:
        if is_core_error(error):
            raise _named(path, error) from error
        raise
    for name, given in dict(result["taken"]).items():
        note(f"{origin}: its only tensor '{given}' is taken as the input '{name}'")
    return dict(result["tensors"]), dict(result["known"]), dict(result["summary"])


def run_lines(run: Mapping[str, Any], network_macs: int | None = None) -> list[str]:
    """What a simulation's summary says to people, one fact a line; `network_macs`: the network's own multiply-adds."""
    executed = int(run["macs"])
    macs = f"MACs:       {executed:,} in the stream"
    if network_macs is not None:
        share = f" ({100 * executed / network_macs:.1f} %)" if network_macs else ""
        macs += f", {network_macs:,} in the network{share}"
    return [
        f"commands:   {run['tiu_commands']:,} TIU, {run['gdma_commands']:,} GDMA, {run['host_ops']} host ops",
        macs,
        f"simulated:  {run['cycles']:,} cycles ({run['milliseconds']:.3f} ms), TIU busy {_share(run, 'tiu')}, "
        f"GDMA busy {_share(run, 'gdma')}, {human_count(run['ddr_bytes'])}B of DDR traffic",
    ]


def _share(run: Mapping[str, Any], engine: str) -> str:
    return f"{100 * run[f'{engine}_busy_cycles'] / run['cycles']:.1f} %" if run["cycles"] else "0 %"


def _tensors(
    inputs: Inputs,
    shapes: Mapping[str, Sequence[int]],
    settings: Mapping[str, Preprocess],
    types: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    if isinstance(inputs, Mapping):
        return match_inputs(inputs, shapes, "the input", types)
    return load_inputs(inputs, shapes, settings, types)
