import asyncio
import socket

import pytest

from probes.api import FailureKind, Outcome
from tests.servers.ask import ask
from tests.servers.dns_server import name_server, silent, zone
from tests.servers.tcp_server import Reader, Writer, closed_port, cut, deaf_port, saying, serving, stall


async def test_a_listening_port_is_ok_with_the_kernels_time() -> None:
    async with serving(stall) as port:
        reading = await ask("tcp_connect", f"127.0.0.1:{port}")
    assert reading.outcome is Outcome.OK
    assert 0 < reading.measures["connect_s"] <= reading.measures["connect_wall_s"]
    assert reading.facts == {"address": "127.0.0.1"}


async def test_ipv6_in_brackets_is_measured() -> None:
    async with serving(stall, host="::1") as port:
        reading = await ask("tcp_connect", f"[::1]:{port}")
    assert reading.outcome is Outcome.OK
    assert reading.facts["address"] == "::1"


async def test_a_closed_port_is_refused() -> None:
    with closed_port() as port:
        reading = await ask("tcp_connect", f"127.0.0.1:{port}")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.REFUSED)
    assert reading.facts["phase"] == "connect"


async def test_the_expected_banner_is_ok_even_in_pieces() -> None:
    async def behave(_: Reader, writer: Writer) -> None:
        for piece in (b"220 ma", b"il.exa", b"mple\r\n"):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)

    async with serving(behave) as port:
        reading = await ask("tcp_connect", f"127.0.0.1:{port}", expect="mail.exa")
    assert reading.outcome is Outcome.OK
    assert "banner_s" in reading.measures


@pytest.mark.parametrize("ends", [True, False])
async def test_another_banner_is_a_mismatch_whether_the_server_closes_or_waits(ends: bool) -> None:
    async def behave(reader: Reader, writer: Writer) -> None:
        writer.write(b"554 no\r\n")
        await writer.drain()
        if not ends:
            await stall(reader, writer)

    async with serving(behave) as port:
        reading = await ask("tcp_connect", f"127.0.0.1:{port}", expect="220", timeout_s=0.2)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH)
    assert reading.facts["banner"] == "554 no"
    assert "554 no" in reading.detail
    assert "connect_s" in reading.measures


async def test_a_server_that_closes_without_a_word_is_a_mismatch() -> None:
    async with serving(saying(b"")) as port:
        reading = await ask("tcp_connect", f"127.0.0.1:{port}", expect="220")
    assert reading.failure is FailureKind.MISMATCH
    assert "closed without a word" in reading.detail


async def test_a_silent_server_is_a_timeout_in_the_banner_phase() -> None:
    async with serving(stall) as port:
        reading = await ask("tcp_connect", f"127.0.0.1:{port}", expect="220", timeout_s=0.1)
    assert reading.outcome is Outcome.TIMEOUT
    assert reading.failure is None
    assert reading.facts["phase"] == "banner"


async def test_a_reset_is_a_reset() -> None:
    async def behave(_: Reader, writer: Writer) -> None:
        writer.write(b"2")
        await writer.drain()
        await asyncio.sleep(0.02)
        cut(writer)

    async with serving(behave) as port:
        reading = await ask("tcp_connect", f"127.0.0.1:{port}", expect="220")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.RESET)


async def test_a_banner_of_escape_sequences_comes_out_as_one_harmless_line() -> None:
    async with serving(saying(b"\x1b[2J\xff\xfe\r\n" + b"A" * 10_000)) as port:
        reading = await ask("tcp_connect", f"127.0.0.1:{port}", expect="220")
    banner = str(reading.facts["banner"])
    assert reading.failure is FailureKind.MISMATCH
    assert banner.startswith("␛[2J")
    assert len(banner) == 300


async def test_a_greeting_without_end_is_right_when_it_begins_right() -> None:
    async with serving(saying(b"220 mail " + b"A" * 10_000)) as port:
        reading = await ask("tcp_connect", f"127.0.0.1:{port}", expect="220")
    assert (reading.outcome, reading.detail) == (Outcome.OK, "")


async def test_a_name_is_resolved_by_the_given_name_server() -> None:
    async with serving(stall) as port, name_server(zone({("svc.example.", "A"): ("127.0.0.1",)})) as server:
        reading = await ask("tcp_connect", f"svc.example:{port}", nameservers=(server.address,))
    assert reading.outcome is Outcome.OK
    assert reading.facts["address"] == "127.0.0.1"
    assert reading.measures["dns_s"] > 0


async def test_the_second_address_serves_when_the_first_refuses() -> None:
    records = {("svc.example.", "A"): ("127.0.0.1", "127.0.0.2")}
    with closed_port() as port, socket.create_server(("127.0.0.2", port)):
        async with name_server(zone(records)) as server:
            reading = await ask("tcp_connect", f"svc.example:{port}", nameservers=(server.address,))
    assert reading.outcome is Outcome.OK
    assert reading.facts["address"] == "127.0.0.2"


async def test_the_second_address_serves_when_the_first_is_silent() -> None:
    records = {("svc.example.", "A"): ("127.0.0.1", "127.0.0.2")}
    with deaf_port() as port, socket.create_server(("127.0.0.2", port)):
        async with name_server(zone(records)) as server:
            reading = await ask("tcp_connect", f"svc.example:{port}", nameservers=(server.address,), timeout_s=1.0)
    assert reading.outcome is Outcome.OK
    assert reading.facts["address"] == "127.0.0.2"


async def test_a_port_that_drops_everything_is_a_timeout_in_the_connect_phase() -> None:
    with deaf_port() as port:
        reading = await ask("tcp_connect", f"127.0.0.1:{port}", timeout_s=0.2)
    assert (reading.outcome, reading.failure) == (Outcome.TIMEOUT, None)
    assert reading.facts == {"address": "127.0.0.1", "phase": "connect"}


async def test_a_silent_name_server_is_a_timeout_that_names_the_name() -> None:
    async with name_server(silent) as server:
        reading = await ask("tcp_connect", "svc.example:80", nameservers=(server.address,), timeout_s=0.2)
    assert (reading.outcome, reading.failure) == (Outcome.TIMEOUT, FailureKind.NAME_NOT_FOUND)
    assert reading.facts["phase"] == "dns"


async def test_an_unknown_name_is_not_found() -> None:
    async with name_server(zone({})) as server:
        reading = await ask("tcp_connect", "svc.example:80", nameservers=(server.address,))
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.NAME_NOT_FOUND)
    assert reading.facts["phase"] == "dns"


async def test_the_runs_deadline_wins_over_a_longer_timeout() -> None:
    async with serving(stall) as port:
        async with asyncio.timeout(5):
            reading = await ask("tcp_connect", f"127.0.0.1:{port}", expect="x", timeout_s=60.0, deadline_s=0.1)
    assert reading.outcome is Outcome.TIMEOUT


async def test_an_address_without_a_port_says_what_to_write() -> None:
    reading = await ask("tcp_connect", "127.0.0.1")
    assert (reading.outcome, reading.failure) == (Outcome.ERROR, FailureKind.INTERNAL)
    assert "write host:port" in reading.detail
