#!/usr/bin/env python3
"""Runs the networks of models.yaml from ONNX to a proven bmodel and prints one row for each precision.

Every row is a real run: import compared with onnxruntime, calibration, deployment compared with the import by
similarity and with the simulator exactly, and for trained networks the accuracy on labelled pictures. A floor that is
missed is named under the table and makes the exit code 2.

    python regression/run_model.py [name ...] [-o folder] [--precision INT8]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

import zoo

Array = NDArray[Any]
ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"


class Skipped(Exception):
    """The network needs something that is not here; the message says what."""


@dataclass
class Row:
    """One network at one precision; `missed` names the floors it missed."""

    name: str
    precision: str
    cells: dict[str, str] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)


@dataclass
class Pictures:
    """Files for calibration, one for the test, and labelled ones for accuracy (may be none)."""

    calibration: list[Path]
    test: Path
    labelled: list[tuple[Path, int]]


def gather_pictures(entry: dict[str, Any], work: Path) -> Pictures:
    kind, count = entry["images"], int(entry["calibrate"])
    if kind == "synthetic":
        calibration = zoo.write_images(work / "images", entry["zoo"], count, zoo.CALIBRATION_SEED)
        (test,) = zoo.write_images(work / "test", entry["zoo"], 1, zoo.TEST_SEED)
        return Pictures(calibration, test, [])
    if kind == "imagenet300":
        folder = _present(DATA / "imagenet300")
        rows = [line.split(",") for line in (folder / "labels.csv").read_text().split()[1:]]
        labelled = [(folder / name, int(label)) for name, label in rows]
        # Every third picture calibrates; accuracy is counted on the others.
        seen = labelled[::3][:count]
        held = [pair for pair in labelled if pair not in seen]
        return Pictures([path for path, _ in seen], held[0][0], held)
    assert kind == "mnist", kind
    return _mnist_pictures(_present(DATA / "tiny" / "mnist_5000.npz"), work, count)


def _mnist_pictures(source: Path, work: Path, count: int) -> Pictures:
    import cv2

    with np.load(source) as data:
        images, labels = data["images"][: count + 1000], data["labels"]
    (work / "images").mkdir(parents=True, exist_ok=True)
    paths = []
    for i, image in enumerate(images):
        paths.append(work / "images" / f"{i:04d}.png")
        cv2.imwrite(str(paths[-1]), image)
    return Pictures(paths[:count], paths[count], [(p, int(labels[i])) for i, p in enumerate(paths)][count:])


def _present(path: Path) -> Path:
    if not path.exists():
        raise Skipped(f"{path.relative_to(DATA.parent.parent)} is absent")
    return path


def onnx_file(name: str, entry: dict[str, Any], work: Path) -> Path:
    if "file" in entry:
        return _present(DATA / entry["file"])
    model, _ = zoo.build(entry["zoo"])
    path = work / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def preprocess_flags(entry: dict[str, Any]) -> Any:
    from tpu_mlir.preprocess import PreprocessFlags

    if "zoo" in entry:
        settings = zoo.ZOO[entry["zoo"]].preprocess
        return PreprocessFlags(mean=settings.mean, scale=settings.scale, pixel_format="rgb")
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.get("preprocess", {}).items()}
    return PreprocessFlags(**values)


def run_network(name: str, entry: dict[str, Any], chip: str, folder: Path, wanted: str | None) -> list[Row]:
    """All wanted precisions of one network, from its ONNX file."""
    from tpu_mlir.calibration.calibrator import calibrate
    from tpu_mlir.transform_model import transform

    work = folder / name
    work.mkdir(parents=True, exist_ok=True)
    pictures = gather_pictures(entry, work)
    source = onnx_file(name, entry, work)
    mlir = work / f"{name}.mlir"
    with Silent(work / "transform.log"):
        imported = transform(
            name,
            source,
            mlir,
            output_names=tuple(entry.get("output_names", ())),
            preprocess=preprocess_flags(entry),
            test_input=[pictures.test],
        )
    assert imported.report is not None
    worst = imported.report.worst("cosine")
    rows = []
    table, calibrated = work / f"{name}_cali_table", False
    for precision, floors in entry["precisions"].items():
        if wanted is not None and precision != wanted:
            continue
        row = Row(name, precision, {"import cos": f"{worst.cosine:.6f}" if worst else "-"})
        rows.append(row)
        if precision.startswith("INT8") and not calibrated:
            result = calibrate(mlir, [(p,) for p in pictures.calibration])
            result.table.save(table)
            calibrated = True
            row.cells["calib/s"] = f"{result.images_per_second:.1f}"
        lowered = deploy_one(row, mlir, chip, table, tuple(floors))
        if pictures.labelled and "accuracy" in entry:
            measure_accuracy(row, entry, work, name, mlir, lowered, pictures.labelled)
    return rows


def deploy_one(row: Row, mlir: Path, chip: str, table: Path, floors: tuple[float, ...]) -> Path:
    """Deploys and proves; fills the row; returns the lowered model."""
    from tpu_mlir.deployment.deploy import deploy
    from tpu_mlir.deployment.options import Options
    from tpu_mlir.errors import CompareFailed

    work = mlir.parent
    options = Options(
        mlir=mlir,
        model=work / f"{mlir.stem}_{row.precision.lower()}.bmodel",
        chip=chip,
        quantize=row.precision.removesuffix("_ASYM"),
        asymmetric=row.precision.endswith("_ASYM"),
        calibration_table=table if row.precision.startswith("INT8") else None,
        test_input=(work / f"{mlir.stem}_in_f32.npz",),
        test_reference=work / f"{mlir.stem}_top_outputs.npz",
        tolerance=floors,
    )
    started = time.perf_counter()
    with Silent(work / f"deploy_{row.precision}.log"):
        result = deploy(options, require=False)
    row.cells["deploy s"] = f"{time.perf_counter() - started:.1f}"
    proof = result.proof
    assert proof is not None and proof.similar is not None
    worst = proof.similar.worst("cosine")
    equal = sum(r.verdict == "EQUAL" for r in proof.exact.results)
    row.cells["lowest cos"] = f"{worst.cosine:.4f}" if worst else "-"
    row.cells["exact"] = f"{equal}/{proof.expected}"
    row.cells["cycles"] = f"{proof.summary['cycles']:,}"
    row.cells["MACs"] = f"{100 * proof.summary['macs'] / result.network_macs:.1f} %"
    try:
        proof.require_pass(options)
    except CompareFailed as failure:
        row.missed.append(str(failure))
    if result.safety is not None:
        row.missed += [f"unsafe: {finding}" for finding in result.safety.findings]
    row.missed += [f"degenerate layer {line}" for line in proof.degenerate]
    if proof.summary["host_ops"]:
        row.missed.append(f"{proof.summary['host_ops']} host ops")
    return options.beside_model("_tpu.mlir")


def measure_accuracy(
    row: Row, entry: dict[str, Any], work: Path, name: str, mlir: Path, lowered: Path, labelled: list[tuple[Path, int]]
) -> None:
    """Top-1 and top-5 of onnxruntime, of the imported model, and of the lowered one, on the same pictures."""
    from tpu_mlir.runner import open_module, preprocessing

    floors = entry["accuracy"]
    module = open_module(mlir)
    ((_, settings),) = preprocessing(module).items()
    inputs = [settings.image(path) for path, _ in labelled]
    labels = np.array([label for _, label in labelled])
    runs = {
        "ort": onnxruntime_run(work / f"{name}_opt.onnx"),
        "fp32": module_run(mlir),
        row.precision: module_run(lowered),
    }
    top1: dict[str, float] = {}
    for who, run in runs.items():
        logits = np.stack([run(x).reshape(-1)[-floors["classes"] :] for x in inputs])
        ranked = np.argsort(-logits, axis=1, kind="stable")[:, :5]
        top1[who] = 100 * float((ranked[:, 0] == labels).mean())
        top5 = 100 * float((ranked == labels[:, None]).any(axis=1).mean())
        row.cells[f"{who if who in ('ort', 'fp32') else 'chip'} top-1/5"] = f"{top1[who]:.1f}/{top5:.1f}"
    kind = "int8" if row.precision.startswith("INT8") else "fp32"  # 16 bits may lose no more than an import
    for better, worse, floor in (("ort", "fp32", "top1_loss_fp32"), ("fp32", row.precision, f"top1_loss_{kind}")):
        loss = top1[better] - top1[worse]
        if loss > floors[floor]:
            row.missed.append(f"{worse} loses {loss:.1f} points of top-1 against {better}, allowed {floors[floor]}")


def onnxruntime_run(path: Path) -> Callable[[Array], Array]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda x: np.asarray(session.run(None, {name: x})[0])


def module_run(path: Path) -> Callable[[Array], Array]:
    from tpu_mlir.runner import open_module

    module = open_module(path)
    (source,), (output,) = module.input_names, module.output_names

    def run(x: Array) -> Array:
        module.set_tensor(source, x)
        module.invoke(False)
        return np.asarray(module.get_tensor(output))

    return run


class Silent(contextlib.AbstractContextManager["Silent"]):
    """What the tools print goes to a log beside the model; the table stays readable."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.buffer = io.StringIO()
        self.redirect = contextlib.redirect_stdout(self.buffer)

    def __enter__(self) -> Silent:
        self.redirect.__enter__()
        return self

    def __exit__(self, *failure: Any) -> None:
        self.redirect.__exit__(*failure)
        self.log.write_text(self.buffer.getvalue())


def table_text(rows: Sequence[Row]) -> str:
    columns = list(dict.fromkeys(key for row in rows for key in row.cells))
    lines = [["network", "", *columns, ""]]
    for row in rows:
        verdict = "MISSED" if row.missed else "ok"
        lines.append([row.name, row.precision, *(row.cells.get(c, "") for c in columns), verdict])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = [
        "  ".join(
            cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    text += [f"  {row.name} {row.precision}: {missed}" for row in rows for missed in row.missed]
    return "\n".join(text)


def main(argv: Sequence[str] | None = None) -> int:
    config = yaml.safe_load((Path(__file__).parent / "models.yaml").read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description="Run regression networks end to end.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(config['models'])}; all without any")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "build" / "regression", help="work folder")
    parser.add_argument("--precision", choices=["F32", "F16", "BF16", "INT8", "INT8_ASYM"], help="only this one")
    arguments = parser.parse_args(argv)
    unknown = [name for name in arguments.names if name not in config["models"]]
    if unknown:
        parser.error(f"unknown network '{unknown[0]}'; known: {', '.join(config['models'])}")
    rows: list[Row] = []
    for name in arguments.names or config["models"]:
        started = time.perf_counter()
        try:
            rows += run_network(name, config["models"][name], config["chip"], arguments.output, arguments.precision)
        except Skipped as reason:
            print(f"{name}: skipped, {reason}", file=sys.stderr)
            continue
        print(f"{name}: {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)
    if not rows:
        print("nothing ran", file=sys.stderr)
        return 1
    print(table_text(rows))
    return 2 if any(row.missed for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
