"""A few fixed lines: header, banners, column titles, footer. Only lines that changed are drawn again."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from bt_console.tui.view.text import Line, cells
from bt_console.tui.widgets.palette import Inks, inks_of

_ASCII_PAIRS = "●o ▲! ■x □u ▸> ▾v ▌> ✓v ×x ─- ━= ▔- │| ┄. ▶> ✖X ▁1 ▂2 ▃3 ▄4 ▅5 ▆6 ▇7 █8 ░: ▒% ▓# ▚= …~ –- ·. ↑^ ↓v"
_ASCII = str.maketrans({pair[0]: pair[1] for pair in _ASCII_PAIRS.split()})


def draw(line: Line, width: int, inks: Inks, base: Style, *, is_ascii: bool) -> Strip:
    """Return a line as a strip of exactly that width."""
    segments = [
        Segment(text.translate(_ASCII) if is_ascii else text, base + inks.of(tone)) for text, tone in line if text
    ]
    used = sum(cells(segment.text) for segment in segments)
    if used < width:
        segments.append(Segment(" " * (width - used), base))
    strip = Strip(segments, max(used, width))
    return strip.crop(0, width) if used > width else strip


class Lines(Widget):
    """Fixed lines of toned text; its height follows their count."""

    DEFAULT_CSS = "Lines { height: auto; width: 100%; }"

    def __init__(self, *, id: str | None = None, is_bar: bool = False) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()
        self._is_bar = is_bar
        self.styles.height = 1 if is_bar else 0

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines, drawing again only what differs."""
        old, self._lines = self._lines, tuple(lines)
        if len(old) != len(self._lines):
            self.styles.height = len(self._lines)
            self.refresh(layout=True)
            return
        for y, (before, after) in enumerate(zip(old, self._lines, strict=True)):
            if before != after:
                self.refresh(Region(0, y, self.size.width, 1))

    @property
    def shown(self) -> tuple[Line, ...]:
        """The lines now shown."""
        return self._lines

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        inks, is_ascii = inks_of(self)
        line = self._lines[y] if y < len(self._lines) else ()
        return draw(line, self.size.width, inks, inks.bar if self._is_bar else inks.base, is_ascii=is_ascii)
