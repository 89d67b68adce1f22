#!/usr/bin/env python3
"""Prints every figure that the back end is held against, in one run: INT8 networks with int8 in and out.

Cycles are the timing model's, by tpuc-sim. Every ratio of cycles is given for nominal constants and with each uncertain
one at both ends of its range; a figure is reached only if all of them reach it. Definitions:

- lower bound of DDR bytes, array time, TIU time: see bounds.py. They come from the network's shapes, not from a stream.
- roofline: the larger of the DDR lower bound at load bandwidth and the array time with the stem packed. Beside it, the
  same with the time of all the network's arithmetic instead of the array's.
- grouped / layer by layer: the stream of --opt 2 against that of --opt 1, by one simulator.
- vendor's stream: `../shared/golden`, timed by the same model; the row is skipped where that is absent.
- deploy: user and system seconds of the command model_deploy.py --skip_validation, Top module and table to bmodel,
  beside what Vela took for the same networks. Source: measured with ethos-u-vela 5.2.0 for Ethos-U85-2048 on a machine
  like this one, November 2026; CPU seconds.
- chain: CPU seconds of the passes on a chain of convolution, ReLU and sum (chain.py); exponent = log10 of the ratio
  from 1,000 to 10,000 ops; peak memory of the process. The same, from 1,000 to 4,000, of one kind
  of op (kinds.py).
- simulation: seconds of one functional and timed run of the bmodel, reading it included, beside one fp32 inference of
  onnxruntime with two threads: fastest of several turns each, taken in alternation.
- arena: bytes of global memory planned for tensors over the most that live at once.

    python bench/backend.py [-o folder] [--rows WORD] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "regression"), str(ROOT / "bench")]

from arenas import random_arenas  # noqa: E402
from bounds import Needs, Prices, needs_of  # noqa: E402
from figures import Figure, table  # noqa: E402
from networks import CHIP, Network, Timed  # noqa: E402
from speed import chain_growth, kind_growth, simulation_ratio  # noqa: E402

VENDOR = ROOT.parent / "shared/golden/yolov5s_bm1684x_int8_sym.bmodel"
TITLES = {
    "resnet18": "ResNet-18",
    "resnet50": "ResNet-50",
    "resnet50_b4": "ResNet-50 b4",
    "mobilenet_v2": "MobileNetV2",
    "yolov5s": "YOLOv5s",
}
ROOFLINE = {
    "resnet50": (1.35, 1.15),
    "resnet50_b4": (1.30, 1.12),
    "resnet18": (1.5, 1.25),
    "mobilenet_v2": (2.0, 1.4),
    "yolov5s": (2.2, 1.6),
}
TRAFFIC = {"resnet18": (1.10, 1.02), "resnet50": (1.10, 1.03), "mobilenet_v2": (1.10, 1.02), "yolov5s": (1.25, 1.05)}
VELA_SECONDS = {"resnet18": 1.27, "resnet50": 3.13, "mobilenet_v2": 0.58, "yolov5s": 1.32}
# The constants of the bounds, by the group that tpuc-sim varies together and the place in its list of values.
BOUND_CONSTANTS = {
    "gather": {"gather_cycles_per_element": 0},
    "depth-wise": {"depthwise_factor": 0},
    "pooling": {"pool_factor": 0},
    "gdma bandwidth": {"gdma_load_bytes": 0},
}
DEPLOY_ROUNDS = 3


class Backend:
    """The networks compiled once, and what is asked of them."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.prices = Prices(CHIP)
        self.networks = {n.label: n for n in (Network(*key, work) for key in _networks())}
        self.timed: dict[tuple[str, int], Timed] = {}
        self.needs: dict[str, Needs] = {}
        self.seconds: dict[str, float] = {}
        for network in self.networks.values():
            network.prepare()
            self.needs[network.label] = needs_of(network.path("_opt.onnx"))
            times = [network.deploy(2)[0] for _ in range(DEPLOY_ROUNDS)]
            self.seconds[network.label] = min(times)
            self.timed[network.label, 2] = Timed.of(network.bmodel(2))
            network.deploy(1)
            self.timed[network.label, 1] = Timed.of(network.bmodel(1))

    def vendor(self) -> Iterator[Figure]:
        what = "YOLOv5s 640: cycles / cycles of the vendor's stream"
        if not VENDOR.exists():
            yield Figure(what, 1.00, 0.75, skipped="the vendor's stream is not there (../shared/golden)")
            return
        theirs, ours = Timed.of(VENDOR).cycles, self.timed["yolov5s", 2].cycles
        yield Figure(what, 1.00, 0.75, {key: ours[key] / theirs[key] for key in ours})

    def _constants(self, timed: Timed, key: str) -> dict[str, float]:
        group = key.rpartition(" ")[0]
        return {name: timed.values[key][place] for name, place in BOUND_CONSTANTS.get(group, {}).items()}

    def _against(self, label: str, bound: Callable[[Needs, dict[str, float]], float]) -> dict[str, float]:
        timed = self.timed[label, 2]
        return {
            key: cycles / bound(self.needs[label], self._constants(timed, key)) for key, cycles in timed.cycles.items()
        }

    def roofline(self) -> Iterator[Figure]:
        for label, (reach, aim) in ROOFLINE.items():
            ratios = self._against(label, self.prices.roofline)
            yield Figure(f"{TITLES[label]}: time / roofline", reach, aim, ratios)
        for label, (reach, aim) in ROOFLINE.items():
            ratios = self._against(label, self.prices.roofline_all)
            yield Figure(f"{TITLES[label]}: time / roofline of all arithmetic", reach, aim, ratios)

    def grouped(self) -> Iterator[Figure]:
        one, two = (self.timed["resnet50", opt].cycles for opt in (1, 2))
        yield Figure("ResNet-50: grouped / layer by layer", 0.5, 0.4, {key: two[key] / one[key] for key in two})

    def traffic(self) -> Iterator[Figure]:
        for label, (reach, aim) in TRAFFIC.items():
            moved = self.timed[label, 2].ddr_bytes / self.needs[label].ddr_bytes
            yield Figure(f"{TITLES[label]}: DDR bytes / lower bound", reach, aim, {"": moved})

    def arenas(self) -> Iterator[Figure]:
        ratios = []
        for network in self.networks.values():
            for opt in (1, 2):
                size, bound = network.module_attributes(opt, "module.neuron_size", "module.neuron_lower_bound")
                ratios.append(size / bound)
        yield from random_arenas(ratios)

    def deployment(self) -> Iterator[Figure]:
        for label, theirs in VELA_SECONDS.items():
            what = f"{TITLES[label]}: deploy, CPU seconds (Vela {theirs})"
            yield Figure(what, 2 * theirs, theirs, {"": self.seconds[label]})

    def chain(self) -> Iterator[Figure]:
        yield from chain_growth(self.work)
        yield from kind_growth(self.work)

    def simulation(self) -> Iterator[Figure]:
        for label in TRAFFIC:
            ratio, note = simulation_ratio(self.networks[label])
            yield Figure(f"{TITLES[label]}: simulation / onnxruntime fp32", 4, 1.5, {"": ratio}, note=note)

    def figures(self, word: str) -> Iterator[Figure]:
        for rows in (
            self.vendor,
            self.roofline,
            self.grouped,
            self.traffic,
            self.arenas,
            self.deployment,
            self.chain,
            self.simulation,
        ):
            if word in rows.__name__:
                yield from rows()


def _networks() -> list[tuple[str, int]]:
    return [("resnet18", 1), ("resnet50", 1), ("resnet50", 4), ("mobilenet_v2", 1), ("yolov5s", 1)]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "build" / "bench", help="work folder, kept")
    parser.add_argument("--rows", default="", help="only rows of this kind: roofline, arenas, chain ...")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args(argv)
    arguments.output.mkdir(parents=True, exist_ok=True)
    print(f"{CHIP}; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    figures = list(Backend(arguments.output.resolve()).figures(arguments.rows))
    print(table(figures))
    if arguments.json:
        arguments.json.write_text(json.dumps([f.as_dict() for f in figures], indent=1) + "\n", encoding="utf-8")
    return 2 if any(f.holds is False for f in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
