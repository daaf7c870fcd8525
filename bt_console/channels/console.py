"""Every open console: bell and banner. Nothing travels; consoles read the deliveries from the store."""

from __future__ import annotations

from dataclasses import dataclass

from bt_console.channels.api import ChannelContext, ChannelKind, Letter, Sent
from bt_console.model.oncall import ChannelPath
from bt_console.model.paging import SendOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleParams:
    """Nothing to choose."""


async def send(params: ConsoleParams, address: str, letter: Letter, ctx: ChannelContext) -> Sent:
    """Accept: the row of the delivery is the message. Whether anybody looks at a screen is not known."""
    return Sent(outcome=SendOutcome.ACCEPTED, detail="shown by every open console", is_proof=False)


def check_address(address: str) -> None:
    """Accept anything: a console has no address."""


CHANNEL = ChannelKind(
    name="console",
    params=ConsoleParams,
    send=send,
    path=ChannelPath.LOCAL,
    address_example="",
    check_address=check_address,
    params_example={},
    is_broadcast=True,
)
