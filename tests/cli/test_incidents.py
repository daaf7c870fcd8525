from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bt_console.cli.render import cells
from bt_console.model.change import Change
from bt_console.words import message
from tests.cli.example import NOW, Filled, Run, incident


@contextmanager
def answering(filled: Filled, change_of: dict[str, object]) -> Iterator[None]:
    """Answer operators' commands as a monitor does, from another thread."""
    is_over = threading.Event()

    def answer() -> None:
        while not is_over.wait(0.01):
            for command in filled.writer.pending_commands():
                changed = incident(**change_of, acknowledged_by=command.by) if change_of else incident()
                told = ((command.id, message("cli.ack.resolved", id=1)),)
                filled.writer.commit(Change(incidents=(changed,), handled_commands=(command.id,), command_results=told))

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


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
    assert titles == ["REASONING", "IMPACT", "JOURNAL"]
    assert "units not fully visible: 1 (Xã Tú Trĩ)" in out


@pytest.mark.parametrize("written", ["2", "x", "-1", "1" * 40, "²"])
def test_an_incident_that_does_not_exist_is_refused(filled: Filled, run: Run, written: str) -> None:
    code, out, err = run("--store", filled.path, "--language", "en", "incidents", "show", "--", written)
    assert (code, out) == (2, "")
    assert f"no incident '{written}'" in err


def test_an_acknowledgement_is_reported_once_the_monitor_has_made_it(filled: Filled, run: Run) -> None:
    with answering(filled, {"acknowledged_at": NOW}):
        code, out, err = run("incidents", "ack", "1", "--json", "--store", filled.path)
    assert (code, err) == (0, "")
    item = json.loads(out)["incident"]
    assert item["acknowledged_at"] == "2026-11-24T13:44:03.000Z"
    assert item["acknowledged_by"]


def test_a_refusal_of_the_monitor_is_told_in_its_own_words(filled: Filled, run: Run) -> None:
    with answering(filled, {}):
        code, out, err = run("incidents", "ack", "1", "--store", filled.path, "--language", "en")
    assert (code, out) == (2, "")
    assert "resolved already" in err


def test_without_a_monitor_an_acknowledgement_is_no_success_but_kept(filled: Filled, run: Run) -> None:
    later = NOW.replace(hour=20)
    code, out, err = run("incidents", "ack", "1", "--store", filled.path, "--language", "en", now=later)
    assert (code, out) == (2, "")
    assert "no monitor has answered" in err
    (command,) = filled.writer.pending_commands()
    assert (command.verb, command.subject) == ("acknowledge", "1")


def test_a_resolved_incident_needs_no_acknowledgement(filled: Filled, run: Run) -> None:
    filled.writer.commit(Change(incidents=(incident(resolved_at=NOW),)))
    code, _, err = run("incidents", "ack", "1", "--store", filled.path, "--language", "en")
    assert code == 2
    assert "resolved already" in err
    assert filled.writer.pending_commands() == ()
