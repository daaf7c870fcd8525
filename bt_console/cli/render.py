"""Aligned plain text: columns by screen cells, so that diacritics and wide letters do not shift what follows.

Source: Unicode Standard Annex 11 (East Asian Width); combining marks and format characters take no cell.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bt_console.cli.command import UsageError

GAP = "  "
LEAST_CELLS = 8
_NO_CELL = frozenset({"Mn", "Me", "Cf"})


def cells(text: str) -> int:
    """Return how many terminal cells a line takes."""
    return sum(_char_cells(char) for char in text)


def _char_cells(char: str) -> int:
    if unicodedata.category(char) in _NO_CELL:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fit(text: str, width: int) -> str:
    """Return a line cut to a width in cells, with an ellipsis where something is lost."""
    if cells(text) <= width:
        return text
    kept, used = [], 0
    for char in text:
        used += _char_cells(char)
        if used > width - 1:
            break
        kept.append(char)
    return "".join(kept) + "…"


def pad(text: str, width: int, *, is_right: bool = False) -> str:
    """Return a line filled with spaces to a width in cells."""
    fill = " " * max(0, width - cells(text))
    return fill + text if is_right else text + fill


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    title: str
    is_right: bool = False
    """Figures stand right."""
    is_flexible: bool = False
    """Shortened first when the line is too narrow."""


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return a heading and one line per row, no wider than `width` unless nothing flexible is left to cut."""
    body = [tuple(_one_line(cell) for cell in row) for row in rows]
    grid = [tuple(column.title for column in columns), *body]
    widths = _shrunk([max(cells(row[i]) for row in grid) for i in range(len(columns))], columns, width)
    return [_line(row, columns, widths) for row in grid]


def _one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _shrunk(widths: list[int], columns: Sequence[Column], width: int) -> list[int]:
    """Return widths that fit: the widest flexible column gives first, none goes below LEAST_CELLS."""
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - width
    flexible = [i for i, column in enumerate(columns) if column.is_flexible]
    while excess > 0 and flexible:
        widest = max(flexible, key=lambda i: widths[i])
        if widths[widest] <= LEAST_CELLS:
            break
        widths[widest] -= 1
        excess -= 1
    return widths


def _line(row: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    parts = (
        pad(fit(cell, width), width, is_right=column.is_right)
        for cell, column, width in zip(row, columns, widths, strict=True)
    )
    return GAP.join(parts).rstrip()


def wrap(text: str, width: int, indent: str = "") -> list[str]:
    """Return a paragraph broken between words, every line indented."""
    lines, line = [], ""
    for word in text.split():
        if line and cells(indent + line) + 1 + cells(word) > width:
            lines.append(indent + line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, indent + line] if line else lines


def terminal_width() -> int:
    """Return the width to write for: the terminal's, or 80 when stdout is not one."""
    return shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80


def print_lines(lines: Sequence[str]) -> None:
    """Write lines to stdout."""
    write("".join(f"{line}\n" for line in lines))


def print_json(document: Mapping[str, Any]) -> None:
    """Write one JSON document to stdout, names in their own letters where stdout can carry them."""
    write(json.dumps(document, ensure_ascii=_is_ascii_safer(), indent=2) + "\n")


def print_json_line(document: Mapping[str, Any]) -> None:
    """Write one JSON document as one line, at once: for streams."""
    write(json.dumps(document, ensure_ascii=_is_ascii_safer()) + "\n")
    flush()


def _is_ascii_safer() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"


def write(text: str) -> None:
    """Write text to stdout. Raises UsageError when stdout cannot take it, such as a full disk."""
    with _explaining():
        sys.stdout.write(text)


def flush() -> None:
    """Hand over what is buffered. Raises UsageError as write() does."""
    with _explaining():
        sys.stdout.flush()


@contextmanager
def _explaining() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon_stdout()
        raise UsageError(f"stdout: {error.strerror}") from error


def abandon_stdout() -> None:
    """Send what is still buffered nowhere: the interpreter flushes once more at exit and would complain."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.__stdout__.fileno() if sys.__stdout__ else 1)
    os.close(devnull)
