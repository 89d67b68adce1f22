"""NaN and infinity in what a user gives: every tool names the tensor and the index, and none calls it similar."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import needs_core
from int8_flow import Flow, conv, flow, node, normal
from test_bmodel_tool import run as bmodel_tool

from tpu_mlir.calibration.samples import from_folder
from tpu_mlir.cli.model_runner import main as model_runner
from tpu_mlir.cli.npz_tool import main as npz_tool
from tpu_mlir.cli.run_calibration import main as run_calibration
from tpu_mlir.errors import EXIT_COMPARE, EXIT_OK, EXIT_USER
from tpu_mlir.finite import nonfinite_text
from tpu_mlir.npz import load_npz, save_npz

BAD = [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")]


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    pytest.importorskip("pymlir")
    nodes = [conv("x", "c"), node("Relu", "c", "y")]
    made = flow(tmp_path_factory.mktemp("net"), nodes, {"x": [1, 3, 4, 4]}, ["y"], {"k": normal(4, 3, 1, 1)})
    assert made.deploy("--test_input", made.first) == EXIT_OK
    return made


def broken(net: Flow, folder: Path, value: float) -> Path:
    """The first sample with `value` at [0, 1, 2, 3]."""
    values = net.samples[0]["x"].copy()
    values[0, 1, 2, 3] = value
    np.savez(folder / "broken.npz", x=values)
    return folder / "broken.npz"


def only_sentence(capsys: pytest.CaptureFixture[str]) -> str:
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_the_first_element_that_is_not_finite_is_named() -> None:
    two = np.float32([[1, 2], [np.nan, np.inf]])
    assert nonfinite_text(two) == "2 of 4 elements that are not finite; the first is nan at [1, 0]"
    assert nonfinite_text(np.arange(3)) == nonfinite_text(np.ones(3)) == ""


@needs_core
@pytest.mark.parametrize(("value", "word"), BAD)
def test_a_sample_is_named(
    net: Flow, tmp_path: Path, capsys: pytest.CaptureFixture[str], value: float, word: str
) -> None:
    broken(net, tmp_path, value)
    assert from_folder(tmp_path, 0)
    assert run_calibration([str(net.mlir), "--dataset", str(tmp_path), "-o", str(tmp_path / "table")]) == EXIT_USER
    said = only_sentence(capsys)
    assert (
        f"broken.npz': tensor 'x' has 1 of 48 elements that are not finite; the first is {word} at [0, 1, 2, 3]" in said
    )
    assert not (tmp_path / "table").exists()


@needs_core
@pytest.mark.parametrize("model", ["net.onnx", "net.mlir", "net_bm1684x_int8_sym_tpu.mlir", "net.bmodel"])
def test_an_input_of_any_stage_is_named(
    net: Flow, tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str
) -> None:
    given, out = broken(net, tmp_path, np.nan), tmp_path / "out.npz"
    assert model_runner(["--model", str(net.folder / model), "--input", str(given), "--output", str(out)]) == EXIT_USER
    assert "'x' has 1 of 48 elements that are not finite; the first is nan at [0, 1, 2, 3]" in only_sentence(capsys)
    assert not out.exists()


@needs_core
def test_the_deploys_input_and_reference_are_named(
    net: Flow, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert net.deploy("--test_input", broken(net, tmp_path, np.inf)) == EXIT_USER
    assert (
        "broken.npz': tensor 'x' has 1 of 48 elements that are not finite; the first is inf at [0, 1, 2, 3]"
        in only_sentence(capsys)
    )
    reference = load_npz(net.folder / "net_bm1684x_int8_sym_tpu_outputs.npz")
    reference["y_Relu"] = np.full_like(reference["y_Relu"], np.nan)
    save_npz(tmp_path / "reference.npz", reference)
    assert net.deploy("--test_input", net.first, "--test_reference", tmp_path / "reference.npz") == EXIT_USER
    assert (
        "reference.npz': tensor 'y_Relu' has 64 of 64 elements that are not finite; the first is nan at [0, 0, 0, 0]"
        in only_sentence(capsys)
    )


@pytest.mark.parametrize(("value", "word"), BAD)
@pytest.mark.parametrize("exact", [[], ["--exact"]])
def test_two_files_with_the_same_bad_number_do_not_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], value: float, word: str, exact: list[str]
) -> None:
    save_npz(tmp_path / "a.npz", {"t": np.float32([[1, value]])})
    assert npz_tool(["compare", str(tmp_path / "a.npz"), str(tmp_path / "a.npz"), *exact]) == EXIT_COMPARE
    said = capsys.readouterr()
    assert f"tensor 't' differs: result has 1 of 2 elements not finite, the first is {word} at [0, 1]" in said.err
    assert "cosine 1.0" not in said.out


@needs_core
def test_the_simulators_inputs_and_references_are_named(net: Flow, tmp_path: Path) -> None:
    reference = load_npz(net.folder / "net_bm1684x_int8_sym_tpu_outputs.npz")
    model, good = net.folder / "net.bmodel", tmp_path / "good.npz"
    del reference["x"]  # the inputs are given apart
    save_npz(good, reference)
    assert bmodel_tool("compare", model, good, "-i", net.first).returncode == 0
    done = bmodel_tool("compare", model, good, "-i", broken(net, tmp_path, -np.inf))
    assert (
        done.returncode == 1
        and "input 'x' has 1 of 48 elements that are not finite; the first is -inf at [0, 1, 2, 3]" in done.stderr
    )
    reference["y_Relu"] = reference["y_Relu"].copy()
    reference["y_Relu"].flat[5] = np.nan
    save_npz(tmp_path / "bad.npz", reference)
    done = bmodel_tool("compare", model, tmp_path / "bad.npz", "-i", net.first)
    assert (
        done.returncode == 1
        and "array 'y_Relu' of the reference has 1 of 64 elements that are not finite; the first is nan at [0, 0, 1, 1]"
        in done.stderr
    )
