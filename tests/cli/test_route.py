"""A supposed incident: who would be told, over what and when; nothing is written."""

from __future__ import annotations

import json

import pytest

from bt_console.cli.render import cells
from tests.cli.desk import Desk
from tests.cli.example import Run


def test_the_first_steps_name_people_channels_and_times(told: Desk, run: Run) -> None:
    before = len(told.filled.writer.load().paper.deliveries)
    code, out, err = run("route", "test", "--unit", "cao son", "--store", told.filled.path, "--language", "en")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[:4] == [
        "Supposed at 20:44:03 24/11: TSLCD link down (critical), cao-son/tslcd",
        "Route 1 (critical and above): policy critical",
        "Schedule it: Nguyễn Văn An is on duty until 22:00:00 24/11",
        "20:44:04 24/11 step 1:",
    ]
    assert lines[4:6] == ["  Nguyễn Văn An over zalo (internet)", "  Trực ban over console (local)"]
    assert lines[6] == "20:49:04 24/11 step 2:"
    assert lines[-1] == "Nothing was sent."
    assert max(map(cells, lines)) <= 80
    assert len(told.filled.writer.load().paper.deliveries) == before


def test_a_silence_and_a_gap_are_said(told: Desk, run: Run) -> None:
    path = told.filled.path
    out = run("route", "test", "--unit", "tu-tri", "--store", path, "--language", "en")[1]
    assert "Nobody is paged: muted by 1 (lan@10.20.1.5, because: sửa điện)" in out
    out = run("route", "test", "--unit", "cao-son", "--at", "23:00", "--store", path, "--language", "en")[1]
    assert "Schedule it: nobody on duty until 06:00:00 25/11, its fallback Hoàng Văn Cường is called" in " ".join(
        out.split()
    )


def test_outside_office_hours_a_warning_is_held(told: Desk, run: Run) -> None:
    argv = ["route", "test", "--kind", "link-loss", "--severity", "warning", "--unit", "cao-son"]
    document = json.loads(run(*argv, "--json", "--store", told.filled.path)[1])
    assert (document["route"], document["policy"]) == (2, "office")
    assert {page["held_until"] for page in document["turns"][0]["pages"]} == {"2026-11-25T00:30:00.000Z"}
    out = run(*argv, "--store", told.filled.path, "--language", "en")[1]
    assert "outside the hours, held until 07:30:00 25/11" in " ".join(out.split())


@pytest.mark.parametrize(
    ("argv", "target"),
    [
        ([], "phu-thong/tslcd"),
        (["--unit", "cao-son", "--kind", "internet_down"], "cao-son/internet"),
        (["--kind", "tslcd_core_down"], "tslcd-core"),
        (["--target", "qlvb", "--kind", "service_down"], "qlvb"),
        (["--kind", "own_uplink_down"], "hub/uplink-internet"),
    ],
)
def test_a_kind_sits_where_it_usually_does(told: Desk, run: Run, argv: list[str], target: str) -> None:
    document = json.loads(run("route", "test", *argv, "--json", "--store", told.filled.path)[1])
    assert document["target"] == target


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "the following arguments are required"),
        (["test", "--unit", "cao-son", "--unit", "ha-vi"], "only one --unit"),
        (["test", "--unit", "cao-son", "--target", "ha-vi/lan"], "ha-vi/lan does not belong to cao-son"),
        (["test", "--kind", "fire"], "no kind of cause 'fire'"),
    ],
)
def test_what_cannot_be_is_refused(told: Desk, run: Run, argv: list[str], said: str) -> None:
    code, out, err = run("route", *argv, "--store", told.filled.path, "--language", "en")
    assert (code, out) == (2, "")
    assert said in err
