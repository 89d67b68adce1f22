"""Axes longer than the size of one axis in a command (65,535): tensors of many channels, long lists of indices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import Net, run_case

LONG = 70_000
CASES: dict[str, Callable[[Net], Any]] = {
    "a map of many channels": lambda net: net.op("Relu", [net.input([1, LONG])], {"relu_limit": -1.0}),
    "a sum of two": lambda net: net.op("Add", [net.input([LONG]), net.input([LONG])], {}),
    "a product with many columns": lambda net: net.op(
        "MatMul", [net.input([2, 8]), net.weight([8, LONG]), net.none()], {"do_relu": True}
    ),
    "a part": lambda net: net.op("Slice", [net.input([LONG])], {"offset": [1], "steps": [1], "ends": [LONG - 1]}),
    "a reversal": lambda net: net.op("Gather", [net.input([LONG])], {"axis": 0, "indices": list(range(LONG))[::-1]}),
    "one element, often": lambda net: net.op("Gather", [net.input([3, 2])], {"axis": 0, "indices": [1] * LONG}),
}


@pytest.mark.parametrize("mode", ["INT8", "F32"])
@pytest.mark.parametrize("case", CASES)
def test_long_axes_are_cut(case: str, mode: str, tmp_path: Path) -> None:
    outcome = run_case(lambda net: [CASES[case](net)], 1, tmp_path, mode)
    assert outcome.difference is None
    assert outcome.compared == outcome.expected > 0
