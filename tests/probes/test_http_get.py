import asyncio
import os
import socket
import time
from datetime import timedelta

import pytest

from probes._wire.web_page import parse_statuses
from probes.api import FailureKind, Outcome, Shared
from probes.http_get import HttpGetParams
from tests.servers.ask import ask
from tests.servers.certificates import Authority, Wish, issue
from tests.servers.dns_server import name_server, silent, zone
from tests.servers.tcp_server import (
    Behaviour,
    Reader,
    Writer,
    answering,
    closed_port,
    flood,
    in_tls,
    page,
    reset,
    saying,
    serving,
    stall,
    stall_after_request,
    threaded,
)

PHASES = {"dns_s", "connect_s", "connect_wall_s", "first_byte_s", "body_s", "total_s"}


async def test_a_page_is_ok_with_every_phase() -> None:
    async with serving(answering(page("Xin chào"))) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/")
    assert reading.outcome is Outcome.OK
    assert set(reading.measures) >= PHASES
    assert reading.facts["status"] == 200
    assert reading.facts["reason"] == "OK"
    assert reading.facts["content_type"] == "text/html; charset=utf-8"
    assert reading.facts["body_octets"] == 9
    assert "phase" not in reading.facts


async def test_the_request_names_its_host_path_and_agent() -> None:
    heads: list[bytes] = []

    async def behave(reader: Reader, writer: Writer) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        await saying(page())(reader, writer)

    async with serving(behave) as port:
        await ask("http_get", f"http://127.0.0.1:{port}/tìm?q=a b")
    assert heads[0].startswith(b"GET /t%C3%ACm?q=a%20b HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{port}\r\n".encode() in heads[0]
    assert b"User-Agent: bt-console\r\n" in heads[0]


@pytest.mark.parametrize(
    ("status", "failure"), [("404 Not Found", FailureKind.MISMATCH), ("503 Busy", FailureKind.PROTOCOL)]
)
async def test_a_wrong_status_fails_by_its_class(status: str, failure: FailureKind) -> None:
    async with serving(answering(page(status=status))) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, failure)
    assert status in reading.detail
    assert reading.facts["status"] == int(status[:3])
    assert set(reading.measures) >= PHASES


async def test_an_expected_error_status_is_ok() -> None:
    async with serving(answering(page(status="401 Unauthorized"))) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/", expect_status="200,401")
    assert reading.outcome is Outcome.OK


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "no-such-charset", "idna"])
async def test_expected_text_is_found_in_any_spelling_of_vietnamese(charset: str) -> None:
    decomposed = "Va\u0306n ba\u0309n"
    octets = decomposed.encode("utf-16" if charset == "utf-16" else "utf-8")
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset={charset}\r\nContent-Length: {len(octets)}\r\n\r\n"
    async with serving(answering(head.encode() + octets)) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/", expect_text="Văn bản")
    assert reading.outcome is Outcome.OK


async def test_missing_text_is_a_mismatch() -> None:
    async with serving(answering(page("It works!"))) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/", expect_text="Văn bản")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH)
    assert "Văn bản" in reading.detail


async def test_forbidden_text_is_a_mismatch() -> None:
    async with serving(answering(page("Fatal error: x"))) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/", forbid_text="Fatal error")
    assert reading.failure is FailureKind.MISMATCH


async def test_reading_stops_at_the_limit_and_says_so() -> None:
    async with serving(answering(page("x" * 5000))) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/", max_octets=1000)
    assert reading.outcome is Outcome.OK
    assert reading.facts["body_octets"] == 1000
    assert reading.facts["body_whole"] is False
    assert "1000 octets" in reading.detail


async def test_a_body_as_long_as_the_limit_is_whole() -> None:
    async with serving(answering(page("x" * 1000))) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/", max_octets=1000)
    assert reading.facts["body_whole"] is True


async def test_an_endless_body_in_crumbs_ends_at_the_deadline_and_leaves_the_loop_alive() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    async with serving(flood) as port, asyncio.TaskGroup() as group:
        ticking = group.create_task(tick())
        reading = await ask("http_get", f"http://127.0.0.1:{port}/", max_octets=10**9, timeout_s=0.5)
        ticking.cancel()
    assert reading.outcome is Outcome.TIMEOUT
    assert reading.facts["phase"] == "body"
    assert ticks > 10


async def test_redirects_are_followed_and_counted() -> None:
    hop = page(status="302 Found", Location="/next?a=1")
    async with serving(answering(hop, page("here"))) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/", expect_text="here")
    assert reading.outcome is Outcome.OK
    assert reading.measures["redirect_count"] == 1
    assert reading.facts["final_url"] == f"http://127.0.0.1:{port}/next?a=1"


async def test_a_redirect_is_judged_itself_when_none_may_be_followed() -> None:
    async with serving(answering(page(status="301 Moved", Location="/"))) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/", max_redirects=0, expect_status="301")
    assert reading.outcome is Outcome.OK


async def test_a_redirect_loop_is_a_fault_of_the_server() -> None:
    async with serving(answering(page(status="302 Found", Location="/"))) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)
    assert "more than 3 redirects" in reading.detail


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "http://[::1", "http://u:p@127.0.0.1/", "http://127.0.0.1:99999/"],
)
async def test_a_redirect_out_of_the_web_is_refused(location: str) -> None:
    async with serving(answering(page(status="302 Found", Location=location))) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
    ids=["binary", "ssh", "nothing", "half", "two-lengths", "endless-head", "bad-chunk", "only-continue"],
)
async def test_bytes_that_break_the_protocol_are_named_so(answer: bytes) -> None:
    async with serving(answering(answer)) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)
    assert reading.detail


async def test_a_hostile_reason_is_shown_harmless() -> None:
    async with serving(answering(b"HTTP/1.0 500 \xe2\x80\xaeb\x9b31m\r\n\r\n")) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/")
    assert reading.failure is FailureKind.PROTOCOL
    assert "\x9b" not in reading.detail
    assert "\x9b" not in str(reading.facts["reason"])


async def test_an_early_hint_before_the_answer_is_no_answer() -> None:
    async with serving(answering(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + page("here"))) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/")
    assert reading.facts["status"] == 200


async def test_a_reset_is_a_reset() -> None:
    async with serving(reset) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.RESET)


async def test_a_closed_port_is_refused() -> None:
    with closed_port() as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.REFUSED)


async def test_a_timeout_names_the_phase_it_reached(authority: Authority) -> None:
    async def phase(url: str, **more: tuple[str, ...]) -> object:
        reading = await ask("http_get", url, timeout_s=0.3, **more)  # type: ignore[arg-type]
        assert reading.outcome is Outcome.TIMEOUT
        return reading.facts["phase"]

    async with serving(stall) as port, serving(stall_after_request) as body_port, name_server(silent) as server:
        assert await phase("http://svc.example/", nameservers=(server.address,)) == "dns"
        assert await phase(f"https://127.0.0.1:{port}/") == "tls"
        assert await phase(f"http://127.0.0.1:{port}/") == "first_byte"
        assert await phase(f"http://127.0.0.1:{body_port}/") == "body"


async def test_measures_found_before_a_timeout_are_kept() -> None:
    async with serving(stall) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/", timeout_s=0.1)
    assert {"dns_s", "connect_s"} <= set(reading.measures)
    assert "first_byte_s" not in reading.measures


async def test_https_of_a_trusted_authority_is_ok_with_its_certificate(authority: Authority) -> None:
    async with (
        serving(answering(page("hello")), authority.context("web.example")) as port,
        name_server(zone({("web.example.", "A"): ("127.0.0.1",)})) as server,
    ):
        reading = await ask(
            "http_get",
            f"https://web.example:{port}/",
            nameservers=(server.address,),
            trust_file=authority.trust_file,
            expect_text="hello",
        )
    assert reading.outcome is Outcome.OK, reading
    assert set(reading.measures) >= PHASES | {"tls_s"}
    assert 29 < reading.measures["certificate_days_left"] <= 30
    assert reading.facts["tls_version"] == "TLSv1.3"
    assert reading.facts["trusted"] is True
    assert str(reading.facts["not_after"]).endswith("Z")


@pytest.mark.parametrize(
    ("names", "valid_for", "by_authority", "reason"),
    [
        (("127.0.0.1",), timedelta(days=-3), True, "expired since 2"),
        (("127.0.0.1",), timedelta(days=30), False, "self-signed"),
        (("other.example",), timedelta(days=30), True, "name mismatch: issued for other.example, not for 127.0.0.1"),
        (("other.example",), timedelta(days=-3), False, "expired since"),
    ],
)
async def test_a_bad_certificate_fails_saying_why_with_its_facts(
    authority: Authority, names: tuple[str, ...], valid_for: timedelta, by_authority: bool, reason: str
) -> None:
    wish = Wish(subject="Web", names=names, valid_for=valid_for)
    issued = issue(wish, authority.root if by_authority else None)
    async with serving(answering(page()), issued.server_context(authority.folder)) as port:
        reading = await ask("http_get", f"https://127.0.0.1:{port}/", trust_file=authority.trust_file)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.TLS)
    assert reason in reading.detail
    assert reading.facts["subject"] == "CN=Web"
    assert reading.facts["trusted"] is by_authority
    assert reading.facts["phase"] == "tls"
    assert (reading.measures["certificate_days_left"] < 0) is (valid_for < timedelta(0))


async def test_an_authority_nobody_knows_is_named(authority: Authority) -> None:
    async with serving(answering(page()), authority.context("127.0.0.1")) as port:
        reading = await ask("http_get", f"https://127.0.0.1:{port}/")
    assert reading.failure is FailureKind.TLS
    assert reading.detail == "unknown issuer CN=Test CA"


async def test_a_bad_certificate_is_accepted_where_it_need_not_be_verified(authority: Authority) -> None:
    issued = issue(Wish(subject="Router", valid_for=timedelta(days=-3)))
    async with serving(answering(page()), issued.server_context(authority.folder)) as port:
        reading = await ask("http_get", f"https://127.0.0.1:{port}/", verify_tls=False)
    assert reading.outcome is Outcome.OK
    assert "trusted" not in reading.facts


@pytest.mark.parametrize("second", [stall, saying(b"")], ids=["stalls", "closes"])
async def test_a_server_that_shows_its_bad_certificate_only_once_is_told_in_openssls_words(
    authority: Authority, second: Behaviour
) -> None:
    context = authority.context("127.0.0.1")
    left: list[Behaviour] = [in_tls(context, stall), second, second]

    async def behave(reader: Reader, writer: Writer) -> None:
        await left.pop(0)(reader, writer)

    async with serving(behave) as port:
        reading = await ask("http_get", f"https://127.0.0.1:{port}/", timeout_s=2.0)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.TLS)
    assert reading.detail.startswith("certificate refused: unable to get local issuer certificate")


async def test_a_body_over_tls_may_end_without_tlss_good_bye(authority: Authority) -> None:
    async def behave(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nhello")
        await writer.drain()
        writer.transport.abort()

    async with serving(behave, authority.context("127.0.0.1")) as port:
        url = f"https://127.0.0.1:{port}/"
        reading = await ask("http_get", url, trust_file=authority.trust_file, expect_text="hello")
    assert reading.outcome is Outcome.OK, reading


async def test_tls_that_breaks_after_the_handshake_is_a_tls_failure(authority: Authority) -> None:
    async def behave(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        os.write(writer.get_extra_info("socket").fileno(), b"not a TLS record at all")
        await stall(reader, writer)

    async with serving(behave, authority.context("127.0.0.1")) as port:
        reading = await ask("http_get", f"https://127.0.0.1:{port}/", trust_file=authority.trust_file)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.TLS)
    assert "while reading" in reading.detail


async def test_time_lost_in_a_blocked_event_loop_is_not_the_servers() -> None:
    loop = asyncio.get_running_loop()

    def behave(sock: socket.socket) -> None:
        sock.recv(65536)
        loop.call_soon_threadsafe(time.sleep, 0.4)
        time.sleep(0.05)
        sock.sendall(page("hello"))

    with threaded(behave) as port:
        reading = await ask("http_get", f"http://127.0.0.1:{port}/")
    assert reading.outcome is Outcome.OK
    assert 0 < reading.measures["first_byte_s"] < reading.measures["total_s"] / 2


async def test_plain_http_on_an_https_port_is_a_tls_failure() -> None:
    async def behave(reader: Reader, writer: Writer) -> None:
        await reader.read(1)
        await saying(page(status="400 Bad Request"))(reader, writer)

    async with serving(behave) as port:
        reading = await ask("http_get", f"https://127.0.0.1:{port}/")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.TLS)
    assert "does not speak TLS" in reading.detail


async def test_fifty_visits_at_once_through_sixteen_handshake_slots_all_end_well(authority: Authority) -> None:
    shared = Shared()
    async with serving(answering(page("hello")), authority.context("127.0.0.1")) as port:
        visits = [
            ask("http_get", f"https://127.0.0.1:{port}/", shared=shared, trust_file=authority.trust_file)
            for _ in range(50)
        ]
        readings = await asyncio.gather(*visits)
    shared.close()
    assert {reading.outcome for reading in readings} == {Outcome.OK}


async def test_a_visit_kept_from_its_handshake_by_our_own_queue_is_our_failure() -> None:
    shared = Shared()
    async with serving(stall) as port:
        url = f"https://127.0.0.1:{port}/"
        stalled = [ask("http_get", url, shared=shared, timeout_s=2.0) for _ in range(16)]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(visit) for visit in stalled]
            await asyncio.sleep(0.5)
            late = await ask("http_get", url, shared=shared, timeout_s=0.5)
        assert {task.result().outcome for task in tasks} == {Outcome.TIMEOUT}
    assert (late.outcome, late.failure) == (Outcome.ERROR, FailureKind.STALLED)


async def test_a_visit_that_waited_in_our_queue_and_then_went_well_is_ok(authority: Authority) -> None:
    shared = Shared()
    async with (
        serving(stall) as port,
        serving(answering(page()), authority.context("127.0.0.1")) as good,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(16):
            group.create_task(ask("http_get", f"https://127.0.0.1:{port}/", shared=shared, timeout_s=0.6))
        await asyncio.sleep(0.2)
        url = f"https://127.0.0.1:{good}/"
        reading = await ask("http_get", url, shared=shared, trust_file=authority.trust_file)
    assert reading.outcome is Outcome.OK


@pytest.mark.parametrize(
    ("text", "inside", "outside"), [("200", 200, 201), ("200-399", 399, 400), ("204, 301-303", 302, 200)]
)
def test_status_texts_are_numbers_and_ranges(text: str, inside: int, outside: int) -> None:
    ranges = parse_statuses(text)
    assert any(inside in allowed for allowed in ranges)
    assert not any(outside in allowed for allowed in ranges)


@pytest.mark.parametrize("text", ["", "ok", "200-", "2xx", "-1"])
def test_a_wrong_status_text_is_refused_when_the_params_are_made(text: str) -> None:
    with pytest.raises(ValueError, match="expect_status"):
        HttpGetParams(expect_status=text)
