"""Messages through a Zalo bot, and answers to it.

Zalo hands every message over once and has no cursor: one that arrives while the monitor stops is lost, and its sender
hears no confirmation. Waiting for messages works only while the bot has no webhook.

Source: https://docs.zaloplatforms.com/docs/BOT (sendMessage, getUpdates, getMe, error codes).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bt_console.channels._bot_api import bot_of, call, heard, listen_s, poll
from bt_console.channels._bot_api import send as send_by_bot
from bt_console.channels._text import fitted
from bt_console.channels.api import ChannelContext, ChannelError, ChannelKind, Letter, Received, Sent
from bt_console.model.oncall import ChannelPath
from probes.secret import Secret

TEXT_UNITS = 2000
_ADDRESS = re.compile(r"[A-Za-z0-9._-]{1,80}")
_NOBODY_WROTE = 408
"""What getUpdates says when its time is over."""
_MILLISECONDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ZaloBotParams:
    """Which bot."""

    token: Secret | None = None
    """What Zalo Bot Manager gave."""
    url: str = "https://bot-api.zaloplatforms.com"
    poll_s: float = 20.0
    """How long one request waits for an answer of somebody's."""

    def __post_init__(self) -> None:
        bot_of(self.url, self.token, "zalo_bot")


async def send(params: ZaloBotParams, address: str, letter: Letter, ctx: ChannelContext) -> Sent:
    """Send plain text."""
    document = {"chat_id": address, "text": fitted(letter, TEXT_UNITS)}
    return await send_by_bot(bot_of(params.url, params.token, "zalo_bot"), document, ctx)


async def receive(params: ZaloBotParams, cursor: str, ctx: ChannelContext) -> Received:
    """Wait for messages; the cursor comes back as it was given."""
    document = {"timeout": listen_s(params.poll_s, ctx)}
    said = await poll(bot_of(params.url, params.token, "zalo_bot"), document, ctx)
    if not said.is_ok and said.code == _NOBODY_WROTE:
        return Received(cursor=cursor)
    if not said.is_ok:
        raise ChannelError(said.description)
    # Documented is one object; some versions of the service send a list of them.
    events = said.result if isinstance(said.result, list) else [said.result]
    found = (heard(event, "", ctx, per_second=_MILLISECONDS) for event in events)
    messages = tuple(message for message in found if message is not None)
    return Received(messages=messages, cursor=cursor)


async def check(params: ZaloBotParams, ctx: ChannelContext) -> None:
    """Ask the service who we are."""
    await call(bot_of(params.url, params.token, "zalo_bot"), "getMe", {}, ctx)


def check_address(text: str) -> None:
    """Raises ValueError for what is no chat id."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{text!r} is no Zalo chat id: write what the bot saw when the person wrote to it")


CHANNEL = ChannelKind(
    name="zalo_bot",
    params=ZaloBotParams,
    send=send,
    path=ChannelPath.INTERNET,
    address_example="6ede9afa66b88fe6d6a9",
    check_address=check_address,
    params_example={"token": "file:/etc/bt-console/zalo.token"},
    receive=receive,
    check=check,
)
