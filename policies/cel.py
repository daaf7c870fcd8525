"""The one place that knows the expression library: compiles with types, evaluates without surprises.

A run-time error comes back from the library as a value, a non-empty text that Python takes for true: so an answer's
type is looked at before the answer.

Source: Common Expression Language specification, cel-spec v0.24 (macros, standard functions).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Protocol

from cel_expr_python import cel

from policies.fact import FactType, Scalar

LENGTH_LIMIT = 2000
LOOP_DEPTH_LIMIT = 2
"""Loops within loops; a third would turn a table of a thousand rows into a thousand million steps."""
NOW = "now"
"""The one variable beside facts and tables: the instant of the evaluation."""

ROWS = "rows"
VariableType = FactType | str
"""ROWS is the type of a table: a list of maps from a column's name to its value."""


class Answer(Enum):
    """What a yes-or-no expression came to."""

    YES = "yes"
    NO = "no"
    NONE = "none"
    """It could not be reckoned: something it needs is missing, or it is at fault."""


class ExpressionError(Exception):
    """An expression that cannot be used; column counts from 0 within its line, line from 0."""

    def __init__(self, message: str, hint: str, *, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.line = line
        self.column = column


class Question(Protocol):
    """A yes-or-no expression, ready to be asked many times."""

    def ask(self, values: Mapping[str, Any]) -> tuple[Answer, str]:
        """Return the answer, and what is wrong when there is none."""


class Listing(Protocol):
    """An expression that gives a list."""

    def items(self, values: Mapping[str, Any]) -> tuple[Scalar | dict[str, Scalar], ...] | None:
        """Return the elements; None when it could not be reckoned."""


class Language(Protocol):
    """Compiles expressions. The program has one; tests bring a second to compare it with."""

    def question(self, text: str, variables: Mapping[str, VariableType]) -> Question:
        """Return a yes-or-no expression. Raises ExpressionError."""

    def listing(self, text: str, variables: Mapping[str, VariableType]) -> Listing:
        """Return an expression that gives a list. Raises ExpressionError."""


_SCALARS: Mapping[FactType, Any] = {
    FactType.BOOL: cel.Type.BOOL,
    FactType.INT: cel.Type.INT,
    FactType.DOUBLE: cel.Type.DOUBLE,
    FactType.STRING: cel.Type.STRING,
    FactType.TIMESTAMP: cel.Type.TIMESTAMP,
}
_BOOL, _ERROR, _LIST = cel.Type.BOOL, cel.Type.ERROR, "LIST"
_ROWS = cel.Type.List(cel.Type.Map(cel.Type.STRING, cel.Type.DYN))


def _type(wanted: VariableType) -> Any:
    if not isinstance(wanted, FactType):
        return _ROWS
    if wanted.is_list:
        return cel.Type.List(_SCALARS[wanted.element] if wanted.element else cel.Type.DYN)
    return _SCALARS[wanted]


_YES, _NO = (Answer.YES, ""), (Answer.NO, "")


class _Program:
    """One compiled expression."""

    __slots__ = ("_evaluate", "text")

    def __init__(self, text: str, expression: Any) -> None:
        self.text = text
        self._evaluate: Callable[..., Any] = expression.eval

    def ask(self, values: Mapping[str, Any]) -> tuple[Answer, str]:
        try:
            found = self._evaluate(None, values)
        except RuntimeError as error:  # the budget for loops is used up, among others
            return Answer.NONE, _plain(str(error))
        value = found.value()
        # A compiled question gives true or false, or an error; only its type tells the error from the text it comes as.
        if type(value) is bool:
            return _YES if value else _NO
        return Answer.NONE, _plain(str(value))

    def items(self, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        try:
            found = self._evaluate(None, values)
        except RuntimeError:
            return None
        return None if found.type() == _ERROR else tuple(found.plain_value())


class TypedCel:
    """Google's own implementation: types are checked when an expression is compiled, loops have a budget."""

    def question(self, text: str, variables: Mapping[str, VariableType]) -> _Program:
        program, type_ = self._compile(text, variables)
        if type_ != _BOOL:
            message = f"gives {_name(type_)}, not true or false"
            raise ExpressionError(message, "compare it with something")
        return program

    def listing(self, text: str, variables: Mapping[str, VariableType]) -> _Program:
        program, type_ = self._compile(text, variables)
        if not type_.name().upper().startswith(_LIST):
            raise ExpressionError(f"gives {_name(type_)}, not a list", "use filter() or a list")
        return program

    def _compile(self, text: str, variables: Mapping[str, VariableType]) -> tuple[_Program, Any]:
        refuse_excess(text)
        env = cel.NewEnv(variables={name: _type(wanted) for name, wanted in variables.items()})
        try:
            expression = env.compile(text)
        except RuntimeError as error:
            raise _explained(str(error), variables) from error
        return _Program(text, expression), expression.return_type()


def _name(type_: Any) -> str:
    return str(type_.name()).lower()


_MACRO = re.compile(r"\.(?:all|exists|exists_one|map|filter)\s*\(")
_LITERAL = re.compile(r"[rR]?(\"\"\"|'''|\"|')")


def refuse_excess(text: str) -> None:
    """Raise ExpressionError for an expression that is too long, or whose loops are nested too deep."""
    if len(text) > LENGTH_LIMIT:
        raise ExpressionError(f"is longer than {LENGTH_LIMIT} characters", "split it into several rules")
    deepest, at = loop_depth(text)
    if deepest > LOOP_DEPTH_LIMIT:
        line, column = text.count("\n", 0, at), at - text.rfind("\n", 0, at) - 1
        message = f"loops are nested {deepest} deep, more than {LOOP_DEPTH_LIMIT}"
        raise ExpressionError(message, "leave the innermost one out", line=line, column=column)


def loop_depth(text: str) -> tuple[int, int]:
    """Return how deep all(), exists(), map() and filter() are nested, and where the deepest stands."""
    plain = blank_literals(text)
    openings = {match.end() - 1: match.start() for match in _MACRO.finditer(plain)}
    deepest, deepest_at, stack = 0, 0, [0]
    for at, letter in enumerate(plain):
        if letter in "([{":
            stack.append(stack[-1] + (at in openings))
            if stack[-1] > deepest:
                deepest, deepest_at = stack[-1], openings[at] + 1
        elif letter in ")]}" and len(stack) > 1:
            stack.pop()
    return deepest, deepest_at


def blank_literals(text: str) -> str:
    """Return an expression of the same length whose string literals and comments are spaces."""
    found, at = list(text), 0
    while at < len(text):
        end = _literal_end(text, at)
        if end > at:
            found[at:end] = " " * (end - at)
        at = max(end, at + 1)
    return "".join(found)


def _literal_end(text: str, at: int) -> int:
    """Return where a literal or comment that begins here ends; `at` when none does."""
    if text.startswith("//", at):
        end = text.find("\n", at)
        return len(text) if end < 0 else end
    match = _LITERAL.match(text, at)
    if match is None:
        return at
    quote, is_raw, here = match[1], match[0][0] in "rR", match.end()
    while here < len(text):
        if text[here] == "\\" and not is_raw:
            here += 2
        elif text.startswith(quote, here):
            return here + len(quote)
        else:
            here += 1
    return len(text)


_MESSAGE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_STATUS = re.compile(r"^[A-Z_]+: | \[[A-Z_]+\]$")
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")


def _plain(text: str) -> str:
    """Return the first line of what the library says, without its codes."""
    return _STATUS.sub("", text.splitlines()[0] if text else "").strip()


def _explained(text: str, variables: Mapping[str, VariableType]) -> ExpressionError:
    match = _MESSAGE.search(text)
    if match is None:
        return ExpressionError(_plain(text), "make it simpler")
    line, column, message = int(match[1]) - 1, int(match[2]) - 1, _plain(match[3])
    undeclared = _UNDECLARED.search(message)
    if undeclared:
        known = ", ".join(sorted(variables))
        what = f"`{undeclared[1]}` is not among the facts this rule needs"
        hint = f"add it to `needs`, or correct it; there are: {known}"
        return ExpressionError(what, hint, line=line, column=_start_of(undeclared[1], column))
    return ExpressionError(message, _hint(message), line=line, column=max(0, column))


def _hint(message: str) -> str:
    if "overload" in message:
        return "compare like with like: 21.0 for measures, 21 for counts"
    return "close brackets and quotes, finish what is begun" if "<EOF>" in message else "correct it"


def _start_of(name: str, column: int) -> int:
    """Return where a dotted name begins: the library points at its last dot."""
    before, dot, _ = name.rpartition(".")
    return max(0, column - len(before)) if dot else max(0, column)
