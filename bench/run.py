#!/usr/bin/env python3
"""Measures the tools beside their peer, in one run, and holds the numbers against their floors.

Interpreter and onnxruntime take turns on the same input, and the ratio is of the fastest run of each, so that other
work on the machine hurts both alike. Every stage runs in its own process, whose peak memory is reported with it.

    python bench/run.py [network ...] [-o folder] [--rounds 15]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "regression")]
NETWORKS = ("resnet18", "resnet50", "mobilenet_v2", "yolov5s")
CHIP = "bm1684x"
CALIBRATION_IMAGES = 20


@dataclass
class Measured:
    """One line of the report; `holds` is None where there is no floor."""

    what: str
    value: str
    peak_mib: float
    floor: str = ""
    holds: bool | None = None


def isolated(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """The function's result and the peak memory (MiB) of the fresh process that it ran in."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_with_peak, function, arguments).result()


def _with_peak(function: Callable[..., Any], arguments: Sequence[Any]) -> tuple[Any, float]:
    with contextlib.redirect_stdout(io.StringIO()):
        result = function(*arguments)
    return result, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _import(name: str, work: Path) -> None:
    import zoo
    from tpu_mlir.preprocess import PreprocessFlags
    from tpu_mlir.transform_model import transform

    entry = zoo.ZOO[name]
    model, _ = zoo.build(name)
    path = work / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    zoo.write_images(work / f"{name}_images", name, CALIBRATION_IMAGES, zoo.CALIBRATION_SEED)
    flags = PreprocessFlags(mean=entry.preprocess.mean, scale=entry.preprocess.scale, pixel_format="rgb")
    image = work / f"{name}_images" / "0000.jpg"
    transform(name, path, work / f"{name}.mlir", preprocess=flags, test_input=[image])


def _interpreter(name: str, work: Path, rounds: int) -> tuple[float, float]:
    """Fastest seconds of one inference: ours, onnxruntime's."""
    import numpy as np
    import onnxruntime

    from tpu_mlir.runner import open_module

    with np.load(work / f"{name}_in_f32.npz") as archive:
        ((tensor, x),) = archive.items()
    module = open_module(work / f"{name}.mlir")
    module.set_tensor(tensor, x)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = os.cpu_count() or 1
    session = onnxruntime.InferenceSession(str(work / f"{name}_opt.onnx"), settings, providers=["CPUExecutionProvider"])
    ours = theirs = float("inf")
    for _ in range(rounds):
        # Several runs a turn: the first may still share the cores with the other's idling threads.
        ours = min(ours, _fastest(lambda: module.invoke(False), 4))
        theirs = min(theirs, _fastest(lambda: session.run(None, {tensor: x}), 4))
    return ours, theirs


def _fastest(run: Callable[[], Any], times: int) -> float:
    best = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - started)
    return best


def _calibrate(name: str, work: Path) -> float:
    """Samples per second."""
    from tpu_mlir.calibration.calibrator import calibrate
    from tpu_mlir.calibration.samples import from_folder

    result = calibrate(work / f"{name}.mlir", from_folder(work / f"{name}_images", 0))
    result.table.save(work / f"{name}_cali_table")
    return result.images_per_second


def _deploy(name: str, work: Path) -> float:
    """Seconds from the Top model to the bmodel, without the proof."""
    from tpu_mlir.deployment.deploy import deploy
    from tpu_mlir.deployment.options import Options

    options = Options(
        mlir=work / f"{name}.mlir",
        model=work / f"{name}_int8.bmodel",
        chip=CHIP,
        quantize="INT8",
        calibration_table=work / f"{name}_cali_table",
        skip_validation=True,
    )
    started = time.perf_counter()
    deploy(options, quiet=True)
    return time.perf_counter() - started


def _simulate(name: str, work: Path) -> tuple[float, int]:
    """Seconds to simulate one inference, loading included, and the cycles it takes on the chip."""
    import numpy as np

    from tpu_mlir.runner import simulate

    with np.load(work / f"{name}_in_f32.npz") as archive:
        inputs = dict(archive.items())
    started = time.perf_counter()
    _, summary = simulate(work / f"{name}_int8.bmodel", inputs, False, False)
    return time.perf_counter() - started, int(summary["cycles"])


def measure(name: str, work: Path, rounds: int) -> list[Measured]:
    """The four lines of one network; the floors are ResNet-50's."""
    floors = name == "resnet50"
    isolated(_import, name, work)
    (ours, theirs), peak = isolated(_interpreter, name, work, rounds)
    speed = theirs / ours
    text = f"{1000 * ours:.2f} ms; onnxruntime {1000 * theirs:.2f} ms; {speed:.2f} x its speed"
    lines = [Measured("fp32 interpreter", text, peak, ">= 0.70 x", speed >= 0.7 if floors else None)]
    rate, peak = isolated(_calibrate, name, work)
    text = f"{rate:.1f} images/s, {100 * rate * theirs:.0f} % of bare onnxruntime inference"
    lines.append(Measured("calibration (KL)", text, peak))
    seconds, peak = isolated(_deploy, name, work)
    lines.append(Measured("model_deploy INT8", f"{seconds:.2f} s", peak, "<= 30 s", seconds <= 30 if floors else None))
    (seconds, cycles), peak = isolated(_simulate, name, work)
    text = f"{seconds:.2f} s for {cycles:,} cycles"
    lines.append(Measured("simulation", text, peak, "<= 5 s", seconds <= 5 if floors else None))
    return lines


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Benchmarks beside onnxruntime, with floors.")
    parser.add_argument("names", nargs="*", metavar="NETWORK", help=f"of {', '.join(NETWORKS)}; all without any")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "build" / "bench", help="work folder")
    parser.add_argument("--rounds", type=int, default=15, help="turns of interpreter and onnxruntime")
    arguments = parser.parse_args(argv)
    unknown = [name for name in arguments.names if name not in NETWORKS]
    if unknown:
        parser.error(f"unknown network '{unknown[0]}'; known: {', '.join(NETWORKS)}")
    arguments.output.mkdir(parents=True, exist_ok=True)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the first measurement")
    missed = 0
    for name in arguments.names or NETWORKS:
        print(f"\n{name}")
        for line in measure(name, arguments.output, arguments.rounds):
            verdict = "" if line.holds is None else f"  [{line.floor}: {'holds' if line.holds else 'MISSED'}]"
            missed += line.holds is False
            print(f"  {line.what:<18} {line.value}{verdict}  (peak {line.peak_mib:.0f} MiB)", flush=True)
    print(f"\nload {os.getloadavg()[0]:.1f} after; " + ("all floors hold" if not missed else f"{missed} floors MISSED"))
    return 2 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
