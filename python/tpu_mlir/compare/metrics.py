"""Similarity measures between a tensor and its reference, computed in float64 over all elements.

NaN and Inf are the caller's to find first (`nonfinite`): no measure here hides or clamps them.
"""

from __future__ import annotations

import math
from typing import Any


def cosine(result: Any, reference: Any) -> float:
    """<a,b> / (|a| |b|); 1 when both are zero, 0 when only one is."""
    a, b = _flat(result), _flat(reference)
    norms = math.sqrt(float(a @ a)) * math.sqrt(float(b @ b))
    if norms == 0.0:
        return 1.0 if not a.any() and not b.any() else 0.0
    return float(a @ b) / norms


def euclidean(result: Any, reference: Any) -> float:
    """1 - |a - b| / |(a + b) / 2|: 1 when equal, falling without bound; -inf where a + b is zero and a is not b.

    Source: the measure of the vendor's comparison tool.
    """
    a, b = _flat(result), _flat(reference)
    difference = math.sqrt(float((a - b) @ (a - b)))
    if difference == 0.0:
        return 1.0
    mean = math.sqrt(float((a + b) @ (a + b))) / 2
    return 1.0 - difference / mean if mean else -math.inf


def sqnr_db(result: Any, reference: Any) -> float:
    """10 log10(|b|^2 / |a - b|^2): signal to quantisation noise in dB; inf when equal."""
    a, b = _flat(result), _flat(reference)
    noise = float((a - b) @ (a - b))
    signal = float(b @ b)
    if noise == 0.0:
        return math.inf
    return 10 * math.log10(signal / noise) if signal else -math.inf


def max_abs(result: Any, reference: Any) -> float:
    """The largest absolute difference."""
    a, b = _flat(result), _flat(reference)
    return float(abs(a - b).max()) if a.size else 0.0


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


def _flat(tensor: Any) -> Any:
    import numpy as np

    return np.asarray(tensor, dtype=np.float64).reshape(-1)
