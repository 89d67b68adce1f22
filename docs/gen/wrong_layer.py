"""Makes what the guide "find the wrong layer" quotes: a small network with a wrong shift, and what the tools say of it.

Writes docs/guides/find-the-wrong-layer/*.txt; docs/gen/generate.py then copies them into the guide. Needs the compiled
module and the tools on their paths. Fails where the comparison does not name the planted command.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs/guides/find-the-wrong-layer"
CHANNEL = 5  # whose shift is made wrong


def network(net: Any) -> list[Any]:
    x = net.input([1, 3, 16, 16])
    conv = {"kernel_shape": [3, 3], "strides": [1, 1], "pads": [1, 1, 1, 1]}
    a = net.op("Conv", [x, net.weight([16, 3, 3, 3], 0.2), net.weight([16], 0.2)], {**conv, "do_relu": True})
    b = net.op("Conv", [a, net.weight([16, 16, 3, 3], 0.1), net.weight([16], 0.2)], conv)
    return [net.op("Add", [a, b], {})]


def plant(bmodel: Path, weights: Path, layer: str, faulty: Path) -> None:
    """Writes the model with one shift of one layer one too small, and with a digest that knows."""
    import numpy as np

    content = bytearray(bmodel.read_bytes())
    with np.load(weights) as file:
        quant = file[f"{layer}_quant"].astype("<i4")
    entry = quant.reshape(-1, 3)[CHANNEL]  # a channel's numbers lie together, those of its neighbours maybe elsewhere
    parts = bmodel.with_name("parts")
    tool("extract", bmodel, "-o", parts)
    coefficients = (parts / "net_0_stage_0.weights.bin").read_bytes()
    begin, digest = content.find(coefficients), content.find(hashlib.sha256(coefficients).digest())
    at = content.find(entry.tobytes(), begin)
    assert min(at, begin, digest) > 0 and coefficients.count(entry.tobytes()) == 1
    entry[1] -= 1
    content[at : at + entry.nbytes] = entry.tobytes()
    content[digest : digest + 32] = hashlib.sha256(content[begin : begin + len(coefficients)]).digest()
    faulty.write_bytes(content)


def tool(*words: object, program: str = "bmodel-tool", status: int = 0) -> str:
    result = subprocess.run(
        [program, *map(str, words)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert result.returncode == status, result.stdout + result.stderr
    return result.stdout


def outputs(folder: Path) -> dict[str, str]:
    """The texts by file name."""
    sys.path.insert(0, str(ROOT / "test/Ops"))
    import numpy as np
    import pymlir
    from harness import compile_net

    net = compile_net(network, 3, folder)
    module = pymlir.module()
    module.load(str(folder / "final.mlir"))
    for name, data in net.inputs.items():
        module.set_tensor(name, data)
    module.invoke(True)
    np.savez(folder / "ref.npz", **module.get_all_tensor())
    np.savez(folder / "in.npz", **net.inputs)
    weights = next(folder.glob("*addressed*weight.npz"))
    with np.load(weights) as file:
        layer = [n for n in file if n.endswith("_quant")][1].removesuffix("_quant")
    plant(folder / "net.bmodel", weights, layer, folder / "faulty.bmodel")
    compared = tool("compare", folder / "faulty.bmodel", folder / "ref.npz", status=2)
    named = re.search(
        rf"^first instruction that differs: (\w+) (\d+) \(SRQ quant\.rq1\) of layer '{layer}'", compared, re.M
    )
    assert named, compared
    command = f"{named[1]}:{named[2]}"
    simulate = ["-i", folder / "in.npz", "--break", command, "--print", f"opd1[0,{CHANNEL},0,1]"]
    stopped = tool(folder / "faulty.bmodel", *simulate, program="tpuc-sim")
    shown = stopped[: stopped.index("net  ")]
    return {
        "clean.txt": tool("compare", folder / "net.bmodel", folder / "ref.npz"),
        "compare.txt": compared,
        "print.txt": f"$ tpuc-sim faulty.bmodel -i in.npz --break {command} --print 'opd1[0,{CHANNEL},0,1]'\n{shown}",
    }


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        texts = outputs(Path(folder))
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (TARGET / name).write_text(text, encoding="utf-8")
        print(f"written: docs/guides/find-the-wrong-layer/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
