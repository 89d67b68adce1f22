"""bmodel-tool as people type it: output, round trips, one-sentence errors and exit codes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import tpu_mlir

ROOT = Path(__file__).resolve().parents[2]


def build_folder() -> Path:
    """The build that is tested: TPU_MLIR_BUILD, else the one whose tool is on the path, else build/."""
    if named := os.environ.get("TPU_MLIR_BUILD"):
        return Path(named)
    tool = shutil.which("bmodel-tool")
    return Path(tool).resolve().parents[1] if tool else ROOT / "build"


def run(*words: object) -> subprocess.CompletedProcess[str]:
    tool = build_folder() / "bin/bmodel-tool"
    return subprocess.run([str(tool), *map(str, words)], capture_output=True, text=True, check=False)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A small sound bmodel."""
    writer = build_folder() / "unit/BmodelSample"
    if not writer.exists() or not (build_folder() / "bin/bmodel-tool").exists():
        pytest.skip(f"bmodel-tool and BmodelSample are not built in {build_folder()}")
    path = tmp_path / "sample.bmodel"
    subprocess.run([str(writer), str(path)], check=True)
    return path


def expect_error(result: subprocess.CompletedProcess[str], sentence: str) -> None:
    assert result.returncode == 1
    assert result.stderr == f"error: {sentence}\n"


def test_info(sample: Path) -> None:
    result = run("info", sample)
    assert result.returncode == 0
    assert "chip BM1684X, version 2.2, type B, no time set\n" in result.stdout
    assert "output out i8 [1, 64, 1, 64] at 0x100002000, 4096 bytes, scale 1, zero point 0\n" in result.stdout
    assert "group 0: 2 tiu commands in 128 bytes, 3 gdma commands in 256 bytes\n" in result.stdout


def test_text_round_trip_gives_the_same_file(sample: Path, tmp_path: Path) -> None:
    text, again = tmp_path / "text.txt", tmp_path / "again.bmodel"
    assert run("dis", sample, "-o", text).returncode == 0
    assert text.read_text() == run("disassemble", sample).stdout
    assert run("asm", text, sample, "-o", again).returncode == 0
    assert again.read_bytes() == sample.read_bytes()


def test_edited_text_changes_the_stream(sample: Path, tmp_path: Path) -> None:
    text, again = tmp_path / "text.txt", tmp_path / "again.bmodel"
    edited = run("dis", sample).stdout.replace("opd1_addr=0x3", "opd1_addr=0x4")
    text.write_text("# a comment\n\n" + edited)
    assert run("assemble", text, sample, "-o", again).returncode == 0
    assert "opd1_addr=0x4" in run("dis", again).stdout
    assert run("check", again).stdout == "ok: 5 commands in 1 group\n"


def test_extract(sample: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a/b"
    result = run("extract", sample, "-o", folder)
    assert result.returncode == 0
    assert "net_0_stage_0.weights.bin 4096 bytes\n" in result.stdout
    assert (folder / "net_0_stage_0.weights.bin").read_bytes() == bytes([5]) * 100 + bytes(3996)
    assert (folder / "net_0_stage_0_group_0.tiu.bin").read_bytes() in sample.read_bytes()
    assert (folder / "net_0_stage_0_group_0.gdma.bin").stat().st_size == 256


def test_check_accepts_and_refuses(sample: Path, tmp_path: Path) -> None:
    assert run("check", sample).stdout == "ok: 5 commands in 1 group\n"
    text, bad = tmp_path / "text.txt", tmp_path / "bad.bmodel"
    text.write_text(run("dis", sample).stdout.replace("dst_start_addr=0x100002000", "dst_start_addr=0x100000000"))
    assert run("asm", text, sample, "-o", bad).returncode == 0
    result = run("check", bad)
    assert result.stdout == (
        "net 0 stage 0 group 0 gdma 2 DMATensor dma.tensor: destination at 0x100000000 writes into the weights\n"
        "net 0 stage 0 tensor 'out': nothing has written its bytes 0x100002000 to 0x100003000\n"
    )
    assert (result.returncode, result.stderr) == (2, f"error: '{bad}' is not safe to run: 2 findings\n")


def test_check_names_both_commands_of_a_race(sample: Path, tmp_path: Path) -> None:
    text, bad = tmp_path / "text.txt", tmp_path / "bad.bmodel"
    text.write_text(run("dis", sample).stdout.replace("tiu 1 dep 1", "tiu 1 dep 0"))
    assert run("asm", text, sample, "-o", bad).returncode == 0
    result = run("check", bad)
    assert result.stdout == (
        "net 0 stage 0 group 0 tiu 1 SAR arith.adds: 'opd0' reads 0x0 to 0x40 of lanes 0 to 63 while gdma 1 DMATensor "
        "dma.tensor may be writing there; neither waits for the other\n"
    )
    assert result.returncode == 2


def test_file_errors_are_one_sentence(sample: Path, tmp_path: Path) -> None:
    foreign, cut, absent = tmp_path / "foreign.bmodel", tmp_path / "cut.bmodel", tmp_path / "absent.bmodel"
    foreign.write_bytes(b"PK\3\4" + bytes(100))
    cut.write_bytes(sample.read_bytes()[:-1])
    size = sample.stat().st_size
    for verb in (["info"], ["dis"], ["check"], ["extract", "-o", tmp_path / "x"]):
        expect_error(
            run(verb[0], foreign, *verb[1:]),
            f"{foreign}: not a bmodel: it begins with 0x04034b50, expected 0xff55aaee",
        )
        expect_error(run(verb[0], cut, *verb[1:]), f"{cut}: truncated: {size - 1} of {size} bytes")
        result = run(verb[0], absent, *verb[1:])
        assert result.returncode == 1
        assert str(absent) in result.stderr
        assert result.stderr.count("\n") == 1


def test_a_chip_without_rules_is_named(sample: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.bmodel"
    other.write_bytes(sample.read_bytes().replace(b"BM1684X\0", b"BM1688\0\0"))
    result = run("dis", other)
    assert result.returncode == 1
    assert "chip" in result.stderr
    assert result.stderr.count("\n") == 1


def test_text_errors_name_the_line(sample: Path, tmp_path: Path) -> None:
    text, out = tmp_path / "text.txt", tmp_path / "out.bmodel"
    text.write_text("group net 0 stage 0 group 0\ntiu 1 dep 0 SAR arith.bad\n")
    expect_error(run("asm", text, sample, "-o", out), f"{text}:2: SAR has no kind 'arith.bad'")
    assert not out.exists()


def test_nothing_is_left_where_writing_fails(sample: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text(run("dis", sample).stdout)
    result = run("asm", text, sample, "-o", tmp_path / "absent/out.bmodel")
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["sample.bmodel", "text.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_standard_output_is_an_error(sample: Path) -> None:
    with Path("/dev/full").open("w") as full:
        tool = build_folder() / "bin/bmodel-tool"
        result = subprocess.run([tool, "dis", sample], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    expect_error(
        subprocess.CompletedProcess([], result.returncode, "", result.stderr),
        "cannot write to standard output: No space left on device",
    )


def test_command_line_errors(sample: Path) -> None:
    expect_error(run(), "no verb; try --help")
    expect_error(run("show", sample), "unknown verb 'show'; known: info, dis, asm, extract, compare, check, profile")
    expect_error(run("info"), "'info' needs MODEL, found 0 arguments")
    expect_error(run("info", sample, "--fast"), "unknown option '--fast'; try --help")
    expect_error(run("dis", sample, "-o"), "-o needs a value")
    expect_error(run("info", sample, "-o", "x"), "'info' takes no -o")
    expect_error(run("extract", sample), "'extract' needs -o")
    assert run("--version").stdout == f"bmodel-tool {tpu_mlir.__version__}\n"
    assert run("--help").stdout.startswith("usage: bmodel-tool VERB")
