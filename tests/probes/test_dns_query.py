import dns.message
import dns.rcode
import dns.rrset
import pytest

from probes.api import FailureKind, Outcome
from probes.dns_query import DnsQueryParams
from tests.servers.ask import ask
from tests.servers.dns_server import name_server, refusing, silent, truncated, zone
from tests.servers.tcp_server import closed_udp_port

WEB = zone({("web.example.", "A"): ("192.0.2.12", "192.0.2.11"), ("web.example.", "TXT"): ('"\\027[2Jhi"',)}, ttl=300)


async def test_an_answer_is_ok_with_its_facts() -> None:
    async with name_server(WEB) as server:
        reading = await ask("dns_query", server.address, name="web.example")
    assert reading.outcome is Outcome.OK
    assert reading.facts == {"rcode": "NOERROR", "answers": ("192.0.2.11", "192.0.2.12"), "authoritative": True}
    assert (reading.measures["ttl_s"], reading.measures["answer_count"]) == (300, 2)
    assert reading.measures["query_s"] > 0


@pytest.mark.parametrize("expect", ["192.0.2.11,192.0.2.12", "192.0.2.12, 192.0.2.11", ("192.0.2.11", "192.0.2.12")])
async def test_the_expected_answers_are_ok_in_any_order(expect: str | tuple[str, ...]) -> None:
    async with name_server(WEB) as server:
        reading = await ask("dns_query", server.address, name="web.example", expect=expect)
    assert reading.outcome is Outcome.OK


@pytest.mark.parametrize("expect", ["192.0.2.11", "192.0.2.11,192.0.2.13", "192.0.2.11,192.0.2.12,192.0.2.13"])
async def test_other_answers_are_a_mismatch_that_shows_both(expect: str) -> None:
    async with name_server(WEB) as server:
        reading = await ask("dns_query", server.address, name="web.example", expect=expect)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH)
    assert "is 192.0.2.11, 192.0.2.12, expected" in reading.detail
    assert reading.facts["answers"] == ("192.0.2.11", "192.0.2.12")


async def test_a_name_without_that_record_is_a_mismatch() -> None:
    async with name_server(WEB) as server:
        reading = await ask("dns_query", server.address, name="web.example", record="AAAA")
    assert (reading.failure, reading.measures["answer_count"]) == (FailureKind.MISMATCH, 0)


async def test_a_name_that_does_not_exist_is_not_found() -> None:
    async with name_server(WEB) as server:
        reading = await ask("dns_query", server.address, name="nothing.example")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.NAME_NOT_FOUND)
    assert reading.facts["rcode"] == "NXDOMAIN"


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.NOTIMP])
async def test_an_error_of_the_server_is_a_protocol_failure(rcode: dns.rcode.Rcode) -> None:
    async with name_server(refusing(rcode)) as server:
        reading = await ask("dns_query", server.address, name="web.example")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)
    assert reading.facts["rcode"] == dns.rcode.to_text(rcode)
    assert "query_s" in reading.measures


async def test_a_chain_of_other_names_is_followed_to_its_end() -> None:
    def answer(query: dns.message.Message) -> list[bytes]:
        response = dns.message.make_response(query)
        response.answer.append(dns.rrset.from_text("web.example.", 60, "IN", "CNAME", "host.example."))
        response.answer.append(dns.rrset.from_text("host.example.", 30, "IN", "A", "192.0.2.11"))
        return [response.to_wire()]

    async with name_server(answer) as server:
        reading = await ask("dns_query", server.address, name="web.example", expect="192.0.2.11")
    assert reading.outcome is Outcome.OK
    assert reading.measures["ttl_s"] == 30


async def test_a_cut_answer_is_asked_for_again_over_tcp() -> None:
    async with name_server(truncated, over_tcp=WEB) as server:
        reading = await ask("dns_query", server.address, name="web.example")
    assert reading.outcome is Outcome.OK
    assert reading.measures["answer_count"] == 2


async def test_an_answer_over_tcp_that_is_garbage_or_cut_breaks_the_protocol() -> None:
    async with name_server(truncated, over_tcp=lambda _: [b"garbage"]) as server:
        garbage = await ask("dns_query", server.address, name="web.example")
    async with name_server(truncated, over_tcp=silent) as server:
        nothing = await ask("dns_query", server.address, name="web.example")
    assert garbage.failure is FailureKind.PROTOCOL
    assert nothing.failure is FailureKind.PROTOCOL


async def test_silence_is_a_timeout() -> None:
    async with name_server(silent) as server:
        reading = await ask("dns_query", server.address, name="web.example", timeout_s=0.1)
    assert (reading.outcome, reading.failure) == (Outcome.TIMEOUT, None)


async def test_a_closed_udp_port_is_refused() -> None:
    reading = await ask("dns_query", f"127.0.0.1:{closed_udp_port()}", name="web.example")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.REFUSED)


async def test_forged_datagrams_before_the_answer_are_ignored() -> None:
    def answer(query: dns.message.Message) -> list[bytes]:
        true = WEB(query)[0]
        other_id = bytes([true[0] ^ 1]) + true[1:]
        other_question = WEB(dns.message.make_query("evil.example", "A", id=query.id))[0]
        return [b"", b"\x00", other_id, other_question, true[: len(true) // 2], true]

    async with name_server(answer) as server:
        reading = await ask("dns_query", server.address, name="web.example", expect="192.0.2.11,192.0.2.12")
    assert reading.outcome is Outcome.OK


async def test_nothing_but_garbage_breaks_the_protocol_at_the_deadline() -> None:
    async with name_server(lambda _: [b"garbage"]) as server:
        reading = await ask("dns_query", server.address, name="web.example", timeout_s=0.2)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)
    assert "malformed" in reading.detail


async def test_hostile_text_in_an_answer_is_harmless() -> None:
    async with name_server(WEB) as server:
        reading = await ask("dns_query", server.address, name="web.example", record="TXT")
    assert reading.outcome is Outcome.OK
    assert "\x1b" not in str(reading.facts["answers"])


async def test_each_query_has_an_id_of_its_own() -> None:
    ids = set[int]()

    def answer(query: dns.message.Message) -> list[bytes]:
        ids.add(query.id)
        return WEB(query)

    async with name_server(answer) as server:
        for _ in range(9):
            await ask("dns_query", server.address, name="web.example")
    assert len(ids) > 5


async def test_the_default_port_is_53_and_a_host_name_is_refused() -> None:
    reading = await ask("dns_query", "localhost")
    assert reading.failure is FailureKind.INTERNAL
    assert "write its address" in reading.detail


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"record": "WHAT"}, "record is 'WHAT'"),
        ({"record": "ANY"}, "record is 'ANY'"),
        ({"name": "a..b"}, "name is 'a..b'"),
    ],
)
def test_wrong_params_are_refused_when_they_are_made(params: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        DnsQueryParams(**params)  # type: ignore[arg-type]
