"""From a loaded file to a rule; every mistake of it with its line and column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.cel import NOW
from policies.fact import RESERVED, FactDeclaration, FactType, Source, Value, WrongType, read_value
from policies.reader import Loc, Reader, near
from policies.rule import (
    SUBJECTS,
    UNIT,
    Case,
    Hold,
    Legal,
    Need,
    OnMissing,
    Result,
    Rule,
    Severity,
    Table,
    Text,
    Trust,
)

SCHEMA = "bt-rule/1"
AGELESS = "ageless"
ID = re.compile(r"[A-Z]{2,8}(?:-[A-Z0-9]{2,8}){1,3}")
_TABLE_NAME = re.compile(r"[a-z][a-z0-9_]*")
_REQUIRED = ("schema", "id", "rev", "title", "rationale", "remedy", "severity", "scope", "needs", "pass", "cases")
_OPTIONAL = ("applies", "tables", "on_missing", "hold", "evidence", "legal")

Declarations = Mapping[str, FactDeclaration]


def read_rule(reader: Reader, declarations: Declarations, documents: frozenset[str]) -> Rule | None:
    """Return the rule a file holds; None when the reader has problems with it.

    `documents` are the keys legal references may use.
    """
    before = len(reader.problems)
    data = reader.section((), _REQUIRED, _OPTIONAL)
    if data is None or not data.keys() >= set(_REQUIRED):
        return None
    rule = _RuleReader(reader=reader, data=data, declarations=declarations, documents=documents).read()
    return rule if len(reader.problems) == before else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _RuleReader:
    """Reads the sections of one rule in the order in which they need each other."""

    reader: Reader
    data: Mapping[str, Any]
    declarations: Declarations
    documents: frozenset[str]
    types: dict[str, FactType] = field(default_factory=dict)

    def read(self) -> Rule:
        self._schema()
        scope = self._scope()
        needs = self._needs(scope)
        tables = self._tables()
        on_missing = self._on_missing()
        cases = self._cases(on_missing)
        severity = self.reader.choice(("severity",), Severity)
        return Rule(
            id=self._id(),
            revision=self.reader.whole(("rev",), 1, 10_000) or 1,
            title=self._words("title"),
            rationale=self._words("rationale"),
            remedy=self._words("remedy"),
            severity=severity or Severity.LOW,
            scope=scope,
            needs=needs,
            passes=self.reader.text(("pass",)),
            applies=self.reader.text(("applies",)) if "applies" in self.data else "",
            tables=tables,
            on_missing=on_missing,
            hold=self._hold(),
            evidence=self._evidence(),
            legal=self._legal(),
            cases=cases,
            file=self.reader.source.file,
        )

    def _schema(self) -> None:
        if self.data["schema"] != SCHEMA:
            self.reader.report(("schema",), f"must be {SCHEMA}", "write the form this program reads")

    def _id(self) -> str:
        found = self.reader.text(("id",), 40)
        stem = self.reader.source.file.replace("\\", "/").rpartition("/")[2].removesuffix(".yaml")
        if found and not ID.fullmatch(found):
            self.reader.report(("id",), f"`{found}` is not an id", "write capitals and digits, such as BT-SVC-01")
        elif found and found != stem:
            self.reader.report(("id",), f"`{found}` is not the name of its file", f"call the file {found}.yaml")
        return found

    def _words(self, name: str) -> Text:
        return self.reader.words((name,)) or Text(vi="", en="")

    def _scope(self) -> tuple[str, ...]:
        found = []
        for loc in self.reader.entries(("scope",), least=1, most=len(SUBJECTS)):
            subject = self.reader.value(loc)
            if subject not in SUBJECTS:
                self.reader.report(loc, f"`{subject}` is no kind of subject", near(str(subject), SUBJECTS))
            elif subject in found:
                self.reader.report(loc, f"`{subject}` is written twice", "keep one")
            else:
                found.append(subject)
        return tuple(found)

    def _needs(self, scope: tuple[str, ...]) -> tuple[Need, ...]:
        found = []
        for name in self.reader.mapping(("needs",)) or {}:
            declaration = self._declared(("needs", name), name)
            if declaration is None:
                continue
            if UNIT in scope and not declaration.is_of_unit:
                message, hint = f"`{name}` is known of targets, not of a unit", "take `unit` out of `scope`"
                self.reader.report(("needs", name), message, hint, at_key=True)
            self.types[name] = declaration.type
            found.append(Need(fact=name, max_age_s=self._max_age(name, declaration)))
        if not found and self.data["needs"] == {}:
            self.reader.report(("needs",), "names no fact", "name what the rule needs to know")
        return tuple(found)

    def _declared(self, loc: Loc, name: str) -> FactDeclaration | None:
        declaration = self.declarations.get(name)
        if declaration is None:
            message = f"no probe and no import gives the fact `{name}`"
            self.reader.report(loc, message, near(name, self._likely(name)), at_key=True)
        return declaration

    def _likely(self, name: str) -> list[str]:
        group = name.partition(".")[0] + "."
        return [known for known in self.declarations if known.startswith(group)] or list(self.declarations)

    def _max_age(self, name: str, declaration: FactDeclaration) -> float | None:
        loc = ("needs", name)
        if self.reader.value(loc) != AGELESS:
            return self.reader.span_s(loc)
        if declaration.source is Source.PROBE:
            message = f"what a probe measured ages, so `{name}` needs a limit"
            self.reader.report(loc, message, "write a few of its intervals, such as 26h")
        return None

    def _tables(self) -> tuple[Table, ...]:
        if "tables" not in self.data:
            return ()
        return tuple(self._table(name) for name in self.reader.mapping(("tables",)) or {})

    def _table(self, name: str) -> Table:
        loc: Loc = ("tables", name)
        if not _TABLE_NAME.fullmatch(name) or name in RESERVED | {NOW} or self._is_group(name):
            hint = "write a small word that is no part of a fact's name, such as rows"
            self.reader.report(loc, f"`{name}` cannot be the name of a table", hint, at_key=True)
        columns = [self._needed(place) for place in self.reader.entries(loc, least=2, most=20)]
        for place, column in zip(self.reader.entries(loc), columns, strict=False):
            if column and not self.types[column].is_list:
                self.reader.report(place, f"`{column}` is no list", "name facts that are columns")
        short = [column.partition(".")[2] for column in columns]
        if len(set(short)) < len(short) and all(columns):
            self.reader.report(loc, "two columns end in the same name", "leave one out")
        return Table(name=name, columns=tuple(columns))

    def _is_group(self, name: str) -> bool:
        return any(known.startswith(f"{name}.") for known in self.types)

    def _needed(self, loc: Loc) -> str:
        """Return the name of a fact that the rule needs; "" after a problem."""
        name = self.reader.value(loc)
        if isinstance(name, str) and name in self.types:
            return name
        self._stranger(loc, name)
        return ""

    def _on_missing(self) -> OnMissing:
        if "on_missing" not in self.data:
            return OnMissing.UNKNOWN
        return self.reader.choice(("on_missing",), OnMissing) or OnMissing.UNKNOWN

    def _hold(self) -> Hold:
        if "hold" not in self.data:
            return Hold()
        found = self.reader.section(("hold",), (), ("fail_after", "clear_after")) or {}
        delays = {name: self.reader.delay(("hold", name)) for name in ("fail_after", "clear_after") if name in found}
        return Hold(**delays)

    def _evidence(self) -> tuple[str, ...]:
        if "evidence" not in self.data:
            return tuple(self.types)
        return tuple(self._needed(loc) for loc in self.reader.entries(("evidence",), least=1))

    def _legal(self) -> tuple[Legal, ...]:
        if "legal" not in self.data:
            return ()
        found = (self._citation(loc) for loc in self.reader.entries(("legal",)))
        return tuple(legal for legal in found if legal is not None)

    def _citation(self, loc: Loc) -> Legal | None:
        section = self.reader.section(loc, ("doc", "at", "trust"))
        if section is None or len(section.keys() & {"doc", "at", "trust"}) < 3:
            return None
        document = section["doc"]
        if not isinstance(document, str) or document not in self.documents:
            message = f"no pack describes the document `{document}`"
            self.reader.report((*loc, "doc"), message, near(str(document), self.documents))
        trust = self.reader.choice((*loc, "trust"), Trust)
        return Legal(document=str(document), at=self.reader.text((*loc, "at"), 300), trust=trust or Trust.UNVERIFIED)

    def _cases(self, on_missing: OnMissing) -> tuple[Case, ...]:
        before = len(self.reader.problems)
        found = tuple(case for loc in self.reader.entries(("cases",)) if (case := self._case(loc)) is not None)
        if len(self.reader.problems) > before:
            return found
        wanted = {Result.PASS, Result.FAIL}
        wanted |= {Result.UNKNOWN} if on_missing is OnMissing.UNKNOWN else set()
        wanted |= {Result.NOT_APPLICABLE} if "applies" in self.data else set()
        for result in sorted(wanted - {case.want for case in found}):
            self.reader.report(("cases",), f"no case wants {result}", "add one", at_key=True)
        return found

    def _case(self, loc: Loc) -> Case | None:
        section = self.reader.section(loc, ("facts", "want"), ("ages",))
        if section is None or len(section.keys() & {"facts", "want"}) < 2:
            return None
        want = self.reader.choice((*loc, "want"), Result)
        ages = self._ages((*loc, "ages")) if "ages" in section else {}
        facts = self._facts((*loc, "facts"))
        return Case(facts=facts, want=want, ages_s=ages, line=self.reader.source.mark(loc).line) if want else None

    def _ages(self, loc: Loc) -> dict[str, float]:
        found = {}
        for name in self.reader.mapping(loc) or {}:
            if name in self.types:
                found[name] = self.reader.span_s((*loc, name)) or 0.0
            else:
                self._stranger((*loc, name), name)
        return found

    def _facts(self, loc: Loc) -> dict[str, Value]:
        found = {}
        for name, written in (self.reader.mapping(loc) or {}).items():
            if name not in self.types:
                self._stranger((*loc, name), name)
                continue
            try:
                found[name] = read_value(self.types[name], written)
            except WrongType as error:
                hint = f"`{name}` is of type {self.types[name]}"
                self.reader.report((*loc, name), str(error), hint)
        return found

    def _stranger(self, loc: Loc, name: object) -> None:
        """Report a fact that the rule does not need, unless that follows from a mistake in `needs`."""
        needs = self.data["needs"]
        if isinstance(needs, dict) and len(needs) == len(self.types):
            message = f"`{name}` is not among the facts of `needs`"
            hint = near(str(name), self.types) or "add it there, or take it out here"
            self.reader.report(loc, message, hint, at_key=True)
