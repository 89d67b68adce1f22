"""Graphs that few people write and exporters do: through import, calibration and deployment, or a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from conftest import needs_core
from onnx import TensorProto, helper, numpy_helper
from onnx_models import make_model, one_node

import tpu_mlir
from tpu_mlir.cli import model_deploy, model_transform, run_calibration
from tpu_mlir.errors import UserError
from tpu_mlir.frontend.onnx import graph
from tpu_mlir.npz import save_npz

make = helper.make_node
F = np.float32


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def inputs_of(model: onnx.ModelProto, seed: int = 0) -> dict[str, np.ndarray]:
    """Seeded inputs in the model's own types."""
    rng = np.random.default_rng(seed)
    weights = {w.name for w in model.graph.initializer}
    feeds = {}
    for i in model.graph.input:
        if i.name in weights:
            continue
        kind = helper.tensor_dtype_to_np_dtype(i.type.tensor_type.elem_type)
        shape = [d.dim_value for d in i.type.tensor_type.shape.dim]
        low, high = (0, 256) if kind == np.uint8 else (-100, 100)
        values = rng.standard_normal(shape) if kind.kind == "f" else rng.integers(low, high, shape)
        feeds[i.name] = np.asarray(values if kind != np.bool_ else values % 2, kind)
    return feeds


def expected_of(model: onnx.ModelProto, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = list(dict.fromkeys(o.name for o in session.get_outputs()))
    return dict(zip(names, session.run(names, feeds), strict=True))


def through_everything(model: onnx.ModelProto, precisions: tuple[str, ...] = ("F32", "INT8")) -> None:
    """Import, calibrate and deploy; every stage gives onnxruntime's outputs for the arrays as they are."""
    Path("net.onnx").write_bytes(model.SerializeToString())
    tpu_mlir.transform("net", "net.onnx", "net.mlir", quiet=True)
    feeds = inputs_of(model)
    expected = expected_of(model, feeds)
    save_npz("in.npz", feeds)
    Path("samples").mkdir()
    for i in range(4):
        save_npz(f"samples/{i}.npz", inputs_of(model, i))
    save_npz("samples/in.npz", feeds)
    agree(tpu_mlir.run("net.onnx", ["in.npz"]), expected, 1e-5)
    agree(tpu_mlir.run("net.mlir", ["in.npz"]), expected, 1e-4)
    calibration = ["net.mlir", "--dataset", "samples", "--input_num", "5", "-o", "table"]
    assert run_calibration.main(calibration) == 0
    for precision in precisions:
        bmodel = f"net_{precision}.bmodel"
        arguments = ["--mlir", "net.mlir", "--chip", "bm1684x", "--quantize", precision, "--model", bmodel]
        if precision == "INT8":
            arguments += ["--calibration_table", "table"]
        assert model_deploy.main([*arguments, "--test_input", "in.npz"]) == 0
        agree(tpu_mlir.run(bmodel, ["in.npz"]), expected, 1e-4 if precision == "F32" else 0.1)


def agree(got: dict[str, Any], expected: dict[str, np.ndarray], tolerance: float) -> None:
    """One output for each, in order, within `tolerance` of the largest element."""
    assert len(got) == len(expected)
    for (name, value), (wanted_name, wanted) in zip(got.items(), expected.items(), strict=True):
        assert name.startswith(wanted_name)
        wanted = np.asarray(wanted, F)
        assert value.shape == (wanted.shape or (1,)) or value.shape == wanted.shape
        assert np.abs(value.reshape(-1) - wanted.reshape(-1)).max() <= tolerance * max(1, np.abs(wanted).max())


def conv(*outputs: str, **inputs: list[int]) -> onnx.ModelProto:
    """A convolution of `x`, beside other inputs."""
    weights = {"w": np.random.default_rng(1).standard_normal((4, 3, 3, 3)).astype(F)}
    return make_model([make("Conv", ["x", "w"], ["y"])], {"x": [1, 3, 8, 8], **inputs}, ["y", *outputs], weights)


def quantised(kind: type, per_channel: bool, zero: bool, opset: int, axis: int = 0) -> onnx.ModelProto:
    """A convolution whose filter and bias are integers behind DequantizeLinear."""
    rng = np.random.default_rng(2)
    info = np.iinfo(kind)
    weights = {"q": rng.integers(max(info.min, -99), min(info.max, 255), (3, 3, 2, 2)).astype(kind)}
    weights["s"] = rng.uniform(0.01, 0.02, 3 if per_channel else ()).astype(F)
    if zero:
        weights["z"] = np.full(weights["s"].shape, 0 if kind is np.int32 else 3, kind)
    attributes = {"axis": axis} if opset >= 13 and per_channel else {}
    weights |= {"bq": np.array([1000, -2000, 3000], np.int32), "bs": np.array(0.0005, F)}
    nodes = [
        make("DequantizeLinear", ["q", "s", *(["z"] if zero else [])], ["k"], **attributes),
        make("DequantizeLinear", ["bq", "bs"], ["b"]),
        make("Conv", ["x", "k", "b"], ["y"]),
    ]
    return make_model(nodes, {"x": [1, 3, 5, 5]}, ["y"], weights, opset)


def with_function() -> onnx.ModelProto:
    """y = Act(Act(x)), with Act of Conv and Relu and a function inside a function."""
    opset = [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]
    inner = helper.make_function("local", "Bend", ["a"], ["b"], [make("Relu", ["a"], ["b"])], opset[:1])
    body = [make("Conv", ["v", "k"], ["c"], name="conv", pads=[1, 1, 1, 1]), make("Bend", ["c"], ["o"], domain="local")]
    outer = helper.make_function("local", "Act", ["v", "k"], ["o"], body, opset)
    nodes = [
        make("Act", ["x", "w"], ["h"], "one", domain="local"),
        make("Act", ["h", "w"], ["y"], "two", domain="local"),
    ]
    weights = {"w": np.random.default_rng(3).standard_normal((3, 3, 3, 3)).astype(F) * F(0.2)}
    model = make_model(nodes, {"x": [1, 3, 6, 6]}, ["y"], weights, 17)
    model.functions.extend([inner, outer])
    model.opset_import.append(helper.make_opsetid("local", 1))
    return model


def integer_input(kind: int, nodes: list[onnx.NodeProto], shape: list[int], **weights: np.ndarray) -> onnx.ModelProto:
    return make_model(nodes, {"x": shape}, ["y"], weights, 19, types={"x": kind})


THROUGH = {
    "an input that is an output": conv("state", state=[1, 4]),
    "a used input that is an output": conv("x"),
    "an input that nothing reads beside a picture": conv(unread=[1, 5]),
    "an input without dimensions": make_model([make("Mul", ["x", "s"], ["y"])], {"x": [1, 8], "s": []}, ["y"]),
    "only an input without dimensions": one_node("Relu", {"x": []}),
    "views alone": make_model(
        [make("Reshape", ["x", "to"], ["r"]), make("Transpose", ["r"], ["t"]), make("Flatten", ["t"], ["y"])],
        {"x": [1, 2, 3, 4]},
        ["y"],
        {"to": np.array([6, 4])},
    ),
    "uint8 pixels cast": integer_input(
        TensorProto.UINT8,
        [make("Cast", ["x"], ["f"], to=1), make("Div", ["f", "d"], ["n"]), make("Conv", ["n", "k"], ["y"])],
        [1, 3, 6, 6],
        d=np.array(255, F),
        k=np.random.default_rng(4).standard_normal((4, 3, 3, 3)).astype(F),
    ),
    "uint8 pixels, channels last, dequantised": integer_input(
        TensorProto.UINT8,
        [
            make("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]),
            make("DequantizeLinear", ["t", "s", "z"], ["n"], axis=1),
            make("AveragePool", ["n"], ["y"], kernel_shape=[2, 2]),
        ],
        [1, 6, 6, 3],
        s=np.array([0.1, 0.2, 0.3], F),
        z=np.array([128, 3, 0], np.uint8),
    ),
    "int8 dequantised": integer_input(
        TensorProto.INT8,
        [make("DequantizeLinear", ["x", "s"], ["n"]), make("Relu", ["n"], ["y"])],
        [2, 9],
        s=np.array(0.5, F),
    ),
    "int64 reshaped and cast": integer_input(
        TensorProto.INT64,
        [make("Flatten", ["x"], ["f"]), make("Cast", ["f"], ["c"], to=1), make("Neg", ["c"], ["y"])],
        [2, 3, 2],
    ),
    "bool cast": integer_input(TensorProto.BOOL, [make("Cast", ["x"], ["c"], to=1), make("Neg", ["c"], ["y"])], [2, 7]),
    "functions of the file itself": with_function(),
    "int8 filter behind DequantizeLinear": quantised(np.int8, True, True, 13),
}  # fmt: skip


@needs_core
@pytest.mark.parametrize("what", THROUGH)
def test_the_whole_flow_takes(what: str, folder: Path) -> None:
    through_everything(THROUGH[what])


@needs_core
def test_a_network_that_computes_nothing_is_a_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.onnx").write_bytes(one_node("Identity", {"x": [1, 4]}).SerializeToString())
    tpu_mlir.transform("net", "net.onnx", "net.mlir", quiet=True)
    arguments = ["--mlir", "net.mlir", "--chip", "bm1684x", "--quantize", "F32", "--model", "net.bmodel"]
    assert model_deploy.main(arguments) == 1
    assert capsys.readouterr().err == (
        "error: the chip computes nothing of this network, which only moves its inputs or leaves all to the "
        "host; there is nothing to put into a bmodel\n"
    )


@needs_core
@pytest.mark.parametrize("opset", [10, 13, 19, 21])
@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int32])
@pytest.mark.parametrize("per_channel", [False, True])
def test_dequantised_weights_are_weights(kind: type, per_channel: bool, opset: int, folder: Path) -> None:
    if per_channel and opset < 13:
        pytest.skip("came with opset 13")
    for zero in (False, True):
        if not zero and kind is np.uint8:
            continue
        model = quantised(kind, per_channel, zero, opset, axis=0 if zero else -4)
        Path("net.onnx").write_bytes(model.SerializeToString())
        result = tpu_mlir.transform("net", "net.onnx", "net.mlir", quiet=True)
        assert result.operations == {"top.Conv": 1}


@needs_core
def test_an_output_listed_twice_is_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = conv("y")
    Path("net.onnx").write_bytes(model.SerializeToString())
    result = model_transform.main(["--model_name", "net", "--model_def", "net.onnx", "--mlir", "net.mlir"])
    err = capsys.readouterr().err
    assert (result, err) == (0, "warning: output 'y' is listed twice; it becomes one output\n") or (
        result == 1 and "breaks the ONNX rules" in err and err.count("\n") == 1
    )


@needs_core
def test_an_output_without_a_shape_or_a_type(folder: Path) -> None:
    model = conv()
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.FLOAT, None))
    through_everything(model, ("F32",))


def refused(model: onnx.ModelProto, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one sentence of a refusal that leaves no file."""
    Path("net.onnx").write_bytes(model.SerializeToString())
    assert model_transform.main(["--model_name", "n", "--model_def", "net.onnx", "--mlir", "n.mlir", *arguments]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: ") and {p.name for p in Path().iterdir()} == {"net.onnx"}
    return err


@needs_core
def test_an_initialiser_that_is_an_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = refused(conv("w"), capsys)
    assert "output 'w' of model 'net.onnx' is constant: it does not depend on any input" in text
    assert "leave it out with --output_names y" in text


@needs_core
def test_an_integer_input_that_is_computed_with(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nodes = [make("Add", ["x", "x"], ["y"], name="sum")]
    model = make_model(nodes, {"x": [2, 3]}, ["y"], types={"x": TensorProto.INT32, "y": TensorProto.INT32})
    text = refused(model, capsys)
    assert "node 'sum' (Add, opset" in text and "'x' has type INT32; it computes with float32 only" in text


@needs_core
def test_an_integer_input_of_another_width(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nodes = [make("Add", ["x", "x"], ["y"], name="sum")]
    model = make_model(nodes, {"x": [2, 3]}, ["y"], types={"x": TensorProto.UINT64, "y": TensorProto.UINT64})
    text = refused(model, capsys)
    assert "input 'x' of model 'net.onnx' has type UINT64; node 'sum' (Add) computes with it" in text


@needs_core
def test_pixels_for_an_integer_input_are_not_scaled(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = THROUGH["uint8 pixels cast"]
    assert "input 'x' has type UINT8 and takes pixels as they are" in refused(model, capsys, "--scale", "0.1,0.1,0.1")


def damaged(what: str) -> onnx.ModelProto:
    model = conv()
    weight = model.graph.initializer[0]
    if what == "more data than the shape takes":
        weight.raw_data += b"1234"
    elif what == "an element type out of range":
        weight.data_type = 1000
    elif what == "data of another element size":
        weight.data_type = TensorProto.BOOL
    elif what == "no producer, beside an unknown operator":
        model.graph.node.append(make("Nonsense", ["y"], ["z"]))
        model.graph.output.append(helper.make_tensor_value_info("nowhere", TensorProto.FLOAT, [1]))
    elif what == "a reader of nothing, beside an unknown operator":
        model.graph.node.insert(0, make("Nonsense", ["gone"], ["z"]))
    elif what == "a bad attribute, beside an unknown operator":
        model.graph.node.append(make("Nonsense", ["y"], ["z"]))
        model.graph.node[0].attribute.append(helper.make_attribute("strides", 1.5))
    elif what == "a Constant with too much data":
        tensor = numpy_helper.from_array(np.ones(3, F), "inside")
        tensor.raw_data += b"x"
        model.graph.node.insert(0, make("Constant", [], ["k"], value=tensor))
    elif what == "a negative size":
        weight.dims[0] = -4
    else:
        raise AssertionError(what)
    return model


@needs_core
@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("more data than the shape takes", "weight 'w' has 436 bytes of data, and its shape [4, 3, 3, 3] of FLOAT"),
        ("an element type out of range", "weight 'w' has the element type 1000"),
        ("data of another element size", "weight 'w' has 432 bytes of data, and its shape [4, 3, 3, 3] of BOOL"),
        ("no producer, beside an unknown operator", "nowhere"),
        ("a reader of nothing, beside an unknown operator", "gone"),
        ("a bad attribute, beside an unknown operator", "strides"),
        ("a Constant with too much data", "attribute 'value' of node 'k' has 13 bytes of data"),
        ("a negative size", "weight 'w' has the shape [-4, 3, 3, 3]"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_named(what: str, sentence: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = refused(damaged(what), capsys)
    assert "model 'net.onnx' breaks the ONNX rules: " in text and sentence in text and text.count("\n") == 1


def test_a_name_inside_a_function_can_be_an_output() -> None:
    with pytest.raises(UserError, match="has no tensor 'nothing'"):
        graph.as_asked(with_function(), "net.onnx", output_names=["nothing"])
    asked = graph.as_asked(with_function(), "net.onnx", output_names=["h"])
    assert [o.name for o in asked.graph.output] == ["h"]
