"""No bit of a bmodel is idle: a flipped weight, shift, stride or address changes the result or is reported."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pymlir
import pytest
from harness import Net, compile_net
from test_planted_faults import _net


def _run(path: Path, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray] | None:
    """All tensors of a run, or nothing where the file is refused in a sentence."""
    try:
        return pymlir.run_bmodel(str(path), inputs, dump_all=True, fixed=True)["tensors"]
    except pymlir.MLIRError as error:
        assert str(error) and "\n" not in str(error)
        return None


@pytest.fixture(scope="module", params=[1, 2], ids=["alone", "groups"])
def compiled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Net]:
    folder = tmp_path_factory.mktemp("flips")
    return folder, compile_net(_net, 11, folder, "INT8", opt=request.param)


def _positions(data: bytes, folder: Path) -> dict[str, list[int]]:
    """Offsets in the file of weight bytes, found by their content: in groups the filters of channels lie apart."""
    header = 64 + int.from_bytes(data[8:12], "little")
    weights = np.load(next(folder.glob("*addressed*weight.npz"), None) or next(folder.glob("final*weight.npz")))
    arrays = [weights[name] for name in weights.files if name.endswith("_reordered")]
    filters = [channel.tobytes() for array in arrays for channel in array[0]]
    places = [data.index(blob, header) for blob in filters]
    return {"weight": [p + i for p, blob in zip(places, filters, strict=False) for i in range(len(blob))]}


def test_flipped_weights_are_seen(compiled: tuple[Path, Net], tmp_path: Path) -> None:
    folder, net = compiled
    data = (folder / "net.bmodel").read_bytes()
    right = _run(folder / "net.bmodel", net.inputs)
    assert right is not None
    rng = np.random.default_rng(3)
    offsets = _positions(data, folder)["weight"]
    unseen = []
    for offset in rng.choice(offsets, 60, replace=False):
        flipped = bytearray(data)
        flipped[offset] ^= 1 << int(rng.integers(8))
        (tmp_path / "net.bmodel").write_bytes(flipped)
        result = _run(tmp_path / "net.bmodel", net.inputs)
        if result is not None and all(np.array_equal(result[n], right[n]) for n in right):
            unseen.append(int(offset))
    assert not unseen, f"{len(unseen)} flipped weight bits changed nothing and were not reported: {unseen}"


def test_flipped_command_bits_are_seen_or_have_no_meaning(compiled: tuple[Path, Net], tmp_path: Path) -> None:
    """Every bit of shifts, strides and addresses that a command uses, by field through the disassembler's text."""
    import re

    from test_planted_faults import WITHOUT_MEANING, _tool

    folder, net = compiled
    right = _run(folder / "net.bmodel", net.inputs)
    assert right is not None and _tool("dis", folder / "net.bmodel", "-o", tmp_path / "right.txt").returncode == 0
    lines = (tmp_path / "right.txt").read_text().splitlines()
    rng = np.random.default_rng(4)
    fields = {
        "opd0_addr": 18,
        "opd1_addr": 18,
        "res0_addr": 18,
        "src_start_addr": 32,
        "dst_start_addr": 32,
        "src_cstride": 12,
        "dst_cstride": 12,
        "src_nstride": 12,
        "dst_nstride": 12,
    }
    idle = {
        **WITHOUT_MEANING,
        "src_nstride": re.compile(r"src_nsize=1\b"),
        "dst_nstride": re.compile(r"src_nsize=1\b"),
        "src_cstride": re.compile(r"src_csize=1\b"),
        "dst_cstride": re.compile(r"src_csize=([1-9]|[1-5]\d|6[0-4])\b"),
    }
    tried, unseen = 0, []
    for field, bits in fields.items():
        pattern = re.compile(rf"\b{field}=(0x[0-9a-f]+|\d+)\b")
        places = [
            i
            for i, line in enumerate(lines)
            if pattern.search(line) and not (field in idle and idle[field].search(line))
        ]
        for i in rng.permutation(places)[:6]:
            value = int(pattern.search(lines[i]).group(1), 0)  # type: ignore[union-attr]
            changed = list(lines)
            changed[i] = pattern.sub(f"{field}={value ^ (1 << int(rng.integers(bits)))}", lines[i])
            (tmp_path / "flip.txt").write_text("\n".join(changed) + "\n")
            tried += 1
            if _tool("asm", tmp_path / "flip.txt", folder / "net.bmodel", "-o", tmp_path / "net.bmodel").returncode:
                continue
            result = _run(tmp_path / "net.bmodel", net.inputs)
            if result is not None and all(np.array_equal(result[n], right[n]) for n in right):
                unseen.append(f"{field}: {lines[i][:160]}")
    assert tried >= 30
    assert not unseen, f"{len(unseen)} of {tried} flips changed nothing:\n" + "\n".join(unseen)


def test_the_copy_is_the_original(compiled: tuple[Path, Net], tmp_path: Path) -> None:
    """The comparison above is not fooled by the copy itself."""
    folder, net = compiled
    shutil.copy(folder / "net.bmodel", tmp_path / "net.bmodel")
    right, again = _run(folder / "net.bmodel", net.inputs), _run(tmp_path / "net.bmodel", net.inputs)
    assert right is not None and again is not None and all(np.array_equal(right[n], again[n]) for n in right)
