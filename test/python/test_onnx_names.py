"""Names never decide what a network computes: constants with several users, and names that are alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import NetworkRun
from onnx import helper
from onnx_models import feeds_for, make_model

from tpu_mlir.compare.compare import Tolerance, compare
from tpu_mlir.frontend.onnx import graph, reference

Run = Callable[[onnx.ModelProto, dict[str, Any]], NetworkRun]
make = helper.make_node


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).uniform(0.5, 2.0, shape).astype(np.float32)


def agrees(model: onnx.ModelProto, run: Run) -> NetworkRun:
    """Every tensor and every output are onnxruntime's, without the simplifier and with it."""
    onnx.checker.check_model(onnx.shape_inference.infer_shapes(model))
    for simplifier in (True, False):
        copy = onnx.ModelProto()
        copy.CopyFrom(model)
        prepared = graph.prepare(copy, "model", simplifier=simplifier)
        feeds = feeds_for(prepared)
        expected = reference.run_onnx(prepared, feeds, "model", dump_all=True)
        result = run(prepared, feeds)
        report = compare(result.tensors, expected, Tolerance(0.99999, 0.9999))
        assert not report.failed, "\n".join(report.lines())
        whole = reference.run_onnx(model, feeds, "model")
        for got, wanted in zip(result.outputs, whole.values(), strict=True):
            np.testing.assert_allclose(got.reshape(wanted.shape), wanted, rtol=1e-4, atol=1e-4)
    return result


def gemms(*attributes: dict[str, Any], bias: str = "", columns: tuple[str, ...] = ()) -> list[onnx.NodeProto]:
    """One Gemm per dictionary, all of one input; `columns`: their matrices, else all of `w`."""
    return [
        make("Gemm", ["x", columns[i] if columns else "w", *([bias] if bias else [])], [f"y{i}"], **a)
        for i, a in enumerate(attributes)
    ]


def several(nodes: list[onnx.NodeProto], weights: dict[str, np.ndarray], x: list[int]) -> onnx.ModelProto:
    return make_model(nodes, {"x": x}, [n.output[0] for n in nodes if n.output[0].startswith("y")], weights)


TWO_USERS = {
    "the matrix of two Gemms with different alpha": several(
        gemms({}, {"alpha": 2.0}, {"alpha": 0.5, "transB": 1}, {"transB": 1}), {"w": numbers(5, 5)}, [2, 5]
    ),
    "the bias of two Gemms with different beta": several(
        gemms({}, {"beta": 2.0}, {"beta": 0.25}, bias="b"), {"w": numbers(5, 4), "b": numbers(4)}, [2, 5]
    ),
    "a bias of one element for two widths": several(
        gemms({}, {"beta": 3.0}, {"transB": 1}, bias="b", columns=("w8", "w5", "w5")),
        {"w8": numbers(5, 8), "w5": numbers(5, 5), "b": numbers(1)},
        [2, 5],
    ),
    "a constant named like the copy of another": several(
        gemms({"alpha": 2.0}, {"alpha": 3.0}, {}, columns=("w", "w_fix", "w_fix")),
        {"w": numbers(5, 4), "w_fix": numbers(5, 4) + 1},
        [2, 5],
    ),
    "a row of a matrix product and of a Gemm": several(
        [
            make("MatMul", ["x", "w"], ["m"]),
            make("Add", ["m", "r"], ["y0"]),
            *[make("Gemm", ["x", "w", "r"], ["y1"], beta=2.0), make("Add", ["y1", "r"], ["y2"])],
        ],
        {"w": numbers(5, 4), "r": numbers(1, 4)},
        [2, 5],
    ),
    "a constant added, subtracted, multiplied and divided by": several(
        [make(op, ["x", c], [f"y_{op}_{c}"]) for op in ("Add", "Sub", "Mul", "Div") for c in ("c", "v", "a")]
        + [make(op, [c, "x"], [f"y_{op}_{c}_first"]) for op in ("Add", "Sub", "Mul") for c in ("c", "v", "a")],
        {"c": numbers(1, 4, 1, 1), "v": numbers(4, 1, 1), "a": numbers(4, 3, 3)},
        [2, 4, 3, 3],
    ),
    "constants named like our copies of another": several(
        [
            make("Sub", ["x", "c"], ["y0"]),
            make("Add", ["x", "c_neg"], ["y1"]),
            make("Div", ["x", "c"], ["y2"]),
            make("Mul", ["x", "c_reciprocal"], ["y3"]),
            make("Sub", ["x", "c_neg"], ["y4"]),
            make("Add", ["x", "c_neg_channel"], ["y5"]),
            make("Add", ["x", "y0_Sub_scale"], ["y6"]),
        ],
        {
            "c": numbers(1, 4, 1, 1),
            "c_neg": numbers(1, 4, 3, 1),
            "c_reciprocal": numbers(4, 3, 3),
            "c_neg_channel": numbers(1, 4, 3, 3),
            "y0_Sub_scale": numbers(1, 4, 3, 3),
        },
        [2, 4, 3, 3],
    ),
    "a vector as matrix, as row and as channels": several(
        [
            make("MatMul", ["x", "v"], ["y0"]),
            make("Add", ["x", "v"], ["y1"]),
            make("MatMul", ["x", "v_fix"], ["y2"]),
            make("Mul", ["x", "v"], ["y3"]),
            make("Div", ["x", "v"], ["y4"]),
        ],
        {"v": numbers(4), "v_fix": numbers(4, 4)},
        [4, 4],
    ),
    "the filter of a Conv over one axis, also multiplied": several(
        [
            make("Conv", ["x", "w", "b"], ["y0"]),
            make("Conv", ["x", "w"], ["y1"], strides=[2]),
            make("Add", ["x", "w"], ["y2"]),
            make("Conv", ["x", "w_fix"], ["y3"]),
            make("Mul", ["y0", "c"], ["y4"]),
        ],
        {"w": numbers(3, 3, 4), "w_fix": numbers(3, 3, 4) + 1, "b": numbers(3), "c": numbers(3, 1)},
        [3, 3, 4],
    ),
    "one vector for everything of a batch normalisation": several(
        [
            make("BatchNormalization", ["x", "v", "v", "v", "v"], ["y0"]),
            make("BatchNormalization", ["x", "v", "u", "u", "v"], ["y1"], epsilon=0.5),
            make("BatchNormalization", ["y1", "u", "v", "v", "u"], ["y2"]),
            make("Add", ["x", "v4"], ["y3"]),
        ],
        {"v": numbers(4), "u": numbers(4) + 1, "v4": numbers(4, 1, 1)},
        [2, 4, 3, 3],
    ),
    "a weight named like a helper value": several(
        [make("Conv", ["x", "y0_Conv_in2d"], ["y0"]), make("Mul", ["y0", "y0_Conv_2d"], ["y1"])],
        {"y0_Conv_in2d": numbers(3, 3, 2), "y0_Conv_2d": numbers(1, 3, 3)},
        [1, 3, 4],
    ),
}


@pytest.mark.parametrize("what", TWO_USERS)
def test_every_user_of_a_constant_has_it_as_its_own_attributes_say(what: str, run_network: Run) -> None:
    agrees(TWO_USERS[what], run_network)


def test_the_first_copy_of_a_weight_keeps_its_plain_name() -> None:
    from top_numpy import EagerBuilder

    from tpu_mlir.frontend.onnx.importer import import_graph

    model = several(gemms({"alpha": 2.0}, {"alpha": 3.0}, {"alpha": 2.0}, {}), {"w": numbers(5, 4)}, [2, 5])
    builder = EagerBuilder(feeds_for(model))
    import_graph(builder, graph.prepare(model, "model", simplifier=False), "model", {})
    assert list(builder.weights) == ["w_fix", "w_fix_2", "w"]


def test_an_input_may_be_named_like_an_inner_tensor(run_network: Run) -> None:
    nodes = [make("Conv", ["x", "w"], ["feat"]), make("Relu", ["feat"], ["r"]), make("Add", ["r", "r_Relu"], ["y"])]
    nodes += [make("Relu", ["feat_Conv"], ["a_B"]), make("Neg", ["y"], ["y_Add"])]
    inputs = {"x": [1, 3, 4, 4], "r_Relu": [1, 2, 4, 4], "feat_Conv": [1, 2, 4, 4]}
    model = make_model(nodes, inputs, ["y", "a_B", "y_Add"], {"w": numbers(2, 3, 1, 1)})
    result = agrees(model, run_network)
    assert {"r_Relu", "feat_Conv", "y_Add"} < set(result.tensors)


def test_many_weights_of_one_name_are_imported_in_linear_time() -> None:
    from tpu_mlir.frontend.core.names import Names

    names = Names()
    assert len({names.take("w") for _ in range(100_000)}) == 100_000
