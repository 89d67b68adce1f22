"""The numbers that lowering to int8 makes, and what the chip's arithmetic gives for them.

Oracles are exact: fractions for scales, multipliers and roundings, Python integers and numpy int64 for the arithmetic
of each op, written from the ops' documentation. Nothing is compared by similarity.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import needs_core

pytestmark = needs_core

PASSES = (
    "processor-assign{{chip=bm1684x}},import-calibration-table{{file={table} asymmetric=false}},"
    "processor-top-optimize,convert-top-to-tpu{{mode=INT8}},canonicalize,weight-fold"
)


@dataclass
class Lowered:
    """A lowered network after one run: raw integers by tensor, scales, weights by name and the module's text."""

    raw: dict[str, np.ndarray]
    scale: dict[str, float]
    weights: dict[str, np.ndarray]
    text: str

    def attribute(self, name: str, key: str) -> Any:
        """An attribute of the op whose result is called `name`."""
        location = re.search(rf'^(#loc\d*) = loc\("{name}"\)$', self.text, re.M)
        assert location, name
        lines = [line for line in self.text.splitlines() if '"tpu.' in line]
        line = next(line for line in lines if line.endswith(f"loc({location[1]})"))
        value = re.search(rf"[<{{ ]{key} = (array<i64: ([^>]*)>|\S+)", line)
        assert value, line
        return [int(v) for v in value[2].split(",")] if value[2] else int(value[1])


class Network:
    """A Top network under construction, with a calibrated range for each tensor."""

    def __init__(self, seed: int = 0) -> None:
        import pymlir

        self.builder = pymlir.Builder("net")
        self.rng = np.random.default_rng(seed)
        self.inputs: dict[str, np.ndarray] = {}
        self.ranges: dict[str, tuple[float, float]] = {}

    def input(self, name: str, shape: list[int], threshold: float = 4.0, positive: bool = False) -> Any:
        data = self.rng.uniform(0 if positive else -threshold * 1.1, threshold * 1.1, shape)
        self.inputs[name] = data.astype(np.float32)
        self.ranges[name] = (0.0 if positive else -threshold, threshold)
        return self.builder.input(name, shape, {})

    def weight(self, name: str, data: np.ndarray) -> Any:
        return self.builder.weight(name, np.asarray(data, np.float32))

    def op(self, kind: str, operands: list[Any], name: str, low: float, high: float, **attributes: Any) -> Any:
        self.ranges[name] = (low, high)
        return self.builder.op(f"top.{kind}", operands, attributes, name)

    def none(self) -> Any:
        return self.builder.none()

    def lower(self, outputs: list[Any], folder: Path) -> Lowered:
        import pymlir

        self.builder.finish(outputs)
        self.builder.save(str(folder / "top.mlir"), "top_weight.npz")
        table = folder / "table"
        rows = [f"{name} {max(-low, high)!r} {low!r} {high!r}" for name, (low, high) in self.ranges.items()]
        table.write_text("\n".join(rows) + "\n")
        passes = PASSES.format(table=table)
        pymlir.run_passes(str(folder / "top.mlir"), str(folder / "tpu.mlir"), f"builtin.module({passes})", None)
        module = pymlir.module()
        module.load(str(folder / "tpu.mlir"))
        for name, data in self.inputs.items():
            module.set_tensor(name, data)
        module.invoke(True)
        raw = dict(module.get_all_fixed_tensor())
        text = (folder / "tpu.mlir").read_text()
        file = re.search(r'module.weight_file = "([^"]*)"', text)
        weights = dict(np.load(folder / file[1])) if file else {}
        return Lowered(raw, {name: module.qscale(name) for name in raw}, weights, text)


def half_away(value: Fraction) -> int:
    return math.floor(abs(value) + Fraction(1, 2)) * (-1 if value < 0 else 1)


def half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


def clamp(value: int, dtype: np.dtype) -> int:
    info = np.iinfo(dtype)
    return min(max(value, int(info.min)), int(info.max))


def multiplier_of(factor: float) -> tuple[int, int]:
    """The written tie rule, on the exact value of a double: 31 leading bits, half away from zero."""
    exact = Fraction(factor)
    if exact == 0:
        return 0, 0
    magnitude = abs(exact)
    exponent = 0  # 2^30 <= magnitude * 2^exponent < 2^31
    while magnitude * Fraction(2) ** exponent < 2**30:
        exponent += 1
    while magnitude * Fraction(2) ** exponent >= 2**31:
        exponent -= 1
    m = half_away(magnitude * Fraction(2) ** exponent)
    if m == 2**31:
        m, exponent = m // 2, exponent - 1
    if exponent > 62:
        m, exponent = half_away(Fraction(m, 2 ** (exponent - 62))), 62
    return (m if exact > 0 else -m), exponent


def requantise(values: np.ndarray, multiplier: Any, rshift: Any, dtype: np.dtype) -> np.ndarray:
    """sat(values * multiplier >> rshift), half up, in Python integers; multiplier and rshift broadcast."""
    v, m, s = np.broadcast_arrays(values, multiplier, rshift)
    flat = [
        clamp(half_up(Fraction(int(a) * int(b)) / Fraction(2) ** int(c)), dtype)
        for a, b, c in zip(v.ravel(), m.ravel(), s.ravel(), strict=True)
    ]
    return np.array(flat, dtype).reshape(v.shape)


def quantise(data: np.ndarray, scale: float, dtype: np.dtype) -> np.ndarray:
    """sat(round(data / scale)), half away from zero; the quotient is the double that IEEE division gives."""
    flat = [clamp(half_away(Fraction(float(v) / scale)), dtype) for v in np.asarray(data, np.float64).ravel()]
    return np.array(flat, dtype).reshape(np.shape(data))


# ----- Formats --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threshold", [4.0, 0.1, 3.1415926, 1e-4, 12345.678])
def test_scales_of_signed_and_unsigned_tensors(threshold: float, tmp_path: Path) -> None:
    net = Network()
    x = net.input("x", [1, 8], threshold)
    r = net.op("Relu", [x], "r", 0.0, threshold)
    s = net.op("Abs", [x], "s", -threshold, threshold)
    lowered = net.lower([r, s], tmp_path)
    kept = float(f"{threshold:.6e}")  # what the text of a module keeps of a range
    assert lowered.scale["x_si8"] == kept / 128
    assert lowered.scale["r"] == kept / 255
    assert lowered.raw["r"].dtype == np.uint8
    assert lowered.raw["s"].dtype == np.int8


def test_inputs_are_quantised_half_away_from_zero(tmp_path: Path) -> None:
    net = Network()
    x = net.input("x", [1, 1024], 4.0)
    # Every tie, every whole number and their neighbours in fp32, and beyond both ends.
    halves = np.arange(-300, 300, dtype=np.float32) / 64
    near = np.concatenate([halves, np.nextafter(halves, np.float32(9)), np.nextafter(halves, np.float32(-9))])
    net.inputs["x"] = np.resize(near, (1, 1024)).astype(np.float32)
    y = net.op("Abs", [x], "y", -4.0, 4.0)
    lowered = net.lower([y], tmp_path)
    expected = [clamp(half_away(Fraction(float(v)) * 32), np.dtype(np.int8)) for v in net.inputs["x"].ravel()]
    assert lowered.raw["x_si8"].ravel().tolist() == expected


# ----- Filters, biases, multipliers -----------------------------------------------------------------------------------


def check_filter(lowered: Lowered, op: str, filter_: np.ndarray, bias: np.ndarray | None, source: str) -> None:
    """The weights of `op` against the rules; filter_ is [oc, everything else], fp32."""
    rows = filter_.reshape(filter_.shape[0], -1).astype(np.float64)
    in_scale, out_scale = lowered.scale[source], lowered.scale[op]
    got = lowered.weights[f"{op}_filter_i8"].reshape(rows.shape)
    quant = lowered.weights[f"{op}_quant"].reshape(-1, 3)
    for c, row in enumerate(rows):
        scale = np.abs(row).max() / 127
        if bias is not None:
            scale = max(scale, abs(float(bias[c])) / in_scale / 2**30)
        if scale == 0:
            scale = 1.0
        assert got[c].tolist() == quantise(row, scale, np.dtype(np.int8)).tolist()
        if bias is not None:
            expected = clamp(half_away(Fraction(float(bias[c]) / (scale * in_scale))), np.dtype(np.int32))
            assert int(lowered.weights[f"{op}_bias_int32"].ravel()[c]) == expected
        m, shift = multiplier_of(in_scale * scale / out_scale)
        assert quant[c].tolist() == [m, -shift, 0]
        # And against the real factor: 31 bits of it.
        exact = Fraction(in_scale) * Fraction(scale) / Fraction(out_scale)
        assert abs(Fraction(m, 2**shift) / exact - 1) <= Fraction(1, 2**30)


def convolve(x: np.ndarray, f: np.ndarray, stride: tuple[int, int], pads: list[int], group: int) -> np.ndarray:
    """int64 sums by the definition; pads are top, left, bottom, right."""
    x = np.pad(x.astype(np.int64), ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    f = f.astype(np.int64)
    n, _, h, w = x.shape
    oc, icg, kh, kw = f.shape
    oh, ow = (h - kh) // stride[0] + 1, (w - kw) // stride[1] + 1
    out = np.zeros((n, oc, oh, ow), np.int64)
    for o in range(oc):
        first = o // (oc // group) * icg
        for y in range(kh):
            for z in range(kw):
                part = x[
                    :,
                    first : first + icg,
                    y : y + (oh - 1) * stride[0] + 1 : stride[0],
                    z : z + (ow - 1) * stride[1] + 1 : stride[1],
                ]
                out[:, o] += np.einsum("nchw,c->nhw", part, f[o, :, y, z])
    return out


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("group", [1, 2, 6])
def test_convolutions(group: int, seed: int, tmp_path: Path) -> None:
    net = Network(100 * group + seed)
    rng = net.rng
    positive, relu = bool(seed & 1), bool(seed & 2)
    oc = 6 if group == 6 else 8
    f = rng.normal(size=(oc, 6 // group, 3, 2)) * 10.0 ** rng.integers(-3, 3, (oc, 1, 1, 1))
    f[0] = 0  # a channel without weights
    b = rng.normal(size=oc) if seed % 3 else None
    if b is not None:
        b[1] *= 1e7  # a bias that dwarfs its weights
    pads = [1, 0, 2, 1]
    x = net.input("x", [2, 6, 9, 7], 2.5, positive)
    name_of_input = "x_ui8" if positive else "x_si8"
    operands = [x, net.weight("f", f), net.weight("b", b) if b is not None else net.none()]
    c = net.op(
        "Conv",
        operands,
        "c",
        0.0 if relu else -9.0,
        9.0,
        kernel_shape=[3, 2],
        strides=[2, 1],
        pads=pads,
        group=group,
        do_relu=relu,
    )
    lowered = net.lower([c], tmp_path)
    f32 = f.astype(np.float32)
    bias = None if b is None else b.astype(np.float32)
    if group != 2:  # groups of two are joined into one filter with zeros
        check_filter(lowered, "c", f32, bias, name_of_input)
    joined = lowered.weights["c_filter_i8"].reshape(oc, -1, 3, 2)
    sums = convolve(lowered.raw[name_of_input], joined, (2, 1), pads, 6 // joined.shape[1])
    if b is not None:
        sums += lowered.weights["c_bias_int32"].reshape(1, oc, 1, 1)
    assert np.abs(sums).max() < 2**31
    quant = lowered.weights["c_quant"].reshape(oc, 3).astype(np.int64)
    dtype = lowered.raw["c"].dtype
    assert dtype == (np.uint8 if relu else np.int8)
    expected = requantise(sums, quant[:, 0].reshape(1, oc, 1, 1), -quant[:, 1].reshape(1, oc, 1, 1), dtype)
    assert np.array_equal(lowered.raw["c"], expected)


@pytest.mark.parametrize("transposed", [False, True])
def test_products_with_a_weight_matrix(transposed: bool, tmp_path: Path) -> None:
    net = Network(7)
    w, b = net.rng.normal(size=(9, 5)), net.rng.normal(size=5)
    x = net.input("x", [3, 4, 9], 3.0)
    m = net.op(
        "MatMul",
        [x, net.weight("w", w.T if transposed else w), net.weight("b", b)],
        "m",
        -20.0,
        20.0,
        right_transpose=transposed,
    )
    lowered = net.lower([m], tmp_path)
    check_filter(lowered, "m", w.T.astype(np.float32), b.astype(np.float32), "x_si8")
    filter_ = lowered.weights["m_filter_i8"].reshape(5, 9).astype(np.int64)
    sums = lowered.raw["x_si8"].astype(np.int64) @ filter_.T + lowered.weights["m_bias_int32"].ravel()
    quant = lowered.weights["m_quant"].reshape(5, 3).astype(np.int64)
    assert np.array_equal(lowered.raw["m"], requantise(sums, quant[:, 0], -quant[:, 1], np.dtype(np.int8)))


@pytest.mark.parametrize("shared", [False, True])
def test_products_of_two_tensors(shared: bool, tmp_path: Path) -> None:
    net = Network(8)
    x = net.input("x", [3, 4, 9], 3.0)
    y = net.input("y", [1 if shared else 3, 9, 5], 2.0, positive=True)
    m = net.op("MatMul", [x, y, net.none()], "m", -20.0, 20.0)
    lowered = net.lower([m], tmp_path)
    factor = lowered.scale["x_si8"] * lowered.scale["y_ui8"] / lowered.scale["m"]
    multiplier, rshift = multiplier_of(factor)
    assert [lowered.attribute("m", "multiplier"), lowered.attribute("m", "rshift")] == [multiplier, rshift]
    sums = lowered.raw["x_si8"].astype(np.int64) @ lowered.raw["y_ui8"].astype(np.int64)
    assert np.array_equal(lowered.raw["m"], requantise(sums, multiplier, rshift, np.dtype(np.int8)))


# ----- Element-wise ---------------------------------------------------------------------------------------------------


def best_sum(factors: list[float], limits: list[int]) -> tuple[list[int], int]:
    """The largest shift from 30 down at which every rounded product stays within its limit."""
    for shift in range(30, -31, -1):
        multipliers = [half_away(Fraction(f) * Fraction(2) ** shift) for f in factors]
        if all(abs(m) <= limit for m, limit in zip(multipliers, limits, strict=True)):
            return multipliers, shift
    raise AssertionError("no shift fits")


@pytest.mark.parametrize("seed", range(8))
def test_sums(seed: int, tmp_path: Path) -> None:
    net = Network(seed)
    rng = net.rng
    names, tensors, limits = [], [], []
    shapes = [[2, 3, 4, 5], [1, 3, 1, 5], [2, 1, 4, 1]]
    for i in range(int(rng.integers(2, 4))):
        positive = bool(rng.integers(2))
        tensors.append(net.input(f"x{i}", shapes[i], float(rng.uniform(0.01, 30)), positive))
        names.append(f"x{i}_ui8" if positive else f"x{i}_si8")
        limits.append(128 if positive else 255)
    coefficients = [float(c) for c in rng.choice([1.0, -1.0, 0.5, 3.7], len(names))]
    relu = bool(seed & 1)
    a = net.op("Add", tensors, "a", 0.0 if relu else -20.0, 20.0, coeff=coefficients, do_relu=relu)
    lowered = net.lower([a], tmp_path)
    factors = [c * lowered.scale[n] / lowered.scale["a"] for c, n in zip(coefficients, names, strict=True)]
    multipliers, rshift = best_sum(factors, limits)
    assert lowered.attribute("a", "multipliers") == multipliers
    assert lowered.attribute("a", "rshift") == rshift
    products = [lowered.raw[n].astype(np.int64) * m for n, m in zip(names, multipliers, strict=True)]
    assert max(int(np.abs(p).max()) for p in products) < 2**15
    expected = requantise(np.asarray(sum(products)), 1, rshift, lowered.raw["a"].dtype)
    assert np.array_equal(lowered.raw["a"], expected)


@pytest.mark.parametrize("seed", range(4))
def test_products_element_by_element(seed: int, tmp_path: Path) -> None:
    net = Network(20 + seed)
    x = net.input("x", [2, 3, 4, 5], 3.0, positive=bool(seed & 1))
    y = net.input("y", [3, 1, 5], 0.7)
    m = net.op("Mul", [x, y], "m", 0.0 if seed & 2 else -2.0, 2.0, do_relu=bool(seed & 2))
    lowered = net.lower([m], tmp_path)
    name = "x_ui8" if seed & 1 else "x_si8"
    multiplier, rshift = multiplier_of(lowered.scale[name] * lowered.scale["y_si8"] / lowered.scale["m"])
    assert [lowered.attribute("m", "multiplier"), lowered.attribute("m", "rshift")] == [multiplier, rshift]
    products = lowered.raw[name].astype(np.int64) * lowered.raw["y_si8"].astype(np.int64)
    assert np.array_equal(lowered.raw["m"], requantise(products, multiplier, rshift, lowered.raw["m"].dtype))


def test_multiples_of_one_tensor(tmp_path: Path) -> None:
    net = Network(30)
    x = net.input("x", [1, 3, 40, 40], 3.0)
    r = net.op("Relu", [x], "r", 0.0, 2.0)
    m = net.op("MulConst", [x], "m", -5.0, 5.0, const_val=-1.37)
    lowered = net.lower([r, m], tmp_path)
    for name, constant in (("r", 1.0), ("m", -1.37)):
        multiplier, rshift = multiplier_of(constant * lowered.scale["x_si8"] / lowered.scale[name])
        assert [lowered.attribute(name, "multiplier"), lowered.attribute(name, "rshift")] == [multiplier, rshift]
        expected = requantise(lowered.raw["x_si8"], multiplier, rshift, lowered.raw[name].dtype)
        assert np.array_equal(lowered.raw[name], expected)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


FUNCTIONS: dict[str, tuple[dict[str, float], Callable[[float], float]]] = {
    "Relu": ({"relu_limit": 2.5}, lambda x: min(max(x, 0.0), 2.5)),
    "LeakyRelu": ({"alpha": 0.1}, lambda x: x if x > 0 else 0.1 * x),
    "Clip": ({"min": -1.5, "max": 2.25}, lambda x: min(max(x, -1.5), 2.25)),
    "Sigmoid": ({}, sigmoid),
    "SiLU": ({}, lambda x: x * sigmoid(x)),
    "Tanh": ({}, math.tanh),
    "GELU": ({}, lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2),
    "Exp": ({}, math.exp),
    "Log": ({}, lambda x: math.log(x) if x > 0 else (-math.inf if x == 0 else math.nan)),
    "Sqrt": ({}, lambda x: math.sqrt(x) if x >= 0 else math.nan),
    "Abs": ({}, abs),
    "Erf": ({}, math.erf),
    "Softplus": ({}, softplus),
    "Mish": ({}, lambda x: x * math.tanh(softplus(x))),
    "HardSwish": ({}, lambda x: x * min(max(x / 6 + 0.5, 0.0), 1.0)),
    "Elu": ({"alpha": 1.3}, lambda x: x if x > 0 else 1.3 * math.expm1(x)),
    "HardSigmoid": ({"alpha": 0.2, "beta": 0.5}, lambda x: min(max(0.2 * x + 0.5, 0.0), 1.0)),
    "AddConst": ({"const_val": 0.3}, lambda x: x + 0.3),
}


# Lines or a chain of them where they have the same results for less than a lookup; test/unit/Conversion/LinesTest.cpp
# and CurveTest.cpp test all 256 inputs. Of an input that is never negative, Elu is a line and some curves are short.
LINES = {"Relu", "LeakyRelu", "Clip", "Abs", "Elu", "HardSigmoid", "AddConst"}
SHORT_CURVES = {"Sigmoid", "Exp", "Erf", "Softplus"}


@pytest.mark.parametrize("positive", [False, True], ids=["signed", "unsigned"])
@pytest.mark.parametrize("kind", FUNCTIONS)
def test_tables(kind: str, positive: bool, tmp_path: Path) -> None:
    attributes, function = FUNCTIONS[kind]
    net = Network()
    x = net.input("x", [1, 1, 16, 16], 4.0, positive)
    y = net.op(kind, [x], "y", -3.0, 3.0, **attributes)
    lowered = net.lower([y], tmp_path)
    name = "x_ui8" if positive else "x_si8"
    inputs, results = lowered.raw[name].ravel().astype(int), lowered.raw["y"].ravel().astype(int)
    if "y_table" in lowered.weights:
        table = lowered.weights["y_table"].ravel().astype(int)
        assert table.size == 256
        assert np.array_equal(results, table[inputs & 255])
        inputs, results = np.arange(256) if positive else (np.arange(256) + 128) % 256 - 128, table
    else:
        assert kind in LINES or (positive and kind in SHORT_CURVES), f"{kind} is a curve"
        assert len(set(inputs)) > 100
    for stored, result in zip(inputs, results, strict=True):
        real = function(stored * lowered.scale[name]) / lowered.scale["y"]
        if math.isnan(real):
            assert result == 0
        elif math.isinf(real):
            assert result == (127 if real > 0 else -128)
        else:
            # Nearest, within what two libraries of functions may differ by.
            assert abs(min(max(real, -128), 127) - result) <= 0.5 + 1e-9, (stored, real, result)


# ----- Pools and moves ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("pads", [[0, 0, 0, 0], [1, 0, 1, 2]])
def test_means(pads: list[int], counted: bool, tmp_path: Path) -> None:
    net = Network(40)
    x = net.input("x", [2, 3, 8, 9], 3.0)
    a = net.op(
        "AvgPool", [x], "a", -2.0, 2.0, kernel_shape=[3, 3], strides=[2, 1], pads=pads, count_include_pad=counted
    )
    lowered = net.lower([a], tmp_path)
    ones = np.ones((1, 1, 3, 3), np.int64)
    flat = lowered.raw["x_si8"].reshape(6, 1, 8, 9)
    sums = convolve(flat, ones, (2, 1), pads, 1)
    divisors = convolve(np.ones((1, 1, 8, 9)), ones, (2, 1), pads, 1)
    factor = lowered.scale["x_si8"] / lowered.scale["a"]
    if counted or not any(pads):
        multiplier, rshift = multiplier_of(factor / 9)
        assert [lowered.attribute("a", "multiplier"), lowered.attribute("a", "rshift")] == [multiplier, rshift]
        expected = requantise(sums, multiplier, rshift, np.dtype(np.int8))
    else:
        # One shift for all, the largest at which the largest multiplier has 31 bits.
        rshift = multiplier_of(factor / int(divisors.min()))[1]
        multipliers = [half_away(Fraction(factor / int(d)) * 2**rshift) for d in divisors.ravel()]
        assert lowered.weights["a_divisors"].ravel().tolist() == multipliers
        expected = requantise(sums, np.array(multipliers, np.int64).reshape(divisors.shape), rshift, np.dtype(np.int8))
    assert np.array_equal(lowered.raw["a"].reshape(sums.shape), expected)


def test_maxima_keep_the_format(tmp_path: Path) -> None:
    net = Network(41)
    x = net.input("x", [1, 3, 8, 9], 3.0)
    m = net.op("MaxPool", [x], "m", -1.0, 1.0, kernel_shape=[2, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    lowered = net.lower([m], tmp_path)
    assert lowered.scale["m"] == lowered.scale["x_si8"]
    padded = np.pad(lowered.raw["x_si8"], ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-128)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2, 3), (2, 3))[:, :, ::2, ::2]
    assert np.array_equal(lowered.raw["m"], windows.max(axis=(-1, -2)))


def test_parts_of_a_concatenation_are_requantised(tmp_path: Path) -> None:
    net = Network(42)
    x, y = net.input("x", [1, 3, 8, 9], 3.0), net.input("y", [1, 2, 8, 9], 7.0, positive=True)
    c = net.op("Concat", [x, y], "c", -5.0, 5.0, axis=1)
    computed = net.op("MulConst", [c], "computed", -2.0, 2.0, const_val=0.5)
    lowered = net.lower([computed], tmp_path)
    parts = []
    for i, name in enumerate(["x_si8", "y_ui8"]):
        multiplier, rshift = multiplier_of(lowered.scale[name] / lowered.scale["c"])
        part = f"c_requant_{i}"
        assert [lowered.attribute(part, "multiplier"), lowered.attribute(part, "rshift")] == [multiplier, rshift]
        parts.append(requantise(lowered.raw[name], multiplier, rshift, np.dtype(np.int8)))
    assert np.array_equal(lowered.raw["c"], np.concatenate(parts, axis=1))


def test_parts_of_a_concatenation_that_leaves_are_floats_of_their_own_scales(tmp_path: Path) -> None:
    net = Network(44)
    x, y = net.input("x", [1, 3, 8, 9], 3.0), net.input("y", [1, 2, 8, 9], 700.0, positive=True)
    k = net.rng.normal(size=(1, 1, 8, 9)).astype(np.float32) * np.float32(1e-3)
    c = net.op("Concat", [x, y, net.weight("k", k)], "c", -700.0, 700.0, axis=1)
    moved = net.op("Permute", [c], "moved", -700.0, 700.0, order=[0, 2, 3, 1])
    lowered = net.lower([moved], tmp_path)
    parts = [lowered.raw[n].astype(np.float32) * np.float32(lowered.scale[n]) for n in ("x_si8", "y_ui8")]
    joined = np.concatenate([*parts, k], axis=1)
    assert lowered.raw["c"].dtype == np.float32 and np.array_equal(lowered.raw["c"], joined)
    assert np.array_equal(lowered.raw["moved"], joined.transpose(0, 2, 3, 1))


def test_a_constant_of_zeros_leaves_a_sums_multipliers_alone(tmp_path: Path) -> None:
    """The common shift of 8-bit multipliers follows the operand that matters, in any unit."""
    found = []
    for unit in (1.0, 2.0**-24):
        net = Network(45)
        x = net.input("x", [1, 3, 8, 9], 3.0 * unit)
        zeros = net.weight("zeros", np.zeros((2, 3, 8, 9)))
        s = net.op("Add", [x, zeros], "s", -4.0 * unit, 4.0 * unit)
        folder = tmp_path / str(len(found))
        folder.mkdir()
        lowered = net.lower([s], folder)
        found.append((lowered.attribute("s", "multipliers"), lowered.attribute("s", "rshift")))
    assert found == [([192, 0], 8)] * 2


def test_constant_operands_are_quantised_by_their_largest(tmp_path: Path) -> None:
    net = Network(43)
    k = net.rng.normal(size=(3, 1, 1)) * 5
    x = net.input("x", [1, 3, 8, 9], 3.0)
    m = net.op("Mul", [x, net.weight("k", k)], "m", -9.0, 9.0)
    lowered = net.lower([m], tmp_path)
    stored = lowered.weights["k_i8"]
    f32 = k.astype(np.float32).reshape(stored.shape)
    scale = float(np.abs(f32).max() / np.float32(127))
    assert np.array_equal(stored, quantise(f32, scale, np.dtype(np.int8)))
    multiplier, rshift = multiplier_of(lowered.scale["x_si8"] * scale / lowered.scale["m"])
    assert [lowered.attribute("m", "multiplier"), lowered.attribute("m", "rshift")] == [multiplier, rshift]
    products = lowered.raw["x_si8"].astype(np.int64) * stored.astype(np.int64)
    assert np.array_equal(lowered.raw["m"], requantise(products, multiplier, rshift, np.dtype(np.int8)))
