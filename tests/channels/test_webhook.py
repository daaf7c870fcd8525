"""Posts of our own JSON and of Alertmanager's webhook form, to a real server."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.channels.api import ChannelError, Letter
from bt_console.channels.webhook import CHANNEL, WebhookParams, check, send
from bt_console.model.oncall import NoticeKind
from bt_console.model.paging import SendOutcome
from probes.secret import Secret
from tests.channels.letters import HASTY, LETTER, PATIENT, context, resolved, secret
from tests.channels.servers import (
    Asked,
    drop,
    endless_body,
    endless_head,
    hang,
    named,
    receiving,
    trickle_body,
    trickle_head,
)
from tests.servers.certificates import Authority
from tests.servers.tcp_server import Behaviour, closed_port, page, serving

OK = page("thanks", "202 Accepted")


async def _post(letter: Letter, **params: object) -> Asked:
    desk = receiving(OK)
    async with serving(desk) as port:
        sent = await send(WebhookParams(url=f"http://127.0.0.1:{port}/hook?a=1", **params), "desk", letter, PATIENT)  # type: ignore[arg-type]
    assert (sent.outcome, sent.code, sent.detail) == (SendOutcome.ACCEPTED, "202", "")
    return desk.seen[0]


async def test_our_form_is_the_letters_document_with_its_texts_and_without_its_code() -> None:
    asked = await _post(LETTER)
    document = asked.document
    assert (asked.method, asked.path, asked.headers["content-type"]) == ("POST", "/hook?a=1", "application/json")
    assert {key: document[key] for key in LETTER.document} == LETTER.document
    assert document["schema"] == "bt-console/notice/1"
    assert (document["id"], document["kind"], document["to"]) == ("4711", "page", "desk")
    assert document["at"] == "2026-11-24T02:14:00.000Z"
    assert document["title"] == LETTER.title
    assert document["body"].startswith("Xã Cao Sơn mất đường TSLCD từ 02:13.\n")
    assert b"7342" not in asked.body
    assert asked.headers["x-bt-console-delivery"] == "4711"


async def test_the_body_is_signed_with_the_key(tmp_path: Path) -> None:
    asked = await _post(LETTER, hmac_key=secret(tmp_path, "chìa khóa"))
    expected = hmac.new("chìa khóa".encode(), asked.body, hashlib.sha256).hexdigest()
    assert asked.headers["x-bt-console-signature"] == f"sha256={expected}"


async def test_without_a_key_nothing_pretends_to_be_signed() -> None:
    assert "x-bt-console-signature" not in (await _post(LETTER)).headers


async def test_a_bearer_token_and_more_fields_are_sent(tmp_path: Path) -> None:
    asked = await _post(LETTER, bearer=secret(tmp_path, "abc.def"), headers=("X-Team: noc", "X-Empty:"))
    assert asked.headers["authorization"] == "Bearer abc.def"
    assert (asked.headers["x-team"], asked.headers["x-empty"]) == ("noc", "")


async def test_an_address_that_is_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    desk = receiving(OK)
    async with serving(desk) as port:
        params = WebhookParams(secret_url=secret(tmp_path, f"http://127.0.0.1:{port}/T0/xoxb-123"))
        assert (await send(params, "", LETTER, PATIENT)).outcome is SendOutcome.ACCEPTED
    assert desk.seen[0].path == "/T0/xoxb-123"


async def test_the_alertmanager_form_has_what_its_receivers_read() -> None:
    document = (await _post(LETTER, format="alertmanager")).document
    (alert,) = document["alerts"]
    assert (document["version"], document["status"], alert["status"]) == ("4", "firing", "firing")
    assert document["groupKey"]
    assert alert["labels"] == {
        "alertname": "tslcd_down",
        "cause": "tslcd_down",
        "district": "Bạch Thông",
        "incident": "12",
        "severity": "critical",
        "target": "cao-son/tslcd",
        "unit": "cao-son",
    }
    assert alert["labels"] == document["commonLabels"]
    assert alert["annotations"]["summary"] == LETTER.title
    assert datetime.fromisoformat(alert["startsAt"]) == datetime(2026, 11, 24, 2, 13, 30, tzinfo=UTC)
    assert alert["endsAt"] == "0001-01-01T00:00:00Z"
    assert "7342" not in json.dumps(document)


async def test_the_end_of_an_incident_resolves_the_alert_it_raised() -> None:
    firing = (await _post(LETTER, format="alertmanager")).document
    over = (await _post(resolved(), format="alertmanager")).document
    assert (over["status"], over["alerts"][0]["status"]) == ("resolved", "resolved")
    assert over["alerts"][0]["endsAt"] == "2026-11-24T02:31:00.000Z"
    for same in ("groupKey", "groupLabels", "commonLabels"):
        assert over[same] == firing[same]
    assert over["alerts"][0]["fingerprint"] == firing["alerts"][0]["fingerprint"]


async def test_a_letter_about_the_alerting_itself_is_an_alert_too() -> None:
    letter = replace(LETTER, kind=NoticeKind.TEST, document={"incident": None}, severity=None)
    labels = (await _post(letter, format="alertmanager")).document["commonLabels"]
    assert labels == {"alertname": "bt_console_test", "cause": "bt_console_test", "severity": "info"}


@pytest.mark.parametrize(
    ("answer", "outcome", "said"),
    [
        (page("", "204 No Content"), SendOutcome.ACCEPTED, ""),
        (page("", "429 Slow", Retry_After="7"), SendOutcome.RATE_LIMITED, "HTTP 429"),
        (page("no such hook", "404 Not Found", Content_Type="text/plain"), SendOutcome.PERMANENT, "no such hook"),
        (page('{"message": "bad signature"}', "403 Forbidden"), SendOutcome.PERMANENT, "bad signature"),
        (page("<b>long page</b>", "500 Oops"), SendOutcome.TRANSIENT, "HTTP 500"),
        (page("", "307 Moved", Location="https://other.example/x?key=1"), SendOutcome.TRANSIENT, "other.example"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", SendOutcome.AMBIGUOUS, "not HTTP"),
    ],
    ids=named,
)
async def test_each_answer_has_its_meaning(answer: bytes, outcome: SendOutcome, said: str) -> None:
    desk = receiving(answer)
    async with serving(desk) as port:
        sent = await send(WebhookParams(url=f"http://127.0.0.1:{port}"), "", LETTER, PATIENT)
    assert sent.outcome is outcome
    assert said in sent.detail
    assert (sent.retry_after_s is not None) == (outcome is SendOutcome.RATE_LIMITED)
    assert len(desk.seen) == 1, "no redirect is followed and nothing is repeated"


async def test_a_redirect_to_another_server_never_brings_it_the_message() -> None:
    other = receiving(OK)
    async with serving(other) as there:
        away = page("", "308 Moved", Location=f"http://127.0.0.1:{there}/")
        async with serving(receiving(away)) as port:
            sent = await send(WebhookParams(url=f"http://127.0.0.1:{port}"), "", LETTER, PATIENT)
    assert sent.outcome is SendOutcome.TRANSIENT
    assert not other.seen


@pytest.mark.parametrize("behaviour", [drop, hang, trickle_head, endless_head], ids=lambda b: b.__name__)
async def test_no_status_after_the_request_is_ambiguous(behaviour: Behaviour) -> None:
    async with serving(receiving(behaviour)) as port:
        sent = await send(WebhookParams(url=f"http://127.0.0.1:{port}"), "", LETTER, HASTY)
    assert sent.outcome is SendOutcome.AMBIGUOUS, sent


@pytest.mark.parametrize("behaviour", [trickle_body, endless_body], ids=lambda b: b.__name__)
async def test_a_status_is_an_answer_whatever_body_follows(behaviour: Behaviour) -> None:
    async with serving(receiving(behaviour)) as port:
        sent = await send(WebhookParams(url=f"http://127.0.0.1:{port}"), "", LETTER, HASTY)
    assert (sent.outcome, sent.code) == (SendOutcome.ACCEPTED, "200")


async def test_a_proxy_of_the_environment_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = receiving(OK)
    async with serving(proxy) as port:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        with closed_port() as dead:
            sent = await send(WebhookParams(url=f"http://127.0.0.1:{dead}"), "", LETTER, PATIENT)
    assert sent.outcome is SendOutcome.TRANSIENT
    assert not proxy.seen


async def test_a_server_of_the_districts_own_authority_is_trusted_and_no_other(authority: Authority) -> None:
    desk = receiving(OK)
    async with serving(desk, tls=authority.context("127.0.0.1")) as port:
        params = WebhookParams(url=f"https://127.0.0.1:{port}")
        trusted = await send(params, "", LETTER, context(trust_file=str(authority.trust_file)))
        stranger = await send(params, "", LETTER, PATIENT)
    assert trusted.outcome is SendOutcome.ACCEPTED
    assert stranger.outcome is SendOutcome.TRANSIENT
    assert "certificate refused" in stranger.detail
    assert len(desk.seen) == 1


async def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    desk = receiving(OK)
    async with serving(desk, tls=authority.context("other.example")) as port:
        params = WebhookParams(url=f"https://127.0.0.1:{port}")
        sent = await send(params, "", LETTER, context(trust_file=str(authority.trust_file)))
    assert sent.outcome is SendOutcome.TRANSIENT
    assert not desk.seen


async def test_a_server_that_speaks_no_tls_is_named_so() -> None:
    async with serving(receiving(OK)) as port:
        sent = await send(WebhookParams(url=f"https://127.0.0.1:{port}"), "", LETTER, context(timeout_s=2.0))
    assert sent.outcome is SendOutcome.TRANSIENT
    assert "TLS" in sent.detail or "connecting" in sent.detail


async def test_a_trust_file_that_is_missing_loses_no_message(tmp_path: Path) -> None:
    missing = context(trust_file=str(tmp_path / "none.pem"))
    sent = await send(WebhookParams(url="https://127.0.0.1:1"), "", LETTER, missing)
    assert sent.outcome is SendOutcome.TRANSIENT
    assert "No such file" in sent.detail


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)), st.sampled_from(["bt", "alertmanager"]))
async def test_any_text_arrives_as_valid_utf_8(title: str, body: str, form: str) -> None:
    asked = await _post(replace(LETTER, title=title, body=body), format=form)
    assert isinstance(asked.document, dict)


async def test_checking_knocks_without_sending_anything() -> None:
    desk = receiving(page("", "405 Method Not Allowed"), page("", "403 Forbidden"), page("", "503 Down"))
    async with serving(desk) as port:
        params = WebhookParams(url=f"http://127.0.0.1:{port}/hook")
        await check(params, PATIENT)
        with pytest.raises(ChannelError, match="403"):
            await check(params, PATIENT)
        with pytest.raises(ChannelError, match="503"):
            await check(params, PATIENT)
    assert {(asked.method, asked.body) for asked in desk.seen} == {("HEAD", b"")}
    with closed_port() as port, pytest.raises(ChannelError, match="refused"):
        await check(WebhookParams(url=f"http://127.0.0.1:{port}"), PATIENT)


@pytest.mark.parametrize("value", ["not a url", "ftp://x/", "http:///path", "http://[::1", "http://a b/"])
async def test_a_secret_that_is_no_address_loses_no_message_and_is_not_repeated(tmp_path: Path, value: str) -> None:
    sent = await send(WebhookParams(secret_url=secret(tmp_path, value)), "", LETTER, PATIENT)
    assert sent.outcome is SendOutcome.TRANSIENT
    assert value not in sent.detail


async def test_a_bearer_that_cannot_stand_in_a_field_is_not_sent(tmp_path: Path) -> None:
    params = WebhookParams(url="http://127.0.0.1:1", bearer=secret(tmp_path, "a b\nHost: x"))
    sent = await send(params, "", LETTER, PATIENT)
    assert (sent.outcome, sent.code) == (SendOutcome.TRANSIENT, "secret")


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({}, "either url"),
        ({"url": "http://a.example", "secret_url": Secret("env:X")}, "either url"),
        ({"url": "a.example"}, "http"),
        ({"url": "http://u:p@a.example"}, "password"),
        ({"url": "http://a.example", "format": "xml"}, "bt or alertmanager"),
        ({"url": "http://a.example", "headers": ("no colon",)}, "Name: value"),
        ({"url": "http://a.example", "headers": ("Host: b",)}, "cannot be sent"),
        ({"url": "http://a.example", "headers": ("X: a\r\nY: b",)}, "cannot be sent"),
    ],
    ids=named,
)
def test_what_cannot_be_is_refused_with_what_to_write(params: dict[str, object], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        WebhookParams(**params)  # type: ignore[arg-type]


def test_an_address_is_a_free_text() -> None:
    CHANNEL.check_address("operations")
    with pytest.raises(ValueError, match="printable"):
        CHANNEL.check_address("a\nb")
