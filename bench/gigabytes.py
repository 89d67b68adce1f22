#!/usr/bin/env python3
"""What a network of gigabytes costs: peak memory of import and INT8 deployment, and the import's seconds.

Products of 8192 x 8192 in external data. Peaks are of the whole command, over the bytes of the weights. Seconds are
those of model_transform.py, proof included, over those of a copy of the weights, in turns: a slow disk or a busy
machine hurts both alike.

    python bench/gigabytes.py [--products 7] [-o folder] [--turns 3]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "bench")]

from figures import Figure, table  # noqa: E402
from networks import CHIP, timed_command  # noqa: E402

SIZE = 8192


def write_network(folder: Path, count: int, size: int) -> tuple[Path, Path, int]:
    """`count` products of `size` x `size` with a ReLU each, a calibration table, and the bytes of the weights."""
    import numpy as np
    from onnx import TensorProto, helper

    few = (np.random.default_rng(0).standard_normal((64, size)) / np.sqrt(size)).astype(np.float32)
    nodes, inits, x = [], [], "x"
    with (folder / "big.data").open("wb") as data:
        for i in range(count):
            weight = TensorProto(name=f"w{i}", data_type=TensorProto.FLOAT, dims=[size, size])
            weight.data_location = TensorProto.EXTERNAL
            for key, value in (("location", "big.data"), ("offset", data.tell()), ("length", size * size * 4)):
                entry = weight.external_data.add()
                entry.key, entry.value = key, str(value)
            for part in range(size // 64):
                np.roll(few, part * 7 + i, axis=1).tofile(data)
            inits.append(weight)
            nodes.append(helper.make_node("MatMul", [x, f"w{i}"], [f"m{i}"]))
            nodes.append(helper.make_node("Relu", [f"m{i}"], [f"y{i}"]))
            x = f"y{i}"
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size]) for name in ("x", x)]
    graph = helper.make_graph(nodes, "big", ends[:1], ends[1:], inits)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    (folder / "big.onnx").write_bytes(model.SerializeToString())
    rows = ["x 4 -4 4", *(f"m{i}_MatMul 4 -4 4\ny{i}_Relu 4 0 4" for i in range(count))]
    (folder / "big_cali_table").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder / "big.onnx", folder / "big_cali_table", count * size * size * 4


@dataclass
class Costs:
    """Bytes of the weights; peaks in bytes; seconds of each turn's import and copy, and of the deployment."""

    weights: int
    import_peak: float = 0.0
    deploy_peak: float = 0.0
    imports: list[float] = field(default_factory=list)
    copies: list[float] = field(default_factory=list)
    deployment: float = 0.0


def measure(folder: Path, count: int, size: int, turns: int) -> Costs:
    """Copies the weights and imports the network in turns, and deploys it once; what is made goes again."""
    model, calibration, weights = write_network(folder, count, size)
    costs = Costs(weights)
    tools, out = ROOT / "python/tpu_mlir/bin", folder / "out"
    for _ in range(turns):
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        started = time.perf_counter()
        shutil.copyfile(folder / "big.data", out / "copy")
        costs.copies.append(time.perf_counter() - started)
        (out / "copy").unlink()
        command = [sys.executable, str(tools / "model_transform.py"), "--model_name", "big"]
        seconds, peak = timed_command([*command, "--model_def", str(model), "--mlir", str(out / "big.mlir")])
        costs.imports.append(seconds)
        costs.import_peak = max(costs.import_peak, peak * 2**20)
    command = [sys.executable, str(tools / "model_deploy.py"), "--mlir", str(out / "big.mlir"), "--chip", CHIP]
    command += ["--model", str(out / "big.bmodel"), "--quantize", "INT8", "--calibration_table", str(calibration)]
    costs.deployment, peak = timed_command(command)
    costs.deploy_peak = peak * 2**20
    shutil.rmtree(out)
    return costs


def figures_of(costs: Costs) -> list[Figure]:
    ratios = sorted(i / c for i, c in zip(costs.imports, costs.copies, strict=True))
    title = f"{costs.weights / 1e9:.2f} GB of weights"
    note = f"{min(costs.imports):.1f} s, a copy {min(costs.copies):.2f} s"
    memory, seconds = {"": costs.import_peak / costs.weights}, {"": ratios[len(ratios) // 2]}
    deployed = {"": costs.deploy_peak / costs.weights}
    return [
        Figure(f"{title}: import, peak memory / weights", 1.3, 1.1, memory),
        Figure(f"{title}: import, seconds / those of a copy", 8, 4, seconds, note),
        Figure(f"{title}: INT8, peak memory / weights", 0.7, 0.5, deployed, f"{costs.deployment:.1f} s"),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=7, help="products of 268 MB each (default 7)")
    parser.add_argument("--turns", type=int, default=3, help="copies and imports (default 3)")
    parser.add_argument("-o", "--output", type=Path, help="where to work (default: the system's temporary folder)")
    arguments = parser.parse_args(argv)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory(dir=arguments.output) as folder:
        figures = figures_of(measure(Path(folder), arguments.products, SIZE, arguments.turns))
    print(table(figures))
    return 2 if any(f.holds is False for f in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
