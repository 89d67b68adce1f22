"""Constants of the float functions: minimax polynomials and numbers split for exact products.

Writes FloatConstants.inc beside the functions. Each polynomial minimises the largest weighted error on its interval
(weighted least squares, repeated); its coefficients are then rounded to fp32 from the lowest power on, the others
fitted again each time.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mpmath import cos, erf, erfc, exp, expm1, log, log1p, mp, mpf, pi, sin, tanh

mp.dps = 40
Function = Callable[[mpf], mpf]
GRID = 800


@dataclass
class Polynomial:
    """p with weight(x) * (p(x) - f(x)) small for x in [low, high]."""

    name: str
    meaning: str
    f: Function
    weight: Function
    low: mpf
    high: mpf
    count: int
    short: int  # coefficients where 17 bits are enough


def f32(x: mpf) -> mpf:
    """The nearest fp32."""
    return mpf(struct.unpack("f", struct.pack("f", float(x)))[0])


def minimax(
    values: np.ndarray, weights: np.ndarray, grid: np.ndarray, powers: list[int], fixed: np.ndarray
) -> tuple[np.ndarray, float]:
    """Coefficients of the powers beside fixed ones, and the largest weighted error on the grid.

    Least squares whose weights grow where the error is large. Source: C. L. Lawson, 1961.
    """
    basis = np.stack([grid**p for p in powers], axis=1)
    target = values - sum(c * grid**i for i, c in enumerate(fixed))
    shares = np.full(len(grid), 1 / len(grid))
    best, least = np.zeros(len(powers)), np.inf
    for _ in range(200):
        scale = weights * np.sqrt(shares)
        coefficients = np.linalg.lstsq(basis * scale[:, None], target * scale, rcond=None)[0]
        errors = np.abs(weights * (basis @ coefficients - target))
        if errors.max() < least:
            best, least = coefficients, errors.max()
        shares = np.maximum(shares * errors, 1e-30)
        shares /= shares.sum()
    return best, float(least)


def fit(p: Polynomial, count: int) -> tuple[list[float], float]:
    """So many coefficients in fp32 and the largest weighted error with them."""
    points = [p.low + (p.high - p.low) * (1 - cos(pi * (2 * i + 1) / (2 * GRID))) / 2 for i in range(GRID)]
    grid = np.array([float(x) for x in points])
    values = np.array([float(p.f(mpf(x))) for x in grid])
    weights = np.array([float(p.weight(mpf(x))) for x in grid])
    fixed = np.zeros(0)
    for k in range(count):
        coefficients, _ = minimax(values, weights, grid, list(range(k, count)), fixed)
        fixed = np.append(fixed, float(np.float32(coefficients[0])))
    error = sum(c * grid**i for i, c in enumerate(fixed)) - values
    return [float(c) for c in fixed], float(np.abs(weights * error).max())


TINY = mpf(10) ** -12
ROOT_HALF = mpf(2) ** mpf(-0.5)
ERFCX_CENTRE = 3


def tail(f: Function) -> Function:
    """f with its removable gap at 0 filled by what is next to it."""
    return lambda x: f(x if abs(x) > TINY else TINY)


def erfcx_of(q: mpf) -> mpf:
    """(1 + 2t) exp(t²) erfc(t) where q = (t - 3) / (t + 3)."""
    t = ERFCX_CENTRE * (1 + q) / (1 - q)
    return (1 + 2 * t) * exp(t * t) * erfc(t)


LN2_HALF = log(2) / 2 * mpf("1.0001")
QUARTER = mpf("0.8")  # π / 4 and what choosing k in fp32 adds for k of 16 bits
POLYNOMIALS = [
    Polynomial(
        "kExpTail",
        "e^r = 1 + r + r² p(r), |r| <= ln2 / 2",
        tail(lambda r: (expm1(r) - r) / r**2),
        lambda r: r * r / exp(r),
        -LN2_HALF,
        LN2_HALF,
        5,
        3,
    ),
    Polynomial(
        "kLogTail",
        "log(1 + f) = f - f² / 2 + f³ p(f), 1 + f from 2/3 to 4/3",
        tail(lambda f: (log1p(f) - f + f * f / 2) / f**3),
        tail(lambda f: f**3 / log1p(f)),
        -mpf(1) / 3 - mpf("1e-6"),
        mpf(1) / 3 + mpf("1e-6"),
        9,
        5,
    ),
    Polynomial(
        "kAtanhTail",
        "2 atanh(s) = 2s + s³ p(s²), |s| <= 0.2",
        tail(lambda u: (2 * mp.atanh(mp.sqrt(u)) - 2 * mp.sqrt(u)) / mp.sqrt(u) ** 3),
        lambda u: u,
        TINY,
        mpf("0.0401"),
        5,
        0,
    ),
    Polynomial(
        "kSinTail",
        "sin r = r + r³ p(r²), |r| <= 0.8",
        tail(lambda u: (sin(mp.sqrt(u)) / mp.sqrt(u) - 1) / u),
        lambda u: u,
        TINY,
        QUARTER**2,
        4,
        2,
    ),
    Polynomial(
        "kCosTail",
        "cos r = 1 - r² / 2 + r⁴ p(r²), |r| <= 0.8",
        tail(lambda u: (cos(mp.sqrt(u)) - 1 + u / 2) / u**2),
        lambda u: u * u,
        TINY,
        QUARTER**2,
        4,
        2,
    ),
    Polynomial(
        "kTanhTail",
        "tanh x = x + x³ p(x²), |x| <= 0.625",
        tail(lambda u: (tanh(mp.sqrt(u)) / mp.sqrt(u) - 1) / u),
        lambda u: u,
        TINY,
        mpf("0.391"),
        6,
        3,
    ),
    Polynomial(
        "kErfTail",
        "erf x = x + x p(x²), |x| <= 1",
        tail(lambda u: erf(mp.sqrt(u)) / mp.sqrt(u) - 1),
        lambda u: mpf(1),
        TINY,
        mpf("1.001"),
        8,
        5,
    ),
    Polynomial(
        "kErfcx",
        "(1 + 2t) exp(t²) erfc(t) = p((t - 3) / (t + 3)), 0 <= t <= 10",
        erfcx_of,
        lambda q: 1 / erfcx_of(q),
        mpf(-1),
        mpf(7) / 13,
        12,
        7,
    ),
]


def truncated(x: mpf, bits: int) -> mpf:
    """x cut after so many significant bits."""
    exponent = int(mp.floor(mp.log(abs(x), 2))) - bits + 1
    return mp.floor(x / mpf(2) ** exponent) * mpf(2) ** exponent


def split(x: mpf, *bits: int) -> list[mpf]:
    """Parts of so many bits that add up to x, the last rounded to fp32."""
    parts = []
    for b in bits:
        parts.append(truncated(x, b))
        x -= parts[-1]
    return [*parts, f32(x)]


def literal(x: float | mpf) -> str:
    """As C++ spells it exactly."""
    return float(x).hex() + "f"


def constants() -> list[str]:
    """Lines of numbers that are not polynomials."""
    lines = []

    def number(name: str, value: mpf, meaning: str) -> None:
        lines.append(f"inline constexpr float {name} = {literal(value)}; // {meaning}")

    high, low = split(log(2), 15)
    number("kLn2High", high, "15 bits: its product with an exponent of 9 bits is exact")
    number("kLn2Low", low, "ln 2 less that")
    number("kLog2E", f32(1 / log(2)), "1 / ln 2")
    for i, part in enumerate(split(pi / 2, 8, 8, 8, 8)):
        number(f"kHalfPi{i}", part, "8 bits of π/2: exact times 16 bits" if i < 4 else "the rest of π/2")
    number("kTwoOverPi", f32(2 / pi), "2 / π")
    number("kGeluSlope", f32(2 * mp.sqrt(2 / pi)), "2 √(2/π)")
    number("kGeluCube", f32(2 * mp.sqrt(2 / pi) * mpf("0.044715")), "2 √(2/π) 0.044715")
    number("kRootHalf", f32(ROOT_HALF), "1 / √2")
    return lines


def text() -> str:
    """The whole file."""
    out = [
        "//===- FloatConstants.inc - Constants of the float functions --------------===//",
        "// Written by gen/float_constants.py; change that.",
        "// clang-format off",
        "",
        *constants(),
        "",
    ]
    for p in POLYNOMIALS:
        for suffix, count in (("", p.count), ("Short", p.short)):
            if not count:
                continue
            coefficients, worst = fit(p, count)
            out += [
                f"/// {p.meaning}; weighted error {worst:.2g} = 2^{np.log2(worst):.1f}.",
                f"inline constexpr float {p.name}{suffix}[] = {{",
                *(f"    {literal(c)}, // {c:.9g}" for c in coefficients),
                "};",
                "",
            ]
    return "\n".join(out)


if __name__ == "__main__":
    (Path(__file__).parent.parent / "FloatConstants.inc").write_text(text())
