from __future__ import annotations

from pathlib import Path

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest

from probes.api import FailureKind, Outcome, Reading
from probes.dns_records import QUERIES_COUNT, DnsRecordsParams
from tests.servers.ask import ask
from tests.servers.daemons import dnsmasq
from tests.servers.dns_server import Answer, name_server, refusing, silent, truncated, zone
from tests.servers.tcp_server import closed_udp_port

SOA = "ns.x.vn. root.x.vn. 1 2 3 4 5"


def domain(*texts: str, dmarc: str = "", **others: str) -> Answer:
    """A zone x.vn with these texts; `others` are names below vn and their one text."""
    records = {("x.vn.", "SOA"): (SOA,), ("x.vn.", "MX"): ("20 b.x.vn.", "10 A.x.vn.")}
    if texts:
        records["x.vn.", "TXT"] = tuple(f'"{text}"' for text in texts)
    if dmarc:
        records["_dmarc.x.vn.", "TXT"] = (f'"{dmarc}"',)
    for name, text in others.items():
        records[f"{name}.vn.", "TXT"] = (f'"{text}"',)
    return zone(records)


async def look(answer: Answer, name: str = "x.vn") -> Reading:
    async with name_server(answer) as server:
        return await ask("dns_records", server.address, domain=name)


async def test_dnsmasq_with_a_well_kept_domain(tmp_path: Path) -> None:
    options = (
        "--txt-record=bachthong.example,v=spf1 mx include:mail.example ip4:203.0.113.0/24 -all",
        "--txt-record=mail.example,v=spf1 a -all",
        "--txt-record=_dmarc.bachthong.example,v=DMARC1; p=reject; sp=quarantine; pct=50; rua=mailto:d@x.example",
        "--mx-host=bachthong.example,mail.bachthong.example,10",
        "--local=/example/",
    )
    with dnsmasq(tmp_path, *options) as port:
        reading = await ask("dns_records", f"127.0.0.1:{port}", domain="bachthong.example")
    assert reading.outcome is Outcome.OK, reading.detail
    assert reading.facts["spf_policy"] == "-all"
    assert reading.facts["spf_errors"] == ()
    assert reading.measures["spf_lookup_count"] == 3
    assert (reading.facts["dmarc_policy"], reading.facts["dmarc_reports"]) == ("reject", ("mailto:d@x.example",))
    assert reading.measures["dmarc_applied_ratio"] == 0.5
    assert reading.facts["mx"] == ("10 mail.bachthong.example.",)
    assert reading.facts["dnssec_signed"] is False


async def test_a_domain_that_protects_nothing_is_measured_and_not_down() -> None:
    reading = await look(domain("google-site-verification=1"))
    assert reading.outcome is Outcome.OK
    assert (reading.facts["spf_policy"], reading.facts["dmarc_policy"]) == ("missing", "missing")
    assert reading.facts["mx"] == ("10 a.x.vn.", "20 b.x.vn.")
    assert "dmarc_applied_ratio" not in reading.measures


async def test_a_redirect_gives_the_policy_and_includes_the_count() -> None:
    answer = domain("v=spf1 include:one.vn redirect=two.vn", one="v=spf1 a mx ~all", two="v=spf1 exists:%{i}.b.vn ~all")
    reading = await look(answer)
    assert (reading.facts["spf_policy"], reading.measures["spf_lookup_count"]) == ("~all", 5)


async def test_one_domain_included_from_two_sides_is_counted_twice_and_no_circle() -> None:
    reading = await look(
        domain("v=spf1 include:a.vn include:b.vn -all", a="v=spf1 include:b.vn -all", b="v=spf1 a -all")
    )
    assert (reading.facts["spf_errors"], reading.measures["spf_lookup_count"]) == ((), 5)


@pytest.mark.parametrize(
    ("texts", "others", "error"),
    [
        (("v=spf1 -all", "v=spf1 ~all"), {}, "2 SPF records: receivers ignore all of them"),
        (("v=spf1 include:x.vn -all",), {}, "include of x.vn goes in circles"),
        (("v=spf1 include:no.vn -all",), {}, "include of no.vn: it has no SPF record"),
        (("v=spf1 include:" + "a" * 70 + ".vn -all",), {}, "a" * 70 + ".vn cannot be a name"),
        (("v=spf1 ip4:1.2.3.400 -all",), {}, "ip4:1.2.3.400 is no network"),
        (("v=spf1 " + "a " * 11 + "-all",), {}, "needs 11 lookups, receivers stop after 10"),
    ],
)
async def test_a_record_receivers_ignore_is_invalid_with_the_reason(
    texts: tuple[str, ...], others: dict[str, str], error: str
) -> None:
    reading = await look(domain(*texts, **others))
    assert reading.facts["spf_policy"] == "invalid"
    assert reading.facts["spf_errors"] == (error,)


async def test_includes_without_end_stop_after_enough_questions() -> None:
    def answer(query: dns.message.Message) -> list[bytes]:
        response = dns.message.make_response(query)
        question = query.question[0]
        if question.rdtype == dns.rdatatype.TXT:
            text = f'"v=spf1 include:a.{question.name} include:b.{question.name} -all"'
            response.answer.append(dns.rrset.from_text(question.name, 1, "IN", "TXT", text))
        return [response.to_wire()]

    async with name_server(answer) as server:
        reading = await ask("dns_records", server.address, domain="x.vn")
        assert len(server.queries) <= QUERIES_COUNT + 4
    assert reading.facts["spf_policy"] == "invalid"
    errors = reading.facts["spf_errors"]
    assert isinstance(errors, tuple)
    assert len(errors) <= 20


async def test_the_policy_of_the_parent_domain_holds_for_subdomains() -> None:
    parent = {("_dmarc.x.vn.", "TXT"): ('"v=DMARC1; p=reject; sp=none"',), ("mail.x.vn.", "SOA"): (SOA,)}
    reading = await look(zone(parent), "mail.x.vn")
    assert (reading.facts["dmarc_policy"], reading.facts["dmarc_domain"]) == ("none", "x.vn")


@pytest.mark.parametrize(
    ("text", "policy", "error"),
    [
        ("v=DMARC1; p=rejct", "none", "p=rejct is none of none, quarantine, reject"),
        ("v=DMARC1; rua=mailto:a@b", "none", "p= is missing: receivers take it for none"),
        ("v=DMARC1; p=reject; pct=all", "reject", "pct=all is no number from 0 to 100"),
    ],
)
async def test_mistakes_in_dmarc_are_named(text: str, policy: str, error: str) -> None:
    reading = await look(domain(dmarc=text.replace(";", "\\;")))
    assert (reading.facts["dmarc_policy"], reading.facts["dmarc_errors"]) == (policy, (error,))


async def test_signatures_delegation_and_the_resolvers_verdict_are_told() -> None:
    def answer(query: dns.message.Message) -> list[bytes]:
        response = dns.message.make_response(query)
        name, record = query.question[0].name, query.question[0].rdtype
        signature = "SOA 13 2 60 20300101000000 20200101000000 1 x.vn. AAAA"
        if record == dns.rdatatype.SOA:
            response.flags |= dns.flags.AD
            response.answer += [
                dns.rrset.from_text(name, 60, "IN", "SOA", SOA),
                dns.rrset.from_text(name, 60, "IN", "RRSIG", signature),
            ]
        if record == dns.rdatatype.DS:
            response.answer.append(dns.rrset.from_text(name, 60, "IN", "DS", "1 13 2 " + "ab" * 32))
        return [response.to_wire()]

    reading = await look(answer)
    names = ("dnssec_signed", "dnssec_delegated", "dnssec_validated")
    assert [reading.facts[name] for name in names] == [True, True, True]


async def test_a_null_mx_is_told() -> None:
    reading = await look(zone({("x.vn.", "MX"): ("0 .",)}))
    assert (reading.facts["null_mx"], reading.measures["mx_count"]) == (True, 1)


async def test_texts_with_escapes_are_shown_clean() -> None:
    reading = await look(domain("v=spf1 \\027[2J -all"))
    assert "\x1b" not in str(reading.facts)
    assert reading.facts["spf_policy"] == "invalid"


async def test_a_domain_that_does_not_exist_fails() -> None:
    reading = await look(zone({}))
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.NAME_NOT_FOUND)


async def test_a_resolver_that_cannot_answer_is_a_protocol_failure() -> None:
    reading = await look(refusing(dns.rcode.SERVFAIL))
    assert (reading.failure, reading.detail) == (FailureKind.PROTOCOL, "the resolver answered SERVFAIL to x.vn. SOA")


async def test_silence_garbage_and_a_closed_port_keep_their_names() -> None:
    async with name_server(silent) as server:
        reading = await ask("dns_records", server.address, domain="x.vn", timeout_s=0.2)
        assert (reading.outcome, reading.facts["phase"]) == (Outcome.TIMEOUT, "dnssec")
    async with name_server(lambda _: [b"\x00" * 40]) as server:
        reading = await ask("dns_records", server.address, domain="x.vn", timeout_s=0.2)
        assert reading.failure is FailureKind.PROTOCOL
    reading = await ask("dns_records", f"127.0.0.1:{closed_udp_port()}", domain="x.vn")
    assert reading.failure is FailureKind.REFUSED


async def test_an_answer_that_was_cut_is_fetched_over_tcp() -> None:
    async with name_server(truncated, over_tcp=domain("v=spf1 -all")) as server:
        reading = await ask("dns_records", server.address, domain="x.vn")
    assert reading.facts["spf_policy"] == "-all"


async def test_a_resolver_given_by_name_and_a_domain_that_is_none_are_refused() -> None:
    reading = await ask("dns_records", "dns.x.vn:53")
    assert reading.failure is FailureKind.INTERNAL
    assert "write its address" in reading.detail
    with pytest.raises(ValueError, match="cannot be a name"):
        DnsRecordsParams(domain="a..b")
