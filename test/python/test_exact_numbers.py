"""Indices, integers and truth values stay what they are in every number format, wherever they are used or moved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from conftest import needs_core
from onnx import TensorProto, helper
from test_host import deployed, imported, onnxruntime_run, write
from test_types import network

from tpu_mlir.cli import run_calibration
from tpu_mlir.errors import EXIT_OK
from tpu_mlir.runner import run

pytestmark = needs_core
make = helper.make_node
FORMATS = ["F32", "F16", "BF16", "INT8"]


def outputs(model: onnx.ModelProto, inputs: dict[str, np.ndarray], mode: str, folder: Path) -> list[np.ndarray]:
    """Of the network's bmodel, in the model's order."""
    mlir = imported(write(model, folder), folder)
    arguments = ["--quantize", mode]
    if mode == "INT8":
        (folder / "samples").mkdir()
        np.savez(folder / "samples/0.npz", **inputs)
        table = folder / "table"
        assert run_calibration.main([str(mlir), "--dataset", str(folder / "samples"), "-o", str(table)]) == EXIT_OK
        arguments += ["--calibration_table", str(table)]
    found = run(deployed(mlir, *arguments), inputs)
    return [next(v for k, v in found.items() if k.startswith(f"{o.name}_")) for o in model.graph.output]


@pytest.mark.parametrize("mode", FORMATS)
@pytest.mark.parametrize(("op", "kind"), [("Gather", "int64"), ("Gather", "int32"), ("GatherND", "int64")])
def test_given_indices(op: str, kind: str, mode: str, tmp_path: Path) -> None:
    """Of more than 8 bits; a format that rounded them would take another row."""
    table = (np.arange(3000 * 4).reshape(3000, 4) % 5 - 2).astype(np.float32)
    model = network([make(op, ["t", "i"], ["y"])], {"i": (kind, [5, 1])}, {"y": "float32"}, t=table)
    inputs = {"i": np.array([[2083], [-2], [2161], [466], [2999]], kind)}
    (found,) = outputs(model, inputs, mode, tmp_path)
    expected = table[inputs["i"]] if op == "Gather" else table[inputs["i"][:, 0]]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("mode", FORMATS)
def test_found_indices(mode: str, tmp_path: Path) -> None:
    table = (np.arange(300 * 4).reshape(300, 4) % 5 - 2).astype(np.float32)
    nodes = [make("ArgMax", ["x"], ["i"], axis=1, keepdims=1), make("GatherND", ["t", "i"], ["y"])]
    model = network(nodes, {"x": ("float32", [8, 300])}, {"y": "float32"}, t=table)
    places = np.array([299, 257, 1, 0, 128, 255, 298, 63])
    x = np.zeros((8, 300), np.float32)
    x[np.arange(8), places] = 1
    (found,) = outputs(model, {"x": x}, mode, tmp_path)
    np.testing.assert_array_equal(found, table[places])


@pytest.mark.parametrize("mode", FORMATS)
def test_an_integer_that_only_moves_leaves_as_it_came(mode: str, tmp_path: Path) -> None:
    nodes = [
        make("Cast", ["t"], ["f"], to=TensorProto.FLOAT),
        make("Relu", ["f"], ["y"]),
        make("Reshape", ["t", "shape"], ["z"]),
    ]
    model = network(nodes, {"t": ("int64", [2, 5])}, {"y": "float32", "z": "int64"}, shape=np.array([5, 2], np.int64))
    inputs = {"t": np.random.default_rng(0).integers(1000, 9000, (2, 5))}
    found = outputs(model, inputs, mode, tmp_path)
    assert found[1].dtype == np.int64
    np.testing.assert_array_equal(found[1], inputs["t"].reshape(5, 2))


@pytest.mark.parametrize("mode", FORMATS)
def test_a_truth_value_leaves_and_becomes_an_integer(mode: str, tmp_path: Path) -> None:
    nodes = [
        make("Add", ["x", "y"], ["s"]),
        make("Less", ["s", "limit"], ["b"]),
        make("Cast", ["b"], ["z"], to=TensorProto.INT64),
    ]
    shapes = {"x": ("float32", [3, 65]), "y": ("float32", [65])}
    model = network(nodes, shapes, {"b": "bool", "z": "int64"}, limit=np.array(0.3, np.float32))
    rng = np.random.default_rng(0)
    inputs = {name: (rng.integers(-4, 5, shape) / 4).astype(np.float32) for name, (_, shape) in shapes.items()}
    truth, whole = outputs(model, inputs, mode, tmp_path)
    expected = onnxruntime_run(tmp_path / "net.onnx", inputs)
    np.testing.assert_array_equal(truth, expected["b"])
    np.testing.assert_array_equal(whole, expected["z"])
    assert whole.dtype == np.int64


def test_a_mask_of_integers_chooses(tmp_path: Path) -> None:
    """As attention has it: 1 where there is a token."""
    nodes = [
        make("Cast", ["m"], ["b"], to=TensorProto.BOOL),
        make("Unsqueeze", ["b", "axis"], ["u"]),
        make("Where", ["u", "x", "low"], ["y"]),
    ]
    model = network(
        nodes, {"m": ("int64", [2, 7]), "x": ("float32", [2, 3, 7])}, {"y": "float32"},
        axis=np.array([1], np.int64), low=np.array(-100, np.float32),
    )  # fmt: skip
    rng = np.random.default_rng(0)
    inputs = {"m": rng.integers(0, 2, (2, 7)), "x": rng.standard_normal((2, 3, 7)).astype(np.float32)}
    (found,) = outputs(model, inputs, "F32", tmp_path)
    np.testing.assert_array_equal(found, onnxruntime_run(tmp_path / "net.onnx", inputs)["y"])


@pytest.mark.parametrize("kind", ["ArgMax", "ArgMin"])
def test_the_last_of_equal_ones(kind: str, tmp_path: Path) -> None:
    """Which onnxsim would write as integer arithmetic."""
    model = network(
        [make(kind, ["x"], ["i"], axis=-1, select_last_index=1)], {"x": ("float32", [3, 9])}, {"i": "int64"}
    )
    inputs = {"x": np.random.default_rng(0).integers(0, 3, (3, 9)).astype(np.float32)}
    (found,) = outputs(model, inputs, "F32", tmp_path)
    np.testing.assert_array_equal(found, onnxruntime_run(tmp_path / "net.onnx", inputs)["i"])


@pytest.mark.parametrize("places", [(5, 24, 15), (1, 20, 7)])
def test_a_slice_across_the_rows_of_an_input_is_safe(places: tuple[int, int, int], tmp_path: Path) -> None:
    """Its layer sees the input as one row."""
    first, last, step = places
    nodes = [
        make("Reshape", ["x", "flat"], ["r"]),
        make("Slice", ["r", "first", "last", "axis", "step"], ["s"]),
        make("Relu", ["s"], ["y"]),
    ]
    numbers = {"flat": -1, "first": first, "last": last, "axis": 0, "step": step}
    model = network(
        nodes, {"x": ("float32", [4, 6])}, {"y": "float32"},
        **{name: np.array([number], np.int64) for name, number in numbers.items()},
    )  # fmt: skip
    inputs = {"x": np.random.default_rng(0).standard_normal((4, 6)).astype(np.float32)}
    (found,) = outputs(model, inputs, "F32", tmp_path)
    np.testing.assert_array_equal(found, np.maximum(inputs["x"].reshape(-1)[first:last:step], 0))
