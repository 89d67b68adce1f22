"""Refusals speak of the user's file, and their advice works when it is followed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import needs_core, run_core
from onnx import TensorProto, helper
from onnx_models import feeds_for, make_model
from top_numpy import EagerBuilder

from tpu_mlir.errors import UserError
from tpu_mlir.frontend.onnx import graph, reference
from tpu_mlir.frontend.onnx.importer import import_graph
from tpu_mlir.names import split_list

make = helper.make_node
F = np.float32


def imported(model: onnx.ModelProto, names: Sequence[str] = (), simplifier: bool = True) -> list[np.ndarray]:
    """The outputs of the import, cut at `names`, checked against onnxruntime."""
    asked = graph.as_asked(graph.copy_of(model), "net.onnx", output_names=names)
    prepared = graph.prepare(graph.copy_of(asked), "net.onnx", simplifier=simplifier)
    feeds = feeds_for(prepared)
    builder = EagerBuilder(feeds)
    import_graph(builder, prepared, "net.onnx", {}, asked)
    for got, wanted in zip(builder.outputs, reference.run_onnx(asked, feeds, "net.onnx").values(), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)
    return builder.outputs


def refusal(model: onnx.ModelProto, simplifier: bool = True) -> str:
    with pytest.raises(UserError) as caught:
        imported(model, simplifier=simplifier)
    return str(caught.value)


def advised(message: str) -> list[str]:
    """The tensors that a refusal proposes; empty where it says that there are none."""
    found = re.search(r"--output_names (.*)$", message)
    if found is None:
        assert "no tensor is computed before, so there is nothing to cut" in message
        return []
    (argument,) = shlex.split(found[1])
    return list(split_list(argument))


def bad(op: str, extra: Sequence[str] = (), outputs: Sequence[str] = ("b",), **attributes: Any) -> onnx.NodeProto:
    return make(op, ["r", *extra], list(outputs), name="the_bad", **attributes)


# Nodes that read `r` [1, 4, 6, 6] and cannot be imported, at least on the day they were written down.
BAD = {
    "Hardmax": bad("Hardmax"),
    "TopK": bad("TopK", ["k1"], ("b", "ti")),
    "ConvTranspose": bad("ConvTranspose", ["filter"]),
    "Einsum": make("Einsum", ["r", "r"], ["b"], name="the_bad", equation="abcd,abcd->abcd"),
    "Cumsum": bad("CumSum", ["k1s"]),
    "Conv, filter at run time": make("Conv", ["r", "s4"], ["b"], name="the_bad"),
    "Conv of another domain": bad("Strange"),
    "Div at run time": make("Div", ["r", "s4"], ["b"], name="the_bad"),
    "Div by zero": bad("Div", ["zeros"]),
    "Pow": bad("Pow", ["three"]),
    "Max of two": make("Max", ["r", "s4"], ["b"], name="the_bad"),
    "PRelu": bad("PRelu", ["slopes"]),
    "Gelu": bad("Gelu", approximate="tanh"),
    "MaxPool indices": bad("MaxPool", outputs=("b", "ti"), kernel_shape=[2, 2]),
    "MaxPool dilated": bad("MaxPool", kernel_shape=[2, 2], dilations=[2, 2]),
    "ReduceMean apart": bad("ReduceMean", ["apart"]),
    "ReduceProd": bad("ReduceProd"),
    "Resize linear": bad("Resize", ["", "scales"], mode="linear"),
    "Resize by a half": bad("Resize", ["", "halves"], mode="nearest"),
    "Slice backwards": bad("Slice", ["m1", "low", "k3", "m1"]),
    "Slice of nothing": bad("Slice", ["k1", "k1", "k3"]),
    "Gather of a matrix": bad("Gather", ["matrix"], axis=1),
    "Gather in disorder": bad("Gather", ["disorder"], axis=1),
    "Pad wrapping": bad("Pad", ["pads"], mode="wrap"),
    "Pad negative": bad("Pad", ["negative"]),
    "Expand": bad("Expand", ["wide"]),
    "Cast to integers": bad("Cast", to=TensorProto.INT64),
    "Clip at run time": make("Clip", ["r", "m"], ["b"], name="the_bad"),
}

WEIGHTS = {
    "k1": np.array([1]), "k1s": np.array(1), "k3": np.array([3]), "m1": np.array([-1]), "low": np.array([-99]),
    "filter": np.ones((4, 2, 2, 2), F), "zeros": np.zeros((4, 1, 1), F), "three": np.array(3, F),
    "slopes": np.array([[[0.1]], [[0.2]], [[0.3]], [[0.4]]], F), "apart": np.array([1, 3]),
    "scales": np.array([1, 1, 2, 2], F), "halves": np.array([1, 1, 0.5, 0.5], F), "matrix": np.array([[0, 1], [1, 2]]),
    "disorder": np.array([2, 0, 3]), "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]), "wide": np.array([3, 4, 6, 6]),
    "negative": np.array([0, 0, -1, 0, 0, 0, 0, 0]),
}  # fmt: skip


def network(node: onnx.NodeProto, first: bool = False, alone: bool = False) -> onnx.ModelProto:
    """x, m -> ... -> `node` -> y, and two outputs beside; `first`: `node` reads x; `alone`: nothing beside."""
    renamed = onnx.NodeProto()
    renamed.CopyFrom(node)
    if first:
        for index, name in enumerate(renamed.input):
            renamed.input[index] = {"r": "x", "s4": "x2"}.get(name, name)
    if renamed.op_type == "Strange":
        renamed.domain = "com.example"
    integers = node.op_type == "Cast"
    nodes = [
        *([] if first else [make("Relu", ["x"], ["r"], name="the_relu"), make("Sigmoid", ["x2"], ["s4"])]),
        renamed,
        *([] if integers else [make("Relu", ["b"], ["y"], name="behind")]),
        *([] if alone else [make("Tanh", ["x"], ["beside"]), make("Neg", ["beside"], ["z"], name="last")]),
    ]
    used = {name for n in nodes for name in n.input}
    outputs = ["b" if integers else "y", *([] if alone else ["z", "beside"])]
    inputs = {"x": [1, 4, 6, 6], "x2": [1, 4, 6, 6], "m": []}
    model = make_model(
        nodes,
        {name: shape for name, shape in inputs.items() if name in used},
        outputs,
        {name: array for name, array in WEIGHTS.items() if name in used},
        opset=20,
        types={"b": TensorProto.INT64} if integers else None,
    )
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    return model


@pytest.mark.parametrize("simplifier", [True, False], ids=["simplified", "plain"])
@pytest.mark.parametrize("what", BAD)
def test_following_the_advice_of_a_refusal_works(what: str, simplifier: bool) -> None:
    for first in (False, True):
        for alone in (False, True):
            model = network(BAD[what], first, alone)
            try:
                imported(model, simplifier=simplifier)
                pytest.skip("it can be imported")
            except UserError as error:
                message = str(error)
            assert "node 'the_bad' (" in message and "fail" not in message and message.startswith("1 node of model")
            names = advised(message)
            assert bool(names) == (not first or not alone)
            if names:
                assert set(names) >= (set() if alone else {"z", "beside"})
                assert len(imported(model, names, simplifier)) == len(names)


def test_advice_for_several_refusals_is_one_list() -> None:
    nodes = [
        make("Relu", ["x"], ["a"]), make("Hardmax", ["a"], ["b"]), make("Relu", ["b"], ["c"]),
        make("Hardmax", ["c"], ["v"], axis=0), make("Neg", ["a"], ["d"]),
        make("Einsum", ["d"], ["e"], equation="ab->ba"), make("Tanh", ["d"], ["f"]),
    ]  # fmt: skip
    model = make_model(nodes, {"x": [2, 8]}, ["v", "e", "f"])
    message = refusal(model)
    assert message.startswith("3 of 7 nodes of model 'net.onnx' cannot be imported:\n")
    assert advised(message) == ["a", "d", "f"]
    imported(model, ["a", "d", "f"])


def test_what_a_simplifier_made_is_not_proposed() -> None:
    """The tensor between a product and its bias is gone after fusion, and fused ones keep the user's names."""
    nodes = [
        make("Conv", ["x", "w"], ["c"], name="my_conv"),
        make("BatchNormalization", ["c", "v", "v", "v", "v"], ["n"], name="my_norm"),
        make("Hardmax", ["n"], ["y"], name="my_hardmax"),
    ]
    model = make_model(nodes, {"x": [1, 3, 4, 4]}, ["y"], {"w": np.ones((4, 3, 1, 1), F), "v": np.ones(4, F)})
    message = refusal(model)
    assert "node 'my_hardmax' (Hardmax, opset 13)" in message
    imported(model, advised(message))


@pytest.mark.parametrize("name", ["a,b", "a b", "it's", " a ", "a\\", "a\\,b\\ ", '"a"', "$a;`b`", "\u00e4,"])
def test_any_name_is_proposed_so_that_a_shell_and_the_tool_read_it(name: str) -> None:
    nodes = [make("Relu", ["x"], [name]), make("Hardmax", [name], ["y"]), make("Neg", [name], ["z"])]
    model = make_model(nodes, {"x": [1, 4]}, ["y", "z"])
    names = advised(refusal(model))
    assert names == [name, "z"]
    imported(model, names)


@pytest.mark.parametrize(("name", "what"), [("x", "an input"), ("filter", "a weight")])
def test_cutting_at_what_no_node_computes_says_what_it_is(name: str, what: str) -> None:
    with pytest.raises(UserError, match=f"'{name}' is {what} of model 'net.onnx'; name tensors that a node computes"):
        imported(network(BAD["ConvTranspose"]), [name])


def test_a_constant_behind_a_refused_node_is_not_called_computed() -> None:
    nodes = [make("Strange", ["k"], ["w"], name="odd", domain="com.example"), make("Conv", ["x", "w"], ["y"])]
    model = make_model(nodes, {"x": [1, 3, 4, 4]}, ["y"], {"k": np.ones((4, 3, 1, 1), F)})
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    message = refusal(model)
    assert message.startswith("1 node of model") and "node 'odd'" in message and "run time" not in message


@pytest.mark.parametrize(
    ("indices", "reason"),
    [
        (np.array([[0, 1]]), "its indices have the shape [1, 2]; one index or one list of them is supported"),
        (np.array([0, 7]), "its index 7 is out of range for 4 elements of axis 1"),
        (np.array([-5]), "its index -5 is out of range for 4 elements of axis 1"),
        (np.array([], np.int64), "its list of indices is empty"),
        (np.array([2, 0]), "its indices do not increase evenly"),
    ],
)
def test_the_refusal_of_gather_says_which_reason_holds(indices: np.ndarray, reason: str) -> None:
    model = make_model([make("Gather", ["x", "i"], ["y"], axis=1)], {"x": [1, 4, 2]}, ["y"], {"i": indices})
    try:
        imported(model, simplifier=False)
    except UserError as error:
        assert reason in str(error)
    else:
        assert indices.size > 0 and indices.min() >= -4 and indices.max() < 4


@needs_core
def test_invented_names_are_never_shown() -> None:
    nodes = [make("Expand", ["x", "big"], ["e"]), make("Relu", ["e"], ["y"])]
    big = np.array([1 << 21, 1 << 21])
    model = graph.prepare(make_model(nodes, {"x": [1, 1]}, ["y"], {"big": big}), "net.onnx", simplifier=False)
    with pytest.raises(UserError) as caught:
        run_core(model, feeds_for(model))
    message = str(caught.value)
    assert "failed" not in message and "top.Input" not in message
    assert message.count("\n") == 1


@pytest.mark.parametrize("simplifier", [True, False], ids=["simplified", "plain"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("kind", ["Conv", "Gemm", "Add", "Mul", "AddScalar", "BatchNormalization", "Div"])
def test_a_weight_that_is_not_finite_is_named(kind: str, value: float, simplifier: bool) -> None:
    v, odd = np.ones(4, F), np.ones(4, F)
    odd[2] = value
    matrix = np.ones((4, 4), F)
    matrix[1, 3] = value
    x, where = [2, 4], "[1, 3]"
    if kind == "Conv":
        nodes, weights, x = [make("Conv", ["x", "w"], ["c"])], {"w": matrix.reshape(4, 4, 1, 1)}, [1, 4, 2, 2]
        where = "[1, 3, 0, 0]"
    elif kind == "Gemm":
        nodes, weights = [make("Gemm", ["x", "w"], ["c"], transB=1, alpha=2.0)], {"w": matrix}
    elif kind == "AddScalar":
        nodes, weights, where = [make("Add", ["x", "w"], ["c"])], {"w": np.array([value], F)}, "[0]"
    elif kind == "BatchNormalization":
        nodes = [make("Conv", ["x", "k"], ["k0"]), make("BatchNormalization", ["k0", "w", "v", "v", "v"], ["c"])]
        weights, x, where = {"k": np.ones((4, 4, 1, 1), F), "w": odd, "v": v}, [1, 4, 2, 2], "[2]"
    else:
        nodes, weights, where = [make(kind, ["x", "w"], ["c"])], {"w": odd}, "[2]"
        if kind == "Div" and np.isinf(value):
            return  # its reciprocal is zero
    nodes.append(make("Relu", ["c"], ["y"]))
    message = refusal(make_model(nodes, {"x": x}, ["y"], weights), simplifier)
    assert f"its weight 'w' has 1 of {weights['w'].size} elements that are not finite; the first is {value}" in message
    assert f"the first is {value} at {where};" in message


@pytest.mark.parametrize(("op", "attribute"), [("LeakyRelu", "alpha"), ("Elu", "alpha"), ("HardSigmoid", "beta")])
def test_an_attribute_that_is_no_number_is_named(op: str, attribute: str) -> None:
    model = make_model([make(op, ["x"], ["y"], name="odd", **{attribute: np.nan})], {"x": [1, 4]}, ["y"])
    message = refusal(model, simplifier=False)
    assert f"node 'odd' ({op}, opset 13): the number for '{attribute}' of top.{op} is nan" in message


def test_limits_and_pads_may_be_infinite() -> None:
    nodes = [
        make("Clip", ["x", "low", "high"], ["c"]),
        make("Max", ["c", "low"], ["m"]),
        make("Pad", ["m", "pads", "low"], ["p"]),
        make("MaxPool", ["p"], ["y"], kernel_shape=[3, 3]),
    ]
    weights = {"low": np.array(-np.inf, F), "high": np.array(np.inf, F), "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1])}
    imported(make_model(nodes, {"x": [1, 2, 5, 5]}, ["y"], weights))
