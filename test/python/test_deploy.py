"""model_deploy.py: what is refused and how, what is proven, what is left on disk."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT, needs_core

from tpu_mlir.cli.model_deploy import main as model_deploy
from tpu_mlir.deployment import check as checks
from tpu_mlir.deployment.options import Options, resolve_chip, resolve_quantize
from tpu_mlir.deployment.pipeline import final_passes, lowering_passes
from tpu_mlir.errors import EXIT_COMPARE, EXIT_OK, EXIT_SIGNAL, EXIT_USER, UserError

DEMO = ROOT / "regression" / "demo"
BOTH = {"quant_input": True, "quant_output": True}


def run(*arguments: object) -> int:
    return model_deploy([str(a) for a in arguments])


def sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr, without `error: `."""
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0].removeprefix("error: ")


@pytest.fixture
def mlir(tmp_path: Path) -> Path:
    path = tmp_path / "net.mlir"
    path.write_text("module {}")
    return path


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--chip", "bm1648x"], "unknown chip 'bm1648x'; did you mean 'bm1684x'?"),
        (["--chip", "bm1688"], "chip 'bm1688' is known, but its rules are not built yet; built: bm1684x"),
        (["--chip", "bm1686"], "chip 'bm1686' is known"),
        (
            ["--chip", "bm1684x", "--quantize", "W8F16"],
            "bm1684x has no W8F16 yet; it has: F32, F16, BF16, INT8 symmetric, INT8 asymmetric",
        ),
        (["--chip", "bm1684x", "--quantize", "INT7"], "unknown precision 'INT7'; did you mean 'INT"),
        (["--chip", "bm1684x", "--quantize", "INT8", "--asymmetric"], "INT8 needs --calibration_table"),
        (["--chip", "bm1684x", "--asymmetric"], "--asymmetric is for INT8, not for F32"),
        (["--chip", "bm1684x", "--quantize", "INT8"], "INT8 needs --calibration_table"),
        (["--chip", "bm1684x", "--quant_input"], "--quant_input and --quant_output are for INT8, F16"),
        (["--chip", "bm1684x", "--num_core", "2"], "argument --num_core: invalid choice: 2"),
        (["--chip", "bm1684x", "--quantize_table", "q"], "flag '--quantize_table' is not supported"),
        (["--chip", "bm1684x", "--quantise", "F32"], "unknown flag '--quantise'; did you mean '--quantize'?"),
        (["--chip", "bm1684x", "--tolerance", "0.9"], "'0.9' must be two numbers"),
        (["--chip", "bm1684x", "--excepts", "a"], "--excepts needs --test_reference"),
        (["--chip", "bm1684x", "--test_input", "none.npz"], "--test_input 'none.npz' does not exist"),
    ],
)
def test_a_wrong_argument_is_one_sentence(
    mlir: Path, capsys: pytest.CaptureFixture[str], flags: Sequence[str], expected: str
) -> None:
    model = mlir.parent / "net.bmodel"
    assert run("--mlir", mlir, "--model", model, *flags) == EXIT_USER
    assert expected in sentence(capsys)
    assert sorted(p.name for p in mlir.parent.iterdir()) == ["net.mlir"]


@pytest.mark.parametrize(
    ("model", "expected"),
    [("net.cvimodel", "must end in .bmodel"), ("nowhere/net.bmodel", "the folder"), ("net.bmodel/..", "must end in")],
)
def test_a_wrong_place_for_the_model_is_one_sentence(
    mlir: Path, capsys: pytest.CaptureFixture[str], model: str, expected: str
) -> None:
    assert run("--mlir", mlir, "--model", mlir.parent / model, "--chip", "bm1684x") == EXIT_USER
    assert expected in sentence(capsys)


def test_names_of_chips_and_precisions_ignore_case() -> None:
    assert resolve_chip("BM1684X") == "bm1684x"
    assert resolve_quantize("bm1684x", "int8", False) == "INT8"


def test_files_carry_the_known_prefix() -> None:
    options = Options(Path("a/net.mlir"), Path("b/x.bmodel"), "bm1684x", "INT8")
    assert options.beside_model("_tpu.mlir") == Path("b/net_bm1684x_int8_sym_tpu.mlir")
    assert Options(Path("net.mlir"), Path("x.bmodel"), "bm1684x").prefix == "net_bm1684x_f32"


def test_pipelines_carry_the_options(tmp_path: Path) -> None:
    table = tmp_path / "table"
    options = Options(Path("net.mlir"), Path("x.bmodel"), "bm1684x", "INT8", calibration_table=table, quant_output=True)
    assert lowering_passes(options)[:2] == [
        ("processor-assign", {"chip": "bm1684x"}),
        ("import-calibration-table", {"file": table, "asymmetric": False}),
    ]
    lowering = {"mode": "INT8", "asymmetric": False, "join_floats": False}
    assert ("convert-top-to-tpu", lowering) in lowering_passes(options)
    assert final_passes(options)[0] == ("strip-io-quant", {"quant_input": False, "quant_output": True})


def test_exact_means_value_and_type() -> None:
    good = {"a": np.int8([1, 2]), "b": np.float32([0.5, -0.0])}
    assert not checks.compare_exactly(good, good).failed
    off_by_one = checks.compare_exactly({**good, "a": np.int8([1, 3])}, good)
    assert [r.name for r in off_by_one.failed] == ["a"] and "2 elements differ" in off_by_one.failed[0].reason
    other_type = checks.compare_exactly({**good, "a": np.uint8([1, 2])}, good)
    assert other_type.failed[0].reason == "type uint8, expected int8"
    nothing = checks.compare_exactly({"b": good["b"]}, good)
    assert nothing.only_in_reference == ["a"]


def test_a_tensor_that_was_not_compared_fails_the_proof(tmp_path: Path) -> None:
    good = {"a": np.int8([1, 2]), "b": np.int8([3])}
    proof = checks.Proof("x", None, checks.compare_exactly({"b": good["b"]}, good), len(good), {})
    with pytest.raises(UserError, match=r"shows 1 of 2 tensors, 'a' is missing"):
        proof.require_pass(Options(Path("net.mlir"), tmp_path / "x.bmodel", "bm1684x"))


def test_degenerate_layers_are_named() -> None:
    spread = np.arange(-128, 128, dtype=np.int8)
    flat = np.repeat(np.int8([1, 2, 3]), 100)
    clipped = np.where(np.arange(1000) % 20 == 0, 127, np.arange(1000) % 100).astype(np.int8)
    relu = np.where(np.arange(1000) % 2 == 0, 0, np.arange(1000) % 250).astype(np.uint8)
    fixed = {"spread": spread, "flat": flat, "clipped": clipped, "relu": relu, "f": np.ones(9)}
    expected = ["'flat': 3 distinct values in 300", "'clipped': 5.0 % saturated"]
    assert checks.degenerate_layers(fixed, {}, {}) == expected
    # The true values tell a network's own limit (6, the last step) from what the format cut off.
    scales = dict.fromkeys(fixed, 6 / 127)
    at_limit = {"clipped": np.minimum(clipped * (6 / 127), 6.0)}
    assert checks.degenerate_layers(fixed, scales, at_limit) == expected[:1]
    beyond = {"clipped": np.where(clipped == 127, 7.0, clipped * (6 / 127))}
    assert checks.degenerate_layers(fixed, scales, beyond) == expected


def test_random_inputs_stay_in_the_calibrated_range(tmp_path: Path) -> None:
    table = tmp_path / "table"
    table.write_text("x 2 -2 1.5\n")
    first = checks.random_inputs({"x": (1, 3, 8, 8), "y": (4,)}, table)
    again = checks.random_inputs({"x": (1, 3, 8, 8), "y": (4,)}, table)
    assert first["x"].dtype == np.float32 and first["x"].min() >= -2 and first["x"].max() <= 1.5
    assert first["x"].std() > 0.5
    assert all((first[name] == again[name]).all() for name in first)


# From here on the compiled module works on the demo's network.


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo's network imported and calibrated."""
    pytest.importorskip("pymlir")
    import cv2
    from train_digits import picture

    from tpu_mlir.calibration.calibrator import calibrate
    from tpu_mlir.preprocess import PreprocessFlags
    from tpu_mlir.transform_model import transform

    folder = tmp_path_factory.mktemp("digits")
    with np.load(DEMO / "digits.npz") as data:
        pictures = [picture(d) for d in data["calibration"][:20]]
    paths = []
    for i, image in enumerate(pictures):
        paths.append(folder / f"{i}.png")
        cv2.imwrite(str(paths[-1]), image)
    flags = PreprocessFlags(mean=(0.0,), scale=(1 / 255,), pixel_format="gray")
    imported = folder / "digits.mlir"
    transform("digits", DEMO / "digits.onnx", imported, preprocess=flags, test_input=[paths[0]], quiet=True)
    calibrate(imported, [(p,) for p in paths]).table.save(folder / "table")
    return folder


def arguments(digits: Path, out: Path, **changes: Any) -> list[str]:
    flags: dict[str, Any] = {
        "--mlir": digits / "digits.mlir",
        "--chip": "bm1684x",
        "--quantize": "INT8",
        "--calibration_table": digits / "table",
        "--test_input": digits / "digits_in_f32.npz",
        "--test_reference": digits / "digits_top_outputs.npz",
        "--tolerance": "0.97,0.75",
        "--model": out / "digits.bmodel",
    }
    flags.update({f"--{k}": v for k, v in changes.items()})
    return [str(word) for k, v in flags.items() if v is not None for word in ((k,) if v is True else (k, v))]


@needs_core
@pytest.mark.parametrize(
    "quant", [{}, {"quant_input": True}, {"quant_output": True}, {"quant_input": True, "quant_output": True}]
)
def test_int8_is_similar_to_fp32_and_the_bmodel_exact(
    digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], quant: dict[str, Any]
) -> None:
    assert run(*arguments(digits, tmp_path, **quant)) == EXIT_OK, capsys.readouterr().err
    text = capsys.readouterr().out
    assert "0 failed" in text and "0 host ops" in text
    assert "safety:     proven for " in text
    compared, expected = text.split("compared ")[1].split(" tensors of the bmodel")[0].split(" of ")
    assert compared == expected and int(expected) >= 4
    assert {p.name for p in tmp_path.iterdir()} >= {
        "digits.bmodel",
        "digits_bm1684x_int8_sym_tpu.mlir",
        "digits_bm1684x_int8_sym_final.mlir",
        "digits_bm1684x_int8_sym_tpu_outputs.npz",
        "digits_bm1684x_int8_sym_model_outputs.npz",
        "digits_bm1684x_int8_sym_weight_map.csv",
        "digits_bm1684x_int8_sym_neuron_map.csv",
    }


@needs_core
def test_f32_is_exact(digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = arguments(digits, tmp_path, quantize="F32", calibration_table=None, tolerance="0.9999,0.999")
    assert run(*flags) == EXIT_OK, capsys.readouterr().err


@needs_core
def test_without_an_input_a_seeded_one_is_compared(
    digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = arguments(digits, tmp_path, test_input=None, test_reference=None, tolerance=None)
    assert run(*flags) == EXIT_OK, capsys.readouterr().err
    text = capsys.readouterr().out
    assert "seeded random values" in text and "compared" in text


@needs_core
def test_the_same_input_gives_the_same_bytes(digits: Path, tmp_path: Path) -> None:
    results = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        assert run(*arguments(digits, tmp_path / name, skip_validation=True, test_reference=None)) == EXIT_OK
        results.append((tmp_path / name / "digits.bmodel").read_bytes())
    assert results[0] == results[1]


@needs_core
def test_maps_say_where_weights_and_tensors_lie(digits: Path, tmp_path: Path) -> None:
    import csv

    flags = arguments(digits, tmp_path, opt="1", skip_validation=True, test_reference=None)
    assert run(*flags) == EXIT_OK
    prefix = tmp_path / "digits_bm1684x_int8_sym"
    with Path(f"{prefix}_weight_map.csv").open(encoding="utf-8") as file:
        weights = list(csv.DictReader(file))
    with Path(f"{prefix}_neuron_map.csv").open(encoding="utf-8") as file:
        tensors = list(csv.DictReader(file))
    assert weights and tensors
    end = max(int(w["address"]) + int(w["bytes"]) for w in weights)
    assert end <= min(int(t["address"]) for t in tensors)
    own = [t for t in tensors if not t["view_of"]]
    assert {t["view_of"] for t in tensors} - {""} <= {t["name"] for t in own}
    forever = 1 << 40
    for i, a in enumerate(own):
        for b in own[:i]:
            together = int(a["first"]) <= int(b["last"] or forever) and int(b["first"]) <= int(a["last"] or forever)
            apart = int(a["address"]) + int(a["bytes"]) <= int(b["address"])
            apart |= int(b["address"]) + int(b["bytes"]) <= int(a["address"])
            assert apart or not together, (a, b)


@needs_core
def test_a_floor_that_is_missed_is_exit_code_2(
    digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments(digits, tmp_path, tolerance="0.999999999,0.999999999")) == EXIT_COMPARE
    assert "< 1" in sentence(capsys) or "< 0.99" in capsys.readouterr().err


@needs_core
def test_a_bmodel_that_is_not_safe_is_exit_code_2(
    digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bmodel is made unsafe behind the compiler's back: its first TIU command no longer waits for its data."""
    from test_bmodel_tool import run as bmodel_tool

    from tpu_mlir.deployment import deploy as deployment

    def generate_unsafe(options: Options, final: Path) -> None:
        generate(options, final)
        text = tmp_path / "text"
        lines = bmodel_tool("dis", options.model).stdout
        waiting = next(line for line in lines.splitlines() if line.startswith("tiu 1 dep "))
        assert not waiting.startswith("tiu 1 dep 0 ")
        text.write_text(lines.replace(waiting, " ".join([*waiting.split()[:3], "0", *waiting.split()[4:]])))
        assert bmodel_tool("asm", text, options.model, "-o", tmp_path / "unsafe.bmodel").returncode == 0
        (tmp_path / "unsafe.bmodel").rename(options.model)

    generate = deployment.generate
    monkeypatch.setattr(deployment, "generate", generate_unsafe)
    assert run(*arguments(digits, tmp_path)) == EXIT_COMPARE
    said = sentence(capsys)
    assert said.startswith(f"'{tmp_path / 'digits.bmodel'}' is not safe to run (1 finding): ")
    assert "group 0 tiu 1 " in said and "neither waits for the other" in said
    assert said.endswith(f"the bmodel is kept as '{tmp_path / 'digits.unproven.bmodel'}'")
    assert not (tmp_path / "digits.bmodel").exists() and (tmp_path / "digits.unproven.bmodel").exists()


@needs_core
def test_clean_leaves_the_bmodel_alone(digits: Path, tmp_path: Path) -> None:
    assert run(*arguments(digits, tmp_path, clean=True)) == EXIT_OK
    assert [p.name for p in tmp_path.iterdir()] == ["digits.bmodel"]


@needs_core
@pytest.mark.parametrize("stage", ["lower", "finish", "generate"])
def test_an_interruption_leaves_nothing_half_written(
    digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """The interruption comes while a stage's files are being written."""
    from tpu_mlir.deployment import pipeline

    stages = ["lower", "finish", "generate"]
    core = pipeline.pymlir()
    calls = 0

    class Interrupted:
        @staticmethod
        def run_passes(source: str, target: str, passes: Sequence[Any], weights: str | None) -> None:
            nonlocal calls
            core.run_passes(source, target, passes, weights)
            if calls == stages.index(stage):
                raise KeyboardInterrupt
            calls += 1

    monkeypatch.setattr(pipeline, "pymlir", lambda: Interrupted)
    assert run(*arguments(digits, tmp_path)) == EXIT_SIGNAL + signal.SIGINT
    assert not list(tmp_path.iterdir())


@needs_core
def test_a_foreign_model_is_one_sentence(digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    foreign = tmp_path / "net.mlir"
    foreign.write_text("this is no module")
    assert run(*arguments(digits, tmp_path, mlir=foreign, test_reference=None)) == EXIT_USER
    assert "net.mlir" in sentence(capsys)


@needs_core
def test_a_table_without_a_tensor_of_the_network_is_refused(
    digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table"
    rows = (digits / "table").read_text().splitlines()
    table.write_text("\n".join(row for row in rows if not row.startswith("relu2")) + "\n")
    kept = len(rows) - len(table.read_text().splitlines())
    assert kept == 1, "the network no longer has the tensor that this test removes"
    assert run(*arguments(digits, tmp_path, calibration_table=table)) == EXIT_USER
    assert "relu2_Relu" in sentence(capsys)
