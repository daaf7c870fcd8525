"""The district in namespaces: the network, the wires and the services, as one thing faults can act on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from bt_console.lab import kernel
from bt_console.lab.agents.children import AgentProcesses
from bt_console.lab.child import Child
from bt_console.lab.clocks import router_clocks
from bt_console.lab.exposures import exposures
from bt_console.lab.faults.api import Effect
from bt_console.lab.lan.children import LanProcess
from bt_console.lab.network import Network
from bt_console.lab.plan import HUB, Line, Plan
from bt_console.lab.post import Post
from bt_console.lab.ready import wait_for_pings, wait_for_services
from bt_console.lab.rundir import KEYS, SECRETS, TRUST_FILE
from bt_console.lab.secrets import make_secrets
from bt_console.lab.world import LanState, LineState, ServiceState

_READY_WITHIN_S = 40.0


class NamespacedDistrict:
    """Everything real: packets, routes, delays."""

    is_namespaced = True
    missing: tuple[str, ...] = ()

    def __init__(self, plan: Plan, config_path: Path, run_dir: Path) -> None:
        self.plan = plan
        self.config_path = config_path
        self.trust_file = run_dir / TRUST_FILE
        self.secrets_dir = run_dir / SECRETS
        self._run_dir = run_dir
        self._lines = {link.line.id: link.line for link in plan.links if link.line}
        self._user_fd = kernel.user_namespace()
        self._pidfd = os.pidfd_open(os.getpid())
        self._network = Network(plan)
        # The interpreters of both children load their libraries while the network is built.
        self._served = (*plan.services, *exposures(plan), *router_clocks(plan))
        serving = {service.space for service in self._served}
        self._service_fds = {space: fd for space, fd in self._network.space_fds.items() if space in serving}
        self._wires = Child("bt_console.lab.wires_process")
        self._services = Child("bt_console.lab.services.process", tuple(self._service_fds.values()))
        self.post = Post(self._services, plan, run_dir)
        self._agents = AgentProcesses(plan, self._network.space_fds)
        self._lans = LanProcess(plan, self._network.space_fds)
        self.children: tuple[Child, ...] = (self._wires, self._services, *self._agents.children, self._lans.child)

    def open(self) -> None:
        """Build everything; return when all of it answers."""
        self._network.build()
        order = {
            "directory": str(self._run_dir / KEYS),
            "trust_file": str(self.trust_file),
            "spaces": self._service_fds,
            "services": [asdict(service) for service in self._served],
            "secrets": str(self.secrets_dir),
            "spools": self.post.spools,
        }
        self._services.tell({"open": order})
        wires = [(name, self._network.wires[name], _calm(line)) for name, line in self._lines.items()]
        self._wires.ask({"open": wires})
        secrets = make_secrets(self.secrets_dir)
        self._agents.open(secrets)
        self._lans.open(secrets, self._agents.manager)
        self._services.wait()
        with kernel.inside(self._network.space_fds[HUB]):
            wait_for_pings(self.plan.answering, _READY_WITHIN_S)
            wait_for_services(self.plan.services, _READY_WITHIN_S)

    def refuse(self, effects: tuple[Effect, ...]) -> None:
        """Every fault can be simulated here."""

    def change(
        self, lines: Mapping[str, LineState], services: Mapping[str, ServiceState], lans: Mapping[str, LanState]
    ) -> None:
        """Put every line, service and LAN into a state; returns when it is in force."""
        self._wires.tell({"change": [(name, *self._both_ways(name, state)) for name, state in lines.items()]})
        self._services.tell({"change": {name: asdict(state) for name, state in services.items()}})
        self._wires.wait()
        self._services.wait()
        self._lans.change(lans, lines)
        self._agents.change(lans)

    def fds(self, place: str) -> tuple[int, ...]:
        """Return the user and network namespace a command at a place runs in, and this process."""
        return self._user_fd, self._network.space_fds[self.plan.places[place]], self._pidfd

    def close(self) -> None:
        """End the children. The namespaces go with the last descriptor."""
        for child in self.children:
            child.end()
        for fd in self._network.space_fds.values():
            os.close(fd)

    def _both_ways(self, name: str, state: LineState) -> tuple[dict[str, object], dict[str, object]]:
        line = self._lines[name]
        calm = _calm(line)
        toward = {**calm, "loss_ratio": state.loss_ratio, "delay_s": line.delay_s + state.delay_s}
        toward["jitter_s"] = line.jitter_s + state.jitter_s
        return {**toward, "is_cut": state.is_cut}, {**calm, "is_cut": state.is_cut}


def _calm(line: Line) -> dict[str, object]:
    """Return what a line does without faults."""
    return {"delay_s": line.delay_s, "jitter_s": line.jitter_s, "rate_bps": line.rate_bps}
