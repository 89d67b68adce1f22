"""The proof of an import speaks of the user's own file, is made without being asked, and says what differs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import needs_core
from onnx import helper, numpy_helper
from onnx_models import conv_relu, make_model, one_node

from tpu_mlir.cli import model_transform
from tpu_mlir.frontend.onnx import graph, ops_activation, registry, simplify
from tpu_mlir.npz import load_npz, save_npz

pytestmark = needs_core
make = helper.make_node


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def transform(model: onnx.ModelProto, *arguments: str) -> int:
    Path("net.onnx").write_bytes(model.SerializeToString())
    return model_transform.main(["--model_name", "net", "--model_def", "net.onnx", "--mlir", "net.mlir", *arguments])


def files() -> set[str]:
    return {p.name for p in Path().iterdir()} - {"net.onnx", "in.npz"}


PLAIN = {
    "net.mlir",
    "net_origin.mlir",
    "net_opt.onnx",
    "net_opt.onnx.prototxt",
    "net_top_f32_all_weight.npz",
    "net_top_f32_all_origin_weight.npz",
}
TENSORS = {"net_in_f32.npz", "net_ref_outputs.npz", "net_top_outputs.npz"}


def padded_pool() -> onnx.ModelProto:
    """A Pad that a simplifier folds into a pool whose windows then begin elsewhere."""
    nodes = [
        make("Conv", ["x", "k"], ["c"]),
        make("Pad", ["c", "pads"], ["a"]),
        make("AveragePool", ["a"], ["y"], kernel_shape=[3, 3], strides=[3, 3], ceil_mode=1),
    ]
    weights = {"k": np.ones((4, 3, 1, 1), np.float32), "pads": np.array([0, 0, 2, 1, 0, 0, 0, 2])}
    return make_model(nodes, {"x": [1, 3, 7, 5]}, ["y"], weights, opset=19)


def test_what_the_simplifier_breaks_is_imported_without_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_npz("in.npz", {"x": np.random.default_rng(0).standard_normal((1, 3, 7, 5)).astype(np.float32)})
    assert transform(padded_pool(), "--test_input", "in.npz") == 0
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "output 'y' has shape [1, 4, 3, 3] in the model and [1, 4, 3, 2] after simplification" in err
    assert "it is imported without folding pads" in err
    expected = _onnxruntime(padded_pool(), load_npz("in.npz"))["y"]
    np.testing.assert_allclose(load_npz("net_top_outputs.npz")["y_AveragePool"], expected, rtol=1e-5, atol=1e-6)


def _onnxruntime(model: onnx.ModelProto, feeds: dict[str, Any]) -> dict[str, Any]:
    import onnxruntime as ort

    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, feeds), strict=True))


def breaks_values(model: onnx.ModelProto) -> None:
    weight = model.graph.initializer[0]
    weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight) * np.float32(1.05), weight.name))


def breaks_little(model: onnx.ModelProto) -> None:
    """So little that cosine does not see it."""
    weight = model.graph.initializer[0]
    values = numpy_helper.to_array(weight) * np.float32(1.004)
    weight.CopyFrom(numpy_helper.from_array(values, weight.name))


@pytest.mark.parametrize("damage", [breaks_values, breaks_little])
def test_a_simplifier_that_changes_values_is_not_used(
    damage: Callable[[onnx.ModelProto], None],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def wrong(model: onnx.ModelProto, skip_fuse_bn: bool, avoid: str) -> onnx.ModelProto:
        model = graph.copy_of(model)
        damage(model)
        return model

    monkeypatch.setattr(simplify, "_onnxsim", wrong)
    assert transform(conv_relu()) == 0
    err = capsys.readouterr().err
    assert err.count("output 'y' has other values after simplification") == 3
    assert err.endswith("it is imported as it is\n")
    assert files() == PLAIN


def test_a_batch_normalisation_that_took_the_name_of_its_convolution(folder: Path) -> None:
    """The fused convolution has the name of the tensor before the normalisation: another tensor of the same name."""
    rng = np.random.default_rng(3)
    weights = {n: rng.uniform(0.5, 2, 4).astype(np.float32) for n in "gbmv"}
    weights["w"] = rng.standard_normal((4, 3, 3, 3)).astype(np.float32)
    nodes = [
        make("Conv", ["x", "w"], ["c"]),
        make("BatchNormalization", ["c", "g", "b", "m", "v"], ["n"]),
        make("MaxPool", ["n"], ["y"], kernel_shape=[2, 2]),
    ]
    assert transform(make_model(nodes, {"x": [1, 3, 8, 8]}, ["y"], weights)) == 0


def test_every_import_is_proven(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert transform(conv_relu()) == 0
    out = capsys.readouterr().out
    assert "0 FAILED" in out and "on 3 seeded inputs: pixels, pixels, uniform in [-4, 4)" in out
    assert files() == PLAIN

    def wrong(node: registry.Node) -> None:
        node.result(node.emit("Relu", [node.value(0)], {"relu_limit": 3.0}))

    assert ops_activation.relu is registry.registry()["Relu"]
    monkeypatch.setitem(registry.registry(), "Relu", wrong)
    assert transform(conv_relu()) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: tensor 'y_Relu' differs: ") and err.count("\n") == 1
    assert files() == PLAIN | TENSORS
    assert transform(conv_relu(), "--skip_validation") == 0
    assert "compared" not in capsys.readouterr().out


def test_only_what_is_asked_for_is_left(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert transform(conv_relu(), "--test_result", "top.npz") == 0
    assert files() == PLAIN | TENSORS - {"net_top_outputs.npz"} | {"top.npz"}
    np.testing.assert_allclose(
        load_npz("top.npz")["y_Relu"],
        _onnxruntime(conv_relu(), load_npz("net_in_f32.npz"))["y"],
        rtol=1e-5,
        atol=1e-5,
    )
    assert transform(conv_relu(), "--skip_validation", "--test_result", "top.npz") == 1
    assert "--skip_validation leaves out" in capsys.readouterr().err


def test_seeded_pictures_lie_where_the_preprocessing_puts_them(folder: Path) -> None:
    flags = ["--mean", "100,50,0", "--scale", "0.5,0.25,1", "--pixel_format", "rgb", "--test_result", "top.npz"]
    assert transform(conv_relu(), *flags) == 0
    x = load_npz("net_in_f32.npz")["x"]
    for channel, (low, high) in enumerate([(-50, 77.5), (-12.5, 51.25), (0, 255)]):
        assert low <= x[:, channel].min() < x[:, channel].max() <= high and np.ptp(x[:, channel]) > 0.9 * (high - low)


def test_seeded_inputs_keep_to_a_networks_domain(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Log and square root of what is negative say nothing, where positive numbers say something."""
    nodes = [
        make("Log", ["x"], ["l"]),
        make("Relu", ["l"], ["r"]),
        make("Sqrt", ["x"], ["s"]),
        make("Add", ["r", "s"], ["y"]),
    ]
    assert transform(make_model(nodes, {"x": [1, 8]}, ["y"])) == 0
    assert "on 2 seeded inputs: uniform in [0, 1), uniform in [0.5, 1.5)" in capsys.readouterr().out


def test_tensors_that_are_never_finite_must_be_so_in_the_same_places(folder: Path) -> None:
    nodes = [make("Neg", ["x"], ["n"]), make("Mul", ["n", "x"], ["m"]), make("Log", ["m"], ["y"])]
    assert transform(make_model(nodes, {"x": [1, 8]}, ["y"])) == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_test_input_that_is_not_finite_is_named(
    value: float, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x = np.zeros((1, 3, 8, 8), np.float32)
    x[0, 1, 2, 3] = value
    save_npz("in.npz", {"x": x})
    assert transform(conv_relu(), "--test_input", "in.npz") == 1
    where = "input file 'in.npz': tensor 'x' has 1 of 192 elements that are not finite"
    text = f"{where}; the first is {value} at [0, 1, 2, 3]"
    assert capsys.readouterr().err == f"error: {text}\n"
    assert not files()


def test_a_test_input_whose_reference_is_not_finite_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_npz("in.npz", {"x": np.array([[1, 0, 1]], np.float32)})
    assert transform(one_node("Log", {"x": [1, 3]}), "--test_input", "in.npz") == 1
    assert "output 'y' of 'net.onnx' has 1 of 3 elements that are not finite; the first is -inf at [0, 1]" in (
        capsys.readouterr().err
    )
    assert not files()


def test_a_network_in_half_precision_is_proven_against_itself(folder: Path) -> None:
    model = conv_relu()
    for weight in model.graph.initializer:
        weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), weight.name))
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    assert transform(model) == 0
    assert files() == PLAIN


def test_what_overflows_in_half_precision_alone_is_proven_in_float32(folder: Path) -> None:
    half = onnx.TensorProto.FLOAT16
    nodes = [make("Mul", ["x", "large"], ["l"]), make("Mul", ["l", "small"], ["y"])]
    weights = {"large": np.array([60000], np.float16), "small": np.array([1e-4], np.float16)}
    assert transform(make_model(nodes, {"x": [4, 64]}, ["y"], weights, types={"x": half, "y": half})) == 0
    nodes = [make("Cast", ["x"], ["h"], to=half), make("Mul", ["h", "large"], ["l"]), make("Cast", ["l"], ["y"], to=1)]
    assert transform(make_model(nodes, {"x": [4, 64]}, ["y"], {"large": weights["large"]})) == 0


@pytest.mark.parametrize("inside", [True, False])
def test_bfloat16_is_proven_in_float32(inside: bool, folder: Path) -> None:
    brain = onnx.TensorProto.BFLOAT16
    nodes = (
        [make("Cast", ["x"], ["b"], to=brain), make("Cast", ["b"], ["y"], to=1)]
        if inside
        else [make("Neg", ["x"], ["y"])]
    )
    assert transform(make_model(nodes, {"x": [3, 4]}, ["y"], types={} if inside else {"x": brain, "y": brain})) == 0


@pytest.mark.parametrize("flags", [[], ["--skip_validation"]])
def test_the_summary_lists_the_operations_of_the_file(
    flags: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not those of the import: the activation has become part of the convolution."""
    assert transform(conv_relu(), *flags) == 0
    summary = capsys.readouterr().out.splitlines()
    graph_line = next(i for i, line in enumerate(summary) if line.startswith("graph:"))
    assert summary[graph_line].endswith(", 1 Top operations")
    assert summary[graph_line + 1].strip() == "Conv 1; 14.34 kFLOPs"
