"""Who claims which address on a LAN, and what is wrong with it; decides on packets alone, no input or output.

Source: RFC 5227 (conflicts, announcements); RFC 826.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

from probes._wire.arp import NOBODY, Claim

ROWS_MAX = 64
_OWNERS_MAX = 8192
_STALE_NS = 3600 * 1_000_000_000
_SECOND_NS = 1_000_000_000
_SENDERS_MAX = 1024
_MACS_PER_IP_MAX = 8


class Move(NamedTuple):
    """An address changed hands."""

    ip: bytes
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """What is known beforehand."""

    gateway: bytes = NOBODY
    pinned: tuple[tuple[bytes, bytes], ...] = ()
    """Addresses only one MAC may claim, such as the gateway's when it is given."""
    trusted: frozenset[bytes] = frozenset()
    """MACs whose claims are never a finding, such as those of a redundant pair of routers."""
    flood_per_s: int = 20
    duplicate_window_s: float = 300.0


@dataclass(slots=True, kw_only=True)
class ArpReport:
    """What happened since the last report. Tables hold ROWS_MAX rows; the counts count everything."""

    heard_count: int = 0
    malformed_count: int = 0
    gratuitous_count: int = 0
    moved_count: int = 0
    impersonation_count: int = 0
    unlearned_count: int = 0
    """Claims of new addresses while the table was full of living ones."""
    peak_count: int = 0
    """Packets in the busiest second."""
    known_count: int = 0
    gateway_mac: bytes = b""
    moves: dict[Move, None] = field(default_factory=dict)
    duplicates: dict[bytes, dict[bytes, None]] = field(default_factory=dict)
    impersonators: dict[bytes, None] = field(default_factory=dict)
    floods: dict[bytes, int] = field(default_factory=dict)
    forgers: dict[bytes, None] = field(default_factory=dict)
    """Machines whose ARP names another sender than the frame's."""
    examples: dict[str, bytes] = field(default_factory=dict)
    """Finding -> the first frame that shows it."""


@dataclass(slots=True)
class _Owner:
    mac: bytes
    seen_ns: int
    former_mac: bytes = b""
    former_seen_ns: int = 0


class ArpTable:
    """The present owners and what has been wrong since the last report."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._pinned = dict(law.pinned)
        self._own_ip = NOBODY
        self._window_ns = int(law.duplicate_window_s * _SECOND_NS)
        self._owners: OrderedDict[bytes, _Owner] = OrderedDict()
        self._report = ArpReport()
        self._second = self._second_count = 0
        self._senders: dict[bytes, int] = {}

    def set_own(self, ip: bytes, mac: bytes) -> None:
        """Tell this machine's own address, whose rightful owner needs no guessing; NOBODY when it has none."""
        if ip != self._own_ip:
            self._pinned.pop(self._own_ip, None)
            self._own_ip = ip
        if ip != NOBODY:
            self._pinned[ip] = mac

    def note_malformed(self) -> None:
        self._report.heard_count += 1
        self._report.malformed_count += 1

    def note(self, claim: Claim, frame: bytes, at_ns: int) -> None:
        """Take in one packet; `at_ns` is any clock in nanoseconds, the same for all."""
        report, ip, mac = self._report, claim.ip, claim.mac
        report.heard_count += 1
        self._count_second(at_ns)
        if mac != claim.frame_mac and mac not in self._law.trusted:
            self._keep(report.forgers, claim.frame_mac, "forged", frame)
        if ip == NOBODY:
            return
        if ip == claim.wanted_ip:
            report.gratuitous_count += 1
            self._count_gratuitous(mac, frame)
        owner = self._owners.get(ip)
        if owner is None:
            self._learn(claim, frame, at_ns)
        elif owner.mac != mac:
            self._change(owner, claim, frame, at_ns)
        else:
            owner.seen_ns = at_ns
            self._owners.move_to_end(ip)

    def _count_second(self, at_ns: int) -> None:
        second = at_ns // _SECOND_NS
        if second != self._second:
            self._second, self._second_count = second, 0
            self._senders.clear()
        self._second_count += 1
        if self._second_count > self._report.peak_count:
            self._report.peak_count = self._second_count

    def _count_gratuitous(self, mac: bytes, frame: bytes) -> None:
        if mac not in self._senders and len(self._senders) >= _SENDERS_MAX:
            return
        count = self._senders[mac] = self._senders.get(mac, 0) + 1
        if count > self._law.flood_per_s and mac not in self._law.trusted:
            floods = self._report.floods
            if mac in floods or len(floods) < ROWS_MAX:
                floods[mac] = max(count, floods.get(mac, 0))
                self._report.examples.setdefault("flood", frame)

    def _learn(self, claim: Claim, frame: bytes, at_ns: int) -> None:
        rightful = self._pinned.get(claim.ip)
        if rightful is None and claim.ip == self._law.gateway:
            # Nobody told its MAC: the first one heard is it, and stays it.
            rightful = self._pinned[claim.ip] = claim.mac
        if rightful is not None and claim.mac != rightful:
            self._accuse(claim, rightful, frame)
            return
        if len(self._owners) >= _OWNERS_MAX:
            oldest = next(iter(self._owners))
            if at_ns - self._owners[oldest].seen_ns < _STALE_NS:
                # Whoever invents addresses by the thousand must not make us forget the real ones.
                self._report.unlearned_count += 1
                return
            del self._owners[oldest]
        self._owners[claim.ip] = _Owner(claim.mac, at_ns)

    def _change(self, owner: _Owner, claim: Claim, frame: bytes, at_ns: int) -> None:
        rightful = self._pinned.get(claim.ip)
        if rightful is not None and claim.mac != rightful:
            self._accuse(claim, rightful, frame)
            return
        before = owner.mac
        has_returned = claim.mac == owner.former_mac and at_ns - owner.former_seen_ns <= self._window_ns
        owner.former_mac, owner.former_seen_ns = before, owner.seen_ns
        owner.mac, owner.seen_ns = claim.mac, at_ns
        self._owners.move_to_end(claim.ip)
        if self._law.trusted and (before in self._law.trusted or claim.mac in self._law.trusted):
            return
        if has_returned:
            self._note_duplicate(claim.ip, (before, claim.mac), frame)
        else:
            self._report.moved_count += 1
            self._keep(self._report.moves, Move(claim.ip, before, claim.mac), "moved", frame)

    def _accuse(self, claim: Claim, rightful: bytes, frame: bytes) -> None:
        """Note that somebody claims an address that can only be another's."""
        if claim.mac in self._law.trusted:
            return
        if claim.ip == self._law.gateway:
            self._report.impersonation_count += 1
            self._keep(self._report.impersonators, claim.mac, "gateway", frame)
        self._note_duplicate(claim.ip, (rightful, claim.mac), frame)

    def _note_duplicate(self, ip: bytes, macs: tuple[bytes, bytes], frame: bytes) -> None:
        duplicates = self._report.duplicates
        if ip not in duplicates and len(duplicates) >= ROWS_MAX:
            return
        known = duplicates.setdefault(ip, {})
        self._report.examples.setdefault("duplicate", frame)
        for mac in macs:
            if len(known) < _MACS_PER_IP_MAX:
                known[mac] = None

    def _keep(self, rows: dict[bytes, None] | dict[Move, None], row: bytes | Move, finding: str, frame: bytes) -> None:
        if len(rows) < ROWS_MAX:
            rows[row] = None  # type: ignore[index]  # the caller's rows are of its row's type
        self._report.examples.setdefault(finding, frame)

    def take_report(self) -> ArpReport:
        """Return what happened since the last call; owners are kept."""
        report, self._report = self._report, ArpReport()
        report.known_count = len(self._owners)
        report.gateway_mac = self._pinned.get(self._law.gateway, b"")
        self._second_count = 0
        return report
