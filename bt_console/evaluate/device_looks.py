"""From a reading that lists MACs to a look at a LAN: who was there, at which address, on which port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bt_console.model.device import is_group, read_mac
from bt_console.model.inventory import Target, UnitId
from bt_console.model.observation import Observation
from probes.api import Fact, Outcome, Scalar, clean

_PORT_LIMIT = 60


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


def look_of(observation: Observation, target: Target) -> Look | None:
    """Return the look a reading is, or None for one that lists no devices."""
    facts = observation.reading.facts
    macs = _column(facts, "mac", None)
    if observation.reading.outcome is not Outcome.OK or not macs or not ({"ip", "port"} & set(facts)):
        return None
    switch = target.id.rpartition("/")[2]
    sightings = _sightings(facts, macs, switch)
    if not sightings:
        return None
    is_complete = not any(facts.get(name) for name in ("is_truncated", "truncated"))
    return Look(unit_id=target.unit_id, at=observation.started_at, sightings=sightings, is_complete=is_complete)


def _sightings(facts: Mapping[str, Fact], macs: tuple[Scalar, ...], switch: str) -> dict[str, Sighting]:
    """Return the devices of parallel columns; the first row with an address or a port says which."""
    columns = (_column(facts, name, len(macs)) for name in ("ip", "port", "is_uplink"))
    found: dict[str, Sighting] = {}
    for written, address, port, is_uplink in zip(macs, *columns, strict=True):
        mac = read_mac(str(written))
        # Behind an uplink are the machines of other places: to be heard there places nobody here.
        if mac is None or is_group(mac) or is_uplink is True:
            continue
        known = found.get(mac, Sighting())
        place = f"{switch} {clean(str(port), _PORT_LIMIT)}" if port != "" else ""
        found[mac] = Sighting(
            address=known.address or clean(str(address), _PORT_LIMIT), port=known.port or clean(place, _PORT_LIMIT)
        )
    return found


def _column(facts: Mapping[str, Fact], name: str, length: int | None) -> tuple[Scalar, ...]:
    """Return a column of facts; one that is missing or of another length is empty text throughout."""
    column = facts.get(name)
    if isinstance(column, tuple) and (length is None or len(column) == length):
        return column
    return ("",) * (length or 0)
