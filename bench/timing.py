#!/usr/bin/env python3
"""Times bmodels without data, and puts whole inferences beside what the vendor published for BM1684X.

Prints the summary of each, commands per second of the timing itself, each uncertain constant at both ends, and, for
networks with a published latency, the estimate with fp32 in and out beside it and what stays unexplained.

    python bench/timing.py MODEL.bmodel... [--vary]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

# Milliseconds as a user measures them, fp32 in and out. Source: sophon-demo READMEs, October 2024.
PUBLISHED = {"yolov5s": 3.51, "resnet50": 1.10}
TOLERANCE = 0.20
REPEAT = 300
LEAST_RATE = 1_000_000
UNEXPLAINED = {
    "yolov5s": "how the output cost splits into cast, permutation and copy (one measured sum stands for it); how "
    "much of the input's copy and cast the launch hides; which compiler made the published file",
    "resnet50": "the published stream itself: it is not public, so the estimate is of this file's stream; its launch "
    "could be 0.37 ms instead of 0.28 by its own intercept over the batch, which holds its weights too",
}


def time_model(tool: str, model: Path, *options: str) -> tuple[str, dict]:
    """What tpuc-sim prints, and its figures."""
    with tempfile.TemporaryDirectory() as folder:
        summary = Path(folder) / "summary.json"
        command = [tool, str(model), "--timing-only", "--summary", str(summary), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr.strip())
        return done.stdout, json.loads(summary.read_text(encoding="utf-8"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--vary", action="store_true", help="each uncertain constant at both ends")
    parser.add_argument("--tool", default="tpuc-sim", help="tpuc-sim, by name or path")
    args = parser.parse_args()
    slow = False
    for model in args.models:
        options = ["--fp32-io", "--repeat", str(REPEAT)] + (["--vary"] if args.vary else [])
        text, figures = time_model(args.tool, model, *options)
        print(f"== {model.name}\n{text}", end="")
        rate = float(text.split("\nrate")[1].split()[0])
        slow |= rate < LEAST_RATE
        for name, published in PUBLISHED.items():
            if name in model.name:
                estimate = figures["inference"]["total_ms"]
                off = estimate / published - 1
                verdict = "within" if abs(off) <= TOLERANCE else "OUTSIDE"
                print(f"published  {published:.2f} ms; estimate {estimate:.2f} ms, {100 * off:+.0f} %, "
                      f"{verdict} {100 * TOLERANCE:.0f} %")  # fmt: skip
                print(f"           unexplained: {UNEXPLAINED[name]}")
        print()
    if slow:
        print(f"slower than {LEAST_RATE} commands per second")
    return 2 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
