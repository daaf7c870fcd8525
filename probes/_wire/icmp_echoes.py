"""What a ping of one address is asked to do and what it finds.

Source: RFC 2681 (round-trip delay), RFC 6673 (round-trip loss).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from probes._wire.icmp import PAYLOAD_MAX_OCTETS, PAYLOAD_MIN_OCTETS


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """How to ping one address."""

    count: int = 3
    spacing_s: float = 0.02
    timeout_s: float = 0.8
    """How long to wait for the reply to each packet; a later reply counts as lost."""
    payload_octets: int = 32

    def __post_init__(self) -> None:
        _require(1 <= self.count <= 1000, "count", "1 to 1000 packets")
        _require(0 <= self.spacing_s <= 60, "spacing_s", "0 to 60 seconds")
        _require(0 < self.timeout_s <= 60, "timeout_s", "more than 0, at most 60 seconds")
        limits = f"{PAYLOAD_MIN_OCTETS} to {PAYLOAD_MAX_OCTETS} octets"
        _require(PAYLOAD_MIN_OCTETS <= self.payload_octets <= PAYLOAD_MAX_OCTETS, "payload_octets", limits)

    @property
    def span_s(self) -> float:
        """Time from the first packet to the last."""
        return (self.count - 1) * self.spacing_s


def _require(is_right: bool, name: str, allowed: str) -> None:
    if not is_right:
        raise ValueError(f"{name} must be {allowed}")


class RouterError(NamedTuple):
    """An ICMP error that came back instead of a reply."""

    sender: str
    kind: int
    code: int


class Echoes(NamedTuple):
    """What came of one run."""

    address: str
    mode: str
    rtts_s: tuple[float | None, ...]
    """One per packet that could be judged, in the order sent; None = lost."""
    unjudged_count: int
    """Packets not sent or not waited for, or lost while our own receive buffer overflowed."""
    is_kernel_stamped: bool
    """True when every round trip is the difference of two kernel stamps."""
    ttl: int
    errors: tuple[RouterError, ...]
    duplicate_count: int
    late_count: int
    failure: OSError | None
    """Why our own system would not send."""
