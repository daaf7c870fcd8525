"""Messages through a Telegram bot, and answers to it.

Source: https://core.telegram.org/bots/api (sendMessage, getUpdates, getMe, ResponseParameters).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bt_console.channels._bot_api import LISTEN_COUNT, bot_of, call, heard, listen_s, poll
from bt_console.channels._bot_api import send as send_by_bot
from bt_console.channels._text import fitted
from bt_console.channels.api import ChannelContext, ChannelError, ChannelKind, Letter, Received, Sent
from bt_console.model.oncall import ChannelPath
from probes.secret import Secret

TEXT_UNITS = 4096
_ADDRESS = re.compile(r"-?[0-9]{1,20}|@[A-Za-z0-9_]{4,32}")
_CURSOR = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramParams:
    """Which bot."""

    token: Secret | None = None
    """What @BotFather gave."""
    url: str = "https://api.telegram.org"
    """The Bot API server; another one where the district runs its own."""
    poll_s: float = 20.0
    """How long one request waits for an answer of somebody's."""

    def __post_init__(self) -> None:
        bot_of(self.url, self.token, "telegram")


async def send(params: TelegramParams, address: str, letter: Letter, ctx: ChannelContext) -> Sent:
    """Send plain text: nothing in it can be taken for markup."""
    document = {"chat_id": address, "text": fitted(letter, TEXT_UNITS), "link_preview_options": {"is_disabled": True}}
    return await send_by_bot(bot_of(params.url, params.token, "telegram"), document, ctx)


async def receive(params: TelegramParams, cursor: str, ctx: ChannelContext) -> Received:
    """Wait for messages after the cursor, which is the next update's number."""
    document = {
        "timeout": listen_s(params.poll_s, ctx),
        "limit": LISTEN_COUNT,
        "allowed_updates": ["message"],
        **({"offset": int(cursor)} if _CURSOR.fullmatch(cursor) else {}),
    }
    said = await poll(bot_of(params.url, params.token, "telegram"), document, ctx)
    if not said.is_ok or not isinstance(said.result, list):
        raise ChannelError(said.description or "getUpdates answered with no list")
    updates = [update for update in said.result if _number(update) is not None]
    numbers = [number for update in updates if (number := _number(update)) is not None]
    found = (heard(update, f"{_number(update)}", ctx) for update in updates)
    messages = tuple(message for message in found if message is not None)
    return Received(messages=messages, cursor=str(max(numbers) + 1) if numbers else cursor)


def _number(update: Any) -> int | None:
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) and 0 <= number < 10**17 else None


async def check(params: TelegramParams, ctx: ChannelContext) -> None:
    """Ask the service who we are."""
    await call(bot_of(params.url, params.token, "telegram"), "getMe", {}, ctx)


def check_address(text: str) -> None:
    """Raises ValueError for what is no chat id."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError(
            f"{text!r} is no Telegram chat: write its number or @channel; people must write to the bot first"
        )


CHANNEL = ChannelKind(
    name="telegram",
    params=TelegramParams,
    send=send,
    path=ChannelPath.INTERNET,
    address_example="123456789",
    check_address=check_address,
    params_example={"token": "file:/etc/bt-console/telegram.token"},
    receive=receive,
    check=check,
)
