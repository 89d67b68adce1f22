"""The pass pipelines of a deployment: which passes run, in which order, with which options.

Each stage reads and writes plain files, so a user can stop after any of them, edit the text and go on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..core import pymlir
from ..files import staging
from .options import Options


def _pass(name: str, **options: Any) -> str:
    """`name{key=value ...}`; booleans in MLIR's spelling, empty options left out."""
    words = []
    for key, value in options.items():
        if value is None:
            continue
        words.append(f"{key}={str(value).lower() if isinstance(value, bool) else value}")
    return f"{name}{{{' '.join(words)}}}" if words else name


def _absolute(path: Path | None) -> Path | None:
    return None if path is None else path.resolve()


def lowering_passes(options: Options) -> list[str]:
    passes = [_pass("processor-assign", chip=options.chip)]
    if options.calibration_table is not None and options.integer:
        passes.append(
            _pass("import-calibration-table", file=options.calibration_table.resolve(), asymmetric=options.asymmetric)
        )
    passes.append("processor-top-optimize")
    # Integer outputs have one scale each, so their parts cannot keep their own.
    joined = {"join_floats": False} if options.quant_output else {}
    passes.append(_pass("convert-top-to-tpu", mode=options.quantize, asymmetric=options.asymmetric, **joined))
    return [*passes, "canonicalize", "weight-fold"]


def final_passes(options: Options, maps: Path | None = None) -> list[str]:
    """`maps`: the folder for the tables of where weights and tensors lie."""
    tables = {f"{of}_map_file": maps and maps / f"{options.prefix}_{of}_map.csv" for of in ("weight", "neuron")}
    return [
        _pass("strip-io-quant", quant_input=options.quant_input, quant_output=options.quant_output),
        "processor-tpu-optimize",
        "weight-reorder",
        "subnet-divide",
        "op-reorder",
        _pass(
            "layer-group",
            opt=options.opt,
            **{"dump-groups": _absolute(options.groups_file), "use-groups": _absolute(options.use_groups)},
        ),
        _pass("address-assign", **tables),
    ]


def lower(options: Options) -> Path:
    """Writes `<prefix>_tpu.mlir`, its weights beside it, and returns its path."""
    return _run(options, options.mlir, "_tpu", lambda stage: lowering_passes(options))


def finish(options: Options, lowered: Path) -> Path:
    """Writes `<prefix>_final.mlir`, with layouts, tiles and addresses, and returns its path; beside it, where weights
    and tensors lie, as `<prefix>_weight_map.csv` and `<prefix>_neuron_map.csv`."""
    return _run(options, lowered, "_final", lambda stage: final_passes(options, stage))


def generate(options: Options, final: Path) -> None:
    """Writes the bmodel; it appears whole or not at all."""
    with staging(options.model.parent) as stage:
        model = stage / options.model.name
        pymlir().run_passes(str(final), "", _pipeline([_pass("codegen", model_file=model.resolve())]), None)


def _run(options: Options, source: Path, suffix: str, passes: Callable[[Path], list[str]]) -> Path:
    target = options.beside_model(f"{suffix}.mlir")
    with staging(target.parent) as stage:
        weights = f"{options.prefix}{suffix}_weight.npz"
        pymlir().run_passes(str(source), str(stage / target.name), _pipeline(passes(stage.resolve())), weights)
    return target


def _pipeline(passes: list[str]) -> str:
    return f"builtin.module({','.join(passes)})"
