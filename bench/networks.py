"""The networks of the benchmarks: made from seeds, imported, calibrated and compiled once per work folder."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CHIP = "bm1684x"
CALIBRATION_IMAGES = 20


@dataclass(frozen=True)
class Network:
    """A zoo network at one batch, and its files in `folder`."""

    name: str
    batch: int
    folder: Path

    @property
    def label(self) -> str:
        return self.name if self.batch == 1 else f"{self.name}_b{self.batch}"

    def path(self, ending: str) -> Path:
        return self.folder / f"{self.label}{ending}"

    @property
    def table(self) -> Path:
        """Tensor names do not depend on the batch, nor do their ranges."""
        return self.folder / f"{self.name}_cali_table"

    def bmodel(self, opt: int) -> Path:
        return self.folder / f"opt{opt}" / f"{self.label}.bmodel"

    def prepare(self) -> None:
        """Writes what is not there yet: ONNX, Top module, inputs, calibration table."""
        if not self.path(".mlir").exists():
            import_network(self)
        if not self.table.exists():
            from tpu_mlir.calibration.calibrator import calibrate
            from tpu_mlir.calibration.samples import from_folder

            calibrate(self.path(".mlir"), from_folder(self.folder / f"{self.name}_images", 0)).table.save(self.table)

    def deploy(self, opt: int) -> tuple[float, float]:
        """Compiles to INT8 with int8 in and out, unproven; CPU seconds and peak MiB of the whole command."""
        model = self.bmodel(opt)
        model.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, str(ROOT / "python/tpu_mlir/bin/model_deploy.py"), "--chip", CHIP]
        command += ["--mlir", str(self.path(".mlir")), "--model", str(model), "--opt", str(opt), "--skip_validation"]
        command += ["--quantize", "INT8", "--calibration_table", str(self.table), "--quant_input", "--quant_output"]
        return cpu_of(command)

    def module_attributes(self, opt: int, *names: str) -> list[int]:
        """Integer attributes of the final module."""
        final = self.bmodel(opt).parent / f"{self.label}_{CHIP}_int8_sym_final.mlir"
        with final.open(encoding="utf-8") as text:
            head = next(line for line in text if line.startswith("module"))
        return [int(head.split(f"{name} = ")[1].split()[0]) for name in names]


def import_network(network: Network) -> None:
    """Builds the ONNX model and the calibration images from the network's seed and imports it."""
    import zoo
    from tpu_mlir.preprocess import PreprocessFlags
    from tpu_mlir.transform_model import transform

    entry = zoo.ZOO[network.name]
    model, _ = zoo.build(network.name, network.batch)
    network.path(".onnx").write_bytes(model.SerializeToString())
    images = zoo.write_images(
        network.folder / f"{network.name}_images", network.name, CALIBRATION_IMAGES, zoo.CALIBRATION_SEED
    )
    flags = PreprocessFlags(mean=entry.preprocess.mean, scale=entry.preprocess.scale, pixel_format="rgb")
    transform(
        network.label,
        network.path(".onnx"),
        network.path(".mlir"),
        preprocess=flags,
        test_input=images[: network.batch],
    )


def cpu_of(command: list[str]) -> tuple[float, float]:
    """User and system seconds, and peak MiB, of a command."""
    usage = _run(command)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def timed_command(command: list[str]) -> tuple[float, float]:
    """Seconds, and peak MiB, of a command."""
    started = time.perf_counter()
    usage = _run(command)
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def _run(command: list[str]) -> resource.struct_rusage:
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            raise SystemExit(f"{' '.join(command)}\n{output.read().decode()}")
    return usage


@dataclass(frozen=True)
class Timed:
    """The figures of a stream by the timing model, nominal and with each uncertain constant at both ends."""

    summary: dict[str, Any]

    @classmethod
    def of(cls, model: Path) -> Timed:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "summary.json"
            command = ["tpuc-sim", str(model), "--timing-only", "--summary", str(path), "--vary"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(done.stderr.strip())
            return cls(json.loads(path.read_text(encoding="utf-8")))

    @cached_property
    def cycles(self) -> dict[str, float]:
        """By constant and end; nominal under ''."""
        varied = {f"{v['constant']} {v['end']}": float(v["cycles"]) for v in self.summary["vary"]}
        return {"": float(self.summary["cycles"])} | varied

    @cached_property
    def values(self) -> dict[str, list[float]]:
        """The constants' values by the same keys."""
        return {
            f"{v['constant']} {v['end']}": [float(word) for word in v["values"].split(",")]
            for v in self.summary["vary"]
        }

    @property
    def ddr_bytes(self) -> int:
        return int(self.summary["ddr"]["total_bytes"])
