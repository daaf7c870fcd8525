"""Compares what a receiver saw with what the store says was tried, and names every promise that was broken.

The promises are those of the alerting design: whoever was to be told was told; nothing came twice but what an
ambiguous attempt may have brought; a recovery once and only after a page; no page for what somebody has; a digest names
what was held back, once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from bt_console.facade import Console
from bt_console.model.oncall import NoticeKind
from bt_console.model.paging import Attempt, CallState, Delivery, DeliveryState, SendOutcome
from bt_console.model.snapshot import Event
from tests.journeys.post import Arrival, Post

CLOCKS_DIFFER = timedelta(milliseconds=50)
"""The monitor's clock is its start plus monotonic time."""
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
LINES_MAX = 20
"""A digest names so many one by one."""
Place = tuple[int, str, str]
"""(incident, contact, channel)."""


@dataclass
class Papers:
    """All that the store kept of telling people, and all that arrived."""

    deliveries: dict[int, Delivery]
    attempts: dict[int, tuple[Attempt, ...]]
    events: tuple[Event, ...]
    states: dict[int, CallState]
    arrivals: list[Arrival]

    @classmethod
    def of(cls, console: Console, post: Post) -> Papers:
        """Read them."""
        rows = console.deliveries(limit=100_000)
        return cls(
            deliveries={row.id: row for row in rows},
            attempts={row.id: console.attempts(row.id) for row in rows},
            events=console.events(limit=1_000_000),
            states={call.incident_id: call.state for call in console.calls(since=FIRST)},
            arrivals=list(post.arrivals),
        )

    @cached_property
    def pages(self) -> list[Delivery]:
        """Rows by which somebody was to be paged, late ones too."""
        kinds = (NoticeKind.PAGE, NoticeKind.LATE)
        return [row for row in self.deliveries.values() if row.kind in kinds]

    def times(self, incident_id: int | None, *kinds: str) -> list[datetime]:
        """Return when something happened to an incident."""
        return [event.at for event in self.events if event.incident_id == incident_id and event.kind in kinds]

    def taken(self, delivery_id: int) -> list[Arrival]:
        """Return what somebody could read of one message, in order."""
        return [arrival for arrival in self.arrivals if arrival.id == delivery_id and arrival.is_taken]

    def attempt_of(self, arrival: Arrival) -> Attempt | None:
        """Return the attempt an arrival belongs to: the newest that had begun."""
        begun = [a for a in self.attempts.get(arrival.id, ()) if a.started_at <= arrival.at + CLOCKS_DIFFER]
        return begun[-1] if begun else None

    def copies(self, delivery_id: int) -> list[Delivery]:
        """Return a message and what was queued in its stead on other channels."""
        found = {delivery_id}
        for row in sorted(self.deliveries.values(), key=lambda row: row.id):
            if row.fallback_of in found:
                found.add(row.id)
        return [self.deliveries[number] for number in sorted(found)]


def broken(papers: Papers) -> list[str]:
    """Return every promise that was broken; empty when all were kept."""
    return [f"{check.__name__}: {found}" for check in CHECKS for found in check(papers)]


def unfinished(papers: Papers) -> Iterator[str]:
    """Everything has come to its end."""
    yield from (f"call {number} is {state}" for number, state in papers.states.items() if state is not CallState.CLOSED)
    for row in papers.deliveries.values():
        if row.state in (DeliveryState.QUEUED, DeliveryState.LEASED):
            yield f"{row.id} {row.kind} is {row.state}"
        for attempt in papers.attempts[row.id]:
            if attempt.ended_at is None:
                yield f"attempt {attempt.n} of {row.id} has no end"


def unheard(papers: Papers) -> Iterator[str]:
    """Every incident that was to be paged reached somebody, or somebody had taken it."""
    for incident_id in sorted({row.incident_id for row in papers.pages if row.incident_id}):
        rows = [row for row in papers.pages if row.incident_id == incident_id]
        is_told = any(_is_read(papers, row) for row in rows)
        if not is_told and not papers.times(incident_id, "acknowledged"):
            yield f"incident {incident_id}: {[(row.id, row.state.value, row.why) for row in rows]}"


def _is_read(papers: Papers, row: Delivery) -> bool:
    if papers.taken(row.id):
        return True
    return row.digest_id is not None and any(
        _names(arrival, row) for copy in papers.copies(row.digest_id) for arrival in papers.taken(copy.id)
    )


def _names(arrival: Arrival, row: Delivery) -> bool:
    """Return whether a message says in its text what a row it stands for would have said."""
    return any(line.startswith((f"#{row.incident_id} ", row.title)) for line in str(arrival.letter["body"]).split("\n"))


def out_of_nowhere(papers: Papers) -> Iterator[str]:
    """Nothing arrives that no attempt was written down for, and no more than attempts."""
    for number, count in Counter(arrival.id for arrival in papers.arrivals).items():
        if number not in papers.deliveries:
            yield f"{number} arrived and is in no outbox"
        elif count > papers.deliveries[number].attempts_count:
            yield f"{number} arrived {count} times in {papers.deliveries[number].attempts_count} attempts"
    for arrival in papers.arrivals:
        if papers.attempt_of(arrival) is None:
            yield f"{arrival.id} arrived at {arrival.at} before any attempt"


def twice(papers: Papers) -> Iterator[str]:
    """What somebody could read twice had an attempt before whose end nobody knew; each attempt sent one request."""
    for number in papers.deliveries:
        tries = [papers.attempt_of(arrival) for arrival in papers.arrivals if arrival.id == number]
        if len({attempt.n for attempt in tries if attempt}) < len(tries):
            yield f"{number}: one attempt arrived twice"
        read = [attempt for arrival in papers.taken(number) if (attempt := papers.attempt_of(arrival))]
        for attempt in read[:-1]:
            if attempt.outcome is not SendOutcome.AMBIGUOUS:
                yield f"{number} was sent again after attempt {attempt.n} was {attempt.outcome}"


def untrue(papers: Papers) -> Iterator[str]:
    """An attempt's stored outcome is what the receiver knows of it."""
    may_be = {
        "take": {SendOutcome.ACCEPTED, SendOutcome.AMBIGUOUS},
        "linger": {SendOutcome.ACCEPTED, SendOutcome.AMBIGUOUS},
        "refuse": {SendOutcome.TRANSIENT, SendOutcome.AMBIGUOUS},
        "drop": {SendOutcome.AMBIGUOUS},
    }
    for arrival in papers.arrivals:
        attempt = papers.attempt_of(arrival)
        if attempt is not None and attempt.outcome not in may_be[arrival.mood]:
            yield f"{arrival.id}/{attempt.n}: {arrival.mood} is called {attempt.outcome}"
    for row in papers.deliveries.values():
        if row.state is DeliveryState.ACCEPTED and not papers.taken(row.id):
            yield f"{row.id} is called accepted and never arrived"


def paged_again(papers: Papers) -> Iterator[str]:
    """One person is paged about one thing by several messages only where it began anew, or an attempt was unclear."""
    rows = [row for row in papers.pages if row.kind is NoticeKind.PAGE and papers.taken(row.id)]
    for place, count in Counter((row.incident_id, row.contact, row.cause_seq) for row in rows).items():
        chain = [row for row in rows if (row.incident_id, row.contact, row.cause_seq) == place]
        unclear = [a for row in chain for a in papers.attempts[row.id] if a.outcome is SendOutcome.AMBIGUOUS]
        if count > 1 and not unclear:
            yield f"{place} came as {[row.id for row in chain]}"
    began = ("escalated", "ack_expired", "unacknowledged", "call_closed", "flapping")
    for who, count in Counter(
        (row.incident_id, row.contact) for row in {row.cause_seq: row for row in rows}.values()
    ).items():
        if count > 1 + len(papers.times(who[0], *began)):
            yield f"{who[1]} was paged {count} times about {who[0]}"


def recoveries(papers: Papers) -> Iterator[str]:
    """A recovery is told once to each who was paged there, and to nobody else."""
    rows = [row for row in papers.deliveries.values() if row.kind is NoticeKind.RESOLVE]
    places: Counter[Place] = Counter((row.incident_id or 0, row.contact, row.channel) for row in rows)
    for place, count in places.items():
        if count > len(papers.times(place[0], "call_closed")):
            yield f"{count} for {place}"
    for row in rows:
        if not any(_is_before(papers, page, row) for page in papers.pages):
            yield f"{row.id} about {row.incident_id} without a page over {row.channel} before"


def _is_before(papers: Papers, page: Delivery, recovery: Delivery) -> bool:
    """Return whether somebody was told there, by a page or by the digest that named it, before the recovery."""
    if (page.incident_id, page.contact) != (recovery.incident_id, recovery.contact):
        return False
    told = [page] if page.digest_id is None else papers.copies(page.digest_id)
    return any(
        row.channel == recovery.channel and row.done_at is not None and row.done_at <= recovery.created_at
        for row in told
        if row.state is DeliveryState.ACCEPTED
    )


def not_wanted(papers: Papers) -> Iterator[str]:
    """No attempt to page begins while somebody has the incident."""
    ends = ("ack_expired", "unacknowledged", "escalated", "call_closed")
    for row in papers.pages:
        for taken_at in papers.times(row.incident_id, "acknowledged"):
            over = [at for at in papers.times(row.incident_id, *ends) if at > taken_at]
            for attempt in papers.attempts[row.id]:
                if taken_at < attempt.started_at < min(over, default=LAST):
                    yield f"attempt {attempt.n} of {row.id} began {attempt.started_at}, taken {taken_at}"


def digests(papers: Papers) -> Iterator[str]:
    """What was held back for a digest is named by one digest that was read."""
    for row in papers.deliveries.values():
        if row.state is DeliveryState.HELD and row.done_at is not None and not _is_read(papers, row):
            yield f"{row.id} was held, and {row.digest_id} does not name it"
    for digest in (row for row in papers.deliveries.values() if row.kind is NoticeKind.DIGEST):
        named = [row for row in papers.deliveries.values() if row.digest_id == digest.id]
        same = Counter((row.incident_id, row.kind, row.cause_seq) for row in named)
        yield from (f"{digest.id} names {what} {count} times" for what, count in same.items() if count > 1)
        for arrival in papers.taken(digest.id):
            lines = sum(line.startswith("#") for line in str(arrival.letter["body"]).split("\n"))
            if named and lines != min(len(named), LINES_MAX):
                yield f"{digest.id} stands for {len(named)} and has {lines} lines"


CHECKS: tuple[Callable[[Papers], Iterator[str]], ...] = (
    unfinished,
    unheard,
    out_of_nowhere,
    twice,
    untrue,
    paged_again,
    recoveries,
    not_wanted,
    digests,
)


def counted(papers: Papers) -> dict[str, int]:
    """Return numbers worth reading after a campaign."""
    attempts = [attempt for found in papers.attempts.values() for attempt in found]
    outcomes = Counter(str(attempt.outcome) for attempt in attempts)
    kinds = Counter(f"{row.kind.value}s" for row in papers.deliveries.values())
    again = sum(len(papers.taken(number)) > 1 for number in papers.deliveries)
    return {
        "incidents": len(papers.states),
        "arrivals": len(papers.arrivals),
        "came again": again,
        "held back": sum(row.digest_id is not None for row in papers.deliveries.values()),
        "acknowledged": sum(event.kind == "acknowledged" for event in papers.events),
        **dict(sorted(kinds.items())),
        **dict(sorted(outcomes.items())),
    }
