"""The lab process's view of the agents: one process for all, and one for the core, which always speaks version 3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bt_console.lab.agents.roster import CORE_AGENT, SWITCH, Agent, roster
from bt_console.lab.child import Child
from bt_console.lab.plan import HUB, Plan
from bt_console.lab.secrets import SNMP_USER, LabSecrets
from bt_console.lab.world import LanState


class AgentProcesses:
    """Both processes."""

    def __init__(self, plan: Plan, space_fds: Mapping[str, int]) -> None:
        self._space_fds = space_fds
        self._roster = roster(plan)
        self._is_secure = plan.is_snmp_secure
        # Notifications go to the hub's own address on the TSLCD.
        ends = [link.near for link in plan.links]
        self.manager = next(end.address for end in ends if (end.space, end.device) == (HUB, "tslcd"))
        many = tuple(agent for agent in self._roster if agent.id != CORE_AGENT)
        core = tuple(agent for agent in self._roster if agent.id == CORE_AGENT)
        self._groups = [("bt-lab-agents", self._child(many), many), ("bt-lab-core", self._child(core), core)]
        self.children = tuple(child for _, child, _ in self._groups)

    def open(self, secrets: LabSecrets) -> None:
        """Have every agent answer."""
        common = {"community": secrets.community, "manager": self.manager}
        for process, child, group in self._groups:
            agents = [self._order(agent, secrets) for agent in group]
            child.tell({"open": {"process": process, "agents": agents, **common}})
        for child in self.children:
            child.wait()

    def change(self, lans: Mapping[str, LanState]) -> None:
        """Put the agents of every LAN into a state; returns when it is in force."""
        states = {agent.id: _state(agent, lans) for agent in self._roster}
        for _, child, group in self._groups:
            child.tell({"change": {agent.id: states[agent.id] for agent in group}})
        for child in self.children:
            child.wait()

    def _child(self, agents: tuple[Agent, ...]) -> Child:
        return Child(
            "bt_console.lab.agents.process", tuple(dict.fromkeys(self._space_fds[agent.space] for agent in agents))
        )

    def _order(self, agent: Agent, secrets: LabSecrets) -> dict[str, Any]:
        order = {**asdict(agent), "space": self._space_fds[agent.space], "is_notifying_securely": self._is_secure}
        if agent.id == CORE_AGENT or self._is_secure:
            order["user"] = {"user": SNMP_USER, "auth_key": secrets.auth_key, "priv_key": secrets.priv_key}
        return order


def _state(agent: Agent, lans: Mapping[str, LanState]) -> dict[str, bool]:
    lan, _, part = agent.id.partition("/")
    state = lans.get(lan, LanState())
    return {"is_public": state.is_public, "is_off": state.is_switch_off and part == SWITCH}
