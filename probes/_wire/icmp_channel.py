"""One ICMP socket and the packets on their way through it: sends, matches what comes back, keeps room to receive.

Source: linux net/core/skbuff.c and sock.c for what an unread packet costs the receive buffer.
"""

from __future__ import annotations

import os
import socket
import time

from probes._wire.icmp import HEADER, Dialect, Template
from probes._wire.icmp_echoes import RouterError
from probes._wire.icmp_run import Packet, Run
from probes._wire.icmp_socket import CHARGE_OCTETS, EchoSocket, Refusal

_SMALL_OCTETS = 64
_OPEN_MAX = 32_000
"""Less than half of the sequence numbers, so that a free one is always near."""


def charge_octets(payload_octets: int) -> int:
    """Return what a request can cost the receive buffer: its transmit stamp and its reply, both unread."""
    beyond = max(0, payload_octets + HEADER.size - _SMALL_OCTETS)
    return 2 * CHARGE_OCTETS + 2 * beyond


class Channel:
    """Everything about one IP version."""

    __slots__ = ("_by_key", "_nonce", "_open_octets", "_packets", "_serial", "_templates", "open_count", "socket")

    def __init__(self, dialect: Dialect, identifier: int, receive_buffer_octets: int) -> None:
        self.socket = EchoSocket(dialect, identifier, receive_buffer_octets)
        self.open_count = 0
        self._open_octets = 0
        self._nonce = os.urandom(8)
        self._serial = 0
        self._packets: dict[int, Packet] = {}
        """By sequence number; settled ones stay until their run ends, to recognise duplicates."""
        self._by_key: dict[int, Packet] = {}
        """Those whose transmit stamp has not come yet."""
        self._templates: dict[int, Template] = {}

    def template(self, payload_octets: int) -> Template:
        found = self._templates.get(payload_octets)
        if found is None:
            found = Template(self.socket.dialect, self.socket.identifier, self._nonce, payload_octets)
            self._templates[payload_octets] = found
        return found

    def spelled(self, address: str) -> str:
        """Return an address as the kernel spells it, without the zone of a link-local one."""
        family = self.socket.dialect.family
        return socket.inet_ntop(family, socket.inet_pton(family, address.partition("%")[0]))

    def has_room(self, octets: int) -> bool:
        """Tell whether the buffer holds every stamp and reply even if none is read for a while.

        One packet is always allowed, or a small buffer would stop everything.
        """
        if self.open_count == 0:
            return True
        return self.open_count < _OPEN_MAX and self._open_octets + octets <= self.socket.capacity_octets

    def send(self, run: Run, octets: int) -> Packet:
        """Send the next packet of a run, charging the receive buffer. Raises OSError when the system refuses."""
        packets, serial = self._packets, self._serial
        while True:
            self._serial = serial = (serial + 1) & 0xFFFFFFFF
            holder = packets.get(serial & 0xFFFF)
            if holder is None or not holder.is_open:
                break
        message = run.template.fill(serial)
        packet = Packet(run, serial, message[HEADER.size :], octets)
        packet.key = key = self.socket.send(message, run.address)
        packets[serial & 0xFFFF] = packet
        self._by_key[key] = packet
        self._open_octets += octets
        self.open_count += 1
        run.packets.append(packet)
        run.open_count += 1
        return packet

    def read(self) -> None:
        """Read what the kernel holds for us, as long as something is expected; the rest will call again."""
        self._read_stamps()
        identifier = self.socket.identifier
        for (its_identifier, sequence, _, payload), sender, rx_ns, ttl in self.socket.replies():
            packet = self._packets.get(sequence)
            if packet is None or its_identifier != identifier:
                continue
            # Whoever can guess the payload still has to own the address.
            if payload == packet.payload and sender == packet.run.sender:
                self._on_reply(packet, rx_ns, ttl)
                if self.open_count == 0:
                    break
        self._read_refusals()

    def _read_stamps(self) -> None:
        by_key = self._by_key
        for key, at_ns in self.socket.stamps():
            packet = by_key.pop(key, None)
            if packet is not None:
                packet.accept_stamp(at_ns)
                packet.charge_octets -= CHARGE_OCTETS
                self._open_octets -= CHARGE_OCTETS
                if not by_key:
                    break

    def _on_reply(self, packet: Packet, rx_ns: int, ttl: int) -> None:
        run = packet.run
        if not packet.is_open:
            run.note_another(packet)
            return
        if packet.tx_ns == 0:
            # A device with a queue stamps late: the stamp may have come after the last look.
            self._read_stamps()
        rtt_ns, is_kernel = packet.round_trip_ns(rx_ns, time.monotonic_ns())
        run.ttl = ttl
        run.note_reply(packet, rtt_ns, is_kernel=is_kernel)
        self.settle(packet)

    def _read_refusals(self) -> None:
        refusals = self.socket.refusals
        while refusals:
            self._on_refusal(refusals.pop())

    def _on_refusal(self, refusal: Refusal) -> None:
        complaint = refusal.complaint
        packet = self._packets.get(complaint.sequence)
        if packet is None or not packet.is_open or complaint.identifier != self.socket.identifier:
            return
        if complaint.destination == packet.run.sender:
            packet.run.errors.append(RouterError(refusal.sender, complaint.kind, complaint.code))
            self.settle(packet)

    def settle(self, packet: Packet) -> None:
        """Note that a packet's fate is known; end its run when it was the last one."""
        run = packet.run
        self._release(packet, run)
        if run.open_count == 0 and len(run.packets) == run.batch.params.count:
            self.finish(run)

    def _release(self, packet: Packet, run: Run) -> None:
        packet.is_open = False
        run.open_count -= 1
        self.open_count -= 1
        self._open_octets -= packet.charge_octets
        if self._by_key and self._by_key.get(packet.key) is packet:
            del self._by_key[packet.key]

    def finish(self, run: Run) -> None:
        """End a run, once; packets still on their way are left out of its result."""
        if not run.is_open:
            return
        packets = run.finish()
        for packet in packets:
            if packet.is_open:
                self._release(packet, run)
            if self._packets.get(packet.serial & 0xFFFF) is packet:
                del self._packets[packet.serial & 0xFFFF]

    def distrust_stamps(self) -> None:
        """Forget the stamps of everything on its way: the wall clock was set."""
        for packet in self._packets.values():
            packet.tx_ns = -1

    def close(self) -> None:
        self.socket.close()
