"""The one way to the store: a change that can never be stored stops nobody, and one nobody waits for is stored once."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from bt_console.engine.author import Author
from bt_console.facade import Console
from bt_console.model.change import Change, Paper
from bt_console.model.health import HealthState, Transition
from bt_console.model.inventory import TargetId
from bt_console.model.paging import CallState, DeliveryState
from bt_console.store.errors import CONTRADICTION, StoreError
from bt_console.store.writer import Writer
from tests.store.examples import at, district, engine, event, health, observation
from tests.store.oncall_examples import attempt, call, delivery

CHECK = "xa-1/tslcd:icmp_echo"
UNEXPLAINED = replace(delivery(8, DeliveryState.HELD), why="")
"""The schema wants to know why a message is held."""
WITHOUT_END = replace(call(4, CallState.ACKED), ack_until=None)
KEPT_OCTETS = 20_000
"""Of each change that waits; the states alone are four times as much."""
POISON = Change(
    observations=(observation(1, CHECK),),
    events=(event(1),),
    paper=Paper(calls=(WITHOUT_END,), deliveries=(UNEXPLAINED,)),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def author(path: Path) -> Iterator[Author]:
    with closing(Author(Writer(path))) as found:
        yield found


BROKEN = {
    "delivery_has_why": UNEXPLAINED,
    "delivery.title": replace(delivery(8), title=cast("str", None)),
    "is not supported": replace(delivery(8), title=cast("str", object())),
    "too large": replace(delivery(8), attempts_count=2**70),
    "surrogates not allowed": replace(delivery(8), title="\ud800"),
}


@pytest.mark.parametrize("said", BROKEN)
def test_what_can_never_be_stored_is_told_from_a_store_that_cannot_be_used(path: Path, said: str) -> None:
    with closing(Writer(path)) as writer:
        with pytest.raises(StoreError, match=said) as raised:
            writer.commit(Change(paper=Paper(deliveries=(BROKEN[said],))))
        assert raised.value.code == CONTRADICTION
        assert writer.commit(Change(paper=Paper(deliveries=(delivery(8),)))) == 1


async def test_a_change_that_can_never_be_stored_holds_up_nothing(
    author: Author, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await author.commit(Change(inventory=district()))
    await author.commit(POISON)
    await author.commit(Change(observations=(observation(2, CHECK),), paper=Paper(deliveries=(delivery(9),))))
    assert author.error == ""
    with closing(Console(path)) as console:
        assert [row.seq for row in console.history(observation(1, CHECK).check_id, at(-100), at(100))] == [1, 2]
        assert [row.seq for row in console.events()] == [1]
        assert [row.id for row in console.deliveries()] == [9]
        assert console.calls() == ()
    (said,) = [record.getMessage() for record in caplog.records if record.levelno == logging.CRITICAL]
    assert "'id': '8'" in said
    assert "'incident_id': '4'" in said
    assert delivery(8).code not in said


async def test_an_order_that_leads_to_such_a_change_is_answered_and_not_obeyed_again(
    author: Author, path: Path
) -> None:
    await author.commit(Change(inventory=district()))
    with closing(Console(path)) as console:
        number = console.submit("acknowledge", "4", "an", at(1))
        await author.commit(Change(paper=Paper(calls=(WITHOUT_END,)), handled_commands=(number,)))
        assert await author.commands() == ()
        assert console.command_result(number) is not None


async def test_a_proof_is_never_rewritten_not_even_by_mistake(author: Author, path: Path) -> None:
    done = attempt(1, outcome=None)
    await author.commit(Change(inventory=district(), paper=Paper(deliveries=(delivery(1),), attempts=(done,))))
    await author.commit(Change(paper=Paper(attempts=(replace(done, started_at=at(7)),))))
    await author.commit(Change(observations=(observation(3, CHECK),)))
    with closing(Console(path)) as console:
        assert console.attempts(1) == (done,)
        assert len(console.history(observation(3, CHECK).check_id, at(-100), at(100))) == 1


async def test_a_change_whose_giver_goes_away_is_stored_all_the_same_and_once(path: Path) -> None:
    author = Author(Writer(path))
    await author.commit(Change(inventory=district()))
    changes = [Change(transitions=(turn(number),)) for number in range(50)]
    givers = [asyncio.ensure_future(author.commit(change)) for change in changes]
    await asyncio.sleep(0.01)
    for giver in givers:
        giver.cancel()
    await asyncio.gather(*givers, return_exceptions=True)
    await author.commit(Change())
    author.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute('SELECT observation_seq FROM "transition"').fetchall() == [(n,) for n in range(50)]


def refusing(path: Path, *, is_refusing: bool) -> None:
    """Let each commit fail as on a broken disk, or let it succeed."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER IF EXISTS broken")
        if is_refusing:
            connection.execute("CREATE TRIGGER broken BEFORE UPDATE ON store_state BEGIN SELECT no_such(); END")


def busy(number: int) -> Change:
    """Return a change like those of a monitor that measures: twenty states and fifty readings."""
    seqs = range(number * 50, number * 50 + 50)
    return Change(
        observations=tuple(observation(seq + 1, CHECK) for seq in seqs),
        healths=tuple(health(f"xa-{place}/tslcd:icmp_echo", number) for place in range(20)),
        transitions=(turn(number),),
        engine=engine(number),
    )


async def test_while_the_store_refuses_memory_holds_only_what_is_not_replaced(author: Author, path: Path) -> None:
    await author.commit(Change(inventory=district()))
    refusing(path, is_refusing=True)
    tracemalloc.start()
    sizes = []
    for number in range(120):
        await author.commit(replace(busy(number), observations=()))
        sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert author.error
    assert (sizes[-1] - sizes[40]) / 79 < KEPT_OCTETS
    await author.commit(busy(120))
    refusing(path, is_refusing=False)
    await author.commit(Change())
    assert author.error == ""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute('SELECT count(*) FROM "transition"').fetchone() == (121,)
        assert connection.execute("SELECT count(*) FROM check_health").fetchone() == (20,)
        assert connection.execute("SELECT count(*) FROM observation").fetchone() == (50,)


def turn(seq: int) -> Transition:
    return Transition(
        at=at(seq),
        target_id=TargetId("dns"),
        before=HealthState.UP,
        after=HealthState.DOWN,
        reason="",
        observation_seq=seq,
    )
