"""Asks a rule of one subject: five results, the evidence, and which part was false. Pure: `now` comes in.

Missing or stale is never PASS: three-valued logic may find FAIL without a fact, but PASS needs every fact a rule names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from policies.cel import NOW, ROWS, Answer, ExpressionError, Language, Listing, Question, VariableType
from policies.fact import FactDeclaration, Facts, FactType, Value, WrongType
from policies.known import Known, Plan, Values, gather, plan
from policies.rule import Result, Rule
from policies.split import conjuncts, culprits

CULPRITS_SHOWN = 20


class Evidence(NamedTuple):
    """One fact a result stands on. A tuple: a district's sweep makes forty thousand of them."""

    fact: str
    value: Value
    seq: int | None
    at: datetime
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartAnswer:
    """One part of an expression that must be true, and what it came to."""

    text: str
    answer: Answer
    culprits: tuple[str, ...] = ()
    """The elements that make it false, where it is about the elements of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What came of asking one rule of one subject."""

    rule_id: str
    result: Result
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()
    """Facts nobody told."""
    stale: tuple[str, ...] = ()
    """Facts learnt too long ago."""
    detail: str = ""
    """What is wrong, when the result is ERROR."""
    false_part: PartAnswer | None = None
    """The first part of the expression that is false, when the result is FAIL."""
    valid_until: datetime | None = None
    """When it must be asked again although nothing changed; None: not before something does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One conjunct of an expression."""

    text: str
    question: Question
    culprits: Listing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """A rule ready to be asked."""

    rule: Rule
    plan: Plan
    passes: Question
    applies: Question | None
    parts: tuple[Part, ...]


class RuleError(Exception):
    """A rule whose expressions cannot be compiled; `field` says which (`pass` or `applies`)."""

    def __init__(self, field: str, error: ExpressionError) -> None:
        super().__init__(f"{field}: {error}")
        self.field = field
        self.error = error


def compile_rule(rule: Rule, declarations: Mapping[str, FactDeclaration], language: Language) -> CompiledRule:
    """Return a rule ready to be asked. Raises RuleError. Every fact it needs must be declared."""
    types = {need.fact: declarations[need.fact].type for need in rule.needs}
    variables: dict[str, VariableType] = {**types, **{table.name: ROWS for table in rule.tables}}
    passes, dated = _question("pass", rule.passes, variables, language)
    applies, dated_too = _question("applies", rule.applies, variables, language) if rule.applies else (None, False)
    variables[NOW] = FactType.TIMESTAMP
    return CompiledRule(
        rule=rule,
        plan=plan(rule, declarations, knows_time=dated or dated_too),
        passes=passes,
        applies=applies,
        parts=_parts(rule.passes, passes, variables, language),
    )


def _question(
    field: str, text: str, variables: Mapping[str, VariableType], language: Language
) -> tuple[Question, bool]:
    """Return an expression, and whether it asks for the present instant: whether it compiles only with it."""
    try:
        return language.question(text, variables), False
    except ExpressionError:
        pass
    try:
        return language.question(text, {**variables, NOW: FactType.TIMESTAMP}), True
    except ExpressionError as error:
        raise RuleError(field, error) from error


def _parts(
    whole: str, question: Question, variables: Mapping[str, VariableType], language: Language
) -> tuple[Part, ...]:
    """Return the parts of an expression; the whole as one where a part does not stand alone."""
    texts = conjuncts(whole)
    try:
        questions = [language.question(text, variables) for text in texts] if len(texts) > 1 else [question]
    except ExpressionError:
        texts, questions = (whole,), [question]
    return tuple(
        Part(text=text, question=one, culprits=_listing(text, variables, language))
        for text, one in zip(texts, questions, strict=True)
    )


def _listing(text: str, variables: Mapping[str, VariableType], language: Language) -> Listing | None:
    """Return the expression of a part's culprits; None where it has none, such as `size(name) == 0` of a text."""
    listing = culprits(text)
    try:
        return language.listing(listing, variables) if listing else None
    except ExpressionError:
        return None


def evaluate(compiled: CompiledRule, facts: Facts, now: datetime) -> RuleResult:
    """Return what becomes of a rule on a subject of which these facts are known."""
    rule = compiled.rule
    try:
        known = gather(compiled.plan, facts, now)
    except WrongType as error:
        return RuleResult(rule_id=rule.id, result=Result.ERROR, detail=str(error), evidence=_evidence(rule, facts))
    if compiled.applies is not None:
        answer, detail = compiled.applies.ask(known.values)
        if answer is Answer.NO:
            return RuleResult(
                rule_id=rule.id,
                result=Result.NOT_APPLICABLE,
                evidence=_evidence(rule, facts),
                valid_until=known.valid_until,
            )
        if answer is Answer.NONE:
            # Whether the rule applies is not known: no ground for FAIL, whatever the rule makes of missing facts.
            return _undecided(compiled, facts, known, detail, Result.UNKNOWN)
    answer, detail = compiled.passes.ask(known.values)
    if answer is Answer.NO:
        return _failed(compiled, facts, known)
    if answer is Answer.NONE or known.missing or known.stale:
        return _undecided(compiled, facts, known, detail, Result(rule.on_missing.value))
    return RuleResult(
        rule_id=rule.id, result=Result.PASS, evidence=_evidence(rule, facts), valid_until=known.valid_until
    )


def _undecided(compiled: CompiledRule, facts: Facts, known: Known, detail: str, on_gap: Result) -> RuleResult:
    """Return what a gap in the facts makes of a rule; ERROR where there is no gap, and something went wrong."""
    has_gap = bool(known.missing or known.stale)
    return RuleResult(
        rule_id=compiled.rule.id,
        result=on_gap if has_gap else Result.ERROR,
        evidence=_evidence(compiled.rule, facts),
        missing=known.missing,
        stale=known.stale,
        detail="" if has_gap else detail,
        valid_until=known.valid_until,
    )


def _failed(compiled: CompiledRule, facts: Facts, known: Known) -> RuleResult:
    answers = (_answered(part, known.values) for part in compiled.parts)
    false = next((found for found in answers if found.answer is Answer.NO), None)
    return RuleResult(
        rule_id=compiled.rule.id,
        result=Result.FAIL,
        evidence=_evidence(compiled.rule, facts),
        missing=known.missing,
        stale=known.stale,
        false_part=false,
        valid_until=known.valid_until,
    )


def dissect(compiled: CompiledRule, facts: Facts, now: datetime) -> tuple[PartAnswer | None, tuple[PartAnswer, ...]]:
    """Return whether a rule applies (None: always), and every part of its expression. Raises WrongType."""
    values = gather(compiled.plan, facts, now).values
    parts = tuple(_answered(part, values) for part in compiled.parts)
    if compiled.applies is None:
        return None, parts
    return PartAnswer(text=compiled.rule.applies, answer=compiled.applies.ask(values)[0]), parts


def _answered(part: Part, values: Values) -> PartAnswer:
    answer = part.question.ask(values)[0]
    found = (part.culprits.items(values) if part.culprits and answer is Answer.NO else None) or ()
    return PartAnswer(text=part.text, answer=answer, culprits=tuple(_text(one) for one in found[:CULPRITS_SHOWN]))


def _text(element: object) -> str:
    if isinstance(element, Mapping):
        return ", ".join(f"{name}={value}" for name, value in sorted(element.items()))
    return str(element)


def _evidence(rule: Rule, facts: Facts) -> tuple[Evidence, ...]:
    told = [(name, facts.get(name)) for name in rule.evidence]
    return tuple([Evidence(name, found.value, found.seq, found.at, found.by) for name, found in told if found])


def needed_by(rules: Iterable[CompiledRule]) -> dict[str, tuple[CompiledRule, ...]]:
    """Return which rules need a fact."""
    found: dict[str, list[CompiledRule]] = {}
    for compiled in rules:
        for need in compiled.rule.needs:
            found.setdefault(need.fact, []).append(compiled)
    return {name: tuple(users) for name, users in found.items()}
