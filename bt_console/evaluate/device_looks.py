"""From a reading that lists MACs to a look at a LAN: who was there, at which address, on which port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network

from bt_console.model.device import is_group, read_mac
from bt_console.model.inventory import Target, UnitId
from bt_console.model.observation import Observation
from probes.api import Fact, Outcome, Scalar, clean

_TEXT_LIMIT = 60
_LOST = ("cut_count", "drop_count")
"""Measures that count what a probe saw and could not list."""
_ROUTERS_WORD = "arp"
"""`source` of a row that only a router's ARP table holds: its port is the router's own, not the device's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One device as a look found it; empty where the probe does not tell."""

    address: str = ""
    port: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Everything one reading says about who is on a unit's LAN."""

    unit_id: UnitId
    at: datetime
    sightings: Mapping[str, Sighting]
    """By MAC."""
    is_complete: bool = True
    """False when the probe says that it could not list everybody: then nobody is absent."""


def look_of(observation: Observation, target: Target, lan_subnet: str = "") -> Look | None:
    """Return the look a reading is, or None for one that lists no devices."""
    facts, measures = observation.reading.facts, observation.reading.measures
    macs = _column(facts, "mac", None)
    if observation.reading.outcome is not Outcome.OK or not macs or not ({"ip", "port"} & set(facts)):
        return None
    sightings: dict[str, Sighting] = {}
    for row in _rows(facts, macs):
        mac, sighting = _sighting(row, target.id.rpartition("/")[2], lan_subnet)
        known = sightings.get(mac)
        if sighting and known:
            sightings[mac] = Sighting(address=known.address or sighting.address, port=known.port or sighting.port)
        elif sighting:
            sightings[mac] = sighting
    if not sightings:
        return None
    is_complete = not any(measures.get(name) for name in _LOST)
    return Look(unit_id=target.unit_id, at=observation.started_at, sightings=sightings, is_complete=is_complete)


@dataclass(frozen=True, slots=True)
class _Row:
    mac: Scalar
    address: Scalar
    port: Scalar
    is_uplink: Scalar
    source: Scalar


def _rows(facts: Mapping[str, Fact], macs: tuple[Scalar, ...]) -> Iterator[_Row]:
    names = ("ip", "port", "is_uplink", "source")
    for mac, *others in zip(macs, *(_column(facts, name, len(macs)) for name in names), strict=True):
        yield _Row(mac, *others)


def _sighting(row: _Row, switch: str, lan_subnet: str) -> tuple[str, Sighting | None]:
    """Return what a row says of a MAC, None when it does not place it on this LAN."""
    mac = read_mac(str(row.mac))
    if mac is None or is_group(mac):
        return "", None
    address, port = clean(str(row.address), _TEXT_LIMIT), clean(str(row.port), _TEXT_LIMIT)
    if row.source == _ROUTERS_WORD and (lan_subnet or row.is_uplink is not True):
        # A router also knows its neighbours on its other lines, which are on no LAN of this unit.
        return mac, Sighting(address=address) if _is_inside(address, lan_subnet) else None
    # Behind an uplink are the machines of other places: to be heard there places nobody here.
    if row.is_uplink is True:
        return "", None
    return mac, Sighting(address=address, port=clean(f"{switch} {port}", _TEXT_LIMIT) if port else "")


def _is_inside(address: str, lan_subnet: str) -> bool:
    """Say whether an address is of a LAN; of an unknown LAN every address is."""
    if not lan_subnet:
        return True
    try:
        return ip_address(address) in ip_network(lan_subnet)
    except ValueError:
        return False


def _column(facts: Mapping[str, Fact], name: str, length: int | None) -> tuple[Scalar, ...]:
    """Return a column of facts; one that is missing or of another length is empty text throughout."""
    column = facts.get(name)
    if isinstance(column, tuple) and (length is None or len(column) == length):
        return column
    return ("",) * (length or 0)
