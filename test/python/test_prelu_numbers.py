"""The integers of a PRelu: as its record says, in Python's integers, and within a step of the real function."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx.helper as oh
import pytest
from compiled import run_compiled
from conftest import needs_core
from onnx_models import make_model
from test_lowering_numbers import Network

pytestmark = needs_core
C, H, W = 6, 5, 7
SLOPES = {
    "below 1": np.linspace(-0.5, 1, C),
    "above 1": np.linspace(1, 2.5, C),
    "on both sides of 1": np.linspace(-2, 2, C),
}


def requantised(x: np.ndarray, multiplier: np.ndarray | int, rshift: np.ndarray | int, kind: np.dtype) -> np.ndarray:
    """sat(x * multiplier >> rshift, half up), rshift above 0, in Python's integers."""
    exact = x.astype(object) * multiplier
    rounded = (exact + (1 << (np.asarray(rshift, object) - 1))) >> np.asarray(rshift, object)
    info = np.iinfo(kind)
    return np.clip(rounded, info.min, info.max).astype(np.int64)


@pytest.mark.parametrize("low", [-4.0, 0.0], ids=["signed", "unsigned"])
@pytest.mark.parametrize("slopes", SLOPES)
def test_slopes_of_channels(slopes: str, low: float, tmp_path: Path) -> None:
    net = Network()
    x = net.input("x", [2, C, H, W])
    slope = net.weight("slope", SLOPES[slopes].reshape(C, 1, 1))
    got = net.lower([net.op("PRelu", [x, slope], "y", low, 4.0)], tmp_path)
    name = next(k for k in got.raw if k.startswith("x_"))
    entries = next(v for k, v in got.weights.items() if v.shape == (1, C, 1, 3)).reshape(C, 3).astype(object)
    kind = got.raw["y"].dtype
    assert kind == (np.uint8 if low == 0 else np.int8)
    multiplier, rshift = got.attribute("y", "multiplier"), got.attribute("y", "rshift")
    raw = got.raw[name].astype(np.int64)
    above, below = np.maximum(raw, 0), np.minimum(raw, 0)
    straight = requantised(above, multiplier, rshift, kind)
    sloped = requantised(below, entries[:, 0].reshape(C, 1, 1), -entries[:, 1].reshape(C, 1, 1), kind)
    expected = np.clip(straight + sloped, np.iinfo(kind).min, np.iinfo(kind).max)
    np.testing.assert_array_equal(got.raw["y"], expected)
    real = np.where(raw > 0, raw, raw * SLOPES[slopes].reshape(C, 1, 1)) * got.scale[name]
    step = got.scale["y"]
    near = np.clip(real, np.iinfo(kind).min * step, np.iinfo(kind).max * step)
    assert np.abs(got.raw["y"] * step - near).max() <= 0.51 * step


@pytest.mark.parametrize("shape", [(W,), (H, 1), (C, H, W)])
def test_slopes_of_other_axes_are_8_bit(shape: tuple[int, ...], tmp_path: Path) -> None:
    net = Network()
    x = net.input("x", [2, C, H, W])
    slopes = net.rng.uniform(-1.5, 1.5, shape)
    got = net.lower([net.op("PRelu", [x, net.weight("slope", slopes)], "y", -4.0, 4.0)], tmp_path)
    raw = next(v for k, v in got.raw.items() if k.startswith("x_")).astype(np.int64)
    stored = np.round(slopes / (np.abs(slopes).max() / 127)).astype(np.int64)
    straight = requantised(np.maximum(raw, 0), got.attribute("y", "multiplier"), got.attribute("y", "rshift"), np.int8)
    products = np.minimum(raw, 0) * stored
    assert np.abs(products).max() < 1 << 15
    sloped = requantised(
        products, got.attribute("y", "slope_multiplier"), got.attribute("y", "slope_rshift"), np.dtype(np.int8)
    )
    np.testing.assert_array_equal(got.raw["y"], np.clip(straight + sloped, -128, 127))


@pytest.mark.parametrize("mode", ["INT8", "F32"])
def test_a_convolution_and_the_prelu_behind_it_have_entries_of_their_own(mode: str, tmp_path: Path) -> None:
    """Both requantise by entries per channel; a row of weights has a place for one set of them."""
    rng = np.random.default_rng(4)
    weights = {
        "k": rng.normal(size=(8, 3, 3, 3)),
        "s": rng.uniform(-0.5, 0.9, (8, 1, 1)),
        "t": rng.uniform(0, 1, (8, 1, 1)),
    }
    nodes = [
        oh.make_node("Conv", ["x", "k"], ["c"], pads=[1, 1, 1, 1]),
        oh.make_node("PRelu", ["c", "s"], ["p"]),
        oh.make_node("PRelu", ["p", "t"], ["y"]),
    ]
    model = make_model(nodes, {"x": [1, 3, 9, 10]}, ["y"], {n: w.astype(np.float32) for n, w in weights.items()})
    run_compiled(model, {"x": rng.normal(size=(1, 3, 9, 10)).astype(np.float32)}, mode, tmp_path)
