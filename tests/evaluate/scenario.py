"""A scenario file: what happens to the district, and exactly which incidents and states must follow.

    title: ...             one sentence
    units: 6               communes in the district
    second_ways: [qlvb]    services that are also reached over the other path, as `qlvb-internet` (optional)
    for: 90s               length of the run
    phases: {PATTERN: s}   phases of checks that must not vary with the seed (optional)
    world: [CONDITION]     see tests/evaluate/world.py
    observations: {PATTERN: ["+0s ok 12ms", "+5s timeout"]}   what targets answer from then on, whatever the world
    incidents: ["tslcd_down cao-son/tslcd opened 20s..27s resolved 60s..72s units=1"]   these, and no other
    states: ["40s cao-son/lan unreachable"]

An incident that may be renamed lists its earlier names: `unit_dark cao-son after tslcd_down opened ...`. How often it
came back is `flaps=3..9`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import inf
from pathlib import Path
from typing import Any

import yaml

from bt_console.evaluate.flapping import CALM
from bt_console.model.health import HealthState
from tests.evaluate.district import district
from tests.evaluate.simulation import Life, Simulation, seconds
from tests.evaluate.world import Condition

SCENARIOS = Path(__file__).parent.parent / "scenarios"
SETTLED_S = 25.0
"""After the last condition ended and this much time, everything must be UP and every incident resolved."""
_KEYS = {"title", "units", "second_ways", "for", "phases", "world", "observations", "incidents", "states"}
_SPAN = r"(?P<{0}_from>[\d.]+)s\.\.(?P<{0}_to>[\d.]+)s"
_INCIDENT = re.compile(
    r"(?P<kind>\w+) (?P<target>\S+)(?: after (?P<after>\S+))? opened "
    + _SPAN.format("opened")
    + r"(?: resolved "
    + _SPAN.format("resolved")
    + r")?(?P<counts>(?: \w+=\d+(?:\.\.\d+)?)*)"
)
_STATE = re.compile(r"(?P<at>[\d.]+)s (?P<where>\S+) (?P<states>\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One incident that must happen."""

    kind: str
    target: str
    after: frozenset[str]
    opened: tuple[float, float]
    resolved: tuple[float, float] | None
    counts: dict[str, tuple[int, int]]

    @classmethod
    def parse(cls, line: str) -> Expected:
        """Return the incident a line describes. Raises ValueError."""
        match = _INCIDENT.fullmatch(line)
        if match is None:
            raise ValueError(f"not an incident: {line!r}")
        resolved = match["resolved_from"]
        pairs = [pair.partition("=")[::2] for pair in match["counts"].split()]
        return cls(
            kind=match["kind"],
            target=match["target"],
            after=frozenset((match["after"] or "").split(",")) - {""},
            opened=(float(match["opened_from"]), float(match["opened_to"])),
            resolved=(float(resolved), float(match["resolved_to"])) if resolved else None,
            counts={name: _span(value) for name, value in pairs},
        )

    def fits(self, life: Life) -> bool:
        """Return whether an incident is the one meant."""
        *before, last = life.kinds
        return last == (self.kind, self.target) and {kind for kind, _ in before} <= self.after

    def faults(self, life: Life) -> list[str]:
        """Return what is not as expected of the incident meant."""
        name = f"{self.kind} {self.target}"
        opened_s = seconds(life.first.opened_at)
        problems = [] if _within(opened_s, self.opened) else [f"{name} opened at {opened_s:.1f}"]
        ended = life.last.resolved_at
        ended_s = seconds(ended) if ended else None
        if (ended_s is None) is not (self.resolved is None):
            problems.append(f"{name} resolved at {ended_s}")
        elif ended_s is not None and self.resolved is not None and not _within(ended_s, self.resolved):
            problems.append(f"{name} resolved at {ended_s:.1f}")
        for what, (least, most) in self.counts.items():
            found = life.last.flaps_count if what == "flaps" else len(getattr(life.last.impact, what))
            problems += [] if least <= found <= most else [f"{name} has {found} {what}, not {least} to {most}"]
        return problems


def _span(value: str) -> tuple[int, int]:
    least, _, most = value.partition("..")
    return int(least), int(most or least)


def _within(at_s: float, span: tuple[float, float]) -> bool:
    return span[0] <= at_s <= span[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One file."""

    title: str
    units: int
    second_ways: tuple[str, ...]
    length_s: float
    phases: dict[str, float]
    conditions: tuple[Condition, ...]
    incidents: tuple[Expected, ...]
    states: tuple[tuple[float, str, frozenset[HealthState]], ...]

    @classmethod
    def load(cls, path: Path) -> Scenario:
        """Return the scenario of a file. Raises ValueError for a key or line that means nothing."""
        raw: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        if unknown := raw.keys() - _KEYS:
            raise ValueError(f"{path.name}: unknown {sorted(unknown)}")
        world = [Condition.parse(line) for line in raw.get("world", ())]
        return cls(
            title=raw["title"],
            units=raw.get("units", 6),
            second_ways=tuple(raw.get("second_ways", ())),
            length_s=float(raw["for"].removesuffix("s")),
            phases=raw.get("phases", {}),
            conditions=(*world, *_said(raw.get("observations", {}))),
            incidents=tuple(Expected.parse(line) for line in raw.get("incidents", ())),
            states=tuple(sorted(_state(line) for line in raw.get("states", ()))),
        )

    def problems(self, seed: int) -> list[str]:
        """Run it with a seed and return everything that is not as expected."""
        simulation = Simulation(district(self.units, self.second_ways), self.conditions, seed, self.phases)
        found: list[str] = []
        for at_s, pattern, states in self.states:
            simulation.run(at_s)
            found += _wrong_states(simulation, pattern, states, at_s)
        simulation.run(self.length_s)
        return [*found, *self._wrong_incidents(simulation), *self._unsettled(simulation)]

    def _wrong_incidents(self, simulation: Simulation) -> list[str]:
        lives = list(simulation.engine.lives.values())
        problems: list[str] = []
        for expected in self.incidents:
            life = next((life for life in lives if expected.fits(life)), None)
            if life is None:
                problems.append(f"no {expected.kind} {expected.target}")
            else:
                lives.remove(life)
                problems += expected.faults(life)
        return problems + [f"unexpected {life.kinds} opened at {seconds(life.first.opened_at):.1f}" for life in lives]

    def _unsettled(self, simulation: Simulation) -> list[str]:
        ends = max((c.end_s for c in self.conditions if not _is_fine(c)), default=0.0)
        settled_s = SETTLED_S + (CALM.total_seconds() if self._is_flapping(simulation) else 0.0)
        if ends == inf or ends + settled_s > self.length_s:
            return []
        still = [f"{i.cause.kind} never ends" for i in simulation.engine.open]
        checked = simulation.engine.topology.checks
        return still + [
            f"{target} ends {state}" for target in checked if (state := simulation.engine.state(target)) != "up"
        ]

    @staticmethod
    def _is_flapping(simulation: Simulation) -> bool:
        return any(kind == "flapping" for life in simulation.engine.lives.values() for kind, _ in life.kinds)


def _is_fine(condition: Condition) -> bool:
    return condition.verb == "say" and condition.value.startswith("ok")


def _said(observations: dict[str, list[str]]) -> list[Condition]:
    found: list[Condition] = []
    for where, lines in observations.items():
        starts = [float(line.partition("s ")[0].removeprefix("+")) for line in lines]
        for line, start_s, end_s in zip(lines, starts, [*starts[1:], inf], strict=True):
            text = line.partition("s ")[2]
            if text != "_":
                found.append(Condition.parse(f"{start_s}s..{f'{end_s}s' if end_s < inf else ''} say {where} {text}"))
    return found


def _state(line: str) -> tuple[float, str, frozenset[HealthState]]:
    match = _STATE.fullmatch(line)
    if match is None:
        raise ValueError(f"not a state: {line!r}")
    return float(match["at"]), match["where"], frozenset(HealthState(s) for s in match["states"].split("|"))


def _wrong_states(simulation: Simulation, pattern: str, states: frozenset[HealthState], at_s: float) -> list[str]:
    targets = [t for t in simulation.engine.topology.targets if fnmatchcase(t, pattern)]
    assert targets, f"{pattern} matches no target"
    actual = ((target, simulation.engine.state(target)) for target in targets)
    return [f"{target} is {state} at {at_s:g} s" for target, state in actual if state not in states]
