"""Windows that no command holds, against onnxruntime: steps, dilations and padding above 15, and pools of much input.

Sizes are odd, batches above 1, groups, pads of one side; one axis may be ordinary.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compiled import run_compiled, run_onnxruntime
from conftest import needs_core
from onnx import ModelProto, helper
from onnx_models import make_model

pytestmark = needs_core

Conv = tuple[str, list[int], list[int], int, dict[str, Any]]  # name, input, filter [oc, ic / group, ...], group, window

CONVS: list[Conv] = [
    ("patches of 16", [2, 3, 48, 64], [24, 3, 16, 16], 1, {"strides": [16, 16]}),
    ("patches of 16, sizes that they do not divide", [1, 3, 70, 51], [10, 3, 16, 16], 1, {"strides": [16, 16]}),
    ("patches that overlap", [1, 3, 75, 80], [9, 3, 25, 30], 1, {"strides": [16, 20]}),
    ("patches with gaps", [2, 5, 60, 61], [7, 5, 3, 4], 1, {"strides": [17, 19], "pads": [1, 2, 0, 3]}),
    ("speech, 400 by 160", [1, 1, 2003], [30, 1, 400], 1, {"strides": [160]}),
    ("speech, 256 by 128", [2, 1, 1500], [20, 1, 256], 1, {"strides": [128], "pads": [128, 128]}),
    ("one axis steps", [1, 6, 9, 90], [8, 6, 3, 18], 1, {"strides": [1, 18], "pads": [1, 0, 1, 0]}),
    ("the other axis steps", [1, 6, 90, 9], [8, 6, 18, 3], 1, {"strides": [18, 2], "pads": [4, 1, 0, 1]}),
    ("depth-wise steps", [2, 70, 40, 33], [70, 1, 16, 16], 70, {"strides": [16, 16]}),
    ("steps in groups", [1, 12, 50, 50], [8, 3, 5, 17], 4, {"strides": [16, 17], "pads": [0, 0, 3, 2]}),
    ("one window, far from the next", [1, 3, 20, 20], [5, 3, 7, 7], 1, {"strides": [32, 32]}),
    ("steps and dilation", [1, 4, 80, 40], [6, 4, 3, 3], 1, {"strides": [16, 2], "dilations": [5, 3]}),
    ("steps down, dilation across", [1, 12, 40, 9], [12, 3, 3, 5], 4,
     {"strides": [17, 1], "dilations": [2, 37], "pads": [0, 136, 0, 146]}),
    ("atrous 18", [2, 8, 33, 31], [9, 8, 3, 3], 1, {"dilations": [18, 18], "pads": [18] * 4}),
    ("atrous 24, stride 2", [1, 8, 65, 65], [9, 8, 3, 3], 1,
     {"dilations": [24, 24], "pads": [24] * 4, "strides": [2, 2]}),
    ("atrous 36, most taps unseen", [1, 8, 20, 20], [9, 8, 3, 3], 1, {"dilations": [36, 36], "pads": [36] * 4}),
    ("depth-wise atrous 17", [1, 65, 30, 30], [65, 1, 3, 3], 65, {"dilations": [17, 17], "pads": [17] * 4}),
    ("atrous in groups", [1, 12, 40, 9], [8, 6, 3, 3], 2, {"dilations": [16, 1], "pads": [16, 1, 0, 1]}),
    ("a causal filter", [2, 10, 100], [12, 10, 2], 1, {"dilations": [32], "pads": [32, 0]}),
    ("much padding", [1, 4, 21, 22], [5, 4, 35, 3], 1, {"pads": [17, 0, 20, 2]}),
    ("padding beyond the filter", [1, 4, 5, 6], [5, 4, 3, 3], 1, {"pads": [20, 17, 0, 33]}),
    ("padding beyond the filter, and steps", [1, 2, 1, 3], [5, 2, 3, 3], 1,
     {"pads": [48, 17, 0, 3], "strides": [16, 16]}),
]  # fmt: skip

Pool = tuple[str, str, list[int], dict[str, Any]]
POOLS: list[Pool] = [
    ("blocks of 16", "MaxPool", [2, 5, 50, 64], {"kernel_shape": [16, 16], "strides": [16, 16]}),
    ("maxima that overlap", "MaxPool", [1, 70, 60, 41],
     {"kernel_shape": [20, 3], "strides": [17, 2], "pads": [9, 1, 0, 1]}),
    ("maxima with gaps", "MaxPool", [1, 3, 60, 61], {"kernel_shape": [3, 2], "strides": [16, 30]}),
    ("maxima of a line", "MaxPool", [2, 3, 700], {"kernel_shape": [100], "strides": [50], "pads": [40, 20]}),
    ("maxima with much padding", "MaxPool", [1, 3, 30, 30], {"kernel_shape": [33, 40], "pads": [16, 20, 16, 3]}),
    ("means of 16", "AveragePool", [2, 5, 50, 64], {"kernel_shape": [16, 16], "strides": [16, 16]}),
    ("means that overlap", "AveragePool", [1, 70, 60, 41],
     {"kernel_shape": [20, 3], "strides": [17, 2], "pads": [9, 1, 0, 1]}),
    ("means that count padding", "AveragePool", [1, 9, 60, 41],
     {"kernel_shape": [20, 18], "strides": [17, 16], "pads": [9, 1, 0, 17], "count_include_pad": 1}),
    ("means of a line, rounded up", "AveragePool", [2, 3, 700],
     {"kernel_shape": [100], "strides": [60], "ceil_mode": 1}),
    ("means with much padding", "AveragePool", [1, 3, 30, 30], {"kernel_shape": [33, 40], "pads": [16, 20, 16, 3]}),
]  # fmt: skip


def conv_model(case: Conv) -> ModelProto:
    _, shape, filters, group, attributes = case
    rng = np.random.default_rng(3)
    weights = {
        "w": (rng.standard_normal(filters) / np.sqrt(np.prod(filters[1:]))).astype(np.float32),
        "b": (rng.standard_normal(filters[0]) * 0.1).astype(np.float32),
    }
    return make_model(
        [helper.make_node("Conv", ["x", "w", "b"], ["y"], group=group, **attributes)], {"x": shape}, ["y"], weights
    )


def pool_model(case: Pool) -> ModelProto:
    _, kind, shape, attributes = case
    return make_model([helper.make_node(kind, ["x"], ["y"], **attributes)], {"x": shape}, ["y"], opset=19)


def check(model: ModelProto, mode: str, folder: Path) -> None:
    shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    feeds = {"x": np.random.default_rng(1).standard_normal(shape).astype(np.float32)}
    (expected,), (found,) = run_onnxruntime(model, feeds), run_compiled(model, feeds, mode, folder)
    assert found.shape == expected.shape
    if mode == "F32":
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max(), rtol=0)
    else:  # a mean of much is near 0, where only steps of the input remain
        error = np.linalg.norm(found - expected) / np.linalg.norm(expected)
        assert error < 0.06 or np.abs(found - expected).max() < 0.02, error


@pytest.mark.parametrize("mode", ["F32", "INT8"])
@pytest.mark.parametrize("case", CONVS, ids=[c[0] for c in CONVS])
def test_a_wide_convolution_compiles_and_is_right(case: Conv, mode: str, tmp_path: Path) -> None:
    check(conv_model(case), mode, tmp_path)


@pytest.mark.parametrize("mode", ["F32", "INT8"])
@pytest.mark.parametrize("case", POOLS, ids=[c[0] for c in POOLS])
def test_a_wide_pool_compiles_and_is_right(case: Pool, mode: str, tmp_path: Path) -> None:
    check(pool_model(case), mode, tmp_path)


@pytest.mark.parametrize("mode", ["F32", "INT8"])
@pytest.mark.parametrize("kind", ["GlobalAveragePool", "GlobalMaxPool"])
@pytest.mark.parametrize("shape", [[1, 2, 600, 500], [1, 1, 1, 140_000]], ids=["a plane", "a line"])
def test_a_pool_over_more_than_local_memory_holds(shape: list[int], kind: str, mode: str, tmp_path: Path) -> None:
    check(make_model([helper.make_node(kind, ["x"], ["y"])], {"x": shape}, ["y"]), mode, tmp_path)
