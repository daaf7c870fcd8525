"""The district where namespaces are forbidden: the same servers on loopback, and one listener for each router."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from bt_console.config.load import load_config
from bt_console.lab.child import Child
from bt_console.lab.errors import LabError
from bt_console.lab.faults.api import ANY_PORT, Effect, LanEffect, LineEffect, ServiceEffect
from bt_console.lab.kernel import Refusal
from bt_console.lab.loopback_config import port_of, rewritten
from bt_console.lab.messengers import BOT
from bt_console.lab.plan import (
    CORE_LINE,
    INTERNET_CENTRE,
    TSLCD_CENTRE,
    UPLINK_LINES,
    Plan,
    Port,
    Service,
    line_id,
)
from bt_console.lab.post import Post
from bt_console.lab.ready import wait_for_services
from bt_console.lab.rundir import CONFIG_FILE, KEYS, SECRETS, TRUST_FILE
from bt_console.lab.topology import draw
from bt_console.lab.world import LanState, LineState, ServiceState
from bt_console.model.inventory import Inventory, Role, Target, TargetId, UnitKind
from bt_console.words import message

_READY_WITHIN_S = 20.0
_WRONG_ADDRESS = "127.66.0.66"
_MISSING = ("lab.missing.icmp", "lab.missing.weather", "lab.missing.paths", "lab.missing.checks")


class LoopbackDistrict:
    """What works without any right: services, names, and lines that are either whole or cut."""

    is_namespaced = False

    def __init__(self, config: Path, run_dir: Path, refusal: Refusal) -> None:
        self.config_path = run_dir / CONFIG_FILE
        self.trust_file = run_dir / TRUST_FILE
        self.secrets_dir = run_dir / SECRETS
        self.missing: tuple[str, ...] = (
            message("lab.missing.why", reason=refusal.reason, remedy=refusal.remedy),
            *_MISSING,
        )
        self._run_dir = run_dir
        self._base_port = _base_port(os.getpid())
        given = load_config(config)
        self.trust_file.touch(mode=0o600)  # a configuration may only name a file that is there; it is filled later
        text = rewritten(config.read_bytes(), str(config), given.store_path, self._base_port)
        self.config_path.write_text(text, encoding="utf-8")
        settings = load_config(self.config_path)
        inventory = settings.inventory
        self._behind = lines_before(inventory)
        self._addresses = {name: inventory.targets[TargetId(name)].address for name in self._behind}
        plan = draw(inventory, settings.oncall)
        self.plan: Plan = replace(plan, services=tuple(self._high(service) for service in plan.services))
        self._behind |= {bot.id: _lines_of(bot) for bot in self.plan.services if bot.sort == BOT}
        self._services = Child("bt_console.lab.services.process")
        self.post = Post(self._services, self.plan, run_dir)
        self.children: tuple[Child, ...] = (self._services,)

    def open(self) -> None:
        """Start everything; return when all of it answers."""
        everything = [*self.plan.services, *self._routers()]
        order = {
            "directory": str(self._run_dir / KEYS),
            "trust_file": str(self.trust_file),
            "spaces": {},
            "services": [asdict(service) for service in everything],
            "secrets": str(self.secrets_dir),
            "spools": self.post.spools,
            "wrong_address": _WRONG_ADDRESS,
        }
        self._services.ask({"open": order})
        wait_for_services(everything, _READY_WITHIN_S)

    def refuse(self, effects: tuple[Effect, ...]) -> None:
        """Refuse what only a real line can do."""
        if any(isinstance(effect, LineEffect) and not effect.is_cut for effect in effects):
            raise LabError("lab.not_in_fallback")
        if any(isinstance(effect, LanEffect) for effect in effects):
            raise LabError("lab.not_in_fallback")
        here = {service.id for service in self.plan.services}
        if any(isinstance(effect, ServiceEffect) and effect.service not in here for effect in effects):
            raise LabError("lab.not_in_fallback")

    def change(
        self, lines: Mapping[str, LineState], services: Mapping[str, ServiceState], lans: Mapping[str, LanState]
    ) -> None:
        """Close what is behind a cut line, besides what is wrong with the services themselves."""
        cut = {name for name, state in lines.items() if state.is_cut}
        states = {**{target: ServiceState() for target in self._behind}, **services}
        for target, before in self._behind.items():
            if cut & set(before):
                states[target] = replace(states[target], closed_kinds=(ANY_PORT,))
        self._services.ask({"change": {name: asdict(state) for name, state in states.items()}})

    def fds(self, place: str) -> tuple[int, ...]:
        """There is one place only: this machine."""
        return ()

    def close(self) -> None:
        """End the child."""
        self._services.end()

    def _high(self, service: Service) -> Service:
        kinds = dict.fromkeys(port.kind for port in service.ports)
        return replace(service, ports=tuple(self._port(kind) for kind in kinds))

    def _port(self, kind: str) -> Port:
        return Port(kind=kind, number=port_of(kind, self._base_port))

    def _routers(self) -> list[Service]:
        served = {service.id for service in self.plan.services}
        return [
            Service(
                id=name, name=name, sort="router", host="", address=address, space="", ports=(self._port("router"),)
            )
            for name, address in self._addresses.items()
            if name not in served
        ]


def lines_before(inventory: Inventory) -> dict[str, tuple[str, ...]]:
    """Return for each target but the hub which lines are between it and the hub."""
    return {
        target.id: _lines_before(target, inventory)
        for target in inventory.targets.values()
        if target.role is not Role.HUB
    }


def _lines_before(target: Target, inventory: Inventory) -> tuple[str, ...]:
    core = (UPLINK_LINES["tslcd"], CORE_LINE)
    internet = (UPLINK_LINES["internet"],)
    match target.role:
        case Role.UPLINK:
            return (UPLINK_LINES[target.labels["path"]],)
        case Role.ANCHOR:
            return internet
        case Role.CORE:
            return core
        case Role.INTERNET:
            return (*internet, line_id("internet", target.unit_id))
        case Role.SERVICE:
            return core if target.labels.get("path") == "tslcd" else internet
        case Role.TSLCD | Role.LAN | Role.DEVICE if inventory.units[target.unit_id].kind is not UnitKind.DEPARTMENT:
            return (*core, line_id("tslcd", target.unit_id))
    return ()


def _lines_of(bot: Service) -> tuple[str, ...]:
    """Return which lines are between the hub and the chat service."""
    lines = {INTERNET_CENTRE: (UPLINK_LINES["internet"],), TSLCD_CENTRE: (UPLINK_LINES["tslcd"], CORE_LINE)}
    return lines.get(bot.space, ())


def _base_port(pid: int) -> int:
    """Return a port number no other lab of this machine is likely to use, above 1024 and below the ephemeral ones."""
    return 10_000 + pid % 2_000 * 10
