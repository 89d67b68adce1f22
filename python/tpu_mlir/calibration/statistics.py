"""What is kept of a tensor while samples stream past: its range, and a histogram of |x|; never the values.

Two passes: the first finds every tensor's range, the second counts into bins whose width is then exact. Memory is one
histogram per tensor whatever the number of samples, and the result does not depend on their order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .threshold import SIGNED, UNSIGNED, kl_threshold, percentile_threshold

Array = NDArray[Any]

METHODS = ("kl", "max", "percentile9999")
_BLOCK = 1 << 16


@dataclass
class TensorStatistics:
    """Range and histogram of one tensor over all samples."""

    name: str
    minimum: float = float("inf")
    maximum: float = float("-inf")
    zeros: int = 0
    histogram: Array | None = field(default=None, repr=False)

    @property
    def absolute(self) -> float:
        return max(abs(self.minimum), abs(self.maximum))

    @property
    def constant(self) -> bool:
        return self.minimum == self.maximum

    def observe_range(self, values: Array) -> None:
        low, high = float(values.min()), float(values.max())
        if not np.isfinite(low) or not np.isfinite(high):  # a NaN anywhere makes min() a NaN
            raise UserError(
                f"tensor '{self.name}' holds NaN or infinity, so it has no range; check the model and the inputs"
            )
        self.minimum = min(self.minimum, low)
        self.maximum = max(self.maximum, high)

    def observe_histogram(self, values: Array, bins: int) -> None:
        """Counts |x| > 0 into `bins` equal bins over [0, absolute]; the largest value belongs to the last bin."""
        if self.histogram is None:
            self.histogram = np.zeros(bins, np.int64)
        if self.absolute == 0:
            self.zeros += values.size
            return
        counts, zeros = _count(values.reshape(-1), np.float32(bins / self.absolute), bins)
        counts[0] -= zeros
        self.histogram += counts
        self.zeros += zeros

    def threshold(self, method: str) -> float:
        """`method` is one of METHODS; the range alone for 'max'."""
        if method == "max" or self.absolute == 0 or self.constant:
            return self.absolute
        assert self.histogram is not None, "the histogram pass has not run"
        if method == "percentile9999":
            return percentile_threshold(self.histogram, self.absolute, 99.99, self.zeros)
        return kl_threshold(self.histogram, self.absolute, UNSIGNED if self.minimum >= 0 else SIGNED)


def _count(flat: Array, bins_per_unit: np.float32, bins: int) -> tuple[Array, int]:
    """Counts of |x| per bin, and how many of them are zeros; in blocks that stay in the cache (four times as fast)."""
    counts = np.zeros(bins + 1, np.int64)
    scaled = np.empty(min(_BLOCK, flat.size), np.float32)
    index = np.empty(scaled.size, np.intp)
    zeros = 0
    for start in range(0, flat.size, _BLOCK):
        block = flat[start : start + _BLOCK]
        s, i = scaled[: block.size], index[: block.size]
        np.multiply(block, bins_per_unit, out=s)
        np.abs(s, out=s)
        np.copyto(i, s, casting="unsafe")
        counts += np.bincount(i, minlength=bins + 1)
        zeros += block.size - int(np.count_nonzero(block))
    counts[bins - 1] += counts[bins]  # |x| == range sits on the last edge
    return counts[:bins], zeros
