"""From a real measurement to a verdict: what probes give is what rules were promised."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime

import pytest

import probes
from policies.engine import evaluate
from policies.fact import FactValue, Value, learnt, read_value
from policies.rule import Result
from probes.api import ProbeContext, Reading, Shared
from tests.policies.shelf import builtin

NOW = datetime(2026, 11, 25, tzinfo=UTC)
RULE = builtin().rules["BT-SVC-05"]


async def taken(kind: str, address: str, **params: object) -> Reading:
    probe, shared = probes.load(kind), Shared()
    ctx = ProbeContext(deadline_s=asyncio.get_running_loop().time() + probe.timeout_s, shared=shared)
    try:
        return await probe.observe(address, probe.params(**params), ctx)
    finally:
        shared.close()


def taught(kind: str, reading: Reading) -> dict[str, Value]:
    return learnt(kind, reading.outcome, reading.measures, reading.facts)


def facts(values: dict[str, Value]) -> dict[str, FactValue]:
    return {name: FactValue(value=value, at=NOW) for name, value in values.items()}


async def test_an_open_port_that_is_not_allowed_fails_and_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        values = taught("port_scan", await taken("port_scan", "127.0.0.1", ports=(port,), banner_s=0.0))
    found = evaluate(RULE, facts(values | {"device.allowed_ports": (80,)}), NOW)
    assert found.result is Result.FAIL
    assert found.false_part is not None
    assert found.false_part.culprits == (str(port),)
    assert evaluate(RULE, facts(values | {"device.allowed_ports": (port,)}), NOW).result is Result.PASS


async def test_a_port_that_is_closed_again_passes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    values = taught("port_scan", await taken("port_scan", "127.0.0.1", ports=(port,), banner_s=0.0))
    assert evaluate(RULE, facts(values | {"device.allowed_ports": (80,)}), NOW).result is Result.PASS


@pytest.mark.parametrize(("kind", "address"), [("host_health", "localhost"), ("port_scan", "127.0.0.1")])
async def test_every_value_of_a_reading_has_the_type_declared_for_it(kind: str, address: str) -> None:
    values = taught(kind, await taken(kind, address))
    assert values
    for name, value in values.items():
        read_value(builtin().declarations[name].type, value)
