"""A process of many agents: `python -m bt_console.lab.agents.process`, told by its parent whom to be."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from bt_console.lab import kernel
from bt_console.lab.agents.agent import Agent
from bt_console.lab.agents.lldp import ANNOUNCE_S
from bt_console.lab.child_side import ParentLine
from bt_console.words import message

Work = Callable[[], None]


class Agents:
    """All agents by name, and one place to wait for all of them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._selector = selectors.DefaultSelector()
        self._agents: dict[str, Agent] = {}
        self._announce_at_s = clock() + ANNOUNCE_S

    def watch(self, fd: int, work: Work) -> None:
        """Do something whenever a descriptor is readable."""
        self._selector.register(fd, selectors.EVENT_READ, work)

    def open(self, order: dict[str, Any]) -> None:
        """Be more agents."""
        kernel.set_name(order["process"])
        community, manager = order["community"].encode(), order["manager"]
        for one in order["agents"]:
            agent = self._agents[one["id"]] = Agent(one, community, manager, self._clock)
            for sock in agent.sockets:
                self.watch(sock.fileno(), partial(agent.serve, sock))
            self.watch(agent.source.events.fileno(), agent.watch)
            self.watch(agent.source.lldp.fileno(), agent.source.hear)
        self._announce()

    def change(self, states: dict[str, dict[str, bool]]) -> None:
        """Put agents into a state."""
        for name, state in states.items():
            self._agents[name].change(**state)

    def run_once(self) -> None:
        """Wait for questions, events or the time of the next announcement."""
        for key, _ in self._selector.select(max(0.0, self._announce_at_s - self._clock())):
            key.data()
        if self._clock() >= self._announce_at_s:
            self._announce()

    def _announce(self) -> None:
        self._announce_at_s = self._clock() + ANNOUNCE_S
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
    agents = Agents()
    orders = _Orders(parent, agents)
    agents.watch(parent.fileno(), orders.obey)
    while orders.is_open:
        agents.run_once()


if __name__ == "__main__":
    main()
