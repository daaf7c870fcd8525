"""Do the configured uplinks answer? Sends pings, so it runs only when asked for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import probes
from bt_console.cli.doctor.finding import Finding, State
from bt_console.cli.measure import Surroundings, measure
from bt_console.model.inventory import Role
from bt_console.words import message
from probes.api import Outcome

if TYPE_CHECKING:
    from bt_console.config.load import Settings
    from bt_console.model.inventory import Target
    from probes.api import Reading

COUNT = 3
TIMEOUT_S = 5.0


def uplinks(settings: Settings) -> list[Finding]:
    """Return one finding per uplink of the configuration."""
    targets = [target for target in settings.inventory.targets.values() if target.role is Role.UPLINK]
    return asyncio.run(_ping_all(targets))


async def _ping_all(targets: list[Target]) -> list[Finding]:
    kind = probes.load("icmp_echo")
    params = kind.params(count=COUNT)
    runs = (measure(kind, target.address, params, TIMEOUT_S, Surroundings()) for target in targets)
    readings = await asyncio.gather(*runs)
    return [judge_reach(target, reading) for target, (reading, _) in zip(targets, readings, strict=True)]


def judge_reach(target: Target, reading: Reading) -> Finding:
    """Return the verdict on one uplink; a measurement that failed on our side says nothing about it."""
    states = {Outcome.OK: State.OK, Outcome.ERROR: State.UNKNOWN}
    state = states.get(reading.outcome, State.FAIL)
    code = {State.OK: "ok", State.UNKNOWN: "unknown", State.FAIL: "fail"}[state]
    text = message(f"doctor.reach.{code}", name=target.name, address=target.address, detail=reading.detail)
    remedy = f"ip route get {target.address}" if state is State.FAIL else ""
    return Finding(name=f"reach:{target.id}", state=state, message=text, remedy=remedy)
