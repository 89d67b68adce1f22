"""Small Top graphs through the compiled core and through numpy at once, for tests of the interpreter.

`Graph` has the methods of `pymlir.Builder` that tests need; each op is also computed by `top_numpy` as it is added, so
`check` can hold every tensor of every way to run the graph against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pymlir
from top_numpy import EagerBuilder

# (name, arguments of module.load, keep every tensor)
WAYS: list[tuple[str, dict[str, bool], bool]] = [
    ("fused", {}, False),
    ("all tensors", {}, True),
    ("op by op", {"fuse": False}, False),
    ("loops", {"onednn": False}, True),
    ("fused loops", {"onednn": False}, False),
]


class Tensor:
    """One tensor in both worlds."""

    def __init__(self, core: Any, value: np.ndarray | None) -> None:
        self.core = core
        self.value = value

    @property
    def shape(self) -> tuple[int, ...]:
        assert self.value is not None
        return self.value.shape


class Graph:
    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.core = pymlir.Builder("graph")
        self.numpy = EagerBuilder({})
        self.inputs: dict[str, np.ndarray] = {}
        self.outputs: list[str] = []
        self._count = 0

    def fresh(self, role: str) -> str:
        self._count += 1
        return f"{role}_{self._count}"

    def random(self, shape: Sequence[int], scale: float = 1.0) -> np.ndarray:
        return (self.rng.normal(0, scale, shape)).astype(np.float32)

    def input(self, shape: Sequence[int], value: np.ndarray | None = None) -> Tensor:
        name = self.fresh("input")
        self.inputs[name] = self.random(shape) if value is None else value
        self.numpy.inputs = self.inputs
        return Tensor(self.core.input(name, list(shape), {}), self.numpy.input(name, shape, {}))

    def weight(self, value: np.ndarray) -> Tensor:
        name = self.fresh("weight")
        return Tensor(self.core.weight(name, value), self.numpy.weight(name, value))

    def op(self, op: str, operands: Sequence[Tensor | None], attributes: Mapping[str, Any] | None = None) -> Tensor:
        """Attributes as `pymlir.Builder.op` takes them; `do_relu` and `relu_limit` work on every op that has them."""
        name = self.fresh(op)
        given = dict(attributes or {})
        core = self.core.op(f"top.{op}", [None if o is None else o.core for o in operands], given, name)
        relu = {key: given.pop(key) for key in ("do_relu", "relu_limit") if key in given and op != "Relu"}
        values = [None if o is None else o.value for o in operands]
        if op == "Cast":  # the identity in fp32
            value = self.numpy.op("top.Reshape", values, {"shape": values[0].shape}, name)
        else:
            value = self.numpy.op(f"top.{op}", values, given, name)
        if relu.get("do_relu"):
            limit = relu.get("relu_limit", -1.0)
            value = np.clip(value, 0, limit if limit > 0 else None)
            self.numpy.tensors[name] = value
        assert self.core.shape(core) == list(value.shape)
        self.last = name
        return Tensor(core, value)

    def finish(self, outputs: Sequence[Tensor]) -> None:
        self.core.finish([o.core for o in outputs])
        values = {id(o.value) for o in outputs}
        self.outputs = [name for name, value in self.numpy.tensors.items() if id(value) in values]

    def load(self, folder: Path, **options: bool) -> Any:
        path = folder / "graph.mlir"
        if not path.exists():
            self.core.save(str(path), "graph_weight.npz")
        module = pymlir.module()
        module.load(str(path), **options)
        for name in module.input_names:
            module.set_tensor(name, self.inputs[name])
        return module

    def check(self, folder: Path, tolerance: float = 2e-5) -> None:
        """Every way to run the graph gives numpy's tensors; differences stay below `tolerance` of the largest value."""
        for way, options, keep_all in WAYS:
            module = self.load(folder, **options)
            for _ in range(2):  # memory that a run leaves must not reach the next one
                module.invoke(dump_all=keep_all)
                found = module.get_all_tensor()
                assert set(module.output_names) <= set(found)
                if keep_all:
                    assert set(found) == set(self.numpy.tensors)
                for name, value in found.items():
                    expected = self.numpy.tensors[name]
                    assert value.shape == expected.shape, (way, name)
                    finite = np.isfinite(expected)
                    scale = np.abs(expected[finite]).max() if finite.any() else 1.0
                    np.testing.assert_allclose(
                        value, expected, rtol=0, atol=tolerance * max(float(scale), 1e-6), err_msg=f"{way}: {name}"
                    )
