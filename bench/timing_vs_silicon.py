#!/usr/bin/env python3
"""Holds the timing model against cycle records read from BM1688 silicon (ResNet-50 INT8, two cores).

Every record is priced by tpuc-cost, the same formulas that the simulator and the compiler use. A constant that was
fitted to these records is fitted anew without the record's own shape, so no shape is judged by itself. What a record
does not say (the banks of its operands, the addresses of a copy) is listed apart.

    python bench/timing_vs_silicon.py [records.csv] [--worst 10]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from silicon_records import Record, read

ROOT = Path(__file__).resolve().parents[1]
RECORDS = ROOT.parent / "shared/golden/bm1688_resnet50_int8_pmu.csv"
CHIP = "bm1688"
# Fitted constants by kind, each with the value from elsewhere that stands in where no other shape is left: the
# vendor's static estimate, or no effect at all.
FITTED = {
    "conv": {"conv_cycles": 23.0, "conv_cycles_per_group": 0.0},
    "element": {"element_cycles": 11.0, "bank_conflict": 2.0, "bank_conflict32": 2.0},
    "pool": {"pool_factor": 1.0},
    "matrix": {"matmul_factor": 1.0},
    "system": {"system_cycles": 0.0},
}


def price(tool: str, records: Sequence[Record], constants: dict[str, float]) -> list[float]:
    """Cycles of the records with these constants instead of the chip file's."""
    lines = "".join(f"{r.kind} {' '.join(map(str, r.arguments))}\n" for r in records)
    sets = [f"--set={name}={value!r}" for name, value in constants.items()]
    done = subprocess.run([tool, CHIP, *sets], input=lines, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.strip())
    return [float(line) for line in done.stdout.split()]


def fit(tool: str, records: Sequence[Record], names: dict[str, float]) -> dict[str, float]:
    """The constants that bring these records nearest, relative errors squared: their cycles are linear in each."""
    import numpy as np

    base = dict.fromkeys(names, 0.0)
    # A factor multiplies what is left at 1; an overhead adds to what is left at 0.
    zero = np.array(price(tool, records, base))
    columns = {name: np.array(price(tool, records, base | {name: 1.0})) - zero for name in names}
    used = [name for name in names if np.any(columns[name])]
    weights = 1 / np.array([r.cycles for r in records], float)
    matrix = np.stack([columns[name] * weights for name in used], axis=1) if used else np.zeros((len(records), 0))
    values, *_ = np.linalg.lstsq(matrix, (np.array([r.cycles for r in records]) - zero) * weights, rcond=None)
    solved = dict(zip(used, map(float, values), strict=True))
    # Where too few shapes are left to tell the constants apart, the value from elsewhere stands in.
    return {name: max(0.0, solved.get(name, other)) for name, other in names.items()}


def judge_tiu(tool: str, records: list[Record]) -> dict[str, dict[str, float]]:
    """Prices every TIU record with constants fitted without its shape; gives the fits on all shapes, for the report."""
    by_kind: dict[str, list[Record]] = defaultdict(list)
    for r in records:
        by_kind[r.kind].append(r)
    fits = {}
    for kind, members in by_kind.items():
        shapes = {(r.op, r.shape) for r in members}
        for op, shape in sorted(shapes):
            mine = [r for r in members if (r.op, r.shape) == (op, shape)]
            others = [r for r in members if (r.op, r.shape) != (op, shape)]
            constants = fit(tool, others, FITTED[kind]) if others else FITTED[kind]
            for r, cycles in zip(mine, price(tool, mine, constants), strict=True):
                r.model = cycles
        fits[kind] = fit(tool, members, FITTED[kind])
    return fits


def overlap(records: Sequence[Record]) -> None:
    """How long each copy ran beside one of the other core. The cores count from different zeros: both resume from the
    same message before core 0's copy 8 and core 1's copy 2."""
    zero = {r.core: r.start for r in records if (r.core, r.index) in ((0, 8), (1, 2))}
    if len(zero) < 2:
        return
    for r in records:
        others = [o for o in records if o.core != r.core]
        start, end = r.start - zero[r.core], r.end - zero[r.core]
        together = sum(max(0, min(end, o.end - zero[o.core]) - max(start, o.start - zero[o.core])) for o in others)
        r.share = min(1.0, together / r.cycles)


def fit_gdma(tool: str, records: Sequence[Record]) -> dict[str, float]:
    """Latency, rate, cycles per row from the copies that ran alone; the shared rate from those that did not."""
    import numpy as np

    names = {"gdma_latency_cycles": 0.0, "gdma_load_bytes": 1e12, "gdma_row_cycles": 0.0}
    alone = [r for r in records if not r.share]
    parts = [price(tool, alone, names | {name: 1.0}) for name in names]
    weights = 1 / np.array([r.cycles for r in alone])
    matrix = np.array(parts).T * weights[:, None]
    (latency, per_byte, row), *_ = np.linalg.lstsq(matrix, np.ones(len(alone)), rcond=None)
    constants = {"gdma_latency_cycles": float(latency), "gdma_load_bytes": float(1 / per_byte)}
    constants["gdma_row_cycles"] = max(0.0, float(row))
    beside = [r for r in records if r.share > 0.9]
    if beside:
        size = price(tool, beside, names | {"gdma_load_bytes": 1.0})
        fixed = price(tool, beside, constants | {"gdma_load_bytes": 1e12})
        rates = [bytes_ / (r.cycles - f) for r, bytes_, f in zip(beside, size, fixed, strict=True)]
        constants["gdma_shared_bytes"] = 2 * statistics.median(rates)
    return constants


def judge_gdma(tool: str, records: list[Record]) -> dict[str, float]:
    """Prices every copy with constants fitted without its shape; while both cores copy, each gets half of what the
    memory gives. Returns the fit on all shapes."""
    overlap(records)
    for shape in sorted({r.shape for r in records}):
        mine = [r for r in records if r.shape == shape]
        constants = fit_gdma(tool, [r for r in records if r.shape != shape])
        alone, shared = constants["gdma_load_bytes"], constants["gdma_shared_bytes"]
        fixed = price(tool, mine, constants | {"gdma_load_bytes": 1e12})
        for r, cycles, start in zip(mine, price(tool, mine, constants), fixed, strict=True):
            r.model = start + (cycles - start) * alone / (r.share * shared / 2 + (1 - r.share) * alone)
    return fit_gdma(tool, records)


@dataclass
class Verdict:
    """The figures that the bounds are about."""

    tiu_median: float
    tiu_within_10: float
    tiu_total: float
    gdma_total: float
    judged: int

    @property
    def holds(self) -> bool:
        return (
            self.tiu_median <= 0.03
            and self.tiu_within_10 >= 0.90
            and abs(self.tiu_total - 1) <= 0.05
            and abs(self.gdma_total - 1) <= 0.10
        )


def judge(tool: str, path: Path) -> tuple[list[Record], dict[str, dict[str, float]], Verdict]:
    """All records with the model's cycles, the fits on all shapes, and the figures."""
    records = read(path)
    tiu = [r for r in records if r.engine == "TIU"]
    gdma = [r for r in records if r.engine == "GDMA"]
    fits = judge_tiu(tool, tiu)
    fits["copies"] = judge_gdma(tool, gdma)
    errors = [abs(r.error) for r in tiu]
    verdict = Verdict(
        statistics.median(errors),
        sum(e <= 0.10 for e in errors) / len(errors),
        sum(r.model for r in tiu) / sum(r.cycles for r in tiu),
        sum(r.model for r in gdma) / sum(r.cycles for r in gdma),
        len(records),
    )
    return records, fits, verdict


def report(records: Sequence[Record], fits: dict[str, dict[str, float]], verdict: Verdict, worst: int) -> str:
    """The table, the worst records, the constants and the verdict."""
    lines = [
        f"{'kind':24}{'records':>8}{'shapes':>8}{'measured':>11}{'model':>11}{'ratio':>8}{'median':>9}{'<=10 %':>8}"
    ]
    groups: dict[str, list[Record]] = defaultdict(list)
    for r in records:
        groups[r.op if r.engine == "TIU" else f"{r.op} core {r.core}"].append(r)
    for name, members in groups.items():
        errors = [abs(r.error) for r in members]
        measured, model = sum(r.cycles for r in members), sum(r.model for r in members)
        lines.append(
            f"{name:24}{len(members):8}{len({r.shape for r in members}):8}{measured:11}{model:11.0f}"
            f"{model / measured:8.3f}{100 * statistics.median(errors):8.1f}%"
            f"{100 * sum(e <= 0.1 for e in errors) / len(errors):7.0f}%"
        )
    lines += ["", f"worst {worst}:"]
    for r in sorted(records, key=lambda r: -abs(r.error))[:worst]:
        lines.append(
            f"  core {r.core} {r.engine:4} {r.index:4} {r.op:18} {r.shape:46}"
            f"{r.cycles:8} measured {r.model:9.0f} model {100 * r.error:+6.1f} %"
        )
    lines += ["", "fitted on all shapes (each record above is judged by a fit without its shape):"]
    for kind, constants in fits.items():
        if constants:
            lines.append(f"  {kind:8} " + ", ".join(f"{name} {value:.3f}" for name, value in constants.items()))
    lines += ["", "records that lack what a rule needs, counted apart:"]
    for lacks in sorted({r.lacks for r in records if r.lacks}):
        members = [r for r in records if r.lacks == lacks]
        within = sum(abs(r.error) <= 0.1 for r in members)
        lines.append(f"  {len(members)} records, {within} within 10 %: {lacks}")
    plain = [r for r in records if r.engine == "TIU" and not r.lacks]
    lines.append(f"  {len(plain)} TIU records lack nothing; their median error "
                 f"{100 * statistics.median(abs(r.error) for r in plain):.1f} %")  # fmt: skip
    lines += [
        "",
        f"TIU   median error {100 * verdict.tiu_median:.2f} % (<= 3), within 10 %: {100 * verdict.tiu_within_10:.1f} %"
        f" (>= 90), total {verdict.tiu_total:.4f} (0.95 to 1.05)",
        f"GDMA  total {verdict.gdma_total:.4f} (0.90 to 1.10)",
        "holds" if verdict.holds else "DOES NOT HOLD",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="?", type=Path, default=RECORDS)
    parser.add_argument("--worst", type=int, default=10)
    parser.add_argument("--tool", default="tpuc-cost", help="tpuc-cost, by name or path")
    args = parser.parse_args()
    if not args.records.exists():
        print(f"timing_vs_silicon: error: '{args.records}' does not exist", file=sys.stderr)
        return 1
    records, fits, verdict = judge(args.tool, args.records)
    print(report(records, fits, verdict, args.worst))
    return 0 if verdict.holds else 2


if __name__ == "__main__":
    sys.exit(main())
