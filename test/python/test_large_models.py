"""Models whose weights stay in their files: the same result as held whole, in the memory of one copy of the weights."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import ROOT, needs_core
from onnx import TensorProto, helper

sys.path.insert(0, str(ROOT / "bench"))

from gigabytes import measure

from tpu_mlir.errors import UserError
from tpu_mlir.frontend.onnx import graph, large

pytestmark = needs_core


def tensor(name: str, array: Any, folder: Path | None = None) -> TensorProto:
    """An initialiser; with `folder`, its data lies in `data.bin` there, behind what is there already."""
    made = onnx.numpy_helper.from_array(array, name)
    if folder is not None:
        data = folder / "data.bin"
        begin = data.stat().st_size if data.exists() else 0
        with data.open("ab") as file:
            file.write(array.tobytes())
        made.ClearField("raw_data")
        made.data_location = TensorProto.EXTERNAL
        for key, value in (("location", "data.bin"), ("offset", begin), ("length", array.nbytes)):
            entry = made.external_data.add()
            entry.key, entry.value = key, str(value)
    return made


def network(path: Path, external: bool, kind: Any = np.float32) -> Path:
    """Products in every way that an exporter writes them, a convolution, tied weights and a constant that is folded."""
    rng = np.random.default_rng(0)
    folder = path.parent if external else None
    arrays = {
        "conv": rng.normal(0, 0.2, (8, 4, 3, 3)),
        "right": rng.normal(0, 0.1, (8, 16)),
        "turned": rng.normal(0, 0.1, (16, 16)),
        "folded": rng.normal(0, 0.1, (16, 16)),
        "addend": rng.normal(0, 1, (1, 16)),
        "vector": rng.normal(0, 1, (16,)),
    }
    nodes = [
        helper.make_node("Conv", ["x", "conv"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("GlobalAveragePool", ["c"], ["p"]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("MatMul", ["f", "right"], ["m"]),
        helper.make_node("Gemm", ["m", "turned", "vector"], ["g"], transB=1, alpha=0.5),
        helper.make_node("Transpose", ["folded"], ["t"], perm=[1, 0]),
        helper.make_node("MatMul", ["g", "t"], ["h"]),
        helper.make_node("MatMul", ["h", "turned"], ["i"]),
        helper.make_node("Add", ["i", "addend"], ["y"]),
    ]
    kinds = {np.float32: TensorProto.FLOAT, np.float16: TensorProto.FLOAT16}
    x, y = (helper.make_tensor_value_info(n, kinds[kind], s) for n, s in (("x", [1, 4, 6, 6]), ("y", [1, 16])))
    inits = [tensor(name, array.astype(kind), folder) for name, array in arrays.items()]
    made = helper.make_graph(nodes, "net", [x], [y], inits)
    path.write_bytes(
        helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=10).SerializeToString()
    )
    return path


@pytest.fixture
def all_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every weight of more than 64 bytes is a large one."""
    monkeypatch.setattr(large, "LARGE_MODEL", 1)
    monkeypatch.setattr(large, "LARGE_WEIGHT", 65)


def transformed(model: Path, folder: Path, **options: Any) -> dict[str, np.ndarray]:
    """The weights of the Top module made from the model."""
    from tpu_mlir.transform_model import transform

    folder.mkdir()
    result = transform("net", model, folder / "net.mlir", quiet=True, **options)
    assert result.report is not None and not result.report.failed
    with np.load(folder / "net_top_f32_all_weight.npz") as archive:
        return dict(archive.items())


@pytest.mark.parametrize("external", [True, False])
@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_large_weights_import_as_small_ones_do(
    tmp_path: Path, external: bool, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = network(tmp_path / "net.onnx", external, kind)
    held = transformed(model, tmp_path / "held")
    monkeypatch.setattr(large, "LARGE_MODEL", 1)
    monkeypatch.setattr(large, "LARGE_WEIGHT", 65)
    assert sum(large.is_large(w) for w in graph.load_model(model).graph.initializer) >= 4
    left = transformed(model, tmp_path / "left")
    assert sorted(w.tobytes() for w in held.values()) == sorted(w.tobytes() for w in left.values())


@pytest.mark.usefixtures("all_large")
def test_the_simplified_model_runs_from_the_files_of_the_import(tmp_path: Path) -> None:
    import onnxruntime

    model = network(tmp_path / "net.onnx", True)
    transformed(model, tmp_path / "out")
    feeds = {"x": np.random.default_rng(1).normal(0, 1, (1, 4, 6, 6)).astype(np.float32)}
    expected, found = (
        onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, feeds)[0]
        for path in (model, tmp_path / "out" / "net_opt.onnx")
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    onnx.checker.check_model(str(tmp_path / "out" / "net_opt.onnx"))
    text = (tmp_path / "out" / "net_opt.onnx.prototxt").read_text(encoding="utf-8")
    assert "raw_data" not in text and 'location"' in text and len(text) < 20_000


@pytest.mark.usefixtures("all_large")
def test_a_network_runs_from_its_files(tmp_path: Path) -> None:
    import onnxruntime

    from tpu_mlir.runner import run

    model = network(tmp_path / "net.onnx", False)
    feeds = {"x": np.random.default_rng(1).normal(0, 1, (1, 4, 6, 6)).astype(np.float32)}
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(run(model, feeds)["y_Add"], session.run(None, feeds)[0], rtol=1e-5, atol=1e-6)


@pytest.mark.usefixtures("all_large")
@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("length", 100, "'conv' has 100 bytes in '.*data.bin', but its shape .* and type need 1152"),
        ("offset", 10**9, "'conv' has 1152 bytes from byte 1000000000 of '.*data.bin' on, which holds"),
        ("location", "missing.bin", "its external weights cannot be read: .*missing.bin"),
        ("location", "/etc/passwd", "its external weights cannot be read"),
        ("location", "../data.bin", "its external weights cannot be read"),
        ("offset", "-5", "its external weights cannot be read"),
        ("offset", "five", "its external weights cannot be read"),
    ],
)
def test_a_wrong_reference_is_a_sentence(tmp_path: Path, key: str, value: Any, sentence: str) -> None:
    path = network(tmp_path / "net.onnx", True)
    model = onnx.load(str(path), load_external_data=False)
    for entry in model.graph.initializer[0].external_data:
        if entry.key == key:
            entry.value = str(value)
    path.write_bytes(model.SerializeToString())
    with pytest.raises(UserError, match=sentence):
        graph.load_model(path)


@pytest.mark.usefixtures("all_large")
@pytest.mark.parametrize("cut", [1, 40, 400, 2000])
def test_a_file_that_ends_early_is_a_sentence(tmp_path: Path, cut: int) -> None:
    path = network(tmp_path / "net.onnx", False)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(UserError, match=r"damaged|breaks the ONNX rules|is not an ONNX file"):
        graph.load_model(path)


# --- memory -----------------------------------------------------------------------------------------------------------

LIBRARIES = 230 << 20  # bytes of Python with onnx, onnxsim, onnxruntime and the compiler, without a network


def test_300_mb_of_weights_pass_in_the_memory_of_one_copy(tmp_path: Path) -> None:
    costs = measure(tmp_path, 5, 4096, 1)
    assert costs.weights == 320 << 20
    assert costs.import_peak <= 1.1 * costs.weights + LIBRARIES
    assert costs.deploy_peak <= 0.6 * costs.weights + LIBRARIES


@pytest.mark.slow
def test_8_gb_of_weights_pass(tmp_path: Path) -> None:
    if shutil.disk_usage(tmp_path).free < 40 << 30:
        pytest.skip("needs 40 GiB of disk")
    costs = measure(tmp_path, 30, 8192, 1)
    assert costs.weights > 8e9
    assert costs.import_peak <= 1.3 * costs.weights
    assert costs.deploy_peak <= 0.7 * costs.weights
