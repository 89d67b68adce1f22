"""Whole networks through the importer, every tensor against onnxruntime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import NetworkRun, needs_core, run_core, run_core_optimised, run_numpy
from onnx_backend_cases import light_models

from tpu_mlir.compare.compare import Report, Tolerance, compare
from tpu_mlir.errors import UserError
from tpu_mlir.frontend.onnx import graph, reference

Run = Callable[[onnx.ModelProto, dict[str, Any]], NetworkRun]

# The compiled core where it is built; the numpy builder proves the importer alone, and is slow on whole networks.
whole_networks = pytest.mark.parametrize(
    "run",
    [
        pytest.param(run_numpy, id="numpy", marks=pytest.mark.slow),
        pytest.param(run_core, id="core", marks=[needs_core, pytest.mark.slow]),
        pytest.param(run_core_optimised, id="core-optimised", marks=needs_core),
    ],
)

# Network, where it is cut (what is behind has no Top operation yet), and the range of its inputs.
REAL = [
    ("converted/mobilenet_v1_0.25_224.onnx", ["/Flatten_output_0"], (-1, 1)),
    ("converted/squeezenet1.0_fp32.onnx", ["pool10_1"], (-120, 140)),
    ("winml/SqueezeNet_fp16.onnx", ["pool10_1_GlobalAveragePool"], (-120, 140)),
    ("ort_examples/mnist.onnx", [], (0, 255)),
    ("superres/pytorch_super_resolution.onnx", [], (0, 1)),
    ("ultraface/version-RFB-320.onnx", ["459", "boxes"], (-1, 1)),
    ("ultraface/version-RFB-320_simplified.onnx", ["459", "boxes_Concat"], (-1, 1)),
    ("fastestdet/FastestDet.onnx", ["onnx::Softmax_755"], (0, 1)),
    ("yunet/yunet_n_320_320.onnx", [], (0, 255)),
]


def compare_all(path: Path, cut: list[str], span: tuple[float, float], run: Run) -> tuple[Report, onnx.ModelProto]:
    model = graph.prepare(graph.load_model(path), str(path), output_names=cut)
    rng = np.random.default_rng(3)
    feeds = {i.name: rng.uniform(*span, graph.static_shape(i)).astype(np.float32) for i in model.graph.input}
    expected = reference.run_onnx(model, feeds, str(path), dump_all=True)
    return compare(run(model, feeds).tensors, expected, Tolerance(0.9999, 0.999)), model


@whole_networks
@pytest.mark.parametrize(("file", "cut", "span"), REAL, ids=[f for f, _, _ in REAL])
def test_real_network(file: str, cut: list[str], span: tuple[float, float], models: Path, run: Run) -> None:
    report, model = compare_all(models / file, cut, span, run)
    assert not report.failed, "\n".join(report.lines())
    fused_away = len(model.graph.node) + len(model.graph.input) - len(report.results)
    assert fused_away <= 0.6 * len(model.graph.node)  # at most every convolution's activation


# These have a layer that Top lacks in the middle (LRN).
LIGHT_REFUSED = {"light_bvlc_alexnet", "light_inception_v1", "light_zfnet512"}
LIGHT_QUICK = {"light_squeezenet", "light_shufflenet", "light_resnet50"}


def light_parameters() -> list[Any]:
    return [
        pytest.param(path, id=path.stem, marks=[] if path.stem in LIGHT_QUICK else pytest.mark.slow)
        for path in light_models()
    ]


@whole_networks
@pytest.mark.parametrize("path", light_parameters())
def test_light_network(path: Path, run: Run) -> None:
    """Known topologies with constant weights, up to their Softmax."""
    model = graph.load_model(path)
    last = model.graph.node[-1]
    cut = [last.input[0]] if last.op_type == "Softmax" else []
    model = graph.prepare(model, str(path), output_names=cut, simplifier=False)
    feeds = {i.name: np.random.default_rng(1).random(graph.static_shape(i), np.float32) for i in model.graph.input}
    if path.stem in LIGHT_REFUSED:
        with pytest.raises(UserError, match="operator LRN is not supported"):
            run(model, feeds)
        return
    expected = reference.run_onnx(model, feeds, str(path), dump_all=True)
    report = compare(run(model, feeds).tensors, expected, Tolerance(0.9999, 0.999))
    assert not report.failed, "\n".join(report.lines())
