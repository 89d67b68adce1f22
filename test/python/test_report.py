"""The report: its figures are the simulator's, what it says of local memory holds together, and the page works."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, needs_core
from report_boxes import boxes, overlapping
from report_browser import Page, browser
from test_bmodel_tool import run

from tpu_mlir.cli.model_report import main as model_report
from tpu_mlir.report.groups import groups_of
from tpu_mlir.report.page import page_of

sys.path.insert(0, str(ROOT / "test/Ops"))
GOLDEN = ROOT.parent / "shared/golden/yolov5s_bm1684x_int8_sym.bmodel"


def network(net: Any) -> list[Any]:
    """Two convolutions, an addition and a pool: in little memory several slices, and values that stay on the chip."""
    x = net.input([1, 3, 48, 48])
    conv = {"kernel_shape": [3, 3], "strides": [1, 1], "pads": [1, 1, 1, 1]}
    a = net.op("Conv", [x, net.weight([16, 3, 3, 3], 0.2), net.weight([16], 0.2)], {**conv, "do_relu": True})
    b = net.op("Conv", [a, net.weight([16, 16, 3, 3], 0.1), net.weight([16], 0.2)], conv)
    c = net.op("Add", [a, b], {})
    return [net.op("MaxPool", [c], {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0, 0, 0, 0]})]


@pytest.fixture(scope="module")
def bmodel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from harness import compile_net

    folder = tmp_path_factory.mktemp("report")
    compile_net(network, 3, folder, lmem=65536)
    return folder / "net.bmodel"


@pytest.fixture(scope="module")
def profile(bmodel: Path) -> dict[str, Any]:
    result = run("profile", bmodel)
    assert result.returncode == 0, result.stderr
    return dict(json.loads(result.stdout))


@pytest.fixture(scope="module")
def page(bmodel: Path) -> Iterator[Page]:
    with browser() as driver:
        output = bmodel.with_name("report page.html")
        assert model_report([str(bmodel), "-o", str(output)]) == 0
        yield Page(driver, output)


@needs_core
def test_figures_are_the_simulators(bmodel: Path, profile: dict[str, Any], tmp_path: Path) -> None:
    summary, layers = tmp_path / "summary.json", tmp_path / "layers.json"
    arguments = ["tpuc-sim", bmodel, "--timing-only", "--summary", summary, "--layers", layers]
    subprocess.run([str(a) for a in arguments], check=True, capture_output=True)
    assert profile["summary"] == json.loads(summary.read_text())
    shown = [layer for layer in profile["layers"] if layer["tiu_commands"] + layer["gdma_commands"]]
    assert shown == json.loads(layers.read_text())


def test_commands_add_up(profile: dict[str, Any]) -> None:
    commands, summary = profile["commands"], profile["summary"]
    for engine, name in enumerate(("tiu", "gdma")):
        mine = [i for i, e in enumerate(commands["engine"]) if e == engine]
        assert len(mine) == summary[name]["commands"]
        busy = sum(commands["end"][i] - commands["start"][i] for i in mine)
        assert busy == pytest.approx(summary[name]["busy_cycles"], abs=0.02 * len(mine))
    assert sum(commands["macs"]) == summary["macs"]["total"]
    assert sum(commands["ddr_bytes"]) == summary["ddr"]["total_bytes"]
    assert len(commands["first_access"]) == len(commands["id"]) + 1
    assert commands["first_access"][-1] == len(commands["access"]["operand"])


def test_local_memory_holds_one_thing_at_a_time(profile: dict[str, Any]) -> None:
    rows, chip = boxes(profile), profile["chip"]
    assert {"weights", "loaded", "result", "scratch"} >= {row["content"] for row in rows} >= {"weights", "result"}
    for row in rows:
        assert 0 <= row["begin"] < row["end"] <= chip["lane_bytes"]
        assert 0 <= row["lane_begin"] < row["lane_end"] <= chip["lanes"]
        assert 0 <= row["from"] < row["to"] <= profile["summary"]["cycles"] + 0.01
        assert profile["commands"]["start"][row["writer"]] == row["from"]
    assert not overlapping(rows)


def test_what_lies_in_local_memory_has_its_name(profile: dict[str, Any]) -> None:
    tensors, rows = {t["name"]: t for t in profile["tensors"]}, boxes(profile)
    assert profile["undescribed_commands"] == 0
    assert all(row["name"] for row in rows if row["content"] in ("weights", "loaded"))
    results = [row for row in rows if row["content"] == "result"]
    assert {row["name"] for row in results} == {n for n, t in tensors.items() if t["local_pieces"]}
    for row in results:
        assert row["reads"] > 0, f"{row['name']} is computed and nobody reads it"
        assert profile["layers"][row["layer"]]["name"] == row["name"]
    assert not [row for row in rows if row["content"] == "weights" and not row["reads"]]


def test_groups_by_stream_and_by_compiler(profile: dict[str, Any]) -> None:
    layers = profile["layers"]
    owners = {i for i, layer in enumerate(layers) if layer["tiu_commands"] + layer["gdma_commands"]}
    groups = groups_of(profile)
    assert sorted(i for group in groups for i in group["layers"]) == sorted(owners)
    assert all(bool(group["reason"]) == (len(group["layers"]) == 1) for group in groups)
    assert sum(group["handed"] for group in groups) == sum(count for *_, count in profile["handovers"])
    first, *others = (layers[i]["name"] for i in sorted(owners) if layers[i]["op"])
    chosen = [{"ops": [first], "alone": "because"}, {"ops": others, "slices": {"n": 1, "h": 4}}]
    by_compiler = groups_of(profile, chosen)
    assert [len(group["layers"]) for group in by_compiler] == [1, len(others)]
    assert [group["reason"] for group in by_compiler] == ["because", ""]
    assert by_compiler[1]["slices"] == "4 in h"


def test_the_vendors_stream_has_a_report(tmp_path: Path) -> None:
    """A stream without layers and without weights in the file."""
    if not GOLDEN.exists():
        pytest.skip(f"{GOLDEN} is not there")
    result = run("profile", GOLDEN)
    assert result.returncode == 0, result.stderr
    profile = json.loads(result.stdout)
    assert profile["layers"] == [] and profile["handovers"] == []
    assert len(profile["commands"]["id"]) == 430 + 142
    assert {"weights", "loaded", "scratch"} == {row["content"] for row in boxes(profile)}
    assert not overlapping(boxes(profile))
    assert "</script>" not in page_of(profile).split('id="profile">')[1].split("</script>")[0]


def test_the_page_needs_nothing_else(profile: dict[str, Any]) -> None:
    text = page_of({**profile, "net": "a<b></script>{{style}}"})
    assert not re.findall(
        r"""(?:src|href)\s*=\s*["']?(?!data:)[^"'\s>]|@import|url\(|fetch\(|https?://(?!www\.w3\.org)""", text
    )
    assert text.count("</script>") == 2 and "a&lt;b&gt;" in text
    assert text == page_of({**profile, "net": "a<b></script>{{style}}"})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "missing required arguments: model"),
        (["none.bmodel"], "model 'none.bmodel' does not exist"),
        (["net.txt", "--groups", "net.txt"], "'net.txt' holds no layer groups"),
        pytest.param(["net.txt"], "net.txt", marks=needs_core),
    ],
)
def test_mistakes_are_one_sentence(
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.txt").write_text("[1]")
    assert model_report(arguments) == 1
    err = capsys.readouterr().err
    assert sentence in err and err.startswith("error: ") and err.count("\n") == 1, err
    assert [p.name for p in tmp_path.iterdir()] == ["net.txt"]


# --- in the browser ---------------------------------------------------------------------------------------------------


@needs_core
def test_page_shows_the_summary(page: Page, profile: dict[str, Any]) -> None:
    page.tab("overview")
    shown = {node.get_attribute("data-figure"): node.get_attribute("data-value") for node in page.all("[data-figure]")}
    assert len(shown) >= 25
    for path, text in shown.items():
        value: Any = profile["summary"]
        for key in path.split("."):
            value = value[key]
        assert text == value if isinstance(value, str) else float(text) == value, path
    assert page.one("#net").text == profile["net"]
    assert f"{profile['summary']['cycles']:,.0f} cycles" in page.one("#headline").text
    split = page.run("return report.model.split")
    assert sum(split.values()) == pytest.approx(profile["summary"]["cycles"])
    assert split["both"] + split["onlyTiu"] == pytest.approx(profile["summary"]["tiu"]["busy_cycles"], rel=1e-3)


@needs_core
def test_page_zooms_pans_and_tells(page: Page, profile: dict[str, Any]) -> None:
    cycles = profile["summary"]["cycles"]
    page.tab("timeline")
    assert page.view() == (0, cycles)
    page.wheel("#engines", -200)
    start, end = page.view()
    assert 0 < start < end < cycles
    page.one('[data-zoom="0.5"]').click()
    page.frame()
    assert page.view()[1] - page.view()[0] == pytest.approx((end - start) / 2)
    page.run("report.view.pan(50)")
    page.frame()
    page.one('[data-zoom="0"]').click()
    page.frame()
    assert page.view() == (0, cycles)
    # The longest command of the TIU.
    commands = profile["commands"]
    longest = max(
        (i for i, e in enumerate(commands["engine"]) if e == 0), key=lambda i: commands["end"][i] - commands["start"][i]
    )
    middle = (commands["start"][longest] + commands["end"][longest]) / 2
    page.point("#engines", page.run("return report.engines.x(arguments[0])", middle), 50)
    tip = page.one("#tooltip").text
    assert f"TIU {commands['id'][longest]} {profile['words'][commands['name'][longest]]}" in tip
    assert commands["text"][longest] in tip
    assert profile["layers"][commands["layer"][longest]]["name"] in tip
    page.point("#engines", page.run("return report.engines.x(arguments[0])", middle), 50, click=True)
    assert page.one("#selection").text.startswith(profile["layers"][commands["layer"][longest]]["name"])
    page.one("#selection").click()
    assert page.one("#selection").text == ""


@needs_core
def test_page_tells_what_lies_where(page: Page, profile: dict[str, Any]) -> None:
    page.tab("timeline")
    page.run("report.view.zoom(0)")
    page.frame()
    largest = max(boxes(profile), key=lambda row: (row["to"] - row["from"]) * (row["end"] - row["begin"]))
    x, y = page.run(
        "return [report.memory.x(arguments[0]), report.memory.y(arguments[1])]",
        (largest["from"] + largest["to"]) / 2,
        (largest["begin"] + largest["end"]) / 2,
    )
    page.point("#memory", x, y)
    tip = page.one("#tooltip").text
    assert (largest["name"] or "scratch") in tip and "banks, lanes" in tip and f"0x{largest['begin']:x}" in tip
    drawn = page.run(
        "const c = document.getElementById('memory');"
        "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; const seen = new Set();"
        "for (let i = 0; i < d.length; i += 4) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return seen.size"
    )
    assert drawn > 5


@needs_core
def test_page_sorts_filters_and_leads_to_the_layer(page: Page, profile: dict[str, Any]) -> None:
    page.tab("layers")
    names = [layer["name"] for layer in profile["layers"]]
    assert page.column("name") == names
    page.one('#layer-table th[data-key="tiu"]').click()
    by_tiu = sorted(profile["layers"], key=lambda layer: -layer["tiu_cycles"])
    assert page.column("tiu") == [f"{round(layer['tiu_cycles'] + 1e-9):,}" for layer in by_tiu]
    page.one('#layer-table th[data-key="tiu"]').click()
    assert page.column("tiu") == [f"{round(layer['tiu_cycles'] + 1e-9):,}" for layer in by_tiu][::-1]
    totals = {c.get_attribute("data-key"): c.text for c in page.all("#layer-table tfoot td")}
    assert totals["tiu"] == f"{profile['summary']['tiu']['busy_cycles']:,.0f}"
    field = page.one("#layer-filter")
    field.send_keys("pool2d")
    assert page.column("op") == [
        layer["op"].removeprefix("tpu.") for layer in profile["layers"] if "Pool" in layer["op"]
    ]
    page.one("#layer-table tbody tr").click()
    page.frame()
    assert page.one("#tab-timeline").is_displayed()
    pool = next(layer for layer in profile["layers"] if "Pool" in layer["op"])
    start, end = page.view()
    assert start <= pool["start_cycle"] and pool["end_cycle"] <= end
    page.one("#selection").click()
    page.tab("layers")
    field.clear()
    field.send_keys(" ")


@needs_core
def test_page_shows_groups_and_roofline(page: Page, profile: dict[str, Any]) -> None:
    page.tab("groups")
    assert len(page.all(".group")) == len(groups_of(profile))
    assert len(page.all(".op")) == sum(
        1 for layer in profile["layers"] if layer["tiu_commands"] + layer["gdma_commands"]
    )
    page.tab("roofline")
    assert len(page.all("#roofline .dot")) == sum(1 for layer in profile["layers"] if layer["macs"])
    page.one("#theme").click()
    for tab in ("overview", "timeline", "layers", "groups", "roofline"):
        page.tab(tab)
    noise = [entry for entry in page.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    assert not noise
