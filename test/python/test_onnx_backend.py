"""The onnx package's conformance cases through the importer: whatever imports must compute what the package expects.

A case may be refused (with a sentence), but never computed wrongly and never crash. How many must import is fixed from
below, so that a rule that starts refusing too much is noticed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import NetworkRun
from onnx_backend_cases import Case, node_cases, stored_cases, with_constants

from tpu_mlir.errors import UserError
from tpu_mlir.frontend.onnx import graph

Run = Callable[[onnx.ModelProto, dict[str, Any]], NetworkRun]


# How many cases import today. Raise them when a rule is added; a fall means that a rule refuses what it took.
NODE_CASES = 950
CONVERTED_CASES = 75
# Cases in which onnxruntime computes otherwise than the package expects; we compute what onnxruntime does.
DISPUTED = {
    # The package divides by 0.6 times the length, 2.4; onnxruntime by the whole length of the result, 2.
    "test_resize_downsample_scales_linear_align_corners",
}


def check(case: Case, run: Run) -> str:
    """'' if the case was imported and right, else why it was refused; fails the test when it computed wrongly."""
    names = [i.name for i in case.model.graph.input]
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    feeds = dict(zip(names, case.inputs, strict=False))
    try:
        graph.check_opset(model, case.name)
        shapes = [np.shape(feeds[i.name]) for i in _real_inputs(model)]
        model = graph.prepare(model, case.name, shapes, simplifier=False)
        got = run(model, feeds)
    except UserError as refusal:
        return str(refusal)
    if case.name.split(",")[0] in DISPUTED:
        return "onnxruntime computes otherwise"
    for value, name, expected in zip(got.outputs, got.output_names, case.outputs, strict=True):
        expected = np.asarray(expected)
        # The package rounds these to bfloat16's 8 bits after each of an operator's steps; here they are fp32.
        rtol = max(case.rtol, 2.0**-7) if expected.dtype.name == "bfloat16" else case.rtol
        what = f"{case.name}: output {name}"
        assert value.size == expected.size and (value.shape == expected.shape or expected.ndim == 0), what
        np.testing.assert_allclose(value.reshape(expected.shape), expected, rtol, case.atol, err_msg=what)
    return ""


def _real_inputs(model: onnx.ModelProto) -> list[Any]:
    weights = {w.name for w in model.graph.initializer}
    return [i for i in model.graph.input if i.name not in weights]


def run_all(cases: list[Case], run: Run) -> tuple[set[str], dict[str, str]]:
    imported, refused = set(), {}
    for case in cases:
        reason = check(case, run)
        if reason:
            refused[case.name] = reason
        else:
            imported.add(case.name)
    return imported, refused


def test_node_cases(run_network: Run, record_property: Callable[[str, object], None]) -> None:
    cases = node_cases()
    imported, refused = run_all([*cases, *(with_constants(c) for c in cases if len(c.inputs) > 1)], run_network)
    record_property("imported", len(imported))
    print(f"{len(imported)} imported and right, {len(refused)} refused")
    assert len(imported) >= NODE_CASES, sorted(refused)


@pytest.mark.parametrize(("folder", "least"), [("pytorch-converted", CONVERTED_CASES), ("simple", 1)])
def test_stored_cases(folder: str, least: int, run_network: Run) -> None:
    imported, refused = run_all(list(stored_cases(folder)), run_network)
    print(f"{len(imported)} imported and right, {len(refused)} refused")
    assert len(imported) >= least, refused
