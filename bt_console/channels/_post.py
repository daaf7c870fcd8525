"""Where a message is posted to by HTTP: an address in the configuration, or one that is itself a secret.

Source: RFC 9110 section 5 (fields), RFC 6750 (bearer tokens).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bt_console.channels._http import Request, exchange
from bt_console.channels._mask import Mask, masking, parts_of_url
from bt_console.channels._verdict import judge, unreadable_secret
from bt_console.channels.api import ChannelContext, ChannelError, Sent
from bt_console.model.paging import SendOutcome
from probes._wire.web_address import parse_web_address
from probes.api import ProbeFailure, clean
from probes.secret import HOW, Secret

_FIELD = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+): ?([\x20-\x7e]*)")
_OURS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection", "authorization"})
_VISIBLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where to, and as whom. Printing it shows no secret."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    mask: Mask
    key: str = field(repr=False, default="")
    """For signing; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorParams:
    """What the configuration says of it."""

    url: str
    secret_url: Secret | None
    bearer: Secret | None
    headers: tuple[str, ...] = ()
    key: Secret | None = None

    def check(self, kind: str) -> None:
        """Raise ValueError saying what to write."""
        if bool(self.url) == (self.secret_url is not None):
            raise ValueError(
                f"{kind} needs either url: https://host/path or, where the URL is a secret, secret_url: {HOW}"
            )
        if self.url:
            parse_web_address(self.url)
        for line in self.headers:
            match = _FIELD.fullmatch(line)
            if match is None or match[1].lower() in _OURS:
                raise ValueError(
                    f"header {clean(line, 60)!r} cannot be sent: write Name: value; Authorization is bearer"
                )

    def open(self) -> Door:
        """Read the secrets. Raises ProbeFailure for one that cannot be read, ValueError for one that cannot be used."""
        url = self.secret_url.reveal().strip() if self.secret_url else str(parse_web_address(self.url))
        bearer = self.bearer.reveal().strip() if self.bearer else ""
        key = self.key.reveal() if self.key else ""
        if self.secret_url and not _is_web_address(url):
            raise ValueError(f"{self.secret_url.reference} holds no address that starts with http:// or https://")
        if bearer and not _VISIBLE.fullmatch(bearer):
            raise ValueError(
                f"{self.bearer.reference if self.bearer else ''} holds no token: letters that cannot be sent"
            )
        headers = {match[1]: match[2] for line in self.headers if (match := _FIELD.fullmatch(line))}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        secret_parts = parts_of_url(url) if self.secret_url else ()
        return Door(url=url, headers=headers, mask=masking(*secret_parts, bearer, key), key=key)


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and _VISIBLE.fullmatch(url) is not None
    except ValueError:
        return False


async def post(door: Door, body: bytes, headers: Mapping[str, str], ctx: ChannelContext, *, path: str = "") -> Sent:
    """Post JSON; the status alone says what became of it."""
    request = Request(
        url=_at(door, path), body=body, headers={"Content-Type": "application/json", **door.headers, **headers}
    )
    return judge(await exchange(request, ctx), ctx, door.mask)


def opened(params: DoorParams) -> Door | Sent:
    """Return the door, or what its missing secret means for a message: mending the file is enough."""
    try:
        return params.open()
    except ProbeFailure as failure:
        return unreadable_secret(failure)
    except ValueError as error:
        return Sent(outcome=SendOutcome.TRANSIENT, code="secret", detail=clean(str(error)))


def _at(door: Door, path: str) -> str:
    return door.url.rstrip("/") + path if path else door.url


async def knock(params: DoorParams, ctx: ChannelContext, path: str = "") -> None:
    """Look whether somebody answers there, sending nothing. Raises ChannelError."""
    door = opened(params)
    if isinstance(door, Sent):
        raise ChannelError(door.detail)
    answer = await exchange(Request(method="GET" if path else "HEAD", url=_at(door, path), headers=door.headers), ctx)
    sent = judge(answer, ctx, door.mask)
    is_refused = sent.code in ("401", "403") or (path and sent.outcome is not SendOutcome.ACCEPTED)
    if not sent.code or sent.code.startswith(("3", "5")) or is_refused:
        raise ChannelError(sent.detail)
