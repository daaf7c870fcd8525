"""The port scan against real listeners on loopback: polite, silent, mute, closed, overfull."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.pace import Pace
from probes.api import FailureKind, Outcome, ProbeContext, ProbeFailure, Reading, Scope, Shared
from probes.port_scan import BANNER_CHARS, PORTS_MAX, PortScanParams, observe
from tests.servers.ask import ask
from tests.servers.tcp_server import Reader, Writer, saying, serving


async def listening(reader: Reader, _: Writer) -> None:
    """Wait for the other side to speak, as web servers do."""
    await reader.read()


def banners(reading: Reading) -> list[str]:
    found = reading.facts["banner"]
    assert isinstance(found, tuple)
    return [str(banner) for banner in found]


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that is bound, so nobody else gets it, but refuses."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


@contextmanager
def overfull_port() -> Iterator[int]:
    """A listener whose queue is full: the kernel drops every further SYN, as a packet filter does."""
    with socket.socket() as server, socket.socket() as first, socket.socket() as second:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for client in (first, second):
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        yield server.getsockname()[1]


async def test_open_closed_and_filtered_are_told_apart_and_who_speaks_first_is_heard() -> None:
    async with AsyncExitStack() as stack:
        speaking = await stack.enter_async_context(serving(saying(b"SSH-2.0-OpenSSH_9.2\r\n")))
        mute = await stack.enter_async_context(serving(listening))
        closed, filtered = stack.enter_context(closed_port()), stack.enter_context(overfull_port())
        ports = (speaking, mute, closed, filtered)
        reading = await ask("port_scan", "127.0.0.1", ports=ports, connect_s=0.3, banner_s=0.2)
    assert reading.outcome is Outcome.OK
    assert reading.facts["open_ports"] == tuple(sorted((speaking, mute)))
    measures = reading.measures
    assert (measures["open_count"], measures["closed_count"], measures["filtered_count"]) == (2, 1, 1)
    assert (reading.facts["banner_port"], reading.facts["banner"]) == ((speaking,), ("SSH-2.0-OpenSSH_9.2",))


async def test_a_network_is_scanned_with_a_row_for_each_host_that_answers() -> None:
    async with serving(saying(b"220 hi\r\n"), host="127.0.7.3") as port:
        reading = await ask("port_scan", "127.0.7.0/29", ports=(port,), banner_s=0.2)
    facts = reading.facts
    assert facts["host"] == tuple(f"127.0.7.{octet}" for octet in range(1, 7))
    assert facts["host_open_ports"] == ("", "", str(port), "", "", "")
    assert (facts["host_closed_count"], facts["host_filtered_count"]) == ((1, 1, 0, 1, 1, 1), (0,) * 6)
    assert (facts["banner_host"], facts["banner"]) == (("127.0.7.3",), ("220 hi",))
    assert (reading.measures["tried_count"], reading.measures["host_count"]) == (6, 6)


async def test_a_hostile_banner_is_one_short_harmless_line() -> None:
    async with serving(saying(b"\x1b]0;owned\x07\r\n" + b"A" * 100_000)) as port:
        reading = await ask("port_scan", "127.0.0.1", ports=(port,))
    (banner,) = banners(reading)
    assert "\x1b" not in banner
    assert banner.startswith("␛]0;owned␇")
    assert len(banner) == BANNER_CHARS


async def test_where_nothing_answers_at_all_it_is_a_timeout_with_the_count() -> None:
    with overfull_port() as port:
        reading = await ask("port_scan", "127.0.0.1", ports=(port,), connect_s=0.2)
    assert reading.outcome is Outcome.TIMEOUT
    assert reading.measures["filtered_count"] == 1
    assert reading.facts["host"] == ()
    assert "every port filtered" in reading.detail


async def test_without_patience_for_banners_none_is_read() -> None:
    async with serving(saying(b"220 hi\r\n")) as port:
        reading = await ask("port_scan", "127.0.0.1", ports=(port,), banner_s=0.0)
        await asyncio.sleep(0.1)  # the server notices that we left
    assert (reading.facts["open_ports"], reading.facts["banner"]) == ((port,), ())


@pytest.mark.parametrize(
    ("address", "kind", "says"),
    [
        ("192.0.2.1", FailureKind.PERMISSION, "outside the networks approved"),
        ("126.255.255.0/24", FailureKind.PERMISSION, "outside the networks approved"),
        ("127.0.0.0/23", FailureKind.INTERNAL, "at most 256"),
        ("localhost", FailureKind.INTERNAL, "neither an address nor a network"),
        ("127.0.0.0/24", FailureKind.INTERNAL, "raise the time-out"),
    ],
)
async def test_what_may_not_or_cannot_be_scanned_is_refused_before_anything_is_sent(
    address: str, kind: FailureKind, says: str
) -> None:
    reading = await ask("port_scan", address)
    assert (reading.outcome, reading.failure) == (Outcome.ERROR, kind)
    assert says in reading.detail


async def test_a_network_of_which_a_part_is_outside_the_scope_is_not_touched() -> None:
    accepted = 0

    async def count(_: Reader, __: Writer) -> None:
        nonlocal accepted
        accepted += 1

    async with serving(count) as port:
        ctx = ProbeContext(deadline_s=asyncio.get_running_loop().time() + 9, shared=Shared(), scope=Scope())
        with pytest.raises(ProbeFailure, match="outside"):
            await observe("126.0.0.0/24", PortScanParams(ports=(port,)), ctx)
    assert accepted == 0


async def test_an_address_this_machine_has_no_route_to_is_an_error_of_ours() -> None:
    ctx = ProbeContext(deadline_s=asyncio.get_running_loop().time() + 9, shared=Shared(), scope=Scope())
    with pytest.raises(ProbeFailure) as caught:
        # The broadcast address of loopback: the kernel refuses to connect there.
        await observe("127.255.255.255", PortScanParams(ports=(9, 10)), ctx)
    assert caught.value.kind in (FailureKind.PERMISSION, FailureKind.NO_ROUTE)


async def test_two_scans_of_one_process_share_the_rate() -> None:
    shared = Shared()
    pace = shared.get(Pace, "port_scan", 50.0)
    with closed_port() as port:
        for _ in range(3):
            await ask("port_scan", "127.0.0.1", shared=shared, ports=(port,), rate_per_s=1000)
    asked = shared.get(Pace, "port_scan", 50.0)
    assert asked is pace
    assert 0 < pace.delay_s() <= 0.02, "the last connection's turn was taken from the scope's own rate"


async def test_turns_are_given_one_interval_apart() -> None:
    pace = Pace("test", 100.0)
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    for _ in range(10):
        await pace.turn()
    assert loop.time() + pace.delay_s() - started_at >= 0.1 - 0.025


@pytest.mark.parametrize(
    "given_params",
    [
        {"ports": ()},
        {"ports": (0,)},
        {"ports": (65536,)},
        {"ports": (22, 22)},
        {"ports": tuple(range(1, PORTS_MAX + 2))},
        {"rate_per_s": -1.0},
        {"connect_s": 0.0},
        {"banner_s": 6.0},
        {"concurrency_count": 0},
    ],
)
def test_params_that_make_no_sense_are_refused(given_params: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(given_params))):
        PortScanParams(**given_params)


@settings(max_examples=15, deadline=None)
@given(st.binary(min_size=1, max_size=600))
def test_any_banner_becomes_a_bounded_line(said: bytes) -> None:
    async def scan() -> str:
        async with serving(saying(said)) as port:
            reading = await ask("port_scan", "127.0.0.1", ports=(port,))
        return "".join(banners(reading))

    banner = asyncio.run(scan())
    assert len(banner) <= BANNER_CHARS
    assert banner.isprintable() or "\ufffd" in banner or not set(banner) & set("\x00\x1b\r\n\x9b")
