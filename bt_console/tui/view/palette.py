"""The command palette: every action, unit and service, found without diacritics and with gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bt_console.model.snapshot import Snapshot
from bt_console.tui.view.look import Look
from bt_console.tui.view.text import Row, Span, Tone, fit, fold, spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing the palette can do."""

    key: str
    """`action:<id>`, `unit:<id>`, `service:<id>`."""
    text: str
    note: str = ""

    @property
    def folded(self) -> str:
        """What it is searched by."""
        return fold(f"{self.text} {self.key.partition(':')[2]}")


def entries(actions: Sequence[tuple[str, str, str]], snapshot: Snapshot | None, look: Look) -> tuple[Entry, ...]:
    """Return everything that can be asked for; actions come as id, label, key."""
    found = [Entry(key=f"action:{action}", text=label, note=key) for action, label, key in actions]
    if snapshot is None:
        return tuple(found)
    for unit in (*snapshot.units, *snapshot.departments):
        note = look.tell(f"state.{unit.state}.short")
        found.append(Entry(key=f"unit:{unit.id}", text=unit.name, note=note))
    for service in snapshot.services:
        note = look.tell(f"state.{service.state}.short")
        found.append(Entry(key=f"service:{service.id}", text=service.name, note=note))
    return tuple(found)


def score(wanted: str, text: str) -> int:
    """Return how well folded text answers a folded query: 0 = not at all, more is better.

    A prefix beats a word's start, which beats the middle of a word, which beats letters in order with gaps.
    """
    if not wanted:
        return 1
    if text.startswith(wanted):
        return 400
    if f" {wanted}" in f" {text}":
        return 300
    if wanted in text:
        return 200
    if all(f" {part}" in f" {text}" for part in wanted.split()):
        return 150
    return 50 if len(wanted) > 2 and _is_near(wanted.replace(" ", ""), text) else 0


def _is_near(letters: str, text: str) -> bool:
    """Return whether the letters stand in order within twice their length."""
    for start in range(len(text) - len(letters) + 1):
        rest = iter(text[start : start + 2 * len(letters)])
        if all(letter in rest for letter in letters):
            return True
    return False


def matching(found: Sequence[Entry], query: str, limit: int) -> tuple[Entry, ...]:
    """Return the best answers, best first, of equal ones the shorter; all in their given order without a query."""
    wanted = " ".join(fold(query).split())
    scored = [(score(wanted, entry.folded), entry) for entry in found]
    hits = sorted((pair for pair in scored if pair[0]), key=lambda pair: (-pair[0], len(pair[1].text) if wanted else 0))
    return tuple(entry for _, entry in hits[:limit])


def rows(found: Sequence[Entry], look: Look, width: int) -> tuple[Row, ...]:
    """Return the answers as rows."""
    made = []
    for entry in found:
        kind = look.tell(f"palette.{entry.key.partition(':')[0]}")
        line = spread((Span(fit(kind, 10), Tone.MUTED), Span(entry.text)), (Span(entry.note, Tone.KEY),), width)
        made.append(Row(line=line, key=entry.key))
    return tuple(made)
