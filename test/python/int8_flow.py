"""A network from ONNX to a proven INT8 bmodel in a folder, with onnxruntime's own numbers beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx_models import make_model

Draw = Mapping[str, Any]  # input name -> function of a generator that draws one sample
SAMPLES = 8


def node(op: str, operands: str, result: str, **attributes: Any) -> onnx.NodeProto:
    """Operands by names with spaces between."""
    return helper.make_node(op, operands.split(), [result], name=f"{op}_{result}", **attributes)


def conv(x: str, y: str, weight: str = "k", kernel: int = 1) -> onnx.NodeProto:
    return node("Conv", f"{x} {weight}", y, kernel_shape=[kernel, kernel])


def normal(*shape: int, scale: float = 1.0, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(np.float32)


@dataclass
class Flow:
    """`deploy` is the command line's; results are by the outputs' names in the ONNX file."""

    folder: Path
    model: onnx.ModelProto
    samples: list[dict[str, np.ndarray]]

    @property
    def mlir(self) -> Path:
        return self.folder / "net.mlir"

    @property
    def table(self) -> Path:
        return self.folder / "table"

    @property
    def first(self) -> Path:
        return self.folder / "s0.npz"

    def calibrate(self) -> None:
        from tpu_mlir.calibration.calibrator import calibrate

        calibrate(self.mlir, [[self.folder / f"s{i}.npz"] for i in range(len(self.samples))]).table.save(self.table)

    def deploy(self, *flags: object, precision: str = "INT8") -> int:
        from tpu_mlir.cli.model_deploy import main

        words = ["--mlir", self.mlir, "--chip", "bm1684x", "--quantize", precision]
        words += ["--model", self.folder / "net.bmodel"]
        if precision == "INT8":
            words += ["--calibration_table", self.table]
        return main([str(word) for word in (*words, *flags)])

    def expected(self) -> list[np.ndarray]:
        import onnxruntime

        session = onnxruntime.InferenceSession(self.model.SerializeToString(), providers=["CPUExecutionProvider"])
        return list(session.run(None, self.samples[0]))

    def result(self) -> list[np.ndarray]:
        """The bmodel's outputs on the first sample."""
        from tpu_mlir.runner import run

        return list(run(self.folder / "net.bmodel", self.samples[0]).values())

    def similarities(self) -> list[tuple[float, float]]:
        """Cosine and Euclidean similarity of each output."""
        from tpu_mlir.compare.metrics import gather

        sums = [gather(r, e) for r, e in zip(self.result(), self.expected(), strict=True)]
        return [(s.cosine, s.euclidean) for s in sums]


def flow(
    folder: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Sequence[int]],
    outputs: Sequence[str],
    weights: Mapping[str, np.ndarray],
    scale: float = 1.0,
    opset: int = 17,
) -> Flow:
    """Imports and calibrates; samples are normal, `scale` times."""
    from tpu_mlir.transform_model import transform

    model = make_model(nodes, inputs, outputs, {}, opset)
    for name, values in weights.items():
        kind = np.int64 if np.asarray(values).dtype.kind == "i" else np.float32
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(values, kind), name))
    onnx.save(model, folder / "net.onnx")
    samples = [
        {name: normal(*shape, scale=scale, seed=100 * i + j) for j, (name, shape) in enumerate(inputs.items())}
        for i in range(SAMPLES)
    ]
    for i, sample in enumerate(samples):
        np.savez(folder / f"s{i}.npz", **sample)
    transform("net", folder / "net.onnx", folder / "net.mlir", quiet=True)
    made = Flow(folder, model, samples)
    made.calibrate()
    return made
