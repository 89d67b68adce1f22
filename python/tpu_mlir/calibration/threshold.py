"""Chooses the symmetric clipping threshold of one tensor from the histogram of its absolute values.

Pure numpy: no model, no files. The histogram has equal bins over [0, range]; exact zeros are not in it, because zero
is represented exactly whatever the threshold.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Grid(NamedTuple):
    """The non-negative half of an 8-bit format: values are `j * threshold / steps` for j = 0 ... top."""

    levels: int
    steps: int
    top: int


# Source of `steps`: the chip's rule q = sat(round(x * L / threshold)), L = 128 signed, 255 where nothing is negative.
SIGNED = Grid(levels=128, steps=128, top=127)
UNSIGNED = Grid(levels=256, steps=255, top=255)

# KL may pick a threshold whose squared error is at most this many times the least. The divergence compares bins as
# names, not as numbers: where a tensor has atoms (a constant background behind a ReLU, say) it would rather clip much
# of the tensor than merge an atom with its neighbours.
KL_ERROR_LIMIT = 2.0
_COARSE = 16


def kl_divergences(histogram: Array, levels: int) -> Array:
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


def squared_errors(histogram: Array, grid: Grid, kept: Array) -> Array:
    """The sum of (x - dequantised x)^2 for each candidate that keeps the first `kept[i]` bins, in squared bin widths.

    A bin's values are taken to be its centre. Costs O(len(kept) * levels), from prefix sums.
    """
    counts = np.asarray(histogram, np.float64)
    bins = len(counts)
    centres = np.arange(bins) + 0.5
    mass = np.concatenate([[0.0], np.cumsum(counts)])
    moment = np.concatenate([[0.0], np.cumsum(counts * centres)])
    values = np.asarray(kept, np.float64)[:, None] * np.arange(grid.top + 1) / grid.steps
    # A level reaches half a step to both sides; the last one takes everything beyond.
    edges = np.ceil(values - 0.5 * values[:, 1:2] - 0.5).astype(np.intp).clip(0, bins)
    edges[:, 0] = 0
    edges = np.concatenate([edges, np.full((len(edges), 1), bins)], axis=1)
    level_mass, level_moment = np.diff(mass[edges], axis=1), np.diff(moment[edges], axis=1)
    return (counts * centres**2).sum() - (2 * values * level_moment - values**2 * level_mass).sum(axis=1)


def kl_threshold(histogram: Array, full_range: float, grid: Grid) -> float:
    """The threshold of least KL divergence within KL_ERROR_LIMIT; the larger one where two are equal.

    The least squared error is looked for at every sixteenth candidate: next to it the error is flat.
    """
    divergences = kl_divergences(histogram, grid.levels)
    candidates = np.arange(grid.levels, len(histogram) + 1)
    limit = KL_ERROR_LIMIT * squared_errors(histogram, grid, candidates[::-_COARSE]).min()
    best = _last_minimum(divergences)
    if squared_errors(histogram, grid, candidates[best : best + 1])[0] > limit:
        allowed = squared_errors(histogram, grid, candidates) <= limit
        best = _last_minimum(np.where(allowed, divergences, np.inf))
    return full_range * int(candidates[best]) / len(histogram)


def _last_minimum(values: Array) -> int:
    return len(values) - 1 - int(np.argmin(values[::-1]))


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
