"""Messages to one person over one channel, in order; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from bt_console.model.paging import Delivery, DeliveryState

_MOVING = frozenset({DeliveryState.QUEUED, DeliveryState.LEASED})


def lanes(deliveries: Iterable[Delivery]) -> tuple[list[Delivery], ...]:
    """Return what is queued or being sent, by (contact, channel), each oldest first."""
    found: dict[tuple[str, str], list[Delivery]] = {}
    for row in sorted((d for d in deliveries if d.state in _MOVING), key=lambda d: d.id):
        found.setdefault((row.contact, row.channel), []).append(row)
    return tuple(found.values())


def lane_wakes(lane: list[Delivery]) -> Iterator[datetime]:
    """Return when a lane is worth a look: while one is being sent the others wait, as do later ones of an incident."""
    leases = [row.lease_until or row.next_at for row in lane if row.state is DeliveryState.LEASED]
    if leases:
        yield min(leases)
        return
    seen: set[int] = set()
    for row in lane:
        if row.incident_id is None or row.incident_id not in seen:
            yield row.next_at
        if row.incident_id is not None:
            seen.add(row.incident_id)
