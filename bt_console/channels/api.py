"""What every channel is made of: a letter, a way to send it, and what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bt_console.model.incident import Severity
from bt_console.model.oncall import ChannelPath, NoticeKind
from bt_console.model.paging import SendOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message to one person, composed. Texts are clean: no control characters, whole graphemes."""

    id: str
    """Short and visible in the text, the same on every attempt: duplicates can be told."""
    kind: NoticeKind
    at: datetime
    """When the notice was decided."""
    title: str
    body: str
    short: str
    """At most 153 characters of plain letters, code included."""
    code: str = ""
    """Reply to acknowledge; empty when there is nothing to acknowledge."""
    severity: Severity | None = None
    document: Mapping[str, Any] = field(default_factory=dict)
    """The incident for machines: JSON-ready, `bt-console/notice/1` (docs/json.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of one attempt. `detail` never holds a secret."""

    outcome: SendOutcome
    provider_id: str = ""
    code: str = ""
    detail: str = ""
    retry_after_s: float | None = None
    """RATE_LIMITED: the provider's own wish."""
    is_proof: bool = True
    """False: accepted by something that cannot know (the long tail)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message that came back over a channel."""

    provider_id: str
    sender: str
    """Compared with the contact's address on that channel."""
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What a channel heard, and where to go on next time."""

    messages: tuple[Heard, ...] = ()
    cursor: str = ""
    """Stored with what the messages led to; given back on the next call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelContext:
    """What a channel gets from its caller."""

    now: datetime
    timeout_s: float = 15.0
    """A whole attempt ends within it, whatever the server does."""
    trust_file: str | None = None
    """Extra certificate authorities, PEM."""
    nameservers: tuple[str, ...] = ()
    """Resolvers as `address` or `address:port`; empty means the system's own."""


SendFunction = Callable[[Any, str, Letter, ChannelContext], Awaitable[Sent]]
"""(params, address, letter, ctx). Never raises for what the other side does; OSError and time-outs become Sent."""
ReceiveFunction = Callable[[Any, str, ChannelContext], Awaitable[Received]]
"""(params, cursor, ctx). Raises ChannelError when it could not listen."""
CheckFunction = Callable[[Any, ChannelContext], Awaitable[None]]
"""(params, ctx): looks whether sending would work, without sending. Raises ChannelError."""
ReceiptFunction = Callable[[Any, str, ChannelContext], Awaitable[Sent | None]]
"""(params, provider_id, ctx): what became of an accepted message later (SMS); None: nothing new."""


class ChannelError(Exception):
    """Why a channel cannot be used now; its text holds no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelKind:
    """One way to reach people."""

    name: str
    params: type
    """Frozen dataclass; __post_init__ raises ValueError with a clear text for what cannot be."""
    send: SendFunction
    path: ChannelPath
    """The usual path, where the configuration names none."""
    address_example: str
    """What a contact's address looks like."""
    check_address: Callable[[str], None]
    """Raises ValueError, with what is wrong and what to write, for what cannot be an address."""
    params_example: Mapping[str, str]
    receive: ReceiveFunction | None = None
    receipt: ReceiptFunction | None = None
    check: CheckFunction | None = None
    is_broadcast: bool = False
    """One message reaches whoever is there (console, wall): contacts need no address of their own."""
