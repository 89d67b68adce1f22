"""NaN and infinity in what a user gives: found where it enters, and named, so that no number later hides it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .compare.metrics import nonfinite
from .errors import UserError


def nonfinite_text(tensor: Any) -> str:
    """`"2 of 12 elements that are not finite; the first is nan at [0, 3]"`, or an empty string where all are."""
    import numpy as np

    found = nonfinite(tensor)
    if found is None:
        return ""
    count, index, kind = found
    return f"{count} of {np.asarray(tensor).size} elements that are not finite; the first is {kind} at {list(index)}"


def require_finite(tensors: Mapping[str, Any], origin: str) -> None:
    """UserError for the first tensor with an element that is NaN or infinite.

    origin: what the sentence begins with, such as `input file 'in.npz'`.
    """
    for name, tensor in tensors.items():
        text = nonfinite_text(tensor)
        if text:
            raise UserError(f"{origin}: tensor '{name}' has {text}")
