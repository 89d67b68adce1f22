"""The safety check blames no sound stream: random members of every op family and random networks, compiled and checked.

`python test/Ops/harness.py <family> <seed> <folder> [mode] [lmem]` makes one case again.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from families import FAMILIES
from graphs import graph, graph_large, graph_wide
from harness import Build, compile_net, emit_net, unsafe
from tokens import tokens

NETWORKS: dict[str, Build] = {"graph": graph, "tokens": tokens, "graph_wide": graph_wide, "graph_large": graph_large}
NETWORKS |= FAMILIES
MEMORIES = (64 * 1024, 128 * 1024, 0)  # bytes per lane; 0: all 256 KiB


def _check(cases: range, folder: Path) -> None:
    """Kinds in turn; every fourth in F32, every second with integers at its border."""
    names, wrong, refused = list(NETWORKS), [], 0
    for case in cases:
        name, seed = names[case % len(names)], 7000 + case // len(names)
        mode = "F32" if seed % 4 == 3 else "INT8"
        lmem, quant_io = MEMORIES[seed % 3], bool(seed % 2)
        try:
            compile_net(NETWORKS[name], seed, folder, mode, lmem, quant_io, opt=1)
        except Exception as error:  # products of products leave every format's range
            refused += 1
            assert "gives no scale" in str(error), f"{name} seed {seed}: {error}"
            continue
        for opt in (1, 2):
            emit_net(folder, mode, lmem, quant_io, opt)
            if text := unsafe(folder):
                wrong.append(f"{name} seed {seed} {mode} lmem {lmem} opt {opt}: {text.splitlines()[0]}")
    assert not wrong, f"{len(wrong)} of {len(cases)} are blamed:\n" + "\n".join(wrong)
    assert refused < len(cases) // 20


def test_sound_networks_are_not_blamed(tmp_path: Path) -> None:
    _check(range(78), tmp_path)


@pytest.mark.slow
def test_more_sound_networks_are_not_blamed(tmp_path: Path) -> None:
    _check(range(1000, 2500), tmp_path)
