"""Everything in the lab that brings messages to people and takes their answers: bots, boxes, a modem."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from bt_console.lab.plan import Service
from bt_console.lab.services.bot import Bot
from bt_console.lab.services.gateway import Gateway
from bt_console.lab.services.letters import Letters


class Boxes:
    """Mail boxes of people at one server."""

    def __init__(self, channel: str, addresses: Iterable[str], letters: Letters) -> None:
        self._channel = channel
        self._addresses = {address.lower(): address for address in addresses}
        self._letters = letters

    def has(self, address: str) -> bool:
        """Whether somebody has a box here."""
        return address.lower() in self._addresses

    def deliver(self, address: str, content: bytes) -> None:
        """Put a mail into somebody's box."""
        mail = message_from_bytes(content, policy=default)
        assert isinstance(mail, EmailMessage)
        body = mail.get_body(("plain",))
        text = f"{mail.get('Subject', '')}\n\n{body.get_content() if body else ''}".strip()
        self._letters.take(self._channel, self._addresses[address.lower()], text, str(mail.get("Message-ID", "")))


class Postroom:
    """All of them, with one list of what arrived."""

    def __init__(self, spools: Iterable[tuple[str, str]]) -> None:
        self._letters = Letters(lambda: datetime.now(UTC))
        self._bots: dict[str, Bot] = {}
        self._gateways = {channel: Gateway(channel, Path(spool), self._letters) for channel, spool in spools}
        self._work: list[asyncio.Task[None]] = []

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Have the modems send."""
        self._work += [tasks.create_task(gateway.run()) for gateway in self._gateways.values()]

    def stop(self) -> None:
        """Switch the modems off."""
        for work in self._work:
            work.cancel()

    def bot(self, service: Service, token: str) -> Bot:
        """Return the bot of a service."""
        return self._bots.setdefault(service.channel, Bot(service.channel, token, self._letters))

    def boxes(self, service: Service) -> Boxes | None:
        """Return the boxes of people at a mail service, if there are any."""
        return Boxes(service.channel, service.recipients, self._letters) if service.recipients else None

    def after(self, seq: int) -> list[dict[str, Any]]:
        """Return what arrived after a letter's number."""
        return self._letters.after(seq)

    def hear(self, reply: Mapping[str, str]) -> None:
        """Have a person answer over a channel that hears answers."""
        channel = reply["channel"]
        speaker = self._bots.get(channel) or self._gateways[channel]
        speaker.hear(reply["sender"], reply["text"])
