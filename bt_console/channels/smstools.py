"""Text messages through the spool of SMS Server Tools: a modem of our own, no Internet, no daemon to talk to.

smsd must be told `blocktime = 5`: by default it leaves a modem alone for an hour after one bad minute.

Source: SMS Server Tools 3.1.21, doc/fileformat.html; ITU-T E.164 (numbers); 3GPP TS 27.005 section 3.2.5 (+CMS ERROR).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from bt_console.channels import _spool
from bt_console.channels._sms_text import plain_text, wide_text
from bt_console.channels.api import ChannelContext, ChannelError, ChannelKind, Heard, Letter, Received, Sent
from bt_console.model.oncall import ChannelPath, NoticeKind
from bt_console.model.paging import SendOutcome
from probes.api import clean

SEEN_LIMIT = 500
"""So many of the newest files in `incoming` are looked at: what lies there longer was handled long ago."""
BATCH_COUNT = 50
FIRST_LOOK_S = 600.0
"""What is older at the very first look answers nothing of ours; as wrong codes it would lock its sender out."""
SETTLED_S = 10.0
"""A file not touched for so long is whole, whatever its header says."""
ROOT_VARIABLE = "BT_CONSOLE_SPOOL_ROOT"
"""Environment variable: every spool lies below the folder it names. In the simulated district no modem is real."""
_TRIES_LIMIT = 100
_QUEUED, _GONE = ("outgoing", "checked"), "sent"
_NUMBER = re.compile(r"\+[1-9][0-9]{7,14}|0[0-9]{8,11}")
_UNKNOWN_NUMBER = frozenset({"1", "28", "30"})
"""Unassigned number, unidentified subscriber, unknown subscriber: no later try will end better."""
_REFUSED = ("blacklisted", "not whitelisted", "No destination", "Invalid number", "does not match any provider")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmstoolsParams:
    """Where the spool is and what goes into it."""

    spool: str = "/var/spool/sms"
    """Folder that holds outgoing, checked, sent, failed and incoming."""
    ascii: bool = True
    """Plain letters, 153 in one message. False: the title with its tone marks, 70 in one message."""
    parts_count: int = 1
    """Without `ascii`: so many messages at most, 67 letters each if more than one."""
    country_code: str = "84"
    """Stands for the 0 of national numbers."""
    stale_s: float = 300.0
    """What waits longer in the spool means that the modem does not send."""

    def __post_init__(self) -> None:
        if not self.spool.startswith("/"):
            raise ValueError(f"spool is {self.spool!r}: write the full path of a folder, such as /var/spool/sms")
        if not 1 <= self.parts_count <= 4:
            raise ValueError("parts_count is from 1 to 4")
        if not re.fullmatch("[1-9][0-9]{0,2}", self.country_code):
            raise ValueError(f"country_code is {self.country_code!r}: write its digits alone, such as 84")
        if self.stale_s <= 0:
            raise ValueError("stale_s is more than 0")

    def folder(self, name: str) -> Path:
        """Return one folder of the spool."""
        return Path(os.environ.get(ROOT_VARIABLE, "") + self.spool, name)


def check_address(address: str) -> None:
    """Raise ValueError for what is no telephone number."""
    if not _NUMBER.fullmatch(_digits(address)):
        raise ValueError(f"{clean(address)!r} is no telephone number: write +84912345678 or 0912345678")


def _digits(address: str) -> str:
    return re.sub(r"[ .-]", "", address)


def international(number: str, country_code: str) -> str:
    """Return a number as +84912345678 whichever way it is written; what is no number, a sender's name, as it is."""
    digits = _digits(number)
    if digits.startswith("0"):
        return f"+{country_code}{digits[1:]}"
    return f"+{digits}" if re.fullmatch("[1-9][0-9]{7,14}", digits) else digits or number


async def send(params: SmstoolsParams, address: str, letter: Letter, ctx: ChannelContext) -> Sent:
    """Put the letter into the spool. The same letter again while the spool knows it changes nothing."""
    try:
        check_address(address)
    except ValueError as error:
        return Sent(outcome=SendOutcome.PERMANENT, detail=str(error))
    content = _written(params, international(address, params.country_code), letter)
    try:
        return await _in_time(lambda: _put(params, _base_name(letter, content), content), ctx)
    except TimeoutError:
        return Sent(outcome=SendOutcome.AMBIGUOUS, detail=f"{params.spool} did not take the file in time")
    except OSError as error:
        return Sent(outcome=SendOutcome.TRANSIENT, detail=_reason(params.folder("outgoing"), error))


async def _in_time(work: Callable[[], T], ctx: ChannelContext) -> T:
    # A sick disk holds up a thread, not the monitor.
    async with asyncio.timeout(ctx.timeout_s):
        return await asyncio.to_thread(work)


def _written(params: SmstoolsParams, number: str, letter: Letter) -> bytes:
    lines = [f"To: {number.removeprefix('+')}"]
    if letter.kind is NoticeKind.PAGE:
        lines.append("Priority: High")
    if params.ascii:
        text = plain_text(letter.short, letter.code).encode("ascii")
        lines.append("Alphabet: ISO")
    else:
        text = wide_text(letter.title, letter.code, params.parts_count).encode("utf-16-be")
        lines += ["Alphabet: UCS2", *(["Autosplit: 3"] if params.parts_count > 1 else [])]
    return "\n".join((*lines, "", "")).encode("ascii") + text


def _base_name(letter: Letter, content: bytes) -> str:
    """Return the letter's name in the spool: equal names have equal contents, even after the store was made anew."""
    plain = re.sub("[^A-Za-z0-9_-]", "", letter.id)[:40]
    return f"bt-{plain}-{hashlib.sha256(letter.id.encode() + content).hexdigest()[:10]}"


def _put(params: SmstoolsParams, base: str, content: bytes) -> Sent:
    name = _free_name(params, base)
    # In the order in which smsd moves a file on, so that one on its way is not missed.
    for folder in (*_QUEUED, _GONE):
        if (params.folder(folder) / name).exists():
            return _accepted(name, f"already in {folder}")
    _spool.drop(params.folder("outgoing"), name, content)
    return _accepted(name, "in outgoing")


def _free_name(params: SmstoolsParams, base: str) -> str:
    """Return the name of this try: what failed keeps its file as proof."""
    names = (base, *(f"{base}.{n}" for n in range(2, _TRIES_LIMIT)))
    return next((name for name in names if not (params.folder("failed") / name).exists()), f"{base}.{_TRIES_LIMIT}")


def _accepted(name: str, detail: str) -> Sent:
    return Sent(outcome=SendOutcome.ACCEPTED, provider_id=name, detail=detail)


def _reason(folder: Path, error: OSError) -> str:
    hint = ""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        hint = ": install smstools, or say in `spool` where its folders are"
    elif isinstance(error, PermissionError):
        hint = ": add the monitor's user to the group of the folder (Debian: usermod -aG smsd USER)"
    return clean(f"{folder}: {error.strerror or error}{hint}")


async def receipt(params: SmstoolsParams, provider_id: str, ctx: ChannelContext) -> Sent | None:
    """Return what smsd did with a letter: sent by the modem, or why it failed; None while it waits."""
    try:
        return await _in_time(lambda: _fate(params, provider_id), ctx)
    except (OSError, TimeoutError):  # nothing new; `check` says what is wrong
        return None


def _fate(params: SmstoolsParams, name: str) -> Sent | None:
    if sent := _spool.read(params.folder(_GONE) / name):
        return _accepted(name, clean(", ".join(_proof(sent)) or "in sent"))
    if failed := _spool.read(params.folder("failed") / name):
        return _failed(name, failed.header("Fail_reason"))
    return None


def _proof(sent: _spool.SpoolFile) -> list[str]:
    words = {"Sent": "sent", "Modem": "modem", "IMSI": "IMSI", "Message_id": "message"}
    return [f"{word} {sent.header(name)}" for name, word in words.items() if sent.header(name)]


def _failed(name: str, reason: str) -> Sent:
    code = match[1] if (match := re.search(r"CM[SE] ERROR: *([0-9]+)", reason)) else ""
    is_final = ("CMS" in reason and code in _UNKNOWN_NUMBER) or any(word in reason for word in _REFUSED)
    return Sent(
        outcome=SendOutcome.PERMANENT if is_final else SendOutcome.TRANSIENT,
        provider_id=name,
        code=code,
        detail=clean(reason) or "smsd does not say why",
    )


async def receive(params: SmstoolsParams, cursor: str, ctx: ChannelContext) -> Received:
    """Return what came in since. The cursor names the files handed out that still lie there; none is moved or deleted.

    But for the first look neither clocks nor the order of files matter: what a machine that thinks it is 1970 receives
    is heard too.
    """
    try:
        return await _in_time(lambda: _look(params, cursor, ctx.now), ctx)
    except TimeoutError as error:
        raise ChannelError(f"{params.folder('incoming')} did not answer in time") from error
    except OSError as error:
        raise ChannelError(_reason(params.folder("incoming"), error)) from error


def _seen(cursor: str) -> frozenset[str]:
    try:
        names = json.loads(cursor or "[]")
    except (ValueError, RecursionError):
        return frozenset()
    return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()


def _look(params: SmstoolsParams, cursor: str, now: datetime) -> Received:
    folder, seen = params.folder("incoming"), _seen(cursor)
    changed = sorted((state.st_mtime_ns, name) for name, state in _spool.messages(folder))
    newest = changed[-SEEN_LIMIT:]
    known = {key for place in newest if (key := _key(place)) in seen}
    if not cursor:
        known = {_key(place) for place in newest if _age_s(place, now) > FIRST_LOOK_S}
    heard: list[Heard] = []
    denied: PermissionError | None = None
    for place in newest:
        if _key(place) in known or len(heard) >= BATCH_COUNT:
            continue
        try:
            file = _whole(folder, place, now)
        except PermissionError as error:
            denied = error
            continue
        if file is not None:
            known.add(_key(place))
            heard += _heard(params, place, file, now)
    if denied and not heard:
        raise denied
    return Received(messages=tuple(heard), cursor=json.dumps(sorted(known)))


def _whole(folder: Path, place: tuple[int, str], now: datetime) -> _spool.SpoolFile | None:
    """Return a file that nobody is writing any more."""
    file = _spool.read(folder / place[1])
    return file if file and (file.is_whole or abs(_age_s(place, now)) > SETTLED_S) else None


def _age_s(place: tuple[int, str], now: datetime) -> float:
    return now.timestamp() - place[0] / 1e9


def _key(place: tuple[int, str]) -> str:
    """Return a name that no later message gets: smsd's random names may come again."""
    return f"{clean(place[1])}@{place[0]}"


def _heard(params: SmstoolsParams, place: tuple[int, str], file: _spool.SpoolFile, now: datetime) -> list[Heard]:
    if file.text is None:
        return []
    # smsd writes local times without a zone; the file's own time has none of their doubts.
    written_at = datetime.fromtimestamp(place[0] / 1e9, UTC)
    number = file.header("From")
    if re.search(r"\bnational\b", file.header("From_TOA")) and not number.startswith("0"):
        number = f"0{number}"
    sender = international(number, params.country_code)
    return [Heard(provider_id=_key(place), sender=sender, text=file.text, at=min(written_at, now))]


async def check(params: SmstoolsParams, ctx: ChannelContext) -> None:
    """Look whether the folders are there and nothing waits in them for long. Raises ChannelError."""
    try:
        await _in_time(lambda: _inspect(params, ctx.now), ctx)
    except TimeoutError as error:
        raise ChannelError(f"{params.spool} did not answer in time") from error


def _inspect(params: SmstoolsParams, now: datetime) -> None:
    for name in (*_QUEUED, _GONE, "failed", "incoming"):
        try:
            waiting = [state for _, state in _spool.messages(params.folder(name))]
        except OSError as error:
            raise ChannelError(_reason(params.folder(name), error)) from error
        # The time a name appeared here; the contents may be older.
        oldest_s = max((now.timestamp() - state.st_ctime for state in waiting), default=0.0)
        if name in _QUEUED and oldest_s > params.stale_s:
            raise ChannelError(
                f"the modem does not send: a message waits in {params.folder(name)} for {oldest_s / 60:.0f} minutes"
            )


CHANNEL = ChannelKind(
    name="smstools",
    params=SmstoolsParams,
    send=send,
    path=ChannelPath.GSM,
    address_example="+84912345678",
    check_address=check_address,
    params_example={"spool": "/var/spool/sms"},
    receive=receive,
    receipt=receipt,
    check=check,
)
