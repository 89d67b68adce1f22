"""Similarity measures between a tensor and its reference, computed in float64 over all elements.

NaN and Inf are the caller's to find first (`nonfinite`): no measure here hides or clamps them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

# Elements taken at a time: their float64 copies and differences stay in the processor's cache.
BLOCK = 1 << 15


@dataclass(frozen=True)
class Sums:
    """What all measures follow from, gathered in one pass; `difference` is result - reference, `total` their sum."""

    result_squared: float
    reference_squared: float
    product: float
    difference_squared: float
    total_squared: float
    max_abs: float
    peak: float  # the largest absolute value of the reference

    @property
    def cosine(self) -> float:
        """<a,b> / (|a| |b|); 1 when both are zero, 0 when only one is."""
        norms = math.sqrt(self.result_squared) * math.sqrt(self.reference_squared)
        if norms == 0.0:
            return 1.0 if self.result_squared == self.reference_squared else 0.0
        return self.product / norms

    @property
    def euclidean(self) -> float:
        """1 - |a - b| / |(a + b) / 2|: 1 when equal, falling without bound; -inf where a + b is zero and a is not b.

        Source: the measure of the vendor's comparison tool.
        """
        if self.difference_squared == 0.0:
            return 1.0
        mean = math.sqrt(self.total_squared) / 2
        return 1.0 - math.sqrt(self.difference_squared) / mean if mean else -math.inf

    @property
    def sqnr_db(self) -> float:
        """10 log10(|b|^2 / |a - b|^2): signal to quantisation noise in dB; inf when equal."""
        if self.difference_squared == 0.0:
            return math.inf
        if self.reference_squared == 0.0:
            return -math.inf
        return 10 * math.log10(self.reference_squared / self.difference_squared)


def gather(result: Any, reference: Any) -> Sums:
    """One pass over two tensors with the same number of elements."""
    import numpy as np

    flat_result, flat_reference = np.asarray(result).reshape(-1), np.asarray(reference).reshape(-1)
    sums = np.zeros(5)
    largest = np.zeros(2)
    for begin in range(0, flat_result.size, BLOCK):
        a = flat_result[begin : begin + BLOCK].astype(np.float64)
        b = flat_reference[begin : begin + BLOCK].astype(np.float64)
        d, t = a - b, a + b
        # Not `a @ a`: the threads of a linear algebra library cost more than such short sums on a busy machine.
        sums += [np.square(a).sum(), np.square(b).sum(), (a * b).sum(), np.square(d).sum(), np.square(t).sum()]
        largest = np.maximum(largest, [np.abs(d).max(), np.abs(b).max()])
    aa, bb, ab, dd, tt = (float(v) for v in sums)
    return Sums(aa, bb, ab, dd, tt, float(largest[0]), float(largest[1]))


def is_close(result: Any, reference: Any, relative: float, absolute: float) -> bool:
    """Whether |a - b| <= relative * |b| + absolute for every element."""
    import numpy as np

    flat_result, flat_reference = np.asarray(result).reshape(-1), np.asarray(reference).reshape(-1)
    for begin in range(0, flat_result.size, BLOCK):
        a = flat_result[begin : begin + BLOCK].astype(np.float64)
        b = flat_reference[begin : begin + BLOCK].astype(np.float64)
        if not (np.abs(a - b) <= relative * np.abs(b) + absolute).all():
            return False
    return True


def nonfinite(tensor: Any) -> tuple[int, tuple[int, ...], str] | None:
    """(count, index of the first, 'nan' | 'inf' | '-inf') of the elements that are not finite; None if all are."""
    import numpy as np

    tensor = np.asarray(tensor)
    if tensor.dtype.kind not in "fc":
        return None
    bad = ~np.isfinite(tensor)
    count = int(bad.sum())
    if count == 0:
        return None
    index = tuple(int(i) for i in np.unravel_index(int(bad.argmax()), tensor.shape))
    return count, index, str(tensor[index]).lower()
