"""What DHCP servers and clients said since the last report; decides on messages alone, no input or output.

Source: RFC 2131.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from probes._wire.dhcp import ACK, DISCOVER, NAK, OFFER, REQUEST, Message
from probes._wire.parties import Party, is_allowed

SERVERS_MAX = 64
CLIENTS_MAX = 256
_DHCP_ANSWERS = frozenset({OFFER, ACK, NAK})


@dataclass(slots=True, kw_only=True)
class Server:
    """One server by its identifier and the MAC its answers come from (a relay's, behind one)."""

    answer_count: int = 0
    routers: tuple[str, ...] = ()
    dns_servers: tuple[str, ...] = ()
    lease_s: int = 0


@dataclass(slots=True, kw_only=True)
class Client:
    """One client by its MAC."""

    ip: str = ""
    name: str = ""
    vendor_class: str = ""


@dataclass(slots=True, kw_only=True)
class DhcpReport:
    """Tables are bounded; the counts count everything."""

    heard_count: int = 0
    malformed_count: int = 0
    rogue_count: int = 0
    """Answers of servers that are not allowed."""
    kinds: dict[int, int] = field(default_factory=dict)
    servers: dict[tuple[str, bytes], Server] = field(default_factory=dict)
    rogues: dict[tuple[str, bytes], None] = field(default_factory=dict)
    clients: dict[bytes, Client] = field(default_factory=dict)
    examples: dict[str, bytes] = field(default_factory=dict)

    def count(self, kind: int) -> int:
        return self.kinds.get(kind, 0)


class DhcpLog:
    """Takes messages in. `allowed` empty means that nobody said who may serve, so nobody is judged."""

    def __init__(self, allowed: tuple[Party, ...]) -> None:
        self._allowed = allowed
        self._report = DhcpReport()

    def note_malformed(self) -> None:
        self._report.heard_count += 1
        self._report.malformed_count += 1

    def note(self, message: Message, frame: bytes) -> None:
        """Take in one message."""
        report = self._report
        report.heard_count += 1
        report.kinds[message.kind] = report.kinds.get(message.kind, 0) + 1
        if message.is_answer:
            self._note_answer(message, frame)
        elif message.kind in (DISCOVER, REQUEST):
            self._note_client(message)

    def _note_answer(self, message: Message, frame: bytes) -> None:
        key = (message.server, message.source_mac)
        servers = self._report.servers
        if key in servers or len(servers) < SERVERS_MAX:
            server = servers.setdefault(key, Server())
            server.answer_count += 1
            server.routers = message.routers or server.routers
            server.dns_servers = message.dns_servers or server.dns_servers
            server.lease_s = message.lease_s or server.lease_s
        if self._allowed and self._is_rogue(message):
            self._report.rogue_count += 1
            if len(self._report.rogues) < SERVERS_MAX:
                self._report.rogues[key] = None
            self._report.examples.setdefault("rogue", frame)
        if message.kind == ACK:
            self._note_client(message)

    def _is_rogue(self, message: Message) -> bool:
        if not is_allowed(self._allowed, message.server, message.source_mac):
            return True
        # The identifier is only what the server says of itself: without a relay the sender must be allowed too.
        return not message.relay and not is_allowed(self._allowed, message.source_ip, message.source_mac)

    def _note_client(self, message: Message) -> None:
        clients = self._report.clients
        if message.client_mac in clients or len(clients) < CLIENTS_MAX:
            client = clients.setdefault(message.client_mac, Client())
            client.ip = message.client_ip or client.ip
            client.name = message.client_name or client.name
            client.vendor_class = message.vendor_class or client.vendor_class

    def take_report(self) -> DhcpReport:
        """Return what was said since the last call."""
        report, self._report = self._report, DhcpReport()
        return report
