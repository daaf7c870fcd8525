"""From looks at LANs to devices that are approved, new, moved or missing, and one event per change.

A device absent from every look for long enough is missing; while nobody looks, nobody is. Instants are only compared
with each other, so the caller's clock decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bt_console.evaluate.device_events import Happening, What, told
from bt_console.evaluate.device_looks import Look, Sighting
from bt_console.model.device import Device, DeviceState
from bt_console.model.inventory import DEVICES_MISSING_AFTER_S, Approval, Unit, UnitId
from bt_console.model.snapshot import Event

Ledger = Mapping[UnitId, Mapping[str, Device]]
"""Every device by unit and MAC."""

DEVICES_PER_UNIT_MAX = 4096
FORGET_AFTER = timedelta(days=90)
"""A device that is not in the register and that nobody saw for so long is no longer kept."""
FRESH_FOR = timedelta(minutes=1)
"""A device seen again sooner is not stored again: nothing but an instant would change."""
PORT_SETTLED = timedelta(hours=1)
"""A device that was on a port for so long and is then on another has moved; sooner, it only flaps."""
_GAP_SHARE, _SLACK_SHARE = 4, 10
_IN_REGISTER = frozenset({DeviceState.APPROVED, DeviceState.MISSING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the configuration says, and who knows vendors."""

    units: Mapping[UnitId, Unit]
    approvals: Mapping[str, Approval] = field(default_factory=dict)
    missing_after: timedelta = timedelta(seconds=DEVICES_MISSING_AFTER_S)
    vendor_of: Callable[[str], str] = lambda _: ""

    @property
    def gap(self) -> timedelta:
        """When nobody looked for longer than this, absence begins anew."""
        return self.missing_after / _GAP_SHARE

    @property
    def slack(self) -> timedelta:
        """Shorter absence does not count: probes do not all list the same devices."""
        return self.missing_after / _SLACK_SHARE


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What changes."""

    devices: tuple[Device, ...] = ()
    gone: tuple[Device, ...] = ()
    """No longer kept."""
    events: tuple[Event, ...] = ()
    """Without numbers (seq 0)."""


def applied(ledger: Ledger, found: Findings) -> Ledger:
    """Return the ledger after findings."""
    touched = {device.unit_id for device in (*found.devices, *found.gone)}
    changed = {unit_id: dict(ledger.get(unit_id, {})) for unit_id in touched}
    for device in found.gone:
        changed[device.unit_id].pop(device.mac, None)
    for device in found.devices:
        changed[device.unit_id][device.mac] = device
    return {**ledger, **changed}


def fold(ledger: Ledger, look: Look, looked_at: datetime | None, rules: Rules) -> Findings:
    """Return what a look at a unit's LAN changes; `looked_at` is when somebody looked there before, if ever."""
    here = ledger.get(look.unit_id, {})
    seen = {mac: _seen(here.get(mac), mac, sighting, look, rules) for mac, sighting in look.sightings.items()}
    absent = dict(_absent(ledger, look, looked_at, rules))
    back = tuple(_back(ledger, look, rules))
    forgotten = {mac: device for mac, device in here.items() if mac not in seen and _is_forgotten(device, look.at)}
    kept = {mac: device for mac, device in {**here, **seen, **absent}.items() if mac not in forgotten}
    dropped = _overflow(kept)
    happenings = [
        *(
            Happening(what, here.get(mac), after)
            for mac, after in seen.items()
            if (what := _what(here.get(mac), after))
        ),
        *(Happening(What.MISSING, here[mac], after) for mac, after in absent.items() if _is_missing(after)),
        *(Happening(What.BACK, device, seen[device.mac]) for device in back),
    ]
    is_first = not any(device.last_seen_at for device in here.values())
    changed = ((mac, after) for mac, after in {**seen, **absent}.items() if mac not in dropped)
    return Findings(
        devices=tuple(after for mac, after in changed if after is not here.get(mac)),
        gone=(*back, *forgotten.values(), *dropped.values()),
        events=tuple(told(happenings, rules.units, look, is_first=is_first, dropped_count=len(dropped))),
    )


def _seen(before: Device | None, mac: str, sighting: Sighting, look: Look, rules: Rules) -> Device:
    """Return a device as a look finds it: the very same one when nothing is worth storing."""
    if before is None or before.last_seen_at is None:
        known = before or Device(mac=mac, unit_id=look.unit_id, state=DeviceState.NEW)
        return replace(
            _judged(known, rules),
            address=sighting.address,
            port=sighting.port,
            port_since=look.at if sighting.port else None,
            vendor=rules.vendor_of(mac),
            first_seen_at=look.at,
            last_seen_at=look.at,
            missed_since=None,
        )
    address, port = sighting.address or before.address, sighting.port or before.port
    is_same = address == before.address and port == before.port and before.missed_since is None
    if is_same and not _is_missing(before) and look.at - before.last_seen_at < FRESH_FOR:
        return before
    return replace(
        before,
        state=DeviceState.APPROVED if _is_missing(before) else before.state,
        address=address,
        port=port,
        port_since=before.port_since if port == before.port else look.at,
        last_seen_at=max(look.at, before.last_seen_at),
        missed_since=None,
    )


def _judged(device: Device, rules: Rules) -> Device:
    """Return a device that is where it is said to be, as the register has it."""
    approval = rules.approvals.get(device.mac)
    if approval is None:
        return replace(device, state=DeviceState.NEW, name="", approved_unit_id=None)
    state = DeviceState.APPROVED if approval.unit_id == device.unit_id else DeviceState.MOVED
    return replace(device, state=state, name=approval.name, approved_unit_id=approval.unit_id)


def _what(before: Device | None, after: Device) -> What | None:
    """Return what seeing a device means, if it is news."""
    if before is not None and before.state is DeviceState.MISSING:
        return What.AGAIN
    if before is None or before.last_seen_at is None:
        return {DeviceState.NEW: What.NEW, DeviceState.MOVED: What.MOVED}.get(after.state)
    if not before.port or before.port == after.port or before.port_since is None or after.port_since is None:
        return None
    return What.PORT if after.port_since - before.port_since >= PORT_SETTLED else None


def _absent(ledger: Ledger, look: Look, looked_at: datetime | None, rules: Rules) -> Iterator[tuple[str, Device]]:
    """Yield the approved devices whose absence from a look changes something."""
    if not look.is_complete:
        return
    is_gap = looked_at is None or look.at - looked_at > rules.gap
    for mac, device in ledger.get(look.unit_id, {}).items():
        if mac in look.sightings or device.state is not DeviceState.APPROVED:
            continue
        since = _missed_since(device, look.at, rules, is_gap=is_gap)
        if since is None:
            continue
        after = replace(device, missed_since=since)
        if look.at - since >= rules.missing_after and not _is_elsewhere(ledger, device):
            after = replace(after, state=DeviceState.MISSING)
        if after != device:
            yield mac, after


def _missed_since(device: Device, at: datetime, rules: Rules, *, is_gap: bool) -> datetime | None:
    if is_gap or (device.missed_since is None and device.last_seen_at is None):
        return at
    if device.missed_since is not None or device.last_seen_at is None:
        return device.missed_since
    return device.last_seen_at if at - device.last_seen_at >= rules.slack else None


def _is_missing(device: Device) -> bool:
    return device.state is DeviceState.MISSING


def _elsewhere(ledger: Ledger, mac: str, unit_id: UnitId) -> Iterator[Device]:
    for other, devices in ledger.items():
        if other != unit_id and mac in devices:
            yield devices[mac]


def _is_elsewhere(ledger: Ledger, device: Device) -> bool:
    """Say whether a device was seen in another unit after it was last seen in its own."""
    others = (other.last_seen_at for other in _elsewhere(ledger, device.mac, device.unit_id))
    return any(at and (device.last_seen_at is None or at > device.last_seen_at) for at in others)


def _back(ledger: Ledger, look: Look, rules: Rules) -> Iterator[Device]:
    """Yield what is left elsewhere of devices that are where they belong again, once they are no longer seen there."""
    for mac in look.sightings:
        approval = rules.approvals.get(mac)
        if approval is None or approval.unit_id != look.unit_id:
            continue
        for device in _elsewhere(ledger, mac, look.unit_id):
            if device.last_seen_at and look.at - device.last_seen_at >= rules.slack:
                yield device


def _is_forgotten(device: Device, at: datetime) -> bool:
    is_old = device.last_seen_at is not None and at - device.last_seen_at > FORGET_AFTER
    return is_old and device.state not in _IN_REGISTER


def _overflow(kept: Mapping[str, Device]) -> dict[str, Device]:
    """Return the oldest unapproved devices beyond what a unit may have."""
    excess = len(kept) - DEVICES_PER_UNIT_MAX
    if excess <= 0:
        return {}
    strangers = [device for device in kept.values() if device.state not in _IN_REGISTER and device.last_seen_at]
    strangers.sort(key=lambda device: (device.last_seen_at, device.first_seen_at, device.mac))
    return {device.mac: device for device in strangers[:excess]}


def reconciled(ledger: Ledger, rules: Rules) -> Findings:
    """Return what a changed register makes of the devices known. No event: whoever changed it knows."""
    wanted = {(approval.unit_id, mac): approval for mac, approval in rules.approvals.items()}
    known = {(unit_id, mac): device for unit_id, devices in ledger.items() for mac, device in devices.items()}
    changed, gone = [], []
    for (unit_id, mac), approval in wanted.items():
        if (unit_id, mac) not in known:
            blank = Device(mac=mac, unit_id=approval.unit_id, state=DeviceState.APPROVED)
            changed.append(_judged(blank, rules))
    for key, device in known.items():
        is_seen = device.last_seen_at is not None and device.state is not DeviceState.MISSING
        after = _judged(device, rules)
        if device.unit_id not in rules.units or (key not in wanted and not is_seen):
            gone.append(device)
        elif device.state is DeviceState.MISSING:
            changed.append(replace(after, state=DeviceState.MISSING))
        else:
            changed.append(after)
    changed = [device for device in changed if device != known.get((device.unit_id, device.mac))]
    return Findings(devices=tuple(changed), gone=tuple(gone))


def shifted(device: Device, by: timedelta) -> Device:
    """Return a device with its ages kept, after the clock jumped."""
    return replace(
        device,
        last_seen_at=device.last_seen_at and device.last_seen_at + by,
        port_since=device.port_since and device.port_since + by,
        missed_since=device.missed_since and device.missed_since + by,
    )
