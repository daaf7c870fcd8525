"""The monitor's own ear: alerts of other monitors and signs of life of other people's jobs, over HTTP.

Only what is configured listens; the HTTP library is loaded then.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

from bt_console.model.external import ExternalAlert
from probes.api import ProbeFailure
from probes.secret import Secret

if TYPE_CHECKING:
    from aiohttp import web


class ListenerError(Exception):
    """Why nothing can listen there, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """Whom the listener tells, and what it may ask."""

    now: Callable[[], datetime]
    on_alerts: Callable[[tuple[ExternalAlert, ...]], Awaitable[None]]
    """Returns when they are taken in; what it raises is told as 500, and the sender comes again."""
    on_heartbeat: Callable[[str], Awaitable[bool]]
    """Whether anybody expects a sign of life of that name."""
    firing: Callable[[], Iterable[ExternalAlert]] = tuple
    """What holds at present."""


class Listener:
    """Listens from start() to stop(). Raises ValueError for an address others reach if no token keeps them out."""

    def __init__(self, address: str, port: int, token: Secret | None, ears: Ears) -> None:
        if token is None and not _is_loopback(address):
            raise ValueError(
                f"anybody who reaches {address} could send alerts: set `token`, or listen on 127.0.0.1 only"
            )
        self.address = address
        self.port = port
        """The port asked for; once it listens, the one it has."""
        self._token = token
        self._ears = ears
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Begin to listen. Raises ListenerError."""
        from aiohttp import web

        from bt_console.engine.listener_routes import application

        self._reveal()
        runner = web.AppRunner(application(self._ears, self.is_admitted), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.address, self.port).start()
        except OSError as error:
            await runner.cleanup()
            where = f"{self.address}:{self.port}"
            raise ListenerError(f"cannot listen on {where}: {error.strerror}; choose another in `listen`") from error
        self._runner = runner
        self.port = runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening; what is being answered gets a moment to end."""
        runner, self._runner = self._runner, None
        if runner:
            await runner.cleanup()

    def is_admitted(self, authorization: str) -> bool:
        """Return whether an Authorization header carries the token. Raises ListenerError if it cannot be read."""
        expected = self._reveal()
        if expected is None:
            return True
        scheme, _, given = authorization.partition(" ")
        is_same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), expected.encode())
        return is_same and scheme.lower() == "bearer"

    def _reveal(self) -> str | None:
        """Return the token as it stands now: it may be changed without a restart."""
        try:
            token = self._token.reveal() if self._token else None
        except ProbeFailure as error:
            raise ListenerError(f"the listener's token: {error.detail}") from error
        if token is not None and not token:
            raise ListenerError("the listener's token is empty")
        return token


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
