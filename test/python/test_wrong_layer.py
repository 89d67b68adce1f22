"""Finding the wrong layer: `bmodel-tool compare`, and `--break` and `--print` of tpuc-sim, on a real compiled network.

Faults are planted as a faulty compiler would make them: in the weights (a wrong shift), or in a field of one command.
The comparison must name the planted command.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import ROOT, needs_core
from test_bmodel_tool import build_folder, run

import run_model

pytestmark = needs_core
ENTRY = yaml.safe_load((ROOT / "regression" / "models.yaml").read_text(encoding="utf-8"))


@dataclass
class Compiled:
    """A network on the chip: its files, and its streams as text."""

    bmodel: Path
    reference: Path
    inputs: Path
    weights: Path
    lines: list[str]

    def commands(self, pattern: str) -> list[int]:
        """Numbers of the lines that hold a regular expression."""
        return [i for i, line in enumerate(self.lines) if re.search(pattern, line)]


def compiled(folder: Path, work: Path, level: int) -> Compiled:
    """ResNet-18 with (2) or without (1) layer groups."""
    from tpu_mlir.deployment.deploy import deploy
    from tpu_mlir.deployment.options import Options

    bmodel = folder / f"opt{level}" / "net.bmodel"
    bmodel.parent.mkdir()
    deploy(
        Options(
            mlir=work / "resnet18.mlir",
            model=bmodel,
            chip=ENTRY["chip"],
            quantize="INT8",
            calibration_table=work / "resnet18_cali_table",
            test_input=(work / "resnet18_in_f32.npz",),
            opt=level,
        )
    )
    text = run("dis", bmodel)
    assert text.returncode == 0
    stem = "resnet18_bm1684x_int8_sym"
    return Compiled(
        bmodel,
        bmodel.parent / f"{stem}_tpu_outputs.npz",
        work / "resnet18_in_f32.npz",
        bmodel.parent / f"{stem}_final_weight.npz",
        text.stdout.splitlines(),
    )


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("net")
    try:
        run_model.run_network("resnet18", ENTRY["models"]["resnet18"], ENTRY["chip"], folder, "INT8")
    except run_model.Skipped as reason:
        pytest.skip(str(reason))
    return folder / "resnet18"


@pytest.fixture(scope="module")
def net(work: Path, tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """Op by op, where every weight and every tensor has a place of its own in global memory."""
    return compiled(tmp_path_factory.mktemp("alone"), work, 1)


@pytest.fixture(scope="module")
def grouped(work: Path, tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compiled(tmp_path_factory.mktemp("grouped"), work, 2)


def command_of(line: str) -> str:
    """ "tiu 9" of a line of disassembly."""
    return " ".join(line.split()[:2])


def named(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 2, result.stdout + result.stderr
    match = re.search(r"^first instruction that differs: (\w+ \d+)", result.stdout, re.M)
    assert match, result.stdout
    return match.group(1)


def planted(net: Compiled, at: int, line: str, folder: Path) -> Path | None:
    """The network with another command in a line; None where the assembler refuses it."""
    text, faulty = folder / "faulty.txt", folder / "faulty.bmodel"
    text.write_text("\n".join([*net.lines[:at], line, *net.lines[at + 1 :]]) + "\n")
    return faulty if run("asm", text, net.bmodel, "-o", faulty).returncode == 0 else None


def test_a_sound_network_has_no_difference(net: Compiled, grouped: Compiled) -> None:
    for sound in (net, grouped):
        result = run("compare", sound.bmodel, sound.reference)
        assert result.returncode == 0, result.stdout
        assert re.fullmatch(r"compared \d+ tensors in \d+ pieces: all equal\n", result.stdout)


@pytest.mark.parametrize("which", [0, 7, 19])
def test_a_wrong_shift_is_named_in_a_group(grouped: Compiled, which: int, tmp_path: Path) -> None:
    """In groups, multiplier, shift, zero point and bias of a channel stand side by side in the rows of the weights."""
    with np.load(grouped.weights) as file, np.load(grouped.reference) as tensors:
        name = [n for n in file if n.endswith("_quant")][which]
        layer = name.removesuffix("_quant")
        channel = int(np.argmax(np.abs(tensors[layer]).max(axis=(0, 2, 3))))
        entry = file[name].reshape(-1, 3)[channel]
        record = struct.pack("<4i", *map(int, entry), int(file[f"{layer}_bias_int32"].ravel()[channel]))
    content = bytearray(grouped.bmodel.read_bytes())
    at = content.find(record)
    assert at > 0 and content.find(record, at + 1) < 0, "the record must be in the file once"
    assert run("extract", grouped.bmodel, "-o", tmp_path / "parts").returncode == 0
    coefficients = (tmp_path / "parts/net_0_stage_0.weights.bin").read_bytes()
    begin, digest = content.find(coefficients), content.find(hashlib.sha256(coefficients).digest())
    content[at + 4 : at + 8] = struct.pack("<i", int(entry[1]) - 1)
    content[digest : digest + 32] = hashlib.sha256(content[begin : begin + len(coefficients)]).digest()
    faulty = tmp_path / "faulty.bmodel"
    faulty.write_bytes(content)
    result = run("compare", faulty, grouped.reference)
    engine, number = named(result).split()
    assert f"of layer '{layer}' (tpu.Conv2D)" in result.stdout
    # The first requantisation of that layer that reads the channel's group of entries.
    line = next(text for text in grouped.lines if text.startswith(f"{engine} {number} "))
    place = re.search(r" SRQ quant\.rq1 .*\bopd1_addr=(\w+)", line)
    assert place, line
    before = grouped.lines[: grouped.lines.index(line)]
    alike = [text for text in before if re.search(rf" SRQ quant\.rq1 .*\bopd1_addr={place.group(1)}\b", text)]
    spread = [text for text in before if " SAR arith.copy " in text and "res0_prec=int32" in text][-1]
    assert not [text for text in alike if int(text.split()[1]) > int(spread.split()[1])], (
        "an earlier one was wrong already"
    )


@pytest.mark.parametrize("which", [0, 7, 19])
def test_a_wrong_shift_is_named(net: Compiled, which: int, tmp_path: Path) -> None:
    """One channel of one convolution is shifted by one bit too much."""
    with np.load(net.weights) as file:
        name = [n for n in file if n.endswith("_quant")][which]
        quant = file[name].astype("<i4")
    content, right = bytearray(net.bmodel.read_bytes()), quant.tobytes()
    at = content.find(right)
    assert at > 0 and content.find(right, at + 1) < 0, "the parameters must be in the file once"
    # The channel is one of those whose results are not all 0.
    layer = name.removesuffix("_quant")
    with np.load(net.reference) as file:
        channel = int(np.argmax(np.abs(file[layer]).max(axis=(0, 2, 3))))
    # The coefficients' digest must stay right, or the file would be refused.
    assert run("extract", net.bmodel, "-o", tmp_path / "parts").returncode == 0
    coefficients = (tmp_path / "parts/net_0_stage_0.weights.bin").read_bytes()
    begin, digest = content.find(coefficients), content.find(hashlib.sha256(coefficients).digest())
    assert begin > 0 and digest > 0
    wrong = quant.copy()
    wrong.reshape(-1, 3)[channel, 1] -= 1
    content[at : at + len(right)] = wrong.tobytes()
    content[digest : digest + 32] = hashlib.sha256(content[begin : begin + len(coefficients)]).digest()
    faulty = tmp_path / "faulty.bmodel"
    faulty.write_bytes(content)

    result = run("compare", faulty, net.reference)
    # The right answer from the streams alone: who loads the parameters, and who reads them there.
    address = f"src_start_addr={0x100000000 + at - begin:#x} dst_start_addr=0x8"
    load = net.lines[net.commands(re.escape(address))[0]]
    place = int(re.search(r"dst_start_addr=0x8([0-9a-f]{6})", load).group(1), 16)  # type: ignore[union-attr]
    readers = [net.lines[i] for i in net.commands(rf" SRQ quant\.rq1 .*\bopd1_addr={place:#x}\b")]
    expected = next(command_of(line) for line in readers if int(line.split()[3]) >= int(load.split()[1]))
    assert named(result) == expected
    assert f"of layer '{layer}' (tpu.Conv2D)" in result.stdout
    assert f"first difference: tensor '{layer}', complete after {named(result)}\n" in result.stdout
    assert re.search(rf"the first at \(n, c, h, w\) = \(0, {channel}, ", result.stdout)
    assert f"opd1 reads i32 [1, {quant.size // 3}, 1, 3]" in result.stdout
    assert re.search(rf"\| *{wrong.reshape(-1, 3)[channel, 0]} +{wrong.reshape(-1, 3)[channel, 1]} +0\n", result.stdout)


# What a faulty generator could write, by the command it is in: pattern of the command, field, wrong value.
FAULTS = {
    "rounding": (r" SRQ quant\.rq1 ", "opd2_n_str", lambda v: 3),
    "sign of a requantised result": (r" SRQ quant\.rq1 .*opd2_sign=1", "opd2_sign", lambda v: 0),
    "shift of a sum": (r" SAR arith\.adds .*\bopd2_addr=", "opd2_addr", lambda v: v ^ 1),
    "place that a store reads": (r"^gdma .* src_start_addr=0x8", "src_start_addr", lambda v: v + 1),
    "stride of a store": (
        r"^gdma .* dst_nstride=\d+ dst_cstride=196 .*src_start_addr=0x8",
        "dst_cstride",
        lambda v: v + 1,
    ),
    "weights of a convolution": (r" SCONV conv\.normal ", "opd1_addr", lambda v: v + 64),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_field_is_named(net: Compiled, fault: str, tmp_path: Path) -> None:
    pattern, field, wrong = FAULTS[fault]
    places = net.commands(pattern)
    assert places, f"no command matches {pattern}"
    tried = 0
    for at in random.Random(5).sample(places, min(4, len(places))):
        found = re.search(rf"\b{field}=(0x[0-9a-f]+|\d+)\b", net.lines[at])
        assert found, net.lines[at]
        value = wrong(int(found.group(1), 0))
        line = net.lines[at][: found.start()] + f"{field}={value}" + net.lines[at][found.end() :]
        faulty = planted(net, at, line, tmp_path)
        assert faulty, line
        result = run("compare", faulty, net.reference)
        if result.returncode == 0:
            continue  # the fault changes no value
        tried += 1
        assert named(result) == command_of(net.lines[at]), result.stdout
    assert tried > 0


def sim(net: Compiled, *words: object, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [str(build_folder() / "bin/tpuc-sim"), str(net.bmodel), "-i", str(net.inputs), *map(str, words)]
    return subprocess.run(command, input=typed, capture_output=True, text=True, check=False)


def test_break_and_print(net: Compiled) -> None:
    at = net.commands(r" SRQ quant\.rq1 ")[0]
    command = command_of(net.lines[at])
    result = sim(net, "--break", command.replace(" ", ":"), "--print", "opd1[0,2,0,1]", "--print", "all")
    assert result.returncode == 0, result.stderr
    head, line, *shown = result.stdout.splitlines()
    assert re.fullmatch(rf"stopped before {command} at cycle \d+, layer '.*' \(tpu\.Conv2D\)", head)
    assert line == "  " + net.lines[at]
    with np.load(net.weights) as file:
        layer = head.split("'")[1]
        multiplier, shift, zero = file[f"{layer}_quant"].reshape(-1, 3)[2]
    assert shown[0].startswith("  opd1 is i32 [1, 64, 1, 3] in all 64 lanes")
    assert shown[1] == "    n 0, c 2"
    assert shown[3].split() == ["0", "|", str(multiplier), f"[{shift}]", str(zero)]
    assert {row.split()[0] for row in shown if re.match(r"  \w+ (reads|writes) ", row)} == {"opd0", "opd1", "res0"}
    assert "net        resnet18 on bm1684x" in result.stdout, "the run goes on to its end"


def test_tensors_and_memory_are_printed(net: Compiled) -> None:
    """A tensor at the first command of the next layer is what the reference says."""
    layers = re.findall(
        r"^  (\S+) \(tpu\.Conv2D\)$", sim(net, "--break", "gdma:1", "--interactive", typed="info layers").stdout, re.M
    )
    first, second = layers[:2]
    result = sim(net, "--break", second, "--print", f"{first}[0,3,4,5]", "--print", "local:0:0:u8:1,2,1,4")
    assert result.returncode == 0, result.stderr
    rows = [line.split() for line in result.stdout.splitlines()]
    table = next(i for i, row in enumerate(rows) if row == ["n", "0,", "c", "3"])
    with np.load(net.reference) as file:
        value = file[first]
    scale = next(s for s in np.unique(np.abs(value)) if s > 0)
    plane = np.rint(value[0, 3, 0:8, 1:9] / scale).astype(int)
    assert rows[table + 1][1:] == ["|", *map(str, range(1, 9))]
    for h in range(8):
        assert [int(v.strip("[]")) for v in rows[table + 2 + h][2:]] == list(plane[h])
    assert "u8 [1, 2, 1, 4] in lanes 0-1 from offset 0x0, aligned" in result.stdout


def test_the_prompt(net: Compiled) -> None:
    typed = "step\n\ninfo\nstep 2\nbreak gdma:100\nnonsense\nprint nothing\ninfo breakpoints\ncontinue\nquit\n"
    result = sim(net, "--break", "gdma:1", "--interactive", typed=typed)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("stopped before ") == 6
    assert "unknown command 'nonsense'; help lists them" in result.stdout
    assert "'nothing' is neither an operand of " in result.stdout
    assert "  gdma:1 (reached)\n  gdma:100\n" in result.stdout
    assert "cycles" not in result.stdout.splitlines()[-1], "quit ends the run"


def test_mistakes_get_a_sentence(net: Compiled, tmp_path: Path) -> None:
    def refused(text: str, *words: object) -> None:
        result = sim(net, *words)
        assert result.returncode == 1
        assert re.fullmatch(rf"error: ('[^']*\.bmodel': )?{text}\n", result.stderr), result.stderr

    refused(r"'no_layer' is neither a command \(tiu:9, gdma:12\) nor one of the \d+ layers .*", "--break", "no_layer")
    refused("breakpoint 'tiu:x' needs a number, found 'x'", "--break", "tiu:x")
    refused("breakpoint 'tiu:99999' was never reached; .*", "--break", "tiu:99999")
    refused("option --print belongs behind the --break at which to print", "--print", "opd0")
    refused("'opd9' is neither an operand of tiu 1 .*", "--break", "tiu:1", "--print", "opd9")
    refused(r"'opd0\[0,0,0,99999\]' is outside \[.*\]", "--break", "tiu:1", "--print", "opd0[0,0,0,99999]")
    refused(
        "'local:0:0:i9:1,1,1,1' has the unknown type 'i9'; .*", "--break", "tiu:1", "--print", "local:0:0:i9:1,1,1,1"
    )
    refused("'global:0x5:i8:1,1,1,1' is not in the memory .*", "--break", "tiu:1", "--print", "global:0x5:i8:1,1,1,1")
    refused(
        "'local:64:0:i8:1,1,1,1' is outside local memory .*", "--break", "tiu:1", "--print", "local:64:0:i8:1,1,1,1"
    )

    np.savez(tmp_path / "none.npz", other=np.zeros(3, np.float32))
    result = run("compare", net.bmodel, tmp_path / "none.npz")
    assert result.returncode == 1 and "has the network's input" in result.stderr
    result = run("compare", net.bmodel, tmp_path / "none.npz", "-i", net.inputs)
    assert result.returncode == 1 and "has none of the tensors" in result.stderr
    with np.load(net.reference) as file:
        arrays = dict(file)
    layer = next(n for n in arrays if n + "_quant" in np.load(net.weights))
    np.savez(tmp_path / "float.npz", **{**arrays, layer: arrays[layer] + np.float32(0.3)})
    result = run("compare", net.bmodel, tmp_path / "float.npz")
    assert result.returncode == 1 and "the reference must be the tpu interpreter's tensors" in result.stderr
    np.savez(tmp_path / "shape.npz", **{**arrays, layer: arrays[layer][:, :1]})
    result = run("compare", net.bmodel, tmp_path / "shape.npz")
    assert result.returncode == 1 and "elements, but the tensor has" in result.stderr


def test_the_guide_can_be_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{build_folder() / 'bin'}:{os.environ['PATH']}")
    monkeypatch.syspath_prepend(str(ROOT / "docs/gen"))
    import wrong_layer

    made = wrong_layer.outputs(tmp_path)  # asserts that the planted command is named
    assert set(made) == {path.name for path in wrong_layer.TARGET.glob("*.txt")}
