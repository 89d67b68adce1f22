"""Makes the figures that the guide "make it faster" quotes: one network compiled in several ways, and what timing says.

    python docs/gen/make_it_faster.py FOLDER

FOLDER holds resnet50.mlir, resnet50_b4.mlir (batch 4, from `zoo.py --batch 4`) and resnet50_cali_table. Writes
docs/guides/make-it-faster/figures.txt; docs/gen/generate.py then copies it into the guide. Needs the compiled module.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs/guides/make-it-faster"
sys.path.insert(0, str(ROOT / "python"))


@dataclass(frozen=True)
class Way:
    """One way to compile. `lmem` limits the local memory, bytes per lane (0: all of it)."""

    title: str
    opt: int
    images: int = 1
    lmem: int = 0


WAYS = (
    Way("--opt 1", 1),
    Way("--opt 2", 2),
    Way("--opt 3", 3),
    Way("--opt 2, 128 KiB a lane", 2, lmem=131072),
    Way("--opt 2, batch 4", 2, images=4),
)


def summary_of(folder: Path, way: Way, work: Path) -> dict[str, Any]:
    """Compiles, and returns the timing's summary."""
    import pymlir

    from tpu_mlir.deployment import pipeline
    from tpu_mlir.deployment.options import Options

    options = Options(
        mlir=folder / ("resnet50.mlir" if way.images == 1 else f"resnet50_b{way.images}.mlir"),
        model=work / "resnet50.bmodel",
        chip="bm1684x",
        quantize="INT8",
        calibration_table=folder / "resnet50_cali_table",
        quant_input=True,
        quant_output=True,
        opt=way.opt,
    )
    lowered = pipeline.lower(options)
    passes = [
        (name, {"lmem": way.lmem, **values} if name == "layer-group" else values)
        for name, values in pipeline.final_passes(options)
    ]
    final = work / "final.mlir"
    pymlir.run_passes(str(lowered), str(final), passes, "final_weight.npz")
    pipeline.generate(options, final)
    return dict(json.loads(pymlir.profile_bmodel(str(options.model)))["summary"])


def main() -> int:
    folder = Path(sys.argv[1])
    lines = [
        f"{'':24} {'cycles':>9} {'ms an image':>11} {'TIU busy':>8} {'GDMA busy':>9} {'DDR MB':>7} {'to least':>8}"
        f" {'to roofline':>11}"
    ]
    for way in WAYS:
        with tempfile.TemporaryDirectory() as work:
            s = summary_of(folder, way, Path(work))
        lines.append(
            f"{way.title:24} {s['cycles']:9,.0f} {s['milliseconds'] / way.images:11.3f} {s['tiu']['utilisation']:8.1%}"
            f" {s['gdma']['utilisation']:9.1%} {s['ddr']['total_bytes'] / 1e6:7.1f} {s['ddr']['ratio']:8.3f}"
            f" {s['roofline']['ratio']:11.3f}"
        )
        print(lines[-1], flush=True)
    TARGET.mkdir(parents=True, exist_ok=True)
    (TARGET / "figures.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
