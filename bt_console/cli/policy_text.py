"""Security rules, packs and the cases of rules, as text and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from bt_console.cli.documents import Document
from bt_console.cli.render import Column, table, terminal_width, wrap
from bt_console.config.rules import BUILTIN, Rulebook
from bt_console.words import tell
from policies.engine import CompiledRule, RuleResult
from policies.rule import Delay, Legal, Pack, Rule, Severity, Text
from policies.trial import Trial

LIST_SCHEMA = "bt-console/policies/1"
TEST_SCHEMA = "bt-console/policies-test/1"

Tried = tuple[str, Rule, tuple[Trial, ...]]
"""A file, its rule, and what came of its cases."""


def list_document(book: Rulebook, chosen: Sequence[CompiledRule], day: date) -> Document:
    """Return the document of `policies --json`."""
    return {
        "schema": LIST_SCHEMA,
        "as_of": day.isoformat(),
        "rules": [_rule(compiled, book) for compiled in chosen],
        "packs": [_pack(pack, day) for _, pack in sorted(book.packs.items())],
    }


def bilingual(name: str, text: Text) -> Document:
    """Return a text under its name and, in Vietnamese, under that with `_vi`."""
    return {name: text.en, f"{name}_vi": text.vi}


def _rule(compiled: CompiledRule, book: Rulebook) -> Document:
    """Return one rule."""
    rule = compiled.rule
    return {
        "id": rule.id,
        "rev": rule.revision,
        **bilingual("title", rule.title),
        **bilingual("rationale", rule.rationale),
        **bilingual("remedy", rule.remedy),
        "severity": rule.severity,
        "weight": rule.severity.weight,
        "scope": list(rule.scope),
        "applies": rule.applies or None,
        "pass": rule.passes,
        "needs": [_need(name, age, book) for name, age in _ages(rule)],
        "tables": {one.name: list(one.columns) for one in rule.tables},
        "on_missing": rule.on_missing,
        "hold": _delay("fail_after", rule.hold.fail_after) | _delay("clear_after", rule.hold.clear_after),
        "evidence": list(rule.evidence),
        "legal": [_legal(legal, book) for legal in rule.legal],
        "packs": packs_of(rule, book),
        "cases_count": len(rule.cases),
        "is_own": not rule.file.startswith(f"{BUILTIN}/"),
    }


def _ages(rule: Rule) -> list[tuple[str, float | None]]:
    return [(need.fact, need.max_age_s) for need in rule.needs]


def _need(name: str, max_age_s: float | None, book: Rulebook) -> Document:
    declaration = book.declarations[name]
    return {"fact": name, "type": declaration.type, "source": declaration.source, "max_age_s": max_age_s}


def _delay(name: str, delay: Delay) -> Document:
    return {f"{name}_rounds_count": delay.rounds_count, f"{name}_s": delay.duration_s}


def _legal(legal: Legal, book: Rulebook) -> Document:
    return {"document": legal.document, "number": number_of(legal, book), "at": legal.at, "trust": legal.trust}


def number_of(legal: Legal, book: Rulebook) -> str:
    """Return how the document of a citation is called."""
    packs = book.packs.values()
    return next(pack.documents[legal.document].number for pack in packs if legal.document in pack.documents)


def packs_of(rule: Rule, book: Rulebook) -> list[str]:
    """Return the packs that ask for a rule."""
    return sorted(pack.id for pack in book.packs.values() if rule.id in pack.rules)


def _pack(pack: Pack, day: date) -> Document:
    return {
        "id": pack.id,
        **bilingual("title", pack.title),
        **bilingual("about", pack.about),
        **_span(pack.starts, pack.ends),
        "is_in_force": pack.is_in_force(day),
        "rules": list(pack.rules),
        "documents": [
            {
                "key": document.key,
                "number": document.number,
                **bilingual("title", document.title),
                "trust": document.trust,
                **_span(document.starts, document.ends),
            }
            for document in pack.documents.values()
        ],
    }


def _span(starts: date | None, ends: date | None) -> Document:
    return {"from": starts.isoformat() if starts else None, "until": ends.isoformat() if ends else None}


def list_lines(book: Rulebook, chosen: Sequence[CompiledRule], day: date, language: str) -> list[str]:
    """Return rules as a table, the gravest first, and the packs in force below it."""
    ranked = sorted(chosen, key=lambda compiled: (-compiled.rule.severity.weight, compiled.rule.id))
    names = ("rule", "severity", "title", "scope")
    columns = [
        Column(title=tell(language, f"cli.column.{name}"), is_flexible=name in ("title", "scope")) for name in names
    ]
    rows = [_row(compiled.rule, language) for compiled in ranked]
    counts = Counter(compiled.rule.severity for compiled in chosen)
    listed = ", ".join(f"{counts[one]} {tell(language, f'policy.severity.{one}')}" for one in Severity if counts[one])
    in_force = [pack for _, pack in sorted(book.packs.items()) if pack.is_in_force(day)]
    return [
        *table(columns, rows, terminal_width()),
        "",
        tell(language, "cli.policies.counts", count=len(chosen), severities=listed),
        *(line for pack in in_force for line in wrap(_pack_text(pack, language), terminal_width())),
    ]


def _row(rule: Rule, language: str) -> tuple[str, ...]:
    severity = tell(language, f"policy.severity.{rule.severity}")
    return rule.id, severity, rule.title.of(language), ", ".join(rule.scope)


def _pack_text(pack: Pack, language: str) -> str:
    return tell(
        language,
        "cli.policies.pack",
        id=pack.id,
        count=len(pack.rules),
        period=period(pack, language),
        title=pack.title.of(language),
    )


def period(pack: Pack, language: str) -> str:
    """Return when a pack is in force."""
    if pack.starts is None:
        return tell(language, "cli.policies.period.always")
    code = "cli.policies.period.between" if pack.ends else "cli.policies.period.since"
    return tell(language, code, starts=f"{pack.starts:%d/%m/%Y}", ends=f"{pack.ends:%d/%m/%Y}" if pack.ends else "")


def test_document(tried: Sequence[Tried]) -> Document:
    """Return the document of `policies test --json`."""
    return {
        "schema": TEST_SCHEMA,
        "is_right": all(one.is_as_wanted for *_, trials in tried for one in trials),
        "files": [
            {"file": file, "rule": rule.id, "cases": [_case(one) for one in trials]} for file, rule, trials in tried
        ],
    }


def _case(trial: Trial) -> Document:
    found = trial.found
    return {
        "line": trial.case.line,
        "want": trial.case.want,
        "found": found.result,
        "missing": list(found.missing),
        "stale": list(found.stale),
        "detail": found.detail,
        "false_part": found.false_part.text if found.false_part else None,
    }


def test_lines(tried: Sequence[Tried], language: str) -> list[str]:
    """Return one line a file whose cases are right, and one for each case that is not."""
    lines = []
    for file, rule, trials in tried:
        wrong = [one for one in trials if not one.is_as_wanted]
        lines += [_wrong(file, one, language) for one in wrong]
        if not wrong:
            lines.append(tell(language, "cli.policies.tested", file=file, rule=rule.id, count=len(trials)))
    return lines


def _wrong(file: str, trial: Trial, language: str) -> str:
    why = reason(trial.found, language)
    return tell(
        language,
        "cli.policies.case",
        file=file,
        line=trial.case.line,
        want=tell(language, f"policy.result.{trial.case.want}"),
        found=tell(language, f"policy.result.{trial.found.result}"),
        why=f" ({why})" if why else "",
    )


def reason(found: RuleResult, language: str) -> str:
    """Return why a result is what it is, on one line; nothing for PASS."""
    parts = [found.detail] if found.detail else []
    if found.missing:
        parts.append(tell(language, "cli.policies.missing", facts=", ".join(found.missing)))
    if found.stale:
        parts.append(tell(language, "cli.policies.stale", facts=", ".join(found.stale)))
    if found.false_part:
        parts.append(tell(language, "cli.policies.false", part=found.false_part.text))
    return "; ".join(parts)
