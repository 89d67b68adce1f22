"""Activations that a model writes out become one op, however it spells them and whatever stands behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import NetworkRun, needs_core, run_core_optimised
from onnx_models import feeds_for, make_model

from tpu_mlir.cli import model_transform
from tpu_mlir.frontend.onnx import graph, reference

pytestmark = needs_core
F = np.float32
make = onnx.helper.make_node
CHANNELS = 4

NUMBERS = {"one": 1, "half": 0.5, "root": 2**0.5, "inverse": 0.5**0.5, "zero": 0, "three": 3, "minus": -3, "six": 6,
           "sixth": 1 / 6}  # fmt: skip
CONSTANTS = {name: np.array(value, F) for name, value in NUMBERS.items()}

Spelling = list[onnx.NodeProto]


def clamped(*clamp: onnx.NodeProto) -> Spelling:
    return [
        make("Add", ["x", "three"], ["t"]),
        *clamp,
        make("Mul", ["x", "r"], ["m"]),
        make("Mul", ["m", "sixth"], ["a"]),
    ]


ERF = [make("Div", ["x", "root"], ["d"]), make("Erf", ["d"], ["e"])]
SHIFTED = [*ERF, make("Add", ["e", "one"], ["p"])]
SPELLINGS: dict[str, tuple[str, Spelling]] = {
    "PyTorch's GELU": ("GELU", [*SHIFTED, make("Mul", ["x", "p"], ["m"]), make("Mul", ["m", "half"], ["a"])]),
    "divided": ("GELU", [*SHIFTED, make("Mul", ["p", "x"], ["m"]), make("Div", ["m", "two"], ["a"])]),
    "halved gate": ("GELU", [*SHIFTED, make("Mul", ["half", "p"], ["m"]), make("Mul", ["m", "x"], ["a"])]),
    "gate of a half": ("GELU", [
        *ERF, make("Mul", ["half", "e"], ["h"]), make("Add", ["h", "half"], ["p"]), make("Mul", ["x", "p"], ["a"])]),
    "a sum": ("GELU", [
        *ERF, make("Mul", ["x", "half"], ["h"]), make("Mul", ["h", "e"], ["m"]), make("Add", ["m", "h"], ["a"])]),
    "a sum of its own halves": ("GELU", [
        *ERF, make("Mul", ["x", "half"], ["h"]), make("Mul", ["half", "x"], ["g"]), make("Mul", ["e", "h"], ["m"]),
        make("Add", ["g", "m"], ["a"])]),
    "a halved sum": ("GELU", [
        *ERF, make("Mul", ["x", "e"], ["m"]), make("Add", ["x", "m"], ["s"]), make("Mul", ["s", "half"], ["a"])]),
    "relu6": ("HardSwish", clamped(make("Clip", ["t", "zero", "six"], ["r"]))),
    "minimum of maximum": ("HardSwish", clamped(make("Max", ["t", "zero"], ["q"]), make("Min", ["q", "six"], ["r"]))),
    "maximum of minimum": ("HardSwish", clamped(make("Min", ["six", "t"], ["q"]), make("Max", ["zero", "q"], ["r"]))),
    "minimum of relu": ("HardSwish", clamped(make("Relu", ["t"], ["q"]), make("Min", ["q", "six"], ["r"]))),
    "relu of minimum": ("HardSwish", clamped(make("Min", ["t", "six"], ["q"]), make("Relu", ["q"], ["r"]))),
    "clamped first": ("HardSwish", [
        make("Clip", ["x", "minus", "three"], ["q"]), make("Add", ["q", "three"], ["r"]),
        make("Mul", ["r", "sixth"], ["g"]), make("Mul", ["x", "g"], ["a"])]),
    "Mish by its logarithm": ("Mish", [
        make("Exp", ["x"], ["e"]), make("Add", ["e", "one"], ["p"]), make("Log", ["p"], ["l"]),
        make("Tanh", ["l"], ["t"]), make("Mul", ["x", "t"], ["a"])]),
}  # fmt: skip
CONSTANTS["two"] = np.array(2, F)


def spelled(spelling: str, *behind: onnx.NodeProto, each: bool = False, **weights: np.ndarray) -> onnx.ModelProto:
    """each: constants are tensors of one value for each channel."""
    constants = {n: np.full((CHANNELS, 1, 1), v) for n, v in CONSTANTS.items()} if each else CONSTANTS
    nodes = [*SPELLINGS[spelling][1], *behind]
    used = {name for node in nodes for name in node.input}
    kept = {n: v for n, v in {**constants, **weights}.items() if n in used}
    return make_model(nodes, {"x": [1, CHANNELS, 5, 6]}, [behind[-1].output[0] if behind else "a"], kept)


def imported(model: onnx.ModelProto, simplifier: bool = True) -> NetworkRun:
    """What comes of the import, which computes what onnxruntime does."""
    feeds = feeds_for(model)
    expected = reference.run_onnx(model, feeds, "model")
    got = run_core_optimised(graph.prepare(graph.copy_of(model), "model", simplifier=simplifier), feeds)
    want = next(v for k, v in expected.items() if k.startswith(f"{model.graph.output[0].name}_"))
    np.testing.assert_allclose(got.outputs[0], want, rtol=2e-5, atol=2e-6)
    return got


def tensors(run: NetworkRun) -> set[str]:
    return set(run.tensors) - run.weights


@pytest.mark.parametrize("simplifier", [True, False], ids=["simplified", "as it is"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_spelling_is_one_op(spelling: str, simplifier: bool) -> None:
    model = spelled(spelling)
    assert tensors(imported(model, simplifier)) == {"x", f"a_{model.graph.node[-1].op_type}"}


@pytest.mark.parametrize("simplifier", [True, False], ids=["simplified", "as it is"])
@pytest.mark.parametrize("spelling", [s for s in SPELLINGS if s not in ("clamped first", *[
    s for s, (_, nodes) in SPELLINGS.items() if any(n.op_type in ("Min", "Max", "Clip") for n in nodes)])])  # fmt: skip
def test_equal_constants_for_each_channel_are_one_constant(spelling: str, simplifier: bool) -> None:
    model = spelled(spelling, each=True)
    assert tensors(imported(model, simplifier)) == {"x", f"a_{model.graph.node[-1].op_type}"}


def conv(bias: bool = False) -> onnx.NodeProto:
    return make("Conv", ["a", "f", *(["b"] if bias else [])], ["y"], pads=[1, 1, 1, 1])


FILTER = np.random.default_rng(2).standard_normal((3, CHANNELS, 3, 3)).astype(F)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_convolution_behind_does_not_take_its_last_factor(spelling: str, bias: bool) -> None:
    model = spelled(spelling, conv(bias), f=FILTER, b=np.arange(3, dtype=F))
    assert tensors(imported(model)) == {"x", f"a_{model.graph.node[-2].op_type}", "y_Conv"}


def test_a_factor_behind_does_not_take_its_last_factor() -> None:
    model = spelled("PyTorch's GELU", make("Mul", ["a", "gamma"], ["y"]), gamma=np.array(0.3, F))
    assert tensors(imported(model)) == {"x", "a_Mul", "y_Mul"}


def test_factors_that_are_no_activation_s_still_go_into_the_convolution_behind() -> None:
    nodes = [make("Sigmoid", ["x"], ["s"]), make("Mul", ["s", "half"], ["a"]), conv()]
    model = make_model(nodes, {"x": [1, CHANNELS, 5, 6]}, ["y"], {"half": CONSTANTS["half"], "f": FILTER})
    assert tensors(imported(model)) == {"x", "s_Sigmoid", "y_Conv"}


def test_a_batch_normalisation_still_goes_into_its_convolution() -> None:
    rng = np.random.default_rng(3)
    vectors = {n: rng.uniform(0.5, 2, 3).astype(F) for n in "gtmv"}
    nodes = [make("Conv", ["x", "f"], ["c"]), make("BatchNormalization", ["c", *"gtmv"], ["y"])]
    model = make_model(nodes, {"x": [1, CHANNELS, 5, 6]}, ["y"], {"f": FILTER, **vectors})
    assert len(tensors(imported(model))) == 2


NEARLY: dict[str, dict[str, Any]] = {
    "PyTorch's GELU": {"root": 1.42, "one": 1.001, "half": 0.501},
    "a sum": {"root": 1.40, "half": 0.498},
    "minimum of maximum": {"six": 5.9, "three": 3.01, "zero": 0.01, "sixth": 0.17},
    "Mish by its logarithm": {"one": 1.001},
}


@pytest.mark.parametrize(("spelling", "name"), [(s, name) for s, changes in NEARLY.items() for name in changes])
def test_other_constants_are_no_activation(spelling: str, name: str) -> None:
    model = spelled(spelling, **{name: np.array(NEARLY[spelling][name], F)})
    assert len(tensors(imported(model))) > 2


def test_different_constants_for_each_channel_are_no_activation() -> None:
    halves = np.full((CHANNELS, 1, 1), 0.5, F)
    halves[2] = 0.25
    assert len(tensors(imported(spelled("PyTorch's GELU", half=halves)))) > 2


def test_a_tensor_that_is_read_elsewhere_is_no_activation_s() -> None:
    for spelling, inside in (("a sum", "h"), ("minimum of maximum", "q"), ("Mish by its logarithm", "l")):
        model = spelled(spelling)
        model.graph.output.add().CopyFrom(onnx.helper.make_tensor_value_info(inside, onnx.TensorProto.FLOAT, None))
        assert len(tensors(imported(model))) > 3


def test_how_far_a_rounded_constant_takes_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0.1667 counts as 1 / 6: at most 2^-11 of the result is lost; the proof passes, and says that it differs."""
    monkeypatch.chdir(tmp_path)
    model = spelled("relu6", sixth=np.array(0.1667, F))
    feeds = feeds_for(model)
    expected = reference.run_onnx(model, feeds, "model")["a_Mul"]
    got = run_core_optimised(graph.prepare(graph.copy_of(model), "model"), feeds)
    assert tensors(got) == {"x", "a_Mul"}
    error = np.abs(got.outputs[0] - expected)
    assert error.max() > 0 and np.all(error <= 2**-11 * np.abs(expected) + 1e-6)
    assert "1 EQUAL, 1 SIMILAR, 0 FAILED" in transformed(model, capsys)
    assert "1 EQUAL, 1 CLOSE, 0 FAILED" in transformed(spelled("relu6"), capsys)


def transformed(model: onnx.ModelProto, capsys: pytest.CaptureFixture[str]) -> str:
    Path("net.onnx").write_bytes(model.SerializeToString())
    assert model_transform.main(["--model_name", "net", "--model_def", "net.onnx", "--mlir", "net.mlir"]) == 0
    return capsys.readouterr().out


def test_a_simplifier_s_diary_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    model = spelled("PyTorch's GELU")
    own = model.metadata_props.add()
    own.key, own.value = "author", "a user"
    transformed(model, capsys)
    assert [(p.key, p.value) for p in onnx.load("net_opt.onnx").metadata_props] == [("author", "a user")]
    assert "onnxsim" not in Path("net_opt.onnx.prototxt").read_text(encoding="utf-8")
