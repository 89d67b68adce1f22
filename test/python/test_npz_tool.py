"""npz_tool.py: what it prints, what it writes, its verdicts and its exit codes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tpu_mlir.cli.npz_tool import main, top_k
from tpu_mlir.compare import metrics
from tpu_mlir.compare.compare import Tolerance, compare, compare_tensor
from tpu_mlir.errors import UserError
from tpu_mlir.npz import load_npz, save_npz

rng = np.random.default_rng(2)


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    path = tmp_path / "a.npz"
    picture = rng.standard_normal((1, 3, 8, 8)).astype(np.float32)
    save_npz(
        path,
        {
            "input": picture,
            "output_Gemm": np.array([[1.5, -2, 10.266102, 7]], np.float32),
            "i": np.arange(5, dtype=np.int8),
        },
    )
    return path


def test_dump_lists_the_tensors(npz: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dump", str(npz)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["input", "float32", "[1,", "3,", "8,", "8]"]
    assert lines[-1] == "3 tensors, 789 bytes"


def test_dump_shows_statistics_per_channel(npz: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dump", str(npz), "input"]) == 0
    lines = capsys.readouterr().out.splitlines()
    tensor = load_npz(npz)["input"].astype(np.float64)
    assert lines[:2] == ["shape (1, 3, 8, 8)", "dtype float32"]
    expected = {
        "max": tensor.max((0, 2, 3)), "min": tensor.min((0, 2, 3)), "mean": tensor.mean((0, 2, 3)),
        "abs mean fp32": np.abs(tensor).mean((0, 2, 3)), "std fp32": tensor.std((0, 2, 3)),
    }  # fmt: skip
    for line, (name, values) in zip(lines[2:], expected.items(), strict=True):
        assert line.startswith(f"{name} [")
        np.testing.assert_allclose([float(v) for v in line[len(name) + 2 : -1].split()], values, atol=1e-6)


def test_dump_shows_the_largest_values(npz: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dump", str(npz), "output_Gemm", "2"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "shape (1, 4)",
        "dtype float32",
        "Show Top-K 2",
        "(2, 10.266102)",
        "(3, 7.0)",
    ]


def test_top_k_keeps_the_order_of_equal_values_and_shows_nan() -> None:
    assert [i for i, _ in top_k(np.array([1, 3, 3, 0, 3]), 3)] == [1, 2, 4]
    assert top_k(np.array([1.0, np.nan, 2.0]), 1)[0][0] == 1


def test_dump_names_what_is_not_finite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tensor = np.ones((2, 3), np.float32)
    tensor[1, 2] = np.nan
    save_npz(tmp_path / "n.npz", {"t": tensor})
    main(["dump", str(tmp_path / "n.npz"), "t"])
    assert "not finite: 1 of 6 elements, the first is nan at [1, 2]" in capsys.readouterr().out


@pytest.mark.parametrize("size", [1, 1000, metrics.BLOCK, 3 * metrics.BLOCK + 17])
def test_metrics_against_their_definitions(size: int) -> None:
    a, b = rng.standard_normal(size), rng.standard_normal(size)
    sums = metrics.gather(a, b)
    assert sums.cosine == pytest.approx(np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b))
    assert sums.euclidean == pytest.approx(1 - np.linalg.norm(a - b) / np.linalg.norm((a + b) / 2))
    assert sums.sqnr_db == pytest.approx(20 * np.log10(np.linalg.norm(b) / np.linalg.norm(a - b)))
    assert sums.max_abs == np.abs(a - b).max() and sums.peak == np.abs(b).max()
    assert metrics.is_close(a, b, 0.0, sums.max_abs) and not metrics.is_close(a, b, 0.0, sums.max_abs * 0.999)


def test_metrics_of_zero_tensors() -> None:
    zero, one = np.zeros(4), np.ones(4)
    same = metrics.gather(zero, zero)
    assert (same.cosine, same.euclidean, same.sqnr_db) == (1.0, 1.0, math.inf)
    assert metrics.gather(zero, one).cosine == 0.0 and metrics.gather(-one, one).euclidean == -math.inf
    assert metrics.gather(one, zero).sqnr_db == -math.inf


@pytest.mark.parametrize(("noise", "verdict"), [(0.0, "EQUAL"), (1e-6, "CLOSE"), (3e-3, "SIMILAR"), (0.5, "FAILED")])
def test_the_ladder(noise: float, verdict: str) -> None:
    reference = rng.standard_normal((4, 100)).astype(np.float32)
    result = reference + np.float32(noise) * rng.standard_normal((4, 100)).astype(np.float32)
    assert compare_tensor("t", result, reference, Tolerance()).verdict == verdict


def test_tiny_tensors_are_not_close_by_being_tiny() -> None:
    a, b = rng.standard_normal(100) * 1e-9, rng.standard_normal(100) * 1e-9
    assert compare_tensor("t", a, b, Tolerance()).failed


def test_exact_names_the_first_difference() -> None:
    a = np.arange(12, dtype=np.int8).reshape(3, 4)
    b = a.copy()
    b[1, 2] += 1
    result = compare_tensor("t", b, a, Tolerance(exact=True))
    assert result.failed and result.reason == "1 of 12 elements differ, first at [1, 2]: 7 != 6"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_finite_is_never_hidden(bad: float) -> None:
    reference = np.ones((2, 2), np.float32)
    broken = reference.copy()
    broken[1, 0] = bad
    for result, ref, side in ((broken, reference, "result"), (reference, broken, "reference")):
        verdict = compare_tensor("t", result, ref, Tolerance(-1, -10))
        assert (
            verdict.failed
            and f"{side} has 1 of 4 elements not finite, the first is {np.float32(bad)!s} at [1, 0]" in verdict.reason
        )
    both = compare_tensor("t", broken, broken.copy(), Tolerance())
    assert both.verdict == "EQUAL" and "the same in both" in both.note


def test_opposite_infinities_fail() -> None:
    assert compare_tensor("t", np.array([np.inf, 1]), np.array([-np.inf, 1]), Tolerance()).failed


def test_shapes() -> None:
    a = np.arange(6, dtype=np.float32)
    assert "compared in order" in compare_tensor("t", a.reshape(2, 3), a, Tolerance()).note
    assert compare_tensor("t", a[:5], a, Tolerance()).failed


def test_comparing_nothing_is_an_error() -> None:
    with pytest.raises(UserError, match="no tensor name is in both"):
        compare({"a": np.ones(1)}, {"b": np.ones(1)})
    with pytest.raises(UserError, match="nothing to compare"):
        compare({"a": np.ones(1)}, {"a": np.ones(1)}, excepts=["a"])
    with pytest.raises(UserError, match="'zzz' is in neither"):
        compare({"a": np.ones(1)}, {"a": np.ones(1)}, excepts=["zzz"])


def two_files(tmp_path: Path, noise: float) -> list[str]:
    reference = {"a": rng.standard_normal(50), "b": rng.standard_normal(50), "only_ref": np.ones(1)}
    result = {"a": reference["a"], "b": reference["b"] + noise * rng.standard_normal(50), "only_res": np.ones(1)}
    save_npz(tmp_path / "res.npz", result)
    save_npz(tmp_path / "ref.npz", reference)
    return [str(tmp_path / "res.npz"), str(tmp_path / "ref.npz")]


def test_compare_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *two_files(tmp_path, 0.0), "-v"]) == 0
    out = capsys.readouterr().out
    assert "compared 2 tensors: 2 EQUAL, 0 FAILED" in out
    assert "1 only in the result: only_res" in out and "1 only in the reference: only_ref" in out

    files = two_files(tmp_path, 1.0)
    assert main(["compare", *files]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: tensor 'b' differs: cosine 0.") and "(first of 1 of 2)" in err
    assert main(["compare", *files, "--excepts", "b"]) == 0
    assert main(["compare", *files, "--tolerance", "0.1,-9"]) == 0
    assert main(["compare", *files, "--tolerance", "0.1,-9,40"]) == 2
    assert main(["compare", *two_files(tmp_path, 1e-9), "--exact"]) == 2


def test_compare_saves_a_table(tmp_path: Path) -> None:
    assert main(["compare", *two_files(tmp_path, 1e-3), "--save", str(tmp_path / "t.csv")]) == 0
    rows = (tmp_path / "t.csv").read_text().splitlines()
    assert rows[0].startswith("name,verdict,cosine") and rows[1].startswith("a,EQUAL,1.0,1.0,inf,0.0,50")


def test_extract_rename_merge_shape(npz: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.npz"
    assert main(["extract", str(npz), str(out), "i,input"]) == 0
    assert list(load_npz(out)) == ["i", "input"]
    assert main(["rename", str(out), "i", "j"]) == 0
    assert list(load_npz(out)) == ["j", "input"]
    both = tmp_path / "both.npz"
    assert main(["merge", str(npz), str(out), str(both)]) == 0
    assert list(load_npz(both)) == ["input", "output_Gemm", "i", "j"]
    capsys.readouterr()
    assert main(["get_shape", str(both), "input"]) == 0
    assert capsys.readouterr().out == "1,3,8,8\n"


def test_raw_bytes(npz: Path, tmp_path: Path) -> None:
    tensors = load_npz(npz)
    assert main(["to_bin", str(npz), "i", str(tmp_path / "i.bin")]) == 0
    assert (tmp_path / "i.bin").read_bytes() == tensors["i"].tobytes()
    assert main(["to_dat", str(npz), str(tmp_path / "all.dat")]) == 0
    assert (tmp_path / "all.dat").read_bytes() == b"".join(t.tobytes() for t in tensors.values())
    assert main(["to_npy", str(npz), "i", str(tmp_path / "i.npy")]) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "i.npy"), tensors["i"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["dump", "NPZ", "inptu"], "unknown tensor 'inptu'; did you mean 'input'?"),
        (["dump", "NPZ", "input", "0"], "K must be positive"),
        (["dump", "none.npz"], "'none.npz' does not exist"),
        (["dmup", "NPZ"], "unknown verb of npz_tool.py 'dmup'; did you mean 'dump'?"),
        (["compare", "NPZ", "NPZ", "--tolerence", "1,1"], "unknown flag '--tolerence'; did you mean '--tolerance'?"),
        (["compare", "NPZ", "NPZ", "--tolerance", "high"], "not a comma-separated list of numbers"),
        (["compare", "NPZ"], "missing required arguments: ref"),
        (["rename", "NPZ", "i", "input"], "already has a tensor 'input'"),
        (["extract", "NPZ", "/nowhere/x.npz", "i"], "the folder '/nowhere' does not exist"),
        (["statistic", "NPZ"], "verb 'statistic' is not supported"),
    ],
)
def test_mistakes_are_sentences(
    arguments: list[str], sentence: str, npz: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(npz) if a == "NPZ" else a for a in arguments]) == 1
    err = capsys.readouterr().err
    assert sentence in err and err.startswith("error: ") and err.count("\n") == 1


def test_every_truncation_is_a_sentence(npz: Path, tmp_path: Path) -> None:
    whole = npz.read_bytes()
    cut = tmp_path / "cut.npz"
    for length in range(0, len(whole), 7):
        cut.write_bytes(whole[:length])
        with pytest.raises(UserError, match=r"cut\.npz"):
            load_npz(cut)


def test_mutations_never_crash(npz: Path, tmp_path: Path) -> None:
    whole = npz.read_bytes()
    path = tmp_path / "mutated.npz"
    for _ in range(3000):
        data = bytearray(whole)
        data[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
        path.write_bytes(bytes(data))
        try:
            load_npz(path)
        except UserError as error:
            assert "\n" not in str(error)


def test_pickles_are_not_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", t=np.array([{"a": 1}], object))
    with pytest.raises(UserError, match="is damaged or is not an npz file"):
        load_npz(tmp_path / "p.npz")


def test_the_same_tensors_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_npz(tmp_path / f"{name}.npz", {"/x/y:0": np.arange(4.0)})
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    np.testing.assert_array_equal(np.load(tmp_path / "a.npz")["/x/y:0"], np.arange(4.0))


def test_a_failed_write_leaves_the_old_file(npz: Path) -> None:
    before = npz.read_bytes()
    with pytest.raises(ValueError):
        save_npz(npz, {"ok": np.ones(3), "bad": np.array([object()])})
    assert npz.read_bytes() == before and list(npz.parent.iterdir()) == [npz]
