"""The example district, its plan, and a walk through the plan's routing tables as packets would take it."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path

from bt_console.config.load import load_config
from bt_console.lab.plan import Plan
from bt_console.lab.topology import draw
from bt_console.model.inventory import Inventory

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.yaml"


@cache
def inventory() -> Inventory:
    return load_config(EXAMPLE).inventory


@cache
def plan() -> Plan:
    return draw(inventory())


class Walk:
    """Where a packet goes by longest prefix match, hop by hop."""

    def __init__(self, plan: Plan) -> None:
        self.at: dict[str, set[str]] = {}
        self.tables: dict[str, list[tuple[str, str, str, str]]] = {}
        for link in plan.links:
            line = link.line.id if link.line else ""
            for here, there in ((link.near, link.far), (link.far, link.near)):
                if not here.address:
                    continue  # a port of a switch
                self.at.setdefault(here.address, set()).add(here.space)
                for address in here.more_addresses:
                    self.at.setdefault(address, set()).add(here.space)
                prefix = f"{here.address}/{here.prefix_length}" if here.prefix_length < 32 else f"{there.address}/32"
                self.tables.setdefault(here.space, []).append((prefix, here.device, there.space, line))
        self.switches = {lan.switch.space for lan in plan.lans}
        for lan in plan.lans:
            if lan.switch.address:
                self.at.setdefault(lan.switch.address, set()).add(lan.switch.space)
                prefix = f"{lan.switch.address}/{lan.switch.prefix_length}"
                self.tables.setdefault(lan.switch.space, []).append((prefix, lan.switch.device, lan.switch.space, ""))
        for space, address in plan.own_addresses:
            self.at.setdefault(address, set()).add(space)
        neighbours = {
            (space, device): (to, line) for space in self.tables for _, device, to, line in self.tables[space]
        }
        for route in plan.routes:
            to, line = neighbours[route.space, route.device]
            if to in self.switches:
                (to,) = self.at[route.gateway]
            self.tables[route.space].append((route.destination, route.device, to, line))

    def lines(self, start: str, destination: str) -> list[str] | None:
        """Return the lines a packet crosses, or None when some router has no route or it runs in circles."""
        space = start
        crossed: list[str] = []
        for _ in range(12):
            if space in self.at.get(destination, ()):
                return crossed
            fitting = [
                (ip_network(prefix, strict=False).prefixlen, to, line)
                for prefix, _, to, line in self.tables[space]
                if ip_address(destination) in ip_network(prefix, strict=False)
            ]
            if not fitting:
                return None
            _, space, line = max(fitting)
            if space in self.switches:
                (space,) = self.at.get(destination, {space})
            crossed += [line] if line else []
        return None
