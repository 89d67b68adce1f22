"""Comparisons, choices and indices from ONNX: what they import as, against onnxruntime; and down the whole road."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import NetworkRun, needs_core
from onnx import TensorProto, helper
from onnx_models import make_model, one_node
from top_numpy import EagerBuilder

import tpu_mlir
from tpu_mlir.cli import model_deploy, model_transform, run_calibration
from tpu_mlir.errors import UserError
from tpu_mlir.frontend.onnx import graph, reference
from tpu_mlir.frontend.onnx.importer import import_graph
from tpu_mlir.npz import save_npz

Run = Callable[[onnx.ModelProto, dict[str, Any]], NetworkRun]
make = helper.make_node
F, I64 = np.float32, TensorProto.INT64


def check(model: onnx.ModelProto, feeds: dict[str, np.ndarray], run: Run) -> None:
    """Every output is onnxruntime's, number by number."""
    expected = reference.run_onnx(model, feeds, "net.onnx")
    got = run(graph.prepare(graph.copy_of(model), "net.onnx", simplifier=False), feeds)
    for name, value, wanted in zip(got.output_names, got.outputs, expected.values(), strict=True):
        np.testing.assert_array_equal(value, np.asarray(wanted, F).reshape(value.shape), err_msg=name)
        assert value.shape == (wanted.shape or (1,))


def refusal(model: onnx.ModelProto) -> str:
    with pytest.raises(UserError) as caught:
        prepared = graph.prepare(graph.copy_of(model), "net.onnx", simplifier=False)
        import_graph(EagerBuilder({}), prepared, "net.onnx", {}, model)
    return str(caught.value)


def steps(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Halves, many of them equal."""
    return (np.random.default_rng(seed).integers(-3, 4, shape) / 2).astype(F)


@pytest.mark.parametrize("kind", ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"])
@pytest.mark.parametrize("constant", [None, "left", "right", "vector"])
def test_comparisons(kind: str, constant: str | None, run_network: Run) -> None:
    feeds = {"a": steps((2, 3, 4))}
    weights: dict[str, np.ndarray] = {}
    order = ["a", "b"]
    if constant is None:
        feeds["b"] = steps((3, 1), 1)
    else:
        weights["b"] = steps((4,), 1) if constant == "vector" else np.array(0.5, F)
        order = ["b", "a"] if constant == "left" else order
    nodes = [
        make(kind, order, ["c"]),
        make("Not", ["c"], ["d"]),
        make("Cast", ["d"], ["e"], to=TensorProto.FLOAT),
        make("Where", ["c", "a", "half"], ["f"]),
        make("Where", ["d", "half", "a"], ["g"]),
    ]
    weights["half"] = np.array(0.25, F)
    shapes = {name: list(feed.shape) for name, feed in feeds.items()}
    model = make_model(nodes, shapes, ["c", "e", "f", "g"], weights, 16, {"c": TensorProto.BOOL})
    check(model, feeds, run_network)


@pytest.mark.parametrize("kind", ["And", "Or", "Xor"])
def test_truth_values(kind: str, run_network: Run) -> None:
    nodes = [
        make("Cast", ["a"], ["p"], to=TensorProto.BOOL),
        make("Less", ["b", "a"], ["q"]),
        make(kind, ["p", "q"], ["r"]),
        make(kind, ["r", "mask"], ["s"]),
    ]
    weights = {"mask": np.array([True, False, True, True])}
    model = make_model(nodes, {"a": [3, 4], "b": [4]}, ["r", "s"], weights, 16, dict.fromkeys("rs", TensorProto.BOOL))
    check(model, {"a": steps((3, 4)), "b": steps((4,), 1)}, run_network)


def test_nan_differs_from_everything(run_network: Run) -> None:
    nodes = [make(kind, ["a", "b"], [kind]) for kind in ("Equal", "GreaterOrEqual", "LessOrEqual", "Less")]
    names = [node.op_type for node in nodes]
    model = make_model(nodes, {"a": [4], "b": [4]}, names, {}, 16, dict.fromkeys(names, TensorProto.BOOL))
    check(model, {"a": np.array([np.nan, 1, np.nan, 2], F), "b": np.array([1, 1, np.nan, np.inf], F)}, run_network)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("kind", ["ArgMax", "ArgMin"])
@pytest.mark.parametrize("last", [0, 1])
@pytest.mark.parametrize("keepdims", [0, 1])
def test_arg(kind: str, axis: int, last: int, keepdims: int, run_network: Run) -> None:
    attributes = {"axis": axis, "select_last_index": last, "keepdims": keepdims}
    model = one_node(kind, {"a": [3, 5, 7]}, types={"y": I64}, **attributes)
    check(model, {"a": steps((3, 5, 7))}, run_network)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("largest", [0, 1])
def test_top_k(axis: int, largest: int, run_network: Run) -> None:
    weights = {"k": np.array([3], np.int64)}
    model = one_node(
        "TopK", {"a": [4, 5, 6]}, weights, ["v", "i"], types={"i": I64}, axis=axis, largest=largest, sorted=1
    )
    check(model, {"a": steps((4, 5, 6))}, run_network)


@pytest.mark.parametrize("axis", [0, 1])
def test_gather_at_run_time(axis: int, run_network: Run) -> None:
    """Of a table (an embedding), with integer indices, some of them from the end."""
    table = np.random.default_rng(0).standard_normal((6, 5)).astype(F)
    model = one_node("Gather", {"i": [2, 3]}, {"t": table}, order=["t", "i"], types={"i": I64}, axis=axis)
    check(model, {"i": np.array([[0, 4, -1], [3, 3, -5]], np.int64)}, run_network)


def test_gather_what_was_found(run_network: Run) -> None:
    """Indices that the network computes: the row in which a column is largest."""
    nodes = [make("ArgMax", ["a"], ["i"], axis=0, keepdims=0), make("Gather", ["b", "i"], ["y"], axis=0)]
    model = make_model(nodes, {"a": [5, 4], "b": [5, 3]}, ["y"])
    check(model, {"a": steps((5, 4)), "b": steps((5, 3), 1)}, run_network)


@pytest.mark.parametrize("batch", [0, 1])
@pytest.mark.parametrize("depth", [1, 2])
def test_gather_nd(batch: int, depth: int, run_network: Run) -> None:
    rng = np.random.default_rng(batch)
    shape = (3, 4, 5, 2)
    places = rng.integers(-2, 3, (3, 6, depth)).astype(np.int64)
    model = one_node("GatherND", {"a": shape}, {"i": places}, batch_dims=batch)
    check(model, {"a": rng.standard_normal(shape).astype(F)}, run_network)


def test_gather_nd_at_run_time(run_network: Run) -> None:
    model = one_node("GatherND", {"a": [5, 3], "i": [2, 4, 1]}, types={"i": I64})
    places = np.random.default_rng(0).integers(-5, 5, (2, 4, 1)).astype(np.int64)
    check(model, {"a": steps((5, 3)), "i": places}, run_network)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_scatter_nd(depth: int, run_network: Run) -> None:
    rng = np.random.default_rng(depth)
    shape = (4, 3, 5)
    # Places that differ: which of two equal ones counts is left open.
    flat = rng.permutation(int(np.prod(shape[:depth])))[:3]
    places = np.stack(np.unravel_index(flat, shape[:depth]), -1).astype(np.int64)
    model = one_node(
        "ScatterND", {"a": shape, "u": [3, *shape[depth:]]}, {"i": places}, order=["a", "i", "u"], opset=16
    )
    check(model, {"a": steps(shape), "u": steps((3, *shape[depth:]), 1)}, run_network)


@pytest.mark.parametrize(
    ("left", "right"),
    [([3], [3]), ([3], [3, 2]), ([2, 3], [3]), ([3], [4, 3, 2]), ([4, 2, 3], [3]), ([2, 1, 4, 3], [5, 3, 2]),
     ([5, 1, 3], [2, 1, 3, 4]), ([4, 3], [2, 3, 1])],
)  # fmt: skip
def test_products(left: list[int], right: list[int], run_network: Run) -> None:
    model = one_node("MatMul", {"a": left, "b": right})
    check(model, {"a": steps(tuple(left)), "b": steps(tuple(right), 1)}, run_network)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (
            one_node("GatherND", {"a": [3, 4]}, {"i": np.array([[0, 4]], np.int64)}),
            "node 'the_GatherND' (GatherND, opset 13): its index 4 at [0, 1] is out of range for 4 elements of axis 1",
        ),
        (
            one_node("GatherND", {"a": [3, 4], "i": [2, 2]}, types={"i": I64}),
            "its places 'i' are computed at run time, with 2 numbers each and 0 batch axes; such places are supported",
        ),
        (
            one_node(
                "ScatterND", {"a": [3], "u": [1]}, {"i": np.array([[5]], np.int64)}, order=["a", "i", "u"], opset=16
            ),
            "its index 5 at [0, 0] is out of range for 3 elements of axis 0",
        ),
        (
            one_node(
                "ScatterND", {"a": [3], "u": [1]}, {"i": np.array([[1]], np.int64)}, order=["a", "i", "u"], opset=16,
                reduction="add",
            ),
            "attribute 'reduction' is 'add'; only 'none' is supported",
        ),
        (
            one_node("TopK", {"a": [3]}, {"k": np.array([4], np.int64)}, ["v", "i"], types={"i": I64}),
            "its shapes do not fit together: [ShapeInferenceError] Inference error(s): (op_type:TopK, node name: the_T",
        ),
    ],
)  # fmt: skip
def test_refusals(model: onnx.ModelProto, sentence: str) -> None:
    assert sentence in refusal(model)


@needs_core
@pytest.mark.parametrize("precision", ["F32", "F16", "BF16", "INT8"])
def test_tokens_to_a_choice(precision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Integer tokens looked up in a table, padding masked out, products, and the index of the largest: end to end."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    table = rng.standard_normal((40, 16)).astype(F)
    weights = {
        "table": table,
        "zero": np.array(0, np.int64),
        "nothing": np.array(0, F),
        "last": np.array([2], np.int64),
        "w": rng.standard_normal((16, 9)).astype(F),
    }
    nodes = [
        make("Gather", ["table", "ids"], ["tokens"], axis=0),
        make("Equal", ["ids", "zero"], ["is_padding"]),
        make("Unsqueeze", ["is_padding", "last"], ["mask"]),
        make("Where", ["mask", "nothing", "tokens"], ["kept"]),
        make("MatMul", ["kept", "w"], ["scores"]),
        make("ArgMax", ["scores"], ["best"], axis=-1, keepdims=0),
    ]
    model = make_model(nodes, {"ids": [2, 6]}, ["scores", "best"], weights, 16, {"ids": I64, "best": I64})
    Path("net.onnx").write_bytes(model.SerializeToString())
    ids = rng.integers(0, 40, (2, 6)).astype(np.int64)
    ids[:, -1] = 0
    save_npz("in.npz", {"ids": ids})
    assert model_transform.main(
        ["--model_name", "net", "--model_def", "net.onnx", "--mlir", "net.mlir", "--test_input", "in.npz",
         "--test_result", "top.npz"]
    ) == 0  # fmt: skip
    arguments = ["--mlir", "net.mlir", "--chip", "bm1684x", "--quantize", precision, "--model", "net.bmodel"]
    if precision == "INT8":
        Path("samples").mkdir()
        for i in range(3):
            save_npz(f"samples/{i}.npz", {"ids": rng.integers(0, 40, (2, 6))})
        save_npz("samples/in.npz", {"ids": ids})
        assert run_calibration.main(["net.mlir", "--dataset", "samples", "--input_num", "4", "-o", "table"]) == 0
        arguments += ["--calibration_table", "table"]
    assert model_deploy.main([*arguments, "--test_input", "in.npz"]) == 0
    got = list(tpu_mlir.run("net.bmodel", ["in.npz"]).values())
    wanted = list(reference.run_onnx(model, {"ids": ids}, "net.onnx").values())
    tolerance = {"F32": 1e-5, "F16": 2e-3, "BF16": 2e-2, "INT8": 0.05}[precision] * float(np.abs(wanted[0]).max())
    np.testing.assert_allclose(np.asarray(got[0]).reshape(wanted[0].shape), wanted[0], atol=tolerance)
    # The chosen one is the largest as far as the format can tell.
    best = np.asarray(got[1]).reshape(wanted[1].shape).astype(int)
    chosen = np.take_along_axis(wanted[0], best[..., None], -1)[..., 0]
    assert np.all(wanted[0].max(-1) - chosen <= 2 * tolerance)
