"""Network inputs drawn where the user gives none: seeded, and within what is known about each input.

A picture is drawn as pixels and preprocessed, an integer input over its type's range (at most a byte's), and a float
input from one of several ranges, because what is right for one network is out of another's domain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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

    ranges: dict[str, Callable[[Any, tuple[int, ...]], Any]] = {
        "normal": lambda rng, shape: rng.standard_normal(shape),
        "uniform in [0, 1)": lambda rng, shape: rng.random(shape),
        "uniform in [-4, 4)": lambda rng, shape: rng.uniform(-4, 4, shape),
        "uniform in [0.5, 1.5)": lambda rng, shape: rng.uniform(0.5, 1.5, shape),
    }
    for seed, (range_words, draw) in enumerate(ranges.items()):
        rng = np.random.default_rng(seed)
        tensors: dict[str, Any] = {}
        words: dict[str, None] = {}
        for name, kind in inputs.items():
            # Preprocessing that changes nothing may be there only because the input could be a picture.
            if kind.picture is not None and (seed < 2 or not _is_neutral(kind.picture)):
                values, text = _pixels(kind, kind.picture, rng), "pixels"
            elif kind.type.startswith("float"):
                values, text = draw(rng, kind.shape), range_words
            else:
                values, text = rng.integers(*_RANGES.get(kind.type, (0, 10)), kind.shape), f"whole {kind.type}"
            tensors[name] = np.asarray(values, np.float32)
            words.setdefault(text)
        yield " and ".join(words), tensors


_RANGES = {"bool": (0, 2), "uint8": (0, 256), "int8": (-128, 128)}


def _is_neutral(picture: Preprocess) -> bool:
    return set(picture.mean) == {0.0} and set(picture.scale) == {1.0}


def _pixels(kind: InputKind, picture: Preprocess, rng: Any) -> Any:
    """Random pixels after their preprocessing."""
    import numpy as np

    pixels = rng.integers(0, 256, kind.shape).astype(np.float32)
    # One mean and scale per channel, along the axis that the channels lie on.
    axis = 1 if picture.channel_format == "nchw" else len(kind.shape) - 1
    form = [-1 if i == axis else 1 for i in range(len(kind.shape))]
    mean, scale = (np.asarray(v, np.float32).reshape(form) for v in (picture.mean, picture.scale))
    return (pixels - mean) * scale
