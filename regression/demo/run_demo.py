#!/usr/bin/env python3
"""The demo: a small trained network from ONNX to chip instructions, run on digits it has never seen.

It types the same four commands as a user, shows what they print, and then reads the held-back digits three ways: with
onnxruntime, with the imported fp32 model, and with the INT8 bmodel in the simulator.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from train_digits import network_input, picture

Array = NDArray[Any]
HERE = Path(__file__).resolve().parent
CHIP = "bm1684x"
SHADES = " .:-=+*#%@"
WIDTH = 100
PREFIX = f"digits_{CHIP}_int8_sym"
FILES = {
    "digits.mlir": "the imported network, readable",
    "digits_cali_table": "how large each tensor gets, and where it is clipped",
    f"{PREFIX}_tpu.mlir": "lowered to INT8",
    f"{PREFIX}_final.mlir": "tiled and placed in memory",
    "digits_int8.bmodel": "the chip's instructions and weights",
    "out.npz": "every tensor of the simulated run",
}


def bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def header(number: int, title: str, why: str) -> None:
    print(f"\n{'─' * WIDTH}\n{bold(f'{number}. {title}')}\n   {why}\n", flush=True)


def tool(name: str, *arguments: object, folder: Path) -> None:
    """Runs one of the tools in `folder`, shows the command as a user would type it, and what it prints."""
    words = [str(a) for a in arguments]
    lines = [f"$ {name}"]
    for word in words:
        piece = shlex.quote(word)
        starts_flag = word.startswith("--") or word == "-o"
        if starts_flag and len(lines[-1]) + len(piece) > WIDTH - 24:
            lines[-1] += " \\"
            lines.append("    ")
        lines[-1] += f" {piece}"
    print(bold("\n".join(lines)), flush=True)
    script = HERE.parents[1] / "python" / "tpu_mlir" / "bin" / name
    process = subprocess.Popen(
        [sys.executable, script, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        print(f"   │ {line.rstrip()}", flush=True)
    if process.wait():
        sys.exit(f"the demo stopped: {name} ended with exit code {process.returncode}")


def drawing(digit: Array) -> list[str]:
    """An 8x8 digit as eight lines of characters, two per pixel."""
    return ["".join(SHADES[min(int(v) * len(SHADES) // 17, 9)] * 2 for v in row) for row in digit]


def gallery(digits: Sequence[Array], captions: Sequence[tuple[str, str]]) -> None:
    """Digits side by side, two lines of caption under each."""
    columns = [
        [*drawing(d), "─" * 16, *(f"{c:^16}" for c in caption)] for d, caption in zip(digits, captions, strict=True)
    ]
    for row in zip(*columns, strict=True):
        print("   " + "   ".join(row))


def prepare(work: Path) -> tuple[Array, Array]:
    """Lays the demo's files out as a user would have them; returns the held-back digits and their labels."""
    import cv2

    if work.exists():
        shutil.rmtree(work)
    (work / "calibration").mkdir(parents=True)
    shutil.copy(HERE / "digits.onnx", work)
    with np.load(HERE / "digits.npz") as data:
        calibration, test, labels = data["calibration"], data["test"], data["test_labels"]
    for i, digit in enumerate(calibration):
        cv2.imwrite(str(work / "calibration" / f"{i:03d}.png"), picture(digit))
    cv2.imwrite(str(work / "digit.png"), picture(test[0]))
    return test, labels


@dataclass
class Reading:
    """How one way of running the network read all held-back digits."""

    name: str
    classes: Array
    logits: Array
    seconds: float


def read_all(name: str, images: Array, run: Callable[[Array], Array]) -> Reading:
    started = time.perf_counter()
    logits = np.stack([run(images[i : i + 1]).reshape(-1) for i in range(len(images))])
    return Reading(name, logits.argmax(axis=1), logits, time.perf_counter() - started)


def onnxruntime_reader(model: Path) -> Callable[[Array], Array]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    return lambda x: np.asarray(session.run(None, {"input": x})[0])


def module_reader(mlir: Path) -> Callable[[Array], Array]:
    from tpu_mlir.runner import open_module

    module = open_module(mlir)
    (output,) = module.output_names

    def run(x: Array) -> Array:
        module.set_tensor("input", x)
        module.invoke(False)
        return np.asarray(module.get_tensor(output))

    return run


def bmodel_reader(bmodel: Path, summaries: list[dict[str, Any]]) -> Callable[[Array], Array]:
    from tpu_mlir.runner import simulate

    def run(x: Array) -> Array:
        tensors, summary = simulate(bmodel, {"input": x}, False, False)
        summaries.append(summary)
        (logits,) = tensors.values()
        return np.asarray(logits)

    return run


def show_readings(readings: Sequence[Reading], digits: Array, labels: Array) -> None:
    fp32, simulated = readings[0], readings[-1]
    wrong = np.flatnonzero(simulated.classes != labels)
    differ = np.flatnonzero(simulated.classes != fp32.classes)
    right = [int(i) for i in range(len(labels)) if i not in wrong]
    chosen = [*right[: 5 - len(wrong[:2])], *(int(i) for i in wrong[:2])]
    captions = []
    for i in chosen:
        odds = np.exp(simulated.logits[i] - simulated.logits[i].max())
        sure = 100 * odds.max() / odds.sum()
        remark = "right" if simulated.classes[i] == labels[i] else f"wrong, it is a {labels[i]}"
        captions.append((f"reads {simulated.classes[i]} ({sure:.0f} %)", remark))
    gallery([digits[i] for i in chosen], captions)
    print(f"\n   {'held-back digits':<44}{'right':>12}{'accuracy':>12}{'seconds':>10}")
    for reading in readings:
        count = int((reading.classes == labels).sum())
        share = f"{count:>6} / {len(labels)}{100 * count / len(labels):>10.2f} %"
        print(f"   {reading.name:<44}{share}{reading.seconds:>10.2f}")
    print(f"\n   INT8 in the simulator and fp32 in onnxruntime disagree on {len(differ)} of {len(labels)} digits.")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compile and simulate the digit classifier.")
    parser.add_argument("-o", "--output", type=Path, default=HERE.parents[1] / "build" / "demo", help="work folder")
    work: Path = parser.parse_args(argv).output.resolve()
    started = time.perf_counter()
    digits, labels = prepare(work)
    print(bold(f"A digit classifier, from ONNX to {CHIP.upper()} instructions"))
    print(f"three convolutions, a max pool, a fully connected layer; {len(digits)} digits were held back from training")

    header(1, "Import", "ONNX to the Top dialect; every tensor is compared with onnxruntime's.")
    pixels = ("--pixel_format", "gray", "--mean", "0", "--scale", "0.00392157")
    tool(
        "model_transform.py",
        *("--model_name", "digits", "--model_def", "digits.onnx", "--input_shapes", "[[1,1,32,32]]"),
        *pixels,
        *("--test_input", "digit.png", "--test_result", "digits_top_outputs.npz", "--mlir", "digits.mlir"),
        folder=work,
    )
    header(2, "Calibrate", "100 training digits show how large each tensor gets; KL divergence picks where to clip.")
    tool("run_calibration.py", "digits.mlir", "--dataset", "calibration", "-o", "digits_cali_table", folder=work)
    header(
        3, "Deploy", "INT8, tiled, placed, encoded; then the bmodel is simulated and must equal the interpreter, ==."
    )
    tool(
        "model_deploy.py",
        *("--mlir", "digits.mlir", "--quantize", "INT8", "--calibration_table", "digits_cali_table", "--chip", CHIP),
        *(
            "--test_input",
            "digits_in_f32.npz",
            "--test_reference",
            "digits_top_outputs.npz",
            "--tolerance",
            "0.97,0.75",
        ),
        *("--model", "digits_int8.bmodel"),
        folder=work,
    )
    header(4, "Run", "The bmodel alone, in the simulator.")
    tool(
        "model_runner.py",
        *("--input", "digits_in_f32.npz", "--model", "digits_int8.bmodel", "--dump_all_tensors", "--output", "out.npz"),
        folder=work,
    )
    header(5, "Read", f"{len(digits)} digits that the network has never seen.")
    images = network_input(np.stack([picture(d) for d in digits]))
    summaries: list[dict[str, Any]] = []
    readings = [
        read_all("fp32, onnxruntime", images, onnxruntime_reader(work / "digits.onnx")),
        read_all("fp32, digits.mlir in the interpreter", images, module_reader(work / "digits.mlir")),
        read_all(
            "INT8, digits_int8.bmodel in the simulator", images, bmodel_reader(work / "digits_int8.bmodel", summaries)
        ),
    ]
    show_readings(readings, digits, labels)
    first = summaries[0]
    clock = f"{1000 * first['milliseconds']:.1f} us at the chip's clock"
    print(f"   One digit takes {first['cycles']:,} simulated cycles: {clock}.")
    print(f"\n{'─' * WIDTH}\n   Everything is in {work}:")
    for name, what in FILES.items():
        print(f"     {name:<36} {(work / name).stat().st_size:>8,} bytes   {what}")
    print(f"   Done in {time.perf_counter() - started:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
