"""F32 forms that the lowering lacked: rectifiers, bounds, extremes, and relus that the compiler itself fused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compiled import run_compiled, run_onnxruntime
from conftest import needs_core
from onnx import ModelProto, NodeProto, helper
from onnx_models import make_model

pytestmark = needs_core

RNG = np.random.default_rng(5)
SHAPE = [2, 6, 9, 11]
WEIGHTS = {
    "w": (RNG.standard_normal((6, 6, 3, 3)) * 0.2).astype(np.float32),
    "matrix": (RNG.standard_normal((11, 11)) * 0.3).astype(np.float32),
    "channels": RNG.standard_normal((6, 1, 1)).astype(np.float32),
    "vector": RNG.standard_normal(6).astype(np.float32),
    "positive": (RNG.random(6) + 0.5).astype(np.float32),
    "plane": RNG.standard_normal((1, 1, 9, 11)).astype(np.float32),
    "number": np.float32(0.3),
    "row": RNG.standard_normal(11).astype(np.float32),
    "zero": np.float32(0),
    "six": np.float32(1.5),
}


def node(kind: str, inputs: list[str], **attributes: Any) -> NodeProto:
    return helper.make_node(kind, inputs, ["made"], **attributes)


# One operator of each kind that takes in the relu behind it, in every form that the importer gives it.
FUSING: dict[str, NodeProto] = {
    "Conv": node("Conv", ["x", "w", "vector"], pads=[1, 1, 1, 1]),
    "MatMul": node("MatMul", ["x", "matrix"]),
    "product of two": node("MatMul", ["x", "z"]),
    "BatchNormalization": node("BatchNormalization", ["x", "positive", "vector", "vector", "positive"]),
    "per-channel scale": node("Mul", ["x", "channels"]),
    "Add": node("Add", ["x", "y"]),
    "Add, constant": node("Add", ["x", "number"]),
    "Add, plane": node("Add", ["x", "plane"]),
    "Sub": node("Sub", ["x", "y"]),
    "Mul": node("Mul", ["x", "y"]),
    "Mul, constant": node("Mul", ["x", "number"]),
    "MaxPool": node("MaxPool", ["x"], kernel_shape=[3, 3]),
    "AveragePool": node("AveragePool", ["x"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    "GlobalMaxPool": node("GlobalMaxPool", ["x"]),
    "wide MaxPool": node("MaxPool", ["x"], kernel_shape=[9, 11], strides=[16, 16]),
    "wide AveragePool": node("AveragePool", ["x"], kernel_shape=[3, 9], strides=[1, 16], pads=[0, 1, 0, 8]),
    "ReduceMean": node("ReduceMean", ["x"], axes=[2, 3]),
    "Concat": node("Concat", ["x", "y"], axis=1),
    "Concat of rows": node("Concat", ["x", "y"], axis=3),
    # These have no relu of their own: it must not be lost either.
    "Max": node("Max", ["x", "y"]),
    "Upsample": node("Resize", ["x", "", "scales"], mode="nearest", coordinate_transformation_mode="asymmetric",
                     nearest_mode="floor"),
    "Transpose": node("Transpose", ["x"], perm=[0, 2, 3, 1]),
    "Slice": node("Slice", ["x", "starts", "ends"]),
    "Pad": node("Pad", ["x", "pads"]),
}  # fmt: skip
EXTRA = {
    "scales": np.float32([1, 1, 2, 2]),
    "starts": np.int64([0, 1]),
    "ends": np.int64([2, 5]),
    "pads": np.int64([0, 0, 1, 2, 0, 0, 3, 0]),
}


def model_of(nodes: list[NodeProto], outputs: list[str], opset: int = 14) -> ModelProto:
    used = {name for n in nodes for name in n.input}
    inputs = {name: shape for name, shape in {"x": SHAPE, "y": SHAPE, "z": [2, 6, 11, 5]}.items() if name in used}
    weights = {name: array for name, array in {**WEIGHTS, **EXTRA}.items() if name in used}
    return make_model(nodes, inputs, outputs, weights, opset)


def feeds_of(model: ModelProto) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(8)
    shape = {i.name: [d.dim_value for d in i.type.tensor_type.shape.dim] for i in model.graph.input}
    return {name: (rng.standard_normal(s) * 1.3).astype(np.float32) for name, s in shape.items()}


def distance(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


@pytest.mark.parametrize("mode", ["F32", "INT8"])
@pytest.mark.parametrize("limit", [None, 1.5])
@pytest.mark.parametrize("kind", FUSING)
def test_a_relu_that_was_fused_is_kept(kind: str, limit: float | None, mode: str, tmp_path: Path) -> None:
    relu = (
        helper.make_node("Relu", ["made"], ["out"])
        if limit is None
        else helper.make_node("Clip", ["made", "zero", "six"], ["out"])
    )
    model = model_of([FUSING[kind], relu], ["out"])
    feeds = feeds_of(model)
    if "Max" in kind:  # maxima on both sides of 0
        feeds["x"] -= 3.3 if "Pool" in kind else 0.5
    (expected,), (found,) = run_onnxruntime(model, feeds), run_compiled(model, feeds, mode, tmp_path)
    assert (expected == 0).any() and expected.max() > 0 and found.min() >= 0
    if mode == "F32":
        np.testing.assert_allclose(found, expected, atol=2e-6, rtol=2e-6)
    else:
        assert distance(found, expected) < 0.06 and found.max() <= (limit or np.inf) * 1.001


FORMS: dict[str, NodeProto] = {
    "Clip": node("Clip", ["x", "low", "high"]),
    "Clip from below": node("Clip", ["x", "low"]),
    "Clip from above": node("Clip", ["x", "", "high"]),
    "Min with a number": node("Min", ["x", "number"]),
    "Max with a number": node("Max", ["number", "x"]),
    "Min of two": node("Min", ["x", "y"]),
    "Max of three": node("Max", ["x", "y", "channels"]),
    "Max of a row": node("Max", ["row", "x"]),
    "Max of all kinds": node("Max", ["x", "number", "y", "plane"]),
    "Abs": node("Abs", ["x"]),
    "LeakyRelu": node("LeakyRelu", ["x"], alpha=0.1),
    "LeakyRelu above 1": node("LeakyRelu", ["x"], alpha=1.5),
    "LeakyRelu below 0": node("LeakyRelu", ["x"], alpha=-0.5),
    "LeakyRelu of nothing": node("LeakyRelu", ["x"], alpha=0.0),
    "PRelu with one slope": node("PRelu", ["x", "number"]),
    "HardSigmoid": node("HardSigmoid", ["x"], alpha=0.25, beta=0.5),
    "HardSwish": node("HardSwish", ["x"]),
}


LARGEST = np.finfo(np.float32).max


def with_x_made_of_raw(model: ModelProto, *nodes: NodeProto) -> ModelProto:
    """`model` with x computed from an input 'raw': no input may hold infinities, the network may make them."""
    for value in model.graph.input:
        value.name = "raw" if value.name == "x" else value.name
    own = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*nodes, *own])
    return model


@pytest.mark.parametrize("mode", ["F32", "INT8"])
@pytest.mark.parametrize("form", FORMS)
def test_a_form_of_products_and_extremes(form: str, mode: str, tmp_path: Path) -> None:
    model = model_of([FORMS[form]], ["made"])
    bounds = {"low": np.float32(-0.4), "high": np.float32(0.9)}
    model.graph.initializer.extend(
        helper.make_tensor(name, 1, [], [value]) for name, value in bounds.items() if name in FORMS[form].input
    )
    sums = form.startswith("Hard")
    if mode == "F32" and not sums:
        model = with_x_made_of_raw(model, helper.make_node("Add", ["raw", "raw"], ["x"]))
    feeds = feeds_of(model)
    if mode == "F32" and not sums:  # infinities and zeros of both signs
        feeds["raw"].reshape(-1)[:4] = [LARGEST, -LARGEST, 0.0, -0.0]
    (expected,), (found,) = run_onnxruntime(model, feeds), run_compiled(model, feeds, mode, tmp_path)
    if mode == "F32" and not sums:
        np.testing.assert_array_equal(found, expected)  # one rounding at most, the same; zeros compare equal
    elif mode == "F32":
        np.testing.assert_allclose(found, expected, atol=1e-6, rtol=1e-6)
    else:
        assert distance(found, expected) < 0.03


def test_not_a_number_stays_visible(tmp_path: Path) -> None:
    for name in ("Clip", "Min of two", "Abs", "LeakyRelu", "LeakyRelu above 1"):
        model = model_of([FORMS[name]], ["made"])
        bounds = {"low": -0.4, "high": 0.9}
        model.graph.initializer.extend(
            helper.make_tensor(n, 1, [], [v]) for n, v in bounds.items() if n in FORMS[name].input
        )
        model = with_x_made_of_raw(
            model,
            helper.make_node("Add", ["raw", "raw"], ["double"]),
            helper.make_node("Sub", ["double", "double"], ["nothing"]),
            helper.make_node("Add", ["raw", "nothing"], ["x"]),
        )
        feeds = feeds_of(model)
        feeds["raw"].reshape(-1)[5] = LARGEST
        folder = tmp_path / name.replace(" ", "_")
        folder.mkdir()
        (found,) = run_compiled(model, feeds, "F32", folder)
        assert np.isnan(found.reshape(-1)[5]) and np.isnan(found).sum() == 1, name
