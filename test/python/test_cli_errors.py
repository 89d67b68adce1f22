"""What users get for mistakes: one sentence on stderr, the right exit code, and no trace."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import ROOT, needs_core
from onnx_models import conv_relu

from tpu_mlir.cli import model_runner, model_transform
from tpu_mlir.errors import CompareFailed, UserError, did_you_mean, run_main
from tpu_mlir.files import atomic_path, staging

TRANSFORM = ["--model_name", "net", "--model_def", "net.onnx", "--mlir", "net.mlir"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.onnx").write_bytes(conv_relu().SerializeToString())
    (tmp_path / "net.tflite").write_bytes(b"TFL3")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "missing required arguments: --model_name, --model_def, --mlir"),
        ([*TRANSFORM, "--tolerence", "0.9,0.9"], "unknown flag '--tolerence'; did you mean '--tolerance'?"),
        ([*TRANSFORM, "--tol", "0.9,0.9"], "unknown flag '--tol'"),
        ([*TRANSFORM, "--frobnicate"], "unknown flag '--frobnicate'"),
        ([*TRANSFORM, "--dynamic"], "flag '--dynamic' is not supported: shapes are static"),
        ([*TRANSFORM, "--model_data=x"], "flag '--model_data' is not supported: only ONNX models"),
        ([*TRANSFORM, "--input_shapes", "1x3x8x8"], "--input_shapes: '1x3x8x8' must look like"),
        ([*TRANSFORM, "--input_shapes", "[[1,3,-8,8]]"], "with positive integers"),
        pytest.param([*TRANSFORM, "--input_shapes", "[[1,5,8,8]]"], "takes 3 channels", marks=needs_core),
        ([*TRANSFORM, "--pixel_format", "cmyk"], "invalid choice: 'cmyk'"),
        ([*TRANSFORM, "--mean", "a,b,c"], "not a comma-separated list of numbers"),
        ([*TRANSFORM, "--mean", "1,2"], "--mean has 2 numbers, but input 'x' has 3 channels"),
        ([*TRANSFORM, "--output_names", "zzz"], "has no tensor 'zzz'"),
        ([*TRANSFORM, "--test_input", "cat.gif"], "cat.gif' is none of: npz, npy"),
        ([*TRANSFORM, "--test_input", "cat.png"], "picture 'cat.png' does not exist"),
        (["--model_name", "a/b", *TRANSFORM[2:]], "'a/b' must be a plain name"),
        ([*TRANSFORM[:3], "none.onnx", *TRANSFORM[4:]], "model 'none.onnx' does not exist"),
        ([*TRANSFORM[:3], "net.tflite", *TRANSFORM[4:]], "is TFLite, which is not supported"),
        ([*TRANSFORM[:4], "--mlir", "out.txt"], "must end in .mlir"),
        ([*TRANSFORM[:4], "--mlir", "nowhere/net.mlir"], "the folder 'nowhere' does not exist"),
    ],
)
def test_model_transform(arguments: list[str], sentence: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {p.name for p in folder.iterdir()}
    assert model_transform.main(arguments) == 1
    err = capsys.readouterr().err
    assert sentence in err and err.startswith("error: ") and "Traceback" not in err
    assert err.count("\n") == 1 or "cannot be imported" in err
    assert {p.name for p in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--model", "net.onnx"], "missing required arguments: --input"),
        (["--model", "net.onnx", "--input", "in.npz", "--weight", "w.npz"], "flag '--weight' is not supported"),
        (["--model", "net.onnx", "--input", "in.npz"], "input file 'in.npz' does not exist"),
        (["--model", "net.tflite", "--input", "in.npz"], "is none of: onnx, mlir, bmodel"),
        (["--model", "net.onnx", "--input", "in.npz", "--out_fixed"], "it has no raw integers"),
        (["--model", "net.onnx", "--input", "in.npz", "--output", "o.txt"], "must end in .npz"),
    ],
)
def test_model_runner(arguments: list[str], sentence: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert model_runner.main(arguments) == 1
    err = capsys.readouterr().err
    assert sentence in err and err.startswith("error: ") and err.count("\n") == 1


def outcome(error: BaseException) -> int:
    @run_main
    def main(argv: Sequence[str] | None = None) -> int | None:
        raise error

    return main([])


class MLIRError(RuntimeError):
    """Stands for the compiled module's error class, which is recognised by its name."""


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (UserError("a is b"), 1, "error: a is b\n"),
        (CompareFailed("a differs"), 2, "error: a differs\n"),
        (MLIRError("'top.Conv' op has no input"), 1, "error: 'top.Conv' op has no input\n"),
        (MLIRError("error: 'x' op is odd"), 1, "error: 'x' op is odd\n"),
        (KeyboardInterrupt(), 130, "error: interrupted; no file was left half-written\n"),
        (OSError(errno.ENOSPC, "No space left on device", "out.npz"), 1, "error: 'out.npz': no space left on device\n"),
        (MemoryError(), 1, "error: out of memory\n"),
    ],
)
def test_exit_codes(error: BaseException, code: int, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(error) == code
    assert capsys.readouterr().err == sentence


def test_a_bug_shows_its_trace_and_exits_70(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(ZeroDivisionError("oops")) == 70
    err = capsys.readouterr().err
    assert "Traceback" in err and "internal error (ZeroDivisionError)" in err.splitlines()[-1]


def test_did_you_mean() -> None:
    assert did_you_mean("bm1648x", ["bm1684x", "cv183x"]) == "; did you mean 'bm1684x'?"
    assert did_you_mean("qqq", ["bm1684x"]) == ""


def test_negative_numbers_are_values(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert model_transform.main([*TRANSFORM, "--mean", "-1,-2"]) == 1
    assert "--mean has 2 numbers" in capsys.readouterr().err


def test_files_appear_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("old")
    with pytest.raises(RuntimeError), atomic_path(tmp_path / "old.txt") as path:
        path.write_text("new")
        raise RuntimeError
    with pytest.raises(RuntimeError), staging(tmp_path) as stage:
        (stage / "a.txt").write_text("a")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["old.txt"] and (tmp_path / "old.txt").read_text() == "old"
    with staging(tmp_path) as stage:
        (stage / "a.txt").write_text("a")
        (stage / "old.txt").write_text("new")
    assert sorted((p.name, p.read_text()) for p in tmp_path.iterdir()) == [("a.txt", "a"), ("old.txt", "new")]


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"x\.bin': no space left on device"), atomic_path(tmp_path / "x.bin"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("tool", sorted(p.name for p in (ROOT / "python/tpu_mlir/bin").glob("*.py")))
def test_the_commands_themselves(tool: str) -> None:
    """Each command runs from anywhere, prints help without loading anything heavy, and refuses an unknown flag."""
    command = [sys.executable, "-X", "importtime", str(ROOT / "python/tpu_mlir/bin" / tool)]
    helped = subprocess.run([*command, "--help"], capture_output=True, text=True, cwd="/", check=False)
    assert helped.returncode == 0 and helped.stdout.startswith(f"usage: {tool}")
    assert not any(heavy in helped.stderr for heavy in ("| numpy", "| onnx", "| cv2"))
    refused = subprocess.run(
        [*command[:1], command[3], "--no_such_flag"], capture_output=True, text=True, cwd="/", check=False
    )
    assert refused.returncode == 1 and refused.stderr.startswith("error: ") and refused.stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    import numpy as np

    from tpu_mlir.npz import save_npz

    save_npz(folder / "many.npz", {f"tensor_{i}": np.zeros(1) for i in range(3000)})
    tool = ROOT / "python/tpu_mlir/bin/npz_tool.py"
    with subprocess.Popen(
        [sys.executable, str(tool), "dump", str(folder / "many.npz")], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b"" and process.wait() == 0
