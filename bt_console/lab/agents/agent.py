"""One SNMP agent: its sockets, whom it answers, and the notifications it sends when a port changes.

Source: RFC 3416 (4.2.6: SNMPv2-Trap-PDU), RFC 2863 (linkDown, linkUp), RFC 3418 (coldStart).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from bt_console.lab import kernel
from bt_console.lab.agents.answers import answer, is_version_3
from bt_console.lab.agents.ber import TRAP, Oid, Varbind, integer, message, oid, text, ticks
from bt_console.lab.agents.mib import COLD_START, LINK_DOWN, LINK_UP, TRAP_OID, UPTIME, Identity, if_state
from bt_console.lab.agents.netlink import Device
from bt_console.lab.agents.source import Source
from bt_console.lab.loop import Loop

if TYPE_CHECKING:
    from bt_console.lab.agents.usm import Engine

SNMP_PORT, TRAP_PORT = 161, 162
PUBLIC = b"public"
_DATAGRAM_LIMIT = 65_535
_IF, _IF_NAME = (1, 3, 6, 1, 2, 1, 2, 2, 1), (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1)


def open_sockets(space_fd: int, addresses: Sequence[str]) -> tuple[socket.socket, ...]:
    """Return one socket for each address, so that each answers in its own name."""
    found = []
    with kernel.inside(space_fd):
        for address in addresses:
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            sock.bind((address, SNMP_PORT))
            found.append(sock)
    return tuple(found)


class Agent:
    """A router's or a switch's agent of version 2c, and of 3 where its order has a user.

    The first of its addresses is the one its notifications come from.
    """

    def __init__(self, order: Mapping[str, Any], community: bytes, manager: str, clock: Callable[[], float]) -> None:
        identity = Identity(**order["identity"])
        asked = tuple(order["addresses"])
        self.source = Source(order["space"], identity, tuple(order["lldp_ports"]), asked, clock)
        self.sockets = open_sockets(order["space"], order["addresses"])
        self._clock = clock
        self._community = community
        self._communities: tuple[bytes, ...] = (community,)
        self._manager = (manager, TRAP_PORT)
        self._user: Mapping[str, str] = order.get("user", {})
        self._secure: Engine | None = None
        self._is_notifying_securely: bool = order.get("is_notifying_securely", False)
        self._is_off = False
        self._trap_count = 0

    def join(self, loop: Loop) -> None:
        """Have a loop tell when there is something to do."""
        for sock in self.sockets:
            loop.watch(sock.fileno(), partial(self.serve, sock))
        loop.watch(self.source.events.fileno(), self.watch)
        loop.watch(self.source.lldp.fileno(), self.source.hear)

    def leave(self, loop: Loop) -> None:
        """End it."""
        for sock in (*self.sockets, self.source.events, self.source.lldp):
            loop.forget(sock.fileno())
        self.close()

    def change(self, *, is_public: bool, is_off: bool) -> None:
        """Answer the default community too, or none at all; who comes back from being off has restarted."""
        self._communities = (self._community, PUBLIC) if is_public else (self._community,)
        has_power_back = self._is_off and not is_off
        if is_off and not self._is_off:
            self.source.lose_power()
        self._is_off = is_off
        if has_power_back:
            self.source.restart()
            self._notify(COLD_START, ())

    def serve(self, sock: socket.socket) -> None:
        """Answer what waits at one of our sockets."""
        while True:
            try:
                wire, asker = sock.recvfrom(_DATAGRAM_LIMIT)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error about an earlier answer
            response = None if self._is_off else self._answer(wire)
            if response is not None:
                self._send(sock, response, asker)

    def _answer(self, wire: bytes) -> bytes | None:
        if self._user and is_version_3(wire):
            return self._engine().answer(wire)
        return answer(wire, self.source.view(), self._communities)

    def watch(self) -> None:
        """Tell the manager what changed, and a neighbour who has just appeared who we are."""
        changed = self.source.changes()
        if any(device.is_running for device in changed):
            self.source.announce()
        for device in changed:
            if not self._is_off:
                self._notify(LINK_UP if device.is_running else LINK_DOWN, _about(device))

    def close(self) -> None:
        """Close every socket."""
        for sock in self.sockets:
            sock.close()
        self.source.close()

    def _notify(self, kind: Oid, binds: Sequence[Varbind]) -> None:
        self._trap_count += 1
        said = ((UPTIME, ticks(self.source.uptime_ticks())), (TRAP_OID, oid(kind)), *binds)
        if self._is_notifying_securely:
            wire = self._engine().notification(said)
        else:
            wire = message(self._community, TRAP, self._trap_count, said, (0, 0))
        self._send(self.sockets[0], wire, self._manager)

    def _engine(self) -> Engine:
        """Return who speaks version 3: its cryptography is loaded only where somebody does."""
        if self._secure is None:
            from bt_console.lab.agents.usm import Engine

            self._secure = Engine(**self._user, view=self.source.view, clock=self._clock)
        return self._secure

    def _send(self, sock: socket.socket, wire: bytes, to: tuple[str, int]) -> None:
        try:
            sock.sendto(wire, to)
        except OSError:
            return  # no way there now: a notification nobody confirms is lost, as anywhere


def _about(device: Device) -> tuple[Varbind, ...]:
    admin, oper = if_state(device)
    index = device.index
    return (
        ((*_IF, 1, index), integer(index)),
        ((*_IF, 7, index), integer(admin)),
        ((*_IF, 8, index), integer(oper)),
        ((*_IF_NAME, index), text(device.name)),
    )
