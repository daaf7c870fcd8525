"""A monitor that starts where another one died: what was being sent goes out again soon, marked, and not at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bt_console.engine.pipeline import Pipeline
from bt_console.engine.telling import Telling
from bt_console.model.change import Memory, Paper
from bt_console.model.paging import DeliveryState, SendOutcome
from tests.store.examples import at, district, incident
from tests.store.oncall_examples import attempt, call, delivery, oncall

STARTED_S = 101.0
LEASE_ENDS_S = 121.0


def restarted(tries: int) -> Telling:
    """Return the desk of a monitor after one that died while it tried to send a page for the n-th time."""
    page = replace(
        delivery(1, DeliveryState.LEASED),
        attempts_count=tries,
        fallback_of=None,
        digest_id=None,
        lease_until=at(LEASE_ENDS_S),
    )
    paper = Paper(calls=(call(4),), deliveries=(page,), attempts=(attempt(1, n=tries),))
    memory = Memory(open_incidents=(incident(4),), paper=paper, next_delivery_id=20)
    telling = Telling(memory, oncall(), Pipeline(memory, district()), lambda: "1234")
    telling.advance(at(STARTED_S + 1))
    return telling


@pytest.mark.parametrize(("tries", "pause_s"), [(1, 5.0), (2, 15.0), (3, 20.0), (9, 20.0)])
def test_what_a_dead_monitor_was_sending_is_repeated_after_the_pause_of_a_failed_attempt(
    tries: int, pause_s: float
) -> None:
    telling = restarted(tries)
    _, early = telling.lease(at(STARTED_S + pause_s - 0.1))
    assert early == ()
    change, due = telling.lease(at(STARTED_S + pause_s))
    assert [(row.id, row.attempts_count) for row in due] == [(1, tries + 1)]
    assert [(row.n, row.outcome) for row in change.paper.attempts] == [
        (tries, SendOutcome.AMBIGUOUS),
        (tries + 1, None),
    ]
