"""Plays faults in a lab with a monitor in it, and writes down what can be seen from outside the monitor's head."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from bt_console.cli.rehearsal import Rehearsal
from bt_console.facade import Console
from bt_console.lab.drill.judge import Sort, sort_of
from bt_console.lab.drill.record import Named, Record, Seen, Told
from bt_console.lab.drill.script import FLAP_DOWN_S, FLAP_UP_S, Play
from bt_console.lab.errors import LabError
from bt_console.model.health import HealthState
from bt_console.words import tell

if TYPE_CHECKING:
    from bt_console.lab.client import Arrival
    from bt_console.lab.drill.expected import Expectation
    from bt_console.model.incident import Incident
    from bt_console.model.inventory import CheckId
    from bt_console.model.snapshot import Snapshot, TargetView

LOOK_S = 0.1
WHOLE_LIMIT_S = 180.0
ANSWER_AFTER_S = 200.0
"""What may take longer to be over is acknowledged."""
_CODE = re.compile(r"(?:Trả lời|Tra loi|Reply) (\d{4,6})")
RECOVERY_LIMIT_S = 60.0
"""For the words that it is over, beyond the time they are held back."""
Now = Callable[[], datetime]


class Stage:
    """One lab and its monitor, and what they have shown so far."""

    def __init__(self, rehearsal: Rehearsal, console: Console, now: Now, language: str) -> None:
        self._rehearsal = rehearsal
        self._lab = rehearsal.lab
        self._console = console
        self._now = now
        self._language = language
        self._seen_seq = 0
        self._letters: list[Arrival] = []
        self._incidents: dict[int, Seen] = {}
        self._known: dict[int, datetime | None] = {}
        """Incidents of before, and when each was over: one that comes back belongs to the fault played now."""
        self._snapshot: Snapshot | None = None

    def play(self, play: Play, dice: Random) -> Record:
        """Cause one fault, heal it when it has shown what it leads to, and return what was seen."""
        self.until_whole()
        self._sleep(dice.uniform(0, play.spread_s))
        self._begin()
        caused_at = self._now()
        self._lab.fault(play.fault)
        self._endure(play, time.monotonic())
        if play.expected.recovery_s > ANSWER_AFTER_S:
            self._answer()
        healed_at = self._now()
        self._lab.heal(None)
        self._recover(play.expected.recovery_s)
        is_whole = self.until_whole()
        self._sleep(play.tail_s)
        return Record(
            spec=play.spec,
            caused_at=caused_at,
            healed_at=healed_at,
            missed_at=self._missed_at(play.expected.targets, caused_at, healed_at),
            incidents=tuple(self._incidents.values()),
            letters=tuple(self._told(letter) for letter in self._letters),
            is_whole=is_whole,
        )

    def until_whole(self) -> bool:
        """Wait until all is up, nothing is open and nobody is being called; False when that does not come."""
        return self._until(self._is_whole, WHOLE_LIMIT_S)

    def _begin(self) -> None:
        self._look()
        assert self._snapshot is not None
        self._known |= {incident.id: incident.resolved_at for incident in self._snapshot.incidents}
        self._incidents, self._letters = {}, []

    def _endure(self, play: Play, began_s: float) -> None:
        """Let the fault last until it is named and told and a little longer, or its time is over."""
        expected = play.expected
        if not expected.kind:
            self._sleep(expected.stay_s)
            return
        limit_s = began_s + expected.limit_s
        while time.monotonic() < limit_s and not self._is_answered(expected):
            if play.is_flapping:
                self._flap(play.fault, limit_s, expected)
            else:
                self._sleep(LOOK_S)
        self._sleep(expected.stay_s)

    def _flap(self, fault: str, limit_s: float, expected: Expectation) -> None:
        """Let a fault last for a turn, and be gone for one."""
        for is_down, turn_s in ((True, FLAP_DOWN_S), (False, FLAP_UP_S)):
            left_s = min(turn_s, limit_s - time.monotonic())
            if self._until(lambda: self._is_answered(expected), left_s):
                return
            if is_down:
                self._lab.heal(None)
            else:
                self._lab.fault(fault)

    def _is_answered(self, expected: Expectation) -> bool:
        """Whether the fault is named, and told if it is to be."""
        names = [seen.names[-1].kind for seen in self._incidents.values()]
        is_told = any(sort_of(letter.text) is Sort.PAGE for letter in self._letters)
        return expected.kind in names and (is_told or not expected.is_paged)

    def _answer(self) -> None:
        """Acknowledge as a person would, or what lasts long is escalated as the policy says."""
        for letter in self._letters:
            code = _CODE.search(letter.text) if sort_of(letter.text) is Sort.PAGE else None
            if code:
                with suppress(LabError):  # a channel that hears nothing
                    self._lab.reply(letter.channel, letter.recipient, code[1])

    def _recover(self, within_s: float) -> None:
        """Wait until everybody who was called has heard that it is over."""
        assert self._snapshot is not None
        oncall = self._snapshot.oncall
        hold_s = max((policy.hold_s for policy in oncall.policies.values()), default=0.0) if oncall else 0.0
        if self._incidents:
            self._until(self._is_over, within_s)
        self._until(self._is_told, hold_s + RECOVERY_LIMIT_S)

    def _is_over(self) -> bool:
        return all(seen.resolved_at is not None for seen in self._incidents.values())

    def _is_told(self) -> bool:
        sorts = [(sort_of(letter.text), letter.recipient) for letter in self._letters]
        paged = {whom for sort, whom in sorts if sort is Sort.PAGE}
        return self._is_over() and paged <= {whom for sort, whom in sorts if sort is Sort.RECOVERY}

    def _is_whole(self) -> bool:
        snapshot = self._snapshot
        if snapshot is None or snapshot.open_incidents:
            return False
        views = [*snapshot.services, *snapshot.infrastructure]
        states = [*(unit.state for unit in snapshot.units), *(view.state for view in views)]
        is_quiet = all(call.closed_at is not None for call in snapshot.calls)
        return is_quiet and set(states) == {HealthState.UP}

    def _until(self, is_so: Callable[[], bool], within_s: float) -> bool:
        end_s = time.monotonic() + within_s
        while True:
            self._look()
            if is_so():
                return True
            if time.monotonic() >= end_s:
                return False
            time.sleep(LOOK_S)

    def _sleep(self, seconds: float) -> None:
        self._until(lambda: False, seconds)

    def _look(self) -> None:
        self._rehearsal.insist_on_monitor(self._language)
        for letter in self._lab.letters(self._seen_seq):
            self._seen_seq = letter.seq
            self._letters.append(letter)
        revision = self._snapshot.revision if self._snapshot else None
        self._snapshot = self._console.snapshot(self._now(), revision) or self._snapshot
        for incident in self._snapshot.incidents if self._snapshot else ():
            if incident.id not in self._known or incident.resolved_at != self._known[incident.id]:
                self._note(incident)

    def _note(self, incident: Incident) -> None:
        cause = incident.cause
        before = self._incidents.get(incident.id)
        is_new = before is None and incident.id not in self._known
        named = Named(
            at=incident.opened_at if is_new else self._now(),
            kind=str(cause.kind),
            unit=str(cause.unit_id),
            units_count=len(incident.impact.units),
        )
        names = before.names if before else ()
        if not names or _said(names[-1]) != _said(named):
            names = (*names, named)
        self._incidents[incident.id] = Seen(
            id=incident.id, opened_at=names[0].at, names=names, resolved_at=incident.resolved_at
        )

    def _told(self, letter: Arrival) -> Told:
        oncall = self._snapshot.oncall if self._snapshot else None
        channel = oncall.channels.get(letter.channel) if oncall else None
        return Told(
            at=letter.at,
            channel=letter.channel,
            path=str(channel.path) if channel else "",
            contact=letter.contact or letter.recipient,
            text=letter.text,
        )

    def _missed_at(self, targets: Iterable[str], caused_at: datetime, healed_at: datetime) -> datetime | None:
        """Return when the first measurement that failed at a target began, or the fault itself if it came later."""
        found = [
            max(observation.started_at, caused_at)
            for check in self._checks(tuple(targets))
            for observation in self._console.history(check, caused_at - timedelta(seconds=10), healed_at)
            if observation.reading.outcome != "ok"
            and observation.started_at + timedelta(seconds=observation.duration_s) > caused_at
        ]
        return min(found, default=None)

    def _checks(self, targets: tuple[str, ...]) -> Iterator[CheckId]:
        for view in _views(self._snapshot):
            if any(view.id == target or (target.endswith("/") and view.id.startswith(target)) for target in targets):
                yield from (check.id for check in view.checks)


def _said(named: Named) -> tuple[str, str, int]:
    return named.kind, named.unit, named.units_count


def _views(snapshot: Snapshot | None) -> Iterator[TargetView]:
    if snapshot is None:
        return
    for unit in (*snapshot.units, *snapshot.departments):
        yield from (view for view in (unit.lan, unit.internet, unit.tslcd, *unit.devices) if view)
    yield from (*snapshot.services, *snapshot.infrastructure)


def played(
    rehearsal: Rehearsal, plays: Iterable[Play], now: Now, language: str, dice: Random, say: Callable[[str], None]
) -> Iterator[tuple[Play, Record]]:
    """Yield what was seen of each fault, in turn."""
    with closing(Console(rehearsal.store_path)) as console:
        stage = Stage(rehearsal, console, now, language)
        if not stage.until_whole():
            say(tell(language, "drill.not_whole_at_first"))
        for play in plays:
            say(tell(language, "drill.playing", what=play.spec))
            yield play, stage.play(play, dice)
