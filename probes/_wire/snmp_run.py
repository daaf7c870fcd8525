"""One run of an SNMP probe: resolve, open, ask, and say in clear words how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from probes._wire.address import Endpoint, parse_endpoint
from probes._wire.resolve import resolve
from probes._wire.snmp_params import Credential, SnmpParams, read_credential, security_level
from probes._wire.snmp_reports import silence
from probes._wire.snmp_session import Session
from probes._wire.snmp_socket import AgentSocket, MasterKeys
from probes._wire.trace import Trace
from probes.api import Outcome, ProbeContext, Reading

SNMP_PORT = 161
SNMP_FACTS: dict[str, type] = {"address": str, "version": str, "security_level": str, "phase": str}
SNMP_MEASURES = {"poll_s": "seconds"}

Work = Callable[[Session, Trace], Awaitable[str]]


async def poll(address: str, params: SnmpParams, ctx: ProbeContext, work: Work) -> Reading:
    """Run `work` in a session with the agent at `host` or `host:port` and return everything found."""
    trace = Trace(ctx, params.timeout_s)
    reading = await trace.conclude(_poll(address, params, ctx, work, trace))
    return explained(reading, params.version)


def explained(reading: Reading, version: str) -> Reading:
    """Add to silence what it can mean."""
    if reading.outcome is not Outcome.TIMEOUT or reading.failure is not None:
        return reading
    return replace(reading, detail=f"{reading.detail}: {silence(version)}")


async def _poll(address: str, params: SnmpParams, ctx: ProbeContext, work: Work, trace: Trace) -> str:
    credential = read_credential(params)
    note_credential(credential, trace)
    now = asyncio.get_running_loop().time
    place = await place_of(address, ctx, trace)
    start_s = now()
    trace.phase = "contact"
    session = await open_session(place, credential, params, ctx)
    try:
        trace.phase = "query"
        detail = await work(session, trace)
    finally:
        session.close()
    trace.measures["poll_s"] = now() - start_s
    return detail


async def place_of(address: str, ctx: ProbeContext, trace: Trace) -> Endpoint:
    """Return the numeric address and port of an agent."""
    endpoint = parse_endpoint(address, SNMP_PORT)
    trace.phase = "dns"
    host = (await resolve(endpoint.host, ctx))[0]
    trace.phase = "contact"
    trace.facts["address"] = host
    return endpoint._replace(host=host)


def note_credential(credential: Credential, trace: Trace) -> None:
    """Keep how the agent is asked, which is no secret."""
    trace.facts["version"] = credential.version
    trace.facts["security_level"] = security_level(credential)


async def open_session(place: Endpoint, credential: Credential, params: SnmpParams, ctx: ProbeContext) -> Session:
    """Return a session with an agent, which the caller closes; below version 3 nothing was asked yet."""
    sock = AgentSocket(place, credential, ctx.shared.get(MasterKeys))
    session = Session(sock, try_s=params.try_s, retries_count=params.retries_count)
    try:
        await session.start()
    except BaseException:
        session.close()
        raise
    return session
