"""The one screen: header and banners, a page, the filter line, the keys that work here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Input

from bt_console.model.paging import Delivery
from bt_console.tui import actions
from bt_console.tui.screens.ask import PaletteScreen
from bt_console.tui.screens.page import Frame, Go, Page, Said, Wish
from bt_console.tui.view import banner, header, palette
from bt_console.tui.view.filters import parse
from bt_console.tui.view.look import Look
from bt_console.tui.view.text import Line, Span, Tone, fit
from bt_console.tui.widgets.board import Board
from bt_console.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from bt_console.tui.app import ConsoleApp

POLL_S = 0.5
MIN_SIZE = (60, 16)
_NOTE_TICKS = 16
"""A note stays for eight seconds."""
_ANSWER_POLLS = 20
"""How often to look for the engine's answer to a command."""


class MainScreen(Screen[None]):
    """Polls the store while it is visible and hands each frame to the open page."""

    DEFAULT_CSS = """
    MainScreen { layout: vertical; overflow: hidden; }
    MainScreen #ask { display: none; height: 1; }
    MainScreen.-asking #ask { display: block; }
    MainScreen #slash { width: 3; }
    MainScreen #prompt, MainScreen #prompt:focus { height: 1; border: none; padding: 0; }
    MainScreen #small { display: none; height: 1fr; }
    MainScreen.-small > * { display: none; }
    MainScreen.-small > #small { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = list(actions.bindings())
    app: ConsoleApp

    def __init__(self, pages: list[Page]) -> None:
        super().__init__()
        self._pages = {page.page: page for page in pages}
        self._trail: list[str] = []
        self._is_polling = False
        self._second = ""
        self._was_stale = False
        self._header: Line = ()
        self._note: tuple[int, Line] = (0, ())
        self._is_behind = False
        self._has_missed = False
        self.page: Page = pages[0]

    def compose(self) -> ComposeResult:
        """Header, banners, all pages of which one is visible, filter line and footer."""
        yield Lines(id="header", is_bar=True)
        yield Lines(id="banners")
        yield from self._pages.values()
        yield Lines(id="small")
        yield Lines(id="chip")
        with Horizontal(id="ask"):
            yield Lines(id="slash")
            yield Input(id="prompt", select_on_focus=False)
        yield Lines(id="footer", is_bar=True)

    def on_mount(self) -> None:
        """Open the first page and start reading."""
        prompt = self.query_one("#prompt", Input)
        prompt.cursor_blink = False
        self.query_one("#slash", Lines).show([(Span(" / ", Tone.KEY),)])
        self._enter(self.page.page, "")
        self._ticker = self.set_interval(POLL_S, self.tick)
        self.tick()

    def on_screen_suspend(self) -> None:
        """Draw nothing behind another screen; still listen, so that a forgotten dialog lets no page go unheard."""
        self._is_behind = True

    def on_screen_resume(self) -> None:
        """Draw what came meanwhile."""
        self._is_behind = False
        if self._has_missed:
            self._has_missed = False
            self.refresh_all()

    # --- the newest facts -------------------------------------------------------------------------------------------

    def look(self) -> Look:
        """Return how things are to be shown at this instant."""
        return self.app.look()

    def tick(self) -> None:
        """Keep header and banners true to the clock; ask the store unless an answer is still awaited."""
        self._note = (max(0, self._note[0] - 1), self._note[1])
        if not self._is_polling:
            self._is_polling = True
            self.run_worker(self._poll(), group="poll")
        if self._is_behind:
            return
        look = self.look()
        if look.is_stale != self._was_stale:
            self._was_stale = look.is_stale
            self.refresh_all()
        elif look.clock(look.now) != self._second:
            self.draw_frame()

    async def _poll(self) -> None:
        before = self.app.feed.trouble
        try:
            if await self.app.feed.poll():
                await self._listen()
                self.refresh_all()
            elif self.app.feed.trouble != before:
                self.draw_frame()
        finally:
            self._is_polling = False

    async def _listen(self) -> None:
        """Ring once when somebody is called."""
        pager = self.app.pager
        if pager.hear(await self.app.feed.banners(pager.since(self.app.feed.now()))):
            self.app.ring()

    def refresh_all(self) -> None:
        """Draw everything that is visible from the newest snapshot; unchanged lines cost nothing."""
        if self._is_behind:
            self._has_missed = True
            return
        snapshot = self.app.feed.snapshot
        if snapshot is not None:
            self.page.show(Frame(snapshot=snapshot, look=self.look()))
        self.draw_frame()

    def draw_frame(self) -> None:
        """Draw header, banners, filter chip and footer."""
        if not self.is_attached:
            return
        if self._is_behind:
            self._has_missed = True
            return
        feed, look, width = self.app.feed, self.look(), self.size.width
        is_new_second, self._second = self._second != look.clock(look.now), look.clock(look.now)
        trouble = look.tell("screen.store_trouble", why=look.say(feed.trouble)) if feed.trouble else ""
        is_demo = self.app.lab is not None
        line = header.header(feed.snapshot, look, width, is_demo=is_demo)
        # Age and clock move once a second; anything else at once.
        if is_new_second or header.lasting(line) != header.lasting(self._header):
            self._header = line
            self.query_one("#header", Lines).show([line])
        alarms = header.banners(feed.snapshot, look, width, trouble=trouble)
        self.query_one("#banners", Lines).show((*self._banner(look, width), *alarms))
        self.query_one("#chip", Lines).show(self._chip(look, width))
        footer = actions.footer(self.page.page, look, width, has_lab=is_demo)
        self.query_one("#footer", Lines).show([self._note[1] if self._note[0] else footer])

    def _calling(self) -> tuple[Delivery, ...]:
        """Return the messages for whoever sits here that wait for somebody."""
        snapshot = self.app.feed.snapshot
        return self.app.pager.calling(snapshot, self.app.feed.now()) if snapshot else ()

    def _banner(self, look: Look, width: int) -> list[Line]:
        calling, snapshot = self._calling(), self.app.feed.snapshot
        return [banner.line(calling, snapshot, look, width)] if calling and snapshot else []

    def _put_away(self) -> bool:
        """Put the banner away; return whether there was one."""
        calling = self._calling()
        self.app.pager.put_away(calling)
        if calling:
            self.draw_frame()
        return bool(calling)

    def _open_paged(self) -> None:
        calling, snapshot = self._calling(), self.app.feed.snapshot
        if calling and snapshot:
            number = banner.foremost(calling, snapshot).incident_id
            self.open_page("incidents" if number else "oncall", str(number or ""))

    def _chip(self, look: Look, width: int) -> list[Line]:
        if self.page.wanted.terms and not self.has_class("-asking"):
            return [header.chip(self.page.wanted.text, *self.page.counts(), look, width)]
        return []

    def note(self, text: str, tone: Tone = Tone.ACCENT) -> None:
        """Say something for a few seconds in place of the footer."""
        self._note = (_NOTE_TICKS, (Span(fit(" " + text, self.size.width), tone),))
        self.draw_frame()

    # --- where we are -----------------------------------------------------------------------------------------------

    def open_page(self, name: str, subject: str = "") -> None:
        """Open a page and remember the way back."""
        if name != self.page.page:
            kept = [seen for seen in self._trail if seen != name][-8:]
            self._trail = [*kept, self.page.page]
        self._enter(name, subject)

    def _enter(self, name: str, subject: str) -> None:
        self._stop_asking()
        self.page.remove_class("-open")
        self.page = self._pages[name]
        self.page.add_class("-open")
        self.page.open(subject)
        self.refresh_all()
        self.call_after_refresh(self._arrive)

    def _arrive(self) -> None:
        boards = [board for board in self.page.query(Board) if board.display]
        if boards and self.focused not in boards and not self.has_class("-asking"):
            boards[0].focus()
        self.refresh_all()

    def back(self) -> None:
        """Go to where we came from."""
        self._enter(self._trail.pop() if self._trail else "overview", "")

    @on(Go)
    def go(self, event: Go) -> None:
        """Open the page that something asked for."""
        event.stop()
        self.open_page(event.page, event.subject)

    def on_resize(self, event: events.Resize) -> None:
        """Show a calm message when there is too little room; nothing is lost meanwhile."""
        width, height = event.size
        is_small = width < MIN_SIZE[0] or height < MIN_SIZE[1]
        self._second = ""
        self.set_class(is_small, "-small")
        if is_small:
            self._draw_small(width, height)
        self.call_after_refresh(self.refresh_all)

    def _draw_small(self, width: int, height: int) -> None:
        look = self.look()
        texts = (
            look.tell("screen.too_small", w=width, h=height),
            look.tell("screen.too_small.need", w=MIN_SIZE[0], h=MIN_SIZE[1]),
            look.tell("screen.too_small.quit"),
        )
        above = max(0, (height - len(texts)) // 2)
        lines: list[Line] = [()] * above
        lines += [(Span(fit(text.center(width), width)),) for text in texts]
        self.query_one("#small", Lines).show(lines)

    # --- keys -------------------------------------------------------------------------------------------------------

    def action_press(self, key: str) -> None:
        """Do what a key means on this page."""
        action = actions.find(key, self.page.page, has_lab=self.app.lab is not None)
        if action is not None and not self.page.is_asking:
            self.perform(action.id)

    def perform(self, action: str) -> None:
        """Do an action by its id, as a key or the palette asks."""
        if action in self._pages:
            self.open_page(action, self.page.page if action == "help" and self.page.page != "help" else "")
        elif action in ("clear", "back") and self._put_away():
            return
        elif action == "clear" and self.page.wanted.terms:
            self._set_filter("")
        elif self.page.perform(action):
            self.draw_frame()
        else:
            self._perform_here(action)

    def _perform_here(self, action: str) -> None:
        simple: dict[str, Callable[[], object]] = {
            "back": self.back,
            "filter": self._ask,
            "next_pane": self.focus_next,
            "probe": self._probe,
            "palette": self._open_palette,
            "paged": self._open_paged,
        }
        if action in simple:
            simple[action]()
        else:
            self.app.perform(action)

    def _probe(self) -> None:
        subject = self.page.probe_subject()
        if subject:
            self.submit("probe_now", subject)

    @on(Wish)
    def wish(self, event: Wish) -> None:
        """Leave the wish of a page for the engine."""
        event.stop()
        self.submit(event.verb, event.subject, event.about)

    @on(Said)
    def said(self, event: Said) -> None:
        """Show what a page has to say."""
        event.stop()
        self.note(event.text, Tone.BAD if event.is_bad else Tone.ACCENT)

    def _open_palette(self) -> None:
        look, page, has_lab = self.look(), self.page.page, self.app.lab is not None
        offered = [
            (action.id, look.tell(f"{action.code}.help"), action.shown)
            for action in actions.ACTIONS
            if action.is_command and actions.works(action, page, has_lab=has_lab)
        ]
        found = palette.entries(offered, self.app.feed.snapshot, look)
        self.app.push_screen(PaletteScreen(found, look), self._palette_answered)

    def _palette_answered(self, key: str | None) -> None:
        kind, _, subject = (key or "").partition(":")
        if kind == "action":
            self.perform(subject)
        elif kind == "unit":
            self.open_page("unit", subject)
        elif kind == "service":
            self.open_page("services", subject)

    def submit(self, verb: str, subject: str, about: str = "") -> None:
        """Leave a wish for the engine and say so."""
        self.run_worker(self._submit(verb, subject, about or subject), group="submit")

    async def _submit(self, verb: str, subject: str, about: str) -> None:
        feed, look = self.app.feed, self.look()
        number = await feed.submit(verb, subject, self.app.user)
        if number is None:
            self.note(look.tell("screen.not_sent", why=look.say(feed.trouble)), Tone.BAD)
            return
        self.note(look.tell(f"screen.sent.{verb}", what=about))
        for _ in range(_ANSWER_POLLS):
            await asyncio.sleep(POLL_S)
            answer = await feed.command_result(number)
            if answer is not None:
                self.note(look.say(answer) or look.tell("screen.done"))
                return
        self.note(look.tell("screen.no_answer"), Tone.WARN)

    # --- the filter line --------------------------------------------------------------------------------------------

    def _ask(self) -> None:
        prompt = self.query_one("#prompt", Input)
        prompt.value = self.page.wanted.text
        prompt.placeholder = self.look().tell("screen.filter_hint")
        self.add_class("-asking")
        prompt.focus()
        self.draw_frame()

    def _stop_asking(self) -> None:
        if self.has_class("-asking"):
            self.remove_class("-asking")
            self.call_after_refresh(self._arrive)

    def _set_filter(self, text: str) -> None:
        self.page.wanted = parse(text)
        self.refresh_all()

    @on(Input.Changed, "#prompt")
    def filter_changed(self, event: Input.Changed) -> None:
        """Filter while typing."""
        if self.has_class("-asking"):
            self._set_filter(event.value)

    @on(Input.Submitted, "#prompt")
    def filter_kept(self) -> None:
        """Keep the filter and go back to the rows."""
        self._stop_asking()

    def on_key(self, event: events.Key) -> None:
        """Leave the filter line: escape drops the filter, down keeps it."""
        if self.has_class("-asking") and event.key in ("escape", "down"):
            event.stop()
            event.prevent_default()
            if event.key == "escape":
                self._set_filter("")
            self._stop_asking()
