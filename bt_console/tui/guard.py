"""The last choke point before the terminal, and the page a crash leaves behind.

Source: measured on Textual 8.2.8, whose text paths let ESC, C1, DEL and bidi overrides through.
"""

from __future__ import annotations

import os
import re
import time
import traceback
from functools import lru_cache
from pathlib import Path

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


class Guard(LineFilter):
    """Makes control and bidi characters of every drawn segment visible."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments with nothing in them that a terminal would obey."""
        search = _UNSAFE.search
        if not any(search(segment.text) for segment in segments if not segment.control):
            return segments
        return [
            segment if segment.control else Segment(_UNSAFE.sub(_visible, segment.text), segment.style)
            for segment in segments
        ]


class Colourless(LineFilter):
    """Takes the colours out and leaves weight and reversal, for NO_COLOR."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without colours."""
        return [Segment(text, _without_colour(style), control) for text, style, control in segments]


@lru_cache(maxsize=256)
def _without_colour(style: Style | None) -> Style | None:
    return style and Style(bold=style.bold, reverse=style.reverse, underline=style.underline)


def write_crash(error: BaseException | None, folder: Path) -> Path | None:
    """Write a traceback without local variables where only its owner reads it; None when that is impossible."""
    text = "".join(traceback.format_exception(error)) if error is not None else "no exception\n"
    path = folder / f"crash-{os.getpid()}-{time.monotonic_ns()}.txt"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError:
        return None
    return path


def state_folder(environ: dict[str, str] | os._Environ[str]) -> Path:
    """Return where this user's state belongs."""
    base = environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "bt-console"
