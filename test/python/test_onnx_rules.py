"""Single operators, old and new forms, against onnxruntime; and the sentence for each form that is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import NetworkRun, needs_core, run_core_optimised
from onnx_models import feeds_for, make_model, one_node

from tpu_mlir.errors import UserError
from tpu_mlir.frontend.onnx import graph, reference

Run = Callable[[onnx.ModelProto, dict[str, Any]], NetworkRun]
F = np.float32
rng = np.random.default_rng(11)


def w(*shape: int) -> np.ndarray:
    return rng.standard_normal(shape).astype(F)


def i64(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def agree(model: onnx.ModelProto, run: Run, simplifier: bool = False) -> NetworkRun:
    """Import the model, and hold what it computes against onnxruntime on the untouched original."""
    feeds = feeds_for(model)
    expected = reference.run_onnx(model, feeds, "original")
    prepared = onnx.ModelProto()
    prepared.CopyFrom(model)
    got = run(graph.prepare(prepared, "model", simplifier=simplifier), feeds)
    assert len(got.outputs) == len(model.graph.output)
    for output, value in zip(model.graph.output, got.outputs, strict=True):
        want = next(v for k, v in expected.items() if k.startswith(f"{output.name}_"))
        assert value.shape == (want.shape or (1,)), output.name
        np.testing.assert_allclose(value.reshape(want.shape), want, rtol=2e-5, atol=2e-6, err_msg=output.name)
    return got


CONVS = [
    ([1, 3, 9, 10], (4, 3, 3, 3), {}),
    ([2, 4, 9, 10], (6, 2, 3, 2), {"group": 2, "strides": [2, 1], "pads": [0, 1, 2, 0]}),
    ([1, 5, 11, 8], (5, 1, 3, 3), {"group": 5, "dilations": [2, 1], "pads": [2, 1, 2, 1]}),
    ([1, 3, 10, 11], (2, 3, 4, 3), {"auto_pad": "SAME_UPPER", "strides": [3, 2]}),
    ([1, 3, 10, 11], (2, 3, 4, 3), {"auto_pad": "SAME_LOWER", "strides": [2, 2]}),
    ([1, 3, 10, 11], (2, 3, 4, 3), {"auto_pad": "VALID", "strides": [2, 3]}),
    ([1, 3, 12], (4, 3, 3), {"strides": [2], "pads": [1, 0]}),
    ([2, 4, 12], (4, 1, 5), {"group": 4, "dilations": [2], "pads": [4, 4]}),
]


@pytest.mark.parametrize(("x", "filters", "attributes"), CONVS)
@pytest.mark.parametrize("bias", [True, False])
def test_conv(x: list[int], filters: tuple[int, ...], attributes: dict[str, Any], bias: bool, run_network: Run) -> None:
    weights = {"w": w(*filters)} | ({"b": w(filters[0])} if bias else {})
    agree(one_node("Conv", {"x": x}, weights, **attributes), run_network)


POOLS = [
    ([1, 3, 9, 10], {"kernel_shape": [3, 2]}),
    ([1, 3, 9, 10], {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 0, 1, 2]}),
    ([1, 2, 8, 7], {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}),
    ([1, 2, 7, 7], {"kernel_shape": [2, 2], "strides": [3, 3], "ceil_mode": 1, "pads": [1, 1, 1, 1]}),
    ([1, 2, 8, 7], {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    ([1, 2, 8, 7], {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_LOWER"}),
    ([1, 2, 9], {"kernel_shape": [3], "strides": [2], "pads": [1, 1]}),
]


@pytest.mark.parametrize(("x", "attributes"), POOLS)
@pytest.mark.parametrize("op", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize("include", [0, 1])
def test_pool(op: str, x: list[int], attributes: dict[str, Any], include: int, run_network: Run) -> None:
    if op == "MaxPool" and include:
        pytest.skip("MaxPool counts nothing")
    extra = {"count_include_pad": include} if op == "AveragePool" else {}
    agree(one_node(op, {"x": x}, **attributes, **extra), run_network)


@pytest.mark.parametrize("op", ["GlobalAveragePool", "GlobalMaxPool"])
@pytest.mark.parametrize("x", [[2, 3, 5, 7], [1, 3, 9], [1, 2, 3, 4, 5]])
def test_global_pool(op: str, x: list[int], run_network: Run) -> None:
    agree(one_node(op, {"x": x}), run_network)


@pytest.mark.parametrize("axes", [[2, 3], [-1], [2], [1], [0, 1], [1, 2, 3], [0, 1, 2, 3]])
@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("op", ["ReduceMean", "ReduceMax", "ReduceSum"])
def test_reduce(op: str, axes: list[int], keep: int, run_network: Run) -> None:
    x = {"x": [2, 3, 4, 5]}
    if op != "ReduceSum":
        agree(one_node(op, x, axes=axes, keepdims=keep), run_network)
    agree(one_node(op, x, {"axes": i64(*axes)}, opset=18, keepdims=keep), run_network)


@pytest.mark.parametrize("trans_a", [0, 1])
@pytest.mark.parametrize("trans_b", [0, 1])
@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 1.0), (0.5, 2.0)])
@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("c", [None, (5,), (1, 5), (1,), (3, 5), (3, 1)])
def test_gemm(
    trans_a: int, trans_b: int, alpha: float, beta: float, constant: bool, c: tuple[int, ...] | None, run_network: Run
) -> None:
    a, b = ([4, 3] if trans_a else [3, 4]), ([5, 4] if trans_b else [4, 5])
    inputs, weights = {"a": a}, {}
    if constant:
        weights["b"] = w(*b)
    else:
        inputs["b"] = b
    if c is not None:
        weights["c"] = w(*c)
    order = ["a", "b"] + (["c"] if c is not None else [])
    attributes = {"transA": trans_a, "transB": trans_b, "alpha": alpha, "beta": beta}
    agree(one_node("Gemm", inputs, weights, order=order, **attributes), run_network)


@pytest.mark.parametrize(
    ("a", "b"), [([3, 4], [4, 5]), ([2, 3, 4], [4, 5]), ([2, 1, 3, 4], [3, 4, 5]), ([4], [4, 5]), ([2, 3, 4], [4])]
)
@pytest.mark.parametrize("constant", [True, False])
def test_matmul(a: list[int], b: list[int], constant: bool, run_network: Run) -> None:
    if constant:
        agree(one_node("MatMul", {"a": a}, {"b": w(*b)}), run_network)
    else:
        agree(one_node("MatMul", {"a": a, "b": b}), run_network)


@pytest.mark.parametrize("op", ["Add", "Sub", "Mul", "Div"])
@pytest.mark.parametrize("shape", [(), (1,), (3, 1, 1), (1, 3, 1, 1), (5,), (1, 3, 4, 5), (4, 1), (2, 1, 1, 1)])
@pytest.mark.parametrize("first", [True, False])
def test_constant_operand(op: str, shape: tuple[int, ...], first: bool, run_network: Run) -> None:
    constant = np.abs(w(*shape)).astype(F) + F(0.5)
    model = one_node(op, {"x": [2, 3, 4, 5]}, {"k": constant}, order=["k", "x"] if first else ["x", "k"])
    agree(model, run_network)


@pytest.mark.parametrize("op", ["Add", "Sub", "Mul", "Div"])
@pytest.mark.parametrize("other", [[2, 3, 4, 5], [3, 1, 1], [5], [1, 3, 1, 5]])
def test_two_tensors(op: str, other: list[int], run_network: Run) -> None:
    agree(one_node(op, {"a": [2, 3, 4, 5], "b": other}), run_network)
    agree(one_node(op, {"a": other, "b": [2, 3, 4, 5]}), run_network)


def test_sum(run_network: Run) -> None:
    agree(one_node("Sum", {"a": [2, 3], "b": [2, 3], "c": [3]}, {"k": w(2, 1)}), run_network)


ACTIVATIONS: list[tuple[str, dict[str, Any], int]] = [
    ("Relu", {}, 13), ("Sigmoid", {}, 13), ("Tanh", {}, 13), ("Exp", {}, 13), ("Abs", {}, 13), ("Erf", {}, 13),
    ("Softplus", {}, 13), ("Mish", {}, 18), ("HardSwish", {}, 14), ("Gelu", {}, 20), ("LeakyRelu", {}, 13),
    ("LeakyRelu", {"alpha": 0.25}, 13), ("Elu", {"alpha": 0.7}, 13), ("HardSigmoid", {}, 13), ("Neg", {}, 13),
    ("HardSigmoid", {"alpha": 0.3, "beta": 0.4}, 13), ("Identity", {}, 13), ("Dropout", {"ratio": 0.3}, 7),
    ("Clip", {"min": 0.0, "max": 6.0}, 7), ("Clip", {"min": -0.5, "max": 0.5}, 10), ("Clip", {"max": 0.5}, 7),
    ("Clip", {}, 7), ("Sin", {}, 13), ("Cos", {}, 13), ("Gelu", {"approximate": "tanh"}, 20), ("Softmax", {}, 13),
    ("Softmax", {"axis": 1}, 13), ("Softmax", {"axis": 1}, 11), ("Softmax", {"axis": 3}, 11), ("LogSoftmax", {}, 13),
    ("LogSoftmax", {"axis": 2}, 11), ("ReduceL1", {"axes": [1, -1]}, 13), ("ReduceProd", {"axes": [2]}, 13),
    ("ReduceL2", {"axes": [0, 2], "keepdims": 0}, 13), ("ReduceProd", {"keepdims": 0}, 13),
]  # fmt: skip


@pytest.mark.parametrize(("op", "attributes", "opset"), ACTIVATIONS)
def test_activation(op: str, attributes: dict[str, Any], opset: int, run_network: Run) -> None:
    agree(one_node(op, {"x": [2, 3, 4, 5]}, opset=opset, **attributes), run_network)


# Inputs, constants by name in the order of the operands, opset, attributes.
NORMS: list[tuple[str, list[int], dict[str, np.ndarray], int, dict[str, Any]]] = [
    ("LayerNormalization", [2, 3, 8], {"s": w(8)}, 17, {}),
    ("LayerNormalization", [2, 3, 8], {"s": w(3, 8), "b": w(3, 8)}, 17, {"axis": 1, "epsilon": 1e-3}),
    ("LayerNormalization", [2, 3, 8], {"s": w(1), "b": w(3, 1)}, 17, {"axis": -2}),
    ("LayerNormalization", [2, 3, 8], {"s": w(2, 1, 8), "b": w(8)}, 17, {}),
    ("RMSNormalization", [2, 3, 8], {"s": w(8)}, 23, {}),
    ("RMSNormalization", [2, 3, 8], {"s": w(3, 8)}, 23, {"axis": 1}),
    ("InstanceNormalization", [2, 3, 4, 5], {"s": w(3), "b": w(3)}, 13, {}),
    ("InstanceNormalization", [2, 3, 9], {"s": w(3), "b": w(3)}, 13, {"epsilon": 0.01}),
    ("GroupNormalization", [2, 6, 4, 5], {"s": w(6), "b": w(6)}, 21, {"num_groups": 3}),
    ("GroupNormalization", [2, 6, 4, 5], {"s": w(3), "b": w(3)}, 18, {"num_groups": 3}),
]


@pytest.mark.parametrize(("op", "shape", "constants", "opset", "attributes"), NORMS)
def test_norm(
    op: str,
    shape: list[int],
    constants: dict[str, np.ndarray],
    opset: int,
    attributes: dict[str, Any],
    run_network: Run,
) -> None:
    agree(one_node(op, {"x": shape}, constants, opset=opset, **attributes), run_network)


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("flags", [{}, {"reverse": 1}, {"exclusive": 1}, {"reverse": 1, "exclusive": 1}])
def test_running_sum(axis: int, flags: dict[str, int], run_network: Run) -> None:
    agree(one_node("CumSum", {"x": [5, 7]}, {"a": np.array(axis)}, **flags), run_network)


@pytest.mark.parametrize("exponent", [-2.0, -0.5, 1.3, 2.0, 3.0])
def test_power(exponent: float, run_network: Run) -> None:
    nodes = [onnx.helper.make_node("Exp", ["x"], ["e"]), onnx.helper.make_node("Pow", ["e", "p"], ["y"])]
    agree(make_model(nodes, {"x": [2, 5]}, ["y"], {"p": np.array(exponent, F)}), run_network)


def test_reciprocal(run_network: Run) -> None:
    nodes = [onnx.helper.make_node("Exp", ["x"], ["e"]), onnx.helper.make_node("Reciprocal", ["e"], ["y"])]
    agree(make_model(nodes, {"x": [2, 5]}, ["y"]), run_network)


@pytest.mark.parametrize("opset", range(7, 25))
def test_every_opset(opset: int, run_network: Run) -> None:
    weights = {"w": w(4, 3, 3, 3)}
    nodes = [
        onnx.helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
        onnx.helper.make_node("Relu", ["c"], ["r"]),
        onnx.helper.make_node("AveragePool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        onnx.helper.make_node("Flatten", ["p"], ["y"]),
    ]
    agree(make_model(nodes, {"x": [1, 3, 6, 6]}, ["y"], weights, opset), run_network, simplifier=True)


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [
        (0.0, 6.0, "top.Relu"),
        (0.0, None, "top.Relu"),
        (-1.0, 1.0, "top.Clip"),
        (None, 0.5, "top.Clip"),
        (1.0, -1.0, "top.Clip"),
    ],
)
def test_clip_bounds_as_inputs(low: float | None, high: float | None, kind: str) -> None:
    from top_numpy import EagerBuilder

    from tpu_mlir.frontend.onnx.importer import import_graph

    weights = {n: np.array(v, F) for n, v in (("lo", low), ("hi", high)) if v is not None}
    order = ["x", "lo" if low is not None else "", "hi" if high is not None else ""]
    model = one_node("Clip", {"x": [2, 3]}, weights, order=order)
    feeds = feeds_for(model)
    expected = reference.run_onnx(model, feeds, "original")["y_Clip"]
    builder = EagerBuilder(feeds)
    import_graph(builder, graph.prepare(model, "model", simplifier=False), "model", {})
    assert [op for op, _, _ in builder.operations] == [kind]
    np.testing.assert_array_equal(builder.outputs[0], expected)


def test_positive_functions(run_network: Run) -> None:
    for op in ("Sqrt", "Log"):
        nodes = [onnx.helper.make_node("Exp", ["x"], ["e"]), onnx.helper.make_node(op, ["e"], ["y"])]
        agree(make_model(nodes, {"x": [2, 5]}, ["y"]), run_network)


def _pattern(kind: str) -> list[onnx.NodeProto]:
    make = onnx.helper.make_node
    if kind == "SiLU":
        return [make("Sigmoid", ["x"], ["s"]), make("Mul", ["x", "s"], ["y"])]
    if kind == "Mish":
        return [make("Softplus", ["x"], ["p"]), make("Tanh", ["p"], ["t"]), make("Mul", ["t", "x"], ["y"])]
    if kind == "HardSwish":
        return [make("HardSigmoid", ["x"], ["h"], alpha=1 / 6, beta=0.5), make("Mul", ["x", "h"], ["y"])]
    head = [make("Div", ["x", "root"], ["d"]), make("Erf", ["d"], ["e"]), make("Add", ["e", "one"], ["a"])]
    if kind == "GELU":
        return [*head, make("Mul", ["x", "a"], ["m"]), make("Mul", ["m", "half"], ["y"])]
    return [*head, make("Mul", ["x", "half"], ["m"]), make("Mul", ["m", "a"], ["y"])]


CONSTANTS = {"root": np.array(2**0.5, F), "one": np.array(1, F), "half": np.array(0.5, F)}


@needs_core
@pytest.mark.parametrize("kind", ["SiLU", "Mish", "HardSwish", "GELU", "GELU, halved first"])
def test_pattern_becomes_one_operation(kind: str) -> None:
    got = agree(make_model(_pattern(kind), {"x": [2, 6]}, ["y"], CONSTANTS, opset=14), run_core_optimised)
    assert set(got.tensors) == {"x", "y_Mul"}


@needs_core
@pytest.mark.parametrize("kind", ["HardSwish", "GELU", "GELU, halved first"])
@pytest.mark.parametrize("root", ["1.414", "1.41421354", "half"])
def test_pattern_with_constants_of_few_digits_or_in_half_precision(kind: str, root: str) -> None:
    """What exporters really write: fp32, four digits, or a network stored in half precision."""
    value = float(np.float16(2**0.5)) if root == "half" else float(root)
    model = make_model(_pattern(kind), {"x": [2, 6]}, ["y"], CONSTANTS | {"root": np.array(value, F)}, opset=14)
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name == "alpha":
                attribute.f = {"half": float(np.float16(1 / 6)), "1.414": 0.1667}.get(root, 1 / 6)
    feeds = feeds_for(model)
    got = run_core_optimised(graph.prepare(model, "model", simplifier=False), feeds)
    assert set(got.tensors) == {"x", "y_Mul"}
    expected = reference.run_onnx(model, feeds, "model")["y_Mul"]
    np.testing.assert_allclose(got.outputs[0], expected, rtol=5e-4, atol=2e-4)


@needs_core
@pytest.mark.parametrize(
    ("shape", "row"),
    [([4, 6], [5]), ([4, 6], [1, 5]), ([2, 3, 6], [5]), ([2, 3, 6], [1, 1, 5]), ([2, 2, 3, 6], [1, 1, 5])],
)
def test_a_row_added_to_a_product_becomes_its_bias_under_its_own_name(shape: list[int], row: list[int]) -> None:
    make = onnx.helper.make_node
    nodes = [make("MatMul", ["x", "m"], ["p"]), make("Add", ["b", "p"], ["y"])]
    model = make_model(nodes, {"x": shape}, ["y"], {"m": w(6, 5), "b": w(*row)})
    got = agree(model, run_core_optimised)
    assert set(got.tensors) == {"x", "y_Add"}
    assert got.weights == {"m", "b" if len(row) == 1 else "b_row"}


@pytest.mark.parametrize("kind", ["SiLU", "GELU"])
def test_pattern_with_a_visible_inside_stays_apart(kind: str, run_network: Run) -> None:
    inside = {"SiLU": "s", "GELU": "e"}[kind]
    got = agree(make_model(_pattern(kind), {"x": [2, 6]}, ["y", inside], CONSTANTS, opset=14), run_network)
    assert len(got.tensors) > 2


SHAPES: list[tuple[str, onnx.ModelProto]] = [
    ("concat", one_node("Concat", {"a": [1, 2, 3], "b": [1, 4, 3]}, axis=-2)),
    ("concat with a constant", one_node("Concat", {"a": [1, 2, 3]}, {"k": w(1, 1, 3)}, axis=1)),
    ("slice 9", one_node("Slice", {"x": [2, 8, 9]}, opset=9, starts=[1, -5], ends=[7, 1000], axes=[1, 2])),
    ("slice 13", one_node("Slice", {"x": [2, 8, 9]},
                          {"s": i64(0, 1), "e": i64(100, -1), "a": i64(-1, 1), "t": i64(2, 3)})),
    ("split 11", one_node("Split", {"x": [2, 6]}, outputs=["p", "q"], opset=11, axis=1, split=[2, 4])),
    ("split 13", one_node("Split", {"x": [2, 6]}, {"s": i64(1, 5)}, outputs=["p", "q"], axis=-1)),
    ("split evenly", one_node("Split", {"x": [2, 6]}, outputs=["p", "q", "r"], axis=1)),
    ("split 18", one_node("Split", {"x": [2, 7]}, outputs=["p", "q", "r"], opset=18, axis=1, num_outputs=3)),
    ("pad 10", one_node("Pad", {"x": [1, 2, 4, 5]}, opset=10, pads=[0, 0, 1, 2, 0, 1, 0, 3], value=1.5)),
    ("pad 13", one_node("Pad", {"x": [1, 2, 4, 5]}, {"p": i64(0, 0, 1, 2, 0, 0, 0, 3), "v": np.array(-2, F)})),
    ("pad 18", one_node("Pad", {"x": [1, 2, 4, 5]}, {"p": i64(1, 2), "v": np.array(0, F), "a": i64(-1)}, opset=18)),
    ("pad reflect", one_node("Pad", {"x": [1, 2, 4, 5]}, {"p": i64(0, 0, 1, 2, 0, 0, 3, 1)}, mode="reflect")),
    ("pad edge", one_node("Pad", {"x": [1, 2, 4, 5]}, {"p": i64(0, 0, 1, 2, 0, 0, 3, 1)}, mode="edge")),
    ("reshape", one_node("Reshape", {"x": [2, 3, 4]}, {"s": i64(0, -1, 2)})),
    ("flatten", one_node("Flatten", {"x": [2, 3, 4]})),
    ("flatten 0", one_node("Flatten", {"x": [2, 3, 4]}, axis=0)),
    ("flatten -1", one_node("Flatten", {"x": [2, 3, 4]}, axis=-1)),
    ("squeeze 11", one_node("Squeeze", {"x": [1, 3, 1, 4]}, opset=11, axes=[-2])),
    ("squeeze 13", one_node("Squeeze", {"x": [1, 3, 1, 4]}, {"a": i64(0, 2)})),
    ("squeeze all", one_node("Squeeze", {"x": [1, 3, 1, 4]})),
    ("unsqueeze 11", one_node("Unsqueeze", {"x": [3, 4]}, opset=11, axes=[0, 3])),
    ("unsqueeze 13", one_node("Unsqueeze", {"x": [3, 4]}, {"a": i64(-1, 1)})),
    ("transpose", one_node("Transpose", {"x": [2, 3, 4]}, perm=[2, 0, 1])),
    ("transpose all", one_node("Transpose", {"x": [2, 3, 4]})),
    ("gather one", one_node("Gather", {"x": [2, 3, 4]}, {"i": np.array(-1)}, axis=1)),
    ("gather some", one_node("Gather", {"x": [2, 9, 4]}, {"i": i64(1, 4, 7)}, axis=1)),
    ("depth to space", one_node("DepthToSpace", {"x": [1, 12, 2, 3]}, blocksize=2)),
    ("depth to space, CRD", one_node("DepthToSpace", {"x": [1, 12, 2, 3]}, blocksize=2, mode="CRD")),
    ("space to depth", one_node("SpaceToDepth", {"x": [1, 3, 4, 6]}, blocksize=2)),
    ("upsample 7", one_node("Upsample", {"x": [1, 2, 3, 4]}, opset=7, scales=[1.0, 1.0, 2.0, 3.0])),
    ("upsample 9", one_node("Upsample", {"x": [1, 2, 3, 4]}, {"s": np.array([1, 1, 2, 2], F)}, opset=9)),
    ("resize 10", one_node("Resize", {"x": [1, 2, 3, 4]}, {"s": np.array([1, 1, 2, 2], F)}, opset=10)),
    ("identity twice", make_model(
        [onnx.helper.make_node("Identity", ["x"], ["i"]), onnx.helper.make_node("Relu", ["i"], ["y"])],
        {"x": [2, 3]}, ["y", "i"])),
]  # fmt: skip


@pytest.mark.parametrize(("title", "model"), SHAPES, ids=[t for t, _ in SHAPES])
def test_moving_data(title: str, model: onnx.ModelProto, run_network: Run) -> None:
    agree(model, run_network)


@pytest.mark.parametrize("scales", [(2, 2), (3, 2), (4, 4), (1, 2)])
@pytest.mark.parametrize(
    "modes",
    [("asymmetric", "floor"), ("half_pixel", "round_prefer_floor"), ("half_pixel", "round_prefer_ceil"),
     ("pytorch_half_pixel", "round_prefer_floor"), ("tf_half_pixel_for_nn", "floor")],
)  # fmt: skip
@pytest.mark.parametrize("by_sizes", [False, True])
def test_resize_that_repeats(scales: tuple[int, int], modes: tuple[str, str], by_sizes: bool, run_network: Run) -> None:
    h, v = scales
    last = {"n": i64(1, 2, 3 * h, 4 * v)} if by_sizes else {"s": np.array([1, 1, h, v], F)}
    order = ["x", "", "", "n"] if by_sizes else ["x", "", "s"]
    attributes = {"coordinate_transformation_mode": modes[0], "nearest_mode": modes[1], "mode": "nearest"}
    agree(one_node("Resize", {"x": [1, 2, 3, 4]}, last, order=order, **attributes), run_network)


REFUSALS: list[tuple[onnx.ModelProto, str]] = [
    (one_node("Hardmax", {"x": [1, 4]}), "operator Hardmax is not supported"),
    (one_node("Conv", {"x": [1, 3, 8, 8], "w": [4, 3, 3, 3]}), "its filter 'w' is computed at run time"),
    (one_node("Conv", {"x": [1, 1, 4, 4, 4, 4]}, {"w": w(1, 1, 3, 3, 3, 3)}),
     "one to three spatial axes are supported"),
    (one_node("MaxPool", {"x": [1, 1, 8, 8]}, kernel_shape=[2, 2], dilations=[2, 2]), "dilations [2, 2]"),
    (one_node("MaxPool", {"x": [1, 1, 8, 8]}, outputs=["y", "i"], kernel_shape=[2, 2],
              types={"i": onnx.TensorProto.INT64}), "indices of the maxima"),
    (one_node("Pow", {"x": [2, 3]}, {"k": np.ones(3, F)}), "its exponents have the shape [3]"),
    (one_node("Div", {"x": [2, 3]}, {"k": np.zeros(3, F)}), "contains a zero"),
    (one_node("Slice", {"x": [8]}, {"s": i64(5), "e": i64(5)}), "its result is empty"),
    (one_node("Gelu", {"x": [4]}, opset=20, approximate="fast"), "approximate 'fast' is neither 'none' nor 'tanh'"),
    (one_node("GroupNormalization", {"x": [1, 6, 4, 4]}, {"s": w(6), "b": w(6)}, opset=21, num_groups=4),
     "num_groups is 4, and its input has 6 channels"),
    (one_node("InstanceNormalization", {"x": [1, 3, 4, 4], "s": [3]}, {"b": w(3)}), "its scale 's' is computed"),
    (one_node("LayerNormalization", {"x": [2, 8]}, {"s": w(8)}, outputs=["y", "m"], opset=17), "is used"),
    (one_node("Cast", {"x": [4]}, to=onnx.TensorProto.INT16, types={"y": onnx.TensorProto.INT16}), "casts to INT16"),
    (one_node("Resize", {"x": [1, 1, 4, 4]}, {"s": np.array([1, 1, 2, 2], F)}, order=["x", "", "s"], mode="cubic"),
     "mode 'cubic' is not supported; supported modes: nearest, linear"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "sentence"), REFUSALS, ids=[s for _, s in REFUSALS])
def test_refusals(model: onnx.ModelProto, sentence: str, run_network: Run) -> None:
    op, opset = model.graph.node[0].op_type, model.opset_import[0].version
    with pytest.raises(UserError) as caught:
        run_network(graph.prepare(model, "model", simplifier=False), {})
    message = str(caught.value)
    assert sentence in message and f"node 'the_{op}' ({op}, opset {opset})" in message
