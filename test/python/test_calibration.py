"""Calibration: thresholds against slow definitions, streaming against all at once, table text, choice of files."""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, needs_core

from tpu_mlir.calibration.samples import SHUFFLE_SEED, from_folder, from_list
from tpu_mlir.calibration.statistics import METHODS, TensorStatistics
from tpu_mlir.calibration.table import CalibrationTable, Range, load_table
from tpu_mlir.calibration.threshold import (
    KL_ERROR_LIMIT,
    SIGNED,
    UNSIGNED,
    Grid,
    kl_divergences,
    kl_threshold,
    percentile_threshold,
    squared_errors,
)
from tpu_mlir.cli.run_calibration import main as run_calibration
from tpu_mlir.errors import UserError


def slow_divergence(histogram: list[int], kept: int, levels: int) -> float:
    """KL(P || Q) by its definition, bin by bin, with nothing shared between candidates."""
    p = [float(c) for c in histogram[:kept]]
    p[-1] += sum(histogram[kept:])
    q = [0.0] * kept
    for level in range(levels):
        run = range(kept * level // levels, kept * (level + 1) // levels)
        filled = [k for k in run if histogram[k] > 0]
        for k in filled:
            q[k] = sum(histogram[j] for j in run) / len(filled)
    total_p, total_q = sum(p), sum(q)
    result = 0.0
    for a, b in zip(p, q, strict=True):
        if a > 0:
            if b == 0:
                return math.inf
            result += a / total_p * math.log((a / total_p) / (b / total_q))
    return result


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("bins", "levels"), [(64, 8), (61, 7), (128, 128), (200, 16)])
def test_every_kl_candidate_equals_the_definition(seed: int, bins: int, levels: int) -> None:
    rng = np.random.default_rng([seed, bins])
    histogram = rng.poisson(40 * np.exp(-np.arange(bins) / (bins / 4)))
    histogram[rng.random(bins) < 0.3] = 0
    histogram[0] += 1
    fast = kl_divergences(histogram, levels)
    assert len(fast) == bins - levels + 1
    for kept, value in zip(range(levels, bins + 1), fast, strict=True):
        expected = slow_divergence([int(c) for c in histogram], kept, levels)
        assert value == pytest.approx(expected, abs=1e-9), f"seed {seed}: {kept} of {bins} bins"


def slow_error(histogram: list[int], kept: int, grid: Grid) -> float:
    """The squared error by its definition, bin by bin."""
    step = kept / grid.steps
    centres = [k + 0.5 for k in range(len(histogram))]
    return sum(
        c * (x - min(math.floor(x / step + 0.5), grid.top) * step) ** 2 for c, x in zip(histogram, centres, strict=True)
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("grid", [Grid(8, 8, 7), Grid(16, 15, 15), SIGNED])
def test_every_squared_error_equals_the_definition(seed: int, grid: Grid) -> None:
    rng = np.random.default_rng(seed)
    histogram = rng.poisson(40 * np.exp(-np.arange(301) / 80))
    kept = np.arange(grid.levels, 302)
    counts = [int(c) for c in histogram]
    expected = [slow_error(counts, int(k), grid) for k in kept]
    np.testing.assert_allclose(squared_errors(histogram, grid, kept), expected, rtol=1e-9)


def test_kl_looks_at_every_candidate() -> None:
    """The best of all candidates by the slow definitions is chosen, where sixteen evenly spaced ones would miss it."""
    bins, grid = 512, Grid(32, 32, 31)
    histogram = np.random.default_rng(1).poisson(3000 * np.exp(-np.arange(bins) / 40))
    histogram[-1] = 3
    counts = [int(c) for c in histogram]
    candidates = range(grid.levels, bins + 1)
    slow = {kept: slow_divergence(counts, kept, grid.levels) for kept in candidates}
    errors = {kept: slow_error(counts, kept, grid) for kept in candidates}
    limit = KL_ERROR_LIMIT * min(errors[kept] for kept in range(bins, grid.levels - 1, -16))
    best = min((kept for kept in candidates if errors[kept] <= limit), key=lambda kept: slow[kept])
    assert best % grid.levels != 0, "the data no longer tell the two searches apart"
    assert kl_threshold(histogram, float(bins), grid) == best


def test_kl_does_not_clip_away_atoms() -> None:
    """Constant backgrounds behind a ReLU: by the divergence alone a sixth of the largest value would be the best."""
    rng = np.random.default_rng(2)
    histogram = rng.poisson(20 * np.exp(-np.arange(2048) / 600))
    histogram[rng.integers(0, 400, 30)] += 40_000
    divergences = kl_divergences(histogram, UNSIGNED.levels)
    assert UNSIGNED.levels + int(np.argmin(divergences)) < 500, "the data no longer tempt"
    chosen = kl_threshold(histogram, 2048.0, UNSIGNED)
    best = squared_errors(histogram, UNSIGNED, np.arange(256, 2049)).min()
    assert squared_errors(histogram, UNSIGNED, np.array([chosen]))[0] <= 2.01 * best


def test_kl_of_an_empty_histogram_keeps_the_whole_range() -> None:
    assert kl_threshold(np.zeros(2048, np.int64), 3.0, SIGNED) == 3.0


@pytest.mark.parametrize("percentile", [50.0, 99.0, 99.9, 99.99])
@pytest.mark.parametrize("zero_share", [0.0, 0.6])
def test_percentile_is_numpys_within_a_bin(percentile: float, zero_share: float) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(0, 1, 200_000).astype(np.float32)
    values[rng.random(len(values)) < zero_share] = 0
    statistics = TensorStatistics("x", 2048)
    statistics.observe(values)
    counts, end = statistics.histogram()
    assert end / len(counts) <= statistics.absolute / 2048
    ours = percentile_threshold(counts, end, percentile, statistics.zeros)
    assert abs(ours - np.percentile(np.abs(values), percentile)) <= 1.01 * statistics.absolute / 2048


@pytest.mark.parametrize("bins", [2048, 1000])
def test_the_order_of_samples_does_not_matter(bins: int) -> None:
    """Growing by tiny and by huge steps, or not at all, gives the counts of all values at once."""
    rng = np.random.default_rng(5)
    chunks = [(rng.normal(0, 1, (1, 3, 17, 19)) * 10.0**e).astype(np.float32) for e in (-30, -3, -1, 0, 0, 0.1, 0.4, 1)]
    chunks += [np.zeros((1, 3, 17, 19), np.float32)]
    results = []
    for order in (range(9), reversed(range(9)), rng.permutation(9)):
        statistics = TensorStatistics("x", bins)
        for i in order:
            statistics.observe(chunks[i])
        results.append(statistics)
    everything = np.concatenate([c.reshape(-1) for c in chunks])
    span = np.float32(2.0 ** np.ceil(np.log2(np.abs(everything).max())))
    scaled = np.abs(everything[everything != 0]) * (np.float32(2 * bins) / span)
    expected = np.bincount(scaled.astype(np.int64))
    for statistics in results:
        counts, end = statistics.histogram()
        np.testing.assert_array_equal(counts, expected)
        assert bins < len(counts) <= 2 * bins and end == pytest.approx(len(counts) * span / (2 * bins))
        assert (statistics.minimum, statistics.maximum) == (everything.min(), everything.max())
        assert all(statistics.threshold(m) == results[0].threshold(m) for m in METHODS)


def test_zeros_stay_out_of_the_histogram() -> None:
    statistics = TensorStatistics("x", 256)
    statistics.observe(np.float32([0, 0]))
    statistics.observe(np.float32([0, -0.0, 1, 2]))
    counts, _ = statistics.histogram()
    assert (counts.sum(), statistics.zeros) == (2, 4)


def test_methods_order_on_a_heavy_tail() -> None:
    values = np.random.default_rng(0).standard_t(3, 500_000).astype(np.float32)
    statistics = TensorStatistics("x", 2048)
    statistics.observe(values)
    assert statistics.threshold("max") == np.abs(values).max()
    assert statistics.threshold("percentile9999") < statistics.threshold("max")
    assert statistics.threshold("kl") < statistics.threshold("max")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_tensor_that_is_not_finite_is_named(bad: float) -> None:
    with pytest.raises(
        UserError, match=r"'conv1_Conv' has 1 of 3 elements that are not finite; the first is .* at \[1\]"
    ):
        TensorStatistics("conv1_Conv", 2048).observe(np.float32([0, bad, 1]))


def test_table_text_is_the_known_one(tmp_path: Path) -> None:
    table = CalibrationTable({"input": Range(2.5, -2.5, 1.25), "326_Conv": Range(1 / 3, 0, 7)}, {"sample number": "3"})
    path = tmp_path / "cali_table"
    table.save(path)
    lines = path.read_text().splitlines()
    assert lines[0] == "# sample number: 3"
    assert [line for line in lines if not line.startswith("#")] == [
        "input 2.5000000 -2.5000000 1.2500000",
        "326_Conv 0.3333333 0.0000000 7.0000000",
    ]
    assert list(load_table(path).rows) == ["input", "326_Conv"]


@pytest.mark.parametrize("unit", [1e-20, 1e-8, 1e-5, 1e-3, 1.0, 1e8])
def test_the_table_keeps_enough_digits_in_every_unit(tmp_path: Path, unit: float) -> None:
    rows = {"a": Range(0.7 * unit, -0.3 * unit, 0.7 * unit), "noise": Range(unit, -1e-8 * unit, unit)}
    CalibrationTable(rows).save(tmp_path / "table")
    read = load_table(tmp_path / "table").rows
    assert read["a"].threshold == pytest.approx(0.7 * unit, rel=1e-4)
    assert read["a"].minimum == pytest.approx(-0.3 * unit, rel=1e-3)
    assert read["noise"].minimum == 0  # what rounding leaves below zero makes no tensor signed


def test_table_from_elsewhere_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cali_table"
    path.write_bytes(
        b"# mlir: x\r\n###\r\n# op_name threshold min max\r\na 0 0 0\r\n\r\nb 1e1 -1 10\r\n#int4_th\r\na 1 0 1\r\n"
    )
    table = load_table(path)
    assert table.rows == {"a": Range(10, 0, 0), "b": Range(10, -1, 10)} and list(table.zeros) == ["a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a 1 2\n", "line 1: expected 'name threshold min max'"),
        ("# x\na 1 2 three\n", "line 2: '1 2 three' are not three numbers"),
        ("a nan 0 1\n", "is not finite"),
        ("a 1 2 1\n", r"range \[2.0, 1.0\]"),
        ("a -1 0 1\n", r"tensor 'a' has threshold -1.0"),
        ("b 1 0 1\na 0 -1 1\n", r"line 2: tensor 'a' has threshold 0 and range \[-1.0, 1.0\], which give no scale"),
        ("# only comments\n", "has no rows"),
    ],
)
def test_a_bad_table_is_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "cali_table"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        load_table(path)


def test_a_folder_is_shuffled_by_the_known_seed(tmp_path: Path) -> None:
    for i in range(20):
        (tmp_path / f"{i:02d}.jpg").touch()
    expected = sorted(tmp_path.iterdir())
    random.Random(SHUFFLE_SEED).shuffle(expected)
    assert from_folder(tmp_path, 5) == [(p,) for p in expected[:5]]
    assert len(from_folder(tmp_path, 0)) == 20


def test_a_folder_of_two_kinds_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "b.npz").touch()
    with pytest.raises(UserError, match=r"mixes kinds: 1 \.npz files, 1 picture files"):
        from_folder(tmp_path, 0)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no pictures"):
        from_folder(tmp_path, 0)


def test_a_list_keeps_its_order_and_splits_inputs(tmp_path: Path) -> None:
    for name in ("a.npy", "b.npy", "c.npy"):
        (tmp_path / name).touch()
    listing = tmp_path / "list.txt"
    listing.write_text(f"a.npy, b.npy\n\n# a comment\n{tmp_path}/c.npy,a.npy\nb.npy,b.npy\n")
    samples = from_list(listing, 2)
    assert samples == [(tmp_path / "a.npy", tmp_path / "b.npy"), (tmp_path / "c.npy", tmp_path / "a.npy")]


def test_a_missing_file_in_a_list_is_named_with_its_line(tmp_path: Path) -> None:
    listing = tmp_path / "list.txt"
    listing.write_text("\nnowhere.jpg\n")
    with pytest.raises(UserError, match=r"line 2: 'nowhere.jpg' does not exist"):
        from_list(listing, 0)


# From here on the compiled module works on the demo's network.


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demo's network and twelve pictures."""
    pytest.importorskip("pymlir")
    import cv2
    from train_digits import picture

    from tpu_mlir.preprocess import PreprocessFlags
    from tpu_mlir.transform_model import transform

    folder = tmp_path_factory.mktemp("digits")
    (folder / "pictures").mkdir()
    demo = ROOT / "regression" / "demo"
    with np.load(demo / "digits.npz") as data:
        for i, digit in enumerate(data["calibration"][:12]):
            cv2.imwrite(str(folder / "pictures" / f"{i}.png"), picture(digit))
    flags = PreprocessFlags(mean=(0.0,), scale=(1 / 255,), pixel_format="gray")
    transform("digits", demo / "digits.onnx", folder / "digits.mlir", preprocess=flags, quiet=True)
    return folder


def all_tensors(digits: Path) -> dict[str, np.ndarray]:
    """Every tensor over all twelve pictures at once, from the interpreter."""
    from tpu_mlir.runner import run

    runs = [run(digits / "digits.mlir", [path], dump_all=True) for path in sorted((digits / "pictures").iterdir())]
    return {name: np.stack([r[name] for r in runs]) for name in runs[0]}


@needs_core
def test_the_table_holds_every_tensor_and_its_true_range(digits: Path) -> None:
    table = digits / "max_table"
    flags = ["--dataset", str(digits / "pictures"), "--cali_method", "use_max", "-o", str(table)]
    assert run_calibration([str(digits / "digits.mlir"), *flags]) == 0
    rows = load_table(table).rows
    expected = all_tensors(digits)
    assert set(rows) == set(expected)
    for name, values in expected.items():
        assert rows[name].minimum == pytest.approx(values.min(), abs=1e-6), name
        assert rows[name].maximum == pytest.approx(values.max(), abs=1e-6), name
        assert rows[name].threshold == pytest.approx(max(np.abs(values).max(), 1e-5), abs=1e-6), name


@needs_core
def test_folder_list_and_npz_give_the_same_table(digits: Path, tmp_path: Path) -> None:
    from tpu_mlir.runner import open_module, preprocessing

    settings = preprocessing(open_module(digits / "digits.mlir"))["input"]
    pictures = sorted((digits / "pictures").iterdir())
    (tmp_path / "npz").mkdir()
    for path in pictures:
        np.savez(tmp_path / "npz" / path.stem, input=settings.image(path))
    (tmp_path / "list.txt").write_text("\n".join(map(str, reversed(pictures))))
    tables = []
    sources = (
        ["--dataset", digits / "pictures"],
        ["--dataset", tmp_path / "npz"],
        ["--data_list", tmp_path / "list.txt"],
    )
    for flag, source in sources:
        table = tmp_path / "table"
        assert run_calibration([str(digits / "digits.mlir"), flag, str(source), "-o", str(table)]) == 0
        tables.append(table.read_text())
    assert tables[0] == tables[1] == tables[2]


@needs_core
def test_the_networks_input_is_never_clipped(digits: Path, tmp_path: Path) -> None:
    table = tmp_path / "table"
    assert run_calibration([str(digits / "digits.mlir"), "--dataset", str(digits / "pictures"), "-o", str(table)]) == 0
    rows = load_table(table).rows
    assert rows["input"].threshold == max(abs(rows["input"].minimum), abs(rows["input"].maximum))
    assert all(row.threshold <= max(abs(row.minimum), abs(row.maximum), 1e-5) for row in rows.values())


@needs_core
def test_memory_does_not_grow_with_samples(digits: Path, tmp_path: Path) -> None:
    """The peak of a fresh process, once over 12 samples and once over 600."""
    peaks = []
    pictures = [str(p) for p in sorted((digits / "pictures").iterdir())]
    for repeats in (1, 50):
        listing = tmp_path / "list.txt"
        listing.write_text("\n".join(pictures * repeats))
        code = (
            "import resource, sys; from tpu_mlir.cli.run_calibration import main; assert main(sys.argv[1:]) == 0; "
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        words = [str(digits / "digits.mlir"), "--data_list", str(listing), "-o", str(tmp_path / "table")]
        path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, env=path)
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stdout.splitlines()[-1]))
    assert peaks[1] <= 1.05 * peaks[0], f"{peaks[0]} KiB for 12 samples, {peaks[1]} KiB for 600"


@needs_core
@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([], "give either --dataset or --data_list"),
        (["--dataset", "no_such_folder"], "'no_such_folder' is not a folder"),
        (["--dataset", ".", "--cali_method", "use_mse"], "method 'use_mse' is not built yet; known: use_kl"),
        (["--dataset", ".", "--cali_method", "best"], "method 'best' is unknown"),
        (["--dataset", ".", "--tune_list", "a"], "flag '--tune_list' is not supported"),
        (["--dataset", ".", "--histogram_bin_num", "12"], "--histogram_bin_num 12 must be 256 to"),
        (["--dataset", ".", "--input_num", "-1"], "--input_num -1 must be 0"),
    ],
)
def test_a_wrong_argument_is_one_sentence(
    digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    flags: list[str], expected: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(digits / "pictures")
    assert run_calibration([str(digits / "digits.mlir"), "-o", str(tmp_path / "table"), *flags]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and expected in lines[0]
    assert not (tmp_path / "table").exists()
