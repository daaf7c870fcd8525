"""Finds what a person named on the command line, forgiving missing diacritics, and says what is near when it fails."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from bt_console.cli.command import UsageError
from bt_console.words import tell

if TYPE_CHECKING:
    from bt_console.model.snapshot import Snapshot, UnitView


def fold(text: str) -> str:
    """Return text for comparing: lower case, without diacritics, words joined by `-`."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "-".join("".join(char for char in plain if not unicodedata.combining(char)).split())


def find_unit(snapshot: Snapshot, asked: str, language: str) -> UnitView:
    """Return the unit called `cao-son`, `Xã Cao Sơn` or `cao son`. Raises UsageError naming the nearest."""
    units = (*snapshot.units, *snapshot.departments)
    spellings = {fold(spelling): unit for unit in units for spelling in (unit.name, _without_kind(unit.name), unit.id)}
    if found := spellings.get(fold(asked)):
        return found
    raise UsageError(tell(language, "cli.unknown_unit", asked=asked, near=near(asked, (unit.id for unit in units))))


def _without_kind(name: str) -> str:
    """`Xã Cao Sơn` is called Cao Sơn."""
    return name.removeprefix("Xã ").removeprefix("Thị trấn ")


def near(asked: str, known: Iterable[str], count: int = 3) -> str:
    """Return the known names nearest to what was asked, or all of them when none is near."""
    import difflib  # only needed after a slip of the fingers

    folded: Mapping[str, str] = {fold(name): name for name in known}
    found = difflib.get_close_matches(fold(asked), folded, n=count, cutoff=0.5)
    return ", ".join(folded[name] for name in found or folded)
