"""A chain of convolution, ReLU and residual sum of any length: how compile time and memory grow with the number of ops.

Sixteen channels of 14 x 14, 3 x 3 filters. Values do not matter; the calibration table is written, not measured.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

CHANNELS, SIZE, LIMIT = 16, 14, 4.0


def finish(builder: Any, output: Any, name: str, rows: list[str], folder: Path) -> tuple[Path, Path]:
    """Writes the network that ends in `output` and its calibration table of `rows`; returns both paths."""
    builder.finish([output])
    mlir, table = folder / f"{name}.mlir", folder / f"{name}_cali_table"
    for key, value in (("module.state", "TOP_F32"), ("module.platform", "ONNX"), ("module.name", name)):
        builder.set_module_attr(key, value)
    builder.save(str(mlir), f"{name}_weight.npz")
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return mlir, table


def write_chain(folder: Path, ops: int) -> tuple[Path, Path]:
    """Writes a Top module of `ops` ops and a calibration table for it; returns both paths."""
    import numpy as np

    from tpu_mlir.core import pymlir

    name = f"chain{ops}"
    builder = pymlir().Builder(name)
    random = np.random.default_rng(ops)
    relu = {"do_relu": False, "relu_limit": -1.0}
    window = {key: [1, 1] for key in ("strides", "dilations")} | {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    shape = [1, CHANNELS, SIZE, SIZE]
    rows = [f"x {LIMIT} {-LIMIT} {LIMIT}"]
    x = builder.input("x", shape, {})
    for i in range(ops):
        block, kind = divmod(i, 3)
        low = -LIMIT
        if kind == 0:
            block_input = x
            filters = builder.weight(
                f"b{block}_filter", random.normal(0, 0.1, (CHANNELS, CHANNELS, 3, 3)).astype(np.float32)
            )
            bias = builder.weight(f"b{block}_bias", random.normal(0, 0.1, CHANNELS).astype(np.float32))
            label = f"b{block}_Conv"
            x = builder.op("top.Conv", [x, filters, bias], window | relu | {"group": 1}, label)
        elif kind == 1:
            label, low = f"b{block}_Relu", 0.0
            x = builder.op("top.Relu", [x], {"relu_limit": -1.0}, label)
        else:
            label = f"b{block}_Add"
            x = builder.op("top.Add", [x, block_input], relu, label)
        rows.append(f"{label} {LIMIT} {low} {LIMIT}")
    return finish(builder, x, name, rows, folder)
