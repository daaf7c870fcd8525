"""The second implementation of the rules' language, behind the same protocol: written in Rust, without types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cel

from policies.cel import NOW, Answer, ExpressionError, VariableType


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by dotted name as objects with members."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        group, dot, member = name.partition(".")
        if dot:
            found.setdefault(group, {})[member] = value
        else:
            found[name] = value
    return found


class _Program:
    def __init__(self, program: Any) -> None:
        self._program = program

    def ask(self, values: Mapping[str, Any]) -> tuple[Answer, str]:
        try:
            found = self._program.execute(nested(values))
        except (ValueError, TypeError, RuntimeError, KeyError) as error:
            return Answer.NONE, str(error)
        if not isinstance(found, bool):
            return Answer.NONE, f"gives {found!r}"
        return (Answer.YES if found else Answer.NO), ""

    def items(self, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        try:
            return tuple(self._program.execute(nested(values)))
        except (ValueError, TypeError, RuntimeError, KeyError):
            return None


class RustCel:
    """Knows no types: what the first implementation refuses when a rule is loaded, this one finds when it is asked."""

    def question(self, text: str, variables: Mapping[str, VariableType]) -> _Program:
        try:
            program = cel.compile(text)
        except ValueError as error:
            raise ExpressionError(str(error), "") from error
        if NOW in program.variables() and NOW not in variables:
            raise ExpressionError("asks for the present instant, which it is not told", "")
        return _Program(program)

    def listing(self, text: str, variables: Mapping[str, VariableType]) -> _Program:
        return self.question(text, variables)
