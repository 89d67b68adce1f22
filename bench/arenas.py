"""Arenas of networks, of random graphs and of random intervals against the most bytes that live at once."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Sequence

from figures import Figure

Lifetime = tuple[int, int, int]


def graph_lifetimes(source: random.Random, ops: int, reach: int) -> list[Lifetime]:
    """A network of `ops` in order: branches that join soon, skip connections over up to `reach` ops, sizes that shrink
    and grow along it. A tensor lives from the op that makes it to the last that reads it."""
    last = list(range(ops))
    sizes = []
    size = 1e6
    for i in range(ops):
        size *= 1 if source.random() > 0.08 else 0.5 if source.random() < 0.7 else 2
        size = min(4e6, max(2e3, size))
        sizes.append(int(size * (1 if source.random() < 0.5 else source.choice((4, 0.25 + source.random())))))
        reads = [i - 1]
        if source.random() < 0.3:
            reads.append(i - 2 - source.randrange(3))
        if source.random() < 0.1:
            reads.append(i - 2 - source.randrange(reach))
        for read in reads:
            if read >= 0:
                last[read] = i
    return list(zip(range(ops), last, sizes, strict=True))


def intervals(source: random.Random, count: int, mean_length: float, by_powers: bool) -> list[Lifetime]:
    """Lifetimes that no network has: independent starts, lengths and sizes."""
    lives = []
    for _ in range(count):
        first = source.randrange(count)
        last = min(count, first + int(-math.log(1 - source.random()) * mean_length))
        lives.append((first, last, int(2 ** (8 + 14 * source.random())) if by_powers else source.randint(1, 10**6)))
    return lives


def random_arenas(networks: Sequence[float]) -> Iterator[Figure]:
    """`networks`: ratios of compiled networks."""
    from tpu_mlir.core import pymlir

    def ratio(lives: list[Lifetime]) -> float:
        plan = pymlir().plan_arena(lives)
        return float(plan["bytes"] / plan["lower_bound"])

    source = random.Random(5)
    graphs = [
        ratio(graph_lifetimes(source, ops, reach))
        for ops in (10, 30, 100, 300, 1000, 10000)
        for reach in (4, 20, 200)
        for _ in range(20 if ops <= 300 else 3)
    ]
    apart = [
        ratio(intervals(source, count, length, by_powers))
        for count in (10, 30, 100, 300, 1000)
        for length in (3, 0.02 * count, 0.1 * count, 0.3 * count)
        for by_powers in (False, True)
        for _ in range(4)
    ]
    kinds = {"networks, --opt 1 and 2": list(networks), "random graphs": graphs, "random intervals": apart}
    for kind, ratios in kinds.items():
        note = f"of {len(ratios)}"
        mean = sum(ratios) / len(ratios)
        yield Figure(f"arena / most that lives at once, {kind}: mean", 1.02, 1.00, {"": mean}, note)
        yield Figure(f"arena / most that lives at once, {kind}: worst", 1.10, 1.05, {"": max(ratios)}, note)
    slowest = 0.0
    for lives in (graph_lifetimes(source, 10000, 200), intervals(source, 10000, 200, True)):
        started = time.process_time()
        pymlir().plan_arena(lives)
        slowest = max(slowest, time.process_time() - started)
    yield Figure("10,000 random tensors planned, CPU seconds", 1.0, 1.0, {"": slowest})
