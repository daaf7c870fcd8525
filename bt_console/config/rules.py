"""Finds, reads and compiles the rules that come along and a site's own; every mistake with file, line and column.

A directory of policies holds `rules/*.yaml`, `packs/*.yaml` and `facts/*.yaml`; any of the three may be missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import policies
import probes
from bt_console.config import locate
from bt_console.config.errors import ConfigErrors, ConfigProblem
from bt_console.config.quantity import shown
from bt_console.config.yaml_reader import Document, parse, read_file
from policies.cel import TypedCel
from policies.engine import CompiledRule, RuleError, compile_rule
from policies.fact import FactDeclaration, FactType, Source
from policies.parse import read_rule
from policies.parse_pack import check_rules, read_columns, read_facts, read_pack
from policies.reader import Problem, Reader
from policies.rule import Pack, Rule
from probes.api import ProbeKind

BUILTIN = Path(policies.__path__[0])
COLUMNS = "columns.yaml"
"""Types of the tuples of probes; beside the facts, and of the built-in directory only."""
KINDS = ("facts", "packs", "rules")
SIZE_LIMIT_OCTETS = 64 * 1024
FILES_LIMIT = 1000

_TYPES: Mapping[type, FactType] = {
    bool: FactType.BOOL,
    int: FactType.INT,
    float: FactType.DOUBLE,
    str: FactType.STRING,
    tuple: FactType.LIST,
}
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Every rule and pack, ready to be asked."""

    rules: Mapping[str, CompiledRule]
    packs: Mapping[str, Pack]
    declarations: Mapping[str, FactDeclaration]
    files: tuple[Path, ...] = ()
    """What it was read from, and where more may appear; the built-in ones left out."""
    revision: str = ""
    """SHA-256 of the bytes of all files."""

    def chosen(self, pack: str | None, as_of: date | None) -> tuple[CompiledRule, ...]:
        """Return the rules of a pack, or those of all packs in force on a day, or all; in the order of their ids."""
        names = set(self.rules)
        if pack is not None:
            names = set(self.packs[pack].rules)
        elif as_of is not None:
            names = {name for found in self.packs.values() if found.is_in_force(as_of) for name in found.rules}
        return tuple(self.rules[name] for name in sorted(names))


def load_rulebook(directories: Iterable[Path] = ()) -> Rulebook:
    """Return the built-in rules and those of other directories. Raises ConfigErrors with everything that is wrong."""
    given = tuple(directories)
    shelf = _Shelf(declarations=dict(_builtin_declarations()))
    for directory in (BUILTIN, *given):
        shelf.take_facts(directory)
        shelf.take_packs(directory)
    for directory in (BUILTIN, *given):
        shelf.take_rules(directory)
    shelf.check_packs()
    places = (directory / kind for directory in given for kind in KINDS)
    own = (*places, *(path for path in shelf.digests if BUILTIN not in path.parents))
    if shelf.problems:
        raise ConfigErrors(shelf.problems, own)
    return Rulebook(
        rules=shelf.rules,
        packs=shelf.packs,
        declarations=shelf.declarations,
        files=own,
        revision=sha256(b"".join(shelf.digests.values())).hexdigest(),
    )


def read_rule_file(path: Path, rulebook: Rulebook) -> CompiledRule:
    """Return the rule of one file, which may be one that the book holds already. Raises ConfigErrors."""
    shelf = _Shelf(declarations=dict(rulebook.declarations), packs=dict(rulebook.packs))
    shelf.take_rule(path)
    if shelf.problems:
        raise ConfigErrors(shelf.problems, [path])
    return next(iter(shelf.rules.values()))


def read_policy_dirs(config: Path) -> tuple[Path, ...]:
    """Return the directories a configuration names; nothing else of it is looked at. Raises ConfigErrors."""
    document = parse(read_file(config), str(config))
    written = document.data.get("policy_dirs") if isinstance(document.data, dict) else None
    if written is None:
        return ()
    if not isinstance(written, list) or not all(isinstance(entry, str) for entry in written):
        problem = document.problem(("policy_dirs",), f"must be a list, not {shown(written)}", "write `- site-rules`")
        raise ConfigErrors([problem])
    return policy_paths(config, written)


def policy_paths(config: Path, written: Iterable[str]) -> tuple[Path, ...]:
    """Return directories as a configuration names them: relative to itself."""
    return tuple(config.absolute().parent / locate.expanded(entry) for entry in written)


def declarations_of(kind: ProbeKind, columns: Mapping[str, FactType]) -> dict[str, FactDeclaration]:
    """Return the facts and measures of a probe as rules name them: `<probe>.<fact>`."""
    types = {f"{kind.name}.{name}": FactType.DOUBLE for name in kind.measures}
    types |= {f"{kind.name}.{name}": _TYPES[type_] for name, type_ in kind.facts.items()}
    types |= {name: columns[name] for name in types.keys() & columns.keys() if types[name].is_list}
    return {name: FactDeclaration(name=name, type=type_, source=Source.PROBE) for name, type_ in types.items()}


def builtin_columns() -> Mapping[str, FactType]:
    """Return the types of the tuples of probes."""
    path = BUILTIN / "facts" / COLUMNS
    reader = Reader(source=_parsed(path, {}))
    columns = read_columns(reader)
    if reader.problems:
        raise ConfigErrors(_ours(reader.problems))
    return columns


@cache
def _builtin_declarations() -> Mapping[str, FactDeclaration]:
    columns = builtin_columns()
    found: dict[str, FactDeclaration] = {}
    for kind in probes.discover().values():
        found |= declarations_of(kind, columns)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """Collects what the files hold, and what is wrong with them."""

    declarations: dict[str, FactDeclaration]
    packs: dict[str, Pack] = field(default_factory=dict)
    rules: dict[str, CompiledRule] = field(default_factory=dict)
    digests: dict[Path, bytes] = field(default_factory=dict)
    """SHA-256 of each file."""
    problems: list[ConfigProblem] = field(default_factory=list)

    def take_facts(self, directory: Path) -> None:
        """Add the facts that imports and the program give."""
        for path in self._files(directory, "facts"):
            if path.name == COLUMNS and directory == BUILTIN:
                continue
            for declaration in self._read(path, read_facts) or ():
                if declaration.name in self.declarations:
                    message = f"the fact `{declaration.name}` is declared already"
                    self._report(path, message, "give it another name")
                self.declarations.setdefault(declaration.name, declaration)

    def take_packs(self, directory: Path) -> None:
        """Add the packs, and with them the documents that rules cite."""
        for path in self._files(directory, "packs"):
            pack = self._read(path, read_pack)
            if pack is None:
                continue
            if pack.id in self.packs:
                self._report(path, f"there is a pack {pack.id} already", f"the other is {self.packs[pack.id].file}")
            self.packs.setdefault(pack.id, pack)

    def take_rules(self, directory: Path) -> None:
        """Add the rules."""
        if not directory.is_dir():
            self._report(directory, "there is no such directory of policies", "make it, or correct `policy_dirs`")
        for path in self._files(directory, "rules"):
            self.take_rule(path)

    def take_rule(self, path: Path) -> None:
        """Add the rule of a file, compiled."""
        documents = frozenset(key for pack in self.packs.values() for key in pack.documents)
        compiled = self._read(path, lambda reader: _compiled(reader, self.declarations, documents))
        if compiled is None:
            return
        known = self.rules.setdefault(compiled.rule.id, compiled)
        if known is not compiled:
            message = f"there is a rule {compiled.rule.id} already"
            self._report(path, message, f"the other is {known.rule.file}; give this one another id")

    def check_packs(self) -> None:
        """Report every rule that a pack names and nobody wrote."""
        broken = {Path(problem.file).stem for problem in self.problems}
        for pack in self.packs.values():
            self._read(Path(pack.file), lambda reader: check_rules(reader, {*self.rules, *broken}))

    def _files(self, directory: Path, kind: str) -> list[Path]:
        try:
            found = sorted((directory / kind).glob("*.yaml"))
        except OSError as error:
            self._report(directory / kind, f"cannot be read: {error.strerror}", "correct its mode")
            return []
        if len(found) > FILES_LIMIT:
            self._report(directory / kind, f"holds {len(found)} files", f"at most {FILES_LIMIT} are read")
        return found[:FILES_LIMIT]

    def _read(self, path: Path, read: Callable[[Reader], T]) -> T | None:
        try:
            document = _parsed(path, self.digests)
        except ConfigErrors as error:
            self.problems.extend(error.problems)
            return None
        reader = Reader(source=document)
        found = read(reader)
        self.problems.extend((*document.problems, *_ours(reader.problems)))
        return found

    def _report(self, path: Path, message: str, hint: str) -> None:
        self.problems.append(ConfigProblem(file=str(path), message=message, hint=hint))


def _compiled(
    reader: Reader, declarations: Mapping[str, FactDeclaration], documents: frozenset[str]
) -> CompiledRule | None:
    rule = read_rule(reader, declarations, documents)
    if rule is None:
        return None
    try:
        return compile_rule(rule, declarations, TypedCel())
    except RuleError as error:
        reader.report((error.field,), f"{error.error.message}{_where(rule, error)}", error.error.hint)
        return None


def _where(rule: Rule, error: RuleError) -> str:
    """Return which part of the expression is meant: YAML may have folded its lines."""
    text = rule.passes if error.field == "pass" else rule.applies
    lines = text.splitlines()
    rest = lines[error.error.line][error.error.column :] if error.error.line < len(lines) else ""
    return f", at `{rest[:30]}`" if rest else ""


def _parsed(path: Path, digests: dict[Path, bytes]) -> Document:
    digests[path] = b""
    content = read_file(path)
    digests[path] = sha256(content).digest()
    if len(content) > SIZE_LIMIT_OCTETS:
        message = f"is larger than {SIZE_LIMIT_OCTETS // 1024} KiB"
        raise ConfigErrors([ConfigProblem(file=str(path), message=message, hint="write one rule a file")])
    try:
        return parse(content, str(path))
    except ConfigErrors as error:
        raise ConfigErrors(_without_defaults(problem) for problem in error.problems) from error


def _without_defaults(problem: ConfigProblem) -> ConfigProblem:
    """Return a problem whose hint does not send the reader to a section that only a configuration has."""
    return replace(problem, hint="write it out") if "`defaults`" in problem.hint else problem


def _ours(problems: Iterable[Problem]) -> list[ConfigProblem]:
    return [
        ConfigProblem(
            file=problem.file, line=problem.line, column=problem.column, message=problem.message, hint=problem.hint
        )
        for problem in problems
    ]
