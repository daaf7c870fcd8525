"""One rule in words, and what it makes of given facts: which part was false, and because of what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bt_console.cli.documents import Document, instant
from bt_console.cli.policy_text import bilingual, number_of
from bt_console.cli.render import terminal_width, wrap
from bt_console.config.rules import Rulebook
from bt_console.words import tell
from policies.cel import Answer
from policies.engine import CompiledRule, Evidence, PartAnswer, RuleResult, dissect, evaluate
from policies.fact import FactValue, Value, WrongType
from policies.rule import Need, Rule
from probes.api import clean

SCHEMA = "bt-console/policies-explain/1"
_ANSWERS = {Answer.YES: True, Answer.NO: False, Answer.NONE: None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A rule, and what became of it where facts were given."""

    compiled: CompiledRule
    found: RuleResult | None = None
    applies: PartAnswer | None = None
    """None where the rule always applies, or nothing was asked."""
    parts: tuple[PartAnswer, ...] = ()


def explained(compiled: CompiledRule, facts: Mapping[str, FactValue] | None, now: datetime) -> Explained:
    """Return a rule asked of facts; without facts, the rule alone."""
    if facts is None:
        return Explained(compiled=compiled)
    try:
        applies, parts = dissect(compiled, facts, now)
    except WrongType:  # the result says so
        applies, parts = None, ()
    return Explained(compiled=compiled, found=evaluate(compiled, facts, now), applies=applies, parts=parts)


def document(one: Explained) -> Document:
    """Return the document of `policies explain --json`."""
    rule, found = one.compiled.rule, one.found
    return {
        "schema": SCHEMA,
        "rule": rule.id,
        **bilingual("title", rule.title),
        **bilingual("rationale", rule.rationale),
        **bilingual("remedy", rule.remedy),
        "severity": rule.severity,
        "result": found.result if found else None,
        "missing": list(found.missing) if found else [],
        "stale": list(found.stale) if found else [],
        "detail": found.detail if found else "",
        "applies": _part(one.applies) if one.applies else None,
        "parts": [_part(part) for part in one.parts],
        "evidence": [_piece(piece) for piece in found.evidence] if found else [],
    }


def _part(part: PartAnswer) -> Document:
    return {"text": part.text, "is_true": _ANSWERS[part.answer], "culprits": list(part.culprits)}


def _piece(piece: Evidence) -> Document:
    return {"fact": piece.fact, "value": _plain(piece.value), "at": instant(piece.at), "by": piece.by or None}


def _plain(value: Value) -> object:
    if isinstance(value, tuple):
        return [_plain(element) for element in value]
    return instant(value) if isinstance(value, datetime) else value


def lines(one: Explained, book: Rulebook, language: str) -> list[str]:
    """Return a rule and its result as text."""
    rule, found = one.compiled.rule, one.found
    severity = tell(language, f"policy.severity.{rule.severity}")
    head = f"{rule.id}  {rule.title.of(language)} ({severity})"
    if found is None:
        return [head, *_described(rule, one.compiled, book, language)]
    result = tell(language, f"policy.result.{found.result}")
    return [f"{result}  {head}", *_told(one, found, language), *_advice(rule, book, language)]


def _described(rule: Rule, compiled: CompiledRule, book: Rulebook, language: str) -> list[str]:
    needs = [_need_text(need, compiled, language) for need in rule.needs]
    return [
        *_block("why", [rule.rationale.of(language)], language),
        *_block("scope", [", ".join(rule.scope)], language),
        *_block("applies", [rule.applies], language),
        *_block("pass", [rule.passes], language),
        *_block("needs", needs, language),
        *_advice(rule, book, language),
    ]


def _need_text(need: Need, compiled: CompiledRule, language: str) -> str:
    type_ = next(wanted.fact_type for wanted in compiled.plan.wanted if wanted.name == need.fact)
    if need.max_age_s is None:
        return tell(language, "cli.policies.ageless", fact=need.fact, type=type_)
    return tell(language, "cli.policies.max_age", fact=need.fact, type=type_, age=_span(need.max_age_s))


def _span(seconds: float) -> str:
    for unit, length_s in (("d", 86400.0), ("h", 3600.0), ("m", 60.0)):
        if seconds >= length_s and seconds % length_s == 0:
            return f"{seconds / length_s:g}{unit}"
    return f"{seconds:g}s"


def _told(one: Explained, found: RuleResult, language: str) -> list[str]:
    return [
        *_block("applies", [_part_text(one.applies, language)] if one.applies else [], language),
        *_block("parts", [_part_text(part, language) for part in one.parts], language),
        *_block("missing", list(found.missing), language),
        *_block("stale", list(found.stale), language),
        *_block("detail", [found.detail], language),
        *_block("evidence", [_evidence_text(piece, language) for piece in found.evidence], language),
    ]


def _part_text(part: PartAnswer, language: str) -> str:
    answer = tell(language, f"cli.policies.answer.{part.answer.value}")
    text = f"{answer}: {part.text}"
    if not part.culprits:
        return text
    elements = clean("; ".join(part.culprits))
    return f"{text}, {tell(language, 'cli.policies.culprits', elements=elements)}"


def _evidence_text(piece: Evidence, language: str) -> str:
    code = "cli.policies.told_by" if piece.by else "cli.policies.told"
    return tell(
        language, code, fact=piece.fact, value=clean(_written(piece.value)), at=instant(piece.at), by=clean(piece.by)
    )


def _written(value: Value) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    return str(instant(value)) if isinstance(value, datetime) else str(value)


def _advice(rule: Rule, book: Rulebook, language: str) -> list[str]:
    basis = [
        f"{number_of(legal, book)}, {legal.at} ({tell(language, f'policy.trust.{legal.trust}')})"
        for legal in rule.legal
    ]
    return [*_block("remedy", [rule.remedy.of(language)], language), *_block("legal", basis, language)]


def _block(name: str, texts: list[str], language: str) -> list[str]:
    """Return paragraphs under a heading; nothing where there is nothing to say."""
    shown = [text for text in texts if text]
    if not shown:
        return []
    wrapped = [line for text in shown for line in wrap(text, terminal_width(), "    ")]
    return [f"  {tell(language, f'cli.policies.head.{name}')}", *wrapped]
