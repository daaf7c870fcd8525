"""CSV that spreadsheets can open without doing what a cell says.

Source: RFC 4180; OWASP, CSV injection (cells that begin with = + - @, a tab or a carriage return are formulas).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV. A cell that would be a formula gets an apostrophe before it."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows([quiet(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def quiet(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
