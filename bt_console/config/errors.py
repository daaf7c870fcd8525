"""What can be wrong with a configuration, where, and what to do about it.

ConfigErrors (Exception)
    problems: ConfigProblem, ...
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ConfigProblem:
    """One mistake. Line and column count from 1; 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0
    message: str
    hint: str = ""
    """What to do, as a phrase without a full stop."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.line else f"{self.file}: " if self.file else ""
        return f"{place}{self.message} ({self.hint})" if self.hint else f"{place}{self.message}"


class ConfigErrors(Exception):
    """All that is wrong with one configuration, in the order of the file."""

    def __init__(self, problems: Iterable[ConfigProblem], files: Iterable[Path] = ()) -> None:
        self.problems = tuple(sorted(set(problems)))
        self.files = tuple(files)
        """The files looked at, if the first of them could be read at all."""
        super().__init__("\n".join(str(problem) for problem in self.problems))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint with the known word closest to a mistyped one, or with those there are."""
    words = sorted(known)
    close = get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    if not words:
        return ""
    shown = ", ".join(words[:12])
    return f"known: {shown}" if len(words) <= 12 else f"known: {shown}, ..."
