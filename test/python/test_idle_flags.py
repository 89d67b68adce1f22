"""Command lines as the vendor's manuals print them: flags that ask for what happens anyway do not stop a tool."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import needs_core
from int8_flow import Flow, conv, flow, normal

from tpu_mlir.cli import model_deploy, model_transform, npz_tool, run_calibration
from tpu_mlir.cli.arguments import ArgumentParser
from tpu_mlir.errors import EXIT_OK, EXIT_USER, UserError
from tpu_mlir.npz import save_npz


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    pytest.importorskip("pymlir")
    return flow(tmp_path_factory.mktemp("net"), [conv("x", "y")], {"x": [1, 3, 4, 4]}, ["y"], {"k": normal(4, 3, 1, 1)})


@needs_core
def test_a_calibration_as_the_manual_prints_it(net: Flow, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "samples").mkdir()
    np.savez(tmp_path / "samples" / "s.npz", **net.samples[0])
    flags = ["--dataset", tmp_path / "samples", "--input_num", 1, "-o", tmp_path / "table"]
    vendor = ["--processor", "bm1684x", "--tune_num=5", "--search", "False", "--expected_cos", "0.990", "--tune_list="]
    assert run_calibration.main([str(word) for word in (net.mlir, *flags)]) == EXIT_OK
    plain = (tmp_path / "table").read_text()
    capsys.readouterr()
    assert run_calibration.main([str(word) for word in (net.mlir, *flags, *vendor)]) == EXIT_OK
    notes = capsys.readouterr().err.strip().splitlines()
    assert len(notes) == 2 and all("this changes nothing" in note for note in notes), notes
    assert (tmp_path / "table").read_text() == plain


@needs_core
def test_a_deploy_with_the_vendors_defaults(net: Flow, capsys: pytest.CaptureFixture[str]) -> None:
    idle = "--compress_mode none --model_version latest --addr_mode auto --group_by_cores auto --q_group_size 64"
    assert net.deploy("--skip_validation", *idle.split(), "--quantize_table", "", "--log_level=normal") == EXIT_OK
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("main", "words", "expected"),
    [
        (
            model_deploy.main,
            "--compress_mode all",
            "flag '--compress_mode' is not supported: it is not built yet; accepted, ",
        ),
        (model_deploy.main, "--addr_mode io_alone", "accepted, because they change nothing: auto, basic"),
        (model_deploy.main, "--quantize_table q", "flag '--quantize_table' is not supported: mixed precision"),
        (model_deploy.main, "--model_version", "flag '--model_version' is not supported: "),
        (run_calibration.main, "x.mlir --search search_qtable", "flag '--search' is not supported: searching"),
        (run_calibration.main, "x.mlir --chip", "flag '--chip' needs a value"),
        (model_transform.main, "--input_types int32", "flag '--input_types' is not supported: network inputs"),
        (npz_tool.main, "compare a b --per_axis_compare 1", "flag '--per_axis_compare' is not supported: tensors"),
    ],
)
def test_a_value_that_asks_for_more_is_refused(
    capsys: pytest.CaptureFixture[str], main: object, words: str, expected: str
) -> None:
    assert callable(main) and main(words.split()) == EXIT_USER
    assert expected in capsys.readouterr().err


def test_a_comparison_with_the_vendors_defaults(tmp_path: Path) -> None:
    save_npz(tmp_path / "a.npz", {"t": np.float32([1, 2])})
    path = str(tmp_path / "a.npz")
    assert npz_tool.main(["compare", path, path, "--int8_tensor_close", "1", "--per_axis_compare", "-1"]) == EXIT_OK


def test_a_flag_of_the_tools_own_is_never_taken_away() -> None:
    parser = ArgumentParser("tool", "does things")
    parser.add_argument("--kept")
    parser.allow({"--kept": "a", "--idle": "0.5"})
    assert parser.parse_args(["--idle", ".50", "--kept", "b", "--idle="]).kept == "b"
    with pytest.raises(UserError, match="'--idle' is not supported"):
        parser.parse_args(["--idle", "0.6"])
