"""The colours of each theme, one style per tone; without colour, weight and reversal speak.

Source: WCAG 2.2, 1.4.3 and 1.4.6 (text on background at least 4.5:1, in the contrast theme 7:1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

from rich.style import Style
from textual.theme import Theme
from textual.widget import Widget

from bt_console.tui.view.text import Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """One theme: the screen's colours, the selection, and a colour per tone."""

    background: str
    bar: str
    cursor: str
    is_dark: bool
    colours: dict[Tone, str]


_DARK = Palette(
    background="#10151b",
    bar="#1b232d",
    cursor="#26384a",
    is_dark=True,
    colours={
        Tone.TEXT: "#d3dae3",
        Tone.MUTED: "#8b97a5",
        Tone.STRONG: "bold #f0f4f8",
        Tone.HEAD: "#9fb4c9",
        Tone.ACCENT: "#6fa8dc",
        Tone.OK: "#7fc08d",
        Tone.WARN: "#e5b85c",
        Tone.BAD: "bold #f47a80",
        Tone.HIDDEN: "#b79ce0",
        Tone.UNKNOWN: "#9aa7b5",
        Tone.KEY: "bold #8fc7ff",
        Tone.ALARM: "bold #ffffff on #a3262f",
        Tone.BADGE: "bold #10151b on #e5b85c",
        Tone.CHIP: "#10151b on #8fc7ff",
        Tone.RULE: "#3b4754",
        Tone.SMOKE: "#5b82a6",
    },
)
_LIGHT = Palette(
    background="#fafaf7",
    bar="#e8eaed",
    cursor="#d5e4f5",
    is_dark=False,
    colours={
        Tone.TEXT: "#22272e",
        Tone.MUTED: "#5c6670",
        Tone.STRONG: "bold #0d1117",
        Tone.HEAD: "#3f5872",
        Tone.ACCENT: "#0b5cad",
        Tone.OK: "#1b6e34",
        Tone.WARN: "#855300",
        Tone.BAD: "bold #b3161f",
        Tone.HIDDEN: "#6235a5",
        Tone.UNKNOWN: "#5c6670",
        Tone.KEY: "bold #0b5cad",
        Tone.ALARM: "bold #ffffff on #b3161f",
        Tone.BADGE: "bold #ffffff on #855300",
        Tone.CHIP: "#ffffff on #0b5cad",
        Tone.RULE: "#c3c9cf",
        Tone.SMOKE: "#6d94bd",
    },
)
_CONTRAST = Palette(
    background="#000000",
    bar="#1a1a1a",
    cursor="#00407a",
    is_dark=True,
    colours={
        Tone.TEXT: "#ffffff",
        Tone.MUTED: "#d0d0d0",
        Tone.STRONG: "bold #ffffff",
        Tone.HEAD: "bold #ffffff",
        Tone.ACCENT: "#7cc4ff",
        Tone.OK: "#5dff8f",
        Tone.WARN: "bold #ffe14d",
        Tone.BAD: "bold #ff9090",
        Tone.HIDDEN: "#e0b8ff",
        Tone.UNKNOWN: "#ffffff",
        Tone.KEY: "bold #7cc4ff",
        Tone.ALARM: "bold #ffffff on #b00000",
        Tone.BADGE: "bold #000000 on #ffe14d",
        Tone.CHIP: "bold #000000 on #ffffff",
        Tone.RULE: "#9a9a9a",
        Tone.SMOKE: "#9fd0ff",
    },
)
_SAFE = Palette(
    background=_DARK.background,
    bar=_DARK.bar,
    cursor=_DARK.cursor,
    is_dark=True,
    # Okabe-Ito blue, yellow and vermillion stay apart in every common colour blindness.
    colours=_DARK.colours
    | {Tone.OK: "#56b4e9", Tone.WARN: "#f0e442", Tone.BAD: "bold #f58a3c", Tone.ALARM: "bold #000000 on #f58a3c"},
)
PALETTES = {"dark": _DARK, "light": _LIGHT, "contrast": _CONTRAST, "safe": _SAFE}
DEFAULT_THEME = "dark"
_PREFIX = "console-"
_PLAIN = {
    Tone.STRONG: "bold",
    Tone.HEAD: "bold",
    Tone.BAD: "bold",
    Tone.KEY: "bold",
    Tone.ALARM: "bold reverse",
    Tone.BADGE: "reverse",
    Tone.CHIP: "reverse",
}


def textual_themes() -> tuple[Theme, ...]:
    """Return the themes for Textual's own widgets: only the background, the text and the input matter."""
    return tuple(
        Theme(
            name=_PREFIX + name,
            primary=palette.colours[Tone.ACCENT],
            foreground=palette.colours[Tone.TEXT],
            background=palette.background,
            surface=palette.background,
            panel=palette.bar,
            dark=palette.is_dark,
            variables={
                "scrollbar": palette.colours[Tone.RULE],
                "scrollbar-hover": palette.colours[Tone.MUTED],
                "scrollbar-active": palette.colours[Tone.MUTED],
                "scrollbar-background": palette.background,
                "scrollbar-background-hover": palette.background,
                "scrollbar-background-active": palette.background,
            },
        )
        for name, palette in PALETTES.items()
    )


def textual_name(theme: str) -> str:
    """Return Textual's name of one of our themes."""
    return _PREFIX + theme


class Inks:
    """Rich styles of one theme, made once."""

    def __init__(self, theme: str, *, is_plain: bool) -> None:
        palette = PALETTES[theme]
        self._styles = {tone: _style(tone, palette, is_plain=is_plain) for tone in Tone}
        self.base = Style() if is_plain else Style.parse(f"{palette.colours[Tone.TEXT]} on {palette.background}")
        self.bar = Style() if is_plain else Style.parse(f"{palette.colours[Tone.TEXT]} on {palette.bar}")
        self.cursor = Style(reverse=True) if is_plain else Style.parse(f"on {palette.cursor}")

    def of(self, tone: Tone) -> Style:
        """Return the style of a tone."""
        return self._styles[tone]


def _style(tone: Tone, palette: Palette, *, is_plain: bool) -> Style:
    return Style.parse(_PLAIN.get(tone, "none") if is_plain else palette.colours[tone])


class Inked(Protocol):
    """An app that says how to draw."""

    inks: Inks
    is_ascii: bool


def inks_of(widget: Widget) -> tuple[Inks, bool]:
    """Return the styles in force and whether only ASCII glyphs may be drawn."""
    app = cast("Inked", widget.app)
    return app.inks, app.is_ascii
