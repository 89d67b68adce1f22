"""The pass pipelines of a deployment: which passes run, in which order, with which options.

Each stage reads and writes plain files, so a user can stop after any of them, edit the text and go on. They write to
where `options` says, which is a folder of the deployment's own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..core import pymlir
from .options import Options

# A pass by its name, and its options as values: a path is never part of a pipeline's text. None is an absent option.
Pass = tuple[str, dict[str, Any]]


def _absolute(path: Path | None) -> Path | None:
    return None if path is None else path.resolve()


def lowering_passes(options: Options) -> list[Pass]:
    passes: list[Pass] = [("processor-assign", {"chip": options.chip})]
    if options.calibration_table is not None and options.integer:
        table = options.calibration_table.resolve()
        passes.append(("import-calibration-table", {"file": table, "asymmetric": options.asymmetric}))
    passes.append(("processor-top-optimize", {}))
    # Integer outputs have one scale each, so their parts cannot keep their own.
    joined = {"join_floats": False} if options.quant_output else {}
    host = {"no_host": True} if options.no_host else {}
    passes.append(
        ("convert-top-to-tpu", {"mode": options.quantize, "asymmetric": options.asymmetric, **joined, **host})
    )
    return [*passes, ("canonicalize", {}), ("weight-fold", {})]


def final_passes(options: Options) -> list[Pass]:
    groups = {"dump-groups": _absolute(options.groups_file), "use-groups": _absolute(options.use_groups)}
    maps = {f"{of}_map_file": _absolute(options.beside_model(f"_{of}_map.csv")) for of in ("weight", "neuron")}
    return [
        ("strip-io-quant", {"quant_input": options.quant_input, "quant_output": options.quant_output}),
        ("processor-tpu-optimize", {}),
        ("weight-reorder", {}),
        ("subnet-divide", {}),
        ("op-reorder", {}),
        ("layer-group", {"opt": options.opt, **groups}),
        ("address-assign", maps),
    ]


def lower(options: Options) -> Path:
    """Writes `<prefix>_tpu.mlir`, its weights beside it, and returns its path."""
    return _run(options, options.mlir, "_tpu", lowering_passes(options))


def finish(options: Options, lowered: Path) -> Path:
    """Writes `<prefix>_final.mlir`, with layouts, tiles and addresses, and returns its path; beside it, where weights
    and tensors lie, as `<prefix>_weight_map.csv` and `<prefix>_neuron_map.csv`."""
    return _run(options, lowered, "_final", final_passes(options))


def generate(options: Options, final: Path) -> None:
    """Writes the bmodel."""
    pymlir().run_passes(str(final), "", [("codegen", {"model_file": options.model.resolve()})], None)


def _run(options: Options, source: Path, suffix: str, passes: list[Pass]) -> Path:
    target = options.beside_model(f"{suffix}.mlir")
    pymlir().run_passes(str(source), str(target), passes, f"{options.prefix}{suffix}_weight.npz")
    return target
