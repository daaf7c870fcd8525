"""The memory behind probes that list devices and trace routes; the pipeline folds every observation into it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bt_console.evaluate import devices as lans
from bt_console.evaluate import routes as paths
from bt_console.evaluate.device_looks import Look, look_of
from bt_console.model.change import Memory
from bt_console.model.device import Device
from bt_console.model.inventory import CheckId, Inventory, Target, TargetId, UnitId
from bt_console.model.observation import Observation
from bt_console.model.route import Route
from bt_console.model.snapshot import Event

VendorOf = Callable[[str], str]


@dataclass(slots=True)
class Found:
    """What some observations lead to, each row once."""

    devices: dict[tuple[UnitId, str], Device] = field(default_factory=dict)
    devices_gone: dict[tuple[UnitId, str], Device] = field(default_factory=dict)
    routes: dict[tuple[CheckId, str], Route] = field(default_factory=dict)
    routes_gone: dict[tuple[CheckId, str], Route] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def add_devices(self, found: lans.Findings) -> None:
        """Add findings made after those already here."""
        for device in found.gone:
            self.devices.pop((device.unit_id, device.mac), None)
            self.devices_gone[device.unit_id, device.mac] = device
        for device in found.devices:
            self.devices_gone.pop((device.unit_id, device.mac), None)
            self.devices[device.unit_id, device.mac] = device
        self.events.extend(found.events)

    def add_routes(self, found: paths.RouteFindings) -> None:
        """Add findings made after those already here."""
        for route in found.gone:
            self.routes.pop((route.check_id, route.route_hash), None)
            self.routes_gone[route.check_id, route.route_hash] = route
        for route in found.routes:
            self.routes_gone.pop((route.check_id, route.route_hash), None)
            self.routes[route.check_id, route.route_hash] = route
        self.events.extend(found.events)


class Finds:
    """Who is on the LANs and which ways lead to the targets, as far as this engine knows."""

    def __init__(self, memory: Memory, vendor_of: VendorOf) -> None:
        self._vendor_of = vendor_of
        self._ledger: lans.Ledger = lans.applied({}, lans.Findings(devices=memory.devices))
        self._routes = paths.routes_by_check(memory.routes)
        self.route_changes: Mapping[TargetId, paths.RouteChange] = {}
        """The newest change of the way to each target since this engine began."""
        self._looked_at: dict[UnitId, datetime] = {}
        for device in memory.devices:
            self._note_look(device.unit_id, device.last_seen_at)
        self._pending = Found()

    def _note_look(self, unit_id: UnitId, at: datetime | None) -> None:
        if at is not None:
            self._looked_at[unit_id] = max(at, self._looked_at.get(unit_id, at))

    def set_inventory(self, inventory: Inventory) -> None:
        """Follow a new inventory and its register; what they no longer name goes."""
        self._inventory = inventory
        self._rules = lans.Rules(
            units=inventory.units,
            approvals=inventory.approvals,
            missing_after=timedelta(seconds=inventory.devices_missing_after_s),
            vendor_of=self._vendor_of,
        )
        found = lans.reconciled(self._ledger, self._rules)
        self._ledger = lans.applied(self._ledger, found)
        self._pending.add_devices(found)
        self._routes = {check_id: known for check_id, known in self._routes.items() if check_id in inventory.checks}

    def take_in(self, observations: Iterable[Observation]) -> Found:
        """Return what observations change."""
        found, self._pending = self._pending, Found()
        for observation in observations:
            target = self._inventory.targets[self._inventory.checks[observation.check_id].target_id]
            unit = self._inventory.units.get(target.unit_id)
            if look := look_of(observation, target, unit.labels.get("lan_subnet", "") if unit else ""):
                self._look(look, found)
            elif trace := paths.trace_of(observation):
                self._follow(trace, target, found)
        return found

    def _look(self, look: Look, found: Found) -> None:
        seen = lans.fold(self._ledger, look, self._looked_at.get(look.unit_id), self._rules)
        self._ledger = lans.applied(self._ledger, seen)
        self._note_look(look.unit_id, look.at)
        found.add_devices(seen)

    def _follow(self, trace: paths.Trace, target: Target, found: Found) -> None:
        known = self._routes.get(trace.check_id, paths.Routes(known={}))
        traced = paths.fold(known, trace, target)
        self._routes[trace.check_id] = traced.after
        if traced.change:
            self.route_changes = {**self.route_changes, target.id: traced.change}
        found.add_routes(traced)

    def shift(self, by: timedelta) -> None:
        """Move the memory along after the wall clock jumped."""
        moved = (lans.shifted(one, by) for known in self._ledger.values() for one in known.values())
        self._ledger = lans.applied({}, lans.Findings(devices=tuple(moved)))
        self.route_changes = {
            target_id: replace(change, since=change.since + by) for target_id, change in self.route_changes.items()
        }
        self._looked_at = {unit_id: at + by for unit_id, at in self._looked_at.items()}
        self._routes = {
            check_id: paths.Routes(
                known={key: paths.shifted(route, by) for key, route in known.known.items()}, recent=known.recent
            )
            for check_id, known in self._routes.items()
        }
