"""What families draw alike: sizes, shapes and attributes, from the network's own random source."""

from __future__ import annotations

from typing import Any

import numpy as np

ELEMENTS = 400_000  # most elements of one tensor
MACS = 40_000_000  # most multiply-accumulates of one case


def draw_size(rng: np.random.Generator, low: int, high: int) -> int:
    """Log-uniform: small and large sizes are both likely."""
    return round(np.exp(rng.uniform(np.log(low), np.log(high))))


def draw_shape(rng: np.random.Generator, limit: int = ELEMENTS) -> list[int]:
    while True:
        shape = [int(rng.integers(1, 5)), draw_size(rng, 1, 300), draw_size(rng, 1, 130), draw_size(rng, 1, 130)]
        if np.prod(shape) <= limit:
            return shape


def draw_relu(rng: np.random.Generator) -> dict[str, Any]:
    do_relu = bool(rng.integers(2))
    return {"do_relu": do_relu, "relu_limit": 6.0 if do_relu and rng.integers(3) == 0 else -1.0}


def draw_broadcast(rng: np.random.Generator, shape: list[int]) -> list[int]:
    """A shape that broadcasts to `shape`."""
    if rng.integers(2):
        return list(shape)
    return [1 if rng.integers(3) == 0 else s for s in shape]


def draw_deep(rng: np.random.Generator) -> list[int]:
    """A shape of five or six axes."""
    while True:
        shape = [draw_size(rng, 1, 40) for _ in range(int(rng.integers(5, 7)))]
        if np.prod(shape) <= ELEMENTS // 8:
            return shape
