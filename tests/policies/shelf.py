"""The rules that come along, loaded once, and rules made up for a test."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from bt_console.config.rules import Rulebook, load_rulebook
from policies.cel import TypedCel
from policies.engine import CompiledRule, compile_rule
from policies.fact import FactDeclaration, FactType, FactValue, Source, Value
from policies.rule import Need, Rule, Severity, Text

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
WORDS = Text(vi="Một quy tắc", en="A rule")
TYPES = {
    "a.flag": FactType.BOOL,
    "b.flag": FactType.BOOL,
    "a.count": FactType.INT,
    "a.share": FactType.DOUBLE,
    "a.name": FactType.STRING,
    "a.at": FactType.TIMESTAMP,
    "a.ports": FactType.INTS,
    "a.names": FactType.STRINGS,
    "a.shares": FactType.DOUBLES,
    "a.any": FactType.LIST,
}
DECLARED = {name: FactDeclaration(name=name, type=type_, source=Source.PROBE) for name, type_ in TYPES.items()}


@cache
def builtin() -> Rulebook:
    """Return the rules that come along."""
    return load_rulebook()


def rule(passes: str, *needs: str, **changes: Any) -> Rule:
    """Return a rule that asks something of facts, each good for a minute."""
    whole: dict[str, Any] = {
        "id": "TS-ONE-01",
        "revision": 1,
        "title": WORDS,
        "rationale": WORDS,
        "remedy": WORDS,
        "severity": Severity.HIGH,
        "scope": ("device",),
        "needs": tuple(Need(fact=name, max_age_s=60.0) for name in needs),
        "passes": passes,
        "evidence": needs,
    }
    return Rule(**(whole | changes))


def compiled(passes: str, *needs: str, **changes: Any) -> CompiledRule:
    """Return such a rule ready to be asked."""
    return compile_rule(rule(passes, *needs, **changes), DECLARED, TypedCel())


def known(age_s: float = 0.0, **values: Value) -> dict[str, FactValue]:
    """Return facts learnt some time ago; `a__flag` stands for `a.flag`."""
    at = NOW - timedelta(seconds=age_s)
    return {name.replace("__", "."): FactValue(value=value, at=at, seq=7) for name, value in values.items()}


def values_of(facts: Mapping[str, FactValue]) -> dict[str, Value]:
    """Return the bare values."""
    return {name: found.value for name, found in facts.items()}
