"""The lab process's view of what reaches people: who got which message, and what they answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bt_console.channels.smstools import ROOT_VARIABLE
from bt_console.config.errors import did_you_mean
from bt_console.lab.child import Child
from bt_console.lab.errors import LabError
from bt_console.lab.plan import Plan
from bt_console.lab.rundir import SPOOLS


class Post:
    """Asks the process that has the letters."""

    def __init__(self, services: Child, plan: Plan, run_dir: Path) -> None:
        self._services = services
        self._people = {(person.channel, person.address): person for person in plan.people}
        self._bots = [service.channel for service in plan.services if service.sort == "bot"]
        self._root = run_dir.absolute() / SPOOLS
        self.spools = [(channel, f"{self._root}{path}") for channel, path in plan.spools]

    @property
    def environment(self) -> dict[str, str]:
        """What commands run inside must know: no letter goes to a real modem."""
        return {ROOT_VARIABLE: str(self._root)}

    def letters(self, after: int) -> list[dict[str, Any]]:
        """Return what arrived after a letter's number, and who has it."""
        found: list[dict[str, Any]] = self._services.ask({"letters": after})["letters"]
        return [{**letter, **self._whose(letter["channel"], letter["recipient"])} for letter in found]

    def reply(self, channel: str, sender: str, text: str) -> None:
        """Have a person answer; the sender may be the contact's id. Raises LabError."""
        known = [*self._bots, *(name for name, _ in self.spools)]
        if channel not in known:
            raise LabError("lab.no_replies", text=channel, hint=did_you_mean(channel, known), known=", ".join(known))
        named = (
            address for (way, address), person in self._people.items() if (way, person.contact) == (channel, sender)
        )
        self._services.ask({"reply": {"channel": channel, "sender": next(named, sender), "text": text}})

    def _whose(self, channel: str, recipient: str) -> dict[str, str]:
        person = self._people.get((channel, recipient))
        return {"contact": person.contact, "name": person.name} if person else {"contact": "", "name": ""}
