"""What the answers to a trace mean: hops, the way, whether it ends, whether it turns in circles; no input or output.

Source: RFC 1812 5.3.1 (time to live), RFC 2925 (traceroute results).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from probes.api import Fact, FailureKind

SILENT_RTT_MS = -1.0
"""Stands for the time of a hop that did not answer."""
_HASH_CHARS = 12


@dataclass(slots=True, kw_only=True)
class Sent:
    """One packet and its fate."""

    ttl: int
    address: str = ""
    """Who answered, "" while nobody has, or when it was this machine itself."""
    rtt_s: float = 0.0
    is_target: bool = False
    failure: FailureKind | None = None
    """Set by a router that says it cannot or will not pass it on."""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """What came from one distance."""

    ttl: int
    addresses: tuple[str, ...]
    """Those who answered, the most frequent first."""
    rtts_s: tuple[float, ...]
    sent_count: int

    @property
    def loss_ratio(self) -> float:
        return 1 - len(self.rtts_s) / self.sent_count

    @property
    def address(self) -> str:
        return self.addresses[0] if self.addresses else ""


@dataclass(slots=True)
class Path:
    """All packets of one trace, and how far it is worth sending more."""

    max_hops: int
    sent: list[Sent] = field(default_factory=list)

    def end(self) -> int:
        """Return the distance beyond which nothing more is to be learned."""
        ends = [packet.ttl for packet in self.sent if packet.is_target or packet.failure]
        return min([self.max_hops, *ends, *_circle(self._first_addresses())])

    def _first_addresses(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for packet in self.sent:
            if packet.address:
                found.setdefault(packet.ttl, packet.address)
        return found

    @property
    def is_reached(self) -> bool:
        return any(packet.is_target for packet in self.sent)

    @property
    def has_loop(self) -> bool:
        return not self.is_reached and bool(_circle(self._first_addresses()))

    def refusal(self) -> Sent | None:
        """Return the nearest router's word that it does not pass packets on, None when the target was reached."""
        refused = [packet for packet in self.sent if packet.failure and not packet.is_target]
        return None if self.is_reached else min(refused, key=lambda packet: packet.ttl, default=None)

    def hops(self) -> tuple[Hop, ...]:
        """Return the hops up to the end of the way, or up to the last that answered."""
        end = self.end()
        answered = [packet.ttl for packet in self.sent if packet.address and packet.ttl <= end]
        last = end if self.is_reached else max(answered, default=0)
        by_ttl: dict[int, list[Sent]] = {ttl: [] for ttl in range(1, last + 1)}
        for packet in self.sent:
            if packet.ttl in by_ttl:
                by_ttl[packet.ttl].append(packet)
        return tuple(_hop(ttl, packets) for ttl, packets in by_ttl.items() if packets)


def _circle(addresses: dict[int, str]) -> list[int]:
    """Return the distance at which an address comes again after another one, empty when none does."""
    seen: dict[str, int] = {}
    before = ""
    for ttl in sorted(addresses):
        address = addresses[ttl]
        if address in seen and address != before:
            return [ttl]
        seen[address] = ttl
        before = address
    return []


def _hop(ttl: int, packets: Sequence[Sent]) -> Hop:
    answered = [packet for packet in packets if packet.address]
    frequent = Counter(packet.address for packet in answered).most_common()
    return Hop(
        ttl=ttl,
        addresses=tuple(address for address, _ in frequent),
        rtts_s=tuple(packet.rtt_s for packet in answered),
        sent_count=len(packets),
    )


def route_of(hops: Iterable[Hop]) -> str:
    """Return the addresses in order, `*` for a hop that did not answer."""
    return " ".join(hop.address or "*" for hop in hops)


def route_hash(route: str) -> str:
    """Return a short name for a route, the same on every machine."""
    return hashlib.sha256(route.encode()).hexdigest()[:_HASH_CHARS]


def route_facts(path: Path) -> dict[str, Fact]:
    """Return the columns and what sums them up."""
    hops = path.hops()
    route = route_of(hops)
    refusal = path.refusal()
    return {
        "hop": tuple(hop.ttl for hop in hops),
        "hop_address": tuple(hop.address for hop in hops),
        "hop_others": tuple(" ".join(hop.addresses[1:]) for hop in hops),
        "hop_loss_ratio": tuple(round(hop.loss_ratio, 3) for hop in hops),
        "hop_rtt_ms": tuple(round(median(hop.rtts_s) * 1000, 3) if hop.rtts_s else SILENT_RTT_MS for hop in hops),
        "route": route,
        "route_hash": route_hash(route),
        "reached": path.is_reached,
        "has_loop": path.has_loop,
        **({"stopped_by": f"{refusal.address or 'neighbour'}: {refusal.text}"} if refusal else {}),
    }


def route_measures(path: Path) -> dict[str, float]:
    """Return the numbers worth a chart; of the target itself only when it answered."""
    hops = path.hops()
    measures = {"hop_count": float(hops[-1].ttl if hops else 0), "sent_count": float(len(path.sent)), "loss_ratio": 1.0}
    if path.is_reached:
        measures |= {"rtt_s": median(hops[-1].rtts_s), "loss_ratio": hops[-1].loss_ratio}
    return measures
