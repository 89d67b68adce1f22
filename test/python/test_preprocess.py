"""Pictures to network inputs, against independent numpy arithmetic and hand-made pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tpu_mlir.errors import UserError
from tpu_mlir.inputs import load_inputs
from tpu_mlir.preprocess import Preprocess, PreprocessFlags, resolve

rng = np.random.default_rng(4)


def picture(h: int, w: int, channels: int = 3) -> np.ndarray:
    return rng.integers(0, 256, (h, w, channels), np.uint8)


def save(path: Path, pixels: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), pixels)
    return path


def settings(shape: tuple[int, ...] = (1, 3, 6, 8), **flags: Any) -> Preprocess:
    return resolve(PreprocessFlags(**flags), [("x", shape)])["x"]


def test_formula_and_channel_order(tmp_path: Path) -> None:
    bgr = picture(6, 8)
    path = save(tmp_path / "p.png", bgr)
    mean, scale = (10.0, 20.0, 30.5), (0.5, 0.25, 2.0)
    for pixel_format, pixels in (("bgr", bgr), ("rgb", bgr[:, :, ::-1])):
        got = settings(mean=mean, scale=scale, pixel_format=pixel_format).image(path)
        expected = np.stack([(pixels[:, :, c].astype(np.float64) - mean[c]) * scale[c] for c in range(3)])[None]
        assert got.dtype == np.float32 and got.shape == (1, 3, 6, 8)
        np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_defaults_are_bgr_without_arithmetic(tmp_path: Path) -> None:
    bgr = picture(6, 8)
    got = settings().image(save(tmp_path / "p.png", bgr))
    np.testing.assert_array_equal(got, bgr.transpose(2, 0, 1)[None])


def test_channels_last(tmp_path: Path) -> None:
    bgr = picture(6, 8)
    got = settings((1, 6, 8, 3), channel_format="nhwc").image(save(tmp_path / "p.png", bgr))
    np.testing.assert_array_equal(got, bgr[None])


def test_gray(tmp_path: Path) -> None:
    gray = picture(6, 8, 1)
    got = settings((1, 1, 6, 8), mean=(1.0,), scale=(2.0,)).image(save(tmp_path / "p.png", gray))
    np.testing.assert_array_equal(got[0, 0], (gray[:, :, 0].astype(np.float32) - 1) * 2)


def test_rgba(tmp_path: Path) -> None:
    bgra = picture(6, 8, 4)
    got = settings((1, 4, 6, 8), pixel_format="rgba").image(save(tmp_path / "p.png", bgra))
    np.testing.assert_array_equal(got[0], bgra[:, :, [2, 1, 0, 3]].transpose(2, 0, 1))
    with pytest.raises(UserError, match="has no alpha channel"):
        settings((1, 4, 6, 8), pixel_format="rgba").image(save(tmp_path / "q.png", picture(6, 8)))


def bilinear(pixels: np.ndarray, h: int, w: int) -> np.ndarray:
    """Resize with half-pixel centres in float64."""

    def weights(size: int, target: int) -> np.ndarray:
        matrix = np.zeros((target, size))
        for i in range(target):
            x = (i + 0.5) * size / target - 0.5
            low = int(np.floor(x))
            for index, weight in ((low, 1 - (x - low)), (low + 1, x - low)):
                matrix[i, min(max(index, 0), size - 1)] += weight
        return matrix

    return np.einsum(
        "yh,hwc,xw->yxc", weights(pixels.shape[0], h), pixels.astype(np.float64), weights(pixels.shape[1], w)
    )


@pytest.mark.parametrize("size", [(12, 16), (6, 8), (9, 31), (5, 5)])
def test_resize_then_crop(size: tuple[int, int], tmp_path: Path) -> None:
    bgr = picture(*size)
    got = settings(resize_dims=(10, 12)).image(save(tmp_path / "p.png", bgr))
    expected = bilinear(bgr, 10, 12)[2:8, 2:10]
    assert np.abs(got[0].transpose(1, 2, 0) - expected).max() <= 1.0  # OpenCV rounds to whole pixel values


def test_resize_dims_never_fall_below_the_network(tmp_path: Path) -> None:
    assert settings(resize_dims=(2, 30)).resize_dims == (6, 30)


def regions(got: np.ndarray, value: float) -> np.ndarray:
    """Where the picture is, as opposed to padding."""
    return (got[0] != value).any(axis=0)


@pytest.mark.parametrize(
    ("size", "pad_type", "rows", "columns"),
    [
        ((20, 80), "center", (2, 4), (0, 8)),  # 8/80 = 1/10: 2 rows of picture, 2 above, 2 below
        ((20, 80), "normal", (0, 2), (0, 8)),
        ((60, 10), "center", (0, 6), (3, 4)),
        ((60, 10), "normal", (0, 6), (0, 1)),
        ((12, 16), "center", (0, 6), (0, 8)),
    ],
)
def test_letterbox(
    size: tuple[int, int], pad_type: str, rows: tuple[int, int], columns: tuple[int, int], tmp_path: Path
) -> None:
    path = save(tmp_path / "p.png", np.full((*size, 3), 200, np.uint8))
    got = settings(keep_aspect_ratio=True, pad_value=114, pad_type=pad_type, scale=(0.5,), mean=(14.0,)).image(path)
    inside = regions(got, 50.0)
    expected = np.zeros((6, 8), bool)
    expected[rows[0] : rows[1], columns[0] : columns[1]] = True
    np.testing.assert_array_equal(inside, expected)
    assert set(np.unique(got)) <= {50.0, 93.0}  # (114 - 14) / 2 and (200 - 14) / 2


def test_letterbox_loses_no_column_to_rounding(tmp_path: Path) -> None:
    for width in range(200, 1400, 7):
        path = save(tmp_path / "p.png", np.full((100, width, 3), 9, np.uint8))
        got = settings((1, 3, 64, 64), keep_aspect_ratio=True).image(path)
        assert regions(got, 0.0).any(axis=0).all()


def test_short_side(tmp_path: Path) -> None:
    wide = np.zeros((6, 40, 3), np.uint8)
    wide[:, 16:24] = 255  # the eight columns in the middle
    got = settings(keep_aspect_ratio=True, keep_ratio_mode="short_side_scale").image(save(tmp_path / "p.png", wide))
    assert (got == 255).all()


def test_attributes_round_trip() -> None:
    given = settings(
        resize_dims=(10, 12), mean=(1.0, 2.0, 3.0), keep_aspect_ratio=True, pad_value=7, pixel_format="rgb"
    )
    assert Preprocess.from_attributes((1, 3, 6, 8), given.attributes()) == given
    assert Preprocess.from_attributes((1, 3, 6, 8), {"do_preprocess": False}) is None


def test_which_inputs_are_pictures() -> None:
    inputs = [("a", (1, 3, 4, 4)), ("b", (1, 10)), ("c", (1, 3, 5, 5)), ("d", (1, 7, 5, 5))]
    assert list(resolve(PreprocessFlags(), inputs)) == ["a", "c"]
    assert list(resolve(PreprocessFlags(preprocess_list=(3,)), inputs)) == ["c"]
    assert resolve(PreprocessFlags(channel_format="none", mean=(1.0,)), inputs) == {}


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"mean": (1.0, 2.0)}, "--mean has 2 numbers, but input 'x' has 3 channels"),
        ({"pixel_format": "gray"}, "no input is a gray picture in nchw order: 'x' [1, 3, 6, 8]"),
        ({"channel_format": "nhwc", "scale": (1.0,)}, "no input is a"),
        ({"pixel_format": "rggb"}, "raw Bayer"),
        ({"resize_dims": (5,)}, "must be two positive numbers"),
        ({"pad_value": 300}, "0 to 255"),
        ({"preprocess_list": (2,)}, "the network has inputs 1 to 1"),
    ],
)
def test_flags_that_cannot_be(flags: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        settings(**flags)
    assert sentence in str(caught.value)


def test_batches(tmp_path: Path) -> None:
    a, b = picture(6, 8), picture(6, 8)
    paths = [save(tmp_path / "a.png", a), save(tmp_path / "b.png", b)]
    two = settings((2, 3, 6, 8))
    np.testing.assert_array_equal(two.batch(paths), np.stack([a, b]).transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(two.batch(paths[:1]), np.stack([a, a]).transpose(0, 3, 1, 2))
    with pytest.raises(UserError, match="2 pictures were given for a batch of 3"):
        settings((3, 3, 6, 8)).batch(paths)


def test_broken_pictures(tmp_path: Path) -> None:
    path = tmp_path / "p.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 not really")
    with pytest.raises(UserError, match=r"p.jpg' is damaged or is not a jpg"):
        settings().image(path)


def test_input_files(tmp_path: Path) -> None:
    shapes = {"a": (1, 3, 6, 8), "b": (2,)}
    a, b = rng.standard_normal((1, 3, 6, 8)), np.array([1, 2])
    np.savez(tmp_path / "both.npz", b=b, a=a, other=b)
    got = load_inputs([tmp_path / "both.npz"], shapes, {})
    assert list(got) == ["a", "b"] and all(t.dtype == np.float32 for t in got.values())
    np.save(tmp_path / "a.npy", a)
    np.save(tmp_path / "b.npy", b)
    got = load_inputs([tmp_path / "a.npy", tmp_path / "b.npy"], shapes, {})
    np.testing.assert_array_equal(got["b"], b)
    np.savez(tmp_path / "lone.npz", whatever=b)
    np.testing.assert_array_equal(load_inputs([tmp_path / "lone.npz"], {"b": (2,)}, {})["b"], b)


def test_input_files_that_do_not_fit(tmp_path: Path) -> None:
    np.savez(tmp_path / "n.npz", x=np.ones(3), y=np.ones(2))
    image = save(tmp_path / "p.png", picture(6, 8))
    cases: list[tuple[list[Path], dict[str, tuple[int, ...]], str]] = [
        ([tmp_path / "n.npz"], {"z": (3,), "y": (2,)}, "has no tensor 'z'; it has: x, y"),
        ([tmp_path / "n.npz"], {"x": (4,), "y": (2,)}, "tensor 'x' has shape [3], the network takes [4]"),
        ([image], {"x": (1, 3, 6, 8)}, "input 'x' has no preprocessing"),
        ([image], {"x": (1,), "y": (1,)}, "1 input files were given for 2 inputs: x, y"),
        ([tmp_path / "p.gif"], {"x": (1,)}, "p.gif' is none of: npz, npy, jpg"),
        ([tmp_path / "none.npz"], {"x": (1,)}, "does not exist"),
    ]
    for files, shapes, sentence in cases:
        with pytest.raises(UserError) as caught:
            load_inputs(files, shapes, {})
        assert sentence in str(caught.value)
