"""What a network needs at least on the chip, from its shapes alone: nothing here moves when the compiler changes.

DDR lower bound: filters as int8 once, biases as int32, three int32 words of requantisation per output channel of a
convolution (bias, or none where the network has none; no padding of any kind), inputs and outputs as int8.

Array time: every convolution and matrix product unsliced, by the timing model's formula; the kernel of a convolution of
at most four input channels is folded into its channels ("packed stem").

TIU time: the array time and, unsliced too, every pass of the network's other arithmetic: one requantisation over the
int32 result of each convolution or product, depth-wise convolutions, pooling, one look-up per activation that is not
ReLU, one int8 pass per sum or product. Concatenation, upsampling and views are free. No bound: an activation may be
had for less than a look-up.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

STEM_CHANNELS = 4


@dataclass
class Needs:
    """Bytes, and operations as tpuc-cost takes them."""

    ddr_bytes: int = 0
    array: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)


def needs_of(onnx_path: Path) -> Needs:
    """Reads an ONNX model whose BatchNorms are folded and whose shapes are fixed."""
    import onnx

    model = onnx.shape_inference.infer_shapes(onnx.load(str(onnx_path)))
    weights = {w.name: tuple(w.dims) for w in model.graph.initializer}
    values = (*model.graph.value_info, *model.graph.input, *model.graph.output)
    shapes = {v.name: tuple(d.dim_value for d in v.type.tensor_type.shape.dim) for v in values} | weights
    needs = Needs()
    for value in (*model.graph.input, *model.graph.output):
        needs.ddr_bytes += prod(shapes[value.name]) if value.name not in weights else 0
    sigmoids = {n.output[0] for n in model.graph.node if n.op_type == "Sigmoid"}
    for node in model.graph.node:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type in ("Conv", "Gemm"):
            needs.ddr_bytes += sum(_weight_bytes(node, i, weights) for i in range(1, len(node.input)))
        _add(needs, node, attributes, shapes, sigmoids)
    return needs


def _weight_bytes(node: Any, operand: int, weights: Mapping[str, tuple[int, ...]]) -> int:
    count = prod(weights.get(node.input[operand], (0,)))
    if operand > 1:
        return 4 * count
    requantisation = 12 * weights[node.input[1]][0] if node.op_type == "Conv" else 0
    return count + requantisation


def _four(shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    n, c, *rest = shape if len(shape) > 1 else (1, *shape)
    return n, c, rest[0] if rest else 1, prod(rest[1:])


def _add(
    needs: Needs, node: Any, attributes: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]], sigmoids: set[str]
) -> None:
    n, c, h, w = _four(shapes[node.output[0]])
    kind = node.op_type
    if kind == "Conv":
        _, ic, kh, kw = shapes[node.input[1]]
        group = attributes.get("group", 1)
        if group == c and ic == 1 and group > 1:
            needs.other.append(f"depthwise {n} {c} {h} {w} {kh} {kw} 1")
        elif ic <= STEM_CHANNELS and group == 1:
            needs.array.append(f"conv {n} {ic * kh * kw} {c} {h} {w} 1 1 1")
        else:
            needs.array += [f"conv {n} {ic} {c // group} {h} {w} {kh} {kw} 1"] * group
        needs.other.append(f"element {n} {c} {h} {w} 4 0")
    elif kind == "Gemm":
        needs.array.append(f"conv 1 {shapes[node.input[0]][-1]} {c} 1 {n} 1 1 1")
        needs.other.append(f"element {n} {c} 1 1 4 0")
    elif kind in ("MaxPool", "AveragePool", "GlobalAveragePool"):
        whole = _four(shapes[node.input[0]])
        kh, kw = attributes.get("kernel_shape", whole[2:])
        needs.other.append(f"pool {n} {c} {h} {w} {kh} {kw} 1")
    elif kind == "Sigmoid":
        needs.other.append(f"gather {n} {c} {h} {w}")
    elif kind in ("Add", "Mul"):
        # x * sigmoid(x) is one look-up.
        if not (kind == "Mul" and sigmoids.intersection(node.input)):
            needs.other.append(f"element {n} {c} {h} {w} 1 0")
    elif kind not in ("Relu", "Clip", "Flatten", "Reshape", "Concat", "Resize", "Identity"):
        raise SystemExit(f"bounds: no rule for '{kind}'")


class Prices:
    """tpuc-cost for one chip."""

    def __init__(self, chip: str) -> None:
        self.chip = chip
        self.constants: dict[str, tuple[float, float, float]] = {}
        for line in self._run("--constants").splitlines():
            name, value, low, high = line.split()[:4]
            self.constants[name] = (float(value), float(low), float(high))

    def _run(self, *options: str, text: str = "") -> str:
        done = subprocess.run(
            ["tpuc-cost", self.chip, *options], input=text, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(done.stderr.strip())
        return done.stdout

    def cycles(self, operations: list[str], constants: Mapping[str, float]) -> float:
        sets = [f"--set={name}={value!r}" for name, value in constants.items()]
        return sum(map(float, self._run(*sets, text="\n".join(operations) + "\n").split()))

    def ddr(self, needs: Needs, constants: Mapping[str, float]) -> float:
        """Cycles of moving the lower bound at the load rate, without latency; both engines at one clock here."""
        return needs.ddr_bytes / constants.get("gdma_load_bytes", self.constants["gdma_load_bytes"][0])

    def roofline(self, needs: Needs, constants: Mapping[str, float]) -> float:
        return max(self.ddr(needs, constants), self.cycles(needs.array, constants))

    def roofline_all(self, needs: Needs, constants: Mapping[str, float]) -> float:
        return max(self.ddr(needs, constants), self.cycles([*needs.array, *needs.other], constants))
