"""What is kept of a tensor while samples stream past: its range, and a histogram of |x|; never the values.

One pass. A histogram spans a power of two and doubles its span when a larger value comes, two bins becoming one, so a
value's bin never depends on what came before it: the result is the same for every order of samples, and memory is one
histogram per tensor whatever their number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..finite import nonfinite_text
from .threshold import SIGNED, UNSIGNED, kl_threshold, percentile_threshold

Array = NDArray[Any]

METHODS = ("kl", "max", "percentile9999")
_BLOCK = 1 << 16


@dataclass
class TensorStatistics:
    """Range and histogram of one tensor over all samples.

    bins: the least number of bins between zero and the largest |x|; there are up to twice as many.
    fill: a value that does not count, because everything that reads the tensor loses it.
    """

    name: str
    bins: int
    fill: float | None = None
    minimum: float = float("inf")
    maximum: float = float("-inf")
    zeros: int = 0
    _counts: Array = field(init=False, repr=False)  # of |x| > 0, in 2 * bins equal bins over [0, 2 ** _exponent)
    _exponent: int | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._counts = np.zeros(2 * self.bins, np.int64)

    @property
    def absolute(self) -> float:
        return max(abs(self.minimum), abs(self.maximum))

    @property
    def constant(self) -> bool:
        return self.minimum == self.maximum

    def observe(self, values: Array, with_histogram: bool = True) -> None:
        """Takes in one sample's values; UserError where one is not finite."""
        if self.fill is not None:
            values = values[values != np.float32(self.fill)]
            if values.size == 0:
                return
        low, high = float(values.min()), float(values.max())
        if not math.isfinite(low) or not math.isfinite(high):  # a NaN anywhere makes min() a NaN
            raise UserError(
                f"tensor '{self.name}' has {nonfinite_text(values)}, so it has no range; check the model and the inputs"
            )
        self.minimum, self.maximum = min(self.minimum, low), max(self.maximum, high)
        if with_histogram:
            self._grow()
            self._count(values.reshape(-1))

    def histogram(self) -> tuple[Array, float]:
        """The counts of |x| > 0 up to the bin of the largest value, and the value where that bin ends."""
        if self._exponent is None:
            return self._counts, 0.0
        width = math.ldexp(1.0, self._exponent) / len(self._counts)
        used = int(self.absolute / width) + 1
        return self._counts[:used], used * width

    def threshold(self, method: str) -> float:
        """`method` is one of METHODS; the range alone for 'max'. Never above the largest |x|."""
        if method == "max" or self.absolute == 0 or self.constant:
            return self.absolute
        counts, end = self.histogram()
        if method == "percentile9999":
            return min(percentile_threshold(counts, end, 99.99, self.zeros), self.absolute)
        return min(kl_threshold(counts, end, UNSIGNED if self.minimum >= 0 else SIGNED), self.absolute)

    def _grow(self) -> None:
        """Makes the span the power of two just above the largest |x|."""
        if self.absolute == 0:
            return
        exponent = math.frexp(self.absolute)[1]
        if self._exponent is not None and exponent > self._exponent:
            merged = np.arange(len(self._counts)) >> min(exponent - self._exponent, 62)
            # Counts below 2^53 pass through the weights' doubles unharmed.
            self._counts = np.bincount(merged, self._counts, len(self._counts)).astype(np.int64)
        if self._exponent is None or exponent > self._exponent:
            self._exponent = exponent

    def _count(self, flat: Array) -> None:
        """In blocks that stay in the cache: four times as fast as all at once."""
        if self._exponent is None:
            self.zeros += flat.size
            return
        # Between spans this factor changes by a power of two, so a value's rounding does not.
        scale = np.float32(math.ldexp(len(self._counts), -self._exponent))
        scaled = np.empty(min(_BLOCK, flat.size), np.float32)
        index = np.empty(scaled.size, np.intp)
        zeros = 0
        for start in range(0, flat.size, _BLOCK):
            block = flat[start : start + _BLOCK]
            s, i = scaled[: block.size], index[: block.size]
            np.multiply(block, scale, out=s)
            np.abs(s, out=s)
            np.copyto(i, s, casting="unsafe")
            self._counts += np.bincount(i, minlength=len(self._counts))
            zeros += block.size - int(np.count_nonzero(block))
        self._counts[0] -= zeros
        self.zeros += zeros
