"""The outbox, channels and the audit as they are stored; never a code that acknowledges."""

from __future__ import annotations

import json

import pytest

from bt_console.cli.render import cells
from tests.cli.desk import CODE, Desk
from tests.cli.example import Filled, Run


def test_messages_channels_replies_beats_and_audit_are_listed(told: Desk, run: Run) -> None:
    code, out, err = run("alerts", "--store", told.filled.path, "--language", "en")
    assert (code, err) == (0, "")
    titles = [line for line in out.splitlines() if line.isupper()]
    assert titles == ["NEWEST MESSAGES", "CHANNELS", "REPLIES", "SIGNS OF LIFE", "THE MONITOR'S AUDIT OF ITSELF"]
    page = next(line for line in out.splitlines() if "zalo" in line and "page" in line)
    assert "accepted" in page
    assert "delivered" not in page
    assert "in sao-luu: FAILS a sign of life of sao-luu was due by" in out
    assert "schedule: FAILS the schedule is 9.5 s late" in out
    assert CODE not in out
    assert max(map(cells, out.splitlines())) <= 100


def test_the_document_has_every_channel_and_no_code(told: Desk, run: Run) -> None:
    out = run("alerts", "--json", "--store", told.filled.path)[1]
    document = json.loads(out)
    assert CODE not in out
    states = {channel["id"]: channel["state"] for channel in document["channels"]}
    assert states == {"console": "up", "sms": "unproven", "zalo": "up", "mail": "unproven"}
    assert [reply["result"] for reply in document["replies"]][-1] == "the code is wrong"


def test_only_the_newest_messages_are_shown_when_asked(told: Desk, run: Run) -> None:
    document = json.loads(run("alerts", "--last", "1", "--json", "--store", told.filled.path)[1])
    assert len(document["deliveries"]) == 1


def test_a_test_is_sent_over_every_channel_of_a_contact(desk: Desk, run: Run) -> None:
    with desk.answering():
        code, out, _ = run("alerts", "test", "binh", "--store", desk.filled.path, "--language", "en")
    assert (code, out) == (0, "3 tests go to binh\n")
    waiting = json.loads(run("alerts", "--json", "--store", desk.filled.path)[1])
    assert waiting["outbox"]["queued_count"] == 3
    assert {row["channel"] for row in waiting["deliveries"] if row["kind"] == "test"} == {"zalo", "sms", "mail"}


def test_a_store_without_a_plan_says_that_nothing_waits(filled: Filled, run: Run) -> None:
    assert run("alerts", "--store", filled.path, "--language", "en")[1] == (
        "No message waits; 0 found undeliverable in 24 h\n"
    )


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["test"], "no contact ''"),
        (["test", "Binh"], "there are: binh"),
        (["list", "binh"], "'binh' does not go with list"),
        (["--last", "-1"], "not a number from 1"),
    ],
)
def test_what_cannot_be_is_refused(told: Desk, run: Run, argv: list[str], said: str) -> None:
    code, out, err = run("alerts", *argv, "--store", told.filled.path, "--language", "en")
    assert (code, out) == (2, "")
    assert said in err
