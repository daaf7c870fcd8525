"""What a person may do about duty and channels, asked step by step: test somebody, stand in, end a mute."""

from __future__ import annotations

from datetime import datetime

from textual.app import App

from bt_console.evaluate.oncall import orders
from bt_console.evaluate.oncall.ways import ways_to
from bt_console.model.oncall import NoticeKind, OnCall
from bt_console.tui.screens.ask import ConfirmScreen
from bt_console.tui.screens.forms import Choice, ChoiceScreen
from bt_console.tui.screens.incident_asks import Answer, end_choices
from bt_console.tui.screens.page import Frame, Said, Wish
from bt_console.tui.view.calls import person
from bt_console.tui.view.duty import OVERRIDE_KEY
from bt_console.tui.view.ends import STAND_IN, End, ends
from bt_console.tui.view.mutes import MUTE_KEY
from bt_console.tui.view.text import wrap

_Asked = App[object]


async def _confirm(app: _Asked, text: str, frame: Frame) -> bool:
    return await app.push_screen_wait(ConfirmScreen(lambda width: wrap(text, width), frame.look))


def _wish(order: orders.Order, about: str) -> Wish:
    return Wish(*orders.write_order(order), about=about)


def _channels_of(contact: str, oncall: OnCall) -> str:
    return ", ".join(way.id for way in ways_to(oncall, oncall.contacts[contact], NoticeKind.TEST))


async def test(app: _Asked, frame: Frame) -> Answer:
    """Ask whom, and say over which channels a real message goes."""
    look, oncall = frame.look, frame.snapshot.oncall
    if oncall is None or not oncall.contacts:
        return Said(look.tell("told.no_contacts"), is_bad=True)
    ways = {contact: _channels_of(contact, oncall) for contact in oncall.contacts}
    choices = [Choice(key=one.id, text=one.name, note=ways[one.id]) for one in oncall.contacts.values()]

    def meaning(contact: str) -> tuple[str, ...]:
        return (_test_text(contact, ways[contact], frame),)

    contact = await app.push_screen_wait(ChoiceScreen(look.tell("told.ask.test"), choices, look, meaning))
    if not contact or not await _confirm(app, _test_text(contact, ways[contact], frame), frame):
        return None
    return _wish(orders.SendTest(contact=contact), person(contact, oncall))


def _test_text(contact: str, channels: str, frame: Frame) -> str:
    code = "told.ask.test.sure" if channels else "told.ask.test.nothing"
    return frame.look.tell(code, who=person(contact, frame.snapshot.oncall), channels=channels)


async def stand_in(app: _Asked, frame: Frame) -> Answer:
    """Ask in which schedule, who and until when."""
    look, oncall = frame.look, frame.snapshot.oncall
    if oncall is None or not oncall.schedules:
        return Said(look.tell("told.duty.none"), is_bad=True)
    schedule = await _schedule(app, frame, oncall)
    contact = await _stand_in(app, frame, oncall, schedule) if schedule else ""
    end = await _stand_in_end(app, frame, schedule) if contact else None
    if end is None:
        return None
    who = person(contact, oncall)
    sure = look.tell("told.ask.stand_in.sure", until=look.until(end.at), who=who, schedule=schedule)
    if not await _confirm(app, sure, frame):
        return None
    order = orders.AddOverride(schedule=schedule, in_contact=contact, starts_at=look.now, ends_at=end.at)
    return _wish(order, who)


async def _schedule(app: _Asked, frame: Frame, oncall: OnCall) -> str:
    if len(oncall.schedules) == 1:
        return next(iter(oncall.schedules))
    look = frame.look
    choices = [Choice(key=schedule, text=schedule) for schedule in oncall.schedules]
    return await app.push_screen_wait(ChoiceScreen(look.tell("told.ask.schedule"), choices, look, lambda _: ()))


async def _stand_in(app: _Asked, frame: Frame, oncall: OnCall, schedule: str) -> str:
    look = frame.look
    now = [
        look.tell("told.ask.stand_in.now", who=person(shift.contact, oncall), until=look.until(shift.ends_at))
        for shift in frame.snapshot.duty
        if shift.schedule == schedule
    ]
    choices = [
        Choice(key=one.id, text=one.name, note=", ".join(one.addresses))
        for one in oncall.contacts.values()
        if one.addresses
    ]
    if not choices:
        return ""
    title = look.tell("told.ask.stand_in", schedule=schedule)
    return await app.push_screen_wait(ChoiceScreen(title, choices, look, lambda _: now))


async def _stand_in_end(app: _Asked, frame: Frame, schedule: str) -> End | None:
    look = frame.look
    turns = [shift.ends_at for shift in frame.snapshot.duty if shift.schedule == schedule]
    found = [*ends(STAND_IN, None, frame.snapshot.timezone, look), *(_turn(at, frame) for at in turns)]
    found.sort(key=lambda end: end.at)
    screen = ChoiceScreen(look.tell("told.ask.until"), end_choices(found, look), look, lambda _: ())
    key = await app.push_screen_wait(screen)
    return found[int(key)] if key else None


def _turn(ends_at: datetime, frame: Frame) -> End:
    return End(at=ends_at, text=frame.look.tell("told.span.shift"))


async def end(app: _Asked, frame: Frame, key: str) -> Answer:
    """Ask before the selected mute or stand-in ends."""
    prefix = next((one for one in (MUTE_KEY, OVERRIDE_KEY) if key.startswith(one)), "")
    if not prefix:
        return Said(frame.look.tell("told.not_ended"), is_bad=True)
    number, is_mute = int(key.removeprefix(prefix)), prefix == MUTE_KEY
    code = "told.ask.end_mute" if is_mute else "told.ask.end_override"
    if not await _confirm(app, frame.look.tell(code, id=number), frame):
        return None
    return _wish(orders.EndMute(id=number) if is_mute else orders.EndOverride(id=number), str(number))
