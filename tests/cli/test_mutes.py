"""Silences and maintenance: previewed, refused with the reason, made by the monitor, listed and ended."""

from __future__ import annotations

import json

import pytest

from bt_console.cli.render import cells
from tests.cli.desk import Desk
from tests.cli.example import Filled, Run

ADD = ["silence", "add", "--unit", "Xã Cao Sơn", "--for", "2h", "--reason", "thay cáp quang"]
HOURLY = ["--reason", "bảo trì", "--rrule", "FREQ=HOURLY"]


def test_a_preview_says_what_would_be_hidden_and_asks_for_nothing(filled: Filled, run: Run) -> None:
    code, out, err = run(*ADD, "--preview", "--store", filled.path, "--language", "en")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "Hides: cao-son"
    assert lines[1].endswith("targets of 1 units (cao-son)")
    assert lines[2:] == [
        "Hides these open incidents at once: #1",
        "In the last 7 days it would have hidden 0 incidents, 0 of them critical",
    ]
    assert filled.writer.pending_commands() == ()


def test_what_hurts_more_than_the_silence_covers_is_not_hidden(filled: Filled, run: Run) -> None:
    argv = ["silence", "add", "--target", "qlvb", "--for", "2h", "--reason", "nâng cấp", "--preview", "--json"]
    document = json.loads(run(*argv, "--store", filled.path)[1])
    assert document["targets"] == ["qlvb"]
    assert document["open_incidents"] == document["wider_incidents"] == []


def test_a_silence_is_made_listed_and_ended_by_the_monitor(desk: Desk, run: Run) -> None:
    path = desk.filled.path
    with desk.answering():
        code, out, _ = run(*ADD, "--store", path, "--language", "en")
        assert code == 0
        assert out.splitlines()[-1] == "muted, number 1"
        heading, row = run("silence", "list", "--store", path, "--language", "en")[1].splitlines()
        assert row.split()[:3] == ["1", "active", "cao-son"]
        assert max(cells(heading), cells(row)) <= 100
        assert run("silence", "end", "1", "--store", path, "--language", "en")[1] == "mute 1 ended\n"
        code, _, err = run("silence", "end", "1", "--store", path, "--language", "en")
        assert (code, "no mute number 1" in err) == (2, True)
    assert run("silence", "--store", path, "--language", "en")[1] == "No silences.\n"
    listed = json.loads(run("silence", "list", "--all", "--json", "--store", path)[1])["mutes"]
    assert [(mute["id"], mute["is_active"], mute["ended_at"] is None) for mute in listed] == [(1, False, False)]


def test_maintenance_by_a_rule_shows_its_next_window(desk: Desk, run: Run) -> None:
    argv = ["maintenance", "add", "--kind", "tslcd-down", "--severity", "warning", "--start", "22:00", "--for", "2h"]
    argv += ["--rrule", "FREQ=WEEKLY;BYDAY=WE", "--reason", "bảo trì lõi"]
    with desk.answering():
        assert run(*argv, "--store", desk.filled.path)[0] == 0
    (mute,) = json.loads(run("maintenance", "--json", "--store", desk.filled.path)[1])["mutes"]
    assert mute["match"] == {"kinds": ["tslcd_down"], "min_severity": "warning"}
    assert (mute["window_starts_at"], mute["window_ends_at"]) == (
        "2026-11-25T15:00:00.000Z",
        "2026-11-25T17:00:00.000Z",
    )
    shown = run("maintenance", "list", "--store", desk.filled.path, "--language", "en")[1]
    assert "coming" in shown


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["silence", "add", "--unit", "cao-son", "--reason", "sửa điện"], "one of --for 2h and --until"),
        (["silence", "add", "--unit", "cao-son", "--for", "2h", "--until", "07:30", "--reason", "sửa điện"], "one of"),
        (["silence", "add", "--unit", "cao-son", "--for", "2h"], "a reason is needed"),
        (["silence", "add", "--unit", "cao-son", "--for", "2h", "--reason", "x"], "at least 5 letters"),
        (
            ["silence", "add", "--unit", "cao-son", "--for", "2 hours", "--reason", "sửa điện"],
            "length of time '2 hours'",
        ),
        (["silence", "add", "--unit", "cao-son", "--for", "0h", "--reason", "sửa điện"], "length of time '0h'"),
        (["silence", "add", "--unit", "cao-son", "--for", "30d", "--reason", "sửa điện"], "at most 168 h"),
        (["silence", "add", "--for", "2h", "--reason", "sửa điện"], "say what to mute"),
        (["silence", "add", "--target", "hub", "--for", "2h", "--reason", "sửa điện"], "its own health"),
        (["silence", "add", "--unit", "cao-sn", "--for", "2h", "--reason", "sửa điện"], "nearest: cao-son"),
        (["silence", "add", "--target", "cao-son/tsl", "--for", "2h", "--reason", "sửa điện"], "cao-son/tslcd"),
        (["silence", "add", "--kind", "tslcd", "--for", "2h", "--reason", "sửa điện"], "tslcd_down"),
        (["silence", "add", "1"], "'1' does not go with add"),
        (["silence", "list", "--for", "2h"], "'--for' does not go with list"),
        (["silence", "end"], "which one?"),
        (["silence", "end", "x"], "which one?"),
        (["maintenance", "add", "--unit", "cao-son", "--for", "2h", "--reason", "sửa điện"], "--start"),
        (
            [*("maintenance", "add", "--unit", "cao-son", "--start", "22:00", "--for", "2h"), *HOURLY],
            "recurrence rule",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_anybody_is_asked(
    filled: Filled, run: Run, argv: list[str], said: str
) -> None:
    code, out, err = run(*argv, "--store", filled.path, "--language", "en")
    assert (code, out) == (2, "")
    assert said in err
    assert filled.writer.pending_commands() == ()
