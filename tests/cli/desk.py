"""The desk of a monitor beside a store: it pages about the incident of the example and answers what commands ask."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, time, timedelta

from bt_console.channels.api import Heard, Received, Sent
from bt_console.engine.pipeline import Pipeline
from bt_console.engine.telling import Telling
from bt_console.evaluate.oncall.orders import AddNote, AddOverride, AddSilence, Claim, Order, write_order
from bt_console.model.change import Change, Paper
from bt_console.model.inventory import UnitId
from bt_console.model.oncall import Direction, Match, NoticeKind, OnCall
from bt_console.model.paging import Heartbeat, SendOutcome
from bt_console.words import message
from tests.cli.example import NOW, OPENED, Filled

CODE = "7342"
PAGED = OPENED + timedelta(seconds=2)
BY = "lan@10.20.1.5"


def _plan(oncall: OnCall) -> OnCall:
    """Return the example's plan with nights nobody covers and without holidays."""
    schedule = oncall.schedules["it"]
    days = replace(schedule.layers[0], hours=(time(6), time(22)))
    return replace(oncall, schedules={"it": replace(schedule, layers=(days,), holidays=())})


class Desk:
    """Decides as the monitor's own desk does and stores it; time is what the caller says."""

    def __init__(self, filled: Filled) -> None:
        self.filled = filled
        self.oncall = _plan(filled.settings.oncall)
        self.commit(Change(oncall=self.oncall))
        memory = filled.writer.load()
        pipeline = Pipeline(memory, filled.settings.inventory)
        self._telling = Telling(memory, self.oncall, pipeline, lambda: CODE)

    def commit(self, change: Change) -> None:
        self.filled.writer.commit(change)

    def page(self) -> None:
        """Page about the incident; everybody's provider takes it."""
        self.commit(self._telling.advance(OPENED))
        self.commit(self._telling.advance(PAGED))
        change, due = self._telling.lease(PAGED)
        self.commit(change)
        for row in due:
            sent = Sent(outcome=SendOutcome.ACCEPTED, provider_id=f"m-{row.id}", code="200", detail="ok")
            self.commit(self._telling.settle(row.id, sent, PAGED + timedelta(seconds=1)))

    def receipt(self, kind: NoticeKind, channel: str, sent: Sent, at: datetime) -> None:
        """Let a provider say later what became of a message."""
        rows = (row for row in self._telling.deliveries if (row.kind, row.channel) == (kind, channel))
        self.commit(self._telling.receipt(next(rows).id, sent, at))

    def reply(self, text: str, at: datetime) -> None:
        """Let who is on duty answer over the channel that paged."""
        contact = next(row.contact for row in self._telling.deliveries if row.channel == "zalo")
        sender = self.oncall.contacts[contact].addresses["zalo"]
        message = Heard(provider_id=f"in-{text}", sender=sender, text=text, at=at)
        self.commit(self._telling.heard("zalo", Received(messages=(message,), cursor="9"), at))

    def obey(self, order: Order, at: datetime) -> None:
        """Carry out an order."""
        change, _ = self._telling.obey(*write_order(order), BY, at)
        self.commit(change)

    @contextmanager
    def answering(self, at: datetime = NOW) -> Iterator[None]:
        """Answer what commands ask, from another thread."""
        is_over = threading.Event()
        thread = threading.Thread(target=self._answer_until, args=(is_over, at))
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def _answer_until(self, is_over: threading.Event, at: datetime) -> None:
        while not is_over.wait(0.01):
            for command in self.filled.writer.pending_commands():
                change, answer = self._telling.obey(command.verb, command.subject, command.by, at)
                told = ((command.id, answer),)
                self.commit(replace(change, handled_commands=(command.id,), command_results=told))

    def tell_all(self) -> None:
        """Let happen what documents can speak of: a note, a claim, a silence, a stand-in, an answer by code."""
        self.page()
        later = PAGED + timedelta(seconds=10)
        self.obey(Claim(incident=1), later)
        self.obey(AddNote(incident=1, text="đã gọi điện lực"), later)
        elsewhere = Match(units=frozenset({UnitId("tu-tri")}))
        self.obey(AddSilence(match=elsewhere, ends_at=NOW + timedelta(hours=2), reason="sửa điện"), later)
        self.obey(
            AddOverride(
                schedule="it",
                in_contact="cuong",
                starts_at=NOW + timedelta(days=1),
                ends_at=NOW + timedelta(days=2),
                reason="nghỉ phép",
            ),
            later,
        )
        self.reply("1111", later)
        self.reply(f"ACK {CODE}", PAGED + timedelta(seconds=20))
        self.commit(Change(paper=Paper(heartbeats=tuple(_heartbeats()))))


def _heartbeats() -> Iterator[Heartbeat]:
    missed = message("heartbeat.missed", name="sao-luu", at="2026-11-24T20:00:00+07:00")
    yield Heartbeat(name="sao-luu", direction=Direction.IN, is_missed=True, detail=missed)
    yield Heartbeat(name="tinh", direction=Direction.OUT, last_at=NOW)
    yield Heartbeat(name="disk", direction=Direction.SELF, last_at=NOW)
    lag = message("audit.lag", seconds=9.5)
    yield Heartbeat(name="schedule", direction=Direction.SELF, last_at=NOW, is_missed=True, detail=lag)
