"""Integers and booleans in their own types: through import, files, the interpreter, and bmodels that may hold them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import needs_core
from onnx import TensorProto, helper, numpy_helper
from test_host import deployed, imported, onnxruntime_run, sample, write

from tpu_mlir.cli.model_deploy import main as model_deploy
from tpu_mlir.cli.model_runner import main as model_runner
from tpu_mlir.errors import EXIT_OK, EXIT_USER, UserError
from tpu_mlir.runner import run

pytestmark = needs_core

TYPES = {
    "float32": TensorProto.FLOAT,
    "int64": TensorProto.INT64,
    "int32": TensorProto.INT32,
    "int8": TensorProto.INT8,
    "uint8": TensorProto.UINT8,
    "bool": TensorProto.BOOL,
}


def network(
    nodes: list[onnx.NodeProto],
    inputs: dict[str, tuple[str, list[int]]],
    outputs: dict[str, str],
    **weights: np.ndarray,
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info(n, TYPES[kind], shape) for n, (kind, shape) in inputs.items()],
        [helper.make_tensor_value_info(n, TYPES[kind], None) for n, kind in outputs.items()],
        [numpy_helper.from_array(w, n) for n, w in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Equal values in the same types; Top's names end with the operator."""
    for name, values in expected.items():
        result = next(v for k, v in found.items() if k == name or k.startswith(f"{name}_"))
        assert result.dtype == values.dtype, (name, result.dtype)
        np.testing.assert_array_equal(result, values.reshape(result.shape), err_msg=name)


@pytest.mark.parametrize("kind", ["int64", "int32", "int8", "uint8", "bool"])
def test_moves_keep_inputs_and_outputs_in_their_type(kind: str, tmp_path: Path) -> None:
    """Where something computes with the integers; an input that is only moved and made real is imported as float32."""
    model = network(
        [
            helper.make_node("Transpose", ["i"], ["t"], perm=[1, 0]),
            helper.make_node("Concat", ["t", "t"], ["c"], axis=1),
            helper.make_node("Cast", ["i"], ["f"], to=TensorProto.INT64 if kind != "int64" else TensorProto.INT32),
            helper.make_node("Equal", ["i", "j"], ["e"]),
        ],
        {"i": (kind, [2, 3]), "j": (kind, [2, 3])},
        {"c": kind, "f": "int64" if kind != "int64" else "int32", "e": "bool"},
    )
    path = write(model, tmp_path)
    mlir = imported(path, tmp_path)
    inputs = sample(model, 3)
    same(run(mlir, inputs), onnxruntime_run(path, inputs))
    given, made = tmp_path / "in.npz", tmp_path / "out.npz"
    np.savez(given, **inputs)
    arguments = ["--model", str(mlir), "--input", str(given), "--output", str(made), "--dump_all_tensors"]
    assert model_runner(arguments) == EXIT_OK
    with np.load(made) as tensors:
        assert tensors["i"].dtype == inputs["i"].dtype
        same(dict(tensors), onnxruntime_run(path, inputs))


@pytest.mark.parametrize("op", ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"])
@pytest.mark.parametrize("kind", ["float32", "int64", "int32"])
def test_where_follows_a_comparison(op: str, kind: str, tmp_path: Path) -> None:
    model = network(
        [helper.make_node(op, ["a", "b"], ["m"]), helper.make_node("Where", ["m", "x", "y"], ["z"])],
        {"a": (kind, [3, 4]), "b": (kind, [1, 4]), "x": ("float32", [3, 1]), "y": ("float32", [1])},
        {"m": "bool", "z": "float32"},
    )
    path = write(model, tmp_path)
    mlir = imported(path, tmp_path)
    for seed in range(4):
        inputs = sample(model, seed)
        inputs["b"][0, :2] = inputs["a"][0, :2]
        same(run(mlir, inputs), onnxruntime_run(path, inputs))


def test_a_choice_between_integers_may_be_constant(tmp_path: Path) -> None:
    model = network(
        [helper.make_node("Less", ["a", "zero"], ["m"]), helper.make_node("Where", ["m", "low", "i"], ["z"])],
        {"a": ("float32", [5]), "i": ("int64", [5])},
        {"z": "int64"},
        zero=np.zeros(1, np.float32),
        low=np.array([-(2**40)], np.int64),
    )
    path = write(model, tmp_path)
    inputs = sample(model, 1)
    same(run(imported(path, tmp_path), inputs), onnxruntime_run(path, inputs))


def from_indices() -> onnx.ModelProto:
    """An int64 input that the host makes real, and a part of the chip behind it."""
    rng = np.random.default_rng(0)
    return network(
        [
            helper.make_node("Transpose", ["i"], ["t"], perm=[0, 3, 1, 2]),
            helper.make_node("Greater", ["t", "limit"], ["m"]),
            helper.make_node("Where", ["m", "limit", "t"], ["cut"]),
            helper.make_node("Cast", ["cut"], ["f"], to=TensorProto.FLOAT),
            helper.make_node("Add", ["f", "x"], ["s"]),
            helper.make_node("Conv", ["s", "w"], ["y"], pads=[1] * 4),
        ],
        {"i": ("int64", [1, 4, 4, 3]), "x": ("float32", [1, 3, 4, 4])},
        {"y": "float32", "cut": "int64"},
        limit=np.array([50], np.int64),
        w=rng.normal(0, 1, (8, 3, 3, 3)).astype(np.float32),
    )


def test_int64_runs_on_the_host_of_a_bmodel(tmp_path: Path) -> None:
    model = from_indices()
    path = write(model, tmp_path)
    bmodel = deployed(imported(path, tmp_path))
    for seed in range(3):
        inputs = sample(model, seed)
        expected, found = onnxruntime_run(path, inputs), run(bmodel, inputs)
        assert found["cut_Where"].dtype == np.int64
        np.testing.assert_array_equal(found["cut_Where"], expected["cut"])
        np.testing.assert_allclose(found["y_Conv"], expected["y"], rtol=1e-4, atol=1e-3)


def test_a_number_that_32_bits_do_not_hold_is_named(tmp_path: Path) -> None:
    model = from_indices()
    bmodel = deployed(imported(write(model, tmp_path), tmp_path))
    inputs = sample(model, 0)
    inputs["i"][0, 0, 0, 1] = 2**31
    with pytest.raises(UserError, match="has 2147483648 as its element 1, which does not fit the chip's 32 bits"):
        run(bmodel, inputs)
    run(tmp_path / "net.mlir", inputs)  # where there is no chip, they are 64 bits


def test_a_choice_by_floats_stays_on_the_chip(tmp_path: Path) -> None:
    model = network(
        [helper.make_node("Greater", ["a", "b"], ["m"]), helper.make_node("Where", ["m", "a", "b"], ["z"])],
        {"a": ("float32", [3, 4]), "b": ("float32", [3, 4])},
        {"z": "float32"},
    )
    path = write(model, tmp_path)
    bmodel = deployed(imported(path, tmp_path), "--no_host")
    inputs = sample(model, 0)
    same(run(bmodel, inputs), onnxruntime_run(path, inputs))


def test_types_without_a_form_on_the_chip_are_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = network(
        [helper.make_node("Greater", ["a", "b"], ["m"]), helper.make_node("Where", ["m", "a", "b"], ["z"])],
        {"a": ("int32", [3, 4]), "b": ("int32", [3, 4])},
        {"z": "int32"},
    )
    mlir = imported(write(model, tmp_path), tmp_path)
    arguments = ["--mlir", str(mlir), "--model", str(tmp_path / "net.bmodel"), "--chip", "bm1684x"]
    capsys.readouterr()
    assert model_deploy(arguments) == EXIT_USER
    error = capsys.readouterr().err
    assert "'top.Compare' op 'm_Greater' has no tpu lowering in F32 on bm1684x: there are no int32 tensors yet" in error
    assert "'top.Where' op 'z_Where' has no tpu lowering in F32 on bm1684x: there are no bool tensors yet" in error


def test_arithmetic_on_integers_is_refused_on_import(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = network([helper.make_node("Add", ["a", "a"], ["z"], name="sum")], {"a": ("int32", [3, 4])}, {"z": "int32"})
    path = write(model, tmp_path)
    arguments = ["--model_name", "net", "--model_def", str(path), "--mlir", str(tmp_path / "net.mlir")]
    from tpu_mlir.cli.model_transform import main as model_transform

    assert model_transform(arguments) == EXIT_USER
    assert "node 'sum' (Add, opset 13): 'a' has type INT32; it computes with float32 only" in capsys.readouterr().err


def test_a_given_number_that_the_type_cannot_hold_is_named(tmp_path: Path) -> None:
    model = network([helper.make_node("Equal", ["i", "i"], ["t"])], {"i": ("int32", [2, 2])}, {"t": "bool"})
    mlir = imported(write(model, tmp_path), tmp_path)
    with pytest.raises(UserError, match=r"tensor 'i' has 0.5 at \[0, 1\]; the network takes int32 there"):
        run(mlir, {"i": np.array([[1, 0.5], [2, 3]])})
