"""Chooses the symmetric clipping threshold of one tensor from the histogram of its absolute values.

Pure numpy: no model, no files. The histogram has equal bins over [0, range]; exact zeros are not in it, because zero
is represented exactly whatever the threshold.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Steps between zero and the threshold: of a signed 8-bit value, and of an unsigned one (tensors never negative).
INT8_LEVELS = 128
UINT8_LEVELS = 256


def kl_divergences(histogram: Array, levels: int = INT8_LEVELS) -> Array:
    """KL(P || Q) of every candidate that keeps the first `i` bins, for i = levels ... len(histogram).

    P is the histogram with everything beyond bin i counted into bin i - 1 (what clipping does); Q is the kept part
    after quantisation: each of `levels` runs of bins has its mass spread evenly over its non-empty bins. A candidate
    whose last bin is empty in Q but not in P diverges (infinity). Result [j] belongs to i = levels + j.

    All candidates together cost O(bins * levels), from three prefix sums.
    Source: S. Migacz, "8-bit Inference with TensorRT", GTC 2017 (the criterion; the prefix sums are ours).
    """
    counts = np.asarray(histogram, np.float64)
    bins = len(counts)
    if bins < levels:
        raise ValueError(f"a histogram of {bins} bins cannot be cut into {levels} levels")
    total = counts.sum()
    candidates = np.arange(levels, bins + 1)
    if total == 0:
        return np.zeros(len(candidates))
    mass = np.concatenate([[0.0], np.cumsum(counts)])
    filled = np.concatenate([[0], np.cumsum(counts > 0)])
    entropy = np.concatenate([[0.0], np.cumsum(_x_log_x(counts))])

    edges = candidates[:, None] * np.arange(levels + 1) // levels
    level_mass = np.diff(mass[edges], axis=1)
    level_filled = np.diff(filled[edges], axis=1)
    # log Q of a non-empty bin, before Q is divided by its own total.
    log_q = np.log(np.divide(level_mass, level_filled, out=np.ones_like(level_mass), where=level_mass > 0))

    kept = mass[candidates]
    clipped = total - kept
    last = counts[candidates - 1]
    p_log_p = entropy[candidates] - _x_log_x(last) + _x_log_x(last + clipped)
    p_log_q = (level_mass * log_q).sum(axis=1) + clipped * log_q[:, -1]
    with np.errstate(divide="ignore"):
        divergence = (p_log_p - p_log_q) / total + np.log(kept) - np.log(total)
    divergence[(last == 0) & (clipped > 0)] = np.inf
    return divergence


def kl_threshold(histogram: Array, full_range: float, levels: int = INT8_LEVELS) -> float:
    """The threshold of least KL divergence; the larger one where two are equal."""
    divergences = kl_divergences(histogram, levels)
    best = len(divergences) - 1 - int(np.argmin(divergences[::-1]))
    return full_range * (levels + best) / len(histogram)


def percentile_threshold(histogram: Array, full_range: float, percentile: float, zeros: int = 0) -> float:
    """The value below which `percentile` per cent of all |x| lie, zeros included; linear inside a bin."""
    counts = np.asarray(histogram, np.float64)
    total = counts.sum() + zeros
    if counts.sum() == 0:
        return full_range
    target = total * percentile / 100.0 - zeros
    if target <= 0:
        return full_range / len(counts)
    mass = np.cumsum(counts)
    index = min(int(np.searchsorted(mass, target)), len(counts) - 1)
    before = mass[index - 1] if index else 0.0
    inside = (target - before) / counts[index] if counts[index] else 1.0
    return float(full_range * (index + min(max(inside, 0.0), 1.0)) / len(counts))


def _x_log_x(x: Array) -> Array:
    return x * np.log(np.where(x > 0, x, 1.0))
