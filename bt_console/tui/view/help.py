"""The help page: keys of the page one came from, keys that work everywhere, what the signs mean."""

from __future__ import annotations

from collections.abc import Sequence

from bt_console.tui.view.look import Look
from bt_console.tui.view.signs import GLYPH, LOST, MISSING, NOT_MEASURED, PART_LOST, TONE
from bt_console.tui.view.text import Row, Span, Tone, blank, fit, heading, wrap

KeyText = tuple[str, str]
"""A key as people read it, and the word code of what it does."""
_KEY = 14


def rows(here: Sequence[KeyText], everywhere: Sequence[KeyText], page: str, look: Look, width: int) -> tuple[Row, ...]:
    """Return the whole help page."""
    found = [heading(look.tell("help.here", page=look.tell(f"action.{page}")), width)]
    found += _keys(here, look, width)
    found += [blank(), heading(look.tell("help.everywhere"), width)]
    found += _keys(everywhere, look, width)
    found += [blank(), heading(look.tell("help.signs"), width)]
    for state, glyph in GLYPH.items():
        line = (Span(fit(glyph, _KEY), TONE[state]), Span(look.tell(f"state.{state}")))
        found.append(Row(line=(*line, Span("  " + look.tell(f"help.state.{state}"), Tone.MUTED))))
    marks = (
        (LOST, "lost"),
        (PART_LOST, "part_lost"),
        (NOT_MEASURED, "not_measured"),
        (MISSING, "missing"),
        ("~", "stale"),
    )
    found += _texts((("▁▂▃▄▅▆▇█", "help.smoke"), *((mark, f"help.mark.{code}") for mark, code in marks)), look, width)
    found += [blank(), heading(look.tell("help.filter"), width)]
    found += [Row(line=(Span(line),)) for line in wrap(look.tell("help.filter_text"), width)]
    return tuple(found)


def _keys(keys: Sequence[KeyText], look: Look, width: int) -> list[Row]:
    return _texts([(key, f"{code}.help") for key, code in keys], look, width)


def _texts(pairs: Sequence[KeyText], look: Look, width: int) -> list[Row]:
    found = []
    for sign, code in pairs:
        first, *others = wrap(look.tell(code), max(10, width - _KEY)) or [""]
        found.append(Row(line=(Span(fit(sign, _KEY), Tone.KEY), Span(first))))
        found += [Row(line=(Span(" " * _KEY + text),)) for text in others]
    return found
