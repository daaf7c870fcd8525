"""What a rule may use of a subject's facts: neither missing nor stale, of the right type, as expressions take them.

The district's 25,000 answers go through here, so the usual value is recognised without a call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from policies.cel import NOW
from policies.fact import INT_LIMIT, FactDeclaration, Facts, FactType, Value, WrongType, read_value
from policies.rule import Rule, Table

REVIEW_S = 3600.0
"""A rule that asks what time it is, is asked again this often although no fact changed."""

Values = dict[str, Any]


class Wanted(NamedTuple):
    """One fact of a plan."""

    name: str
    fact_type: FactType
    usual: type | None
    """What Python calls a value that can be taken as it is, or the elements of a list of such."""
    max_age: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a rule's facts are gathered."""

    wanted: tuple[Wanted, ...]
    tables: tuple[Table, ...]
    review: timedelta | None
    """When a result must be looked at again for the time alone; None: the rule does not ask for it."""


class Known(NamedTuple):
    """What may be used, what is missing, what is stale, and until when this stays so."""

    values: Values
    missing: tuple[str, ...]
    stale: tuple[str, ...]
    valid_until: datetime | None


_USUAL: Mapping[FactType, type] = {
    FactType.BOOL: bool,
    FactType.INT: int,
    FactType.DOUBLE: float,
    FactType.STRING: str,
    FactType.BOOLS: bool,
    FactType.INTS: int,
    FactType.DOUBLES: float,
    FactType.STRINGS: str,
}


def plan(rule: Rule, declarations: Mapping[str, FactDeclaration], *, knows_time: bool) -> Plan:
    """Return how the facts of a rule are gathered."""
    wanted = []
    for need in rule.needs:
        type_ = declarations[need.fact].type
        max_age = None if need.max_age_s is None else timedelta(seconds=need.max_age_s)
        wanted.append(Wanted(need.fact, type_, _USUAL.get(type_), max_age))
    review = timedelta(seconds=REVIEW_S) if knows_time else None
    return Plan(wanted=tuple(wanted), tables=rule.tables, review=review)


def gather(plan: Plan, facts: Facts, now: datetime) -> Known:
    """Return what a rule may use of the facts. Raises WrongType."""
    values: Values = {}
    missing: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    until = None if plan.review is None else now + plan.review
    for name, type_, usual, max_age in plan.wanted:
        found = facts.get(name)
        if found is None:
            missing += (name,)
            continue
        if max_age is not None:
            ends = found.at + max_age
            if ends < now:
                stale += (name,)
                continue
            if until is None or ends < until:
                until = ends
        value = found.value
        values[name] = value if type(value) is usual and usual is not int else _usable(name, type_, usual, value)
    if plan.review is not None:
        values[NOW] = now
    for table in plan.tables:
        _add_rows(table, values)
    return Known(values, missing, stale, until)


def _usable(name: str, type_: FactType, usual: type | None, value: Value) -> Any:
    """Return a value as the expression library takes it. Raises WrongType."""
    if type(value) is tuple and usual is not None and type_.value.startswith("list"):
        kinds = set(map(type, value))
        if not kinds or (kinds == {usual} and (usual is not int or _fits(value))):
            return list(value)
    try:
        read = read_value(type_, value)
    except WrongType as error:
        raise WrongType(f"{name}: {error}") from error
    return list(read) if isinstance(read, tuple) else read


def _fits(numbers: tuple[Any, ...]) -> bool:
    return bool(min(numbers) >= -INT_LIMIT and max(numbers) < INT_LIMIT)


def _add_rows(table: Table, values: Values) -> None:
    """Add the rows of a table, unless one of its columns is not known. Raises WrongType."""
    columns = [values[name] for name in table.columns if name in values]
    if len(columns) < len(table.columns):
        return
    if len({len(column) for column in columns}) > 1:
        raise WrongType(f"{', '.join(table.columns)} are columns of different length")
    keys = [name.partition(".")[2] for name in table.columns]
    values[table.name] = [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]
