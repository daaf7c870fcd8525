"""A console shows the district of the newest revision, redoes only what changed, and knows when nobody measures."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bt_console.facade import Console, StoreError
from bt_console.model.change import Change
from bt_console.model.health import HealthState
from bt_console.model.inventory import CheckId, UnitId
from bt_console.model.snapshot import EngineState, Snapshot
from bt_console.store.reader import EVENTS_LOOKED_BACK_COUNT
from bt_console.store.writer import Writer
from probes.api import Fact
from tests.store.examples import (
    at,
    belief,
    district,
    engine,
    event,
    everything,
    failed_observation,
    health,
    incident,
    observation,
)
from tests.store.processes import UNPRIVILEGED, run, start

CHECK = CheckId("xa-1/tslcd:icmp_echo")
NOW = at(101)


def look(console: Console, since: int | None = None) -> Snapshot:
    snapshot = console.snapshot(NOW, since)
    assert snapshot is not None
    return snapshot


def test_a_snapshot_has_every_unit_and_target_in_its_place(console: Console) -> None:
    snapshot = look(console)
    assert (snapshot.revision, snapshot.at, snapshot.district) == (1, NOW, "Bạch Thông")
    assert [unit.id for unit in snapshot.units] == ["xa-1", "xa-2"]
    assert [unit.id for unit in snapshot.departments] == ["phong-1"]
    places = ["hub", "hub/uplink-internet", "hub/uplink-tslcd", "tslcd-core", "dns"]
    assert [target.id for target in snapshot.infrastructure] == places
    assert [target.path for target in snapshot.infrastructure] == ["", "internet", "tslcd", "", ""]
    assert [[check.probe for check in service.checks] for service in snapshot.services] == [
        ["icmp_echo", "http_get", "tls_handshake"]
    ]
    assert {unit.state for unit in (*snapshot.units, *snapshot.departments)} == {HealthState.UP}


def test_a_target_shows_the_newest_sample_of_its_first_check(console: Console) -> None:
    tslcd = look(console).units[0].tslcd
    assert tslcd is not None
    assert tslcd.samples == health(CHECK).samples
    assert tslcd.rtt_ms == pytest.approx(12.5)
    assert tslcd.loss_ratio == 0.0
    assert tslcd.path == "tslcd"


def test_a_store_no_monitor_has_configured_yet_shows_an_empty_district(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    with closing(Writer(path)), closing(Console(path)) as console:
        snapshot = look(console)
    assert (snapshot.revision, snapshot.units, snapshot.engine.state) == (0, (), EngineState.STOPPED)


def test_nothing_new_is_none(console: Console, writer: Writer) -> None:
    first = look(console)
    assert console.snapshot(NOW, first.revision) is None
    assert look(console).revision == first.revision
    writer.commit(Change())
    assert look(console, first.revision).revision == 2


def test_what_a_console_itself_asks_for_is_not_news(console: Console) -> None:
    first = look(console)
    console.submit("probe_now", "dns", "an", NOW)
    assert console.snapshot(NOW, first.revision) is None


def test_only_the_unit_that_changed_is_made_anew(console: Console, writer: Writer) -> None:
    before = look(console)
    writer.commit(Change(healths=(health(CHECK, 21),), targets=(belief("xa-1/lan"),), engine=engine(101)))
    after = look(console, before.revision)
    assert after.units[0] is not before.units[0]
    assert after.units[0].lan is before.units[0].lan
    assert after.units[0].internet is before.units[0].internet
    assert after.units[0].tslcd is not None
    assert after.units[0].tslcd.samples[-1].seq == 21
    assert after.units[1] is before.units[1]
    assert after.departments[0] is before.departments[0]
    kept = zip(before.infrastructure + before.services, after.infrastructure + after.services, strict=True)
    assert all(old is new for old, new in kept)


def test_a_console_that_follows_sees_what_one_that_just_came_sees(path: Path, console: Console, writer: Writer) -> None:
    look(console)
    changes = [
        Change(healths=(health(CHECK, 25, HealthState.DOWN),), targets=(belief("xa-1/tslcd", HealthState.DOWN, by=1),)),
        Change(incidents=(incident(1),), targets=(belief("xa-1/lan", HealthState.UNREACHABLE, by=1),)),
        Change(inventory=district(communes=3)),
        Change(targets=(belief("xa-3/tslcd", since=4), belief("xa-1/tslcd", since=5)), engine=engine(101)),
        Change(incidents=(replace(incident(1), resolved_at=at(90)),)),
        Change(inventory=district(communes=1)),
    ]
    for change in changes:
        writer.commit(change)
        with closing(Console(path)) as fresh:
            assert look(console) == look(fresh)


def test_a_monitor_that_fell_silent_is_said_to_have_stopped_once(console: Console) -> None:
    first = look(console)
    assert first.engine.state is EngineState.RUNNING
    late = at(100) + timedelta(seconds=5, microseconds=1)
    second = console.snapshot(late, first.revision)
    assert second is not None
    assert (second.revision, second.engine.state) == (first.revision, EngineState.STOPPED)
    assert second.units[0] is first.units[0]
    assert console.snapshot(late + timedelta(seconds=60), first.revision) is None


def test_a_monitor_that_says_it_is_late_or_stopped_is_believed(console: Console, writer: Writer) -> None:
    for state in (EngineState.LATE, EngineState.STOPPED):
        writer.commit(Change(engine=replace(engine(101), state=state)))
        assert look(console).engine.state is state


def test_the_newest_events_of_a_unit_or_of_all_come_newest_last(console: Console, writer: Writer) -> None:
    events = [replace(event(seq), unit_id=UnitId(f"xa-{seq % 2}")) for seq in range(1, 9)]
    writer.commit(Change(events=tuple(events)))
    assert [one.seq for one in console.recent_events(UnitId("xa-1"), 3)] == [3, 5, 7]
    assert [one.seq for one in console.recent_events(None, 3)] == [6, 7, 8]
    assert console.recent_events(UnitId("xa-1"), 100) == tuple(events[::2])
    assert console.recent_events(UnitId("nowhere"), 3) == ()


def test_a_units_events_are_looked_for_no_further_back_than_is_quick(console: Console, writer: Writer) -> None:
    for seq in (1, EVENTS_LOOKED_BACK_COUNT, EVENTS_LOOKED_BACK_COUNT + 1):
        writer.commit(Change(events=(event(seq),)))
    seen = [one.seq for one in console.recent_events(event(1).unit_id, 10)]
    assert seen == [EVENTS_LOOKED_BACK_COUNT, EVENTS_LOOKED_BACK_COUNT + 1]


def test_events_come_oldest_first_after_a_number(console: Console, writer: Writer) -> None:
    writer.commit(Change(events=tuple(event(seq, incident_id=seq % 2 or None) for seq in range(1, 7))))
    assert console.events() == tuple(event(seq, incident_id=seq % 2 or None) for seq in range(1, 7))
    assert [one.seq for one in console.events(after_seq=2, limit=3)] == [3, 4, 5]
    assert [one.seq for one in console.incident_events(1)] == [1, 3, 5]


def test_an_old_incident_can_still_be_looked_up(console: Console, writer: Writer) -> None:
    old = replace(incident(1), resolved_at=at(-200_000))
    writer.commit(Change(incidents=(old,)))
    assert look(console).incidents == ()
    assert console.incident(1) == old
    assert console.incident(2) is None


def test_history_gives_back_the_observations_of_a_time_span(console: Console, writer: Writer) -> None:
    facts: dict[str, Fact] = {"status": 200, "names": ("a", "b"), "is_valid": True}
    stored = (
        observation(1, CHECK, due=10, facts=facts),
        observation(2, CHECK, due=20, facts=facts),
        replace(observation(3, CHECK, due=20), is_confirmation=True),
        replace(failed_observation(4, CHECK), due_at=at(25)),
        observation(5, CHECK, due=30, facts={**facts, "status": 500}),
    )
    writer.commit(Change(observations=(*stored, observation(6, "dns:icmp_echo", due=20))))
    assert console.history(CHECK, at(10), at(30)) == stored[:4]
    assert console.history(CHECK, at(30), at(31)) == (stored[4],)
    assert console.history(CheckId("no:such"), at(0), at(100)) == ()


def test_a_command_that_is_too_long_or_empty_is_refused(console: Console, writer: Writer) -> None:
    for verb, subject, by in (("", "dns", "an"), ("x" * 41, "dns", "an"), ("a", "s" * 4001, "an"), ("a", "s", "")):
        with pytest.raises(StoreError, match="must have 1 to"):
            console.submit(verb, subject, by, NOW)
    assert writer.pending_commands() == ()


def test_control_characters_in_a_command_are_made_visible(console: Console, writer: Writer) -> None:
    console.submit("probe_now", "dns\x1b[2J", "an", NOW)
    (command,) = writer.pending_commands()
    assert "\x1b" not in command.subject


def test_two_consoles_may_ask_while_a_monitor_writes(path: Path) -> None:
    with start("commit_for_ever", path) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with closing(Console(path)) as first, closing(Console(path)) as second:
            numbers = [console.submit("probe_now", "dns", "an", NOW) for console in (first, second) * 20]
        child.kill()
    assert numbers == list(range(1, 41))


def test_a_console_follows_when_another_store_takes_the_place(path: Path, console: Console, writer: Writer) -> None:
    before = look(console)
    writer.close()
    path.rename(path.with_name("old.db"))
    with pytest.raises(StoreError, match="has not run yet"):
        console.snapshot(NOW, before.revision)
    with closing(Writer(path)) as other:
        other.commit(everything(district(communes=5)))
        assert len(look(console, before.revision).units) == 5
    Writer(path.with_name("unused.db")).close()


def test_a_store_in_a_directory_that_cannot_be_written_is_read(tmp_path: Path) -> None:
    directory = tmp_path / "copy"
    directory.mkdir()
    path = directory / "store.db"
    with closing(Writer(path)) as writer:
        writer.commit(everything(district()))
    path.chmod(0o400)
    directory.chmod(0o500)
    assert run("read", path, UNPRIVILEGED) == ["2"]
    assert run("submit", path, UNPRIVILEGED) == ["store.read_only"]
    directory.chmod(0o700)


def test_a_copy_taken_from_a_stopped_monitor_is_read_like_the_original(path: Path, tmp_path: Path) -> None:
    with closing(Writer(path)) as writer:
        writer.commit(everything(district()))
    copy = tmp_path / "tên có dấu cách & 100% #?.db"
    shutil.copy(path, copy)
    with closing(Console(copy)) as console:
        assert console.store_path == copy
        assert len(look(console).units) == 2


def test_a_console_loads_no_heavy_package() -> None:
    script = "import sys, bt_console.facade; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = set(
        subprocess.run([sys.executable, "-c", script], text=True, capture_output=True, check=True).stdout.split()
    )
    heavy = {"sqlalchemy", "sqlmodel", "pydantic", "alembic", "asyncio", "yaml", "textual", "scapy", "pysnmp"}
    assert "bt_console" in loaded
    assert not loaded & heavy
