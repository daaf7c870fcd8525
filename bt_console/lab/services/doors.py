"""Listening sockets in several namespaces, opened and closed as faults come and go."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from bt_console.lab import kernel

_BACKLOG = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One port of a service."""

    service: str
    kind: str
    space_fd: int | None
    """The namespace to listen in; None: the one we are in."""
    address: str
    number: int
    factory: Callable[[], asyncio.BaseProtocol]
    context: ssl.SSLContext | None = None
    is_datagram: bool = False


Opened = asyncio.Server | asyncio.DatagramTransport


class Doors:
    """Which doors are open."""

    def __init__(self, doors: list[Door]) -> None:
        self._doors = doors
        self._open: dict[int, Opened] = {}

    async def arrange(self, is_closed: Callable[[Door], bool]) -> None:
        """Open and close until each door is as it should be."""
        for index, door in enumerate(self._doors):
            if is_closed(door):
                await self._close(index)
            elif index not in self._open:
                self._open[index] = await _opened(door)

    async def _close(self, index: int) -> None:
        opened = self._open.pop(index, None)
        if opened is not None:
            opened.close()
            await asyncio.sleep(0)  # a transport closes its socket in the next turn of the loop


async def _opened(door: Door) -> Opened:
    loop = asyncio.get_running_loop()
    kind = socket.SOCK_DGRAM if door.is_datagram else socket.SOCK_STREAM
    with kernel.inside(door.space_fd):
        listening = socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((door.address, door.number))
    if door.is_datagram:
        transport, _ = await loop.create_datagram_endpoint(door.factory, sock=listening)
        return transport
    return await loop.create_server(door.factory, sock=listening, ssl=door.context, backlog=_BACKLOG)
