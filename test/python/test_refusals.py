"""Refusals of model_deploy.py: all refused ops at once, and advice that works when it is followed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import onnx
import pytest
from conftest import needs_core
from onnx import helper
from onnx_models import make_model
from test_outputs import run

from tpu_mlir.errors import EXIT_OK, EXIT_USER
from tpu_mlir.names import split_list

pytestmark = needs_core


def branches() -> onnx.ModelProto:
    """Two products that a test makes impossible, a branch that leaves before them, and one behind them."""
    rng = np.random.default_rng(2)
    weights = {f"w{i}": rng.standard_normal((4, 4, 1, 1)).astype(np.float32) for i in range(2)}
    nodes = [
        helper.make_node("Conv", ["x", "w0"], ["first, one"]),
        helper.make_node("Relu", ["first, one"], ["r"]),
        helper.make_node("Conv", ["r", "w1"], ["c"]),
        helper.make_node("Mul", ["r", "c"], ["m1"]),
        helper.make_node("Sigmoid", ["c"], ["side"]),
        helper.make_node("Mul", ["m1", "side"], ["m2"]),
        helper.make_node("Add", ["m2", "first, one"], ["y"]),
        helper.make_node("Tanh", ["c"], ["other"]),
    ]
    return make_model(nodes, {"x": [1, 4, 8, 8]}, ["y", "other"], weights)


@pytest.fixture
def impossible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its .mlir, in which each product has three factors, which INT8 does not have."""
    monkeypatch.chdir(tmp_path)
    onnx.save(branches(), "t.onnx")
    assert run("model_transform.py --model_name t --model_def t.onnx --mlir t.mlir --quiet")[0] == EXIT_OK
    text = Path("t.mlir").read_text(encoding="utf-8")
    text, count = re.subn(
        r'"top\.Mul"\((%\w+), (%\w+)\)(.*) : \((tensor<[^>]*>), (tensor<[^>]*>)\)',
        r'"top.Mul"(\1, \2, \2)\3 : (\4, \5, \5)',
        text,
    )
    assert count == 2
    Path("t.mlir").write_text(text, encoding="utf-8")
    return tmp_path / "t.mlir"


def test_all_refused_ops_are_listed_and_the_advice_works(impossible: Path) -> None:
    names = ("x", "first, one_Conv", "r_Relu", "c_Conv", "m1_Mul", "side_Sigmoid", "m2_Mul", "y_Add", "other_Tanh")
    Path("table").write_text("".join(f"{name} 4 -4 4\n" for name in names))
    flags = "--chip bm1684x --quantize INT8 --calibration_table table --skip_validation"
    code, err = run(f"model_deploy.py --mlir t.mlir --model t.bmodel {flags}")
    assert code == EXIT_USER
    refused = re.findall(r"op '(\w+)' has no tpu lowering", err)
    assert refused == ["m1_Mul", "m2_Mul"], err
    # Each sentence once, and no file.
    assert len(err.splitlines()) == 3 and sorted(p.suffix for p in impossible.parent.glob("*.bmodel")) == []
    advice = shlex.split(err.splitlines()[-1].split("model_transform.py ")[1])
    assert advice[0] == "--output_names"
    # What is needed to compute the rest, and the other output; nothing that the network does not compute.
    assert set(split_list(advice[1])) == {"first, one_Conv", "r_Relu", "c_Conv", "side_Sigmoid", "other_Tanh"}
    words = ["model_transform.py", "--model_name", "c", "--model_def", "t.onnx", "--mlir", "c.mlir", "--quiet", *advice]
    code, err = run(words)
    assert code == EXIT_OK, err
    code, err = run(f"model_deploy.py --mlir c.mlir --model c.bmodel {flags}")
    assert code == EXIT_OK, err


def test_the_first_operator_gets_no_advice_to_cut_before_it(tmp_path: Path) -> None:
    import pymlir

    builder = pymlir.Builder("first")
    x = builder.input("x", [1, 4, 8, 8])
    builder.finish([builder.op("top.Mul", [x, x, x], {}, "m_Mul")])
    builder.save(str(tmp_path / "first.mlir"), "first_weight.npz")
    (tmp_path / "table").write_text("x 4 -4 4\nm_Mul 4 -4 4\n")
    code, err = run(
        ["model_deploy.py", "--mlir", str(tmp_path / "first.mlir"), "--model", str(tmp_path / "f.bmodel"),
         "--chip", "bm1684x", "--quantize", "INT8", "--calibration_table", str(tmp_path / "table")]
    )  # fmt: skip
    assert code == EXIT_USER and "--output_names" not in err
    assert "no tensor is computed before it, so the network cannot be cut there" in err
