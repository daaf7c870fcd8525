"""A process of many agents: `python -m bt_console.lab.agents.process`, told by its parent whom to be."""

from __future__ import annotations

from typing import Any

from bt_console.lab import kernel
from bt_console.lab.agents.agent import Agent
from bt_console.lab.agents.lldp import ANNOUNCE_S
from bt_console.lab.child_side import ParentLine
from bt_console.lab.loop import Loop
from bt_console.words import message


class Agents:
    """All agents by name."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._agents: dict[str, Agent] = {}

    def open(self, order: dict[str, Any]) -> None:
        """Be more agents."""
        kernel.set_name(order["process"])
        community, manager = order["community"].encode(), order["manager"]
        for one in order["agents"]:
            agent = self._agents[one["id"]] = Agent(one, community, manager, self._loop.clock)
            agent.join(self._loop)
        self._loop.every(ANNOUNCE_S, self._announce)

    def change(self, states: dict[str, dict[str, bool]]) -> None:
        """Put agents into a state."""
        for name, state in states.items():
            self._agents[name].change(**state)

    def _announce(self) -> None:
        for agent in self._agents.values():
            agent.source.announce()


class _Orders:
    """The parent's line, and whether it is still there."""

    def __init__(self, parent: ParentLine, agents: Agents) -> None:
        self._parent = parent
        self._agents = agents
        self.is_open = True

    def obey(self) -> None:
        order = self._parent.read()
        if order is None:
            self.is_open = False
            return
        try:
            if "open" in order:
                self._agents.open(order["open"])
            self._agents.change(order.get("change", {}))
        except OSError as error:
            self._parent.answer({"error": message("lab.cannot_serve", why=error)})
        else:
            self._parent.answer({})


def main() -> None:
    """Answer until the parent is gone."""
    parent = ParentLine("bt-lab-agents")
    loop = Loop()
    orders = _Orders(parent, Agents(loop))
    loop.watch(parent.fileno(), orders.obey)
    while orders.is_open:
        loop.run_once()


if __name__ == "__main__":
    main()
