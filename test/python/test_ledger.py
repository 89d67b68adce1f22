"""One small network around every Top op, down the whole road: what the op ledger says of each op is measured here.

The networks are as small as the op allows; test/Ops has the hard shapes. Every comparison is exact. Also here: every op
prints and parses, and what the onnx package's own cases import. Results are noted with ledger_writer.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import ROOT, NetworkRun, needs_core
from ledger_writer import emitted, record, refused
from onnx_backend_cases import node_cases, stored_cases, with_constants
from onnx_models import make_model
from test_onnx_backend import check

sys.path.insert(0, str(ROOT / "docs/gen"))
import records

Net = Any
NO_WORK = {"top.None", "top.Weight", "top.Input"}
HOST = {"top.Nms"}  # no chip runs it; test_host.py has its networks

needs_tablegen = pytest.mark.skipif(records.tablegen() is None, reason="llvm-tblgen-22 is not installed")
needs_tools = pytest.mark.skipif(
    not (shutil.which("tpuc-opt") and shutil.which("bmodel-tool")), reason="the tools are not on PATH"
)

POOL = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}
POOL3D = {"kernel_shape": [3, 3, 3], "strides": [2, 2, 2], "pads": [1, 1, 1, 1, 1, 1]}


def _conv(net: Net) -> Any:
    window = {"kernel_shape": [3, 3], "strides": [1, 1], "pads": [1, 1, 1, 1], "do_relu": True}
    return net.op("Conv", [net.input([1, 5, 9, 10]), net.weight([7, 5, 3, 3], 0.2), net.weight([7], 0.2)], window)


def _depthwise(net: Net) -> Any:
    window = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [0, 0, 0, 0], "group": 5}
    return net.op("Conv", [net.input([1, 5, 9, 10]), net.weight([5, 1, 3, 3], 0.3), net.none()], window)


def _batch_norm(net: Net) -> Any:
    from_one = net.builder.weight("variance", np.linspace(0.5, 2, 5, dtype=np.float32))
    operands = [net.input([1, 5, 6, 7]), net.weight([5]), from_one, net.weight([5]), net.weight([5])]
    return net.op("BatchNorm", operands, {"epsilon": 1e-5})


def _layer(net: Net, op: str, gates: int) -> Any:
    operands = [net.input([3, 2, 5]), net.weight([1, gates * 4, 5]), net.weight([1, gates * 4, 4]), net.none()]
    return net.op(op, [*operands, *[net.none()] * (2 if op == "LSTM" else 1)], {"hidden_size": 4})


def _relu(net: Net, value: Any) -> Any:
    return net.op("Relu", [value], {"relu_limit": -1.0})


def _unary(kind: str, positive: bool = False, **attributes: float) -> Callable[[Net], Any]:
    return lambda net: net.op(kind, [net.input([1, 5, 6, 7], positive=positive)], attributes)


def _two(kind: str) -> Callable[[Net], Any]:
    return lambda net: net.op(kind, [net.input([1, 5, 6, 7]), net.input([1, 5, 6, 7])], {})


NETWORKS: dict[str, Callable[[Net], Any]] = {
    "top.Cast": lambda net: _relu(net, net.op("Cast", [net.input([1, 5, 6, 7])], {})),
    "top.Conv": _conv,
    "top.MatMul": lambda net: net.op("MatMul", [net.input([3, 8]), net.weight([8, 5], 0.3), net.weight([5], 0.2)], {}),
    "top.BatchNorm": _batch_norm,
    "top.Scale": lambda net: net.op("Scale", [net.input([1, 5, 6, 7]), net.weight([5]), net.weight([5], 0.2)], {}),
    "top.Add": _two("Add"),
    "top.Sub": _two("Sub"),
    "top.Mul": _two("Mul"),
    "top.Div": lambda net: net.op("Div", [net.input([1, 5, 6, 7]), net.input([1, 5, 6, 7], positive=True)], {}),
    "top.Max": _two("Max"),
    "top.Min": _two("Min"),
    "top.Compare": lambda net: net.op("Compare", [net.input([1, 5, 6, 7]), net.input([5, 1, 7])], {"mode": "Greater"}),
    "top.CompareConst": lambda net: net.op(
        "CompareConst", [net.input([1, 5, 6, 7])], {"mode": "LessOrEqual", "const_val": 0.3}
    ),
    "top.Where": lambda net: net.op(
        "Where",
        [
            net.op("CompareConst", [net.input([1, 5, 6, 7])], {"mode": "Greater", "const_val": 0.0}),
            net.input([1, 5, 6, 7]),
            net.none(),
        ],
        {"y_is_const": True, "y_const_val": -0.5},
    ),
    "top.Arg": lambda net: net.op("Arg", [net.input([2, 9, 6])], {"axis": 1, "mode": "ArgMax", "keepdims": False}),
    "top.TopK": lambda net: net.op("TopK", [net.input([2, 9, 6])], {"axis": 1, "K": 3, "gives": "values"}),
    "top.Take": lambda net: net.op("Take", [net.weight([10, 6]), net.input([2, 4], positive=True)], {"axis": 0}),
    "top.AddConst": _unary("AddConst", const_val=0.4),
    "top.MulConst": _unary("MulConst", const_val=-1.3),
    "top.Relu": _unary("Relu", relu_limit=-1.0),
    "top.LeakyRelu": _unary("LeakyRelu", alpha=0.1),
    "top.PRelu": lambda net: net.op("PRelu", [net.input([1, 5, 6, 7]), net.weight([5, 1, 1], 0.2)], {}),
    "top.Clip": _unary("Clip", min=-0.5, max=0.8),
    "top.Sigmoid": _unary("Sigmoid"),
    "top.SiLU": _unary("SiLU"),
    "top.Tanh": _unary("Tanh"),
    "top.GELU": _unary("GELU"),
    "top.Exp": _unary("Exp"),
    "top.Rsqrt": _unary("Rsqrt", positive=True),
    "top.Reciprocal": _unary("Reciprocal", positive=True, const_val=1.0),
    "top.Pow": _unary("Pow", positive=True, exponent=1.7),
    "top.Sin": _unary("Sin"),
    "top.Cos": _unary("Cos"),
    "top.Log": _unary("Log", positive=True),
    "top.Sqrt": _unary("Sqrt", positive=True),
    "top.Abs": _unary("Abs"),
    "top.Erf": _unary("Erf"),
    "top.Softplus": _unary("Softplus"),
    "top.Mish": _unary("Mish"),
    "top.HardSwish": _unary("HardSwish"),
    "top.Elu": _unary("Elu", alpha=0.7),
    "top.HardSigmoid": _unary("HardSigmoid", alpha=0.2, beta=0.5),
    "top.MaxPool": lambda net: net.op("MaxPool", [net.input([1, 5, 9, 10])], POOL),
    "top.AvgPool": lambda net: net.op("AvgPool", [net.input([1, 5, 9, 10])], {**POOL, "count_include_pad": True}),
    "top.Softmax": lambda net: net.op("Softmax", [net.input([2, 5, 9])], {"axis": 2}),
    "top.Reduce": lambda net: net.op("Reduce", [net.input([2, 5, 9])], {"axes": [2], "keepdims": True, "mode": "Mean"}),
    "top.CumSum": lambda net: net.op("CumSum", [net.input([2, 5, 9])], {"axis": 1}),
    "top.LayerNorm": lambda net: net.op(
        "LayerNorm",
        [net.input([2, 5, 9]), net.weight([9]), net.weight([9], 0.2)],
        {"normalized_shape": [9], "axis": 2, "eps": 1e-5},
    ),
    "top.InstanceNorm": lambda net: net.op(
        "InstanceNorm", [net.input([1, 5, 6, 7]), net.weight([5]), net.weight([5], 0.2)], {"eps": 1e-5}
    ),
    "top.GroupNorm": lambda net: net.op(
        "GroupNorm", [net.input([1, 6, 6, 7]), net.weight([6]), net.weight([6], 0.2)], {"num_groups": 2, "eps": 1e-5}
    ),
    "top.RMSNorm": lambda net: net.op("RMSNorm", [net.input([2, 5, 9]), net.weight([9])], {"eps": 1e-5}),
    "top.Concat": lambda net: net.op("Concat", [net.input([1, 5, 6, 7]), net.input([1, 3, 6, 7])], {"axis": 1}),
    "top.Slice": lambda net: net.op(
        "Slice", [net.input([1, 5, 6, 7])], {"offset": [0, 1, 0, 2], "steps": [1, 1, 2, 1], "ends": [1, 4, 6, 7]}
    ),
    "top.Gather": lambda net: net.op("Gather", [net.input([1, 5, 6, 7])], {"indices": [4, 0, 0, 2], "axis": 1}),
    "top.Pad": lambda net: net.op(
        "Pad", [net.input([1, 5, 6, 7])], {"paddings": [0, 0, 1, 2, 0, 0, 2, 1], "val": 0.0, "mode": "constant"}
    ),
    # A view computes nothing, so something must follow it.
    "top.Reshape": lambda net: _relu(net, net.op("Reshape", [net.input([1, 5, 6, 7])], {"shape": [5, 42]})),
    "top.Flatten": lambda net: _relu(
        net, net.op("Flatten", [net.input([2, 5, 6, 7])], {"start_dim": 1, "end_dim": -1})
    ),
    "top.Permute": lambda net: net.op("Permute", [net.input([1, 5, 6, 7])], {"order": [0, 2, 3, 1]}),
    "top.Upsample": lambda net: net.op("Upsample", [net.input([1, 5, 6, 7])], {"scale_h": 2, "scale_w": 3}),
    "top.Deconv": lambda net: net.op(
        "Deconv", [net.input([1, 5, 6, 7]), net.weight([5, 3, 3, 3], 0.2), net.none()], {**POOL, "do_relu": True}
    ),
    "top.Conv3D": lambda net: net.op(
        "Conv3D", [net.input([1, 5, 4, 6, 7]), net.weight([3, 5, 3, 3, 3], 0.2), net.weight([3])], POOL3D
    ),
    "top.MaxPool3D": lambda net: net.op("MaxPool3D", [net.input([1, 5, 4, 6, 7])], POOL3D),
    "top.AvgPool3D": lambda net: net.op("AvgPool3D", [net.input([1, 5, 4, 6, 7])], POOL3D),
    "top.Interp": lambda net: net.op(
        "Interp", [net.input([1, 5, 6, 7])], {"sizes": [1, 5, 9, 7], "scales": [1.0, 1.0, 1.5, 1.0]}
    ),
    "top.LSTM": lambda net: _layer(net, "LSTM", 4),
    "top.GRU": lambda net: _layer(net, "GRU", 3),
}

# Forms of their own beside the ordinary one.
VARIANTS: dict[str, Callable[[Net], Any]] = {
    "top.Conv, depth-wise": _depthwise,
    "top.MatMul, two tensors": lambda net: net.op(
        "MatMul", [net.input([2, 3, 8]), net.input([2, 8, 5]), net.none()], {"do_relu": True}
    ),
    "top.MatMul, batches that repeat": lambda net: net.op(
        "MatMul", [net.input([2, 1, 3, 8]), net.input([4, 8, 5]), net.none()], {}
    ),
    "top.TopK, indices": lambda net: net.op("TopK", [net.input([2, 9])], {"axis": 1, "K": 2, "gives": "indices"}),
    "top.Add, broadcast": lambda net: net.op("Add", [net.input([1, 5, 6, 7]), net.input([1, 1, 6, 1])], {}),
    "top.PRelu, slopes by column": lambda net: net.op("PRelu", [net.input([1, 5, 6, 7]), net.weight([7])], {}),
    "top.AvgPool, divisors differ": lambda net: net.op("AvgPool", [net.input([1, 5, 9, 10])], POOL),
}

# A network of one op that the Top passes must rewrite first, because lowering has no form for it.
REWRITTEN = {"top.BatchNorm"}


@needs_tablegen
def test_every_op_has_a_network() -> None:
    assert {op.name for op in records.dialect("top").ops} == set(NETWORKS) | NO_WORK | HOST


def _harness() -> Any:
    pytest.importorskip("pymlir", reason="the compiled module 'pymlir' is not on the path")
    sys.path.insert(0, str(ROOT / "test/Ops"))
    import harness

    return harness


def _run(*command: str | Path) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _tpu_ops(folder: Path) -> set[str]:
    """What the network's op became: Tpu ops without the casts at the border."""
    found = set(re.findall(r'"(tpu\.\w+)"', (folder / "tpu.mlir").read_text(encoding="utf-8")))
    return found - {"tpu.Cast"} or found


def _stream(folder: Path) -> dict[str, dict[str, set[str]]]:
    """Commands of the bmodel, with their kinds and the fields that are not at their default."""
    seen: dict[str, dict[str, set[str]]] = defaultdict(lambda: {"kinds": set(), "fields": set()})
    for line in _run("bmodel-tool", "dis", folder / "net.bmodel").splitlines():
        words = line.split()
        if words and words[0] in ("tiu", "gdma"):
            _, number, _, dep, command, kind, *fields = words
            seen[command]["kinds"].add(kind)
            seen[command]["fields"].update(f.split("=")[0] for f in fields)
            seen[command]["fields"].update(n for n, v in (("cmd_id", number), ("cmd_id_dep", dep)) if v not in "-0")
    return seen


def _operations(stream: dict[str, dict[str, set[str]]]) -> list[str]:
    """What an op itself asks of the chip: no ends, and no copies where there is arithmetic."""
    kinds = {kind for seen in stream.values() for kind in seen["kinds"] if not re.search(r"(^|\.)(end|sys)", kind)}
    return sorted({k for k in kinds if not k.startswith("dma.")} or kinds)


@needs_core
@needs_tools
@pytest.mark.parametrize("mode", ["INT8", "F32"])
@pytest.mark.parametrize("network", sorted(NETWORKS | VARIANTS))
def test_the_whole_road_is_exact(network: str, mode: str, tmp_path: Path) -> None:
    harness = _harness()
    low, op = mode.lower(), network.split(",")[0]

    def build(net: Net) -> list[Any]:
        outputs = [(NETWORKS | VARIANTS)[network](net)]
        if op in REWRITTEN:
            net.builder = RewritingBuilder(net.builder)
        return outputs

    try:
        # Integers at the border, so that the stream is the op's alone; but a cast is what happens there.
        net = harness.compile_net(build, 1, tmp_path, mode, quant_io=op != "top.Cast")
    except Exception as error:
        reason = re.search(r"has no tpu lowering in \w+ on \w+: ([^\n]*)", str(error))
        if reason is None:
            raise
        refused(op, f"lower_{low}", reason.group(1).strip())
        return
    _note_records(tmp_path)
    stream = _stream(tmp_path)
    outcome = harness.compare(tmp_path, net.inputs)
    good = int(outcome.difference is None and outcome.compared == outcome.expected > 0)
    emitted(stream)
    record(op, f"lower_{low}", 1, 1, sorted(_tpu_ops(tmp_path)))
    record(op, f"emit_{low}", 1, good, _operations(stream))
    record(op, "interpret", 1, good)
    record(op, "tile", 1, good)
    assert outcome.difference is None
    assert outcome.compared == outcome.expected > 0


def _note_records(folder: Path) -> None:
    """Lowered and finished text parses to the same text."""
    for stage in ("tpu.mlir", "final.mlir"):
        once = _run("tpuc-opt", folder / stage)
        (folder / "again.mlir").write_text(once, encoding="utf-8")
        same = _run("tpuc-opt", folder / "again.mlir") == once
        for op in set(re.findall(r'"(tpu\.\w+)"\(', once)):
            record(op, "record", 1, int(same))
        assert same


class RewritingBuilder:
    """A builder whose saved network has been through the Top passes."""

    def __init__(self, builder: Any) -> None:
        self._builder = builder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._builder, name)

    def save(self, path: str, weights: str) -> None:
        import pymlir

        origin = Path(path).with_name("origin.mlir")
        self._builder.save(str(origin), "origin_weight.npz")
        passes = "builtin.module(shape-infer,cancel-permutes,canonicalize,extra-optimize)"
        pymlir.run_passes(str(origin), path, passes, Path(weights).name)


# --- records ----------------------------------------------------------------------------------------------------------


@needs_tablegen
@needs_tools
@pytest.mark.parametrize("dialect", sorted(records.DIALECTS))
def test_records_print_and_parse(dialect: str, tmp_path: Path) -> None:
    """Of every op in the lit tests' op files: what is printed parses to the same text."""
    files = sorted((ROOT / "test/Dialect" / dialect.capitalize()).glob("ops_*.mlir"))
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for file in files:
        once = _run("tpuc-opt", "--split-input-file", file)
        (tmp_path / "once.mlir").write_text(once, encoding="utf-8")
        same = _run("tpuc-opt", "--split-input-file", tmp_path / "once.mlir") == once
        for op in re.findall(rf'"({dialect}\.\w+)"\(', once):
            counts[op][0] += 1
            counts[op][1] += same
    for op, (cases, good) in counts.items():
        record(op, "record", cases, good)
    assert all(cases == good for cases, good in counts.values())
    missing = {op.name for op in records.dialect(dialect).ops} - set(counts)
    assert not files or not missing, f"no op file has {', '.join(sorted(missing))}"


# --- import -----------------------------------------------------------------------------------------------------------


def _pattern(*nodes: tuple[str, list[str], str]) -> onnx.ModelProto:
    made = [onnx.helper.make_node(kind, inputs, [output]) for kind, inputs, output in nodes]
    weights = {"one": np.float32([0.4]), "three": np.float32([0.4, -1, 2]).reshape(3, 1, 1)}
    return make_model(made, {"x": [1, 3, 4, 5]}, [nodes[-1][2]], weights)


# Ops that no single operator of the package's cases imports as.
PATTERNS = [
    _pattern(("Sigmoid", ["x"], "s"), ("Mul", ["x", "s"], "y")),
    _pattern(("Add", ["x", "one"], "y")),
    _pattern(("Mul", ["x", "three"], "y")),
]


def test_imports_compute_what_onnx_expects() -> None:
    """Counts, by Top op, the cases that were imported and are right; a refused case counts for nothing."""
    from top_numpy import EagerBuilder

    from tpu_mlir.frontend.onnx.importer import import_graph

    counts: dict[str, int] = defaultdict(int)
    used: set[str] = set()

    def run(model: onnx.ModelProto, feeds: dict[str, Any]) -> NetworkRun:
        builder = EagerBuilder(feeds)
        used.clear()
        import_graph(builder, model, "model", {})
        used.update(op for op, _, _ in builder.operations)
        used.update({"top.Input"}, {"top.Weight"} if builder.weights else set())
        return NetworkRun([o.name for o in model.graph.output], builder.outputs, builder.tensors)

    cases = node_cases()
    more = [with_constants(c) for c in cases if len(c.inputs) > 1]
    for case in [*cases, *more, *stored_cases("pytorch-converted")]:
        if not check(case, run):
            for op in used:
                counts[op] += 1
    for op, right in counts.items():
        record(op, "import_onnx", right, right)
    assert counts["top.Conv"]


@needs_core
def test_patterns_import_as_the_op_that_they_are(tmp_path: Path) -> None:
    from tpu_mlir.transform_model import transform

    counts: dict[str, int] = defaultdict(int)
    for model in PATTERNS:
        onnx.save(model, tmp_path / "net.onnx")
        result = transform("net", tmp_path / "net.onnx", tmp_path / "net.mlir", quiet=True)
        assert result.report is not None and not result.report.failed
        for op in result.operations:
            counts[op] += 1
    for op, right in counts.items():
        record(op, "import_onnx", right, right)
    assert counts == {"top.SiLU": 1, "top.AddConst": 1, "top.Scale": 1}
