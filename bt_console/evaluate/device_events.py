"""From what happened to devices to lines of the journal: one each, or one for all where there are many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bt_console.evaluate.device_looks import Look
from bt_console.model.device import Device, DeviceState
from bt_console.model.inventory import Unit, UnitId
from bt_console.model.snapshot import Event
from bt_console.words import message

EACH_MAX = 8
"""More happenings of one sort in one look make one line together."""
_NAMED_MAX = 5


class What(StrEnum):
    """What can happen to a device."""

    NEW = "new"
    MOVED = "moved"
    PORT = "port"
    MISSING = "missing"
    AGAIN = "again"
    BACK = "back"
    """Where it belongs again, after it was in another unit."""


_KINDS = {
    What.NEW: "device_new",
    What.MOVED: "device_moved",
    What.PORT: "device_moved",
    What.MISSING: "device_missing",
    What.AGAIN: "device_seen_again",
    What.BACK: "device_seen_again",
}
_STRANGE = frozenset({What.NEW, What.MOVED})


@dataclass(frozen=True, slots=True)
class Happening:
    """One change of one device."""

    what: What
    before: Device | None
    after: Device


def described(device: Device) -> str:
    """Return a device in one phrase that needs no language."""
    return " · ".join(part for part in (device.name, device.mac, device.vendor, device.address, device.port) if part)


def told(
    happenings: Sequence[Happening], units: Mapping[UnitId, Unit], look: Look, *, is_first: bool, dropped_count: int
) -> Iterator[Event]:
    """Yield the lines about one look. The first one ever at a LAN is an inventory: one line says what there is."""
    scribe = _Scribe(units, look)
    if is_first and any(happening.what in _STRANGE for happening in happenings):
        yield scribe.inventory(happenings)
        happenings = [happening for happening in happenings if happening.what not in _STRANGE]
    for what in What:
        of_kind = [happening for happening in happenings if happening.what is what]
        if len(of_kind) > EACH_MAX:
            yield scribe.many(what, of_kind)
        else:
            yield from map(scribe.one, of_kind)
    if dropped_count:
        yield scribe.write("devices_dropped", look.unit_id, "event.devices_dropped", count=dropped_count)


@dataclass(frozen=True, slots=True)
class _Scribe:
    units: Mapping[UnitId, Unit]
    look: Look

    def inventory(self, happenings: Sequence[Happening]) -> Event:
        strange = [happening for happening in happenings if happening.what in _STRANGE]
        moved_count = sum(happening.after.state is DeviceState.MOVED for happening in strange)
        return self.write(
            "device_new",
            self.look.unit_id,
            "event.devices_found",
            count=len(self.look.sightings),
            new_count=len(strange) - moved_count,
            moved_count=moved_count,
        )

    def one(self, happening: Happening) -> Event:
        before, after = happening.before, happening.after
        elsewhere = before.unit_id if before and happening.what is What.BACK else after.approved_unit_id
        return self.write(
            _KINDS[happening.what],
            after.mac,
            f"event.device_{happening.what}",
            device=described(after),
            other=self.name(elsewhere),
            before=before.port if before else "",
            after=after.port,
        )

    def many(self, what: What, happenings: Sequence[Happening]) -> Event:
        named = "; ".join(described(happening.after) for happening in happenings[:_NAMED_MAX])
        code = f"event.devices_{what}"
        return self.write(_KINDS[what], self.look.unit_id, code, count=len(happenings), named=named)

    def write(self, kind: str, subject: str, code: str, **values: object) -> Event:
        unit_id = self.look.unit_id
        text = message(code, unit=self.name(unit_id), **{name: value for name, value in values.items() if value != ""})
        return Event(seq=0, at=self.look.at, kind=kind, subject=subject, unit_id=unit_id, message=text)

    def name(self, unit_id: UnitId | None) -> str:
        unit = self.units.get(unit_id) if unit_id else None
        return unit.name if unit else unit_id or ""
