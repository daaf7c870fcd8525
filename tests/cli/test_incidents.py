from __future__ import annotations

import json

import pytest

from bt_console.cli.render import cells
from bt_console.model.change import Change
from tests.cli.desk import BY, CODE, Desk
from tests.cli.example import NOW, Filled, Run, incident


def test_the_list_names_each_cause_in_one_line_of_eighty_columns(filled: Filled, run: Run) -> None:
    code, out, err = run("incidents", "--store", filled.path, "--language", "en")
    assert (code, err) == (0, "")
    heading, row = out.splitlines()
    assert row.startswith("#1 ")
    assert "TSLCD access line of Xã Cao Sơn" in row
    assert max(cells(heading), cells(row)) <= 80


def test_no_incident_is_said(filled: Filled, run: Run) -> None:
    filled.writer.commit(Change(incidents=(incident(resolved_at=NOW.replace(year=2025)),)))
    assert run("incidents", "--store", filled.path, "--language", "en")[1] == "No incident.\n"


@pytest.mark.parametrize("written", ["1", "#1"])
def test_one_incident_is_shown_with_reasoning_impact_and_journal(filled: Filled, run: Run, written: str) -> None:
    out = run("incidents", "show", written, "--store", filled.path, "--language", "en")[1]
    titles = [line for line in out.splitlines() if line.isupper()]
    assert titles == ["REASONING", "IMPACT", "WHO WAS TOLD, AND WHY", "JOURNAL"]
    assert "Nobody has been told" in out
    assert "units not fully visible: 1 (Xã Tú Trĩ)" in out


@pytest.mark.parametrize("written", ["2", "x", "-1", "1" * 40, "²"])
def test_an_incident_that_does_not_exist_is_refused(filled: Filled, run: Run, written: str) -> None:
    code, out, err = run("--store", filled.path, "--language", "en", "incidents", "show", "--", written)
    assert (code, out) == (2, "")
    assert f"no incident '{written}'" in err


def test_an_acknowledgement_is_reported_once_the_monitor_has_made_it(desk: Desk, run: Run) -> None:
    with desk.answering():
        code, out, err = run("incidents", "ack", "1", "--until", "2h", "--json", "--store", desk.filled.path)
    assert (code, err) == (0, "")
    document = json.loads(out)
    item = document["incident"]
    assert item["acknowledged_at"] == "2026-11-24T13:44:03.000Z"
    assert item["acknowledged_by"]
    assert document["call"]["state"] == "acked"
    assert document["call"]["acknowledged_until"] == "2026-11-24T15:44:03.000Z"


def test_without_an_end_an_acknowledgement_lasts_as_long_as_the_policy_allows(desk: Desk, run: Run) -> None:
    with desk.answering():
        code, out, _ = run("incidents", "ack", "1", "--store", desk.filled.path, "--language", "en")
    assert (code, out) == (0, "incident #1 is yours until 00:44 25/11\n")


def test_taking_giving_back_escalating_and_writing_end_with_the_monitors_word(desk: Desk, run: Run) -> None:
    said = []
    with desk.answering():
        for words in (
            ["claim", "1"],
            ["note", "1", "đã", "gọi", "điện lực"],
            ["escalate", "#1"],
            ["ack", "1"],
            ["unack", "1"],
        ):
            code, out, err = run("incidents", *words, "--store", desk.filled.path, "--language", "en")
            assert (code, err) == (0, "")
            said.append(out.strip())
    assert said[0] == "noted: you work on incident #1"
    assert said[1:3] == ["noted", "incident #1 takes its next step"]
    assert said[4] == "incident #1 is paged again"
    shown = json.loads(run("incidents", "show", "1", "--json", "--store", desk.filled.path)[1])
    assert [note["text"] for note in shown["notes"]] == ["đã gọi điện lực"]


def test_an_incident_shows_who_was_told_and_what_was_noted(told: Desk, run: Run) -> None:
    out = run("incidents", "show", "1", "--store", told.filled.path, "--language", "en")[1]
    titles = [line for line in out.splitlines() if line.isupper()]
    assert titles == ["REASONING", "IMPACT", "WHO WAS TOLD, AND WHY", "NOTES", "JOURNAL"]
    assert "Told: " in out
    assert f"{BY}: đã gọi điện lực" in out
    assert CODE not in out


def test_a_refusal_of_the_monitor_is_told_in_its_own_words(desk: Desk, run: Run) -> None:
    with desk.answering():
        code, out, err = run("incidents", "unack", "1", "--store", desk.filled.path, "--language", "en")
    assert (code, out) == (2, "")
    assert "acknowledged by nobody" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["note", "1"], "what should be noted"),
        (["show", "1", "more"], "only note takes a text"),
        (["show", "1", "--until", "2h"], "only for ack"),
        (["ack", "1", "--until", "later"], "cannot read the time 'later'"),
        (["ack"], "no incident ''"),
        (["close", "1"], "invalid choice"),
    ],
)
def test_what_cannot_be_asked_is_refused(filled: Filled, run: Run, words: list[str], said: str) -> None:
    code, out, err = run("incidents", *words, "--store", filled.path, "--language", "en")
    assert (code, out) == (2, "")
    assert said in err
    assert filled.writer.pending_commands() == ()


def test_without_a_monitor_an_acknowledgement_is_no_success_but_kept(filled: Filled, run: Run) -> None:
    later = NOW.replace(hour=20)
    code, out, err = run("incidents", "ack", "1", "--store", filled.path, "--language", "en", now=later)
    assert (code, out) == (2, "")
    assert "no monitor has answered" in err
    (command,) = filled.writer.pending_commands()
    assert (command.verb, command.subject) == ("acknowledge", '{"incident":1}')


def test_a_resolved_incident_needs_no_acknowledgement(filled: Filled, run: Run) -> None:
    filled.writer.commit(Change(incidents=(incident(resolved_at=NOW),)))
    code, _, err = run("incidents", "ack", "1", "--store", filled.path, "--language", "en")
    assert code == 2
    assert "resolved already" in err
    assert filled.writer.pending_commands() == ()
