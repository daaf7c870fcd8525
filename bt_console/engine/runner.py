"""One run of one check: deadline, times, and every way it can end turned into a reading."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import probes
from bt_console.config.load import Settings
from bt_console.engine.clock import JUMP_S, Clock
from bt_console.engine.guard import Crash, contained
from bt_console.model.inventory import Check
from probes.api import OUR_SIDE, FailureKind, Outcome, ProbeContext, ProbeFailure, Reading, Scope, Shared

GRACE_S = 0.5
"""A run that ends this long after its deadline was not given the processor: the monitor was stalled."""


@dataclass(frozen=True, slots=True)
class Run:
    """A reading with its times, before it is numbered."""

    check: Check
    due_at: datetime
    started_at: datetime
    duration_s: float
    reading: Reading
    is_confirmation: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """What runs share: sockets, resolvers, trust and the clock."""

    shared: Shared
    clock: Clock
    nameservers: tuple[str, ...] = ()
    trust_file: Path | None = None
    scope: Scope = field(default_factory=Scope)


def instruments(settings: Settings, shared: Shared, clock: Clock) -> Instruments:
    """Return what a configuration lets every run use."""
    return Instruments(
        shared=shared,
        clock=clock,
        nameservers=settings.nameservers,
        trust_file=settings.trust_file,
        scope=settings.scope,
    )


async def measure(check: Check, tools: Instruments) -> tuple[Reading, float]:
    """Run a check's probe once and return its reading and how long it took in seconds."""
    began_s, began_at = tools.clock.monotonic_s(), tools.clock.now()
    deadline_s = asyncio.get_running_loop().time() + check.timeout_s
    ctx = ProbeContext(
        deadline_s=deadline_s,
        shared=tools.shared,
        nameservers=tools.nameservers,
        trust_file=tools.trust_file,
        scope=tools.scope,
    )
    reading = await _observe(check, ctx)
    duration_s = tools.clock.monotonic_s() - began_s
    slept_s = (tools.clock.now() - began_at).total_seconds() - duration_s
    return _trusted(reading, check, duration_s, slept_s), duration_s


async def _observe(check: Check, ctx: ProbeContext) -> Reading:
    try:
        return await contained(_ask(check, ctx), f"probe {check.probe} of {check.id}")
    except Crash as crash:
        return Reading(outcome=Outcome.ERROR, failure=FailureKind.INTERNAL, detail=str(crash))


async def _ask(check: Check, ctx: ProbeContext) -> Reading:
    kind = probes.load(check.probe)
    try:
        async with asyncio.timeout_at(ctx.deadline_s + GRACE_S / 2):
            return await kind.observe(check.address, check.params, ctx)
    except ProbeFailure as failure:
        return _failed(failure)
    except TimeoutError:
        return Reading(outcome=Outcome.TIMEOUT, detail=f"no answer within {check.timeout_s:g} s")


def _failed(failure: ProbeFailure) -> Reading:
    outcome = Outcome.ERROR if failure.kind in OUR_SIDE else Outcome.FAIL
    return Reading(
        outcome=outcome, failure=failure.kind, measures=failure.measures, facts=failure.facts, detail=failure.detail
    )


def _trusted(reading: Reading, check: Check, duration_s: float, slept_s: float) -> Reading:
    """Withdraw a reading made while the monitor was stalled or asleep, unless kernel time stamps vouch for it."""
    is_vouched = reading.outcome is Outcome.OK and reading.facts.get("stamps") == "kernel"
    late_s = duration_s - check.timeout_s
    if reading.outcome is Outcome.ERROR or is_vouched or (late_s <= GRACE_S and abs(slept_s) <= JUMP_S):
        return reading
    detail = f"the monitor stalled for {late_s:.1f} s" if late_s > GRACE_S else f"the clock jumped by {slept_s:.1f} s"
    return Reading(outcome=Outcome.ERROR, failure=FailureKind.STALLED, detail=detail)
