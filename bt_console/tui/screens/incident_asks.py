"""What a person may do about an incident, asked step by step; each ends in a wish for the engine or in nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from textual.app import App

from bt_console.evaluate.oncall import orders, rota
from bt_console.evaluate.oncall.operators import NOTE_LIMIT
from bt_console.evaluate.oncall.planning import REASON_MIN
from bt_console.model.incident import Incident
from bt_console.model.oncall import OnCall
from bt_console.model.paging import Call, CallState
from bt_console.tui.feed import Feed
from bt_console.tui.screens.ask import ConfirmScreen
from bt_console.tui.screens.forms import Choice, ChoiceScreen, Question, TextScreen
from bt_console.tui.screens.page import Frame, Said, Wish
from bt_console.tui.view import mutes
from bt_console.tui.view.calls import call_of, person
from bt_console.tui.view.ends import ACKNOWLEDGE, SILENCE, End, ends
from bt_console.tui.view.look import Look
from bt_console.tui.view.summary import unit_names
from bt_console.tui.view.text import wrap

_LOOKED_BACK = timedelta(days=7)
_REASON_MAX = 300
Answer = Wish | Said | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Who is asked about which incident, and what is known of it."""

    app: App[object]
    feed: Feed
    frame: Frame
    incident: Incident

    @property
    def look(self) -> Look:
        """How things are shown."""
        return self.frame.look

    @property
    def call(self) -> Call | None:
        """The paging of the incident."""
        return call_of(self.frame.snapshot, self.incident.id)

    @property
    def oncall(self) -> OnCall | None:
        """The configuration in force."""
        return self.frame.snapshot.oncall

    def wish(self, order: orders.Order, about: str = "") -> Wish:
        """Return the order as a wish for the engine."""
        return Wish(*orders.write_order(order), about=about or f"#{self.incident.id}")

    async def choose(self, title: str, choices: Sequence[Choice], meaning: Callable[[str], Sequence[str]]) -> str:
        """Return what was chosen, or nothing."""
        return await self.app.push_screen_wait(ChoiceScreen(title, choices, self.look, meaning))

    async def confirm(self, text: str) -> bool:
        """Return whether it is wanted."""
        return await self.app.push_screen_wait(ConfirmScreen(lambda width: wrap(text, width), self.look))


def end_choices(found: Sequence[End], look: Look) -> list[Choice]:
    """Return ends as answers; the key is the place in the list."""
    return [Choice(key=str(n), text=end.text, note=look.until(end.at)) for n, end in enumerate(found)]


async def acknowledge(ask: Ask) -> Answer:
    """Ask until when."""
    call, look = ask.call, ask.look
    if call is None:
        return ask.wish(orders.Acknowledge(incident=ask.incident.id))
    found = ends(ACKNOWLEDGE, call.policy.ack_max_s, ask.frame.snapshot.timezone, look)
    hint = look.tell("told.ask.ack.hint")
    title = look.tell("told.ask.ack", id=ask.incident.id)
    key = await ask.choose(title, end_choices(found, look), lambda _: (hint,))
    if not key:
        return None
    end = found[int(key)]
    # The longest is left to the monitor: measured from here, it would be a moment short or long.
    return ask.wish(orders.Acknowledge(incident=ask.incident.id, until=None if end.is_longest else end.at))


async def give_back(ask: Ask) -> Answer:
    """Say who will be called again."""
    call = ask.call
    if call is None or call.state is not CallState.ACKED:
        return Said(ask.look.tell("told.ask.give_back.not_acked"), is_bad=True)
    text = ask.look.tell("told.ask.give_back", id=ask.incident.id, who=await _people(ask, call, 0))
    return ask.wish(orders.Unacknowledge(incident=ask.incident.id)) if await ask.confirm(text) else None


async def claim(ask: Ask) -> Answer:
    """Write down at once who works on it: it disturbs nobody."""
    return ask.wish(orders.Claim(incident=ask.incident.id))


async def escalate(ask: Ask) -> Answer:
    """Say who will be called."""
    call = ask.call
    if call is None:
        return Said(ask.look.tell("told.ask.ack.no_call"), is_bad=True)
    step = max(0, min(call.step + 1, len(call.policy.steps) - 1))
    who = await _people(ask, call, step)
    text = ask.look.tell("told.ask.escalate", id=ask.incident.id, step=step + 1, who=who)
    return ask.wish(orders.Escalate(incident=ask.incident.id)) if await ask.confirm(text) else None


async def _people(ask: Ask, call: Call, step: int) -> str:
    """Return the names of those a step calls now."""
    if ask.oncall is None or not call.policy.steps:
        return "–"
    overrides = await ask.feed.overrides()
    found = rota.people(call.policy.steps[step].notify, ask.oncall, overrides, ask.look.now)
    return ", ".join(person(contact, ask.oncall) for contact in found) or "–"


async def note(ask: Ask) -> Answer:
    """Ask for the text."""
    question = Question(
        title=ask.look.tell("told.ask.note", id=ask.incident.id),
        lines=(ask.look.tell("told.ask.note.hint"),),
        least_count=1,
        most_count=NOTE_LIMIT,
    )
    text = await ask.app.push_screen_wait(TextScreen(question, ask.look))
    return ask.wish(orders.AddNote(incident=ask.incident.id, text=text)) if text else None


async def silence(ask: Ask) -> Answer:
    """Ask what, until when and why; what it would hide is shown at every step."""
    look, now = ask.look, ask.look.now
    scopes = mutes.scopes(ask.incident)
    week = await ask.feed.incidents_between(now - _LOOKED_BACK, now)
    names = unit_names(ask.frame.snapshot)

    @cache
    def meaning(scope: str) -> tuple[str, ...]:
        found = mutes.foresee(scopes[scope], week, ask.frame.snapshot, look)
        return mutes.preview_lines(found, look) if found else ()

    texts = {scope: mutes.scope_text(scope, ask.incident, names, look) for scope in scopes}
    choices = [Choice(key=scope, text=text) for scope, text in texts.items()]
    scope = await ask.choose(look.tell("told.ask.scope"), choices, meaning)
    end = await _silence_end(ask) if scope else None
    if end is None:
        return None
    lines = (texts[scope], *meaning(scope), look.tell("told.duty.until", at=look.until(end.at)))
    title = look.tell("told.ask.reason", n=REASON_MIN)
    question = Question(title=title, lines=lines, least_count=REASON_MIN, most_count=_REASON_MAX)
    reason = await ask.app.push_screen_wait(TextScreen(question, look))
    order = orders.AddSilence(match=scopes[scope], ends_at=end.at, reason=reason)
    return ask.wish(order, texts[scope]) if reason else None


async def _silence_end(ask: Ask) -> End | None:
    look, oncall = ask.look, ask.oncall
    longest_s = oncall.silence_max_s if oncall else None
    found = ends(SILENCE, longest_s, ask.frame.snapshot.timezone, look)
    hint = look.tell("told.ask.until.hint")
    key = await ask.choose(look.tell("told.ask.until"), end_choices(found, look), lambda _: (hint,))
    return found[int(key)] if key else None


FLOWS: dict[str, Callable[[Ask], Awaitable[Answer]]] = {
    "acknowledge": acknowledge,
    "give_back": give_back,
    "claim": claim,
    "escalate": escalate,
    "note": note,
    "silence": silence,
}
"""By action."""
