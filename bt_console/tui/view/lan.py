"""Who is on a unit's LAN, against the register of approved devices, and the ways its links take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bt_console.model.device import Device, DeviceState
from bt_console.model.inventory import CheckId
from bt_console.model.route import Route
from bt_console.model.snapshot import CheckView, TargetView, UnitView
from bt_console.tui.view.look import Look
from bt_console.tui.view.text import Row, Span, Tone, cells, cut, cut_line, fit, heading, spread

DEVICE_KEY = "device:"
TRACE = "path_trace"
_ORDER = (DeviceState.NEW, DeviceState.MOVED, DeviceState.MISSING, DeviceState.APPROVED)
_TONE = {
    DeviceState.NEW: Tone.BAD,
    DeviceState.MOVED: Tone.BAD,
    DeviceState.MISSING: Tone.WARN,
    DeviceState.APPROVED: Tone.MUTED,
}
_NAME_LEAST, _PORT_MOST, _TITLE_LEAST = 17, 16, 16
"""A name has room for a MAC, or the port gives way."""


def traces(unit: UnitView) -> tuple[tuple[TargetView, CheckView], ...]:
    """Return the checks of a unit's links that trace their way."""
    links = (target for target in (unit.tslcd, unit.lan, unit.internet) if target is not None)
    return tuple((target, check) for target in links for check in target.checks if check.probe == TRACE)


def route_rows(unit: UnitView, routes: Mapping[CheckId, Route], look: Look, width: int) -> tuple[Row, ...]:
    """Return the newest route of each link in one line; nothing when none is known."""
    known = [(target, routes[check.id]) for target, check in traces(unit) if check.id in routes]
    rows = [_route_row(target, route, look, width) for target, route in known]
    return (heading(look.tell("screen.routes"), width, look.tell("screen.routes_note")), *rows) if rows else ()


def _route_row(target: TargetView, route: Route, look: Look, width: int) -> Row:
    name = look.tell(f"role.{target.role}")
    since = " " + look.tell("screen.since", at=look.since(route.accepted_at or route.first_seen_at))
    hops = way(route.hops, width - cells(name) - cells(since) - 3)
    return Row(line=spread((Span(name + "  ", Tone.HEAD), Span(hops)), (Span(since, Tone.MUTED),), width))


def way(hops: Sequence[str], width: int) -> str:
    """Return the hops in a line; where it is too narrow the middle gives way, since both ends say most."""
    shown = [hop or "*" for hop in hops]
    left, right = (len(shown) + 1) // 2, len(shown) // 2
    text = " > ".join(shown)
    while cells(text) > width and left + right > 2:
        left, right = (left - 1, right) if left > right else (left, right - 1)
        text = " > ".join((*shown[:left], "…", *shown[len(shown) - right :]))
    return text


def register_rows(
    devices: Sequence[Device], names: Mapping[str, str], look: Look, width: int, *, limit: int
) -> tuple[Row, ...]:
    """Return the devices of a LAN, those that want attention first, with the counts in the title."""
    if not devices:
        return ()
    ordered = sorted(devices, key=lambda device: (_ORDER.index(device.state), device.mac))
    shown = ordered[:limit]
    port_width = min(_PORT_MOST, max(cells(device.port) for device in shown))
    address_width = min(15, max(cells(device.address) for device in shown))
    state_width = max(cells(look.tell(f"device.{state}")) for state in DeviceState)
    if width - state_width - address_width - port_width - 9 < _NAME_LEAST:
        port_width = 0
    widths = (state_width, address_width, port_width)
    rows = [_device_row(device, names, look, width, widths) for device in shown]
    if len(ordered) > limit:
        more = look.tell("screen.more_devices", n=len(ordered) - limit, unit=ordered[0].unit_id)
        rows.append(Row(line=cut_line((Span(more, Tone.MUTED),), width)))
    return (heading(look.tell("screen.register"), width, cut(_counts(devices, look), width - _TITLE_LEAST)), *rows)


def _counts(devices: Sequence[Device], look: Look) -> str:
    counts = Counter(device.state for device in devices)
    return " · ".join(f"{counts[state]} {look.tell(f'device.{state}')}" for state in _ORDER if counts[state])


def _device_row(device: Device, names: Mapping[str, str], look: Look, width: int, widths: tuple[int, int, int]) -> Row:
    state_width, address_width, port_width = widths
    tone = Tone.MUTED if look.is_stale else _TONE[device.state]
    right = [Span(" " + fit(device.address, address_width), Tone.TEXT)]
    if port_width:
        right.append(Span(" " + fit(device.port, port_width), Tone.MUTED))
    right.append(Span(" " + fit(look.since(device.last_seen_at), 5, right=True), Tone.MUTED))
    left = (
        Span(fit(look.tell(f"device.{device.state}"), state_width) + "  ", tone),
        Span(_name(device, names, look), Tone.MUTED if device.state is DeviceState.APPROVED else Tone.TEXT),
    )
    return Row(line=spread(left, right, width), key=f"{DEVICE_KEY}{device.mac}")


def _name(device: Device, names: Mapping[str, str], look: Look) -> str:
    name = device.name or f"{device.mac} {device.vendor}".rstrip()
    other = device.approved_unit_id
    if device.state is not DeviceState.MOVED or other is None:
        return name
    return look.tell("screen.approved_for", device=name, unit=names.get(other, other))
