"""Faults in force, requests from clients, and the reasons to end: what the lab process does once the district is up."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from bt_console.config.errors import did_you_mean
from bt_console.lab.child import Child
from bt_console.lab.clocks import router_clocks
from bt_console.lab.control import Answer, serve
from bt_console.lab.errors import LabError
from bt_console.lab.exposures import exposures
from bt_console.lab.faults import effects_of
from bt_console.lab.faults.api import Effect
from bt_console.lab.plan import HUB, Plan
from bt_console.lab.post import Post
from bt_console.lab.world import LanState, LineState, ServiceState, lan_states, line_states, service_states


class District(Protocol):
    """What is simulated, in namespaces or on loopback."""

    is_namespaced: bool
    missing: tuple[str, ...]
    """Messages: what is not real here."""
    plan: Plan
    config_path: Path
    trust_file: Path
    secrets_dir: Path
    post: Post
    children: tuple[Child, ...]

    def open(self) -> None:
        """Build it; return when all of it answers."""

    def refuse(self, effects: tuple[Effect, ...]) -> None:
        """Raise LabError for effects that cannot be simulated here."""

    def change(
        self, lines: Mapping[str, LineState], services: Mapping[str, ServiceState], lans: Mapping[str, LanState]
    ) -> None:
        """Put every line, service and LAN into a state."""

    def fds(self, place: str) -> tuple[int, ...]:
        """Return what a command at a place enters; nothing on loopback."""

    def close(self) -> None:
        """End it."""


class Supervisor:
    """One running lab."""

    def __init__(self, district: District) -> None:
        self._district = district
        self._names = district.plan.names()
        self._active: dict[str, tuple[Effect, ...]] = {}
        self._stop = asyncio.Event()

    async def run(self, listening: socket.socket, ended_by: tuple[int, ...]) -> None:
        """Serve clients until asked to stop, or one of the descriptors becomes readable."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        for fd in ended_by:
            loop.add_reader(fd, self._ended, loop, fd)
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(serve(listening, self.dispatch))
            await self._stop.wait()
            # The client that asked to stop still gets its answer.
            await asyncio.sleep(0.05)
            serving.cancel()

    def _ended(self, loop: asyncio.AbstractEventLoop, fd: int) -> None:
        loop.remove_reader(fd)
        self._stop.set()

    def dispatch(self, order: Mapping[str, Any]) -> Answer:
        """Carry out one request. Raises LabError."""
        match order.get("do"):
            case "status":
                return {"ok": self._status()}, ()
            case "fault":
                self._break(str(order.get("spec")))
            case "heal":
                self._heal(order.get("spec"))
            case "letters":
                return {"ok": self._district.post.letters(int(order.get("after") or 0))}, ()
            case "reply":
                said = (str(order.get(name)) for name in ("channel", "sender", "text"))
                self._district.post.reply(*said)
            case "enter":
                return {"ok": True}, self._fds(str(order.get("place")))
            case "stop":
                self._stop.set()
            case _:
                raise LabError("lab.bad_request")
        return {"ok": sorted(self._active)}, ()

    def _break(self, spec: str) -> None:
        effects = effects_of(spec, self._names)
        self._district.refuse(effects)
        self._put_in_force({**self._active, spec: effects})

    def _heal(self, spec: str | None) -> None:
        if spec is None:
            self._put_in_force({})
            return
        healed = [active for active in self._active if active == spec or active.startswith(f"{spec}:")]
        if not self._active:
            raise LabError("lab.nothing_active")
        if not healed:
            raise LabError("lab.not_active", spec=spec, hint=did_you_mean(spec, self._active))
        self._put_in_force({active: effects for active, effects in self._active.items() if active not in healed})

    def _put_in_force(self, faults: dict[str, tuple[Effect, ...]]) -> None:
        effects = [effect for group in faults.values() for effect in group]
        plan = self._district.plan
        services = [service.id for service in (*plan.services, *exposures(plan), *router_clocks(plan))]
        lans = lan_states(self._names.lans, effects)
        self._district.change(line_states(self._names.lines, effects), service_states(services, effects), lans)
        self._active = faults

    def _fds(self, place: str) -> tuple[int, ...]:
        places = self._district.plan.places
        if place not in places:
            raise LabError("lab.unknown_value", what="unit", text=place, hint=did_you_mean(place, places))
        return self._district.fds(place)

    def _status(self) -> dict[str, Any]:
        district = self._district
        return {
            "pid": os.getpid(),
            "is_namespaced": district.is_namespaced,
            "missing": list(district.missing),
            "trust_file": str(district.trust_file),
            "secrets_dir": str(district.secrets_dir),
            "config": str(district.config_path),
            "active": sorted(self._active),
            "names": asdict(self._names),
            "environment": district.post.environment,
            "places": sorted(district.plan.places, key=lambda place: (place != HUB, place)),
            "services": [
                {"id": s.id, "host": s.host, "address": s.address, "ports": {p.kind: p.number for p in s.ports}}
                for s in district.plan.services
            ],
            "namespaces": len(district.plan.spaces) if district.is_namespaced else 0,
        }
