"""The instruction tables and chip files: their readers are strict, and say in one sentence what is wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "lib/Isa/gen"), str(ROOT / "lib/Target/gen")]

import chip_file  # noqa: E402
import isa_table  # noqa: E402

TABLE = ROOT / "lib/Isa/tables/bm1684x.json"
CHIP = ROOT / "lib/Target/chips/bm1684x.yaml"


def edited_table(tmp_path: Path, edit: Any) -> Path:
    raw = json.loads(TABLE.read_text())
    edit(raw)
    path = tmp_path / "table.json"
    path.write_text(json.dumps(raw))
    return path


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            lambda t: t["layouts"]["sysid"][1].__setitem__(2, 21),
            "command 'SYSID': field 'cmd_id_dep' overlaps its neighbour",
        ),
        (lambda t: t["layouts"]["sysid"].pop(1), "command 'SYSID': field 'cmd_id_dep' leaves a gap before bit 21"),
        (lambda t: t["layouts"]["sysid"].pop(), "command 'SYSID': fields hold 124 bits, expected 128"),
        (lambda t: t["fields"].pop("pwr_step"), "command 'AR': field 'pwr_step' has no entry under 'fields'"),
        (lambda t: t["fields"]["cmd_id"].pop("evidence"), "field 'cmd_id': missing key 'evidence'"),
        (lambda t: t["fields"]["cmd_id"].update(colour=1), "field 'cmd_id': unknown key 'colour'"),
        (
            lambda t: t["fields"]["cmd_id"].update(evidence="sure"),
            "cmd_id: 'sure' is not one of verified, stated, inferred, unknown",
        ),
        (lambda t: t["commands"][0].update(family="X"), "command 'AR': unknown family or layout"),
        (lambda t: t["commands"][0].update(defaults={"nope": 1}), "command 'AR': no field 'nope'"),
        (lambda t: t.update(extra=1), "table.json: unknown key 'extra'"),
    ],
)
def test_malformed_instruction_tables(tmp_path: Path, edit: Any, sentence: str) -> None:
    with pytest.raises(isa_table.TableError) as error:
        isa_table.load(edited_table(tmp_path, edit))
    assert str(error.value).replace(str(tmp_path) + "/", "") == sentence


def test_instruction_table_loads() -> None:
    table = isa_table.load(TABLE)
    assert len(table.commands) == 42
    assert all(sum(f.width for f in c.fields) == c.bytes * 8 for c in table.commands)


def edited_chip(tmp_path: Path, old: str, new: str) -> Path:
    text = CHIP.read_text()
    assert old in text
    path = tmp_path / "bm1684x.yaml"
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("  lanes: ", "  lames: ", "bm1684x.yaml: missing key 'local.lanes'"),
        ("clock:\n", 'clock:\n  turbo: {value: 1, source: "x"}\n', "bm1684x.yaml: unknown key 'clock.turbo'"),
        ("clock:\n", "watch:\n", "bm1684x.yaml: missing section 'clock'"),
        ("lanes: {value: 64,", 'lanes: {value: "64",', "bm1684x.yaml: 'local.lanes' is '64', expected int"),
        ("lanes: {value: 64,", "lanes: {value: sixty,", "bm1684x.yaml:{line}: cannot read value sixty"),
        ('source: "product name"', 'source: ""', "bm1684x.yaml:{line}: key 'name' has no source"),
        (
            '  name: {value: "bm1684x", source: "product name"}',
            '  name: "bm1684x"',
            "bm1684x.yaml:{line}: expected 'section:' or 'key: {value: ..., source: \"...\"}'",
        ),
        (
            "  banks: {value: 16,",
            "  lanes: {value: 16,",
            "bm1684x.yaml:{line}: key 'lanes' is out of place or repeated",
        ),
        (
            'pool_cycles: {value: 10.0, evidence: "measured"',
            'pool_cycles: {value: 10.0, evidence: "sure"',
            "bm1684x.yaml: 'time.pool_cycles' has evidence 'sure', expected one of measured, stated, inferred, guessed",
        ),
        (
            "value: 1.0, low: 1.0, high: 1.3",
            "value: 1.0, low: 1.1, high: 1.3",
            "bm1684x.yaml: 'time.gather_cycles_per_element' has the range 1.1 to 1.3, which does not hold 1.0",
        ),
        (
            "banks: {value: 16,",
            "banks: {value: unknown,",
            "bm1684x.yaml: 'local.banks' is unknown, which only scope 'timing' allows",
        ),
        (
            'scope: {value: "compile"',
            'scope: {value: "half"',
            "bm1684x.yaml: 'identity.scope' is 'half', expected 'compile' or 'timing'",
        ),
    ],
)
def test_malformed_chip_files(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    path = edited_chip(tmp_path, old, new)
    text = path.read_text()
    first = new.splitlines()[0].lstrip()
    line = 1 + text.count("\n", 0, text.index(first))
    with pytest.raises(chip_file.ChipFileError) as error:
        chip_file.load_chip(path)
    assert str(error.value) == sentence.replace("{line}", str(line))


def test_chip_files_are_yaml() -> None:
    yaml = pytest.importorskip("yaml")
    plain = yaml.safe_load(CHIP.read_text())
    ours = chip_file.load_chip(CHIP)
    assert {s: {k: v["value"] for k, v in keys.items()} for s, keys in plain.items()} == {
        s: {k: f.value for k, f in keys.items()} for s, keys in ours.items()
    }


def test_two_generations_live_in_one_build(tmp_path: Path) -> None:
    """A second table with a moved field and one command less gives data beside the first, under the same names."""

    def other(table: Any) -> None:
        table.update(generation="variant", chips=["variant"])
        rows = table["layouts"]["sar"]
        at = [row[0] for row in rows].index("opd0_const")
        rows[at], rows[at + 1] = ["opd1_const", 50, 1], ["opd0_const", 51, 1]
        table["commands"] = [c for c in table["commands"] if c["name"] != "LAR"]

    include, source = tmp_path / "include/tpu_mlir/Isa", tmp_path / "Tables.cpp"
    script = ROOT / "lib/Isa/gen/isa_gen.py"
    words = [script, TABLE, edited_table(tmp_path, other), "--header", include / "Commands.h", "--source", source]
    subprocess.run([sys.executable, "-B", *map(str, words), "--json-dir", str(tmp_path / "json")], check=True)
    assert sorted(p.name for p in (tmp_path / "json").iterdir()) == ["bm1684x.json", "variant.json"]
    compiler = shutil.which("clang++-22") or shutil.which("c++")
    if compiler is None:
        pytest.skip("there is no C++ compiler")
    program = tmp_path / "main.cpp"
    program.write_text(
        """
        #include "tpu_mlir/Isa/Command.h"
        using namespace tpu_mlir::isa;
        int main() {
          SAR sar;
          sar.opd0_const = 1;
          const Command a = encode(tableFor("bm1684x"), sar), b = encode(tableFor("variant"), sar);
          if (a.words[0] != (b.words[0] ^ 3ull << 50) || as<SAR>(b).opd0_const != 1) return 1;
          return tableFor("variant").find(CommandId::LAR) != nullptr;
        }
        """
    )
    library = [ROOT / "lib/Isa/Table.cpp", ROOT / "lib/Isa/Command.cpp"]
    folders = [f"-I{tmp_path / 'include'}", f"-I{ROOT / 'include'}"]
    binary = tmp_path / "main"
    command = [compiler, "-std=c++20", *folders, program, source, *library, "-o", binary]
    subprocess.run(list(map(str, command)), check=True)
    assert subprocess.run([str(binary)], check=False).returncode == 0
