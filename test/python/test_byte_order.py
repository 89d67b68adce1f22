"""Arrays in the other byte order are the same numbers, in every tool that reads tensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from conftest import needs_core
from onnx import TensorProto, helper

from tpu_mlir.errors import UserError
from tpu_mlir.npz import load_npy, load_npz

VALUES = [1.0, 2.0, -3.0, 4.0]


@pytest.mark.parametrize("kind", ["f4", "f8", "f2", "i4", "i8", "i2"])
def test_readers_give_native_numbers(kind: str, tmp_path: Path) -> None:
    array = np.array(VALUES, f">{kind}")
    np.savez(tmp_path / "x.npz", x=array)
    np.save(tmp_path / "x.npy", array)
    for read in (load_npz(tmp_path / "x.npz")["x"], load_npy(tmp_path / "x.npy")):
        assert read.dtype.isnative
        assert read.dtype.itemsize == array.dtype.itemsize
        assert read.tolist() == array.tolist()


@needs_core
@pytest.mark.parametrize("kind", ["f4", "f8", "f2", "i4", "i8"])
def test_a_bmodel_takes_either_order(kind: str, tmp_path: Path) -> None:
    from tpu_mlir.deployment.deploy import deploy
    from tpu_mlir.deployment.options import Options
    from tpu_mlir.runner import run
    from tpu_mlir.transform_model import transform

    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 4]) for n in "xy"]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", ends[:1], ends[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), tmp_path / "m.onnx")
    transform("m", tmp_path / "m.onnx", tmp_path / "m.mlir", quiet=True)
    deploy(Options(tmp_path / "m.mlir", tmp_path / "m.bmodel", "bm1684x"), quiet=True)
    given = np.array([VALUES], f">{kind}")
    np.savez(tmp_path / "x.npz", x=given)
    for inputs in (tmp_path / "x.npz", {"x": given}):
        (result,) = run(tmp_path / "m.bmodel", inputs).values()
        assert result.tolist() == [[1, 2, 0, 4]]
    import pymlir

    (direct,) = dict(pymlir.run_bmodel(str(tmp_path / "m.bmodel"), {"x": given}, False, False)["tensors"]).values()
    assert direct.tolist() == [[1, 2, 0, 4]]


def test_an_npz_without_tensors_says_so(tmp_path: Path) -> None:
    np.savez(tmp_path / "empty.npz")
    with pytest.raises(UserError, match="holds no tensor"):
        load_npz(tmp_path / "empty.npz")
