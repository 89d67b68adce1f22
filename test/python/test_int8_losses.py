"""INT8 keeps what a network computes, whatever stands beside it and in whatever unit, or says what it loses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import needs_core
from int8_flow import Flow, conv, flow, node, normal

from tpu_mlir.errors import EXIT_COMPARE, EXIT_OK, EXIT_USER

pytestmark = needs_core


def good(net: Flow, cosine: float = 0.999, euclidean: float = 0.96) -> None:
    assert net.deploy("--test_input", net.first) == EXIT_OK
    for found in net.similarities():
        assert found[0] > cosine and found[1] > euclidean, found


# --- constants ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "value", "scale"),
    [
        ("Add", 0.0, 0.05),
        ("Add", 0.0, 0.01),
        ("Sub", 0.0, 0.01),
        ("Add", 1e-9, 0.05),
        ("Add", 0.3, 0.1),
        ("Mul", 1e-6, 0.1),
    ],
)
def test_a_constant_does_not_double_or_erase_what_it_is_added_to(
    tmp_path: Path, op: str, value: float, scale: float
) -> None:
    table = value * normal(2, 4, 6, 6, seed=3)
    nodes = [conv("x", "c", kernel=3), node(op, "c table", "a"), conv("a", "y", "q")]
    weights = {"k": normal(4, 3, 3, 3, scale=0.3), "q": normal(4, 4, 1, 1, scale=0.4), "table": table}
    good(flow(tmp_path, nodes, {"x": [1, 3, 8, 8]}, ["a", "y"], weights, scale))


def test_a_zero_constant_first_in_a_difference_and_in_a_product(tmp_path: Path) -> None:
    nodes = [
        conv("x", "c"),
        node("Sub", "zeros c", "negative"),
        node("Mul", "c zeros", "nothing"),
        node("Add", "negative nothing", "y"),
    ]
    weights = {"k": normal(4, 3, 1, 1, scale=0.01), "zeros": np.zeros((2, 4, 4, 4))}
    net = flow(tmp_path, nodes, {"x": [1, 3, 4, 4]}, ["y"], weights)
    good(net)


# --- units --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", [1e-8, 1e-5, 1.0, 1e8])
def test_int8_does_not_depend_on_the_unit_of_the_numbers(tmp_path: Path, unit: float) -> None:
    nodes = [
        conv("x", "c", kernel=3),
        node("Relu", "c", "r"),
        conv("r", "d", "q"),
        node("Add", "d r", "a"),
        node("Concat", "a r", "y", axis=1),
    ]
    weights = {"k": normal(4, 3, 3, 3, scale=0.3), "q": normal(4, 4, 1, 1)}
    good(flow(tmp_path, nodes, {"x": [1, 3, 8, 8]}, ["y"], weights, scale=unit))


# --- joins --------------------------------------------------------------------------------------------------------


def boxes_and_scores(folder: Path, tail: list[Any], outputs: list[str], **more: np.ndarray) -> Flow:
    nodes = [
        node("Conv", "x kb bb", "b", kernel_shape=[1, 1]),
        node("Conv", "x ks bs", "l", kernel_shape=[1, 1]),
        node("Sigmoid", "l", "s"),
        node("Relu", "b", "br"),
        *tail,
    ]
    weights = {"kb": normal(4, 16, 1, 1, scale=30), "bb": np.full(4, 320.0), "ks": normal(6, 16, 1, 1, scale=0.5)}
    weights |= {"bs": np.full(6, -1.0), **more}
    return flow(folder, nodes, {"x": [1, 16, 8, 8]}, outputs, weights)


JOIN = node("Concat", "br s", "j", axis=1)


@pytest.mark.parametrize(
    "tail",
    [
        [node("Concat", "br s", "y", axis=1)],
        [JOIN, node("Reshape", "j shape", "y")],
        [JOIN, node("Transpose", "j", "y", perm=[0, 2, 3, 1])],
        [JOIN, node("Reshape", "j shape", "f"), node("Slice", "f from to axis", "y")],
        [JOIN, node("Concat", "j s", "i", axis=1), node("Reshape", "i longer", "y")],
        [node("Concat", "br s extra", "j", axis=1), node("Reshape", "j longer", "y")],
        [node("Reshape", "br rows", "r1"), node("Reshape", "s rows", "r2"), node("Concat", "r1 r2", "y", axis=1)],
        [JOIN, node("Relu", "j", "y")],
        [JOIN, node("Concat", "j s", "i", axis=1), node("Relu", "i", "y")],
    ],
)
def test_parts_that_leave_together_keep_their_own_scales(tmp_path: Path, tail: list[Any]) -> None:
    more = {
        "shape": np.array([1, 10, 64]),
        "longer": np.array([1, 16, 64]),
        "rows": np.array([1, -1, 64]),
        "from": np.array([2]),
        "to": np.array([9]),
        "axis": np.array([1]),
        "extra": normal(1, 6, 8, 8, scale=0.01),
    }
    used = {name: value for name, value in more.items() if any(name in n.input for n in tail)}
    net = boxes_and_scores(tmp_path, tail, ["y"], **used)
    assert net.deploy("--test_input", net.first) == EXIT_OK
    result, expected = net.result()[0], net.expected()[0]
    small = (np.abs(expected) > 0.05) & (np.abs(expected) <= 1)  # the scores
    assert small.sum() > 100
    assert np.abs(result - expected)[small].max() < 0.03


def test_with_integers_as_output_the_lost_part_fails_the_deploy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tail = [JOIN, node("Reshape", "j shape", "y"), node("Relu", "l", "z")]
    net = boxes_and_scores(tmp_path, tail, ["y", "z"], shape=np.array([1, 10, 64]))
    assert net.deploy("--quant_output") == EXIT_COMPARE
    said = capsys.readouterr()
    assert "operand 's' of the Concat 'j' is lost: all of its 384 values become one" in said.err
    assert "--output_names br,s,z" in said.err and len(said.err.strip().splitlines()) == 1
    assert "lost:       " in said.out


def test_a_part_that_is_lost_inside_the_network_fails_the_deploy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tail = [JOIN, conv("j", "y", "q")]
    net = boxes_and_scores(tmp_path, tail, ["y"], q=normal(3, 10, 1, 1))
    assert net.deploy() == EXIT_COMPARE
    assert "operand 's' of the Concat 'j' is lost" in capsys.readouterr().err


def test_advice_about_a_lost_part_leads_to_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tpu_mlir.transform_model import transform

    net = boxes_and_scores(tmp_path, [JOIN, conv("j", "y", "q")], ["y"], q=normal(3, 10, 1, 1))
    assert net.deploy() == EXIT_COMPARE
    names = capsys.readouterr().err.split("--output_names ")[1].split()[0]
    transform("net", tmp_path / "net.onnx", net.mlir, output_names=names.split(","), quiet=True)
    net.calibrate()
    assert net.deploy() == EXIT_OK


# --- values that no activation comes near -------------------------------------------------------------------------


@pytest.mark.parametrize("low", [-3.4028234663852886e38, -1e30, -100.0])
def test_a_pad_below_every_activation_sets_no_range(tmp_path: Path, low: float) -> None:
    nodes = [
        node("Conv", "x k b", "c", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Pad", "c pads low", "p"),
        node("MaxPool", "p", "y", kernel_shape=[3, 3], strides=[2, 2]),
    ]
    weights = {"k": normal(8, 3, 3, 3, scale=0.3), "b": normal(8), "low": np.float32(low)}
    weights["pads"] = np.array([0, 0, 1, 1, 0, 0, 1, 1])
    good(flow(tmp_path, nodes, {"x": [1, 3, 12, 12]}, ["y"], weights))


def test_a_pad_beyond_its_operand_is_kept(tmp_path: Path) -> None:
    nodes = [conv("x", "c"), node("Pad", "c pads ten", "p"), node("Relu", "p", "y")]
    weights = {"k": normal(4, 3, 1, 1, scale=0.3), "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]), "ten": np.float32(10)}
    good(flow(tmp_path, nodes, {"x": [1, 3, 6, 6]}, ["y"], weights))


@pytest.mark.parametrize("value", [1e30, -1e9])
def test_a_pad_that_no_reader_loses_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], value: float) -> None:
    nodes = [conv("x", "c"), node("Pad", "c pads far", "p"), node("Relu", "p", "r"), node("Add", "r r", "y")]
    weights = {"k": normal(4, 3, 1, 1), "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]), "far": np.float32(value)}
    net = flow(tmp_path, nodes, {"x": [1, 3, 6, 6]}, ["y"], weights)
    assert net.deploy() in (EXIT_USER, EXIT_COMPARE)
    said = capsys.readouterr().err
    assert f"{value:g}" in said and "pads" in said, said


def test_a_sum_that_drowns_an_operand_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mask = np.where(np.arange(64).reshape(1, 1, 8, 8) % 3 == 0, -1e9, 0.0) * np.ones((1, 4, 1, 1))
    nodes = [conv("x", "c"), node("Add", "c mask", "y")]
    net = flow(tmp_path, nodes, {"x": [1, 3, 8, 8]}, ["y"], {"k": normal(4, 3, 1, 1), "mask": mask})
    net.deploy()
    assert "operand 'c' of the sum 'y' counts for nothing" in capsys.readouterr().out


# --- tables -------------------------------------------------------------------------------------------------------


def two_convs(folder: Path) -> Flow:
    nodes = [conv("x", "c"), node("Relu", "c", "r"), conv("r", "y", "q")]
    return flow(folder, nodes, {"x": [1, 3, 4, 4]}, ["y"], {"k": normal(4, 3, 1, 1), "q": normal(4, 4, 1, 1)})


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("-1 0 1", "threshold -1 is negative"),
        ("1 1 0", "min 1 is above max 0"),
        ("0 0 3", "threshold 0 gives no scale to the range [0, 3]"),
        ("0.0000001 0.0000000 0.0000001", "has one digit left; calibrate again"),
        ("nan 0 1", "expected 'name threshold min max'"),
        ("inf 0 1", "expected 'name threshold min max'"),
        ("1e-28 0 1e-28", "gives no scale to the range [0, 1e-28] (the least is 1e-27)"),
        ("1e31 0 1e31", "gives no scale, of which the largest is 1e+30; scale the network's numbers down"),
    ],
)
def test_a_row_that_gives_no_scale_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str, expected: str
) -> None:
    net = two_convs(tmp_path)
    lines = net.table.read_text().splitlines()
    number = next(i for i, line in enumerate(lines) if line.startswith("r_Relu "))
    lines[number] = f"r_Relu {row}"
    net.table.write_text("\n".join(lines) + "\n")
    capsys.readouterr()
    assert net.deploy("--skip_validation") == EXIT_USER
    said = capsys.readouterr().err.strip().splitlines()
    # Where the lowering refuses, how to cut the network follows.
    assert len(said) <= 2 and expected in said[0] and ("r_Relu" in said[0]), said
    assert f"line {number + 1}" in said[0] or "e+31" in said[0]
    assert not (tmp_path / "net.bmodel").exists()


def test_a_row_of_zeros_is_named_and_refused_where_the_tensor_is_not_zero(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    net = two_convs(tmp_path)
    net.table.write_text(re.sub(r"^r_Relu .*$", "r_Relu 0 0 0", net.table.read_text(), flags=re.M))
    capfd.readouterr()
    assert net.deploy() == EXIT_USER
    said = capfd.readouterr().err
    assert "'r_Relu' has the range 0 0 0" in said and "the row of tensor 'r_Relu' is 0 0 0, but on this input" in said


def test_a_tensor_that_is_always_zero_takes_part_without_harm(tmp_path: Path) -> None:
    nodes = [
        conv("x", "c"),
        node("Abs", "c", "positive"),
        node("Mul", "positive minus", "negative"),
        node("Relu", "negative", "nothing"),
        node("Add", "c nothing", "y"),
    ]
    weights = {"k": normal(4, 3, 1, 1, scale=1e-6), "minus": np.float32(-1)}
    good(flow(tmp_path, nodes, {"x": [1, 3, 4, 4]}, ["y"], weights))


def test_another_networks_table_is_recognised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = two_convs(tmp_path)
    net.table.write_text(net.table.read_text().replace("r_Relu", "other_Relu"))
    capsys.readouterr()
    assert net.deploy() == EXIT_USER
    said = capsys.readouterr().err
    assert "has no row for 1 of 3 tensors, first 'r_Relu'" in said
    assert "names 'other_Relu', which this network does not have" in said


# --- deploy proves itself -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("precision", ["INT8", "F32"])
def test_without_a_reference_the_outputs_are_measured_against_the_top_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], precision: str
) -> None:
    net = two_convs(tmp_path)
    for flags in ([], ["--test_input", net.first]):
        capsys.readouterr()
        assert net.deploy(*flags, precision=precision) == EXIT_OK
        line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("outputs:"))
        assert "'y_Conv' against fp32 on the same input: cosine 0.99" in line or "cosine 1.0" in line
