"""Which rules are asked of which subject, all of them or only those whose facts changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from policies.engine import CompiledRule, RuleResult, evaluate, needed_by
from policies.fact import Facts
from policies.rule import Result

Results = Mapping[str, RuleResult]
"""By rule id."""

_SETTLED = frozenset({Result.PASS, Result.FAIL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoped:
    """The rules asked of one kind of subject, and which of them need a fact."""

    rules: tuple[CompiledRule, ...]
    users: Mapping[str, tuple[CompiledRule, ...]] = field(default_factory=dict)


def scoped(rules: Iterable[CompiledRule]) -> dict[str, Scoped]:
    """Return rules by kind of subject."""
    found: dict[str, list[CompiledRule]] = {}
    for compiled in rules:
        for subject in compiled.rule.scope:
            found.setdefault(subject, []).append(compiled)
    return {kind: Scoped(rules=tuple(of_kind), users=needed_by(of_kind)) for kind, of_kind in found.items()}


def evaluate_all(scope: Scoped, facts: Facts, now: datetime) -> dict[str, RuleResult]:
    """Return the result of every rule on one subject."""
    return {compiled.rule.id: evaluate(compiled, facts, now) for compiled in scope.rules}


def evaluate_changed(
    scope: Scoped, results: Results, before: Facts, after: Facts, now: datetime
) -> dict[str, RuleResult]:
    """Return the results after some facts changed; rules that need none of them keep theirs.

    A fact learnt again with the same value changes no settled result, only how long it stays valid: that is looked at
    when its time has come.
    """
    found = dict(results)
    for compiled in _touched(scope, before, after):
        previous = found.get(compiled.rule.id)
        if previous is None or not _is_settled(previous) or _differs(compiled, before, after):
            found[compiled.rule.id] = evaluate(compiled, after, now)
    for compiled in scope.rules:
        known = found.get(compiled.rule.id)
        if known is None or _is_over(known, now):
            found[compiled.rule.id] = evaluate(compiled, after, now)
    return found


def _is_settled(known: RuleResult) -> bool:
    """Return whether a result was found with every fact in hand, so that hearing one again cannot change it."""
    return known.result in _SETTLED and not known.missing and not known.stale


def _is_over(known: RuleResult, now: datetime) -> bool:
    """Return whether a result must be looked at again; errors are few, and go when their facts grow stale."""
    return known.result is Result.ERROR or (known.valid_until is not None and known.valid_until < now)


def _touched(scope: Scoped, before: Facts, after: Facts) -> Iterable[CompiledRule]:
    """Return the rules that need a fact learnt anew or no longer known."""
    if before is after:
        return ()
    changed = [name for name, found in after.items() if before.get(name) is not found]
    changed += [name for name in before if name not in after]
    return {compiled.rule.id: compiled for name in changed for compiled in scope.users.get(name, ())}.values()


def _differs(compiled: CompiledRule, before: Facts, after: Facts) -> bool:
    for need in compiled.rule.needs:
        old, new = before.get(need.fact), after.get(need.fact)
        if old is new:
            continue
        if old is None or new is None or old.value != new.value or type(old.value) is not type(new.value):
            return True
    return False
