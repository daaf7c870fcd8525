from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bt_console.model.change import Change
from bt_console.model.inventory import UnitId
from bt_console.model.snapshot import Event
from bt_console.words import message
from tests.cli.example import NOW, Filled, Run

BIN = Path(sys.executable).parent / "bt-console"


def _event(seq: int) -> Event:
    text = message("cause.tslcd_down", unit=f"Xã {seq}")
    return Event(seq=seq, at=NOW, kind="engine", subject="hub", unit_id=UnitId("hub"), message=text)


def test_events_are_told_oldest_first_one_a_line(filled: Filled, run: Run) -> None:
    code, out, err = run("events", "--json", "--store", filled.path)
    assert (code, err) == (0, "")
    assert [json.loads(line)["seq"] for line in out.splitlines()] == [1, 2]


def test_more_events_than_one_page_all_come(filled: Filled, run: Run) -> None:
    filled.writer.commit(Change(events=tuple(_event(seq) for seq in range(3, 2304))))
    out = run("events", "--json", "--store", filled.path)[1]
    assert [json.loads(line)["seq"] for line in out.splitlines()] == list(range(1, 2304))


def test_after_and_last_choose_the_newest(filled: Filled, run: Run) -> None:
    filled.writer.commit(Change(events=(_event(3), _event(4))))
    after = run("events", "--json", "--after", "2", "--store", filled.path)[1]
    last = run("events", "--json", "--last", "1", "--store", filled.path)[1]
    assert [json.loads(line)["seq"] for line in after.splitlines()] == [3, 4]
    assert [json.loads(line)["seq"] for line in last.splitlines()] == [4]
    assert run("events", "--last", "0", "--store", filled.path)[1] == ""


def test_following_prints_what_happens_and_ends_quietly_on_interrupt(filled: Filled) -> None:
    argv = [str(BIN), "events", "--follow", "--json", "--store", str(filled.path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = [json.loads(process.stdout.readline())["seq"] for _ in range(2)]
        filled.writer.commit(Change(events=(_event(3),)))
        seen.append(json.loads(process.stdout.readline())["seq"])
        process.send_signal(2)
        _, err = process.communicate()
    assert seen == [1, 2, 3]
    assert (process.returncode, err) == (130, "")
