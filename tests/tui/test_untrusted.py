"""Text from the network is shown, never obeyed: not by Textual's markup, not by the terminal."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from bt_console.model.change import Change, Paper
from bt_console.model.incident import Step
from bt_console.model.inventory import TargetId
from bt_console.model.oncall import OnCall
from bt_console.tui.guard import Guard
from bt_console.words import message
from tests.tui import district, lan, telling
from tests.tui.driving import SMALL, WIDE, shown

PAYLOADS = (
    "\x1b[2J\x1b[31mred",
    "\x1b]0;title\x07",
    "\x1b]52;c;aGVsbG8=\x07",
    "\x9b2J",
    "\x9d0;title\x9c",
    "a\x00b\x0e\x0fc\x7f",
    "line\r\nnext\ttab",
    "\u202egnp.exe\u2066x\u2069",
    "zero\u200bwidth\ufeff",
    "[/]",
    "[/x][b]bold",
    "[@click=app.quit]press[/]",
    "eth0[1/2] \\[",
    "漢字カナ" * 6,
    "a\u0301\u0302\u0303" * 30,
    "👩‍👩‍👧‍👦 ⚡️",
    "x" * 4000,
)
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")

ONCALL = (("7", "end"), ("home", "down", "enter"))
"""The page of duty and messages, and the proof of one."""


def poisoned(payload: str) -> Change:
    """Return the broken district with a payload in every text that can come from outside."""
    change = district.broken_change()
    plan = change.inventory
    assert plan is not None
    units = {unit.id: replace(unit, name=payload) for unit in plan.units.values()}
    targets = {t.id: replace(t, name=payload, address=payload) for t in plan.targets.values()}
    said = message("reason.down", probe=payload, detail=payload)
    incidents = tuple(
        replace(
            incident,
            cause=replace(
                incident.cause,
                message=message("cause.tslcd_down", unit=payload),
                steps=(Step(at=district.NOW, message=said),),
            ),
            impact=replace(incident.impact, services=(TargetId(payload),)),
            acknowledged_by=payload if incident.acknowledged_by else "",
        )
        for incident in change.incidents
    )
    samples = {h.check_id: tuple(replace(s, detail=payload, failure="tls") for s in h.samples) for h in change.healths}
    return replace(
        change,
        inventory=replace(plan, units=units, targets=targets, district=payload),
        targets=tuple(replace(t, reason=said) for t in change.targets),
        healths=tuple(replace(h, samples=samples[h.check_id], facts=(("server", payload),)) for h in change.healths),
        incidents=incidents,
        devices=(lan.device(1, name=payload, vendor=payload, address=payload, port=payload),),
        events=tuple(replace(event, message=said) for event in change.events),
        observations=tuple(
            replace(o, reading=replace(o.reading, facts={"server": payload}, detail=payload))
            for o in change.observations[-20:]
        ),
        engine=district.engine(config_error=payload),
        oncall=poisoned_oncall(payload),
        paper=poisoned_paper(payload),
    )


def poisoned_oncall(payload: str) -> OnCall:
    """Return the on-call configuration with a payload for every name."""
    plan = telling.oncall()
    contacts = {key: replace(contact, name=payload) for key, contact in plan.contacts.items()}
    return replace(plan, contacts=contacts, mutes=tuple(replace(mute, reason=payload) for mute in plan.mutes))


def poisoned_paper(payload: str) -> Paper:
    """Return messages, answers, notes and reasons as somebody outside may have written them."""
    paper, said = telling.paper(), message("oncall.why.failed", outcome=payload, detail=payload)
    banner = replace(telling.banner(90, district.before(10)), title=payload)
    return replace(
        paper,
        deliveries=tuple(
            replace(row, title=payload, body=payload, why=said, provider_id=payload)
            for row in (*paper.deliveries, banner)
        ),
        attempts=tuple(replace(row, code=payload, detail=payload, provider_id=payload) for row in paper.attempts),
        channel_healths=tuple(replace(row, reason=said) for row in paper.channel_healths),
        inbounds=tuple(replace(row, sender=payload, text=payload, result=said) for row in paper.inbounds),
        mutes=tuple(replace(row, author=payload, reason=payload) for row in paper.mutes),
        overrides=tuple(replace(row, reason=payload) for row in paper.overrides),
        heartbeats=tuple(replace(row, detail=said) for row in paper.heartbeats),
        notes=tuple(replace(row, by=payload, text=payload) for row in paper.notes),
        calls=tuple(replace(row, claimed_by=payload) for row in paper.calls),
    )


@pytest.mark.parametrize("payload", PAYLOADS, ids=[repr(payload[:12]) for payload in PAYLOADS])
async def test_no_screen_obeys_or_breaks_on_untrusted_text(tmp_path: Path, payload: str) -> None:
    async with shown(tmp_path, poisoned(payload)) as running:
        for keys in (
            ("down", "enter"),
            ("down", "enter"),
            ("3", "enter"),
            ("4", "enter"),
            ("7", "end"),
            ("home", "down", "enter"),
        ):
            await running.press(*keys)
            for line in running.lines():
                assert not UNSAFE.search(line)
        await running.press("escape", "4", "t", "enter", "escape", "x", "escape", "colon", "a", "escape", "escape", "1")
        await running.pilot.resize_terminal(*WIDE)
        await running.settle()
        assert not any(UNSAFE.search(line) for line in running.lines())
        await running.pilot.click("#table", offset=(4, 1))
        await running.settle()
        await running.pilot.resize_terminal(*SMALL)
        assert running.app.is_running


@pytest.mark.parametrize("payload", PAYLOADS, ids=[repr(payload[:12]) for payload in PAYLOADS])
def test_the_guard_lets_no_control_character_through(payload: str) -> None:
    drawn = Guard().apply([Segment(payload, Style())], Color(0, 0, 0))
    assert not any(UNSAFE.search(segment.text) for segment in drawn)


def test_the_guard_leaves_clean_text_as_the_very_same_list() -> None:
    segments = [Segment("Xã Cao Sơn ▁▂▃", Style())]
    assert Guard().apply(segments, Color(0, 0, 0)) is segments
