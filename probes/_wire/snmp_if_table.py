"""Reads the table of interfaces of an agent.

Source: RFC 2863 (IF-MIB: ifTable, ifXTable), RFC 2233 (64-bit counters).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from probes._wire.snmp_counters import Count
from probes._wire.snmp_session import REPETITIONS_COUNT, UPTIME, Session
from probes._wire.snmp_socket import Value
from probes._wire.snmp_text import number, text
from probes.api import FailureKind, ProbeFailure

INTERFACES_MAX = 1024
IF_NUMBER = "1.3.6.1.2.1.2.1.0"
_IF, _IFX = "1.3.6.1.2.1.2.2.1.", "1.3.6.1.2.1.31.1.1.1."
_DESCR, _TYPE, _SPEED, _ADMIN, _OPER = _IF + "2", _IF + "3", _IF + "5", _IF + "7", _IF + "8"
_IN_OCTETS, _IN_ERRORS, _OUT_OCTETS, _OUT_ERRORS = _IF + "10", _IF + "14", _IF + "16", _IF + "20"
_NAME, _HC_IN, _HC_OUT, _HIGH_SPEED = _IFX + "1", _IFX + "6", _IFX + "10", _IFX + "15"
_ALIAS, _DISCONTINUITY = _IFX + "18", _IFX + "19"
_SPEED_MAX = (1 << 32) - 1
"""ifSpeed's way of saying that the speed does not fit."""

ADMIN = {1: "up", 2: "down", 3: "testing"}
OPER = {1: "up", 2: "down", 3: "testing", 4: "unknown", 5: "dormant", 6: "notPresent", 7: "lowerLayerDown"}
DOWN = frozenset({"down", "notPresent", "lowerLayerDown"})
LOOPBACK = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One row."""

    index: int
    name: str
    """Unique in its table."""
    alias: str
    descr: str
    kind: int
    """IANAifType."""
    admin: str
    oper: str
    speed_bps: float
    """0 when unknown."""
    in_octets: Count | None
    out_octets: Count | None
    in_errors: Count | None
    out_errors: Count | None
    discontinuity_ticks: int
    """The agent's uptime when this interface's counters last started anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceTable:
    """All rows at one time."""

    at_s: float
    uptime_ticks: int
    rows: tuple[Interface, ...]
    total_count: int


class _Columns:
    """Columns read so far, each with the instant it was read at."""

    def __init__(self, session: Session, rows_max: int) -> None:
        self._session, self._rows_max = session, rows_max
        self._now = asyncio.get_running_loop().time
        self._values: dict[str, dict[str, Value]] = {}
        self._at_s: dict[str, float] = {}

    async def read(self, *names: str) -> None:
        for name in names:
            self._values[name] = await self._session.column(name, self._rows_max)
            self._at_s[name] = self._now()

    def of(self, name: str) -> Mapping[str, Value]:
        return self._values.get(name, {})

    def count(self, name: str, index: str, *, is_wide: bool = False) -> Count | None:
        value = self.of(name).get(index)
        return Count(self._at_s[name], value, is_wide) if isinstance(value, int) else None


async def read_interfaces(session: Session) -> InterfaceTable:
    """Read every interface, at most INTERFACES_MAX. Raises ProbeFailure when the agent has none or breaks off."""
    system = await session.get([UPTIME, IF_NUMBER])
    at_s = asyncio.get_running_loop().time()
    # One row more than there are: the same answer then also says that the column has ended.
    session.repetitions_count = min(max(2, number(system.get(IF_NUMBER)) + 1), REPETITIONS_COUNT)
    columns = _Columns(session, INTERFACES_MAX)
    indexes = await _read_columns(columns)
    names = _unique_names(columns, indexes)
    rows = tuple(_row(columns, index, name) for index, name in zip(indexes, names, strict=True))
    total = max(number(system.get(IF_NUMBER)), len(rows)) if len(rows) == INTERFACES_MAX else len(rows)
    return InterfaceTable(at_s=at_s, uptime_ticks=number(system.get(UPTIME)), rows=rows, total_count=total)


async def _read_columns(columns: _Columns) -> tuple[str, ...]:
    await columns.read(_ADMIN, _OPER)
    indexes = tuple(index for index in columns.of(_ADMIN) if index.isdigit())
    if not indexes:
        raise ProbeFailure(
            FailureKind.MISMATCH, "the agent shows no interfaces (IF-MIB), or its access list hides them"
        )
    if not columns.of(_OPER):
        raise ProbeFailure(FailureKind.PROTOCOL, "the agent broke off in the middle of its table of interfaces")
    await columns.read(_HC_IN, _HC_OUT, _IN_ERRORS, _OUT_ERRORS, _DISCONTINUITY)
    if not columns.of(_HC_IN).keys() >= set(indexes):
        await columns.read(_IN_OCTETS, _OUT_OCTETS)
    await columns.read(_NAME, _ALIAS, _DESCR, _TYPE, _HIGH_SPEED)
    if not all(number(columns.of(_HIGH_SPEED).get(index)) for index in indexes):
        await columns.read(_SPEED)
    return indexes


def _unique_names(columns: _Columns, indexes: tuple[str, ...]) -> list[str]:
    """Return names; those that occur twice get their index behind them."""
    plain = [text(columns.of(_NAME).get(i)) or text(columns.of(_DESCR).get(i)) or i for i in indexes]
    uses = Counter(plain)
    return [name if uses[name] == 1 else f"{name}#{index}" for name, index in zip(plain, indexes, strict=True)]


def _row(columns: _Columns, index: str, name: str) -> Interface:
    return Interface(
        index=int(index),
        name=name,
        alias=text(columns.of(_ALIAS).get(index)),
        descr=text(columns.of(_DESCR).get(index)),
        kind=number(columns.of(_TYPE).get(index)),
        admin=ADMIN.get(number(columns.of(_ADMIN).get(index)), "unknown"),
        oper=OPER.get(number(columns.of(_OPER).get(index)), "unknown"),
        speed_bps=_speed_bps(columns, index),
        in_octets=_octets(columns, index, _HC_IN, _IN_OCTETS),
        out_octets=_octets(columns, index, _HC_OUT, _OUT_OCTETS),
        in_errors=columns.count(_IN_ERRORS, index),
        out_errors=columns.count(_OUT_ERRORS, index),
        discontinuity_ticks=number(columns.of(_DISCONTINUITY).get(index)),
    )


def _octets(columns: _Columns, index: str, wide: str, narrow: str) -> Count | None:
    return columns.count(wide, index, is_wide=True) or columns.count(narrow, index)


def _speed_bps(columns: _Columns, index: str) -> float:
    high = number(columns.of(_HIGH_SPEED).get(index))
    if high > 0:
        return high * 1e6
    low = number(columns.of(_SPEED).get(index))
    return float(low) if 0 < low < _SPEED_MAX else 0.0
