"""The lab's servers on loopback ports, and a probe that asks them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import probes
from bt_console.lab.plan import Service
from bt_console.lab.services.doors import Door, Doors
from probes.api import Outcome, ProbeContext, ProbeFailure, Reading, Shared

HOST = "127.0.0.1"


def service_of(sort: str, **fields: object) -> Service:
    known = {
        "id": sort,
        "name": "Dịch vụ",
        "sort": sort,
        "host": "localhost",
        "address": HOST,
        "space": "",
        "ports": (),
    }
    return Service(**{**known, **fields})  # type: ignore[arg-type]


def free_port() -> int:
    with socket.socket() as held:
        held.bind((HOST, 0))
        port: int = held.getsockname()[1]
        return port


@asynccontextmanager
async def served(
    factory: Callable[[], asyncio.BaseProtocol], *, is_datagram: bool = False, context: object = None
) -> AsyncIterator[str]:
    """Yield the address something is served at."""
    port = free_port()
    door = Door(
        service="x",
        kind="x",
        space_fd=None,
        address=HOST,
        number=port,
        factory=factory,
        context=context,  # type: ignore[arg-type]
        is_datagram=is_datagram,
    )
    doors = Doors([door])
    await doors.arrange(lambda _: False)
    try:
        yield f"{HOST}:{port}"
    finally:
        await doors.arrange(lambda _: True)


async def ask(probe: str, address: str, trust_file: Path | None = None, **params: object) -> Reading:
    """Return what a probe reads; a failure as its reading."""
    kind = probes.load(probe)
    shared = Shared()
    loop = asyncio.get_running_loop()
    ctx = ProbeContext(deadline_s=loop.time() + 10, shared=shared, nameservers=(), trust_file=trust_file)
    try:
        return await kind.observe(address, kind.params(**params), ctx)
    except ProbeFailure as failure:
        return Reading(
            outcome=Outcome.FAIL,
            failure=failure.kind,
            measures=failure.measures,
            facts=failure.facts,
            detail=failure.detail,
        )
    finally:
        shared.close()
