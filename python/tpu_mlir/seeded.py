"""Network inputs drawn where the user gives none: seeded, and within what is known about each input.

A picture is drawn as pixels and preprocessed, an integer input over its type's range (at most a byte's), and a float
input from one of several ranges, because what is right for one network is out of another's domain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .preprocess import Preprocess


@dataclass(frozen=True)
class InputKind:
    """What is known about one input. type: numpy's name, such as 'float32' or 'uint8'."""

    shape: tuple[int, ...]
    type: str = "float32"
    picture: Preprocess | None = None


def draws(inputs: Mapping[str, InputKind]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What was drawn, in words, and float32 tensors by input name; the same for the same inputs.

    The later ones are kinder: positive, then near one.
    """
    import numpy as np

    ranges = {
        "normal": lambda rng, shape: rng.standard_normal(shape),
        "uniform in [0, 1)": lambda rng, shape: rng.random(shape),
        "uniform in [-4, 4)": lambda rng, shape: rng.uniform(-4, 4, shape),
        "uniform in [0.5, 1.5)": lambda rng, shape: rng.uniform(0.5, 1.5, shape),
    }
    for seed, (words, draw) in enumerate(ranges.items()):
        rng = np.random.default_rng(seed)
        tensors = {
            name: np.asarray(
                draw(rng, kind.shape) if kind.picture is None and kind.type.startswith("float") else _whole(kind, rng),
                np.float32,
            )
            for name, kind in inputs.items()
        }
        yield words, tensors


def _whole(kind: InputKind, rng: Any) -> Any:
    """Pixels after their preprocessing, or integers of the input's type."""
    import numpy as np

    if kind.picture is not None:
        pixels = rng.integers(0, 256, kind.shape)
        # One mean and scale per channel, along the axis that the channels lie on.
        axis = 1 if kind.picture.channel_format == "nchw" else len(kind.shape) - 1
        form = [-1 if i == axis else 1 for i in range(len(kind.shape))]
        mean, scale = (np.asarray(v, np.float32).reshape(form) for v in (kind.picture.mean, kind.picture.scale))
        return (pixels.astype(np.float32) - mean) * scale
    if kind.type == "bool":
        return rng.integers(0, 2, kind.shape)
    low, high = {"uint8": (0, 256), "int8": (-128, 128)}.get(kind.type, (0, 10))
    return rng.integers(low, high, kind.shape)
