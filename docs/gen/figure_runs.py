"""Compiles networks and profiles them, once each; knows how to read a profile's columns, and draws nothing."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

CHIP = "bm1684x"
NETWORKS = (
    "mnist",
    "mobilenet_v1_025",
    "mobilenet_v2",
    "squeezenet1_0",
    "squeezenet1_1",
    "resnet18",
    "resnet50",
    "yolov5s",
)
TITLES = {
    "mnist": "MNIST CNN",
    "mobilenet_v1_025": "MobileNetV1 0.25",
    "mobilenet_v2": "MobileNetV2",
    "squeezenet1_0": "SqueezeNet 1.0",
    "squeezenet1_1": "SqueezeNet 1.1",
    "resnet18": "ResNet-18",
    "resnet50": "ResNet-50",
    "yolov5s": "YOLOv5s",
}


@dataclass(frozen=True)
class Command:
    """One command of the stream. `moves`: compute, load, store or copy."""

    index: int
    moves: str
    name: str
    layer: int
    start: float
    end: float


@dataclass(frozen=True)
class Access:
    writes: bool
    is_local: bool
    begin: int
    span: int


@dataclass
class Run:
    """A compiled network and its profile (docs/reference/profile.md)."""

    network: str
    opt: int
    model: Path
    profile: dict[str, Any]
    groups: dict[str, Any] | None = None
    neuron_map: Path | None = None

    @property
    def title(self) -> str:
        return f"{TITLES[self.network]} INT8, {CHIP}"

    @property
    def cycles(self) -> float:
        return float(self.profile["summary"]["cycles"])

    @property
    def layers(self) -> list[str]:
        return [str(row["name"]) for row in self.profile["layers"]]

    def accesses(self, index: int) -> list[Access]:
        first, a = self.profile["commands"]["first_access"], self.profile["commands"]["access"]
        return [
            Access(bool(a["writes"][k]), a["lane_begin"][k] >= 0, a["begin"][k], a["span"][k])
            for k in range(first[index], first[index + 1])
        ]

    def _moves(self, index: int) -> str:
        if self.profile["commands"]["engine"][index] == 0:
            return "compute"
        ways = {(a.writes, a.is_local) for a in self.accesses(index)}
        if (True, True) in ways and (False, True) not in ways:
            return "load"
        return "store" if (False, True) in ways and (True, True) not in ways else "copy"

    @cached_property
    def commands(self) -> list[Command]:
        c, words = self.profile["commands"], self.profile["words"]
        columns = zip(c["name"], c["layer"], c["start"], c["end"], strict=True)
        return [
            Command(i, self._moves(i), words[name], layer, start, end)
            for i, (name, layer, start, end) in enumerate(columns)
        ]

    @cached_property
    def tiu(self) -> list[Command]:
        return sorted((c for c in self.commands if c.moves == "compute"), key=lambda c: c.start)

    @cached_property
    def gdma(self) -> list[Command]:
        return sorted((c for c in self.commands if c.moves != "compute"), key=lambda c: c.start)

    def blocks(self) -> Iterator[dict[str, Any]]:
        """Boxes of local memory, words spelled out."""
        columns, words = self.profile["local_blocks"], self.profile["words"]
        for values in zip(*columns.values(), strict=True):
            row = dict(zip(columns, values, strict=True))
            yield row | {"content": words[row["content"]], "name": words[row["name"]]}

    def uncovered(self, copy: Command) -> float:
        """Cycles of a copy in which the TIU does not compute."""
        hidden = sum(max(0.0, min(c.end, copy.end) - max(c.start, copy.start)) for c in self.tiu)
        return copy.end - copy.start - hidden


@dataclass
class Runs:
    """What was compiled so far, from FOLDER/<net>/<net>.mlir and FOLDER/<net>/<net>_cali_table, into `work`."""

    folder: Path
    work: Path
    done: dict[tuple[str, int], Run] = field(default_factory=dict)

    def networks(self) -> list[str]:
        return [n for n in NETWORKS if (self.folder / n / f"{n}.mlir").is_file()]

    def compiled(self, network: str, opt: int) -> Run:
        if (network, opt) not in self.done:
            self.done[network, opt] = self._compile(network, opt)
        return self.done[network, opt]

    def _compile(self, network: str, opt: int) -> Run:
        import pymlir

        from tpu_mlir.deployment import pipeline
        from tpu_mlir.deployment.options import Options

        place = self.work / f"{network}_{opt}"
        place.mkdir()
        source = self.folder / network
        options = Options(
            mlir=source / f"{network}.mlir",
            model=place / f"{network}.bmodel",
            chip=CHIP,
            quantize="INT8",
            calibration_table=source / f"{network}_cali_table",
            quant_input=True,
            quant_output=True,
            opt=opt,
            dump_groups=place / "groups.json" if opt > 1 else None,
        )
        pipeline.generate(options, pipeline.finish(options, pipeline.lower(options)))
        profile = json.loads(pymlir.profile_bmodel(str(options.model)))
        groups = json.loads((place / "groups.json").read_text(encoding="utf-8")) if opt > 1 else None
        return Run(network, opt, options.model, profile, groups, options.beside_model("_neuron_map.csv"))


def tensors_of(neuron_map: Path) -> list[dict[str, int]]:
    """Places in global memory: address, bytes, first and last work (to the end where the map says none). No views."""
    with neuron_map.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if not row["view_of"]]
    end = max(int(row["last"] or row["first"]) for row in rows)
    return [
        {
            "address": int(row["address"]),
            "bytes": int(row["bytes"]),
            "first": int(row["first"]),
            "last": int(row["last"] or end),
            "outside": int(not row["last"]),
        }
        for row in rows
    ]


def short(name: str) -> str:
    """A layer's or a blob's name without what the importer and the compiler put behind it."""
    return re.sub(r"(_(Relu|Conv|Gemm|Mul|Add|Concat|MaxPool|Resize))?(_rows_\d+)?$", "", name)
