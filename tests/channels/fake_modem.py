"""A GSM modem on a pseudo-terminal: takes messages, refuses them on request, and holds those that came in.

Source: 3GPP TS 27.005 (AT commands), TS 23.040 section 9.2 (SMS-SUBMIT, SMS-DELIVER), TS 23.038 (alphabets).
"""

from __future__ import annotations

import asyncio
import os
import pty
import re
import tty
from dataclasses import dataclass
from types import TracebackType

SLOTS_COUNT = 20
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The 128 letters of the default alphabet, in the order of their codes."""
_WIDE = 0x08
_ANSWERS = {
    "AT+CPIN?": "+CPIN: READY",
    "AT+CSQ": "+CSQ: 21,0",
    "AT+CREG?": "+CREG: 0,1",
    "AT+CGSN": "860000000000001",
    "AT+CIMI": "452040000000001",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A message that the modem was told to send."""

    number: str
    text: str
    is_wide: bool


class FakeModem:
    """Lives in the event loop. `device` is what smsd opens."""

    def __init__(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.device = os.ttyname(self._slave)
        self.error: int | None = None
        """The +CMS ERROR that every message gets; None: they are sent."""
        self.is_mute = False
        """Answers nothing, as a wedged modem does."""
        self.sent: list[Submitted] = []
        self._slots: dict[int, str] = {}
        self._typed = b""
        self._wants_pdu = False

    def __enter__(self) -> FakeModem:
        os.set_blocking(self._master, False)
        asyncio.get_running_loop().add_reader(self._master, self._read)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        os.close(self._slave)

    def deliver(self, number: str, text: str, *, is_wide: bool = False) -> None:
        """Let a message come in: +84912345678 or, without the plus, a national number."""
        slot = next(n for n in range(1, SLOTS_COUNT + 1) if n not in self._slots)
        self._slots[slot] = deliver_pdu(number, text, is_wide=is_wide)

    @property
    def waiting_count(self) -> int:
        """How many messages that came in were not taken out yet."""
        return len(self._slots)

    def _read(self) -> None:
        try:
            self._typed += os.read(self._master, 4096)
        except (BlockingIOError, OSError):
            return
        while match := re.search(rb"[\x1a\x1b]" if self._wants_pdu else rb"[\r\n]", self._typed):
            line = self._typed[: match.start()].decode("latin-1").strip()
            self._typed = self._typed[match.end() :]
            if line and not self.is_mute:
                os.write(self._master, self._answer(line).encode())

    def _answer(self, line: str) -> str:
        if self._wants_pdu:
            self._wants_pdu = False
            return self._submit(line)
        command = line.upper()
        if command.startswith("AT+CMGS="):
            self._wants_pdu = True
            return "\r\n> "
        if command.startswith("AT+CPMS"):
            memory = f'"SM",{len(self._slots)},{SLOTS_COUNT}'
            return _ok(f"+CPMS: {memory},{memory},{memory}")
        if command.startswith("AT+CMGR="):
            return self._shown(int(command.partition("=")[2]))
        if command.startswith("AT+CMGD="):
            self._slots.pop(int(command.partition("=")[2].split(",")[0]), None)
        return _ok(_ANSWERS.get(command, ""))

    def _submit(self, pdu: str) -> str:
        if self.error is not None:
            return f"\r\n+CMS ERROR: {self.error}\r\n"
        self.sent.append(submitted(bytes.fromhex(pdu)))
        return _ok(f"+CMGS: {len(self.sent) % 256}")

    def _shown(self, slot: int) -> str:
        pdu = self._slots.get(slot)
        return "\r\n+CMS ERROR: 321\r\n" if pdu is None else _ok(f"+CMGR: 0,,{len(pdu) // 2 - 1}\r\n{pdu}")


def _ok(answer: str = "") -> str:
    return f"\r\n{answer}\r\n\r\nOK\r\n" if answer else "\r\nOK\r\n"


def submitted(pdu: bytes) -> Submitted:
    """Return what an SMS-SUBMIT says. Only the first part's text of a long message has no header."""
    body = pdu[1 + pdu[0] :]
    digits_count, kind = body[2], body[3]
    end = 4 + (digits_count + 1) // 2
    number = _digits(body[4:end])[:digits_count]
    is_wide = body[end + 1] & 0x0C == _WIDE
    has_period = body[0] & 0x18 == 0x10
    length, data = body[end + 2 + has_period], body[end + 3 + has_period :]
    has_header = bool(body[0] & 0x40)
    if is_wide:
        text = data[data[0] + 1 if has_header else 0 :].decode("utf-16-be")
    else:
        septets = _unpacked(data, length)
        text = "".join(BASIC[code] for code in septets[(data[0] + 1) * 8 // 7 + 1 if has_header else 0 :])
    return Submitted(number=("+" if kind == 0x91 else "") + number, text=text, is_wide=is_wide)


def deliver_pdu(number: str, text: str, *, is_wide: bool = False) -> str:
    """Return an SMS-DELIVER as a modem shows it."""
    digits = number.removeprefix("+")
    swapped = bytes.fromhex("".join(b + a for a, b in re.findall("(.)(.)", digits + "F" * (len(digits) % 2))))
    address = bytes([len(digits), 0x91 if number.startswith("+") else 0xA1]) + swapped
    data = text.encode("utf-16-be") if is_wide else _packed([BASIC.index(letter) for letter in text])
    stamp = bytes.fromhex("62114232008282")  # 2026-11-24 23:00:28 +07:00, digits swapped
    head = bytes([0x00, 0x04]) + address + bytes([0x00, _WIDE if is_wide else 0x00]) + stamp
    return (head + bytes([len(data) if is_wide else len(text)]) + data).hex().upper()


def _digits(octets: bytes) -> str:
    return "".join(pair[::-1] for pair in re.findall("..", octets.hex()))


def _packed(septets: list[int]) -> bytes:
    bits = sum(code << (7 * place) for place, code in enumerate(septets))
    return bits.to_bytes((7 * len(septets) + 7) // 8, "little")


def _unpacked(data: bytes, count: int) -> list[int]:
    bits = int.from_bytes(data, "little")
    return [bits >> (7 * place) & 0x7F for place in range(count)]
