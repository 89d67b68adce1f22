"""A second framework is a line of a table and a few classes: docs/guides/add-a-front-end.md's toy, in all tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import needs_core

from tpu_mlir.cli import model_deploy, model_runner, model_transform, run_calibration
from tpu_mlir.frontend.core import front_ends
from tpu_mlir.frontend.core.cutting import needed
from tpu_mlir.frontend.core.front_ends import ModelKind
from tpu_mlir.frontend.core.protocol import GraphNode
from tpu_mlir.npz import load_npz, save_npz

pytestmark = needs_core


def toy(*last: dict[str, Any]) -> dict[str, Any]:
    """Two products with a way around the second; `last`: nodes behind them, else it ends in y."""
    rng = np.random.default_rng(5)
    weights = {name: rng.normal(0, 0.3, (16, 16)).astype(np.float32).tolist() for name in ("w1", "w2")}
    nodes = [
        {"kind": "Dense", "inputs": ["x", "w1"], "output": "h"},
        {"kind": "Relu", "inputs": ["h"], "output": "r"},
        {"kind": "Dense", "inputs": ["r", "w2"], "output": "d"},
        {"kind": "Plus", "inputs": ["d", "r"], "output": "y"},
        *last,
    ]
    return {"inputs": {"x": [4, 16]}, "weights": weights, "nodes": nodes, "outputs": [nodes[-1]["output"]]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with `net.toy` and samples for it; files called *.toy are read by the toy front end."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(front_ends.KINDS, ".toy", ModelKind("Toy", "a Toy network", "toy_front_end"))
    Path("net.toy").write_text(json.dumps(toy()))
    Path("samples").mkdir()
    for i in range(4):
        save_npz(f"samples/{i}.npz", {"x": np.random.default_rng(i).standard_normal((4, 16)).astype(np.float32)})
    return tmp_path


def transform(*arguments: str) -> int:
    return model_transform.main(["--model_name", "net", "--model_def", "net.toy", "--mlir", "net.mlir", *arguments])


def test_from_the_file_to_a_proven_bmodel(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert transform("--test_input", "samples/0.npz") == 0
    out = capsys.readouterr().out
    assert "run the model with numpy" in out and "0 FAILED" in out and "4 Toy nodes, 3 Top operations" in out
    assert set(load_npz("net_ref_outputs.npz")) == {"x", "h_Dense", "r_Relu", "d_Dense", "y_Plus"}
    calibration = ["net.mlir", "--dataset", "samples", "--input_num", "4", "-o", "table"]
    assert run_calibration.main(calibration) == 0
    deploy = ["--mlir", "net.mlir", "--chip", "bm1684x", "--test_input", "samples/0.npz"]
    deploy += ["--test_reference", "net_top_outputs.npz"]
    assert model_deploy.main([*deploy, "--quantize", "F32", "--model", "f32.bmodel"]) == 0
    int8 = ["--quantize", "INT8", "--calibration_table", "table", "--tolerance", "0.98,0.8"]
    assert model_deploy.main([*deploy, *int8, "--model", "int8.bmodel"]) == 0


def test_the_file_runs_in_its_own_framework(folder: Path) -> None:
    assert transform("--test_input", "samples/0.npz", "--quiet") == 0
    expected = load_npz("net_ref_outputs.npz")
    run = ["--model", "net.toy", "--input", "samples/0.npz", "--output", "out.npz"]
    assert model_runner.main(run) == 0
    assert list(load_npz("out.npz")) == ["y_Plus"]
    assert model_runner.main([*run, "--dump_all_tensors"]) == 0
    for name, tensor in load_npz("out.npz").items():
        np.testing.assert_array_equal(tensor, expected[name])


def test_a_wrong_import_is_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import toy_front_end

    monkeypatch.setitem(toy_front_end.FUNCTIONS, "Plus", lambda node: node.result(node.emit("Relu", [node.value(0)])))
    assert transform() == 2
    assert capsys.readouterr().err.startswith("error: tensor 'y_Plus' differs: ")


def test_what_cannot_be_imported_is_listed_and_the_advice_works(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    softmax = {"kind": "Softmax", "inputs": ["y"], "output": "s"}
    wide = {"kind": "Plus", "inputs": ["y", "w1"], "output": "p"}
    Path("net.toy").write_text(json.dumps(toy(softmax, wide) | {"outputs": ["s", "p"]}))
    assert transform() == 1
    assert capsys.readouterr().err.splitlines() == [
        "error: 2 of 6 nodes of model 'net.toy' cannot be imported:",
        "  node 's' (Softmax): operator Softmax is not supported",
        "  node 'p' (Plus): its operands have shapes [4, 16] and [16, 16]",
        "  cut the network before with --output_names y",
    ]
    assert transform("--output_names", "y") == 0
    assert transform("--output_names", "y_Plus") == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--output_names", "w1"], "--output_names: 'w1' is a weight of model 'net.toy'; name tensors that a node"),
        (["--output_names", "y_Pluss"], "model 'net.toy' has no tensor 'y_Pluss'; did you mean 'y_Plus'?"),
        (["--input_shapes", "[[1,16]]"], "--input_shapes: the shapes of model 'net.toy' are fixed"),
        (["--test_result", "net.toy"], "--test_result 'net.toy' must end in .npz"),
    ],
)
def test_mistakes_have_the_sentences_of_every_front_end(
    arguments: list[str], sentence: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert transform(*arguments) == 1
    assert sentence in capsys.readouterr().err


def test_a_weight_that_is_not_finite_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = toy()
    net["weights"]["w2"][1][2] = float("inf")
    Path("net.toy").write_text(json.dumps(net))
    assert transform() == 1
    assert "its weight 'w2' has 1 of 256 elements that are not finite; the first is inf at [1, 2]" in (
        capsys.readouterr().err
    )


def test_suffixes_without_a_front_end_have_a_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for suffix, framework in (
        (".pt", "PyTorch"),
        (".tflite", "TFLite"),
        (".caffemodel", "Caffe"),
        (".pb", "TensorFlow"),
    ):
        assert transform("--model_def", f"net{suffix}") == 1
        assert f"model 'net{suffix}' is {framework}, which is not supported; export it to ONNX" in (
            capsys.readouterr().err
        )
    Path("net.toys").write_text("{}")
    assert model_runner.main(["--model", "net.toys", "--input", "a.npz"]) == 1
    assert "model 'net.toys' is none of: onnx, toy, mlir, bmodel" in capsys.readouterr().err


def test_only_the_nodes_that_outputs_need_are_kept() -> None:
    nodes = [GraphNode("A", ("x",), ("a", "")), GraphNode("B", ("a", ""), ("b",)), GraphNode("C", ("a",), ("c",))]
    assert [node.kind for node in needed(nodes, ["c"])] == ["A", "C"]
