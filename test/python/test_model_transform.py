"""model_transform.py and model_runner.py as users run them: files, names, comparison, and what a failure leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
from conftest import needs_core
from onnx import helper
from onnx_models import conv_relu, make_model, one_node

from tpu_mlir.cli import model_runner, model_transform
from tpu_mlir.frontend.onnx import reference
from tpu_mlir.npz import load_npz, save_npz

pytestmark = needs_core


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a small network `net.onnx` and a picture `cat.png` for it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.onnx").write_bytes(conv_relu().SerializeToString())
    pixels = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    assert cv2.imwrite(str(tmp_path / "cat.png"), pixels)
    return tmp_path


ARGUMENTS = [
    "--model_name", "net", "--model_def", "net.onnx", "--input_shapes", "[[1,3,8,8]]", "--resize_dims", "10,10",
    "--mean", "123.675,116.28,103.53", "--scale", "0.0171,0.0175,0.0174", "--pixel_format", "rgb", "--mlir", "net.mlir",
]  # fmt: skip


def test_the_files_and_their_names(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {p.name for p in folder.iterdir()}
    proof = ["--test_input", "cat.png", "--test_result", "out.npz", "--tolerance", "0.99,0.99"]
    assert model_transform.main([*ARGUMENTS, *proof]) == 0
    assert {p.name for p in folder.iterdir()} - before == {
        "net_opt.onnx", "net_opt.onnx.prototxt", "net_origin.mlir", "net.mlir", "net_top_f32_all_origin_weight.npz",
        "net_top_f32_all_weight.npz", "net_in_f32.npz", "net_ref_outputs.npz", "out.npz",
    }  # fmt: skip
    out = capsys.readouterr().out
    assert "0 FAILED" in out and "net_opt.onnx" in out
    assert set(load_npz(folder / "out.npz")) == {"x", "y_Relu"}
    assert set(load_npz(folder / "net_ref_outputs.npz")) == {"x", "c_Conv", "y_Relu"}


def test_the_same_import_gives_the_same_bytes(folder: Path) -> None:
    contents = []
    for _ in range(2):
        assert model_transform.main([*ARGUMENTS, "--quiet"]) == 0
        contents.append({p.name: p.read_bytes() for p in folder.iterdir() if p.suffix in (".mlir", ".npz", ".onnx")})
    assert contents[0] == contents[1]


def test_preprocessing_survives_in_the_mlir(folder: Path) -> None:
    from tpu_mlir.runner import open_module, preprocessing

    assert (
        model_transform.main(
            [*ARGUMENTS, "--quiet", "--keep_aspect_ratio", "--pad_value", "114", "--pad_type", "normal"]
        )
        == 0
    )
    settings = preprocessing(open_module(folder / "net.mlir"))["x"]
    assert settings.resize_dims == (10, 10) and settings.pixel_format == "rgb" and settings.keep_aspect_ratio
    assert settings.pad_value == 114 and settings.pad_type == "normal"
    assert settings.mean == (123.675, 116.28, 103.53) and settings.scale == (0.0171, 0.0175, 0.0174)


def test_running_every_stage_on_the_same_input(folder: Path) -> None:
    assert model_transform.main([*ARGUMENTS, "--quiet", "--test_input", "cat.png"]) == 0
    for model in ("net.onnx", "net_opt.onnx", "net_origin.mlir", "net.mlir"):
        output = f"{model}.npz"
        assert model_runner.main(["--model", model, "--input", "net_in_f32.npz", "--output", output]) == 0
        got = load_npz(folder / output)
        assert list(got) == ["y_Relu"]
        np.testing.assert_allclose(
            got["y_Relu"], load_npz(folder / "net_ref_outputs.npz")["y_Relu"], rtol=1e-4, atol=1e-4
        )
    assert model_runner.main(["--model", "net.mlir", "--input", "cat.png", "--output", "p.npz"]) == 0
    np.testing.assert_array_equal(load_npz(folder / "p.npz")["y_Relu"], load_npz(folder / "net.mlir.npz")["y_Relu"])
    arguments = ["--model", "net_origin.mlir", "--input", "net_in_f32.npz", "--dump_all_tensors", "--output", "all.npz"]
    assert model_runner.main(arguments) == 0
    assert set(load_npz(folder / "all.npz")) == {"x", "c_Conv", "y_Relu"}


def test_a_failed_comparison_exits_2_and_keeps_the_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = reference.Session.run

    def wrong(*arguments: Any, **options: Any) -> dict[str, Any]:
        tensors = real(*arguments, **options)
        tensors["y_Relu"] = tensors["y_Relu"] + np.random.default_rng(0).standard_normal(tensors["y_Relu"].shape) * 50
        return tensors

    monkeypatch.setattr(reference.Session, "run", wrong)
    assert model_transform.main([*ARGUMENTS, "--test_input", "cat.png"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: tensor 'y_Relu' differs: ") and err.count("\n") == 1
    assert (folder / "net.mlir").exists() and (folder / "net_ref_outputs.npz").exists()
    assert model_transform.main([*ARGUMENTS, "--test_input", "cat.png", "--excepts", "y_Relu"]) == 0


def leaves_nothing(folder: Path, arguments: list[str], code: int = 1) -> None:
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert model_transform.main(arguments) == code
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_an_unsupported_network_leaves_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nodes = [
        helper.make_node("Hardmax", ["x"], ["s"], name="soft"),
        helper.make_node("Einsum", ["s"], ["v"], name="sum", equation="ab->ba"),
    ]
    model = make_model(nodes, {"x": [1, 9]}, ["v"])
    (folder / "bad.onnx").write_bytes(model.SerializeToString())
    leaves_nothing(folder, ["--model_name", "bad", "--model_def", "bad.onnx", "--mlir", "bad.mlir"])
    err = capsys.readouterr().err
    assert "2 of 2 nodes of model 'bad.onnx' cannot be imported" in err
    assert "node 'soft' (Hardmax, opset 13)" in err and "node 'sum' (Einsum, opset 13)" in err


@pytest.mark.parametrize("moment", ["run_passes", "Builder"])
def test_an_interruption_leaves_nothing(
    moment: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import pymlir

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pymlir, moment, interrupt)
    leaves_nothing(folder, ARGUMENTS, 130)
    assert "interrupted" in capsys.readouterr().err


def test_a_broken_test_input_is_found_before_anything_is_written(folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    leaves_nothing(folder, [*ARGUMENTS, "--test_input", "broken.jpg"])


def test_output_names_cut_the_network(folder: Path) -> None:
    assert model_transform.main([*ARGUMENTS, "--quiet", "--output_names", "c_Conv", "--test_input", "cat.png"]) == 0
    assert set(load_npz(folder / "net_top_outputs.npz")) == {"x", "c_Conv"}


def test_several_inputs_from_one_npz(folder: Path) -> None:
    model = one_node("Add", {"a": [1, 4], "b": [1, 4]})
    (folder / "two.onnx").write_bytes(model.SerializeToString())
    save_npz(folder / "in.npz", {"b": np.ones((1, 4), np.float32), "a": np.arange(4, dtype=np.float32)[None]})
    arguments = ["--model_name", "two", "--model_def", "two.onnx", "--mlir", "two.mlir", "--test_input", "in.npz"]
    assert model_transform.main(arguments) == 0
    np.testing.assert_array_equal(load_npz(folder / "two_top_outputs.npz")["y_Add"], [[1, 2, 3, 4]])


def test_the_in_process_api(folder: Path) -> None:
    import tpu_mlir

    result = tpu_mlir.transform("net", "net.onnx", "net.mlir", test_input=["cat.png"], quiet=True)
    assert result.report is not None and not result.report.failed and result.flops > 0
    outputs = tpu_mlir.run("net.mlir", load_npz("net_in_f32.npz"))
    np.testing.assert_array_equal(outputs["y_Relu"], load_npz("net_top_outputs.npz")["y_Relu"])


def test_the_opt_model_is_a_checked_onnx_file(folder: Path) -> None:
    assert model_transform.main([*ARGUMENTS, "--quiet"]) == 0
    onnx.checker.check_model(onnx.load(folder / "net_opt.onnx"), full_check=True)


def test_the_opt_model_is_there_as_text_without_its_weights(folder: Path) -> None:
    from google.protobuf import text_format

    nodes = [helper.make_node("Conv", ["x", "w"], ["c"]), helper.make_node("Reshape", ["c", "shape"], ["y"])]
    weights = {"w": np.ones((4, 3, 1, 1), np.float32), "shape": np.array([1, 256])}
    (folder / "net.onnx").write_bytes(make_model(nodes, {"x": [1, 3, 8, 8]}, ["y"], weights).SerializeToString())
    assert model_transform.main([*ARGUMENTS, "--quiet"]) == 0
    expected, text = onnx.load(folder / "net_opt.onnx"), onnx.ModelProto()
    text_format.Parse((folder / "net_opt.onnx.prototxt").read_text(encoding="utf-8"), text)
    assert [w.name for w in text.graph.initializer] == ["w", "shape"]
    assert list(text.graph.initializer[1].int64_data) == [1, 256]
    for tensor in [*expected.graph.initializer, *text.graph.initializer]:
        for field in ("raw_data", "float_data", "int64_data"):
            tensor.ClearField(field)
    assert text == expected
