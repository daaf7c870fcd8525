"""Who is on duty: one answer for now, next and the days ahead, and stand-ins the monitor makes."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from bt_console.cli.render import cells
from tests.cli.desk import Desk
from tests.cli.example import Filled, Run


def test_now_next_gaps_and_stand_ins_are_told(told: Desk, run: Run) -> None:
    code, out, err = run("oncall", "--store", told.filled.path, "--language", "en")
    assert (code, err) == (0, "")
    lines = [line.strip() for line in out.splitlines()]
    assert lines[0] == "it (Asia/Ho_Chi_Minh)"
    assert lines[1] == "Now: Nguyễn Văn An, Tue 24/11 06:00 until Tue 24/11 22:00 (rotation tuần)"
    assert lines[2].startswith("Next: Hoàng Văn Cường, Tue 24/11 22:00 until Wed 25/11 06:00 (nobody on duty")
    assert sum(line.startswith("Nobody on duty:") for line in lines) >= 6
    assert any(line.startswith("Stand-in 1: Hoàng Văn Cường for whoever is on duty") for line in lines)
    assert max(map(cells, out.splitlines())) <= 80


def test_the_shifts_of_the_document_tile_the_days_asked_for(told: Desk, run: Run) -> None:
    argv = ["oncall", "--at", "2026-12-01T00:00", "--days", "3", "--json"]
    document = json.loads(run(*argv, "--store", told.filled.path)[1])
    (schedule,) = document["schedules"]
    shifts = schedule["shifts"]
    assert shifts[0]["starts_at"] == document["at"] == "2026-11-30T17:00:00.000Z"
    assert shifts[-1]["ends_at"] == "2026-12-03T17:00:00.000Z"
    assert all(one["ends_at"] == other["starts_at"] for one, other in pairwise(shifts))
    assert {shift["contact"] for shift in schedule["gaps"]} == {"cuong"}


def test_without_a_plan_that_is_said(filled: Filled, run: Run) -> None:
    assert run("oncall", "--store", filled.path, "--language", "en") == (
        0,
        "The configuration has no duty schedules.\n",
        "",
    )


def test_a_stand_in_is_made_and_ended_by_the_monitor(desk: Desk, run: Run) -> None:
    path = desk.filled.path
    override = ["oncall", "override", "it", "binh", "--until", "8h", "--for", "an", "--reason", "nghỉ ốm"]
    with desk.answering():
        assert run(*override, "--store", path, "--language", "en")[1] == "the stand-in is set, number 1\n"
        now = json.loads(run("oncall", "--json", "--store", path)[1])["schedules"][0]["now"]
        assert (now["contact"], now["why"]) == ("binh", "override:1")
        assert run("oncall", "override-end", "1", "--store", path, "--language", "en")[1] == "stand-in 1 ended\n"
    now = json.loads(run("oncall", "--json", "--store", path)[1])["schedules"][0]["now"]
    assert now["contact"] == "an"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["override", "it"], "schedule and contact are needed"),
        (["override", "it", "an"], "--until is needed"),
        (["override", "IT", "an", "--until", "2h"], "no schedule 'IT'; there are: it"),
        (["override", "it", "ann", "--until", "2h"], "no contact 'ann'; there are: an"),
        (["override", "it", "an", "--until", "2h", "--for", "x"], "no contact 'x'"),
        (["override-end", "one"], "number is needed"),
        (["--until", "2h"], "'--until' does not go with show"),
        (["--days", "0"], "not a number of days from 1 to 90"),
        (["--at", "soon"], "cannot read the time 'soon'"),
        (["show", "it"], "no names are needed"),
    ],
)
def test_what_cannot_be_is_refused(told: Desk, run: Run, argv: list[str], said: str) -> None:
    code, out, err = run("oncall", *argv, "--store", told.filled.path, "--language", "en")
    assert (code, out) == (2, "")
    assert said in err
    assert told.filled.writer.pending_commands() == ()
