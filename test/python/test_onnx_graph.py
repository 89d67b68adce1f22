"""Preparing an ONNX graph: broken files, shapes, number formats, cuts, simplification, and the list of refusals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import NetworkRun
from onnx import TensorProto, helper
from onnx_models import conv_relu, feeds_for, make_model, one_node

from tpu_mlir.errors import UserError
from tpu_mlir.frontend.onnx import graph, reference, simplify

Run = Callable[[onnx.ModelProto, dict[str, Any]], NetworkRun]


def save(model: onnx.ModelProto, folder: Path) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def load_error(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        graph.load_model(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    assert "does not exist" in load_error(tmp_path / "none.onnx")


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.onnx").touch()
    assert "is empty" in load_error(tmp_path / "empty.onnx")


def test_a_folder(tmp_path: Path) -> None:
    assert "is not a file" in load_error(tmp_path)


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n" + bytes(100), b"name: 'net'\nlayer {}\n", bytes(50), b"PK\x03\x04zip"]
)
def test_a_foreign_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "foreign.onnx"
    path.write_bytes(content)
    assert "ONNX" in load_error(path)


def test_every_truncation_is_a_sentence(tmp_path: Path) -> None:
    whole = conv_relu().SerializeToString()
    path = tmp_path / "cut.onnx"
    for length in range(1, len(whole)):
        path.write_bytes(whole[:length])
        try:
            graph.load_model(path)  # a cut between two fields may leave a valid, shorter network
        except UserError as error:
            assert "cut.onnx" in str(error)


def test_random_mutations_never_crash(tmp_path: Path) -> None:
    whole = conv_relu().SerializeToString()
    path = tmp_path / "mutated.onnx"
    rng = np.random.default_rng(5)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(int(rng.integers(1, 6))):
            data[int(rng.integers(len(data)))] = int(rng.integers(256))
        path.write_bytes(bytes(data))
        try:
            graph.prepare(graph.load_model(path), str(path), simplifier=False)
        except UserError as error:
            assert str(error)


@pytest.mark.parametrize(("opset", "word"), [(6, "older"), (9999, "newer")])
def test_an_opset_out_of_range(tmp_path: Path, opset: int, word: str) -> None:
    model = conv_relu()
    model.opset_import[0].version = opset
    message = load_error(save(model, tmp_path))
    assert f"has opset {opset}; opsets 7 to {onnx.defs.onnx_opset_version()}" in message


def test_missing_external_weights(tmp_path: Path) -> None:
    model = conv_relu()
    path = tmp_path / "model.onnx"
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    (tmp_path / "weights.bin").unlink()
    assert "external weights" in load_error(path)


def test_a_graph_that_breaks_the_rules(tmp_path: Path) -> None:
    model = conv_relu()
    model.graph.node[1].input[0] = "nowhere"
    message = load_error(save(model, tmp_path))
    assert "breaks the ONNX rules" in message and not message.rstrip().endswith(":"), message


def test_a_graph_without_outputs_is_named_as_such(tmp_path: Path) -> None:
    model = conv_relu()
    del model.graph.output[:]
    assert "has no output" in load_error(save(model, tmp_path))


@pytest.mark.parametrize("batch", ["N", 0])
def test_an_unknown_batch_is_one(batch: str | int, capsys: pytest.CaptureFixture[str]) -> None:
    model = one_node("Relu", {"x": [batch, 3]})  # type: ignore[list-item]
    prepared = graph.prepare(model, "model")
    assert graph.static_shape(prepared.graph.input[0]) == (1, 3)
    assert f"has shape [{batch},3]; its batch size is taken as 1" in capsys.readouterr().err


def test_unknown_sizes_ask_for_input_shapes() -> None:
    model = one_node("Relu", {"x": [1, 3, "H", "W"]})  # type: ignore[list-item]
    with pytest.raises(UserError, match=r"no fixed shape \(\[1,3,H,W\]\); give --input_shapes"):
        graph.prepare(model, "model")


def test_input_shapes_replace_the_models_own(run_network: Run) -> None:
    model = graph.prepare(conv_relu(), "model", [[2, 3, 12, 10]])
    assert graph.static_shape(model.graph.output[0]) == (2, 4, 12, 10)
    assert run_network(model, feeds_for(model)).outputs[0].shape == (2, 4, 12, 10)


@pytest.mark.parametrize(
    ("shapes", "sentence"),
    [
        ([[1, 3, 8, 8], [1]], "--input_shapes has 2 shapes, but model 'model' has 1 inputs: 'x' [1,3,8,8]"),
        ([[3, 8, 8]], "gives input 'x' [3, 8, 8], but its shape is [1,3,8,8]"),
        ([[1, 5, 8, 8]], "takes 3 channels, and its input [1, 5, 8, 8] has 5"),
    ],
)
def test_input_shapes_that_do_not_fit(shapes: list[list[int]], sentence: str, run_network: Run) -> None:
    with pytest.raises(UserError) as caught:
        run_network(graph.prepare(conv_relu(), "model", shapes), {})
    assert sentence in str(caught.value)


def test_weights_listed_as_inputs_are_no_inputs(run_network: Run) -> None:
    model = conv_relu()
    model.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [4, 3, 3, 3]))
    prepared = graph.prepare(model, "model")
    assert [i.name for i in prepared.graph.input] == ["x"]


def half(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network in float16."""
    for weight in model.graph.initializer:
        values = onnx.numpy_helper.to_array(weight).astype(np.float16)
        weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.elem_type = TensorProto.FLOAT16
    return model


def test_a_half_precision_network_is_imported_in_float32(run_network: Run) -> None:
    model = graph.prepare(half(conv_relu()), "model")
    feeds = feeds_for(model)
    expected = reference.run_onnx(conv_relu(), feeds, "model")["y_Relu"]
    np.testing.assert_allclose(run_network(model, feeds).outputs[0], expected, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("name", ["c", "c_Conv", "c_BatchNormalization"])
def test_cut_by_tensor_name_with_or_without_operator(name: str, run_network: Run) -> None:
    model = graph.prepare(conv_relu(), "model", output_names=[name])
    assert [o.name for o in model.graph.output] == ["c"] and len(model.graph.node) == 1
    assert set(run_network(model, feeds_for(model)).tensors) == {"x", "c_Conv"}


def test_cut_at_an_unknown_name() -> None:
    with pytest.raises(UserError, match="has no tensor 'c_Cnov'; did you mean 'c_Conv'"):
        graph.prepare(conv_relu(), "model", output_names=["c_Cnov"])


def test_cut_drops_what_is_behind(run_network: Run) -> None:
    nodes = [helper.make_node("Relu", ["x"], ["r"]), helper.make_node("Hardmax", ["r"], ["y"])]
    model = graph.prepare(make_model(nodes, {"x": [1, 4]}, ["y"]), "model", output_names=["r"])
    assert set(run_network(model, feeds_for(model)).tensors) == {"x", "r_Relu"}


def test_batch_normalisation_joins_the_convolution_unless_told_not_to() -> None:
    def network() -> onnx.ModelProto:
        ones = np.ones(4, np.float32)
        nodes = [
            helper.make_node("Conv", ["x", "w"], ["c"]),
            helper.make_node("BatchNormalization", ["c", "g", "b", "m", "v"], ["y"]),
        ]
        weights = {"w": np.ones((4, 3, 1, 1), np.float32), "g": ones, "b": ones, "m": ones, "v": ones}
        return make_model(nodes, {"x": [1, 3, 4, 4]}, ["y"], weights)

    fused = graph.prepare(network(), "model")
    assert [n.op_type for n in fused.graph.node] == ["Conv"]
    assert list(fused.graph.node[0].input) == ["x", "y_Conv_filter", "y_Conv_bias"]
    assert {w.name for w in fused.graph.initializer} == {"y_Conv_filter", "y_Conv_bias"}
    kept = graph.prepare(network(), "model", skip_fuse_bn=True)
    assert [n.op_type for n in kept.graph.node] == ["Conv", "BatchNormalization"]


def test_a_failing_simplifier_is_only_a_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(model: onnx.ModelProto, skip_fuse_bn: bool, avoid: str) -> onnx.ModelProto:
        raise RuntimeError("out of order")

    monkeypatch.setattr(simplify, "_onnxsim", broken)
    monkeypatch.setattr(simplify, "_onnxslim", broken)
    model = graph.prepare(conv_relu(), "model")
    assert len(model.graph.node) == 2
    assert "the model is imported without simplification" in capsys.readouterr().err


def test_a_simplifier_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    model = make_model([helper.make_node("Nonsense", ["x"], ["y"])], {"x": [1, 3]}, ["y"])
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3]))
    graph.prepare(model, "model")
    assert capfd.readouterr() == ("", "")


def test_simplification_is_reproducible() -> None:
    contents = {graph.save_bytes(graph.prepare(conv_relu(), "model")) for _ in range(3)}
    assert len(contents) == 1


def test_shape_arithmetic_folds_without_a_simplifier(run_network: Run) -> None:
    make = helper.make_node
    nodes = [
        make("Shape", ["x"], ["s"]),
        make("Gather", ["s", "zero"], ["n"], axis=0),
        make("Unsqueeze", ["n", "axis"], ["n1"]),
        make("Concat", ["n1", "rest"], ["shape"], axis=0),
        make("Reshape", ["x", "shape"], ["y"]),
    ]
    weights = {"zero": np.array(0), "axis": np.array([0]), "rest": np.array([-1])}
    model = graph.prepare(make_model(nodes, {"x": [2, 3, 4]}, ["y"], weights), "model", simplifier=False)
    assert run_network(model, feeds_for(model)).outputs[0].shape == (2, 12)


def test_all_nodes_that_cannot_be_imported_are_listed(run_network: Run) -> None:
    make = helper.make_node
    nodes = [
        make("Hardmax", ["x"], ["a"], name="first"),
        make("Relu", ["a"], ["b"], name="fine"),
        make("LSTM", ["b", "w", "r"], ["c"], name="second", hidden_size=2, clip=1.0),
        make("Strange", ["b"], ["d"], name="third", domain="com.example"),
        make("Conv", ["b", "f"], ["e"], name="fourth"),
    ]
    weights = {"w": np.zeros((1, 8, 4), np.float32), "r": np.zeros((1, 8, 2), np.float32)}
    weights["f"] = np.zeros((1, 3, 1, 1, 1), np.float32)  # of two axes more than its input
    model = make_model(nodes, {"x": [1, 3, 4]}, ["c", "d", "e"], weights)
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    with pytest.raises(UserError) as caught:
        run_network(graph.prepare(model, "model", simplifier=False), {})
    lines = str(caught.value).splitlines()
    assert lines[0] == "4 of 5 nodes of model 'model' cannot be imported:"
    for line, name in zip(lines[1:-1], ["first", "second", "third", "fourth"], strict=True):
        assert line.startswith(f"  node '{name}' (")
    assert "domain 'com.example'" in lines[3]
    assert lines[-1].startswith("  no tensor is computed before, so there is nothing to cut")


def test_one_weight_for_two_nodes_is_imported_once() -> None:
    from top_numpy import EagerBuilder

    from tpu_mlir.frontend.onnx.importer import import_graph

    nodes = [helper.make_node("Conv", ["x", "w"], ["c"]), helper.make_node("Conv", ["c", "w"], ["y"])]
    model = make_model(nodes, {"x": [1, 3, 8, 8]}, ["y"], {"w": np.ones((3, 3, 3, 3), np.float32)})
    builder = EagerBuilder(feeds_for(model))
    import_graph(builder, graph.prepare(model, "model"), "model", {})
    assert list(builder.weights) == ["w"]


def test_arithmetic_on_an_integer_input_is_refused(run_network: Run) -> None:
    model = one_node("Add", {"x": [3]}, {"k": np.array([1])}, types={"x": TensorProto.INT64, "y": TensorProto.INT64})
    with pytest.raises(UserError, match=r"node 'the_Add' .*'x' has type INT64; it computes with float32 only"):
        run_network(graph.prepare(model, "model"), {})
