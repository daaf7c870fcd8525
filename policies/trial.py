"""Tries a rule on its own cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from policies.engine import CompiledRule, RuleResult, evaluate
from policies.fact import FactValue
from policies.rule import Case

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
"""The present instant of every case: 08:00 in Vietnam."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A case, and what came of it."""

    case: Case
    found: RuleResult

    @property
    def is_as_wanted(self) -> bool:
        """Return whether the rule did what its case wants."""
        return self.found.result is self.case.want


def try_case(compiled: CompiledRule, case: Case) -> Trial:
    """Return what a rule makes of a case."""
    facts = {
        name: FactValue(value=value, at=NOW - timedelta(seconds=case.ages_s.get(name, 0.0)))
        for name, value in case.facts.items()
    }
    return Trial(case=case, found=evaluate(compiled, facts, NOW))


def try_rule(compiled: CompiledRule) -> tuple[Trial, ...]:
    """Return what a rule makes of all its cases."""
    return tuple(try_case(compiled, case) for case in compiled.rule.cases)
