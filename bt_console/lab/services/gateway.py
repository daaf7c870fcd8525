"""A gateway for text messages that works a spool as smsd does: outgoing, checked, sent; answers into incoming.

The air takes no time here: a modem needs three to five seconds more for each message.

Source: SMS Server Tools 3.1.21, doc/fileformat.html (headers of sent and of received files).
"""

from __future__ import annotations

import asyncio
import os
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from bt_console.lab.services.letters import Letters

FOLDERS = ("outgoing", "checked", "sent", "failed", "incoming")
_LOOK_EVERY_S = 0.05
_FILE_LIMIT = 64 << 10
_MODEM, _IMSI, _CENTRE = "GSM1", "452040000000001", "84980200030"


class Gateway:
    """One spool with a modem that always has a signal."""

    def __init__(self, channel: str, spool: Path, letters: Letters) -> None:
        self.channel = channel
        self._spool = spool
        self._letters = letters
        for folder in FOLDERS:
            _make_private(spool / folder)

    async def run(self) -> None:
        """Send what is put into the spool, until cancelled."""
        while True:
            with suppress(OSError):  # it was taken away, or the disk is full: the next look may succeed
                self.look()
            await asyncio.sleep(_LOOK_EVERY_S)

    def look(self) -> None:
        """Send everything that waits. Raises OSError."""
        waiting = sorted((self._spool / "outgoing").iterdir(), key=lambda file: file.stat().st_mtime_ns)
        for file in waiting:
            if file.name.startswith(".") or file.name.endswith(".LOCK"):
                continue
            self._send(file.rename(self._spool / "checked" / file.name))

    def _send(self, file: Path) -> None:
        with file.open("rb") as opened:
            head, _, body = opened.read(_FILE_LIMIT).partition(b"\n\n")
        headers = dict(_split(line) for line in head.decode("utf-8", "replace").splitlines())
        codec = "utf-16-be" if headers.get("Alphabet", "").startswith("UCS") else "iso-8859-15"
        text = body.decode(codec, "replace").strip()
        self._letters.take(self.channel, _number(headers.get("To", "")), text, file.name)
        proof = f"Modem: {_MODEM}\nSent: {_stamp()}\nMessage_id: {secrets.randbelow(255)}\nIMSI: {_IMSI}"
        self._put("sent", file.name, head + b"\n" + proof.encode() + b"\n\n" + body)
        file.unlink()

    def hear(self, sender: str, text: str) -> None:
        """Have somebody answer."""
        octets = text.encode("iso-8859-15", "replace")
        lines = (
            f"From: {sender.removeprefix('+')}",
            "From_TOA: 91 international, ISDN/telephone",
            f"From_SMSC: {_CENTRE}",
            f"Sent: {_stamp()}",
            f"Received: {_stamp()}",
            f"Subject: {_MODEM}",
            f"Modem: {_MODEM}",
            f"IMSI: {_IMSI}",
            "Report: no",
            "Alphabet: ISO",
            f"Length: {len(octets)}",
        )
        name = f"{_MODEM}.{secrets.token_hex(3)}"
        self._put("incoming", name, "\n".join((*lines, "", "")).encode() + octets)

    def _put(self, folder: str, name: str, content: bytes) -> None:
        hidden = self._spool / folder / f".{name}.new"
        with os.fdopen(os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        hidden.rename(self._spool / folder / name)


def _split(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def _number(written: str) -> str:
    return f"+{written}" if written[:1].isdigit() else written


def _stamp() -> str:
    # smsd writes local times without a zone.
    return datetime.now().astimezone().strftime("%y-%m-%d %H:%M:%S")


def _make_private(directory: Path) -> None:
    """Make a directory and what is missing above it for the owner alone: `parents=True` minds only the last one."""
    missing = [path for path in (directory, *directory.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700)
