"""Reads an agent's interfaces: state, speed, and from the counters since the last run how much each line is used.

Source: RFC 2863 (IF-MIB), RFC 3418 (sysUpTime).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from probes._wire.errors import BadInput
from probes._wire.snmp_counters import TICKS_PER_S, Continuity, continuity, event_rate_per_s, octet_rate_bps
from probes._wire.snmp_if_table import DOWN, LOOPBACK, Interface, InterfaceTable, read_interfaces
from probes._wire.snmp_params import SnmpParams
from probes._wire.snmp_run import SNMP_FACTS, SNMP_MEASURES, poll
from probes._wire.snmp_session import Session
from probes._wire.trace import Trace
from probes.api import Fact, FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading

UNKNOWN = -1.0
"""Stands in a column of numbers for one that is not known."""
SHORTEST_S = 0.2
"""Two readings closer together say nothing about a rate."""
NAMED_COUNT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpInterfacesParams(SnmpParams):
    """Credentials, and which interface is charted."""

    interface: str = ""
    """Name, alias, description or index of the interface whose use is measured; empty means the busiest."""
    speed_bps: float = 0.0
    """The speed of that interface's line, where the agent tells the port's instead; 0 believes the agent."""
    sample_s: float = 0.0
    """How long the very first run waits to read the counters twice; 0 leaves rates to the second run.

    At least 10 s against net-snmp: it serves counters up to 3 s old, which would stretch or shrink a short sample.
    Both `timeout_s` and the deadline of the run must be longer.
    """

    def __post_init__(self) -> None:
        SnmpParams.__post_init__(self)
        if self.speed_bps < 0 or self.sample_s < 0:
            raise ValueError("speed_bps and sample_s cannot be below 0")
        if self.sample_s and self.sample_s >= self.timeout_s:
            raise ValueError(f"sample_s of {self.sample_s:g} needs a longer timeout_s than {self.timeout_s:g}")
        if self.speed_bps and not self.interface:
            raise ValueError("speed_bps is the speed of one line: name its `interface`")


class Memory:
    """The last table of one agent as one check reads it."""

    def __init__(self, address: str, params: SnmpInterfacesParams) -> None:
        self.table: InterfaceTable | None = None

    def close(self) -> None:
        self.table = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One interface and its rates since the last reading; UNKNOWN where there is none."""

    interface: Interface
    speed_bps: float
    in_bps: float = UNKNOWN
    out_bps: float = UNKNOWN
    in_errors_per_s: float = UNKNOWN
    out_errors_per_s: float = UNKNOWN
    is_restarted: bool = False
    """Its counters started anew since the last reading."""

    @property
    def in_ratio(self) -> float:
        return _ratio(self.in_bps, self.speed_bps)

    @property
    def out_ratio(self) -> float:
        return _ratio(self.out_bps, self.speed_bps)


def _ratio(rate_bps: float, speed_bps: float) -> float:
    return rate_bps / speed_bps if rate_bps >= 0 and speed_bps > 0 else UNKNOWN


async def observe(address: str, params: SnmpInterfacesParams, ctx: ProbeContext) -> Reading:
    """Measure the agent at `host` or `host:port`."""
    memory = ctx.shared.get(Memory, address, params)

    async def work(session: Session, trace: Trace) -> str:
        if memory.table is None and params.sample_s:
            memory.table = await read_interfaces(session)
            trace.phase = "sample"
            _require_time(params.sample_s, trace)
            await asyncio.sleep(params.sample_s)
        table = await read_interfaces(session)
        before = memory.table
        if before is None or table.at_s - before.at_s >= SHORTEST_S:
            memory.table = table
        return _note(table, before, params, trace)

    return await poll(address, params, ctx, work)


def _require_time(needed_s: float, trace: Trace) -> None:
    """Raise before the wait: at its end the agent would be blamed for the silence."""
    left_s = trace.limit_s - trace.now()
    if needed_s >= left_s:
        raise BadInput(f"a sample of {needed_s:g} s does not fit into the {left_s:.1f} s left: raise the deadline, too")


def _note(table: InterfaceTable, before: InterfaceTable | None, params: SnmpInterfacesParams, trace: Trace) -> str:
    state = _continuity(table, before)
    old = {row.index: row for row in before.rows} if before is not None and state is Continuity.STEADY else {}
    chosen = _chosen(table, params.interface) if params.interface else None
    uses = [_use(row, old.get(row.index), params.speed_bps if row is chosen else 0.0) for row in table.rows]
    trace.facts |= {"restarted": state is Continuity.RESTARTED, **_columns(uses)}
    trace.measures |= {
        "uptime_s": table.uptime_ticks / TICKS_PER_S,
        "interfaces_count": float(table.total_count),
        "cut_count": float(table.total_count - len(table.rows)),
        "down_count": float(sum(row.admin == "up" and row.oper in DOWN for row in table.rows)),
    }
    if params.interface and chosen is None:
        raise ProbeFailure(FailureKind.MISMATCH, _no_such(table, params.interface))
    _note_one(next((use for use in uses if use.interface is chosen), None) or _busiest(uses), trace)
    return _remark(before, state)


def _remark(before: InterfaceTable | None, state: Continuity) -> str:
    if before is None:
        return "first reading: rates come with the next one"
    if state is Continuity.RESTARTED:
        return "the agent restarted since the last reading: rates come with the next one"
    return "" if state is Continuity.STEADY else "the agent's clock jumped: rates come with the next reading"


def _continuity(table: InterfaceTable, before: InterfaceTable | None) -> Continuity:
    if before is None:
        return Continuity.STEADY
    return continuity(before.uptime_ticks, table.uptime_ticks, table.at_s - before.at_s)


def _use(row: Interface, before: Interface | None, speed_bps: float) -> Use:
    speed = speed_bps or row.speed_bps
    if before is None or before.name != row.name:
        return Use(interface=row, speed_bps=speed)
    if before.discontinuity_ticks != row.discontinuity_ticks:
        return Use(interface=row, speed_bps=speed, is_restarted=True)
    return Use(
        interface=row,
        speed_bps=speed,
        in_bps=_known(octet_rate_bps(before.in_octets, row.in_octets, row.speed_bps)),
        out_bps=_known(octet_rate_bps(before.out_octets, row.out_octets, row.speed_bps)),
        in_errors_per_s=_known(event_rate_per_s(before.in_errors, row.in_errors)),
        out_errors_per_s=_known(event_rate_per_s(before.out_errors, row.out_errors)),
    )


def _known(rate: float | None) -> float:
    return UNKNOWN if rate is None else rate


def _chosen(table: InterfaceTable, wanted: str) -> Interface | None:
    """Return the interface meant, by name first. Raises ProbeFailure when an alias or description fits several."""
    keys: tuple[Callable[[Interface], str], ...] = (
        lambda row: row.name,
        lambda row: row.alias,
        lambda row: row.descr,
        lambda row: str(row.index),
    )
    for key in keys:
        found = [row for row in table.rows if key(row) == wanted]
        if len(found) > 1:
            names = ", ".join(row.name for row in found[:NAMED_COUNT])
            raise ProbeFailure(FailureKind.MISMATCH, f"{wanted!r} fits {len(found)} interfaces: {names}; write a name")
        if found:
            return found[0]
    return None


def _no_such(table: InterfaceTable, wanted: str) -> str:
    names = ", ".join(row.name for row in table.rows[:NAMED_COUNT])
    more = f" and {len(table.rows) - NAMED_COUNT} more" if len(table.rows) > NAMED_COUNT else ""
    return f"there is no interface {wanted!r}; there are: {names}{more}"


def _busiest(uses: list[Use]) -> Use:
    """The machine's talk with itself is no line, but where nothing else is up it has to do."""

    def weight(use: Use) -> tuple[bool, float, float, bool]:
        is_line = use.interface.kind != LOOPBACK
        ratio, rate = max(use.in_ratio, use.out_ratio), max(use.in_bps, use.out_bps)
        return is_line and use.interface.oper == "up", ratio, rate, is_line

    return max(uses, key=weight)


def _note_one(use: Use, trace: Trace) -> None:
    row = use.interface
    trace.facts |= {"interface": row.name, "interface_index": row.index, "interface_oper": row.oper}
    found = {
        "in_utilisation_ratio": use.in_ratio,
        "out_utilisation_ratio": use.out_ratio,
        "in_rate_bps": use.in_bps,
        "out_rate_bps": use.out_bps,
        "errors_per_s": UNKNOWN,
    }
    if use.in_errors_per_s >= 0 or use.out_errors_per_s >= 0:
        found["errors_per_s"] = max(use.in_errors_per_s, 0.0) + max(use.out_errors_per_s, 0.0)
    trace.measures |= {measure: value for measure, value in found.items() if value >= 0}


_COLUMNS: Mapping[str, Callable[[Use], str | int | float | bool]] = {
    "if_index": lambda use: use.interface.index,
    "if_name": lambda use: use.interface.name,
    "if_alias": lambda use: use.interface.alias,
    "if_admin": lambda use: use.interface.admin,
    "if_oper": lambda use: use.interface.oper,
    "if_speed_bps": lambda use: use.speed_bps,
    "if_restarted": lambda use: use.is_restarted,
    "in_ratio": lambda use: use.in_ratio,
    "out_ratio": lambda use: use.out_ratio,
    "in_bps": lambda use: use.in_bps,
    "out_bps": lambda use: use.out_bps,
    "in_errors_per_s": lambda use: use.in_errors_per_s,
    "out_errors_per_s": lambda use: use.out_errors_per_s,
}


def _columns(uses: list[Use]) -> dict[str, Fact]:
    return {name: tuple(value(use) for use in uses) for name, value in _COLUMNS.items()}


PROBE = ProbeKind(
    name="snmp_interfaces",
    params=SnmpInterfacesParams,
    observe=observe,
    measures={
        **SNMP_MEASURES,
        "in_utilisation_ratio": "ratio",
        "out_utilisation_ratio": "ratio",
        "in_rate_bps": "bit/s",
        "out_rate_bps": "bit/s",
        "errors_per_s": "errors/s",
        "down_count": "interfaces",
        "interfaces_count": "interfaces",
        "cut_count": "interfaces",
        "uptime_s": "seconds",
    },
    facts={
        **SNMP_FACTS,
        "interface": str,
        "interface_index": int,
        "interface_oper": str,
        "restarted": bool,
        **dict.fromkeys(_COLUMNS, tuple),
    },
    example="127.0.0.1:161 -p community=file:/etc/bt-console/snmp-community -p interface=eth0 -p timeout_s=5",
    source="RFC 2863, RFC 3418",
    fleeting=frozenset({"in_ratio", "out_ratio", "in_bps", "out_bps", "in_errors_per_s", "out_errors_per_s"}),
)
