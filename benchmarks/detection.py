"""Fault to incident in the simulated district with the example's settings: how soon, which cause, how many incidents.

Faults are injected one after the other at random moments; each is healed, and the district must be whole again before
the next. Times are from the return of the injection to the incident's `opened_at`, both on this machine's clock.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import quantiles

from benchmarks import Figure, Result, Unavailable
from bt_console.cli.fault_plan import FaultPlan
from bt_console.cli.rehearsal import Rehearsal
from bt_console.facade import Console
from bt_console.lab.errors import LabError
from bt_console.model.health import HealthState
from bt_console.model.snapshot import Snapshot

ROUNDS = 3
SEED = 20261124
OPEN_LIMIT_S = 60.0
WHOLE_LIMIT_S = 90.0
SETTLE_S = 4.0
"""How long after the first incident a second one would count against us, before the fault is healed."""

LINK_FAULTS = {
    "link-down:tslcd:{unit}": "tslcd_down",
    "link-down:internet:{unit}": "internet_down",
    "unit-dark:{unit}": "unit_dark",
    "tslcd-core-down": "tslcd_core_down",
    "hub-isp-down": "own_uplink_down",
}
SERVICE_FAULTS = {
    "service-down:qlvb": "service_down",
    "service-500:motcua": "service_error",
    "service-wrong-content:dichvucong": "service_wrong_content",
    "cert-expired:qlvb": "certificate_expired",
    "dns-down": "dns_down",
    "dns-wrong-answer": "dns_wrong_answer",
    "mail-down": "mail_down",
}
SLOW_FAULTS = {
    "service-slow:qlvb:4s": "service_slow",
    "loss:tslcd:{unit}:20%": "link_loss",
    "delay:internet:{unit}:300ms": "link_delay",
}


@dataclass(frozen=True, slots=True)
class Episode:
    """What one injected fault led to."""

    spec: str
    expected: str
    detect_s: float | None
    """None when no incident opened in time."""
    kinds: tuple[str, ...]
    """Cause kinds of every incident that opened before the district was whole again."""

    @property
    def is_right(self) -> bool:
        """Whether exactly one incident opened, with the right cause."""
        return self.kinds == (self.expected,)


def run() -> Result:
    """Inject every fault ROUNDS times. Raises Unavailable where the lab cannot be built from namespaces."""
    try:
        rehearsal = Rehearsal.start(None, FaultPlan(()), "en")
    except LabError as error:
        raise Unavailable(str(error)) from error
    with closing(rehearsal), closing(Console(rehearsal.store_path)) as console:
        if not rehearsal.lab.is_namespaced:
            raise Unavailable("user namespaces are not allowed here, and the fallback has no real links")
        dice = random.Random(SEED)
        groups = [
            list(_episodes(rehearsal, console, faults, dice)) for faults in (LINK_FAULTS, SERVICE_FAULTS, SLOW_FAULTS)
        ]
    return _result(*groups)


def _episodes(rehearsal: Rehearsal, console: Console, faults: dict[str, str], dice: random.Random) -> Iterator[Episode]:
    units = rehearsal.lab.names.units("tslcd")
    for _ in range(ROUNDS):
        for spec, expected in faults.items():
            _until_whole(console)
            time.sleep(dice.uniform(0, 5))
            episode = _episode(rehearsal, console, spec.format(unit=dice.choice(units)), expected)
            print(f"  {episode}", file=sys.stderr, flush=True)
            yield episode


def _episode(rehearsal: Rehearsal, console: Console, spec: str, expected: str) -> Episode:
    known = {incident.id for incident in _snapshot(console).incidents}
    rehearsal.lab.fault(spec)
    began_at = datetime.now(UTC)
    first = _first_new(console, known)
    time.sleep(SETTLE_S)
    rehearsal.lab.heal(None)
    whole = _until_whole(console)
    found = sorted((i for i in whole.incidents if i.id not in known), key=lambda i: i.id)
    kinds = tuple(str(incident.cause.kind) for incident in found)
    return Episode(spec, expected, (first - began_at).total_seconds() if first else None, kinds)


def _first_new(console: Console, known: set[int]) -> datetime | None:
    limit_s = time.monotonic() + OPEN_LIMIT_S
    while time.monotonic() < limit_s:
        fresh = [i.opened_at for i in _snapshot(console).incidents if i.id not in known]
        if fresh:
            return min(fresh)
        time.sleep(0.1)
    return None


def _until_whole(console: Console) -> Snapshot:
    limit_s = time.monotonic() + WHOLE_LIMIT_S
    while time.monotonic() < limit_s:
        snapshot = _snapshot(console)
        states = [unit.state for unit in snapshot.units]
        states += [target.state for target in (*snapshot.services, *snapshot.infrastructure)]
        if states and not snapshot.open_incidents and set(states) == {HealthState.UP}:
            return snapshot
        time.sleep(0.2)
    raise Unavailable("the district did not become whole again after a fault was healed")


def _snapshot(console: Console) -> Snapshot:
    snapshot = console.snapshot(datetime.now(UTC))
    if snapshot is None:
        raise Unavailable("the monitor stored nothing")
    return snapshot


def _result(links: Sequence[Episode], services: Sequence[Episode], slow: Sequence[Episode]) -> Result:
    everything = [*links, *services, *slow]
    wrong = [episode for episode in everything if not episode.is_right]
    return Result(
        peer="",
        figures=(
            *_times("links, routers, uplinks", links, at_most=7.0),
            *_times("services, DNS, certificates", services, at_most=7.0),
            *_times("slow service, loss, delay", slow, at_most=None),
            Figure(what="faults without exactly the right incident", unit="faults", ours=(len(wrong),), at_most=0),
        ),
        remarks=(
            f"{len(everything)} faults; one incident each expected",
            *(f"wrong: {e.spec} led to {', '.join(e.kinds) or 'nothing'}, not {e.expected}" for e in wrong),
            *(f"{kind}: {_listed(found)}" for kind, found in sorted(_by_kind(everything).items())),
        ),
    )


def _times(what: str, episodes: Sequence[Episode], at_most: float | None) -> list[Figure]:
    times = [episode.detect_s for episode in episodes if episode.detect_s is not None]
    if len(times) < 2:
        return []
    p95_s = quantiles(times, n=20, method="inclusive")[-1]
    return [
        Figure(what=f"{what}: fault to incident", unit="s", ours=tuple(times)),
        Figure(what=f"{what}: p95", unit="s", ours=(p95_s,), at_most=at_most),
    ]


def _by_kind(episodes: Sequence[Episode]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for episode in episodes:
        if episode.detect_s is not None:
            found.setdefault(episode.expected, []).append(episode.detect_s)
    return found


def _listed(times: Sequence[float]) -> str:
    return ", ".join(f"{seconds:.1f}" for seconds in sorted(times)) + " s"
