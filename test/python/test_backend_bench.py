"""The bounds and verdicts of bench/backend.py against counts by hand, and its chain through the compiler."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from arenas import graph_lifetimes, intervals
from bounds import Prices, needs_of
from conftest import needs_core
from figures import Figure, table

from tpu_mlir.errors import EXIT_OK


def save_onnx(path: Path) -> Path:
    """3 -> 8 channels with a 3 x 3 stem, depth-wise, a product: one of each that the bounds tell apart."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    shapes = {"f": (8, 3, 3, 3), "fb": (8,), "d": (8, 1, 3, 3), "db": (8,), "m": (5, 8), "mb": (5,)}
    pads = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Conv", ["x", "f", "fb"], ["a"], **pads),
        helper.make_node("Conv", ["a", "d", "db"], ["b"], group=8, **pads),
        helper.make_node("Sigmoid", ["b"], ["s"]),
        helper.make_node("Mul", ["b", "s"], ["c"]),
        helper.make_node("GlobalAveragePool", ["c"], ["g"]),
        helper.make_node("Flatten", ["g"], ["l"]),
        helper.make_node("Gemm", ["l", "m", "mb"], ["y"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 3, 16, 16))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, (1, 5))],
        [numpy_helper.from_array(np.zeros(shape, np.float32), name) for name, shape in shapes.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), str(path))
    return path


def test_bounds_are_counted_from_shapes(tmp_path: Path) -> None:
    needs = needs_of(save_onnx(tmp_path / "net.onnx"))
    weights = (216 + 8 * 4 + 8 * 12) + (72 + 8 * 4 + 8 * 12) + (40 + 5 * 4)
    assert needs.ddr_bytes == weights + 3 * 16 * 16 + 5
    assert needs.array == ["conv 1 27 8 16 16 1 1 1", "conv 1 8 5 1 1 1 1 1"]
    assert needs.other == [
        "element 1 8 16 16 4 0",
        "depthwise 1 8 16 16 3 3 1",
        "element 1 8 16 16 4 0",
        "gather 1 8 16 16",
        "pool 1 8 1 1 16 16 1",
        "element 1 5 1 1 4 0",
    ]


def test_the_roofline_is_the_larger_bound(tmp_path: Path) -> None:
    if not shutil.which("tpuc-cost"):
        pytest.skip("tpuc-cost is not on PATH")
    prices, needs = Prices("bm1684x"), needs_of(save_onnx(tmp_path / "net.onnx"))
    array = prices.cycles(needs.array, {})
    # 64 groups of four pixels and one of channels; one of each; and what starting a convolution costs.
    overhead = prices.constants["conv_cycles"][0] + prices.constants["conv_cycles_per_group"][0]
    assert array == pytest.approx(64 + 1 + 2 * overhead)
    assert prices.roofline(needs, {}) == pytest.approx(array)
    assert prices.roofline(needs, {"gdma_load_bytes": 1.0}) == needs.ddr_bytes
    assert prices.roofline_all(needs, {}) > array


def test_a_figure_is_reached_at_every_end_or_not_at_all() -> None:
    assert Figure("x", 1.5, 1.2, {"": 1.1, "latency high": 1.4}).verdict == "go"
    assert Figure("x", 1.5, 1.2, {"": 1.3, "latency high": 1.4}).verdict == "reach"
    missed = Figure("x", 1.5, 1.2, {"": 1.1, "latency high": 1.6})
    assert (missed.verdict, missed.holds) == ("MISSED", False)
    skipped = Figure("x", 1.0, 0.5, skipped="no file")
    text = table([missed, skipped])
    assert "worst: latency high" in text and "no file" in text and text.endswith("2 figures, 1 missed")


def test_random_lifetimes_are_sound_and_planned_near_the_bound() -> None:
    import random

    lives = graph_lifetimes(random.Random(1), 50, 10)
    assert all(first <= last < 50 and size > 0 for first, last, size in lives)
    assert any(last > first + 4 for first, last, _ in lives)
    assert all(first <= last <= 50 and size > 0 for first, last, size in intervals(random.Random(1), 50, 5, True))


@needs_core
def test_plan_arena_refuses_what_is_no_lifetime() -> None:
    import pymlir

    plan = pymlir.plan_arena([(0, 1, 10), (1, 2, 100), (2, 3, 10)], 64)
    assert (plan["bytes"], plan["lower_bound"]) == (192, 192)
    with pytest.raises(Exception, match="lifetime 0 from 2 to 1 of 5 bytes is none"):
        pymlir.plan_arena([(2, 1, 5)], 64)
    with pytest.raises(Exception, match="an alignment of 0 bytes is none"):
        pymlir.plan_arena([(1, 2, 5)], 0)


@needs_core
def test_a_chain_compiles_and_is_exact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from chain import write_chain

    from tpu_mlir.cli.model_deploy import main

    mlir, cali = write_chain(tmp_path, 12)
    flags = ["--mlir", mlir, "--model", tmp_path / "c.bmodel", "--chip", "bm1684x", "--calibration_table", cali]
    assert main([*map(str, flags), "--quantize", "INT8", "--quant_input", "--quant_output"]) == EXIT_OK
    assert "host ops" in capsys.readouterr().out
