"""What a fault is: its name and arguments, and, purely, its effects on lines, services and LANs.

The state of the lab is always computed from the faults in force, so that any number of them heal in any order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from bt_console.lab.errors import LabError
from bt_console.lab.plan import BUILDING_LAN, Names

ANY_PORT = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEffect:
    """Something wrong with a line. Loss and delay act away from the hub, so a ping meets them once."""

    line: str
    is_cut: bool = False
    loss_ratio: float = 0.0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    """Mean of more random delay."""
    is_saturated: bool = False
    """Somebody sends more towards the unit than it carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanEffect:
    """Something wrong on a LAN, or with its router's or switch's agent."""

    lan: str
    flapping_machines: tuple[str, ...] = ()
    """Machines whose cable has a loose contact."""
    is_switch_off: bool = False
    guests: tuple[str, ...] = ()
    """Kinds of machines that do not belong there."""
    is_public: bool = False
    """Agents answer the default community too."""
    is_joined: bool = False
    """The router forwards between its two lines."""


NEW_DEVICE, ARP_SPOOFER, ROGUE_DHCP, INTERNET_BRIDGE = "new-device", "arp-spoof", "rogue-dhcp", "bridge-inet-tslcd"
"""Kinds of guests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEffect:
    """Something wrong with a service or name server."""

    service: str
    closed_kinds: tuple[str, ...] = ()
    """Kinds of ports that refuse; ANY_PORT: all."""
    status: int | None = None
    """HTTP status instead of the page."""
    delay_s: float = 0.0
    """Wait before each page or greeting."""
    is_content_wrong: bool = False
    is_certificate_expired: bool = False
    is_answer_wrong: bool = False
    """A name server's answers are not the right addresses."""
    is_certificate_revoked: bool = False
    is_banner_hostile: bool = False
    """It greets with escape sequences, markup and far too much of both."""
    clock_offset_s: float = 0.0
    """Its clock minus the true time."""
    opened_kinds: tuple[str, ...] = ()
    """Kinds of ports that answer though nobody should offer them."""


Effect = LineEffect | ServiceEffect | LanEffect


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One part of a fault's specification after its name."""

    name: str
    values: Callable[[Names], tuple[str, ...]]
    """What it may be in this lab; for amounts, some sensible ones."""
    check: Callable[[str], object] | None = None
    """Parses an amount and raises LabError; None: it must be one of the values."""
    is_optional: bool = False
    """It may be left out; only the last ones may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """One way to break the district. Specification: NAME or NAME:ARGUMENT:ARGUMENT..."""

    name: str
    arguments: tuple[Argument, ...] = field(default=())
    description: tuple[str, str]
    """Vietnamese, English; one line."""
    effects: Callable[[Names, tuple[str, ...]], tuple[Effect, ...]]

    def values(self, names: Names) -> tuple[tuple[str, ...], ...]:
        """Return for each argument what it may be."""
        return tuple(argument.values(names) for argument in self.arguments)

    @property
    def usage(self) -> str:
        """Return the shape of its specification."""
        needed = [argument.name.upper() for argument in self.arguments if not argument.is_optional]
        optional = [f"[:{argument.name.upper()}]" for argument in self.arguments if argument.is_optional]
        return ":".join((self.name, *needed)) + "".join(optional)

    def takes(self, count: int) -> bool:
        """Whether a specification may have so many arguments."""
        needed_count = sum(not argument.is_optional for argument in self.arguments)
        return needed_count <= count <= len(self.arguments)


def ratio(text: str) -> float:
    """Parse `20%` into 0.2."""
    match = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)%", text)
    if not match or not 0 < float(match[1]) <= 100:
        raise LabError("lab.bad_ratio", text=text)
    return float(match[1]) / 100


def duration_s(text: str) -> float:
    """Parse `300ms` or `4s` into seconds, at most a minute."""
    match = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)(ms|s)", text)
    seconds = float(match[1]) * (0.001 if match[2] == "ms" else 1.0) if match else 0.0
    if not 0 < seconds <= 60:
        raise LabError("lab.bad_duration", text=text)
    return seconds


def _paths(names: Names) -> tuple[str, ...]:
    return tuple(path for path in ("tslcd", "internet") if names.units(path))


def _unit_lans(names: Names) -> tuple[str, ...]:
    return tuple(lan for lan in names.lans if lan != BUILDING_LAN)


def _machines(names: Names) -> tuple[str, ...]:
    return tuple(dict.fromkeys(machine.partition(":")[2] for machine in names.machines))


def _with_machines(names: Names) -> tuple[str, ...]:
    return tuple(dict.fromkeys(machine.partition(":")[0] for machine in names.machines))


PATH = Argument(name="path", values=_paths)
UNIT = Argument(name="unit", values=Names.units)
LOSS = Argument(name="loss", values=lambda names: ("5%", "20%", "50%"), check=ratio)
DELAY = Argument(name="delay", values=lambda names: ("100ms", "300ms", "800ms"), check=duration_s)
WAIT = Argument(name="wait", values=lambda names: ("2s", "4s", "8s"), check=duration_s)
SERVICE = Argument(name="service", values=lambda names: names.services)
WEB_SERVICE = Argument(name="service", values=lambda names: names.web_services)
UNIT_WITH_INTERNET = Argument(
    name="unit", values=lambda names: tuple(unit for unit in _unit_lans(names) if unit in names.units("internet"))
)
LAN = Argument(name="lan", values=lambda names: names.lans)
UNIT_LAN = Argument(name="unit", values=_unit_lans)
DEVICE = Argument(name="device", values=_machines, is_optional=True)
UNIT_WITH_MACHINES = Argument(name="unit", values=_with_machines)
TLS_SERVICE = Argument(name="service", values=lambda names: names.tls_services)


def unit_line(names: Names, path: str, unit: str) -> str:
    """Return a unit's line on a path. Raises LabError where it has none."""
    line = f"{path}:{unit}"
    if line not in names.lines:
        raise LabError("lab.no_line", unit=unit, path=path)
    return line
