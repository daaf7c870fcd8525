"""Bots of chat services that share one form: POST <host>/bot<token>/<method> with JSON, {"ok", "result"} back.

Source: https://core.telegram.org/bots/api and https://docs.zaloplatforms.com/docs/BOT (both say `ok`, `result`,
`error_code`, `description`; an HTTP status 200 alone is no success).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from bt_console.channels._http import BODY_OCTETS, Answer, NoAnswer, Request, bounded_pause_s, exchange, wanted_pause_s
from bt_console.channels._mask import Mask, masking
from bt_console.channels._text import octets_of
from bt_console.channels._verdict import outcome_of, read_json, unanswered, unreadable_secret
from bt_console.channels.api import ChannelContext, ChannelError, Heard, Sent
from bt_console.model.paging import SendOutcome
from probes._wire.web_address import parse_web_address
from probes.api import ProbeFailure, clean
from probes.secret import HOW, Secret

LISTEN_OCTETS = 1_048_576
LISTEN_COUNT = 10
"""Messages asked for at once: even the longest of them fit into LISTEN_OCTETS, so no batch is stuck for ever."""
_CODE_LIMIT = 100_000
_LISTEN_SHARE = 0.7
"""Of the attempt's time; the rest is for connecting and for the way back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """Where a bot is reached, and the secret that makes it ours."""

    url: str
    token: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One answer of the service."""

    is_ok: bool
    code: int
    """The service's own code, HTTP's where it gives none."""
    result: Any = field(default=None, repr=False)
    is_readable: bool = True
    description: str = ""
    """Masked."""
    retry_after_s: float | None = None
    moved_to: str = ""
    """The chat has this id now."""


def bot_of(url: str, token: Secret | None, kind: str) -> Bot:
    """Return the bot of a channel's params. Raises ValueError saying what to write."""
    parse_web_address(url)
    if token is None:
        raise ValueError(f"{kind} needs the bot's token: write token: file:/path/to/file ({HOW})")
    return Bot(url=url.rstrip("/"), token=token)


async def send(bot: Bot, document: Mapping[str, Any], ctx: ChannelContext) -> Sent:
    """Send one message and return what became of it."""
    try:
        token = bot.token.reveal()
    except ProbeFailure as failure:
        return unreadable_secret(failure)
    mask = masking(token, token.partition(":")[2])
    answer = await exchange(_request(bot, token, "sendMessage", document), ctx)
    if isinstance(answer, NoAnswer):
        return unanswered(answer, mask)
    return _sent(_read(answer, ctx, mask))


def _sent(said: Said) -> Sent:
    if said.is_ok:
        found = said.result.get("message_id", "") if isinstance(said.result, dict) else ""
        return Sent(outcome=SendOutcome.ACCEPTED, provider_id=clean(str(found), 100), code=str(said.code))
    outcome = outcome_of(said.code)
    if outcome is SendOutcome.ACCEPTED:
        # A status of success without its document: who wrote it, and what it did with the message, is unknown.
        outcome = SendOutcome.TRANSIENT if said.is_readable else SendOutcome.AMBIGUOUS
    return Sent(
        outcome=outcome,
        code=str(said.code),
        detail=said.description,
        retry_after_s=said.retry_after_s if outcome is SendOutcome.RATE_LIMITED else None,
    )


async def call(bot: Bot, method: str, document: Mapping[str, Any], ctx: ChannelContext) -> Any:
    """Return the result of a method that sends nothing. Raises ChannelError."""
    said = await _called(bot, method, document, ctx)
    if isinstance(said, Said) and said.is_ok:
        return said.result
    raise ChannelError(said if isinstance(said, str) else said.description)


async def poll(bot: Bot, document: Mapping[str, Any], ctx: ChannelContext) -> Said:
    """Ask for what was heard; the caller judges codes of its service. Raises ChannelError without an answer."""
    said = await _called(bot, "getUpdates", document, ctx)
    if isinstance(said, Said):
        return said
    raise ChannelError(said)


async def _called(bot: Bot, method: str, document: Mapping[str, Any], ctx: ChannelContext) -> Said | str:
    """Return the answer, or why there is none: raising is left to frames that know no secret."""
    try:
        token = bot.token.reveal()
    except ProbeFailure as failure:
        return failure.detail
    mask = masking(token, token.partition(":")[2])
    answer = await exchange(_request(bot, token, method, document, LISTEN_OCTETS), ctx)
    return mask(answer.detail) if isinstance(answer, NoAnswer) else _read(answer, ctx, mask)


def _request(
    bot: Bot, token: str, method: str, document: Mapping[str, Any], limit_octets: int = BODY_OCTETS
) -> Request:
    return Request(
        url=f"{bot.url}/bot{quote(token, safe=':')}/{method}",
        body=octets_of(document),
        headers={"Content-Type": "application/json; charset=utf-8"},
        limit_octets=limit_octets,
    )


def _read(answer: Answer, ctx: ChannelContext, mask: Mask) -> Said:
    document = read_json(answer)
    if not isinstance(document, dict) or not isinstance(document.get("ok"), bool):
        text = f"HTTP {answer.status}: the answer is not the service's own"
        pause_s = wanted_pause_s(answer.headers, ctx.now)
        return Said(is_ok=False, code=answer.status, is_readable=False, description=text, retry_after_s=pause_s)
    code = document.get("error_code")
    code = code if isinstance(code, int) and abs(code) < _CODE_LIMIT else answer.status
    if document["ok"] and 200 <= answer.status < 300:
        return Said(is_ok=True, code=answer.status, result=document.get("result"))
    parameters = document.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    moved_to = clean(str(parameters.get("migrate_to_chat_id", "")), 40)
    remark = f" (the chat is {moved_to} now: write that)" if moved_to else ""
    return Said(
        is_ok=False,
        code=code,
        description=mask(f"{code} {document.get('description', '')}{remark}"),
        retry_after_s=_pause_s(parameters.get("retry_after")) or wanted_pause_s(answer.headers, ctx.now),
        moved_to=moved_to,
    )


def _pause_s(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return bounded_pause_s(float(value)) if is_number and abs(value) < 1e9 else None


def listen_s(poll_s: float, ctx: ChannelContext) -> int:
    """Return how long the service may wait for a message before it answers with none."""
    return max(int(min(poll_s, ctx.timeout_s * _LISTEN_SHARE)), 0)


def _instant(value: Any, now: datetime, *, per_second: int = 1) -> datetime:
    """Return a message's own time, the present for one that cannot be."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value / per_second < 1e11:
        return datetime.fromtimestamp(value / per_second, UTC)
    return now


def heard(event: Any, provider_id: str, ctx: ChannelContext, *, per_second: int = 1) -> Heard | None:
    """Return the text message of an event, None for everything else people can send."""
    message = event.get("message") if isinstance(event, dict) else None
    sender = message.get("from") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(sender, dict) or not isinstance(message.get("text"), str):
        return None
    who, said_at = clean(str(sender.get("id", "")), 80), message.get("date")
    # Without a number of its own a message is known by its sender and instant: read twice, it still counts once.
    known_as = provider_id or clean(str(message.get("message_id") or f"{who} {said_at}"), 100)
    at = _instant(said_at, ctx.now, per_second=per_second)
    return Heard(provider_id=known_as, sender=who, text=clean(message["text"]), at=at)
