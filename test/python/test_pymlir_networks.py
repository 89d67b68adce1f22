"""Random networks through the interpreter: joined steps, shared memory, threads, and the same bits every time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pymlir", reason="the compiled module 'pymlir' is not on the path")
from pymlir_graphs import Graph, Tensor

NETWORKS = 40


def _conv(graph: Graph, x: Tensor, channels: int, relu: bool = False) -> Tensor:
    rng = graph.rng
    kernel = int(rng.choice([1, 3]))
    c = x.shape[1]
    group = c if channels == c and rng.integers(4) == 0 else 1
    weight = graph.weight(graph.random([channels, c // group, kernel, kernel], 1 / np.sqrt(c // group * kernel**2)))
    bias = graph.weight(graph.random([channels], 0.1)) if rng.integers(3) else None
    attributes = {
        "kernel_shape": [kernel, kernel], "strides": [1, 1], "pads": [kernel // 2] * 4, "group": group,
        "dilations": [1, 1], "do_relu": relu,
    }  # fmt: skip
    return graph.op("Conv", [x, weight, bias], attributes)


def random_network(graph: Graph, ops: int = 25) -> None:
    """Convolutions, sums of any two tensors of one shape, activations, concatenations and moves, wired at random."""
    rng = graph.rng
    h, w = (int(rng.integers(4, 13)) for _ in range(2))
    widths = [int(c) for c in rng.choice([3, 8, 16, 19, 32], 2)]
    alive = [graph.input([int(rng.integers(1, 3)), int(rng.choice([3, 16])), h, w])]
    for _ in range(ops):
        x = alive[-1 - int(rng.integers(0, min(3, len(alive))))]
        same = [t for t in alive if t.shape == x.shape]
        kind = rng.integers(10)
        if kind <= 3 or len(same) < 2:
            made = _conv(graph, x, widths[rng.integers(2)], bool(rng.integers(2)))
        elif kind <= 6:
            other = same[rng.integers(len(same))]
            made = graph.op("Add", [x, other] if rng.integers(2) else [other, x], {"do_relu": bool(rng.integers(2))})
        elif kind == 7:
            made = graph.op(["SiLU", "Relu", "Clip", "LeakyRelu"][(pick := rng.integers(4))], [x],
                            [{}, {"relu_limit": -1.0}, {"min": -0.5, "max": 2.0}, {"alpha": 0.2}][pick])  # fmt: skip
        elif kind == 8:
            joined = graph.op("Concat", [x, same[rng.integers(len(same))]], {"axis": 1})
            made = _conv(graph, joined, x.shape[1])
        else:
            n, c = x.shape[:2]
            flat = graph.op("Reshape", [x], {"shape": [n, c, h * w]})
            made = graph.op("Reshape", [graph.op("MulConst", [flat], {"const_val": 0.5})], {"shape": [n, c, h, w]})
        alive.append(made)
    extra = [alive[i] for i in rng.integers(1, len(alive) - 1, int(rng.integers(0, 3)))]
    outputs = [alive[-1], *{id(t): t for t in extra if t is not alive[-1]}.values()]
    graph.finish(outputs)


@pytest.mark.parametrize("seed", range(NETWORKS))
def test_random_network(seed: int, tmp_path: Path) -> None:
    graph = Graph(seed)
    random_network(graph)
    graph.check(tmp_path, tolerance=1e-4)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("onednn", [True, False], ids=["onednn", "loops"])
def test_shared_memory_changes_no_bit(seed: int, onednn: bool, tmp_path: Path) -> None:
    """Op by op, the outputs are the same bits whether tensors share memory or all of them are kept."""
    graph = Graph(100 + seed)
    random_network(graph, 40)
    module = graph.load(tmp_path, fuse=False, onednn=onednn)
    module.invoke(dump_all=True)
    kept = {name: module.get_tensor(name) for name in module.output_names}
    module.invoke()
    for name, value in kept.items():
        np.testing.assert_array_equal(module.get_tensor(name), value, err_msg=name)
    module.invoke(dump_all=True)
    for name, value in kept.items():
        np.testing.assert_array_equal(module.get_tensor(name), value, err_msg=name)


def test_the_same_run_twice_gives_the_same_bits(tmp_path: Path) -> None:
    graph = Graph(5)
    random_network(graph, 40)
    runs = []
    for _ in range(2):
        module = graph.load(tmp_path)
        module.invoke()
        runs.append(module.get_all_tensor())
        module.invoke()
        runs.append(module.get_all_tensor())
    for run in runs[1:]:
        assert list(run) == list(runs[0])
        for name, value in run.items():
            np.testing.assert_array_equal(value, runs[0][name])


def test_modules_run_side_by_side(tmp_path: Path) -> None:
    """Four modules in four threads, each again and again, give what each gives alone."""
    modules: list[Any] = []
    for seed in range(4):
        folder = tmp_path / str(seed)
        folder.mkdir()
        graph = Graph(200 + seed)
        random_network(graph, 15)
        modules.append(graph.load(folder))
    alone = []
    for module in modules:
        module.invoke()
        alone.append(module.get_all_tensor())
    wrong: list[str] = []

    def run(index: int) -> None:
        for _ in range(10):
            modules[index].invoke()
            for name, value in modules[index].get_all_tensor().items():
                if not np.array_equal(value, alone[index][name]):
                    wrong.append(f"{index}: {name}")

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_threads_of_one_module_take_turns(tmp_path: Path) -> None:
    graph = Graph(9)
    random_network(graph, 10)
    module = graph.load(tmp_path)
    module.invoke()
    expected = module.get_all_tensor()
    threads = [threading.Thread(target=module.invoke) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, value in module.get_all_tensor().items():
        np.testing.assert_array_equal(value, expected[name])


@pytest.mark.parametrize("count", ["1", "2", "3"])
def test_number_of_threads(count: str, tmp_path: Path) -> None:
    """Whatever the number of threads, the results are numpy's."""
    graph = Graph(11)
    random_network(graph, 20)
    graph.check(tmp_path, tolerance=1e-4)
    code = (
        "import sys, numpy as np, pymlir\n"
        "m = pymlir.module(); m.load(sys.argv[1])\n"
        "inputs = np.load(sys.argv[2])\n"
        "for name in m.input_names: m.set_tensor(name, inputs[name])\n"
        "m.invoke(); np.savez(sys.argv[3], **m.get_all_tensor())\n"
    )
    inputs, out = tmp_path / "in.npz", tmp_path / "out.npz"
    np.savez(inputs, **graph.inputs)
    command = [sys.executable, "-c", code, str(tmp_path / "graph.mlir"), str(inputs), str(out)]
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": count})
    for name, value in np.load(out).items():
        expected = graph.numpy.tensors[name]
        np.testing.assert_allclose(value, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


def test_a_residual_that_is_needed_again(tmp_path: Path) -> None:
    """A sum may reuse the memory of a tensor only after its last reader, views included."""
    graph = Graph(21)
    x = graph.op("SiLU", [graph.input([1, 16, 6, 6])])
    view = graph.op("Reshape", [x], {"shape": [1, 16, 36]})
    y = graph.op("Add", [x, _conv(graph, x, 16)])
    later = graph.op("Add", [graph.op("Reshape", [view], {"shape": [1, 16, 6, 6]}), _conv(graph, y, 16)])
    graph.finish([later, y])
    graph.check(tmp_path, tolerance=1e-4)


def test_an_output_inside_the_network_survives(tmp_path: Path) -> None:
    graph = Graph(22)
    x = _conv(graph, graph.input([1, 3, 8, 8]), 16)
    total = graph.op("Add", [x, _conv(graph, x, 16)], {"do_relu": True})
    graph.finish([total, x, graph.op("Relu", [total], {"relu_limit": -1.0})])
    graph.check(tmp_path, tolerance=1e-4)
