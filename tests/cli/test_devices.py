"""Devices as text, as JSON, and as rows that go straight into the register."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from bt_console.cli.csv_text import csv_text, quiet
from bt_console.cli.render import cells
from bt_console.config.register import read_register
from bt_console.model.device import DeviceState
from tests.cli.example import Filled, Run

PRINTER, MADE_UP = "b4:22:00:00:00:01", "52:54:00:00:00:05"


def test_devices_that_want_attention_come_first_within_their_unit(filled: Filled, run: Run) -> None:
    code, out, err = run("devices", "--store", filled.path, "--language", "en")
    assert (code, err) == (0, "")
    heading, *rows = out.splitlines()
    assert heading.split()[:4] == ["Unit", "State", "MAC", "Device"]
    assert [row.split()[:2] for row in rows[:6]] == [
        ["cao-son", "new"],
        ["cao-son", "moved"],
        ["cao-son", "missing"],
        ["cao-son", "approved"],
        ["ha-vi", "new"],
        ["hub", "approved"],
    ]
    assert rows[-1] == "2 approved, 2 new, 1 moved, 1 missing"
    assert max(map(cells, out.splitlines())) <= 100


def test_one_unit_by_its_name_and_one_state(filled: Filled, run: Run) -> None:
    said = run("devices", "cao son", "--state", "new", "--store", filled.path)[1]
    assert said.count("b4:22:00:00:00:") == 1
    assert "lạ" in said
    assert run("devices", "hub", "--store", filled.path, "--language", "en")[1].count("hub  ") == 1


def test_no_device_is_said(filled: Filled, run: Run) -> None:
    assert run("devices", "tu-tri", "--store", filled.path, "--language", "en")[1] == "No devices.\n"


def test_the_document_tells_what_is_known(filled: Filled, run: Run) -> None:
    document = json.loads(run("devices", "ha-vi", "--json", "--store", filled.path)[1])
    assert document["counts"] == {"approved": 0, "new": 1, "moved": 0, "missing": 0}
    (device,) = document["devices"]
    assert (device["mac"], device["vendor"], device["is_made_up"]) == (MADE_UP, None, True)
    assert device["last_seen_at"] == "2026-11-24T13:43:23.000Z"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_an_export_is_a_register_and_no_cell_of_it_a_formula(
    filled: Filled, run: Run, tmp_path: Path, language: str
) -> None:
    code, out, _ = run("devices", "export", "cao-son", "--state", "new", "--store", filled.path, "--language", language)
    assert code == 0
    for row in csv.reader(io.StringIO(out)):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
    path = tmp_path / "devices.csv"
    path.write_text(out, encoding="utf-8")
    found = read_register(path, filled.settings.inventory.units)
    assert found.problems == ()
    (approval,) = found.approvals.values()
    assert (approval.mac, approval.unit_id) == ("b4:22:00:00:00:04", "cao-son")
    assert approval.name == "=cmd|' /C calc'!A0 10.21.2.12"
    assert "24/11/2026" in approval.note


def test_an_export_leaves_the_reason_of_a_made_up_address_to_a_person(filled: Filled, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "devices.csv"
    path.write_text(run("devices", "export", "ha-vi", "--store", filled.path)[1], encoding="utf-8")
    (problem,) = read_register(path, filled.settings.inventory.units).problems
    assert "made-up" in problem.message


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["cao-son", "ha-vi"], "at most one unit"),
        (["export", "cao-son", "ha-vi"], "at most one unit"),
        (["export", "--json"], "leave `export` out"),
        (["cao-sn"], "nearest: cao-son"),
        (["--state", "lost"], "invalid choice"),
    ],
)
def test_what_cannot_be_is_refused(filled: Filled, run: Run, argv: list[str], said: str) -> None:
    code, out, err = run("devices", *argv, "--store", filled.path, "--language", "en")
    assert (code, out) == (2, "")
    assert said in err


def test_every_state_can_be_asked_for(filled: Filled, run: Run) -> None:
    counts = {
        state.value: len(json.loads(run("devices", "--state", state, "--json", "--store", filled.path)[1])["devices"])
        for state in DeviceState
    }
    assert counts == {"approved": 2, "new": 2, "moved": 1, "missing": 1}


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_formula_is_kept_quiet(cell: str) -> None:
    assert quiet(cell) == "'" + cell


def test_csv_quotes_what_needs_it() -> None:
    assert csv_text([("a", 'b "c", d'), ("máy", "")]) == 'a,"b ""c"", d"\nmáy,\n'
