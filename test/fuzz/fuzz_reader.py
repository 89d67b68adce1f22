"""Gives damaged files to one reader, in this process; says on stdout how each ended.

A reader may take a file or refuse it with a sentence. A trace, the exit code of a bug, more than a sentence and more
than SECONDS of processor time are findings; whoever runs this sees by the last line which file ended the process.

    python fuzz_reader.py READER SEEDS FIRST COUNT [keep]
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutate_bytes import Mutator, damage_bytes, damage_json, damage_npy, damage_npz, damage_onnx, damage_text

SECONDS = 10
MEMORY_BYTES = 6 << 30
MOST_TOLD = 4000  # characters: names of the file's are shortened


@dataclass(frozen=True)
class Reader:
    """Which files are damaged, how, and who reads them; a tool's exit code is given back."""

    seeds: tuple[str, ...]
    mutate: Mutator
    read: Callable[[str], int]  # the name of the damaged file, in the current folder
    every: int = 1  # the dear readers see every so many-th file only


def _tool(name: str, *words: str) -> int:
    import importlib

    return int(importlib.import_module(f"tpu_mlir.cli.{name}").main(list(words)))


def _core(call: Callable[[Any], Any]) -> int:
    """What the core says by its own exception is a sentence; the tools print it."""
    import pymlir

    from tpu_mlir.errors import run_main

    def main(_: Sequence[str] | None) -> int:
        call(pymlir)
        return 0

    return run_main(main)([])


def _onnx(file: str) -> int:
    """The importer and the core's passes, without the proof, which is onnxruntime's work."""
    from tpu_mlir.errors import run_main

    def main(_: Sequence[str] | None) -> int:
        import pymlir

        from tpu_mlir.frontend.onnx.graph import load_model, prepare
        from tpu_mlir.frontend.onnx.importer import import_graph

        model = prepare(load_model(file), file, None, ())
        import_graph(pymlir.Builder("net"), model, file, {})
        return 0

    return run_main(main)([])


def _transform(file: str) -> int:
    return _tool("model_transform", "--model_name", "n", "--model_def", file, "--mlir", "made.mlir",
                 "--test_input", "in.npz", "--test_result", "made.npz")  # fmt: skip


def _npz(file: str) -> int:
    """One of the tools that take such files, by turns."""
    size = Path(file).stat().st_size
    ways: tuple[Callable[[], int], ...] = (
        lambda: _tool("npz_tool", "dump", file),
        lambda: _tool("npz_tool", "dump", file, "x"),
        lambda: _tool("npz_tool", "dump", file, "x", "3"),
        lambda: _tool("npz_tool", "compare", file, "in.npz", "-v"),
        lambda: _tool("npz_tool", "compare", "in.npz", file, "-v"),
        lambda: _tool("npz_tool", "to_npy", file, "x", "made.npy"),
        lambda: _tool("model_runner", "--model", "net.mlir", "--input", file, "--output", "made.npz"),
    )
    return ways[size % len(ways)]()


def _weights(file: str) -> int:
    shutil.copy(file, "net_top_f32_all_weight.npz")
    return _core(lambda core: core.module().load("net.mlir"))


def _input(file: str) -> int:
    return _tool("model_runner", "--model", "net.mlir", "--input", file, "--output", "made.npz")


def _bmodel(file: str) -> int:
    codes = [_tool("model_runner", "--model", file, "--input", "in.npz", "--output", "made.npz")]
    codes.append(_core(lambda core: core.check_bmodel(file)))
    codes.append(_core(lambda core: core.profile_bmodel(file)))
    return max(codes)


def _table(file: str) -> int:
    passes = f"builtin.module(processor-assign{{chip=bm1684x}},import-calibration-table{{file={file}}})"

    def python(_: Sequence[str] | None) -> int:
        from tpu_mlir.calibration.table import load_table

        load_table(file)
        return 0

    from tpu_mlir.errors import run_main

    return max(_core(lambda core: core.run_passes("net.mlir", "", passes, None)), run_main(python)([]))


def _groups(file: str) -> int:
    passes = (
        "builtin.module(strip-io-quant,processor-tpu-optimize,weight-reorder,subnet-divide,op-reorder,"
        f"layer-group{{use-groups={file}}},address-assign)"
    )
    code = _core(lambda core: core.run_passes("tpu.mlir", "", passes, None))
    return max(code, _tool("model_report", "net.bmodel", "-o", "made.html", "--groups", file))


def _list(file: str) -> int:
    from pathlib import Path as P

    from tpu_mlir.errors import run_main

    def main(_: Sequence[str] | None) -> int:
        from tpu_mlir.calibration.samples import from_list

        from_list(P(file), 0)
        return 0

    return run_main(main)([])


def _native(*words: str) -> int:
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    sys.stderr.write(done.stderr if done.stderr.startswith("error: ") or not done.stderr else f"error: {done.stderr}")
    return done.returncode if done.returncode >= 0 else 128 - done.returncode


def _assemble(file: str) -> int:
    return _native("bmodel-tool", "asm", file, "net.bmodel", "-o", "made.bmodel")


def _external(file: str) -> int:
    if file.endswith(".bin"):
        shutil.copy(file, "external.bin")
        return _onnx("external.onnx")
    return _onnx(file)


_PLACES = (
    "", "-1", "0", "1", "999999999999", str(1 << 63), str(1 << 70), "x", ".", "..", "/etc/passwd", "/dev/zero", "pipe",
    "../external.bin", "external.bin", "external.bin\0", "x" * 5000, "1e3", "é",
)  # fmt: skip


def _mutate_external(rng: random.Random, data: bytes) -> bytes:
    """Only what says where the data lies, most of the time."""
    import onnx

    if rng.randrange(4) == 0:
        return damage_onnx(rng, data)
    model = onnx.ModelProto.FromString(data)
    entry = rng.choice([e for t in model.graph.initializer for e in t.external_data])
    entry.value = rng.choice(_PLACES)
    if rng.randrange(4) == 0:
        entry.key = rng.choice(["location", "offset", "length", "checksum", "", "other"])
    return bytes(model.SerializeToString())


def _by_suffix(bytes_of: Mutator, model_of: Mutator) -> Mutator:
    return lambda rng, data: (model_of if data[:2] == b"\x08\x0a" else bytes_of)(rng, data)


def _mutate_layer(rng: random.Random, data: bytes) -> bytes:
    """The text of the file's CPU layer, in its place: what gets longer is cut off."""
    begin = data.index(b'{\n "version": 1')
    size = json.JSONDecoder().raw_decode(data[begin:].decode("latin-1"))[1]
    damaged = damage_json(rng, data[begin : begin + size])
    return data[:begin] + damaged[:size].ljust(size) + data[begin + size :]


def _host(file: str) -> int:
    codes = [_tool("model_runner", "--model", file, "--input", "host.npz", "--output", "made.npz")]
    codes.append(_core(lambda core: core.host_ops(file)))
    codes.append(_native("bmodel-tool", "info", file))
    return max(codes)


READERS = {
    "onnx": Reader(("net.onnx",), damage_onnx, _onnx),
    "transform": Reader(("net.onnx",), damage_onnx, _transform, every=20),
    "external": Reader(
        ("external.onnx", "external.onnx", "external.bin"), _by_suffix(damage_bytes, _mutate_external), _external
    ),
    "npz": Reader(("in.npz", "packed.npz", "top.npz"), damage_npz, _npz),
    "weights": Reader(("weights.npz",), damage_npz, _weights),
    "npy": Reader(("in.npy",), damage_npy, _input),
    "picture": Reader(("picture.png", "picture.jpg", "picture.bmp"), damage_bytes, _input),
    "bmodel": Reader(("net.bmodel",), damage_bytes, _bmodel),
    "host": Reader(("host.bmodel",), _mutate_layer, _host),
    "table": Reader(("table",), damage_text, _table),
    "groups": Reader(("groups.json",), damage_json, _groups),
    "list": Reader(("list.txt",), damage_text, _list),
    "assembler": Reader(("net.txt",), damage_text, _assemble),
}  # fmt: skip


def prepare(reader: str, seeds: Path, folder: Path) -> None:
    """Copies of the seeds, since readers are given some of them beside the damaged file."""
    shutil.copytree(seeds, folder, dirs_exist_ok=True)
    shutil.copy(folder / "net_top_f32_all_weight.npz", folder / "weights.npz")
    if reader == "assembler":
        with (folder / "net.txt").open("w") as text:
            subprocess.run(["bmodel-tool", "dis", "net.bmodel"], cwd=folder, stdout=text, check=True)
    if reader == "external":
        os.mkfifo(folder / "pipe")


def attempt(reader: Reader, name: str) -> tuple[int, str]:
    """The exit code, and what is wrong with how the reader takes the file; empty where nothing is."""
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = reader.read(name)
    except BaseException as error:
        return -1, f"raises {type(error).__name__}: {error}"
    told = err.getvalue()
    if code not in (0, 1, 2):
        return code, f"exit code {code}: {told[-3000:]}"
    if "Traceback" in told or "internal error" in told or len(told) > MOST_TOLD:
        return code, f"says too much, in {len(told)} characters: {told[:2000]}"
    if code and "error: " not in told:
        return code, f"exit code {code} without a sentence: {told[:500]}"
    return code, ""


def main() -> int:
    name, seeds, first, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    reader = READERS[name]
    os.environ.pop("LD_PRELOAD", None)  # a sanitizer's runtime, which is for this process
    if "TPU_MLIR_SANITIZED" not in os.environ:  # a sanitizer reserves address space by the terabyte
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        prepare(name, seeds, folder)
        originals = {seed: (folder / seed).read_bytes() for seed in reader.seeds}
        os.chdir(folder)
        for number in range(first, first + count):
            rng = random.Random(f"{name}-{number}")
            seed = rng.choice(reader.seeds)
            data = reader.mutate(rng, originals[seed])
            file = Path("damaged" + Path(seed).suffix)
            file.write_bytes(data)
            if len(sys.argv) > 5:
                Path(sys.argv[5], f"{name}-{number}{Path(seed).suffix}").write_bytes(data)
            print(number, end=" ", flush=True)
            # Its signal ends the process; a wait without work is for whoever runs this to see.
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            started = time.perf_counter()
            code, wrong = attempt(reader, file.name)
            signal.setitimer(signal.ITIMER_PROF, 0)
            if not wrong and time.perf_counter() - started > 6 * SECONDS:
                wrong = f"takes {time.perf_counter() - started:.0f} s"
            print(code, json.dumps(wrong), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
