"""Every key of the console in one registry: bindings, footer, help and the command palette are made from it.

Keys survive a Vietnamese input method left on: no vowel, d, w or bracket starts an action.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding

from bt_console.tui.view.look import Look
from bt_console.tui.view.text import Line, Span, Tone, cells

_MEASURED = ("overview", "unit", "services", "incidents")
PAGES = (*_MEASURED, "oncall")
"""Pages with a number key; the function key after that number does the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing a key does."""

    id: str
    keys: str
    """Textual's key names, the one to show first."""
    shown: str
    """The key as people read it."""
    pages: tuple[str, ...] = ()
    """Where it works; empty for everywhere."""
    rank: int = 0
    """Order in the footer; 0 keeps it out of there."""
    needs_lab: bool = False
    is_command: bool = True
    """Offered in the command palette."""

    @property
    def code(self) -> str:
        """The word code of its short label; `.help` has the long one."""
        return f"action.{self.id}"


ACTIONS = (
    Action(id="overview", keys="1,f2", shown="1"),
    Action(id="unit", keys="2,f3", shown="2"),
    Action(id="services", keys="3,f4", shown="3"),
    Action(id="incidents", keys="4,f5", shown="4"),
    Action(id="oncall", keys="7,f8", shown="7"),
    Action(id="open", keys="", shown="enter", pages=(*PAGES, "check", "drill"), rank=10, is_command=False),
    Action(id="fold", keys="", shown="space", pages=("overview",), is_command=False),
    Action(id="sort", keys="s", shown="s", pages=("overview",), rank=20),
    Action(id="acknowledge", keys="x", shown="x", pages=("incidents",), rank=15),
    Action(id="claim", keys="n", shown="n", pages=("incidents",), rank=16),
    Action(id="silence", keys="t", shown="t", pages=("incidents",), rank=17),
    Action(id="note", keys="g", shown="g", pages=("incidents",), rank=18),
    Action(id="escalate", keys="z", shown="z", pages=("incidents",), rank=19),
    Action(id="give_back", keys="b", shown="b", pages=("incidents",), rank=20),
    Action(id="test", keys="t", shown="t", pages=("oncall",), rank=15),
    Action(id="stand_in", keys="v", shown="v", pages=("oncall",), rank=16),
    Action(id="end", keys="x", shown="x", pages=("oncall",), rank=17),
    Action(id="probe", keys="r", shown="r", pages=(*_MEASURED, "check"), rank=25),
    Action(id="filter", keys="slash", shown="/", pages=("overview", "services", "incidents"), rank=30),
    Action(id="drill", keys="F", shown="F", pages=(*PAGES, "check", "help"), rank=35, needs_lab=True),
    Action(id="heal", keys="h", shown="h", pages=("drill",), rank=15, needs_lab=True),
    Action(id="heal_all", keys="x", shown="x", pages=("drill",), rank=20, needs_lab=True),
    Action(id="back", keys="escape", shown="esc", rank=40, pages=("unit", "check", "help", "drill"), is_command=False),
    Action(
        id="clear", keys="escape", shown="esc", pages=("overview", "services", "incidents", "oncall"), is_command=False
    ),
    Action(id="next_pane", keys="tab", shown="tab", is_command=False),
    Action(id="palette", keys="ctrl+p,colon", shown=":", rank=50, is_command=False),
    Action(id="language", keys="l", shown="l", rank=55),
    Action(id="theme", keys="ctrl+t", shown="ctrl+t"),
    Action(id="paged", keys="p", shown="p"),
    Action(id="bell", keys="", shown=":"),
    Action(id="repaint", keys="ctrl+l", shown="ctrl+l"),
    Action(id="help", keys="question_mark,f1", shown="?", rank=60),
    Action(id="quit", keys="q,ctrl+q", shown="q", rank=65),
)


def bindings() -> list[Binding]:
    """Return one binding per key; what it does depends on the page."""
    keys = {key for action in ACTIONS for key in action.keys.split(",") if key}
    return [Binding(key, f"press('{key}')", show=False) for key in sorted(keys)]


def works(action: Action, page: str, *, has_lab: bool) -> bool:
    """Return whether an action exists on a page."""
    return (not action.pages or page in action.pages) and (has_lab or not action.needs_lab)


def find(key: str, page: str, *, has_lab: bool) -> Action | None:
    """Return what a key does on a page."""
    hits = [a for a in ACTIONS if key in a.keys.split(",") and works(a, page, has_lab=has_lab)]
    return hits[0] if hits else None


def footer(page: str, look: Look, width: int, *, has_lab: bool) -> Line:
    """Return the keys that work here; the last ones give way when the line is full, help and quit never do."""
    active = sorted((a for a in ACTIONS if a.rank and works(a, page, has_lab=has_lab)), key=lambda a: a.rank)
    pairs = [(a.shown, look.tell(a.code)) for a in active]
    pairs.insert(0, ("1-4 7", look.tell("action.pages")))
    while len(pairs) > 3 and sum(cells(key) + cells(label) + 3 for key, label in pairs) > width:
        pairs.pop(-3)
    line: list[Span] = []
    for key, label in pairs:
        line += (Span(f" {key}", Tone.KEY), Span(f" {label} ", Tone.MUTED))
    return tuple(line)
