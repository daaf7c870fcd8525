"""Looks at the LANs of two communes, for tests of the device register."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bt_console.evaluate import devices
from bt_console.evaluate.device_looks import Look, Sighting
from bt_console.model.device import Device
from bt_console.model.inventory import Approval, Unit, UnitId, UnitKind
from bt_console.model.snapshot import Event

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
HERE, THERE = UnitId("cao-son"), UnitId("ha-vi")
UNITS = {
    HERE: Unit(id=HERE, name="Xã Cao Sơn", kind=UnitKind.COMMUNE),
    THERE: Unit(id=THERE, name="Xã Hà Vị", kind=UnitKind.COMMUNE),
}
WEEK = timedelta(days=7)


def mac(number: int) -> str:
    """Return a MAC whose vendor is nobody."""
    digits = f"b42200{number:06x}"
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def approval(number: int, unit_id: UnitId = HERE) -> Approval:
    """Return an approval of a device."""
    return Approval(mac=mac(number), unit_id=unit_id, name=f"Máy {number}")


def rules(*approvals: Approval, vendor: str = "") -> devices.Rules:
    """Return rules with a register."""
    return devices.Rules(
        units=UNITS,
        approvals={one.mac: one for one in approvals},
        missing_after=WEEK,
        vendor_of=lambda _: vendor,
    )


@dataclass
class Lans:
    """A register and the ledger it makes of looks."""

    rules: devices.Rules
    ledger: devices.Ledger = field(default_factory=dict)
    looked_at: dict[UnitId, datetime] = field(default_factory=dict)
    written: list[Device] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.adopt(self.rules)

    def adopt(self, new: devices.Rules) -> devices.Findings:
        """Put another register in force."""
        self.rules = new
        found = devices.reconciled(self.ledger, new)
        self.ledger = devices.applied(self.ledger, found)
        return found

    def look(
        self,
        numbers: Iterable[int] | Mapping[int, Sighting],
        *,
        hours: float,
        unit_id: UnitId = HERE,
        is_complete: bool = True,
    ) -> tuple[Event, ...]:
        """Look at a LAN so many hours after the start, and return what the journal says."""
        sightings = numbers if isinstance(numbers, Mapping) else dict.fromkeys(numbers, Sighting())
        at = START + timedelta(hours=hours)
        seen = Look(
            unit_id=unit_id,
            at=at,
            sightings={mac(number): sighting for number, sighting in sightings.items()},
            is_complete=is_complete,
        )
        found = devices.fold(self.ledger, seen, self.looked_at.get(unit_id), self.rules)
        self.ledger = devices.applied(self.ledger, found)
        self.looked_at[unit_id] = max(at, self.looked_at.get(unit_id, at))
        self.written = list(found.devices)
        return found.events

    def device(self, number: int, unit_id: UnitId = HERE) -> Device:
        """Return a device."""
        return self.ledger[unit_id][mac(number)]

    def restart(self) -> None:
        """Forget what is not stored."""
        self.looked_at = {
            unit_id: max(seen)
            for unit_id, known in self.ledger.items()
            if (seen := [device.last_seen_at for device in known.values() if device.last_seen_at])
        }
        self.adopt(self.rules)


def kinds(events: Iterable[Event]) -> list[str]:
    """Return the kinds of events."""
    return [event.kind for event in events]
