import asyncio
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import cast

import dns.message
import dns.rcode
import dns.rrset
import pytest

from probes._wire.resolve import resolve
from probes._wire.system_names import SystemNames
from probes.api import FailureKind, ProbeContext, ProbeFailure, R, Shared
from tests.servers.dns_server import Answer, name_server, refusing, silent, zone
from tests.servers.tcp_server import closed_udp_port

RECORDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("web.example.", "A"): ("192.0.2.2", "192.0.2.1"),
    ("six.example.", "AAAA"): ("2001:db8::1",),
    ("none.example.", "MX"): ("10 mail.example.",),
}


async def looked_up(host: str, *servers: str) -> tuple[str, ...]:
    deadline_s = asyncio.get_running_loop().time() + 5
    async with asyncio.timeout_at(deadline_s):
        return await resolve(host, ProbeContext(deadline_s=deadline_s, shared=Shared(), nameservers=servers))


async def failure(host: str, *servers: str) -> ProbeFailure:
    with pytest.raises(ProbeFailure) as caught:
        await looked_up(host, *servers)
    return caught.value


async def test_numeric_addresses_and_listed_hosts_ask_nobody() -> None:
    async with name_server(silent) as server:
        assert await looked_up("192.0.2.7", server.address) == ("192.0.2.7",)
        assert await looked_up("::1", server.address) == ("::1",)
        assert "127.0.0.1" in await looked_up("localhost", server.address)
        assert server.queries == []


async def test_ipv4_comes_first_and_ipv6_only_without_it() -> None:
    async with name_server(zone(RECORDS)) as server:
        assert await looked_up("web.example", server.address) == ("192.0.2.1", "192.0.2.2")
        assert len(server.queries) == 1
        assert await looked_up("six.example", server.address) == ("2001:db8::1",)


async def test_every_lookup_asks_afresh() -> None:
    async with name_server(zone(RECORDS)) as server:
        await looked_up("web.example", server.address)
        await looked_up("web.example", server.address)
        assert len(server.queries) == 2


async def test_the_second_server_answers_for_a_silent_or_failing_first() -> None:
    async def through(first: Answer) -> tuple[str, ...]:
        async with name_server(first) as bad, name_server(zone(RECORDS)) as good:
            return await looked_up("web.example", bad.address, good.address)

    assert await through(silent) == ("192.0.2.1", "192.0.2.2")
    assert await through(refusing(dns.rcode.SERVFAIL)) == ("192.0.2.1", "192.0.2.2")


async def test_a_lost_question_is_asked_again() -> None:
    asked: list[dns.message.Message] = []

    def answer(query: dns.message.Message) -> list[bytes]:
        asked.append(query)
        return [] if len(asked) == 1 else zone(RECORDS)(query)

    async with name_server(answer) as server:
        assert await looked_up("web.example", server.address)
    assert len(asked) == 2


async def test_each_way_of_not_finding_a_name_says_why() -> None:
    async with name_server(zone(RECORDS)) as server, name_server(refusing(dns.rcode.SERVFAIL)) as broken:
        found = [
            await failure("nothing.example", server.address),
            await failure("none.example", server.address),
            await failure("web.example", broken.address),
            await failure("web.example", f"127.0.0.1:{closed_udp_port()}"),
            await failure("a" * 64 + ".example", server.address),
        ]
    assert {problem.kind for problem in found} == {FailureKind.NAME_NOT_FOUND}
    for problem, words in zip(
        found, ("does not exist", "no address", "SERVFAIL", "Connection refused", "cannot be a host name"), strict=True
    ):
        assert words in problem.detail


async def test_a_loop_of_aliases_has_no_address() -> None:
    def answer(query: dns.message.Message) -> list[bytes]:
        response = dns.message.make_response(query)
        response.answer.append(dns.rrset.from_text("a.example.", 60, "IN", "CNAME", "b.example."))
        response.answer.append(dns.rrset.from_text("b.example.", 60, "IN", "CNAME", "a.example."))
        return [response.to_wire()]

    async with name_server(answer) as server:
        assert "no address" in (await failure("a.example", server.address)).detail


class Without(Shared):
    """A machine without name servers."""

    def get(self, factory: Callable[..., R], *args: Hashable) -> R:
        if factory is SystemNames:
            return cast("R", SystemNames(hosts_path=Path("/nowhere"), resolv_path=Path("/nowhere")))
        return super().get(factory, *args)


async def test_a_machine_without_name_servers_blames_itself() -> None:
    with pytest.raises(ProbeFailure) as caught:
        await resolve("web.example", ProbeContext(deadline_s=0, shared=Without()))
    assert caught.value.kind is FailureKind.NO_ROUTE
    assert "no name server is configured" in caught.value.detail
