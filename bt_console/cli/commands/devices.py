"""`bt-console devices [UNIT] | export [UNIT]`: who is on the LANs and how they stand to the register."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from typing import TYPE_CHECKING

from bt_console.cli.choose import find_unit
from bt_console.cli.command import Command, UsageError
from bt_console.cli.documents import Document, instant
from bt_console.cli.place import language_of, open_console, read_snapshot
from bt_console.cli.render import Column, print_json, print_lines, table, terminal_width, write
from bt_console.cli.times import clock_time, zone
from bt_console.model.device import Device, DeviceState, is_local
from bt_console.words import tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bt_console.cli.parser import Parser
    from bt_console.facade import Console
    from bt_console.model.inventory import UnitId
    from bt_console.model.snapshot import Snapshot

EXPORT = "export"
_HUB = "hub"
_TITLES = {
    "vi": ("MAC", "Đơn vị", "Tên", "Loại", "Ghi chú"),
    "en": ("mac", "unit", "name", "kind", "note"),
}
"""Of the register, as bt_console.config.register reads them."""
_ORDER = (DeviceState.NEW, DeviceState.MOVED, DeviceState.MISSING, DeviceState.APPROVED)


def _configure(parser: Parser) -> None:
    parser.add_argument("what", metavar="UNIT | export [UNIT]", nargs="*", help="cli.opt.devices_what")
    states = [state.value for state in DeviceState]
    parser.add_argument("--state", choices=states, default=None, help="cli.opt.device_state")
    parser.add_argument("--json", action="store_true", help="cli.opt.json")


def _run(args: Namespace) -> int:
    is_export = args.what[:1] == [EXPORT]
    places = args.what[1:] if is_export else args.what
    with open_console(args) as console:
        snapshot = read_snapshot(args, console)
        language = language_of(args, snapshot)
        if len(places) > 1:
            raise UsageError(tell(language, "cli.devices.too_many"))
        if is_export and args.json:
            raise UsageError(tell(language, "cli.devices.export_json"))
        found = _found(console, _unit(snapshot, places, language), args.state)
    if is_export:
        _export(found, snapshot, language)
    elif args.json:
        print_json(_document(found, snapshot))
    else:
        _print_text(found, snapshot, language)
    return 0


def _unit(snapshot: Snapshot, places: Sequence[str], language: str) -> UnitId | None:
    if not places:
        return None
    if places[0] == _HUB and snapshot.infrastructure:
        return snapshot.infrastructure[0].unit_id
    return find_unit(snapshot, places[0], language).id


def _found(console: Console, unit_id: UnitId | None, state: str | None) -> list[Device]:
    """Return devices unit by unit, those that want attention first."""
    found = [device for device in console.devices(unit_id) if state in (None, device.state.value)]
    return sorted(found, key=lambda device: (device.unit_id, _ORDER.index(device.state), device.mac))


def _document(found: Sequence[Device], snapshot: Snapshot) -> Document:
    counts = _counts(found)
    return {
        "schema": "bt-console/devices/1",
        "revision": snapshot.revision,
        "at": instant(snapshot.at),
        "counts": counts,
        "devices": [_device(device) for device in found],
    }


def _counts(found: Sequence[Device]) -> dict[str, int]:
    counts = Counter(device.state for device in found)
    return {state.value: counts[state] for state in DeviceState}


def _device(device: Device) -> Document:
    return {
        "mac": device.mac,
        "unit": device.unit_id,
        "state": device.state,
        "name": device.name,
        "address": device.address or None,
        "port": device.port or None,
        "vendor": device.vendor or None,
        "is_made_up": is_local(device.mac),
        "approved_unit": device.approved_unit_id,
        "first_seen_at": instant(device.first_seen_at),
        "last_seen_at": instant(device.last_seen_at),
        "missed_since": instant(device.missed_since),
    }


def _print_text(found: Sequence[Device], snapshot: Snapshot, language: str) -> None:
    if not found:
        print_lines([tell(language, "cli.devices.none")])
        return
    names = ("unit", "state", "mac", "device", "address", "port", "last_seen")
    flexible = {"unit", "device", "port"}
    columns = [Column(title=tell(language, f"cli.column.{name}"), is_flexible=name in flexible) for name in names]
    rows = [_row(device, snapshot, language) for device in found]
    counts = tell(language, "cli.devices.counts", **_counts(found))
    print_lines([*table(columns, rows, terminal_width()), "", counts])


def _row(device: Device, snapshot: Snapshot, language: str) -> tuple[str, ...]:
    local = zone(snapshot.timezone)
    return (
        device.unit_id,
        tell(language, f"device.{device.state}"),
        device.mac,
        device.name or device.vendor,
        device.address,
        device.port,
        clock_time(device.last_seen_at, snapshot.at, local) if device.last_seen_at else "",
    )


def _export(found: Sequence[Device], snapshot: Snapshot, language: str) -> None:
    from bt_console.cli.csv_text import csv_text

    write(csv_text([_TITLES[language], *(_approval(device, snapshot, language) for device in found)]))


def _approval(device: Device, snapshot: Snapshot, language: str) -> tuple[str, ...]:
    """Return a device as a row of the register. Why a made-up address is approved is for a person to say."""
    name = device.name or " ".join(part for part in (device.vendor, device.address) if part) or device.mac
    if is_local(device.mac) or device.first_seen_at is None:
        return (device.mac, device.unit_id, name, "", "")
    date = f"{device.first_seen_at.astimezone(zone(snapshot.timezone)):%d/%m/%Y}"
    return (device.mac, device.unit_id, name, "", tell(language, "cli.devices.first_seen", at=date))


COMMAND = Command(name="devices", help="cli.help.devices", configure=_configure, run=_run)
