"""Wrong roundings, shifts, offsets and strides in emitted code are caught by the exact comparison.

The stream of a compiled network is disassembled, one field is changed as a faulty code generator would, and it is
assembled again. The comparison must differ, or the file must be refused in a sentence.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from harness import Net, compare, compile_net

# field -> how a faulty generator would have it, as a function of the right value
FAULTS = {
    "opd2_n_str": lambda v: 3 if v == 5 else v ^ 2,  # floor instead of half up; another rounding of a cast
    "res_op_x_str": lambda v: v + 1,
    "res_op_y_str": lambda v: v + 1,
    "opd0_up_pad": lambda v: v - 1,
    "opd0_lf_pad": lambda v: v - 1,
    "opd0_c_str": lambda v: v + 1,
    "opd0_addr": lambda v: v + 64,
    "opd1_addr": lambda v: v + 64,
    "res0_addr": lambda v: v + 64,
    "opd0_sign": lambda v: v ^ 1,
    "opd2_sign": lambda v: v ^ 1,
    "src_cstride": lambda v: v + 1,
    "dst_cstride": lambda v: v + 1,
    "src_hstride": lambda v: v + 1,
    "src_start_addr": lambda v: v + 4,
    "dst_start_addr": lambda v: v + 4,
    "opd2_addr": lambda v: v ^ 1,  # the shift of a constant requantisation
}


# Where a field has no meaning (a constant in the operand's place, an axis of length 1, the sign of floats), or where
# the fault is below what arithmetic resolves (a multiplier of 31 bits that is 64 too large), nothing is planted.
WITHOUT_MEANING = {
    "opd1_addr": re.compile(r"opd1_const=1"),
    "src_hstride": re.compile(r"src_hsize=1\b"),
    "opd0_sign": re.compile(r"opd0_prec=fp32|arith\.copy"),  # a copy has no sign to extend
    "opd2_sign": re.compile(r"res0_prec=fp32|arith\.copy"),
    # Loads of at most a channel a lane: the stride counts from one group of lanes to the next.
    "dst_cstride": re.compile(r"(?=.*src_start_addr=0x1[0-9a-f]{8}\b).*src_csize=([1-9]|[1-5]\d|6[0-4])\b"),
}


def _net(net: Net) -> list:
    # More channels than lanes and more batches than one, so that every stride is used.
    x = net.input([2, 70, 24, 20])
    w1, b1 = net.weight([90, 70, 3, 3], 0.04), net.weight([90], 0.2)
    a = net.op("Conv", [x, w1, b1], {"kernel_shape": [3, 3], "strides": [1, 1], "pads": [1, 1, 1, 1], "do_relu": True})
    w2 = net.weight([90, 90, 1, 1], 0.1)
    b = net.op("Conv", [a, w2, net.none()], {"kernel_shape": [1, 1], "strides": [1, 1], "pads": [0, 0, 0, 0]})
    c = net.op("Add", [b, a], {})
    d = net.op(
        "AvgPool", [c], {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "count_include_pad": True}
    )
    # So small that it stays a table. In a chain of lines each is the result for some inputs only, and is cut off for
    # the rest, where a fault changes nothing.
    e = net.op("SiLU", [d], {})
    return [e]


def _tool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    tool = shutil.which("bmodel-tool")
    assert tool, "bmodel-tool is not on PATH; source envsetup.sh"
    return subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", params=[1, 2], ids=["alone", "groups"])
def compiled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Net]:
    folder = tmp_path_factory.mktemp("faults")
    net = compile_net(_net, 7, folder, "INT8", opt=request.param)
    outcome = compare(folder, net.inputs)
    assert outcome.difference is None and outcome.compared == outcome.expected
    return folder, net


def test_every_planted_fault_is_caught(compiled: tuple[Path, Net], tmp_path: Path) -> None:
    folder, net = compiled
    assert _tool("dis", folder / "net.bmodel", "-o", tmp_path / "right.txt").returncode == 0
    lines = (tmp_path / "right.txt").read_text().splitlines()
    rng = np.random.default_rng(1)
    planted, caught, missed = 0, 0, []
    for name in ("final.mlir", *[p.name for p in folder.glob("*.npz")]):
        shutil.copy(folder / name, tmp_path / name)
    for field, wrong in FAULTS.items():
        pattern = re.compile(rf"\b{field}=(0x[0-9a-f]+|\d+)\b")
        idle = WITHOUT_MEANING.get(field)
        places = [i for i, line in enumerate(lines) if pattern.search(line) and not (idle and idle.search(line))]
        for i in rng.permutation(places)[:4]:
            value = int(pattern.search(lines[i]).group(1), 0)  # type: ignore[union-attr]
            faulty = list(lines)
            faulty[i] = pattern.sub(f"{field}={wrong(value)}", lines[i])
            (tmp_path / "faulty.txt").write_text("\n".join(faulty) + "\n")
            planted += 1
            made = _tool("asm", tmp_path / "faulty.txt", folder / "net.bmodel", "-o", tmp_path / "net.bmodel")
            if made.returncode != 0:
                caught += 1  # the assembler refused an illegal value
                continue
            try:
                outcome = compare(tmp_path, net.inputs)
                found = outcome.difference is not None
            except Exception:  # the simulator refused the stream in a sentence
                found = True
            caught += found
            if not found:
                missed.append(f"{field} in: {lines[i][:200]}")
    assert planted >= 40
    assert not missed, f"{len(missed)} of {planted} planted faults were not seen:\n" + "\n".join(missed)
    assert caught == planted
