"""One way through the network to a target, as traces found it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bt_console.model.inventory import CheckId


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A sequence of hops that traces of one check took, and when."""

    check_id: CheckId
    route_hash: str
    hops: tuple[str, ...]
    """Addresses from the first router to the target; empty where a router does not answer."""
    first_seen_at: datetime
    last_seen_at: datetime
    seen_count: int = 1
    accepted_at: datetime | None = None
    """When it last became the route of its check; the newest of them is in force."""
    alternated_at: datetime | None = None
    """When it last gave way to the route in force before it could become that itself: load is balanced."""
