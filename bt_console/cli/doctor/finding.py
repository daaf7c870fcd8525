"""What the doctor says about one thing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bt_console.words import message


class State(StrEnum):
    """How a thing is; `unknown` when it could not be looked at."""

    OK = "ok"
    WARN = "warn"
    """Works, but worse or less than it could."""
    FAIL = "fail"
    """Something of the product does not work."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at."""

    name: str
    state: State
    message: str
    """A message of words.say()."""
    remedy: str = ""
    """A command to copy, or empty."""


def ok(name: str, **values: object) -> Finding:
    """Return a finding that all is well."""
    return Finding(name=name, state=State.OK, message=message(f"doctor.{name}.ok", **values))
