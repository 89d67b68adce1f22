"""Parts of tensors in any order, slopes per channel, reductions over any axes, and broadcasts of rank 5 and more.

Each operator against onnxruntime by import; then networks of them through the whole flow, in F32 and in INT8.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import NetworkRun, needs_core
from onnx_models import feeds_for, make_model, one_node
from test_onnx_rules import F, agree, i64, w

from tpu_mlir.errors import EXIT_OK, UserError
from tpu_mlir.frontend.onnx import graph

Run = Callable[[onnx.ModelProto, dict[str, Any]], NetworkRun]
make = onnx.helper.make_node
X = {"x": [2, 3, 4, 5]}
FIRST, LAST = -(2**63), 2**63 - 1


def sliced(start: list[int], end: list[int], axes: list[int], steps: list[int]) -> onnx.ModelProto:
    return one_node("Slice", X, {"s": i64(*start), "e": i64(*end), "a": i64(*axes), "t": i64(*steps)})


def gathered(indices: Any, axis: int) -> onnx.ModelProto:
    return one_node("Gather", X, {"i": np.array(indices, np.int64)}, axis=axis)


def padded(pads: list[int], mode: str = "constant", axes: list[int] | None = None) -> onnx.ModelProto:
    weights = {"p": i64(*pads), "v": np.array(0.5, F)} | ({"a": i64(*axes)} if axes else {})
    return one_node("Pad", X, weights, opset=19, mode=mode)


def reduced(op: str, axes: list[int], opset: int = 18, **attributes: int) -> onnx.ModelProto:
    return one_node(op, X, {"a": i64(*axes)} if axes else {}, opset=opset, **attributes)


def resized(last: dict[str, np.ndarray], shape: tuple[int, ...] = (1, 4, 5, 6), **attributes: Any) -> onnx.ModelProto:
    order = ["x", "", "", "n"] if "n" in last else ["x", "", "s"]
    return one_node("Resize", {"x": list(shape)}, last, opset=18, order=order, mode="nearest", **attributes)


def rectified(slope: tuple[int, ...], shape: tuple[int, ...] = (2, 3, 4, 5)) -> onnx.ModelProto:
    return one_node("PRelu", {"x": list(shape)}, {"s": w(*slope)}, opset=16)


def scales(*values: float) -> dict[str, np.ndarray]:
    return {"s": np.array(values, F)}


MODELS: list[tuple[str, onnx.ModelProto]] = [
    ("slice, channels reversed", sliced([-1], [FIRST], [1], [-1])),
    ("slice, two axes reversed and cut", sliced([-1, 2], [FIRST, 0], [3, 2], [-2, -1])),
    ("slice, one left of a negative step", sliced([1], [0], [2], [-3])),
    ("slice, mixed signs", sliced([2, 0], [FIRST, LAST], [1, 3], [-1, 2])),
    ("slice, beyond both ends", sliced([100], [-100], [3], [-3])),
    ("gather, a permutation", gathered([2, 0, 1], 1)),
    ("gather, from behind and twice", gathered([-1, 0, 0, -2], 2)),
    ("gather, a matrix of indices", gathered([[0, 2], [1, 1]], 1)),
    ("gather, an even matrix", gathered([[0, 1], [2, 3]], -1)),
    ("gather, one of all", gathered([[0]], 1)),
    ("pad, cut on all sides", padded([0, 0, -1, -1, 0, 0, -1, -2])),
    ("pad, cut here and added there", padded([0, 1, -1, 2, 0, -1, 2, -1])),
    ("pad, cut and mirrored", padded([-1, 2], "reflect", [3])),
    ("pad, cut and the edge repeated", padded([2, -1, -1, 3], "edge", [2, 3])),
    ("pad, round and round", padded([2, 6], "wrap", [3])),
    ("reduce, axes apart", reduced("ReduceMean", [1, 3])),
    ("reduce, axes apart without them", reduced("ReduceMax", [0, 2], keepdims=0)),
    ("reduce, negative axes apart", reduced("ReduceSum", [-1, -4], keepdims=0)),
    ("reduce, minimum", reduced("ReduceMin", [1, 2])),
    ("reduce, minimum of all", reduced("ReduceMin", [], keepdims=0)),
    ("reduce, L1 norm", reduced("ReduceL1", [0, 3])),
    ("reduce, L2 norm", reduced("ReduceL2", [1])),
    ("reduce, squares", reduced("ReduceSumSquare", [2, 3], keepdims=0)),
    ("reduce, nothing", reduced("ReduceMean", [], noop_with_empty_axes=1)),
    ("reduce, nothing but squares", reduced("ReduceSumSquare", [], noop_with_empty_axes=1)),
    ("reduce 13, minimum over axes apart",
     one_node("ReduceMin", X, opset=13, axes=[0, -1])),
    ("resize, not larger", resized({"n": i64(10, 14)}, axes=[2, 3], keep_aspect_ratio_policy="not_larger")),
    ("resize, not smaller", resized({"n": i64(10, 9)}, axes=[2, 3], keep_aspect_ratio_policy="not_smaller")),
    ("resize, stretched", resized({"n": i64(10, 18)}, axes=[3, 2], keep_aspect_ratio_policy="stretch")),
    ("resize, not larger by a part", resized({"n": i64(8, 11)}, axes=[2, 3], keep_aspect_ratio_policy="not_larger")),
    ("resize, halved", resized(scales(1, 1, 0.5, 0.5))),
    ("resize, one and a half times", resized(scales(1, 1, 1.5, 2))),
    ("resize, channels too", resized(scales(1, 2, 2, 1), coordinate_transformation_mode="asymmetric")),
    ("resize, ceil", resized(scales(1, 1, 2, 2), coordinate_transformation_mode="asymmetric", nearest_mode="ceil")),
    ("resize, corners aligned", resized({"n": i64(1, 4, 9, 3)}, coordinate_transformation_mode="align_corners")),
    ("resize of rank 3", resized(scales(1, 1, 3), shape=(1, 4, 5))),
    ("resize of rank 2", resized({"n": i64(7)}, shape=(3, 5), axes=[1])),
    ("resize, by too little to change a size", resized(scales(1, 1, 1.1, 1.0), nearest_mode="floor")),
    ("resize, linear but of the same size", one_node(
        "Resize", {"x": [1, 2, 3, 4]}, {"s": np.ones(4, F)}, order=["x", "", "s"], mode="linear")),
    ("prelu, [c, 1, 1]", rectified((3, 1, 1))),
    ("prelu, [1, c, 1, 1]", rectified((1, 3, 1, 1))),
    ("prelu, [c] is the last axis", rectified((5,))),
    ("prelu, [c] of a matrix", rectified((7,), (2, 7))),
    ("prelu, one for each element", rectified((3, 4, 5))),
    ("prelu, rank 5", rectified((3, 1, 4, 1), (2, 3, 2, 4, 3))),
    ("prelu, one", rectified((1,))),
    ("expand", one_node("Expand", {"x": [3, 1, 2]}, {"s": i64(2, 1, 4, 1)})),
    ("tile", one_node("Tile", {"x": [2, 3]}, {"s": i64(3, 2)})),
]  # fmt: skip


@pytest.mark.parametrize("model", [m for _, m in MODELS], ids=[t for t, _ in MODELS])
def test_what_was_refused_is_as_in_onnxruntime(model: onnx.ModelProto, run_network: Run) -> None:
    agree(model, run_network)


@pytest.mark.parametrize("op", ["Add", "Sub", "Mul"])
@pytest.mark.parametrize("other", [[1, 1, 4, 5, 2], [1, 3, 1, 1, 2], [2, 1, 4, 1, 2], [2], [3, 1, 5, 1]])
def test_tensors_of_rank_5_broadcast(op: str, other: list[int], run_network: Run) -> None:
    agree(one_node(op, {"a": [2, 3, 4, 5, 2], "b": other}), run_network)
    agree(one_node(op, {"a": [2, 3, 4, 5, 2]}, {"k": w(*other)}), run_network)


REFUSED: list[tuple[onnx.ModelProto, str]] = [
    (gathered([0, 4], 2), "its index 4 is out of range for 4 elements of axis 2"),
    (gathered([], 2), "its list of indices is empty"),
    (sliced([0], [FIRST], [2], [0]), "its step on axis 2 is 0"),
    (padded([0, 0, -2, 0, 0, 0, -2, 0]), "its pads -2 and -2 cut all 4 elements of axis 2"),
    (rectified((3,)), "its slopes of shape [3] do not broadcast to its input, [2, 3, 4, 5]"),
    (one_node("PRelu", X, {"s": np.array([np.nan], F)}, opset=16), "its weight 's' has"),
    (resized(scales(1, 1, 0.1, 1)), "its result is empty"),
    (resized(scales(1, 1, np.inf, 1)), "its scale inf of axis 2 is not a positive number"),
    (resized(scales(1, 1, 1e9, 1)), "elements of axis 2 one by one; 1048576 are supported"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "sentence"), REFUSED, ids=[s[:40] for _, s in REFUSED])
def test_a_refusal_says_which_reason_holds(model: onnx.ModelProto, sentence: str, run_network: Run) -> None:
    with pytest.raises(UserError) as caught:
        # Not prepared where onnx's own inference would speak first.
        run_network(model, {})
    assert sentence in str(caught.value)


# --- the whole flow -------------------------------------------------------------------------------------------------


def flow(nodes: list[Any], inputs: dict[str, list[int]], weights: dict[str, Any], outputs: list[str]) -> Any:
    return make_model(nodes, inputs, outputs, weights, opset=18)


def yolo_head(activation: bool) -> onnx.ModelProto:
    """[n, 3 * 7, h, w] to boxes of [n, 3, h, w, 7]: a grid is added to two of them, anchors multiply two more."""
    h, v = 5, 6
    grid = np.stack(np.meshgrid(np.arange(v), np.arange(h)), -1).astype(F).reshape(1, 1, h, v, 2)
    weights = {
        "f": w(21, 4, 1, 1), "s": i64(1, 3, 7, h, v), "parts": i64(2, 2, 3), "grid": grid,
        "anchors": np.abs(w(1, 3, 1, 1, 2)), "flat": i64(1, 3 * h * v, 7),
    }  # fmt: skip
    last = "a" if activation else "t"
    nodes = [
        make("Conv", ["x", "f"], ["c"]),
        make("Reshape", ["c", "s"], ["r"]),
        make("Transpose", ["r"], ["t"], perm=[0, 1, 3, 4, 2]),
        *([make("Sigmoid", ["t"], ["a"])] if activation else []),
        make("Split", [last, "parts"], ["xy", "wh", "rest"], axis=4),
        make("Add", ["xy", "grid"], ["xyg"]),
        make("Mul", ["wh", "anchors"], ["wha"]),
        make("Concat", ["xyg", "wha", "rest"], ["all"], axis=4),
        make("Reshape", ["all", "flat"], ["y"]),
    ]
    return flow(nodes, {"x": [1, 4, h, v]}, weights, ["y"])


def flips() -> onnx.ModelProto:
    weights = {
        "s": i64(-1), "e": i64(FIRST), "a1": i64(1), "a3": i64(3), "order": i64(2, 0, 1), "f": w(5, 3, 3, 3),
        "p": i64(0, 0, -1, 2, 0, 0, 1, -1), "many": i64(4, 4, 0, 2, 2, 2),
    }  # fmt: skip
    nodes = [
        make("Slice", ["x", "s", "e", "a1", "s"], ["bgr"]),
        make("Conv", ["bgr", "f"], ["c"], pads=[1, 1, 1, 1]),
        make("Gather", ["c", "many"], ["g"], axis=1),
        make("Slice", ["g", "s", "e", "a3", "s"], ["mirrored"]),
        make("Pad", ["mirrored", "p"], ["y"]),
        make("Gather", ["x", "order"], ["z"], axis=1),
    ]
    return flow(nodes, {"x": [1, 3, 8, 130]}, weights, ["y", "z"])


def slopes() -> onnx.ModelProto:
    weights = {"f": w(8, 3, 3, 3), "a": np.abs(w(8, 1, 1)) / 4, "b": w(8, 1, 1) * 2, "c": w(9), "d": w(1, 8, 9, 9)}
    nodes = [
        make("Conv", ["x", "f"], ["h"], pads=[1, 1, 1, 1]),
        *(make("PRelu", ["h", name], [f"y{name}"]) for name in "abcd"),
    ]
    return flow(nodes, {"x": [1, 3, 9, 9]}, weights, ["ya", "yb", "yc", "yd"])


def reductions() -> onnx.ModelProto:
    weights = {"a": i64(1, 3), "b": i64(0, 2), "c": i64(2)}
    nodes = [
        make("ReduceMean", ["x", "a"], ["y"]),
        make("ReduceMax", ["x", "b"], ["z"], keepdims=0),
        make("ReduceMin", ["x", "a"], ["m"], keepdims=0),
        make("ReduceSum", ["x", "b"], ["n"]),
        make("ReduceL1", ["x", "c"], ["l"]),
    ]
    return flow(nodes, {"x": [2, 5, 6, 7]}, weights, ["y", "z", "m", "n"])


def large_reductions() -> onnx.ModelProto:
    """More elements than one window holds: windows of windows."""
    weights = {"a": i64(0, 1, 2, 3)}
    nodes = [make("ReduceMean", ["x", "a"], ["y"]), make("GlobalMaxPool", ["x"], ["z"])]
    return flow(nodes, {"x": [1, 3, 256, 250]}, weights, ["y", "z"])


def sizes() -> onnx.ModelProto:
    weights = {"n": i64(12, 18), "s": np.array([1, 1, 1.5, 0.5], F), "six": i64(1, 2, 3, 2, 3, 2)}
    nodes = [
        make("Resize", ["x", "", "", "n"], ["y"], axes=[2, 3], keep_aspect_ratio_policy="not_larger"),
        make("Resize", ["x", "", "s"], ["z"]),
        make("Reshape", ["x", "six"], ["r"]),
        make("Transpose", ["r"], ["t"], perm=[0, 4, 2, 5, 1, 3]),
    ]
    return flow(nodes, {"x": [1, 2, 6, 6]}, weights, ["y", "z", "t"])


def deep() -> onnx.ModelProto:
    """Both operands computed, repeating along axes apart."""
    nodes = [
        make("Mul", ["a", "b"], ["m"]),
        make("Add", ["m", "c"], ["y"]),
    ]
    return flow(nodes, {"a": [2, 3, 4, 1, 6], "b": [2, 1, 4, 5, 1], "c": [1, 3, 1, 5, 1]}, {}, ["y"])


NETWORKS: dict[str, tuple[onnx.ModelProto, tuple[str, ...]]] = {
    "yolo head": (yolo_head(True), ("INT8",)),
    "yolo head without its sigmoid": (yolo_head(False), ("F32", "INT8")),
    "flips": (flips(), ("F32", "INT8")),
    "slopes": (slopes(), ("F32", "INT8")),
    "reductions": (reductions(), ("F32", "INT8")),
    "large reductions": (large_reductions(), ("F32", "INT8")),
    "sizes": (sizes(), ("F32", "INT8")),
    "five axes": (deep(), ("F32", "INT8")),
}


@needs_core
@pytest.mark.parametrize("name", NETWORKS)
def test_whole_flow(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Imported, proven against onnxruntime, deployed; the bmodel is exact and near the fp32 result."""
    from tpu_mlir.calibration.calibrator import calibrate
    from tpu_mlir.cli.model_deploy import main as model_deploy
    from tpu_mlir.transform_model import transform

    model, precisions = NETWORKS[name]
    onnx.save(graph.infer_shapes(model, "net"), tmp_path / "net.onnx")
    samples = []
    for seed in range(4):
        samples.append(tmp_path / f"{seed}.npz")
        np.savez(samples[-1], **feeds_for(model, seed))
    imported, table = tmp_path / "net.mlir", tmp_path / "table"
    transform("net", tmp_path / "net.onnx", imported, test_input=[samples[0]], quiet=True)
    calibrate(imported, [(s,) for s in samples]).table.save(table)
    for precision in precisions:
        words = ["--mlir", imported, "--chip", "bm1684x", "--quantize", precision, "--model", tmp_path / "net.bmodel"]
        words += ["--test_input", tmp_path / "net_in_f32.npz", "--test_reference", tmp_path / "net_top_outputs.npz"]
        words += ["--tolerance", "0.97,0.75" if precision == "INT8" else "0.999999,0.99999"]
        words += ["--calibration_table", table] if precision == "INT8" else []
        assert model_deploy([str(word) for word in words]) == EXIT_OK, capsys.readouterr().err
        text = capsys.readouterr().out
        assert "0 failed" in text and "safety:     proven for " in text
