"""What a rule is: the question, what it needs to know, whom it asks, and cases that prove it.

Source: the five results follow XCCDF 1.2 (NIST IR 7275 rev. 4, table 26), without `notchecked` and `informational`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from policies.fact import Value


class Result(StrEnum):
    """What became of one rule on one subject. A waiver lies over it and changes nothing here."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"
    """Something needed is not known, or was learnt too long ago. Never a pass."""
    ERROR = "error"
    """The rule itself could not be reckoned; says nothing about the subject."""
    NOT_APPLICABLE = "not_applicable"


class Severity(StrEnum):
    """How bad a breach is."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def weight(self) -> int:
        """Return what a rule of this severity weighs in a score."""
        return _WEIGHTS[self]


_WEIGHTS = {Severity.CRITICAL: 10, Severity.HIGH: 5, Severity.MEDIUM: 2, Severity.LOW: 1}


class Trust(StrEnum):
    """How a citation was checked. Reports print what was not read as such."""

    TEXT = "text"
    """The text of the document was read."""
    SUMMARY = "summary"
    """Somebody's summary was read, not the document."""
    UNVERIFIED = "unverified"


class OnMissing(StrEnum):
    """What a rule makes of a fact that is missing or too old. There is no `pass`."""

    UNKNOWN = "unknown"
    FAIL = "fail"


SUBJECTS = (
    *("unit", "hub", "uplink", "anchor", "core", "tslcd", "internet", "lan", "device", "dns", "service"),
)  # fmt: skip
"""What a rule may be asked of: a unit as a whole, or each target of a role."""
UNIT = "unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text for people, in both languages."""

    vi: str
    en: str

    def of(self, language: str) -> str:
        """Return the text in a language."""
        return self.vi if language == "vi" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Legal:
    """Where a document asks for what the rule checks."""

    document: str
    """Key of a document that a pack describes."""
    at: str
    """Article or clause, as the document numbers it."""
    trust: Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A fact a rule needs, and how old it may be."""

    fact: str
    max_age_s: float | None
    """None: it does not age, such as what the configuration says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns of equal length seen as rows: expressions say `row.<last part of the column's name>`."""

    name: str
    columns: tuple[str, ...]
    """Names of facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How long something must go on before it counts: rounds in a row, or a time."""

    rounds_count: int = 1
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Keeps findings from flapping."""

    fail_after: Delay = Delay()
    clear_after: Delay = Delay()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An example with the answer it must give."""

    facts: Mapping[str, Value]
    want: Result
    ages_s: Mapping[str, float] = field(default_factory=dict)
    """How long ago a fact was learnt; 0 where nothing is said."""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One question about one kind of subject."""

    id: str
    revision: int
    title: Text
    rationale: Text
    remedy: Text
    severity: Severity
    scope: tuple[str, ...]
    """Of SUBJECTS: the rule is asked of each of these."""
    needs: tuple[Need, ...]
    passes: str
    """CEL: true means PASS, false FAIL."""
    applies: str = ""
    """CEL: false means NOT_APPLICABLE; empty: always applies."""
    tables: tuple[Table, ...] = ()
    on_missing: OnMissing = OnMissing.UNKNOWN
    hold: Hold = Hold()
    evidence: tuple[str, ...] = ()
    """Facts a report shows; all of `needs` where the file says nothing."""
    legal: tuple[Legal, ...] = ()
    cases: tuple[Case, ...] = ()
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalDocument:
    """A law, circular or standard a pack stands on."""

    key: str
    number: str
    """As it is cited: `06/2026/TT-BKHCN`."""
    title: Text
    trust: Trust
    """How its being in force was checked."""
    starts: date | None = None
    ends: date | None = None
    """Last day in force; None: still in force, or not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """Which rules a body of law, or good sense, asks for, and when it is in force."""

    id: str
    title: Text
    about: Text
    rules: tuple[str, ...]
    starts: date | None = None
    ends: date | None = None
    """Last day; None with `starts` None: always."""
    documents: Mapping[str, LegalDocument] = field(default_factory=dict)
    file: str = ""

    def is_in_force(self, day: date) -> bool:
        """Return whether the pack holds on a day."""
        return (self.starts is None or self.starts <= day) and (self.ends is None or day <= self.ends)

    def basis(self, rule: Rule) -> tuple[Legal, ...]:
        """Return where this pack's documents ask for a rule."""
        return tuple(legal for legal in rule.legal if legal.document in self.documents)
