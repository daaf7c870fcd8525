"""Keeps findings from flapping: what is shown follows what is measured only after it went on for a while. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from policies.rule import Delay, Hold, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is shown of one rule on one subject, and what may come."""

    shown: Result
    since: datetime
    """When it began to be shown."""
    coming: Result | None = None
    """The opposite of what is shown, measured but not yet for long enough."""
    coming_count: int = 0
    """Rounds in a row."""
    coming_since: datetime | None = None


def step(hold: Hold, held: Held | None, fresh: Result, at: datetime) -> Held:
    """Return what is shown after one more result.

    A result that says nothing (unknown, error) neither counts nor breaks a count; it takes the place of a PASS at once
    and leaves a FAIL standing. NOT_APPLICABLE takes the place of everything at once.
    """
    if held is None:
        held = Held(shown=Result.UNKNOWN, since=at)
    if fresh is Result.NOT_APPLICABLE:
        return _showing(held, fresh, at)
    if fresh in (Result.UNKNOWN, Result.ERROR):
        return held if held.shown is Result.FAIL else _silent(held, fresh, at)
    return _counted(hold, held, fresh, at)


def _counted(hold: Hold, held: Held, fresh: Result, at: datetime) -> Held:
    if fresh is held.shown:
        return Held(shown=held.shown, since=held.since)
    is_first_pass = fresh is Result.PASS and held.shown is not Result.FAIL
    delay = hold.fail_after if fresh is Result.FAIL else hold.clear_after
    is_going_on = held.coming is fresh
    since = held.coming_since if is_going_on and held.coming_since else at
    count = held.coming_count + 1 if is_going_on else 1
    if is_first_pass or _is_long_enough(delay, count, since, at):
        return Held(shown=fresh, since=at)
    return Held(shown=held.shown, since=held.since, coming=fresh, coming_count=count, coming_since=since)


def _is_long_enough(delay: Delay, count: int, since: datetime, at: datetime) -> bool:
    return count >= delay.rounds_count and (at - since).total_seconds() >= delay.duration_s


def _silent(held: Held, fresh: Result, at: datetime) -> Held:
    """Return what is shown when nothing was learnt: the count so far is kept."""
    return Held(
        shown=fresh,
        since=held.since if held.shown is fresh else at,
        coming=held.coming,
        coming_count=held.coming_count,
        coming_since=held.coming_since,
    )


def _showing(held: Held, fresh: Result, at: datetime) -> Held:
    return Held(shown=fresh, since=held.since if held.shown is fresh else at)
