"""INT8 takes no more cycles than F32, by the timing model: random members of every op family, and ops at sizes that
networks have, at batches of 1, 4 and 65.

What takes more has a reason, which is checked as well: `REASONS` is the whole list.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from families import FAMILIES
from harness import Build, Net
from precisions import Case, both

SEEDS = int(os.environ.get("TPU_MLIR_SEEDS", "6"))
START = 25  # cycles: start-up and gap of an instruction, and a line or two of work
TRANSFER = 215  # cycles: start-up of a transfer, and the little that it moves
RATE = 62.3  # bytes a cycle of a load, of the chip file


@dataclass(frozen=True)
class Reason:
    """Why INT8 may take longer, and whether that is so of a case."""

    sentence: str
    holds: Callable[[Case], bool]


def _depth(op: str) -> int:
    """How many products a MatMul adds to each element."""
    left = re.search(r": \(tensor<([0-9x]+)xf32>", op)
    assert left, op
    return int(left[1].split("x")[-2 if "left_transpose = true" in op else -1])


# Lowered to f32 in INT8 as well.
FLOATS = tuple(f'"top.{name}"' for name in ("CumSum", "Div", "Interp", "GRU", "LSTM"))

REASONS = [
    Reason(
        "so little to do that instructions' start-up is what counts: sums, bias, requantisation and relu are one "
        "instruction in F32 and up to one each in INT8",
        lambda c: c.int8 - c.f32 <= START * (c.int8_instructions - c.f32_instructions),
    ),
    Reason(
        "so little to do that a transfer's start-up is what counts: words of requantisation are one more than F32 has",
        lambda c: (
            c.int8 - c.f32
            <= TRANSFER * (c.int8_transfers - c.f32_transfers)
            + START * max(0, c.int8_instructions - c.f32_instructions)
        ),
    ),
    Reason(
        "nothing but transfers' start-up, and rows of filters that have a place for each of 64 input channels",
        lambda c: c.f32 <= 1.2 * TRANSFER * c.f32_transfers and c.int8 <= 1.1 * c.f32,
    ),
    Reason(
        "a lookup takes an element a cycle in each lane; F32 computes with as many at once as 64 bytes hold",
        lambda c: c.family == "activation" and c.int8_weights > c.f32_weights and c.int8 <= 1.25 * c.f32,
    ),
    Reason(
        "single bytes that lie apart are slow to move in global memory, so they visit the lanes; fp32's stay",
        lambda c: '"top.Slice"' in c.op and "steps" in c.op and c.int8_instructions > c.f32_instructions,
    ),
    Reason(
        "each operand of a maximum is requantised to the result's scale first; F32 has one scale",
        lambda c: '"top.Max"' in c.op or '"top.Min"' in c.op,
    ),
    Reason(
        "operands of other scales visit the lanes to be requantised, in rows that may be short; F32 joins them in "
        "global memory",
        lambda c: '"top.Concat"' in c.op and c.int8_instructions > c.f32_instructions,
    ),
    Reason(
        "windows are laid out in rows, of which short ones take as long whatever their elements' width; what INT8 adds "
        "to the products is then all that differs",
        lambda c: c.family in ("wide_conv", "wide_pool") and c.int8 <= 1.6 * c.f32,
    ),
    Reason(
        "a slope for each channel is three words in INT8 and one in F32, and the words are laid out by lanes: some "
        "cycles, once for each tile",
        lambda c: '"top.PRelu"' in c.op and c.int8 - c.f32 <= 4 * START,
    ),
    Reason(
        "filters have a place for each of 64 input channels: of few, more bytes are zeros than fp32 takes",
        lambda c: (
            c.int8 - c.f32
            <= START * max(0, c.int8_instructions - c.f32_instructions) + max(0, c.int8_weights - c.f32_weights) / RATE
        ),
    ),
    Reason(
        "computed in f32 in INT8 as well: turning each integer operand into f32, a cast and a product, is on top",
        lambda c: c.op.startswith(FLOATS) and c.int8_instructions >= c.f32_instructions + 2 and c.int8 <= 1.2 * c.f32,
    ),
    Reason(
        "the array adds up 64 products at once in INT8 and makes a quarter as many columns as in F32: of up to four "
        "products most places are empty",
        lambda c: '"top.MatMul"' in c.op and _depth(c.op) <= 4 and c.int8 <= 1.1 * c.f32,
    ),
]


def unexplained(case: Case | None) -> str:
    """What is wrong with a case: nothing where INT8 is as fast, or where a reason holds."""
    if case is None or case.int8 <= case.f32 or any(r.holds(case) for r in REASONS):
        return ""
    return f"{case.family} {case.seed}: INT8 {case.int8:.0f}, F32 {case.f32:.0f} cycles: {case.op}"


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_int8_takes_no_more_cycles_than_f32(family: str, tmp_path: Path) -> None:
    found = [unexplained(both(family, FAMILIES[family], seed, tmp_path)) for seed in range(SEEDS)]
    assert not any(found), "\n".join(filter(None, found))


def _conv(batch: int, ic: int, oc: int, size: int, kernel: int, **attrs: Any) -> Build:
    def build(net: Net) -> list[Any]:
        x = net.input([batch, ic, size, size])
        w = net.weight([oc, ic // attrs.get("group", 1), kernel, kernel], 0.1)
        window = {"kernel_shape": [kernel] * 2, "strides": [1, 1], "dilations": [1, 1], "pads": [kernel // 2] * 4}
        return [net.op("Conv", [x, w, net.none()], {"group": 1, "do_relu": False, **window, **attrs})]

    return build


def _matmul(batch: int, rows: int, depth: int, columns: int) -> Build:
    def build(net: Net) -> list[Any]:
        x, w = net.input([batch, rows, depth]), net.weight([depth, columns], 0.1)
        return [net.op("MatMul", [x, w, net.none()], {"do_relu": False})]

    return build


def _attention(batch: int, rows: int, width: int) -> Build:
    """Products of one tensor with three matrices, of which two are multiplied with each other."""

    def build(net: Net) -> list[Any]:
        x = net.op("Add", [net.input([batch, rows, width]), net.weight([1, rows, width])], {"do_relu": False})
        q, k, v = (
            net.op("MatMul", [x, net.weight([width, width], 0.1), net.none()], {"do_relu": False}) for _ in range(3)
        )
        scores = net.op("MatMul", [q, net.op("Permute", [k], {"order": [0, 2, 1]}), net.none()], {"do_relu": False})
        return [net.op("MatMul", [scores, v, net.none()], {"do_relu": False})]

    return build


def _depth_to_space(batch: int, block: int, size: int) -> Build:
    def build(net: Net) -> list[Any]:
        x = net.input([batch, block * block, size, size])
        x = net.op("Reshape", [x], {"shape": [batch, 1, block, block, size, size]})
        x = net.op("Permute", [x], {"order": [0, 1, 4, 2, 5, 3]})
        return [net.op("Reshape", [x], {"shape": [batch, 1, size * block, size * block]})]

    return build


def _permute(shape: list[int], order: list[int]) -> Build:
    return lambda net: [net.op("Permute", [net.input(shape)], {"order": order})]


def _concat(shapes: list[list[int]], axis: int) -> Build:
    return lambda net: [net.op("Concat", [net.input(s) for s in shapes], {"axis": axis, "do_relu": False})]


SIZES: dict[str, Build] = {
    **{f"image convolution, batch {n}": _conv(n, 3, 7, 5, 3) for n in (1, 4, 65)},
    **{f"stem, batch {n}": _conv(n, 3, 32, 32, 3, strides=[2, 2]) for n in (1, 4, 65)},
    **{f"groups of one channel, batch {n}": _conv(n, 4, 36, 24, 5, group=4) for n in (1, 4)},
    "dilated": _conv(4, 2, 20, 24, 5, dilations=[3, 3], pads=[6] * 4),
    "one pixel": _conv(1, 1, 1, 1, 1),
    "odd channels": _conv(4, 65, 67, 9, 3),
    **{f"rows, batch {n}": _matmul(n, 44, 478, 5) for n in (1, 4, 65)},
    "one row": _matmul(1, 1, 2048, 10),
    **{f"attention, batch {n}": _attention(n, 99, 64) for n in (1, 4)},
    **{f"depth to space, batch {n}": _depth_to_space(n, 3, 56) for n in (1, 4, 65)},
    "image, channels last": _permute([1, 3, 120, 160], [0, 2, 3, 1]),
    "image, channels first": _permute([1, 120, 160, 3], [0, 3, 1, 2]),
    "boxes": _permute([4, 3, 85, 20, 20], [0, 1, 3, 4, 2]),
    "columns joined": _concat([[3, 100, 12, 2], [3, 100, 12, 4], [3, 100, 12, 3]], 3),
    "rows joined": _concat([[65, 7, 3, 6], [65, 7, 5, 6]], 2),
    "boxes joined": _concat([[1, 8400, 4], [1, 8400, 1]], 2),
    "five axes joined": _concat([[2, 3, 4, 5, 6], [2, 3, 4, 5, 2]], 4),
}


@pytest.mark.parametrize("name", SIZES)
def test_int8_takes_no_more_cycles_than_f32_at_sizes_of_networks(name: str, tmp_path: Path) -> None:
    case = both(name, SIZES[name], 1, tmp_path)
    assert case is not None, f"'{name}' has no form"
    assert not unexplained(case)


def test_a_reason_of_instructions_does_not_excuse_transfers() -> None:
    case = Case("batch of 65", 0, "", 45677, 6460, 7, 2, 4096, 1024)
    assert unexplained(case)
    assert not unexplained(Case("tiny", 0, "", 1047, 1047 - 2 * START, 4, 2, 64, 64))
