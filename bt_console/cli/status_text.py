"""The snapshot as plain text for 80 columns: what is wrong first, then everything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bt_console.cli.render import Column, table, wrap
from bt_console.cli.times import age, clock_time, decimal, zone
from bt_console.evaluate.overall import WORST_FIRST, overall
from bt_console.model.health import HealthState
from bt_console.model.incident import Incident
from bt_console.model.snapshot import EngineState, Snapshot, TargetView, UnitView
from bt_console.words import say, tell

_MEASURED = frozenset({HealthState.UP, HealthState.DEGRADED})


def status_lines(snapshot: Snapshot, language: str, width: int) -> list[str]:
    """Return the whole district as lines."""
    words = _Words(snapshot, language, width)
    return [
        *words.heading(),
        *words.incidents(snapshot.open_incidents),
        *words.units("cli.title.units", snapshot.units),
        *words.targets("cli.title.services", snapshot.services),
        *words.targets("cli.title.infrastructure", snapshot.infrastructure),
        *words.departments(),
    ]


def unit_lines(snapshot: Snapshot, unit: UnitView, language: str, width: int) -> list[str]:
    """Return one unit whole as lines."""
    words = _Words(snapshot, language, width)
    links = [target for target in (unit.lan, unit.internet, unit.tslcd) if target is not None]
    named = [item for item in snapshot.open_incidents if item.id in unit.incident_ids]
    return [*words.heading(), *words.incidents(named), *words.unit(unit, [*links, *unit.devices])]


class _Words:
    """A snapshot with the language and width it is told in."""

    def __init__(self, snapshot: Snapshot, language: str, width: int) -> None:
        self._snapshot = snapshot
        self._language = language
        self._width = width
        self._zone = zone(snapshot.timezone)

    def heading(self) -> list[str]:
        """District, clock, whether anybody measures, the worst there is, and counts by state."""
        snapshot = self._snapshot
        counts = self._counts(snapshot.units)
        when = f"{snapshot.at.astimezone(self._zone):%d/%m/%Y %H:%M:%S %Z}"
        worst = overall(snapshot)
        verdict = self._tell(f"state.{worst}" if isinstance(worst, HealthState) else f"severity.{worst}")
        lines = [
            f"{snapshot.district} · {when} · {self._engine()}",
            f"{verdict.upper()} · {self._tell('cli.title.units')}: {counts}",
        ]
        if snapshot.engine.config_error:
            text = self._tell("cli.config_not_in_force", error=snapshot.engine.config_error)
            lines += wrap(text, self._width)
        return lines

    def _counts(self, units: Sequence[UnitView]) -> str:
        states = [unit.state for unit in units]
        found = (state for state in WORST_FIRST if state in states)
        return " · ".join(f"{self._tell(f'state.{state}')} {states.count(state)}" for state in found)

    def _engine(self) -> str:
        engine = self._snapshot.engine
        if engine.state is EngineState.RUNNING:
            return self._tell("engine.running")
        if engine.last_tick_at is None:
            return self._tell("engine.stopped")
        at = clock_time(engine.last_tick_at, self._snapshot.at, self._zone)
        return self._tell("cli.engine.since", state=self._tell(f"engine.{engine.state}"), at=at)

    def incidents(self, items: Sequence[Incident]) -> list[str]:
        """Open incidents: one paragraph each."""
        if not items:
            return ["", self._tell("cli.no_incident")]
        lines = ["", self._title("cli.title.incidents", len(items))]
        for item in items:
            lines += self._incident(item)
        return lines

    def _incident(self, item: Incident) -> list[str]:
        at = clock_time(item.opened_at, self._snapshot.at, self._zone)
        facts = [self._tell(f"severity.{item.severity}"), self._tell("cli.since", at=at)]
        facts.append(self._age(item.opened_at))
        if item.impact.units:
            facts.append(self._tell("cli.impact.units", n=len(item.impact.units)))
        if item.impact.services:
            facts.append(self._tell("cli.impact.services", n=len(item.impact.services)))
        if item.acknowledged_at:
            facts.append(self._tell("cli.acknowledged_by", by=item.acknowledged_by))
        text = wrap(say(self._language, item.cause.message), self._width, "     ")
        return [*wrap(f"#{item.id}  {' · '.join(facts)}", self._width), *text]

    def units(self, title: str, units: Sequence[UnitView]) -> list[str]:
        """One row per unit, worst first."""
        if not units:
            return []
        columns = [
            Column(title=self._tell("cli.column.unit"), is_flexible=True),
            Column(title=self._tell("cli.column.state")),
            *(Column(title=self._tell(f"cli.column.{name}")) for name in ("lan", "internet", "tslcd")),
            Column(title=self._tell("cli.column.since"), is_right=True),
        ]
        rows = [self._unit_row(unit) for unit in sorted(units, key=lambda unit: WORST_FIRST.index(unit.state))]
        return ["", self._title(title, len(units)), *table(columns, rows, self._width)]

    def _unit_row(self, unit: UnitView) -> tuple[str, ...]:
        links = (self._link(target) for target in (unit.lan, unit.internet, unit.tslcd))
        return (unit.name, self._tell(f"state.{unit.state}"), *links, self._age(unit.since))

    def _link(self, target: TargetView | None) -> str:
        if target is None:
            return "-"
        if target.state not in _MEASURED:
            return self._tell(f"cli.short.{target.state}")
        figures = [self._delay(target.rtt_ms)]
        if target.loss_ratio:
            figures.append(f"{target.loss_ratio * 100:.0f}%")
        mark = " !" if target.state is HealthState.DEGRADED else ""
        return " ".join(figures) + mark

    def _delay(self, rtt_ms: float | None) -> str:
        if rtt_ms is None:
            return self._tell("state.up")
        return f"{decimal(rtt_ms, 1 if rtt_ms < 100 else 0, self._language)} ms"

    def targets(self, title: str, targets: Sequence[TargetView]) -> list[str]:
        """Services or infrastructure: one row each, with the reason below those that have one."""
        if not targets:
            return []
        return ["", self._title(title, len(targets)), *self._target_table(targets, [item.name for item in targets])]

    def _target_table(self, targets: Sequence[TargetView], names: Sequence[str]) -> list[str]:
        columns = [
            Column(title=self._tell("cli.column.name"), is_flexible=True),
            Column(title=self._tell("cli.column.address"), is_flexible=True),
            Column(title=self._tell("cli.column.state")),
            Column(title=self._tell("cli.column.delay")),
            Column(title=self._tell("cli.column.since"), is_right=True),
        ]
        rows = [self._target_row(target, name) for target, name in zip(targets, names, strict=True)]
        first, *lines = table(columns, rows, self._width)
        told = (
            [line, *self._reason(target)] if target.reason else [line]
            for line, target in zip(lines, targets, strict=True)
        )
        return [first, *(line for lines in told for line in lines)]

    def _reason(self, target: TargetView) -> list[str]:
        return wrap(say(self._language, target.reason), self._width, "     ")

    def _target_row(self, target: TargetView, name: str) -> tuple[str, ...]:
        figures = self._link(target) if target.state in _MEASURED and target.rtt_ms is not None else ""
        return (name, target.address, self._tell(f"state.{target.state}"), figures, self._age(target.since))

    def departments(self) -> list[str]:
        """Departments: all well in one line, else only those that are not."""
        units = self._snapshot.departments
        if not units:
            return []
        ill = [unit for unit in units if unit.state is not HealthState.UP]
        title = f"{self._title('cli.title.departments', len(units))}: {self._counts(units)}"
        rows = [(unit.name, self._tell(f"state.{unit.state}"), self._age(unit.since)) for unit in ill]
        columns = [Column(title="", is_flexible=True), Column(title=""), Column(title="", is_right=True)]
        return ["", title, *(f"  {line}" for line in table(columns, rows, self._width - 2)[1:])]

    def unit(self, unit: UnitView, targets: Sequence[TargetView]) -> list[str]:
        """One unit and everything measured on it."""
        facts = [unit.name, self._tell(f"kind.{unit.kind}"), self._tell(f"state.{unit.state}"), self._age(unit.since)]
        if unit.officials_count is not None:
            facts.append(self._tell("cli.officials", n=unit.officials_count))
        names = [_own_name(target, unit) for target in targets]
        return [
            "",
            *wrap(" · ".join(fact for fact in facts if fact), self._width),
            "",
            *self._target_table(targets, names),
        ]

    def _title(self, code: str, count: int) -> str:
        return f"{self._tell(code).upper()} ({count})"

    def _age(self, since: datetime | None) -> str:
        return age(since, self._snapshot.at, self._language)

    def _tell(self, code: str, **values: object) -> str:
        return tell(self._language, code, **values)


def _own_name(target: TargetView, unit: UnitView) -> str:
    """A target's name without that of its unit, which stands above it."""
    return target.name.replace(unit.name, "").strip(" ,:-·()") or target.name
