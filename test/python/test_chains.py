"""Long chains of one kind of op: they compile exactly, and in time that grows as their length does."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, needs_core

sys.path.insert(0, str(ROOT / "bench"))

from kinds import KINDS, write_kind

pytestmark = needs_core


def deployed(folder: Path, kind: str, ops: int, proven: bool) -> Any:
    from tpu_mlir.deployment.deploy import deploy
    from tpu_mlir.deployment.options import Options

    mlir, table = write_kind(folder, kind, ops)
    options = Options(
        mlir=mlir,
        model=mlir.with_suffix(".bmodel"),
        chip="bm1684x",
        quantize="INT8",
        calibration_table=table,
        quant_input=True,
        quant_output=True,
        skip_validation=not proven,
    )
    # The table is made up: what leaves its ranges is lost, which is not the question here.
    return deploy(options, quiet=True, require=False)


@pytest.mark.parametrize("kind", KINDS)
def test_a_chain_longer_than_what_fits_together_is_exact(tmp_path: Path, kind: str) -> None:
    # 64 tables have a place at a time, and 32 ops are made one.
    done = deployed(tmp_path, kind, 136, True)
    assert done.proof is not None
    assert all(r.verdict == "EQUAL" for r in done.proof.exact.results)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["Sigmoid", "LeakyRelu", "AddConst", "AvgPool"])
def test_time_grows_as_the_chain_does(tmp_path: Path, kind: str) -> None:
    """Processor seconds; a chain that is looked at as a whole for each of its ops has an exponent near 2."""

    def seconds(ops: int) -> float:
        started = time.process_time()
        deployed(tmp_path, kind, ops, False)
        return time.process_time() - started

    deployed(tmp_path, kind, 100, False)
    small, large = min(seconds(400), seconds(400)), seconds(1600)
    assert math.log(large / small, 4) < 1.3
