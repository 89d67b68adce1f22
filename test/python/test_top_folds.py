"""Folding must not change what a network computes: random chains, interpreted before and after the Top passes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import needs_core

CASES = 60
ELEMENTWISE = ("BatchNorm", "Scale", "MulConst", "AddConst", "Mul", "Add", "Sub", "Relu", "SiLU", "HardSwish", "GELU")


class Chain:
    """A network of one path, built op by op from a seed."""

    def __init__(self, seed: int) -> None:
        import pymlir

        self.rng = np.random.default_rng(seed)
        self.builder = pymlir.Builder("chain")
        self.count = 0
        shape = [int(self.rng.integers(1, 3)), int(self.rng.integers(1, 9)), 6, 5]
        self.x = self.builder.input("x", shape, {})
        self.input_shape = shape

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{self.count}_{kind}"

    def weight(self, shape: list[int], low: float = -2, high: float = 2) -> Any:
        return self.builder.weight(self.name("w"), self.rng.uniform(low, high, shape).astype(np.float32))

    def op(self, kind: str, operands: list[Any], attributes: dict[str, Any] | None = None) -> Any:
        return self.builder.op(f"top.{kind}", operands, attributes or {}, self.name(kind))

    def constant(self) -> Any:
        """One number, or one per channel, in one of the shapes that broadcast over NCHW."""
        channels = self.builder.shape(self.x)[1]
        shapes = [[1], [1, 1, 1, 1], [channels, 1, 1], [1, channels, 1, 1]]
        return self.weight(shapes[int(self.rng.integers(len(shapes)))])

    def add_elementwise(self) -> None:
        kind = str(self.rng.choice(ELEMENTWISE))
        x, channels = self.x, self.builder.shape(self.x)[1]
        vector = [channels]
        if kind == "BatchNorm":
            operands = [x, self.weight(vector), self.weight(vector, 0.1, 3), self.weight(vector), self.weight(vector)]
            self.x = self.op(kind, operands, {"epsilon": 1e-3})
        elif kind == "Scale":
            bias = self.weight(vector) if self.rng.integers(2) else self.builder.none()
            self.x = self.op(kind, [x, self.weight(vector), bias])
        elif kind in ("MulConst", "AddConst"):
            self.x = self.op(kind, [x], {"const_val": float(self.rng.uniform(-2, 2))})
        elif kind in ("Mul", "Add", "Sub"):
            pair = [x, self.constant()]
            coeff = {"coeff": self.rng.uniform(-2, 2, 2).tolist()} if kind == "Add" and self.rng.integers(2) else {}
            self.x = self.op(kind, pair[:: int(self.rng.choice([1, -1]))], coeff)
        elif kind == "Relu":
            self.x = self.op(kind, [x], {"relu_limit": float(self.rng.choice([-1, 6, 1.5]))})
        elif kind == "SiLU":
            self.x = self.op("Mul", [self.op("Sigmoid", [x]), x])
        elif kind == "HardSwish":
            shifted = self.op("Clip", [self.op("AddConst", [x], {"const_val": 3.0})], {"min": 0.0, "max": 6.0})
            self.x = self.op("MulConst", [self.op("Mul", [x, shifted])], {"const_val": 1 / 6})
        else:
            erf = self.op("Erf", [self.op("MulConst", [x], {"const_val": float(np.sqrt(0.5))})])
            half = self.op("MulConst", [x], {"const_val": 0.5})
            self.x = self.op("Mul", [half, self.op("AddConst", [erf], {"const_val": 1.0})])

    def add_conv(self) -> None:
        channels = self.builder.shape(self.x)[1]
        group = int(self.rng.choice([g for g in (1, 2, 3, channels) if channels % g == 0]))
        kernel, pad = int(self.rng.choice([1, 3])), int(self.rng.choice([0, 1]))
        if kernel > self.builder.shape(self.x)[3]:
            return
        out = group * int(self.rng.integers(1, 4))
        bias = self.weight([out]) if self.rng.integers(2) else self.builder.none()
        filter_ = self.weight([out, channels // group, kernel, kernel], -0.5, 0.5)
        if self.rng.integers(2):
            self.x = self.op("Pad", [self.x], {"paddings": [0, 0, 1, 0, 0, 0, 0, 1], "val": 0.0, "mode": "constant"})
        attributes = {"kernel_shape": [kernel] * 2, "strides": [1, 1], "pads": [pad] * 4, "group": group}
        self.x = self.op("Conv", [self.x, filter_, bias], attributes)

    def add_matmul(self) -> None:
        """Over the last axis, with columns scaled and shifted afterwards."""
        width = self.builder.shape(self.x)[3]
        transposed = bool(self.rng.integers(2))
        right = self.weight([4, width] if transposed else [width, 4], -0.5, 0.5)
        self.x = self.op("MatMul", [self.x, right, self.builder.none()], {"right_transpose": transposed})
        self.x = self.op("Add", [self.op("Mul", [self.x, self.weight([4])]), self.weight([4])])

    def add_move(self) -> None:
        _, _, h, w = self.builder.shape(self.x)
        if self.rng.integers(2):
            flat = self.op("Flatten", [self.x], {"start_dim": 2, "end_dim": 3})
            self.x = self.op("Reshape", [flat], {"shape": [0, -1, h, w]})
        else:
            moved = self.op("Permute", [self.x], {"order": [0, 2, 3, 1]})
            self.x = self.op("Permute", [moved], {"order": [0, 3, 1, 2]})

    def save(self, path: Path) -> None:
        for _ in range(int(self.rng.integers(4, 11))):
            step = self.rng.random()
            if step < 0.65:
                self.add_elementwise()
            elif step < 0.85:
                self.add_conv()
            elif step < 0.93:
                self.add_matmul()
            else:
                self.add_move()
        self.builder.finish([self.op("Tanh", [self.op("MulConst", [self.x], {"const_val": 0.05})])])
        self.builder.save(str(path), "origin_weight.npz")


def run(path: Path, feed: np.ndarray) -> tuple[list[str], np.ndarray]:
    import pymlir

    module = pymlir.module()
    module.load(str(path))
    module.set_tensor("x", feed)
    module.invoke()
    return list(module.output_names), module.get_tensor(module.output_names[0])


@needs_core
@pytest.mark.parametrize("seed", range(CASES))
def test_passes_keep_the_result(seed: int, tmp_path: Path) -> None:
    import pymlir

    from tpu_mlir.transform_model import TOP_PIPELINE

    chain = Chain(seed)
    origin, folded = tmp_path / "origin.mlir", tmp_path / "folded.mlir"
    chain.save(origin)
    feed = chain.rng.normal(size=chain.input_shape).astype(np.float32)
    pymlir.run_passes(str(origin), str(folded), TOP_PIPELINE, "folded_weight.npz")
    names, expected = run(origin, feed)
    folded_names, result = run(folded, feed)
    assert folded_names == names
    assert result.shape == expected.shape
    # Sums in another order and weights rounded once more; the last tanh keeps everything within [-1, 1].
    np.testing.assert_allclose(result, expected, rtol=0, atol=2e-5)
    text = folded.read_text()
    for gone in ("top.BatchNorm", "top.Flatten", "top.Permute", "top.Clip"):
        assert gone not in text


@needs_core
def test_passes_are_idempotent(tmp_path: Path) -> None:
    """A second run finds nothing to do: same module, same weight names."""
    import pymlir

    from tpu_mlir.transform_model import TOP_PIPELINE

    for seed in range(10):
        chain = Chain(seed)
        paths = [tmp_path / f"{seed}_{i}.mlir" for i in range(3)]
        chain.save(paths[0])
        for before, after in pairwise(paths):
            pymlir.run_passes(str(before), str(after), TOP_PIPELINE, "weight.npz")
        assert paths[1].read_text() == paths[2].read_text()
