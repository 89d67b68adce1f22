"""Runs one small network down the whole road and compares, bit by bit.

A network is built in memory, calibrated on its own random inputs, lowered, compiled and simulated; every tensor that a
tpu op computes must be the same in the Tpu interpreter and in the simulator, in every bit: with every op by itself and
with layer groups. Decides no shapes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pymlir

# The number formats that a network is compiled in: modes of convert-top-to-tpu, and INT8 with zero points.
MODES = ("F32", "F16", "BF16", "INT8", "INT8_ASYM")

# A builder adds ops to `b` behind the inputs it makes and returns the outputs.
Build = Callable[["Net"], list[Any]]


@dataclass
class Net:
    """A network under construction: the builder, the random source, and the inputs made so far."""

    builder: Any
    rng: np.random.Generator
    inputs: dict[str, np.ndarray] = field(default_factory=dict)
    count: int = 0
    marks: set[str] = field(default_factory=set)  # what a builder tells its helpers

    def name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}_{self.count}"

    def input(self, shape: list[int], positive: bool = False) -> Any:
        """A network input with standard normal values, or their magnitudes."""
        name = self.name("input")
        data = self.rng.standard_normal(shape).astype(np.float32)
        self.inputs[name] = np.abs(data) if positive else data
        return self.builder.input(name, list(shape), {})

    def weight(self, shape: list[int], scale: float = 1.0) -> Any:
        data = (self.rng.standard_normal(shape) * scale).astype(np.float32)
        return self.builder.weight(self.name("weight"), data)

    def op(self, kind: str, operands: list[Any], attrs: dict[str, Any]) -> Any:
        return self.builder.op(f"top.{kind}", operands, attrs, self.name(kind))

    def none(self) -> Any:
        return self.builder.none()


@dataclass
class Outcome:
    """What the comparison saw: tensors compared, tensors expected, and the first difference as a sentence."""

    compared: int
    expected: int
    difference: str | None
    summary: dict[str, Any]
    folder: Path


def _table(ranges: dict[str, np.ndarray]) -> str:
    rows = ["# op_name threshold min max"]
    for name, value in ranges.items():
        low, high = float(value.min()), float(value.max())
        threshold = max(abs(low), abs(high), 1e-5)
        rows.append(f"{name} {threshold:.7f} {min(low, threshold):.7f} {max(high, low, 1e-5):.7f}")
    return "\n".join(rows) + "\n"


def compile_net(
    build: Build, seed: int, folder: Path, mode: str = "INT8", lmem: int = 0, quant_io: bool = False, opt: int = 2
) -> Net:
    """Writes top.mlir, tpu.mlir, final.mlir and net.bmodel into `folder`; `opt` is layer-group's."""
    net = Net(pymlir.Builder("net"), np.random.default_rng(seed))
    outputs = build(net)
    net.builder.finish(outputs)
    top, tpu = folder / "top.mlir", folder / "tpu.mlir"
    net.builder.save(str(top), "top_weight.npz")
    lowering = "processor-assign{chip=bm1684x}"
    quantize, asymmetric = mode.removesuffix("_ASYM"), str(mode.endswith("_ASYM")).lower()
    if quantize == "INT8":
        module = pymlir.module()
        module.load(str(top))
        for name, data in net.inputs.items():
            module.set_tensor(name, data)
        module.invoke(True)
        table = folder / "cali_table"
        table.write_text(_table(module.get_all_tensor()))
        lowering += f",import-calibration-table{{file={table} asymmetric={asymmetric}}}"
    # Both ways to join what leaves the network; integers leave in one scale, as model_deploy.py has it.
    joins = "false" if quant_io or seed % 2 else "true"
    lowering += (
        f",processor-top-optimize,convert-top-to-tpu{{mode={quantize} asymmetric={asymmetric} join_floats={joins}}}"
        ",canonicalize,weight-fold"
    )
    pymlir.run_passes(str(top), str(tpu), f"builtin.module({lowering})", None)
    emit_net(folder, mode, lmem, quant_io, opt)
    return net


def emit_net(folder: Path, mode: str = "INT8", lmem: int = 0, quant_io: bool = False, opt: int = 2) -> None:
    """Writes final.mlir and net.bmodel from tpu.mlir."""
    tpu, final = folder / "tpu.mlir", folder / "final.mlir"
    io = "true" if quant_io and mode != "F32" else "false"
    passes = (
        f"strip-io-quant{{quant_input={io} quant_output={io}}},processor-tpu-optimize,weight-reorder,subnet-divide,"
        f"op-reorder,layer-group{{lmem={lmem} opt={opt}}},address-assign,codegen{{model_file={folder / 'net.bmodel'}}}"
    )
    pymlir.run_passes(str(tpu), str(final), f"builtin.module({passes})", None)


def views_of(final: Path) -> set[str]:
    """Names of results that only rename bytes."""
    import re

    text = final.read_text()
    locations = dict(re.findall(r'^(#loc\d*) = loc\("([^"]*)"\)', text, re.M))
    names = set()
    for line in text.splitlines():
        if '"tpu.Reshape"' in line:
            match = re.search(r'loc\((#loc\d*|"[^"]*")\)\s*$', line)
            if match:
                names.add(locations.get(match.group(1), match.group(1).strip('"')))
    return names


def compare(folder: Path, inputs: dict[str, np.ndarray]) -> Outcome:
    """Interpreter of final.mlir against the simulator of net.bmodel, on every tensor that is not a view."""
    module = pymlir.module()
    module.load(str(folder / "final.mlir"))
    for name, data in inputs.items():
        module.set_tensor(name, data)
    module.invoke(True)
    reference = module.get_all_fixed_tensor()
    result = pymlir.run_bmodel(str(folder / "net.bmodel"), inputs, dump_all=True, fixed=True)
    simulated, known = result["tensors"], result["known"]
    views = views_of(folder / "final.mlir")
    expected = [n for n in reference if n not in inputs and n not in views]
    compared, difference = 0, None
    for name in expected:
        if name not in simulated:
            difference = difference or f"'{name}' is not in the simulator's tensors"
            continue
        compared += 1
        a, b = reference[name], simulated[name].reshape(reference[name].shape)
        if name in known:  # slices need not compute what nothing reads
            mask = known[name].reshape(a.shape)
            a, b = np.where(mask, a, 0).astype(a.dtype), np.where(mask, b, 0).astype(b.dtype)
        if a.dtype != b.dtype or not np.array_equal(a.view(np.uint8), b.view(np.uint8)):
            where = np.argwhere(a != b)
            spot = tuple(int(i) for i in where[0]) if len(where) else ()
            difference = difference or (
                f"'{name}' {a.dtype}{list(a.shape)} differs in {len(where)} of {a.size}, first at {spot}: "
                f"interpreter {a[spot]}, simulator {b[spot]}"
            )
    return Outcome(compared, len(expected), difference, result["summary"], folder)


def run_case(
    build: Build, seed: int, folder: Path, mode: str = "INT8", lmem: int = 0, quant_io: bool = False
) -> Outcome:
    """With every op by itself, then with groups; the outcome with groups unless the other differs or is not safe."""
    net = compile_net(build, seed, folder, mode, lmem, quant_io, opt=1)
    alone = judge(folder, net)
    if alone.difference:
        return alone
    emit_net(folder, mode, lmem, quant_io, opt=2)
    return judge(folder, net)


def judge(folder: Path, net: Net) -> Outcome:
    """The comparison, whose difference is also what the safety check finds."""
    outcome = compare(folder, net.inputs)
    return outcome if outcome.difference else replace(outcome, difference=unsafe(folder) or None)


def unsafe(folder: Path) -> str:
    """What the safety check has to say of net.bmodel; empty where it is clean."""
    tool = shutil.which("bmodel-tool")
    assert tool, "bmodel-tool is not on PATH; source envsetup.sh"
    done = subprocess.run([tool, "check", str(folder / "net.bmodel")], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


if __name__ == "__main__":
    # Reproduces one case: harness.py <family, or graph> <seed> <folder> [mode] [lmem]
    from families import FAMILIES
    from graphs import graph, graph_large, graph_wide
    from tokens import tokens

    family, seed, where = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    where.mkdir(parents=True, exist_ok=True)
    rest = sys.argv[4:]
    builders = (graph, graph_large, graph_wide, tokens)
    found = {f.__name__: f for f in builders}.get(family) or FAMILIES[family]
    print(
        run_case(found, seed, where, rest[0] if rest else "INT8", int(rest[1]) if len(rest) > 1 else 0), unsafe(where)
    )
