"""What is committed is there again after a restart, whole, once, and in order."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bt_console.model.change import Change, Memory
from bt_console.model.health import CheckHealth, HealthState, Transition, Verdict
from bt_console.model.inventory import CheckId, Role, TargetId
from bt_console.model.snapshot import EngineState
from bt_console.store.writer import Writer
from tests.store.examples import (
    at,
    belief,
    check,
    district,
    engine,
    event,
    everything,
    failed_observation,
    health,
    incident,
    observation,
    sample,
    target,
)

CHECK = "xa-1/tslcd:icmp_echo"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def writer(path: Path) -> Iterator[Writer]:
    with closing(Writer(path)) as opened:
        yield opened


def rows(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def reopened(path: Path) -> Memory:
    with closing(Writer(path)) as writer:
        return writer.load()


def test_a_new_store_remembers_nothing(writer: Writer) -> None:
    assert writer.load() == Memory()


def test_a_restart_gives_back_exactly_what_was_believed(path: Path) -> None:
    odd = CheckHealth(
        check_id=check(target("qlvb", Role.SERVICE), "http_get").id,
        state=HealthState.DEGRADED,
        samples=(
            sample(1, Verdict.ERROR),
            replace(sample(2, Verdict.DEGRADED), breached=("total_s", "ttfb_s"), rtt_s=1 / 3, detail="chậm | %7C"),
        ),
        is_stale=True,
        measures=(("total_s", 1e-9), ("nan_free", -0.0)),
        facts=(("title", 'Một "cửa" 🗎'), ("title", "hai lần")),
    )
    stale = replace(belief("xa-1/lan", HealthState.UNREACHABLE, since=3.5, by=4), reason="a|b=%25", is_stale=True)
    incidents = (replace(incident(4), acknowledged_at=at(110), acknowledged_by="an@10.0.0.5"), incident(5, opened=120))
    with closing(Writer(path)) as writer:
        change = Change(
            observations=(observation(41, CHECK),),
            healths=(health(CHECK), odd),
            targets=(belief("xa-1/tslcd"), stale),
            incidents=incidents,
            events=(event(17),),
        )
        writer.commit(change)
    assert reopened(path) == Memory(
        healths={CheckId(CHECK): health(CHECK), odd.check_id: odd},
        targets={TargetId("xa-1/tslcd"): belief("xa-1/tslcd"), TargetId("xa-1/lan"): stale},
        open_incidents=incidents,
        next_seq=42,
        next_incident_id=6,
        next_event_seq=18,
        detect_s=(6.5, 6.5),
    )


def test_each_commit_raises_the_revision_by_one_also_after_a_restart(path: Path) -> None:
    with closing(Writer(path)) as writer:
        assert [writer.commit(Change()) for _ in range(3)] == [1, 2, 3]
    with closing(Writer(path)) as writer:
        assert writer.commit(Change()) == 4


def test_a_newer_row_replaces_the_stored_one_and_carries_its_revision(path: Path, writer: Writer) -> None:
    writer.commit(Change(healths=(health(CHECK), health("dns:icmp_echo")), targets=(belief("dns"), belief("hub"))))
    later = replace(health(CHECK, 40), state=HealthState.DOWN)
    writer.commit(Change(healths=(later,), targets=(belief("hub", HealthState.DOWN, since=9),)))
    memory = writer.load()
    assert memory.healths[later.check_id] == later
    assert memory.targets[TargetId("hub")] == belief("hub", HealthState.DOWN, since=9)
    assert rows(path, "SELECT revision FROM check_health ORDER BY check_key") == [(2,), (1,)]
    assert rows(path, "SELECT target_id, revision FROM target_health ORDER BY 1") == [("dns", 1), ("hub", 2)]


def test_a_resolved_incident_is_no_longer_open_but_its_number_is_never_given_again(writer: Writer) -> None:
    writer.commit(Change(incidents=(incident(7),)))
    writer.commit(Change(incidents=(replace(incident(7), resolved_at=at(200)),)))
    memory = writer.load()
    assert memory.open_incidents == ()
    assert memory.next_incident_id == 8


def test_times_to_detect_are_those_of_the_last_200_incidents_oldest_first(writer: Writer) -> None:
    found = [replace(incident(n, opened=n), last_good_at=at(n - n / 100)) for n in range(1, 251)]
    unknown = replace(incident(251), last_good_at=None)
    writer.commit(Change(incidents=(*found, unknown)))
    assert writer.load().detect_s == tuple(n / 100 for n in range(51, 251))


def test_a_new_inventory_drops_beliefs_about_what_vanished_and_keeps_its_history(path: Path, writer: Writer) -> None:
    old, new = district(communes=2), district(communes=1)
    writer.commit(everything(old))
    writer.commit(Change(observations=(observation(1, "xa-2/lan:icmp_echo"),)))
    writer.commit(Change(inventory=new))
    memory = writer.load()
    assert set(memory.healths) == set(new.checks)
    assert set(memory.targets) == set(new.targets)
    assert rows(path, "SELECT count(*) FROM observation") == [(1,)]


def test_parameters_and_addresses_of_checks_are_not_written_anywhere(path: Path) -> None:
    inventory = district(communes=1)
    secret = replace(
        check(inventory.targets[TargetId("dns")], "snmp_get", params={"community": "bi-mat-1"}),
        address="http://u:bi-mat-2@x/",
    )
    with closing(Writer(path)) as writer:
        writer.commit(Change(inventory=replace(inventory, checks={**inventory.checks, secret.id: secret})))
    stored = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert secret.id.encode() in stored
    assert b"bi-mat" not in stored


def test_a_change_that_cannot_be_stored_leaves_no_trace(path: Path, writer: Writer) -> None:
    writer.commit(Change(observations=(observation(1, CHECK, facts={"status": 200}),)))
    naive = replace(event(1), at=datetime(2026, 1, 1))  # noqa: DTZ001 - the fault under test
    with pytest.raises(TypeError):
        writer.commit(Change(observations=(observation(2, "new:icmp_echo", facts={"a": 1}),), events=(naive,)))
    assert rows(path, "SELECT seq FROM observation") == [(1,)]
    assert rows(path, "SELECT check_id FROM check_key") == [(CHECK,)]
    assert writer.load().next_seq == 2
    assert writer.commit(Change(observations=(observation(2, "new:icmp_echo", facts={"a": 1}),))) == 2
    assert rows(path, "SELECT check_id FROM check_key ORDER BY id") == [(CHECK,), ("new:icmp_echo",)]
    assert rows(path, "SELECT document FROM fact_set ORDER BY id") == [('{"status":200}',), ('{"a":1}',)]


def test_the_same_observation_twice_is_stored_once(path: Path, writer: Writer) -> None:
    writer.commit(Change(observations=(observation(1, CHECK, due=5),)))
    writer.commit(Change(observations=(observation(1, CHECK, due=5), observation(2, CHECK, due=5))))
    assert rows(path, "SELECT seq FROM observation") == [(1,)]


def test_confirmations_may_share_a_due_time(path: Path, writer: Writer) -> None:
    asked = [replace(observation(seq, CHECK, due=5), is_confirmation=True) for seq in (2, 3)]
    writer.commit(Change(observations=(observation(1, CHECK, due=5), *asked)))
    assert rows(path, "SELECT seq FROM observation ORDER BY seq") == [(1,), (2,), (3,)]


def test_facts_are_stored_only_when_they_differ_also_after_a_restart(path: Path) -> None:
    same, other = {"status": 200}, {"status": 500}
    with closing(Writer(path)) as writer:
        writer.commit(Change(observations=tuple(observation(seq, CHECK, facts=same) for seq in (1, 2))))
        writer.commit(Change(observations=(failed_observation(3, CHECK),)))
    with closing(Writer(path)) as writer:
        writer.commit(Change(observations=(observation(4, CHECK, facts=same), observation(5, CHECK, facts=other))))
    assert rows(path, "SELECT id, document FROM fact_set") == [(1, '{"status":200}'), (5, '{"status":500}')]
    assert rows(path, "SELECT seq, facts_id FROM observation") == [(1, 1), (2, 1), (3, None), (4, 1), (5, 5)]


def test_transitions_are_kept(path: Path, writer: Writer) -> None:
    change = Transition(
        at=at(1),
        target_id=TargetId("dns"),
        before=HealthState.UP,
        after=HealthState.DOWN,
        reason="timeout",
        observation_seq=9,
    )
    writer.commit(Change(transitions=(change,)))
    stored = rows(path, 'SELECT target_id, before, after, reason, observation_seq FROM "transition"')
    assert stored == [("dns", "up", "down", "timeout", 9)]


def test_pruning_goes_in_small_steps_and_never_below_the_limit(path: Path, writer: Writer) -> None:
    writer.commit(Change(observations=tuple(observation(seq, CHECK, due=seq) for seq in range(1, 11))))
    assert [writer.prune(at(8), 3) for _ in range(4)] == [3, 3, 1, 0]
    assert rows(path, "SELECT seq FROM observation ORDER BY seq") == [(8,), (9,), (10,)]


def test_numbers_go_on_rising_when_everything_was_pruned(path: Path) -> None:
    with closing(Writer(path)) as writer:
        writer.commit(Change(observations=(observation(99, CHECK),)))
        assert writer.prune(at(10_000), 10) == 1
    assert reopened(path).next_seq == 100


def test_pruning_takes_facts_nobody_refers_to_any_more_and_no_others(path: Path, writer: Writer) -> None:
    facts = {1: "a", 2: "a", 3: "b", 4: "b", 5: "c"}
    seen = [observation(seq, CHECK, due=seq, facts={"status": status}) for seq, status in facts.items()]
    writer.commit(Change(observations=(*seen, observation(6, "dns:icmp_echo", due=0, facts={"x": 1}))))
    writer.prune(at(4), 3)
    assert rows(path, "SELECT id FROM fact_set ORDER BY id") == [(3,), (5,), (6,)]
    orphans = "SELECT count(*) FROM observation WHERE facts_id NOT IN (SELECT id FROM fact_set)"
    assert rows(path, orphans) == [(0,)]


def test_the_engines_condition_is_one_row(path: Path, writer: Writer) -> None:
    writer.commit(Change(engine=engine(1)))
    writer.commit(Change(engine=replace(engine(2), state=EngineState.LATE)))
    assert rows(path, "SELECT id, state, revision FROM engine") == [(1, "late", 2)]


def test_the_store_is_written_so_that_a_power_cut_loses_nothing_acknowledged(writer: Writer) -> None:
    with writer._connection.begin():
        pragma = {name: writer._all(f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous", "busy_timeout")}
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 5000}


def test_closing_folds_the_log_into_the_store(path: Path) -> None:
    with closing(Writer(path)) as writer:
        writer.commit(Change())
    assert {file.name for file in path.parent.iterdir()} == {"store.db", "store.db.lock", "store.db.reserve"}


def test_files_belong_to_the_monitors_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "lib" / "store.db"
    with closing(Writer(path)) as writer:
        writer.commit(Change())
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    names = ("", "-wal", "-shm", ".lock", ".reserve")
    assert modes == {f"store.db{suffix}": 0o600 for suffix in names}
    assert path.parent.stat().st_mode & 0o777 == path.parent.parent.stat().st_mode & 0o777 == 0o700
