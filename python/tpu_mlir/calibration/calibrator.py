"""Runs the fp32 network over the samples and turns what passed by into a calibration table.

It decides which tensors get a row and what is reported; the numbers are `statistics.py`'s.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import UserError, unknown_name
from ..fills import lost_fills
from ..inputs import load_inputs
from ..preprocess import IMAGE_SUFFIXES
from ..progress import listed, warn
from ..runner import input_types, open_module, preprocessing
from .samples import Sample
from .statistics import METHODS, TensorStatistics
from .table import CalibrationTable, Range

DEFAULT_BINS = 2048


@dataclass
class Calibration:
    """The table, and what a summary says about how it came about."""

    table: CalibrationTable
    method: str
    samples: int
    seconds: float
    constant: list[str] = field(default_factory=list)

    @property
    def images_per_second(self) -> float:
        return self.samples / self.seconds if self.seconds else float("inf")


def calibrate(
    mlir: Path | str,
    samples: Sequence[Path | str | Sequence[Path | str]],
    method: str = "kl",
    bins: int = DEFAULT_BINS,
) -> Calibration:
    """Calibrates every tensor of a Top `mlir` over `samples`. Network inputs always get their largest absolute value.

    A sample is a file, or one file per input, or pictures that fill a batch. Raises UserError where the model is no
    fp32 Top model, a sample does not fit it, or a tensor is not finite.
    """
    if method not in METHODS:
        raise unknown_name("calibration method", method, list(METHODS))
    started = time.perf_counter()
    mlir = Path(mlir)
    network = _Network(mlir)
    batches = list(_batches([_sample(sample) for sample in samples], network))
    if not batches:
        raise UserError("no samples are given; a range needs at least one")
    statistics: dict[str, TensorStatistics] = {}
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:

        def observe(tensors: dict[str, Any]) -> None:
            for name in tensors:
                statistics.setdefault(name, TensorStatistics(name, bins, network.lost_fills.get(name)))
            list(pool.map(lambda name: statistics[name].observe(tensors[name], method != "max"), tensors))

        network.stream(batches, observe)
        inputs = set(network.shapes)
        thresholds = list(pool.map(lambda s: s.threshold("max" if s.name in inputs else method), statistics.values()))
    rows = {
        s.name: Range(threshold, s.minimum, s.maximum)
        for s, threshold in zip(statistics.values(), thresholds, strict=True)
    }
    constant = [s.name for s in statistics.values() if s.constant]
    if constant:
        ranges = [f"'{name}' is [{statistics[name].minimum:g}, {statistics[name].minimum:g}]" for name in constant]
        warn(f"calibration range of {listed(ranges)}: constant in all {len(samples)} samples")
    header = {
        "tpu-mlir calibration": "1",
        "mlir": mlir.name,
        "method": method,
        "histogram number": str(bins),
        "sample number": str(len(samples)),
    }
    seconds = time.perf_counter() - started
    return Calibration(CalibrationTable(rows, header), method, len(samples), seconds, constant)


def _sample(files: Path | str | Sequence[Path | str]) -> Sample:
    return (Path(files),) if isinstance(files, str | Path) else tuple(Path(file) for file in files)


class _Network:
    """The fp32 interpreter with its inputs' shapes and preprocessing."""

    def __init__(self, mlir: Path) -> None:
        self.module = open_module(mlir)
        if str(self.module.state) not in ("TOP_F32", "TOP_CALIBRATED"):
            raise UserError(
                f"'{mlir}' is in state {self.module.state}; calibration takes the Top model of model_transform.py"
            )
        self.shapes: dict[str, tuple[int, ...]] = {
            name: tuple(self.module.input_shape(name)) for name in self.module.input_names
        }
        self.preprocess = preprocessing(self.module)
        self.types = input_types(self.module)
        self.lost_fills = lost_fills(self.module)

    def stream(self, batches: Sequence[Sample], each: Callable[[dict[str, Any]], None]) -> None:
        """Runs every batch and hands all tensors of one batch at a time to `each`."""
        for batch in _progress(batches):
            for name, values in load_inputs(batch, self.shapes, self.preprocess, self.types).items():
                self.module.set_tensor(name, values)
            self.module.invoke(dump_all=True)
            try:
                each(_floats(self.module.get_all_tensor()))
            except UserError as error:
                raise UserError(f"sample '{batch[0]}': {error}") from error


def _floats(tensors: dict[str, Any]) -> dict[str, Any]:
    """Those that have a range: integers and booleans are exact as they are. One without elements counts as zero."""
    import numpy as np

    return {
        name: tensor if tensor.size else np.zeros(1, np.float32)
        for name, tensor in tensors.items()
        if tensor.dtype == np.float32
    }


def _batches(samples: Sequence[Sample], network: _Network) -> Iterator[Sample]:
    """Single pictures are gathered to fill a batch; the last one is filled up from the first pictures again."""
    rows = next(iter(network.shapes.values()))[0] if len(network.shapes) == 1 else 1
    single = all(len(sample) == 1 and sample[0].suffix.lower() in IMAGE_SUFFIXES for sample in samples)
    if rows <= 1 or not single:
        yield from samples
        return
    pictures = [sample[0] for sample in samples]
    for start in range(0, len(pictures), rows):
        yield tuple(pictures[(start + i) % len(pictures)] for i in range(rows))


def _progress(batches: Sequence[Sample]) -> Iterator[Sample]:
    """A bar on a terminal; elsewhere a plain line every ten seconds, so that a log stays short."""
    if sys.stderr.isatty():
        from tqdm import tqdm

        yield from tqdm(batches, desc="calibrate", unit="sample", leave=False)
        return
    last = time.monotonic()
    for done, batch in enumerate(batches, 1):
        yield batch
        if time.monotonic() - last >= 10 and done < len(batches):
            last = time.monotonic()
            print(f"calibrate: {done} of {len(batches)}", file=sys.stderr, flush=True)
