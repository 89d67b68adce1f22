"""How fast the tools are: growth of compile time with the number of ops, and simulation beside onnxruntime."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from chain import write_chain
from figures import Figure
from kinds import KINDS, write_kind
from networks import CHIP, Network
from run import isolated

THREADS = 2
TURNS = 6


def _compile_chain(folder: Path, ops: int, kind: str = "") -> float:
    """CPU seconds of all passes, files included."""
    from tpu_mlir.deployment.deploy import deploy
    from tpu_mlir.deployment.options import Options

    mlir, table = write_kind(folder, kind, ops) if kind else write_chain(folder, ops)
    options = Options(
        mlir=mlir,
        model=mlir.with_suffix(".bmodel"),
        chip=CHIP,
        quantize="INT8",
        calibration_table=table,
        quant_input=True,
        quant_output=True,
        skip_validation=True,
    )
    started = time.process_time()
    deploy(options, quiet=True)
    return time.process_time() - started


def chain_growth(work: Path) -> Iterator[Figure]:
    """Growth from 1,000 to 10,000 ops, seconds and GB at 10,000."""
    folder = work / "chain"
    folder.mkdir(parents=True, exist_ok=True)
    small = min(isolated(_compile_chain, folder, 1000)[0] for _ in range(4))
    runs = [isolated(_compile_chain, folder, 10000) for _ in range(2)]
    large, peak = min(seconds for seconds, _ in runs), max(peak for _, peak in runs)
    note = f"{small:.3f} s, {large:.3f} s"
    yield Figure("chain, 1,000 to 10,000 ops: exponent", 1.10, 1.03, {"": math.log10(large / small)}, note)
    yield Figure("chain of 10,000 ops: CPU seconds", 20, 5, {"": large})
    yield Figure("chain of 10,000 ops: peak memory, GB", 1.5, 1.0, {"": peak * 2**20 / 1e9})


def kind_growth(work: Path) -> Iterator[Figure]:
    """Growth of chains of every single kind, from 1,000 to 4,000 ops; seconds of 5,000 Sigmoids."""
    folder = work / "chain"
    folder.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        small, large = (min(isolated(_compile_chain, folder, n, kind)[0] for _ in range(2)) for n in (1000, 4000))
        what = f"chain of {kind}, 1,000 to 4,000 ops: exponent"
        yield Figure(what, 1.15, 1.05, {"": math.log(large / small, 4)}, f"{small:.3f} s, {large:.3f} s")
    seconds = isolated(_compile_chain, folder, 5000, "Sigmoid")[0]
    yield Figure("chain of 5,000 Sigmoids: CPU seconds", 10, 5, {"": seconds})


def _fastest(run: Callable[[], Any], best: float) -> float:
    started = time.perf_counter()
    run()
    return min(best, time.perf_counter() - started)


def _simulate_in_turns(network: Network) -> tuple[float, float]:
    """Fastest seconds of a simulation and of an fp32 inference by onnxruntime."""
    import numpy as np
    import onnxruntime

    from tpu_mlir.core import pymlir

    with np.load(network.path("_in_f32.npz")) as archive:
        feeds = dict(archive.items())
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.inter_op_num_threads = THREADS, 1
    session = onnxruntime.InferenceSession(str(network.path("_opt.onnx")), settings, providers=["CPUExecutionProvider"])
    ours = theirs = math.inf
    for _ in range(TURNS):
        for _ in range(4):
            theirs = _fastest(lambda: session.run(None, feeds), theirs)
        for _ in range(2):
            ours = _fastest(lambda: pymlir().run_bmodel(str(network.bmodel(2)), feeds, False, True), ours)
    return ours, theirs


def simulation_ratio(network: Network) -> tuple[float, str]:
    (ours, theirs), _ = isolated(_simulate_in_turns, network)
    return ours / theirs, f"{1000 * ours:.1f} ms; onnxruntime {1000 * theirs:.1f} ms"
