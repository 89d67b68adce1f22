"""Seed modules for the .mlir fuzzer: every stage that a network passes on the road, made by the real passes.

Each hand-written network of seeds/ gives its Top form, and, where the network lowers, the optimised, calibrated,
lowered and addressed forms in both modes, the last with and without layer groups, all with weight files
beside them. Decides no mutation.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
WEIGHTS = HERE.parent / "Inputs" / "weights.py"

TOP_PASSES = ("--shape-infer", "--cancel-permutes", "--canonicalize", "--extra-optimize")
ASSIGN_PASSES = ("--processor-assign=chip=bm1684x", "--processor-top-optimize")
FINAL_PASSES = (
    "--strip-io-quant", "--processor-tpu-optimize", "--weight-reorder", "--subnet-divide", "--op-reorder",
    "--layer-group", "--address-assign",
)  # fmt: skip
MODES = ("F32", "INT8")


@dataclass(frozen=True)
class Seed:
    """A module as text; its weight file lies in the folder that `make_seeds` filled."""

    name: str  # network.stage, or network.mode.stage
    stage: str  # top, optimised, calibrated, lowered, addressed
    text: str


def _run(tool: Path, folder: Path, source: str, passes: tuple[str, ...], target: str) -> bool:
    """Whether the passes took `source` to `target`; a network without a form in a mode is no seed of that mode."""
    done = subprocess.run(
        [str(tool), source, *passes, "-o", target], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{source} with {' '.join(passes)} ended with {done.returncode}:\n{done.stderr}")
    return done.returncode == 0


def _calibration_table(text: str) -> str:
    """A row for every tensor of a printed module: the range is signed unless a relu made it."""
    names = dict(re.findall(r'^(#loc\d*) = loc\("([^"]+)"\)', text, re.MULTILINE))
    rows = []
    for line in text.splitlines():
        match = re.search(r'= "(top\.\w+)".*loc\((#loc\d*|"[^"]*")\)$', line)
        if match and match[1] not in ("top.Weight", "top.None"):
            name = names.get(match[2], match[2].strip('"'))
            rows.append(f"{name} 2.5 {0 if 'elu' in line or 'Abs' in line else -1.5} 2.5")
    return "\n".join(rows) + "\n"


def make_seeds(tool: Path, folder: Path) -> list[Seed]:
    """Runs every network of seeds/ down the road with `tool` (tpuc-opt) in `folder`; returns all its forms."""
    seeds: list[Seed] = []

    def keep(name: str, stage: str) -> None:
        text = (folder / f"{name}.{stage}.mlir").read_text()
        seeds.append(Seed(f"{name}.{stage}", stage, text))

    for source in sorted((HERE / "seeds").glob("*.mlir")):
        net = source.stem
        subprocess.run([sys.executable, str(WEIGHTS), "make", str(source), str(folder / f"{net}.npz")], check=True)
        (folder / f"{net}.top.mlir").write_text(source.read_text())
        keep(net, "top")
        if not _run(tool, folder, f"{net}.top.mlir", TOP_PASSES, f"{net}.optimised.mlir"):
            raise RuntimeError(f"the seed {source.name} does not run through {' '.join(TOP_PASSES)}")
        keep(net, "optimised")
        if not _run(tool, folder, f"{net}.optimised.mlir", ASSIGN_PASSES, f"{net}.assigned.mlir"):
            raise RuntimeError(f"the seed {source.name} does not run through {' '.join(ASSIGN_PASSES)}")
        table = folder / f"{net}.table"
        table.write_text(_calibration_table((folder / f"{net}.assigned.mlir").read_text()))
        for mode in MODES:
            top = f"{net}.assigned.mlir"
            if mode == "INT8":
                calibrate = (f"--import-calibration-table=file={table}",)
                if not _run(tool, folder, top, calibrate, f"{net}.calibrated.mlir"):
                    continue
                keep(net, "calibrated")
                top = f"{net}.calibrated.mlir"
            name = f"{net}.{mode}"
            lower = (f"--convert-top-to-tpu=mode={mode}", "--canonicalize", "--weight-fold")
            if not _run(tool, folder, top, lower, f"{name}.lowered.mlir"):
                continue
            keep(name, "lowered")
            if not _run(tool, folder, f"{name}.lowered.mlir", FINAL_PASSES, f"{name}.addressed.mlir"):
                raise RuntimeError(f"the seed {source.name} lowers to {mode} but gets no addresses")
            keep(name, "addressed")
            alone = tuple("--layer-group=opt=1" if p == "--layer-group" else p for p in FINAL_PASSES)
            if not _run(tool, folder, f"{name}.lowered.mlir", alone, f"{name}.alone.addressed.mlir"):
                raise RuntimeError(f"the seed {source.name} in {mode} has groups but no tiles")
            keep(f"{name}.alone", "addressed")
    return seeds
