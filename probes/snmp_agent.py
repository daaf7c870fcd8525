"""Asks an SNMP agent who it is, and whether it also tells whoever guesses a default community.

Source: RFC 3418 (SNMPv2-MIB system group), RFC 3411 (engine id), RFC 3414 (boots).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace

from probes._wire.address import Endpoint
from probes._wire.snmp_params import Credential, SnmpParams, has_credential, read_credential
from probes._wire.snmp_run import SNMP_FACTS, SNMP_MEASURES, explained, note_credential, open_session, place_of
from probes._wire.snmp_session import UPTIME, Session
from probes._wire.snmp_text import hexadecimal, number, text
from probes._wire.trace import Trace
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading

SYSTEM = {
    "sys_descr": "1.3.6.1.2.1.1.1.0",
    "sys_object_id": "1.3.6.1.2.1.1.2.0",
    "sys_contact": "1.3.6.1.2.1.1.4.0",
    "sys_name": "1.3.6.1.2.1.1.5.0",
    "sys_location": "1.3.6.1.2.1.1.6.0",
}
ENGINE_BOOTS = "1.3.6.1.6.3.10.2.1.2.0"
DEFAULT_COMMUNITIES = ("public", "private")
GUESS_TRY_S = 0.3
"""How long the first of two tries of a guess waits; the second waits twice as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpAgentParams(SnmpParams):
    """Credentials, and whether to guess. Without credentials a guess that is answered has to do."""

    guess_default: bool = True
    """Also try the communities every scanner tries; only inside the networks approved for scanning."""


async def observe(address: str, params: SnmpAgentParams, ctx: ProbeContext) -> Reading:
    """Measure the agent at `host` or `host:port`."""
    trace = Trace(ctx, params.timeout_s)
    reading = await trace.conclude(_Run(params, ctx, trace).measure(address))
    return explained(reading, params.version)


class _Run:
    """One look at one agent."""

    def __init__(self, params: SnmpAgentParams, ctx: ProbeContext, trace: Trace) -> None:
        self._params, self._ctx, self._trace = params, ctx, trace
        self._guesses_failed: Exception = TimeoutError()

    async def measure(self, address: str) -> str:
        place = await place_of(address, self._ctx, self._trace)
        if self._params.guess_default:
            self._ctx.scope.insist(place.host)
        own = read_credential(self._params) if has_credential(self._params) else None
        failure: Exception | None = None
        async with asyncio.TaskGroup() as group:
            guesses = [group.create_task(self._guess(place, name)) for name in self._names()]
            if own is not None:
                asked = group.create_task(self._caught(self._ask(place, own)))
        answered = self._note_guesses([guess.result() for guess in guesses])
        if own is None:
            await self._ask_by_guess(place, answered)
        else:
            failure = asked.result()
        if failure is not None:
            raise failure
        return ""

    def _names(self) -> tuple[str, ...]:
        return DEFAULT_COMMUNITIES if self._params.guess_default else ()

    def _note_guesses(self, answers: list[bool]) -> tuple[str, ...]:
        answered = tuple(name for name, is_answered in zip(self._names(), answers, strict=True) if is_answered)
        if self._params.guess_default:
            self._trace.facts["answers_public"] = bool(answered)
            self._trace.facts["default_communities"] = answered
        return answered

    async def _ask_by_guess(self, place: Endpoint, answered: tuple[str, ...]) -> None:
        if not self._params.guess_default:
            read_credential(self._params)  # says what is missing
        if not answered:
            raise self._guesses_failed
        self._trace.facts["phase"] = "query"
        await self._ask(place, Credential(version="2c", community=answered[0]))

    async def _caught(self, work: Awaitable[None]) -> Exception | None:
        """Return a failure instead of raising it: a task group would cancel the guesses."""
        try:
            await work
        except (ProbeFailure, TimeoutError) as failure:
            return failure
        return None

    async def _guess(self, place: Endpoint, community: str) -> bool:
        guess = replace(self._params, try_s=GUESS_TRY_S, retries_count=1)
        try:
            session = await open_session(place, Credential(version="2c", community=community), guess, self._ctx)
        except ProbeFailure as failure:
            self._guesses_failed = failure
            return False
        try:
            return UPTIME in await session.get([UPTIME])
        except TimeoutError:
            return False
        except ProbeFailure as failure:
            self._guesses_failed = failure
            return False
        finally:
            session.close()

    async def _ask(self, place: Endpoint, credential: Credential) -> None:
        trace = self._trace
        note_credential(credential, trace)
        with trace.timed("query", "poll_s"):
            session = await open_session(place, credential, self._params, self._ctx)
            try:
                await _note_system(session, trace)
            finally:
                session.close()


async def _note_system(session: Session, trace: Trace) -> None:
    found = await session.get([*SYSTEM.values(), UPTIME, ENGINE_BOOTS])
    if not found:
        raise ProbeFailure(FailureKind.MISMATCH, "the agent answers, but its access list hides the system group")
    for fact, name in SYSTEM.items():
        trace.facts[fact] = text(found.get(name), 300)
    if UPTIME in found:
        trace.measures["uptime_s"] = number(found[UPTIME]) / 100
    if ENGINE_BOOTS in found:
        trace.facts["engine_boots"] = number(found[ENGINE_BOOTS])
    if session.engine_id:
        trace.facts["engine_id"] = hexadecimal(session.engine_id)


PROBE = ProbeKind(
    name="snmp_agent",
    params=SnmpAgentParams,
    observe=observe,
    measures={**SNMP_MEASURES, "uptime_s": "seconds"},
    facts={
        **SNMP_FACTS,
        **dict.fromkeys(SYSTEM, str),
        "engine_id": str,
        "engine_boots": int,
        "answers_public": bool,
        "default_communities": tuple,
    },
    example="127.0.0.1:161 -p community=file:/etc/bt-console/snmp-community -p timeout_s=2",
    source="RFC 3418, RFC 3411, RFC 3414",
)
