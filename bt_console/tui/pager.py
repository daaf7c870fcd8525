"""What open consoles are called about: which banners to show, and when to ring."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bt_console.model.oncall import NoticeKind
from bt_console.model.paging import CallState, Delivery
from bt_console.model.snapshot import Snapshot
from bt_console.tui.view.calls import calls_by_incident

_LOOKED_BACK = timedelta(days=1)
"""A console that opens shows pages that still wait for somebody; it rings only for new ones."""
_OVERLAP = timedelta(seconds=5)
"""Looked at again: rows of one instant may be stored one after the other."""
_SHOWN_FOR = timedelta(hours=1)
"""What is about no open incident goes by itself after so long."""
_CALLING = frozenset(
    {NoticeKind.PAGE, NoticeKind.LATE, NoticeKind.DIGEST, NoticeKind.TEST, NoticeKind.DRILL, NoticeKind.META}
)
_UNANSWERED = frozenset({CallState.PENDING, CallState.OPEN})


class Pager:
    """Remembers what was heard and what a person has put away."""

    def __init__(self, now: datetime) -> None:
        self._started_at = now
        self._since = now - _LOOKED_BACK
        self._heard: dict[int, Delivery] = {}
        self._put_away: set[int] = set()

    def since(self, now: datetime) -> datetime:
        """Return from when on to ask for messages, also after the clock was put back."""
        self._started_at = min(self._started_at, now)
        self._since = min(self._since, now - _OVERLAP)
        return self._since

    def hear(self, found: Iterable[Delivery]) -> bool:
        """Take in messages; return whether one of them is new and worth a bell."""
        fresh = [one for one in found if one.id not in self._heard and one.kind in _CALLING]
        for one in fresh:
            self._heard[one.id] = one
            self._since = max(self._since, _accepted_at(one) - _OVERLAP)
        self._heard = {key: one for key, one in self._heard.items() if _accepted_at(one) > self._since - _LOOKED_BACK}
        return any(_accepted_at(one) > self._started_at for one in fresh)

    def calling(self, snapshot: Snapshot, now: datetime) -> tuple[Delivery, ...]:
        """Return what still waits for somebody, the newest of each incident, newest first."""
        if not self._heard:
            return ()
        newest: dict[object, Delivery] = {}
        for one in self._heard.values():
            newest[f"#{one.incident_id}" if one.kind is NoticeKind.PAGE else one.id] = one
        waiting = _unanswered(snapshot)
        found = [
            one
            for one in newest.values()
            if one.id not in self._put_away
            and (self._is_recent(one, now) if _is_over(one) else one.incident_id in waiting)
        ]
        return tuple(sorted(found, key=lambda one: (_accepted_at(one), one.id), reverse=True))

    def _is_recent(self, one: Delivery, now: datetime) -> bool:
        return self._started_at < _accepted_at(one) and now - _accepted_at(one) < _SHOWN_FOR

    def put_away(self, shown: Iterable[Delivery]) -> None:
        """Show these no more; a page that is repeated comes back."""
        self._put_away |= {one.id for one in shown}


def _is_over(one: Delivery) -> bool:
    """Tell whether a message is about nothing that could still be acknowledged."""
    return one.kind is not NoticeKind.PAGE or one.incident_id is None


def _accepted_at(one: Delivery) -> datetime:
    return one.done_at or one.created_at


def _unanswered(snapshot: Snapshot) -> set[int]:
    """Return open incidents that nobody has and no mute hides."""
    calls = calls_by_incident(snapshot)
    found = set()
    for incident in snapshot.open_incidents:
        call = calls.get(incident.id)
        if call is None or (call.state in _UNANSWERED and not call.muted_by):
            found.add(incident.id)
    return found
