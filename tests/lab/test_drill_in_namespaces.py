"""A short drill in a real lab with a real monitor: what reaches people, and that an answer of theirs counts."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from bt_console.cli.drill_config import QUICK_HOLD, drill_config
from bt_console.cli.drill_play import played
from bt_console.cli.fault_plan import FaultPlan
from bt_console.cli.letters import letter_lines, letters_document
from bt_console.cli.rehearsal import Rehearsal
from bt_console.facade import Console
from bt_console.lab.client import Arrival
from bt_console.lab.drill.judge import judge
from bt_console.lab.drill.script import Play, plays
from bt_console.lab.errors import LabError
from bt_console.model.incident import Incident
from tests.cli.test_json_documented import check_both_ways
from tests.lab.example import EXAMPLE

pytestmark = [pytest.mark.netns, pytest.mark.xdist_group("lab"), pytest.mark.usefixtures("_namespaces")]

LIMIT_S = 60.0


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def rehearsal(_namespaces: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    with drill_config(EXAMPLE, is_quick=True) as copy:
        hasty = tmp_path_factory.mktemp("drill") / "config.yaml"
        text = copy.read_text(encoding="utf-8").replace(f"hold: {QUICK_HOLD}", "hold: 2s")
        hasty.write_text(text, encoding="utf-8")
        with closing(Rehearsal.start(str(hasty), FaultPlan(()), "en")) as rehearsal:
            yield rehearsal


def _shortly(play: Play) -> Play:
    expected = replace(play.expected, stay_s=min(play.expected.stay_s, 2.0))
    return replace(play, expected=expected, spread_s=1.0, tail_s=1.0)


def test_a_drill_of_a_dead_core_twice_and_of_a_weakness_finds_all_right(rehearsal: Rehearsal) -> None:
    asked = plays(["tslcd-core-down", "tslcd-core-down", "telnet-open:ha-vi"], rehearsal.lab.names, is_quick=True)
    told: list[str] = []
    shortly = [_shortly(play) for play in asked]
    verdicts = [
        judge(record, play.expected) for play, record in played(rehearsal, shortly, now, "en", Random(1), told.append)
    ]
    assert told[0] == "Playing tslcd-core-down ..."
    *cores, telnet = verdicts
    for core in cores:  # the second time it is the same incident come back, and is told again
        assert core.problems == (), core
        assert (core.named, core.incidents_count, core.people_count) == ("tslcd_core_down", 1, 1)
        assert (core.pages_count, core.recoveries_count) == (1, 1)
        assert None not in (core.missed_s, core.detected_s, core.paged_s)
    assert telnet.problems == (), telnet


def test_a_persons_answer_acknowledges_what_it_was_about(rehearsal: Rehearsal) -> None:
    lab = rehearsal.lab
    seen = max((letter.seq for letter in lab.letters()), default=0)
    lab.fault("link-down:tslcd:cao-son")
    try:
        page = _page(rehearsal, seen)
        check_both_ways(letters_document([page]), "bt-console/lab-letters/1")
        assert page.name in letter_lines([page])[0]
        (code,) = re.findall(r"\b\d{4,6}\b(?= để nhận việc)", page.text)
        lab.reply(page.channel, page.contact, code)
        incident = _acknowledged(rehearsal)
        assert (str(incident.cause.kind), incident.acknowledged_by) != ("tslcd_down", "")
        assert page.name in incident.acknowledged_by or page.contact in incident.acknowledged_by
    finally:
        lab.heal(None)


def _page(rehearsal: Rehearsal, after: int) -> Arrival:
    end_s = time.monotonic() + LIMIT_S
    while time.monotonic() < end_s:
        if found := rehearsal.lab.letters(after):
            return found[0]
        time.sleep(0.1)
    raise AssertionError("nobody was paged")


def _acknowledged(rehearsal: Rehearsal) -> Incident:
    end_s = time.monotonic() + LIMIT_S
    with closing(Console(rehearsal.store_path)) as console:
        while time.monotonic() < end_s:
            snapshot = console.snapshot(now())
            found = [i for i in snapshot.open_incidents if i.acknowledged_at] if snapshot else []
            if found:
                return found[0]
            time.sleep(0.1)
    raise AssertionError("the answer acknowledged nothing")


def test_only_channels_that_hear_can_be_answered(rehearsal: Rehearsal) -> None:
    with pytest.raises(LabError, match="those that do: zalo, sms"):
        rehearsal.lab.reply("mail", "an", "4711")


def test_nothing_is_written_into_the_machines_own_spool(rehearsal: Rehearsal) -> None:
    spool = Path(rehearsal.lab.secrets_dir).parent / "spools" / "var" / "spool" / "sms"
    assert (spool / "outgoing").is_dir()
