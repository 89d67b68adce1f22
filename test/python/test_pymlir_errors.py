"""What the compiled module refuses, each with one sentence, and that nothing is half-written or lost by it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pymlir = pytest.importorskip("pymlir", reason="the compiled module 'pymlir' is not on the path")


@pytest.fixture
def builder() -> Any:
    return pymlir.Builder("net")


def conv_attributes(**changes: Any) -> dict[str, Any]:
    return {"kernel_shape": [3, 3], "strides": [1, 1], "pads": [1, 1, 1, 1], "group": 1, "dilations": [1, 1], **changes}


def refuse(sentence: str, call: Callable[[], Any]) -> None:
    with pytest.raises(pymlir.MLIRError) as caught:
        call()
    text = str(caught.value)
    assert sentence in text
    assert "\n" not in text and not text.endswith(".")


def save_small(folder: Path, channels: int = 4) -> Path:
    """x -> Conv -> Relu, with its weights beside it."""
    b = pymlir.Builder("small")
    image = {"pixel_format": "rgb", "resize_dims": [8, 8], "mean": [0.0] * 3, "scale": [1.0] * 3}
    x = b.input("x", [1, 3, 8, 8], {**image, "do_preprocess": True})
    w = b.weight("conv.weight", np.ones((channels, 3, 3, 3), np.float32))
    y = b.op("top.Conv", [x, w, b.none()], conv_attributes(), "y_Conv")
    b.finish([b.op("top.Relu", [y], {"relu_limit": -1.0}, "z_Relu")])
    path = folder / "small.mlir"
    b.save(str(path), "small_weight.npz")
    return path


def test_builder_names_the_op_and_the_operand(builder: Any) -> None:
    x = builder.input("x", [1, 3, 8, 8], {})
    w = builder.weight("w", np.zeros((4, 5, 3, 3), np.float32))
    refuse(
        "'y': 'top.Conv' op 'input' has 3 channels",
        lambda: builder.op("top.Conv", [x, w, None], conv_attributes(), "y"),
    )
    good = builder.weight("w2", np.zeros((4, 3, 3, 3), np.float32))
    assert builder.shape(builder.op("top.Conv", [x, good, None], conv_attributes(), "y")) == [1, 4, 8, 8]


def test_builder_suggests_ops_and_attributes(builder: Any) -> None:
    x = builder.input("x", [1, 3, 8, 8], {})
    refuse("did you mean 'top.Conv'?", lambda: builder.op("top.Conf", [x], {}, "y"))
    refuse("there is no Top op 'func.return'", lambda: builder.op("func.return", [x], {}, "y"))
    refuse("there is no Top op 'top.Weight'", lambda: builder.op("top.Weight", [], {}, "y"))
    refuse("did you mean 'alpha'?", lambda: builder.op("top.LeakyRelu", [x], {"alfa": 0.1}, "y"))
    refuse("has no attribute 'pixelformat'", lambda: builder.input("x2", [1], {"pixelformat": "rgb"}))


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        ({"alpha": 1}, "attribute 'alpha' cannot be 1"),
        ({"alpha": [0.1]}, "attribute 'alpha' cannot be"),
        ({"alpha": object()}, "takes a bool, int, float, str or a list"),
        ({"alpha": [1, 2.0]}, "mixes integers and floats"),
        ({"alpha": ["a"]}, "lists hold integers or floats"),
        ({"alpha": 2**70}, "attribute 'alpha' cannot be"),
        ({}, "requires attribute 'alpha'"),
    ],
)
def test_builder_refuses_other_kinds_of_values(builder: Any, attributes: dict[str, Any], sentence: str) -> None:
    x = builder.input("x", [2], {})
    refuse(sentence, lambda: builder.op("top.LeakyRelu", [x], attributes, "y"))
    builder.finish([builder.op("top.LeakyRelu", [x], {"alpha": np.float32(0.5)}, "y")])


def test_builder_keeps_names_unique(builder: Any) -> None:
    x = builder.input("x", [2], {})
    builder.weight("w", np.zeros(2, np.float32))
    refuse("two tensors are called 'x'", lambda: builder.input("x", [2], {}))
    refuse("two tensors are called 'w'", lambda: builder.op("top.Abs", [x], {}, "w"))
    refuse("needs a name", lambda: builder.op("top.Abs", [x], {}, ""))


def test_builder_refuses_wrong_operands(builder: Any) -> None:
    x = builder.input("x", [2], {})
    other = pymlir.Builder("other").input("x", [2], {})
    refuse("belongs to another builder", lambda: builder.op("top.Abs", [other], {}, "y"))
    refuse("is no tensor of a builder", lambda: builder.op("top.Abs", ["x"], {}, "y"))
    refuse("'top.Abs' op", lambda: builder.op("top.Abs", [x, x], {}, "y"))
    refuse("an absent tensor has no shape", lambda: builder.shape(builder.none()))
    refuse("every size must be positive", lambda: builder.input("e", [1, 0], {}))
    refuse("weights are floats, booleans or integers", lambda: builder.weight("s", np.array(["a"])))


def test_builder_finishes_once(builder: Any, tmp_path: Path) -> None:
    x = builder.input("x", [2], {})
    refuse("call finish() before save()", lambda: builder.save(str(tmp_path / "a.mlir"), "a.npz"))
    refuse("at least one output", lambda: builder.finish([]))
    builder.finish([builder.op("top.Abs", [x], {}, "y")])
    refuse("finished already", lambda: builder.finish([x]))
    refuse("comes too late", lambda: builder.op("top.Abs", [x], {}, "z"))
    refuse("start with 'module.'", lambda: builder.set_module_attr("platform", "ONNX"))
    refuse("'module.platform' must be a string", lambda: builder.set_module_attr("module.platform", 1))
    builder.set_module_attr("module.platform", "ONNX")
    refuse("no-such-folder", lambda: builder.save(str(tmp_path / "no-such-folder" / "a.mlir"), "a.npz"))
    assert not list(tmp_path.iterdir())


def test_module_answers_about_the_network(tmp_path: Path) -> None:
    m = pymlir.module()
    m.load(str(save_small(tmp_path)))
    assert (m.input_names, m.output_names) == (["x"], ["z_Relu"])
    assert m.all_tensor_names == ["x", "y_Conv", "z_Relu"]
    assert m.weight_names == ["conv.weight"]
    assert (m.state, m.chip, m.name) == ("TOP_F32", "", "small")
    assert m.input_shape("x") == [1, 3, 8, 8]
    assert m.macs == 4 * 64 * 27
    assert m.flops >= 2 * m.macs
    assert (m.qscale("y_Conv"), m.qzp("y_Conv")) == (1.0, 0)
    attributes = m.input_attrs("x")
    assert (
        attributes["pixel_format"] == "rgb" and attributes["scale"] == [1.0] * 3 and attributes["do_preprocess"] is True
    )


def test_module_takes_and_gives_arrays(tmp_path: Path) -> None:
    m = pymlir.module()
    m.load(str(save_small(tmp_path)))
    refuse("call invoke", lambda: m.get_tensor("z_Relu"))
    refuse("there is no input 'y'; inputs: x", lambda: m.set_tensor("y", np.zeros(1, np.float32)))
    refuse("has shape 1x3x8x8, got 1x3x8", lambda: m.set_tensor("x", np.zeros((1, 3, 8), np.float32)))
    refuse("takes float32", lambda: m.set_tensor("x", np.zeros((1, 3, 8, 8), np.complex64)))
    for given in (
        np.full((1, 3, 8, 8), 2, np.uint8),
        np.full((8, 8, 3, 1), 2.0).T,
        np.full((1, 3, 8, 8), 2, np.float16),
    ):
        m.set_tensor("x", given)
        m.invoke()
        assert m.get_tensor("z_Relu")[0, 0, 4, 4] == 54.0
    refuse("call invoke(dump_all=True)", lambda: m.get_tensor("y_Conv"))
    refuse("there is no tensor 'z_relu'; did you mean 'z_Relu'?", lambda: m.get_tensor("z_relu"))
    assert set(m.get_all_tensor()) == {"x", "z_Relu"}
    m.invoke(dump_all=True)
    assert set(m.get_all_tensor()) == set(m.all_tensor_names) == set(m.get_all_fixed_tensor())
    assert m.get_fixed_tensor("y_Conv").dtype == np.float32
    kept = m.get_tensor("z_Relu")
    m.set_tensor("x", np.zeros((1, 3, 8, 8), np.float32))
    m.invoke()
    assert kept.max() == 54.0, "an array that was handed out belongs to the user"


def test_module_without_a_network() -> None:
    m = pymlir.module()
    refuse("call load() first", lambda: m.invoke())
    refuse("call load() first", lambda: m.input_names)
    refuse("call load() first", lambda: m.get_tensor("x"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "bad.mlir"),
        (b"\x00\x01\x02\xff\xfe", "bad.mlir"),
        (b"PK\x03\x04not a model", "bad.mlir"),
        (b"module {}", "holds no network"),
        (b'module attributes {module.state = "TOP_F33"} {}', "'module.state' must be one of"),
        (b'module attributes {module.state = "TOP_F32"} {}', "no function 'main'"),
        (b'module attributes {module.state = "TOP_F32"} { "top.Conf"() : () -> () }', "bad.mlir:1:"),
        (b"func.func @main(%a: tensor<1xf32>) -> tensor<1xf32> {", "bad.mlir:1:"),
    ],
)
def test_foreign_files(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.mlir"
    path.write_bytes(content)
    m = pymlir.module()
    refuse(sentence, lambda: m.load(str(path)))
    if "main" not in sentence:
        out = tmp_path / "out.mlir"
        refuse(sentence, lambda: pymlir.run_passes(str(path), str(out), "builtin.module(canonicalize)"))
    assert [p.name for p in tmp_path.iterdir()] == ["bad.mlir"]
    refuse("call load() first", lambda: m.invoke())


def test_files_that_are_not_there(tmp_path: Path) -> None:
    m = pymlir.module()
    refuse("nowhere.mlir", lambda: m.load(str(tmp_path / "nowhere.mlir")))
    refuse(str(tmp_path), lambda: m.load(str(tmp_path)))
    path = save_small(tmp_path)
    (tmp_path / "small_weight.npz").rename(tmp_path / "moved.npz")
    refuse("small_weight.npz", lambda: m.load(str(path)))


def test_weights_of_another_network(tmp_path: Path) -> None:
    path = save_small(tmp_path)
    np.savez(tmp_path / "small_weight.npz", **{"conv.weight": np.zeros((4, 3, 3, 2), np.float32)})
    refuse("4x3x3x2", lambda: pymlir.module().load(str(path)))
    np.savez(tmp_path / "small_weight.npz", other=np.zeros(1, np.float32))
    refuse("'conv.weight'", lambda: pymlir.module().load(str(path)))
    (tmp_path / "small_weight.npz").write_bytes(b"PK\x03\x04" + bytes(40))
    refuse("small_weight.npz", lambda: pymlir.module().load(str(path)))


def test_an_npz_by_numpy_is_read(tmp_path: Path) -> None:
    path = save_small(tmp_path)
    np.savez_compressed(tmp_path / "small_weight.npz", **{"conv.weight": np.full((4, 3, 3, 3), 0.5, np.float32)})
    m = pymlir.module()
    m.load(str(path))
    m.set_tensor("x", np.ones((1, 3, 8, 8), np.float32))
    m.invoke()
    assert m.get_tensor("z_Relu")[0, 3, 4, 4] == 13.5


def test_passes_change_and_refuse(tmp_path: Path) -> None:
    path, out = save_small(tmp_path), tmp_path / "out.mlir"
    before = path.read_bytes()
    refuse("canonicalise", lambda: pymlir.run_passes(str(path), str(out), "builtin.module(canonicalise)"))
    refuse("pipeline", lambda: pymlir.run_passes(str(path), str(out), "builtin.module(canonicalize"))
    refuse(
        "nowhere", lambda: pymlir.run_passes(str(tmp_path / "nowhere.mlir"), str(out), "builtin.module(canonicalize)")
    )
    assert not out.exists()
    pymlir.run_passes(str(path), str(out), "builtin.module(shape-infer,canonicalize)", "out_weight.npz")
    m = pymlir.module()
    m.load(str(out))
    assert m.all_tensor_names == ["x", "z_Relu"], "the pipeline runs: relu moves into the convolution"
    assert path.read_bytes() == before
    pymlir.run_passes(str(path), "", "builtin.module(canonicalize)")
    refuse(
        "no-such-folder",
        lambda: pymlir.run_passes(str(path), str(tmp_path / "no-such-folder/o.mlir"), "builtin.module(cse)"),
    )


def test_two_networks_share_nothing(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    modules = []
    for folder, channels in zip(folders, (4, 7), strict=True):
        folder.mkdir()
        modules.append(pymlir.module())
        modules[-1].load(str(save_small(folder, channels)))
    for module, channels in zip(modules, (4, 7), strict=True):
        module.set_tensor("x", np.ones((1, 3, 8, 8), np.float32))
        module.invoke()
        assert module.get_tensor("z_Relu").shape[1] == channels
    modules[0].load(str(folders[1] / "small.mlir"))
    assert modules[0].get_all_tensor()["x"].max() == 0.0, "a new network starts from nothing"


def test_importing_is_cheap_and_quiet() -> None:
    """The module loads neither numpy nor anything heavy by itself, and prints nothing."""
    code = "import pymlir, sys; assert 'numpy' not in sys.modules, 'numpy came along'"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
