"""Reads YAML strictly: values as they look, no key twice, every value with its line and column.

Scalars follow the YAML 1.2 core schema without its octal and hexadecimal numbers: 22:30, NO, 0010 and MAC addresses
stay text. Anchors, aliases, merge keys and tags are refused, so a small file cannot unfold into a large one.

Source: YAML 1.2.2, section 10.3.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from bt_console.config.errors import ConfigErrors, ConfigProblem

SIZE_LIMIT_OCTETS = 4 * 1024 * 1024
DEPTH_LIMIT = 20
NUMBER_LENGTH_LIMIT = 40

Key = str | int
Loc = tuple[Key, ...]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,2})?")
_WORDS: dict[str, bool | None] = {"": None, "~": None}
_WORDS |= dict.fromkeys(("null", "Null", "NULL"), None)
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True)
_WORDS |= dict.fromkeys(("false", "False", "FALSE"), False)
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in the file, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file as plain values, and where each of them stands."""

    file: str
    data: Any
    keys: dict[Loc, Mark] = field(default_factory=dict)
    """Where the key of a mapping's entry stands."""
    values: dict[Loc, Mark] = field(default_factory=dict)
    """Where a value stands; the root is ()."""
    problems: tuple[ConfigProblem, ...] = ()
    """Mistakes that leave the rest readable, such as a key written twice."""

    def problem(self, loc: Loc, message: str, hint: str = "", *, at_key: bool = False) -> ConfigProblem:
        """Return a problem at a value, or at its key; where neither is written, at the closest thing around it."""
        mark = self.mark(loc, at_key=at_key)
        return ConfigProblem(file=self.file, line=mark.line, column=mark.column, message=message, hint=hint)

    def mark(self, loc: Loc, *, at_key: bool = False) -> Mark:
        """Return the place of a value or its key, or of the closest key around it."""
        first, second = (self.keys, self.values) if at_key else (self.values, self.keys)
        found = first.get(loc) or second.get(loc)
        while found is None and loc:
            loc = loc[:-1]
            found = first.get(loc) or second.get(loc)
        return found or Mark(1, 1)


def read_file(path: Path) -> bytes:
    """Return the bytes of a regular file of bounded size. Raises ConfigErrors."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _whole(path, "is not a regular file", "give the path of a file")
        with path.open("rb") as stream:
            content = stream.read(SIZE_LIMIT_OCTETS + 1)
    except FileNotFoundError as error:
        raise _whole(path, "there is no such file", "check the path, or copy config.example.yaml there") from error
    except PermissionError as error:
        raise _whole(path, "this user may not read it", "change its owner, group or mode") from error
    except (OSError, ValueError) as error:
        raise _whole(path, f"cannot be read: {error}", "check the path") from error
    if len(content) > SIZE_LIMIT_OCTETS:
        raise _whole(path, "is larger than 4 MiB", "split off what is not configuration")
    return content


def _whole(path: Path, message: str, hint: str) -> ConfigErrors:
    return ConfigErrors([ConfigProblem(file=str(path), message=message, hint=hint)])


def parse(content: bytes, file: str) -> Document:
    """Return the document a file's bytes hold. Raises ConfigErrors when it cannot be read to its end."""
    text = decode(content, file)
    try:
        return _Builder(file, yaml.parse(text, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as error:
        raise ConfigErrors([_syntax_problem(file, text, error)]) from error


def decode(content: bytes, file: str) -> str:
    """Return UTF-8 as text without control characters and byte order mark. Raises ConfigErrors."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        message, hint = f"byte 0x{content[error.start]:02x} is not UTF-8", "save the file with the encoding UTF-8"
        raise ConfigErrors([ConfigProblem(file=file, line=line, column=column, message=message, hint=hint)]) from error
    if found := _FORBIDDEN.search(text):
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        message = f"control character U+{ord(found.group()):04X} is not allowed"
        raise ConfigErrors([ConfigProblem(file=file, line=line, column=column, message=message, hint="delete it")])
    return text


def _syntax_problem(file: str, text: str, error: yaml.MarkedYAMLError) -> ConfigProblem:
    at = error.problem_mark or error.context_mark
    line, column = (at.line + 1, at.column + 1) if at else (1, 1)
    hint = "finish or correct this line: two spaces per level, `key: value`, quotes and brackets in pairs"
    if error.context_mark and error.context_mark.line + 1 != line:
        hint = f"it began on line {error.context_mark.line + 1}, {error.context}; {hint}"
    written = text.split("\n")[line - 1 : line]
    if written and "\t" in written[0][: len(written[0]) - len(written[0].lstrip())]:
        hint = "indent with spaces, not with tabs"
    message = f"half-written or malformed YAML: {error.problem}"
    return ConfigProblem(file=file, line=line, column=column, message=message, hint=hint)


class _Builder:
    """Turns parser events into plain values and marks."""

    def __init__(self, file: str, events: Iterator[Any]) -> None:
        self._file = file
        self._events = events
        self._keys: dict[Loc, Mark] = {}
        self._values: dict[Loc, Mark] = {}
        self._problems: list[ConfigProblem] = []

    def document(self) -> Document:
        """Return the one document of the stream."""
        data: Any = None
        count = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                count += 1
                if count > 1:
                    raise self._refusal(event, "a second document begins here", "delete the line `---`")
            elif isinstance(event, yaml.NodeEvent):
                data = self._node(event, ())
        return Document(
            file=self._file, data=data, keys=self._keys, values=self._values, problems=tuple(self._problems)
        )

    def _node(self, event: Any, loc: Loc) -> Any:
        self._check(event, loc)
        self._values.setdefault(loc, _mark(event))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(loc)
        if isinstance(event, yaml.SequenceStartEvent):
            items = _until(self._events, yaml.SequenceEndEvent)
            return [self._node(item, (*loc, at)) for at, item in enumerate(items)]
        return scalar(event.value) if event.style in (None, "") else event.value

    def _mapping(self, loc: Loc) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for event in _until(self._events, yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self._refusal(event, "a key must be plain text", "write `key: value`")
            self._check(event, loc)
            key: str = event.value
            if key == "<<" and event.style in (None, ""):
                raise self._refusal(event, "merge keys (<<) are not supported", "use the section `defaults`")
            if key in found:
                self._repeat(key, (*loc, key), event)
                continue
            self._keys[(*loc, key)] = _mark(event)
            found[key] = self._node(next(self._events), (*loc, key))
        return found

    def _repeat(self, key: str, loc: Loc, event: Any) -> None:
        first, again = self._keys[loc], _mark(event)
        message = f"`{key}` is written twice, first on line {first.line}"
        is_far = first.line != again.line
        hint = f"keep line {first.line} or line {again.line}, or rename one" if is_far else "keep one, or rename one"
        problem = ConfigProblem(file=self._file, line=again.line, column=again.column, message=message, hint=hint)
        self._problems.append(problem)
        aside = _Builder(self._file, self._events)
        aside._node(next(self._events), loc)

    def _check(self, event: Any, loc: Loc) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise self._refusal(event, "anchors and aliases (& and *) are not supported", "use the section `defaults`")
        if event.tag is not None:
            raise self._refusal(event, f"the tag {event.tag} is not supported", "delete it")
        if len(loc) > DEPTH_LIMIT:
            raise self._refusal(event, f"is nested deeper than {DEPTH_LIMIT} levels", "close brackets, unindent")

    def _refusal(self, event: Any, message: str, hint: str) -> ConfigErrors:
        mark = _mark(event)
        problem = ConfigProblem(file=self._file, line=mark.line, column=mark.column, message=message, hint=hint)
        return ConfigErrors(chain(self._problems, [problem]))


def _until(events: Iterator[Any], end: type[Any]) -> Iterator[Any]:
    for event in events:
        if isinstance(event, end):
            return
        yield event


def _mark(event: Any) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


def scalar(text: str) -> str | int | float | bool | None:
    """Return what an unquoted scalar means."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > NUMBER_LENGTH_LIMIT or text[-1] not in "0123456789.":
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
