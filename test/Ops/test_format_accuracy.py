"""Every number format computes what the network means: results beside those of the Top dialect in fp32.

That interpreter and simulator agree to the bit (test_random_ops.py) does not say that a zero point was taken off
or a bias kept; this does. Decides no shapes.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pymlir
import pytest
from families import FAMILIES
from harness import compile_net

SEEDS = int(os.environ.get("TPU_MLIR_SEEDS", "200")) // 20
# Half a unit in the last place, relative.
ROUNDING = {"F16": 2.0**-11, "BF16": 2.0**-8}


def _tensors(path: Path, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    module = pymlir.module()
    module.load(str(path))
    for name, data in inputs.items():
        module.set_tensor(name, data)
    module.invoke(True)
    return {name: np.asarray(value, np.float64) for name, value in module.get_all_tensor().items()}


def _error(folder: Path, family: str, seed: int, mode: str) -> tuple[float, float, str]:
    """Root of the mean squared error of the worst result, relative to the result's; the result's; its name."""
    net = compile_net(FAMILIES[family], seed, folder, mode, opt=1)
    meant, made = _tensors(folder / "top.mlir", net.inputs), _tensors(folder / "final.mlir", net.inputs)
    worst = (-1.0, 1.0, "")
    for name in meant.keys() & made.keys() - net.inputs.keys():
        a, b = meant[name], made[name].reshape(meant[name].shape)
        finite = np.isfinite(a)
        size = float(np.sqrt(np.mean(a[finite] ** 2))) if finite.any() else 0.0
        if size == 0:
            assert not np.any(b), f"{name}: zeros are zeros in every format"
            worst = max(worst, (0.0, 1.0, name))
            continue
        assert np.array_equal(np.isnan(a), np.isnan(b)), f"{name}: NaN in other places"
        error = float(np.sqrt(np.mean((a - b)[finite] ** 2))) / size
        worst = max(worst, (error, size, name))
    assert worst[2], "some result is compared"
    return worst


@pytest.mark.parametrize("mode", sorted(ROUNDING))
@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_sixteen_bits_round_like_sixteen_bits(family: str, mode: str, tmp_path: Path) -> None:
    """Operands, weights and results are rounded once each, and a few more times in chains of element-wise steps."""
    for seed in range(SEEDS):
        error, _, name = _error(tmp_path, family, seed, mode)
        assert error <= 8 * ROUNDING[mode], f"seed {seed}: '{name}' is off by {error:.2g} of its size"


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_zero_points_do_not_lose(family: str, tmp_path: Path) -> None:
    """With zero points ranges are never coarser than twice what they are without, and mostly finer."""
    for seed in range(SEEDS):
        symmetric, _, _ = _error(tmp_path, family, seed, "INT8")
        asymmetric, _, name = _error(tmp_path, family, seed, "INT8_ASYM")
        assert asymmetric <= 2 * symmetric + 1 / 128, (
            f"seed {seed}: '{name}' is off by {asymmetric:.2g} of its size, {symmetric:.2g} without zero points"
        )
