"""One sign of life given to a watcher outside: a plain GET of a secret address."""

from __future__ import annotations

from bt_console.channels.api import ChannelContext
from bt_console.words import message
from probes.api import ProbeFailure
from probes.secret import Secret


async def give_sign(url: Secret | None, ctx: ChannelContext) -> str:
    """Return nothing when the watcher took it, else why not as a message of words.say(), without the address."""
    # Only a monitor that gives signs of life pays for loading an HTTP client.
    from bt_console.channels._http import NoAnswer, Request, exchange

    if url is None:
        return message("heartbeat.no_url")
    try:
        answer = await exchange(Request(url=url.reveal(), method="GET"), ctx)
    except ProbeFailure as failure:
        return message("heartbeat.failed", detail=failure.detail)
    if isinstance(answer, NoAnswer):
        return message("heartbeat.failed", detail=answer.detail)
    return "" if answer.status < 300 else message("heartbeat.failed", detail=f"HTTP {answer.status}")
