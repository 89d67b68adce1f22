"""Draws the figures of docs/design from real runs, as SVG into docs/design/figures.

    python docs/gen/figures.py FOLDER [--only NAME ...] [--png FOLDER]

FOLDER holds a folder of each network, with <net>.mlir and <net>_cali_table: what model_transform.py and
run_calibration.py leave. Needs the compiled module, tpuc-cost and bmodel-tool on PATH, and for the planted faults a
build folder with its unit tests. What is missing keeps its old figure, with a sentence.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "python"), str(ROOT / "bench")]


def main() -> int:
    import figure_checker
    import figure_groups
    import figure_memory
    import figure_schedule
    import figure_timing
    from figure_runs import Runs
    from figure_style import Writer

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="networks and calibration tables")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="figures by name or by page")
    parser.add_argument("--png", type=Path, help="also writes bitmaps, to look at, into this folder")
    parser.add_argument(
        "--build", type=Path, help="where unit/MutationRun is", default=os.environ.get("TPU_MLIR_BUILD")
    )
    args = parser.parse_args()
    build = Path(args.build or os.environ.get("TPU_MLIR_BUILD_DIR", ROOT / "build"))
    if args.png is not None:
        args.png.mkdir(parents=True, exist_ok=True)
    writer = Writer(args.png)
    with tempfile.TemporaryDirectory() as work:
        runs = Runs(args.folder, Path(work))
        drawings: dict[str, Callable[[], None]] = {
            "timing-silicon": lambda: figure_timing.silicon(writer),
            "timing-roofline": lambda: figure_timing.roofline(writer, runs),
            "groups-cycles": lambda: figure_groups.cycles(writer, runs),
            "groups-slices": lambda: figure_groups.slices(writer, runs),
            "schedule-engines": lambda: figure_schedule.engines(writer, runs),
            "memory-local": lambda: figure_memory.local(writer, runs),
            "memory-arena": lambda: figure_memory.arena(writer, runs),
            "checker-cost": lambda: figure_checker.cost(writer, runs),
            "checker-faults": lambda: figure_checker.faults(writer, runs, build),
        }
        chosen = [n for n in drawings if not args.only or n in args.only or n.partition("-")[0] in args.only]
        if not chosen or not runs.networks():
            what = f"no figure is named {' or '.join(args.only)}" if not chosen else f"no network is in '{args.folder}'"
            print(f"figures: error: {what}", file=sys.stderr)
            return 1
        for name in chosen:
            drawings[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
