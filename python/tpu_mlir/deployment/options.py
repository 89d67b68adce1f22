"""What the user asked of a deployment, checked before anything runs: chip against precision, files, names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import UserError, unknown_name

# Everything that a deployment leaves beside the bmodel, behind `Options.prefix`.
INTERMEDIATES = (
    "_tpu.mlir",
    "_tpu_weight.npz",
    "_final.mlir",
    "_final_weight.npz",
    "_weight_map.csv",
    "_neuron_map.csv",
    "_groups.json",
    "_tpu_outputs.npz",
    "_model_outputs.npz",
)


@dataclass(frozen=True)
class Options:
    """One deployment. Paths may be str or Path; `excepts` are left out of the comparison with the reference."""

    mlir: Path
    model: Path
    chip: str
    quantize: str = "F32"
    asymmetric: bool = False
    calibration_table: Path | None = None
    quant_input: bool = False
    quant_output: bool = False
    test_input: tuple[Path, ...] = ()
    test_reference: Path | None = None
    tolerance: tuple[float, ...] = (0.8, 0.5)
    excepts: tuple[str, ...] = ()
    skip_validation: bool = False
    clean: bool = False
    opt: int = 2
    no_host: bool = False  # refuse what only the host can run
    report: Path | None = None
    dump_groups: Path | None = None
    use_groups: Path | None = None

    def __post_init__(self) -> None:
        for name in ("mlir", "model", "calibration_table", "test_reference", "report", "dump_groups", "use_groups"):
            if (path := getattr(self, name)) is not None:
                object.__setattr__(self, name, Path(path))
        object.__setattr__(self, "chip", resolve_chip(self.chip))
        object.__setattr__(self, "quantize", resolve_quantize(self.chip, self.quantize, self.asymmetric))
        inputs = (self.test_input,) if isinstance(self.test_input, str | Path) else self.test_input
        object.__setattr__(self, "test_input", tuple(Path(path) for path in inputs))

    @property
    def integer(self) -> bool:
        return self.quantize == "INT8"

    @property
    def prefix(self) -> str:
        """`<name>_<chip>_<quant>[_sym|_asym]`: the known name of everything that is left beside the bmodel."""
        symmetry = ("_asym" if self.asymmetric else "_sym") if self.integer else ""
        return f"{self.mlir.stem}_{self.chip}_{self.quantize.lower()}{symmetry}"

    @property
    def groups_file(self) -> Path | None:
        """Where the chosen groups are written: where the user asked for them, or for the report's sake."""
        if self.dump_groups is None and self.report is not None and (self.opt > 1 or self.use_groups):
            return self.beside_model("_groups.json")
        return self.dump_groups

    @property
    def unproven(self) -> Path:
        """Where a bmodel is kept whose proof failed."""
        return self.model.with_name(f"{self.model.stem}.unproven.bmodel")

    def beside_model(self, suffix: str) -> Path:
        return self.model.parent / f"{self.prefix}{suffix}"

    def staged(self, folder: Path) -> Options:
        """The same deployment with every output in `folder`, which a file's name must not leave."""
        report = None if self.report is None else folder / "asked" / "report.html"
        groups = None if self.dump_groups is None else folder / "asked" / "groups.json"
        return replace(self, model=folder / self.model.name, report=report, dump_groups=groups)


@lru_cache(maxsize=1)
def _support() -> dict[str, Any]:
    import yaml

    return yaml.safe_load((Path(__file__).parent / "support.yaml").read_text(encoding="utf-8"))


def resolve_chip(name: str) -> str:
    """The chip's own name; one that is unknown or not built yet is a UserError."""
    from ..core import pymlir

    chips: dict[str, Any] = pymlir().known_chips()
    lower = name.lower()
    if lower not in chips["names"]:
        raise unknown_name("chip", name, chips["names"])
    chip = chips["aliases"].get(lower, lower)
    if chip not in chips["built"]:
        raise UserError(f"chip '{lower}' is known, but its rules are not built yet; built: {', '.join(chips['built'])}")
    return str(chip)


def resolve_quantize(chip: str, name: str, asymmetric: bool) -> str:
    """The precision in capital letters, if `chip` has it; otherwise a UserError that lists what it has."""
    support = _support()
    precisions: Sequence[str] = support["precisions"]
    upper = name.upper()
    if upper not in precisions:
        raise unknown_name("precision", name, precisions)
    built: dict[str, list[str]] = support["built"]
    if asymmetric and upper != "INT8":
        raise UserError(f"--asymmetric is for INT8, not for {upper}")
    wanted = ("asym" if asymmetric else "sym") if upper == "INT8" else "plain"
    if wanted not in built.get(upper, []):
        words = {"sym": " symmetric", "asym": " asymmetric", "plain": ""}
        can = ", ".join(f"{mode}{words[way]}" for mode, ways in built.items() for way in ways)
        raise UserError(f"{chip} has no {upper}{words[wanted]} yet; it has: {can}")
    return upper


def check(options: Options) -> None:
    """Refuses combinations that could only fail later."""
    from ..content import require_kind
    from ..errors import require_file

    if options.model.suffix != ".bmodel":
        raise UserError(f"--model '{options.model}' must end in .bmodel")
    if options.mlir.suffix != ".mlir":
        raise UserError(f"--mlir '{options.mlir}' must end in .mlir")
    require_kind(require_file(options.mlir, "--mlir"), "--mlir")
    if options.integer and options.calibration_table is None:
        raise UserError("INT8 needs --calibration_table, the output of run_calibration.py")
    if options.quantize == "F32" and (options.quant_input or options.quant_output):
        raise UserError("--quant_input and --quant_output are for INT8, F16 and BF16; F32 inputs and outputs are F32")
    for flag, path in (
        ("--calibration_table", options.calibration_table),
        ("--test_reference", options.test_reference),
        *(("--test_input", p) for p in options.test_input),
    ):
        if path is not None:
            require_file(path, flag)
    if options.test_reference is not None and not options.test_input:
        raise UserError("--test_reference needs --test_input, the input that made it")
    if options.skip_validation and options.test_reference is not None:
        raise UserError("--skip_validation and --test_reference contradict each other")
    _check_outputs(options)


def _check_outputs(options: Options) -> None:
    from ..outputs import Output, check_outputs

    outputs = [Output("--model", options.model, (".bmodel",))]
    if options.report is not None:
        outputs.append(Output("--report", options.report, (".html",)))
    if options.dump_groups is not None:
        outputs.append(Output("--dump-groups", options.dump_groups, (".json",)))
    for suffix in INTERMEDIATES:
        path = options.beside_model(suffix)
        elsewhere = suffix == "_groups.json" and (options.groups_file != path or options.dump_groups is not None)
        if not elsewhere and not (suffix.endswith("_outputs.npz") and options.skip_validation):
            outputs.append(Output("the intermediate file", path, (path.suffix,)))
    check_outputs(
        outputs,
        [
            ("--mlir", options.mlir),
            ("--calibration_table", options.calibration_table),
            ("--test_reference", options.test_reference),
            ("--use-groups", options.use_groups),
            *(("--test_input", path) for path in options.test_input),
        ],
    )
