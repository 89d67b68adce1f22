#!/usr/bin/env python3
"""Compares cycles of INT8 and of floats on random members of each op family, by the timing model.

Inputs and outputs have the network's own format: what a chain of such ops sees. Prints, for each op, the time in floats
over that in INT8 (of all its cases together), and every case whose INT8 stream takes more cycles, worst first.

    python bench/int8_against_floats.py [--floats F16] [--seeds 200] [--first 0] [--families conv,permute] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "test/Ops")]

from families import FAMILIES  # type: ignore[import-not-found]  # noqa: E402
from precisions import Case, both  # type: ignore[import-not-found]  # noqa: E402


def _op(case: Case) -> str:
    return case.op.split('"')[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200, help="cases of each family (default: %(default)s)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default: %(default)s)")
    parser.add_argument("--families", default=",".join(FAMILIES), help="comma separated (default: all)")
    parser.add_argument("--floats", default="F32", choices=["F32", "F16", "BF16"], help="default: %(default)s")
    parser.add_argument("--json", type=Path, help="every case, as a list")
    args = parser.parse_args()
    cases: list[Case] = []
    with tempfile.TemporaryDirectory() as folder:
        for family in args.families.split(","):
            for seed in range(args.first, args.first + args.seeds):
                case = both(family, FAMILIES[family], seed, Path(folder), args.floats)
                if case:
                    cases.append(case)
            own = [c for c in cases if c.family == family]
            slower = [c for c in own if c.int8 > c.f32]
            print(f"{family:12} {len(own):5} cases, {len(slower):4} slower in INT8", flush=True)
    for op in sorted({_op(c) for c in cases}):
        own = [c for c in cases if _op(c) == op]
        ratio = sum(c.f32 for c in own) / sum(c.int8 for c in own)
        print(f"{op:16} {len(own):5} cases, {args.floats} / INT8 {ratio:5.2f}")
    for case in sorted((c for c in cases if c.int8 > c.f32), key=lambda c: c.int8 - c.f32, reverse=True):
        print(f"{case.int8:9.0f} {case.f32:9.0f} {case.int8 / case.f32:6.2f}  {case.family} {case.seed}: {case.op}")
    if args.json:
        args.json.write_text(json.dumps([case.__dict__ for case in cases], indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
