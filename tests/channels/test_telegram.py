"""A real HTTP server plays the Bot API, well and badly."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.channels.api import ChannelError, Received
from bt_console.channels.telegram import CHANNEL, TEXT_UNITS, TelegramParams, check, receive, send
from bt_console.model.paging import SendOutcome
from probes.secret import Secret
from tests.channels.letters import CANARY, HASTY, LETTER, PATIENT, context, secret
from tests.channels.servers import (
    Receiver,
    break_body,
    drop,
    endless_body,
    endless_head,
    hang,
    json_page,
    named,
    receiving,
    trickle_body,
    trickle_head,
)
from tests.servers.tcp_server import Behaviour, closed_port, closed_udp_port, deaf_port, page, serving

SENT = json_page({"ok": True, "result": {"message_id": 4711, "date": 1}})
QUOTED = CANARY.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")


@pytest.fixture
def token(tmp_path: Path) -> Secret:
    return secret(tmp_path)


def _params(token: Secret, port: int) -> TelegramParams:
    return TelegramParams(token=token, url=f"http://127.0.0.1:{port}")


async def test_a_letter_arrives_as_plain_text_and_its_number_comes_back(token: Secret) -> None:
    desk = receiving(SENT)
    async with serving(desk) as port:
        sent = await send(_params(token, port), "123", LETTER, PATIENT)
    assert (sent.outcome, sent.provider_id, sent.code) == (SendOutcome.ACCEPTED, "4711", "200")
    assert sent.is_proof
    asked = desk.seen[0]
    assert (asked.method, asked.path) == ("POST", f"/bot{QUOTED}/sendMessage")
    assert asked.document["chat_id"] == "123"
    assert asked.document["text"] == f"{LETTER.title}\n\n{LETTER.body}"
    assert "parse_mode" not in asked.document


async def test_every_attempt_has_a_connection_of_its_own(token: Secret) -> None:
    desk = receiving(SENT)
    async with serving(desk) as port:
        for _ in range(3):
            assert (await send(_params(token, port), "1", LETTER, PATIENT)).outcome is SendOutcome.ACCEPTED
    assert len(desk.seen) == 3


@pytest.mark.parametrize(
    ("answer", "outcome", "pause_s"),
    [
        (
            json_page(
                {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 17}},
                "429 Too Many Requests",
            ),
            SendOutcome.RATE_LIMITED,
            17.0,
        ),
        (json_page({"ok": False, "error_code": 429}, "429 Slow", Retry_After="5"), SendOutcome.RATE_LIMITED, 5.0),
        (page("slow down", "429 Slow", Retry_After="Tue, 24 Nov 2026 02:14:30 GMT"), SendOutcome.RATE_LIMITED, 30.0),
        (page("", "429 Slow", Retry_After="99999999999"), SendOutcome.RATE_LIMITED, 3600.0),
        (page("", "429 Slow", Retry_After="soon"), SendOutcome.RATE_LIMITED, None),
        (
            json_page({"ok": False, "error_code": 403, "description": "bot was blocked by the user"}, "403 Forbidden"),
            SendOutcome.PERMANENT,
            None,
        ),
        (
            json_page({"ok": False, "error_code": 400, "description": "chat not found"}, "400 Bad"),
            SendOutcome.PERMANENT,
            None,
        ),
        (
            json_page({"ok": False, "error_code": 401, "description": "Unauthorized"}, "401 No"),
            SendOutcome.PERMANENT,
            None,
        ),
        (page("not here", "404 Not Found"), SendOutcome.PERMANENT, None),
        (json_page({"ok": False, "error_code": 500, "description": "oops"}, "500 Oops"), SendOutcome.TRANSIENT, None),
        (page("<html>", "502 Bad Gateway"), SendOutcome.TRANSIENT, None),
        (page("", "302 Found", Location="http://portal.example/pay"), SendOutcome.TRANSIENT, None),
        (page("<html>log in to the hotel"), SendOutcome.AMBIGUOUS, None),
        (json_page([1, 2]), SendOutcome.AMBIGUOUS, None),
        (json_page({"ok": "yes"}), SendOutcome.AMBIGUOUS, None),
        (page("[" * 60_000), SendOutcome.AMBIGUOUS, None),
    ],
    ids=named,
)
async def test_each_answer_has_its_meaning(
    token: Secret, answer: bytes, outcome: SendOutcome, pause_s: float | None
) -> None:
    async with serving(receiving(answer)) as port:
        sent = await send(_params(token, port), "123", LETTER, PATIENT)
    assert (sent.outcome, sent.retry_after_s) == (outcome, pause_s), sent
    assert sent.detail
    assert not sent.provider_id


async def test_a_group_that_moved_is_named_with_its_new_number(token: Secret) -> None:
    gone = {"ok": False, "error_code": 400, "description": "group chat was upgraded to a supergroup chat"}
    answer = json_page({**gone, "parameters": {"migrate_to_chat_id": -100123}}, "400 Bad Request")
    async with serving(receiving(answer)) as port:
        sent = await send(_params(token, port), "-123", LETTER, PATIENT)
    assert sent.outcome is SendOutcome.PERMANENT
    assert "-100123" in sent.detail


@pytest.mark.parametrize(
    "behaviour",
    [drop, hang, trickle_head, trickle_body, break_body, endless_body, endless_head],
    ids=lambda b: b.__name__,
)
async def test_whatever_breaks_after_the_request_is_ambiguous(token: Secret, behaviour: Behaviour) -> None:
    desk = receiving(behaviour)
    async with serving(desk) as port:
        sent = await send(_params(token, port), "123", LETTER, HASTY)
    assert sent.outcome is SendOutcome.AMBIGUOUS, sent
    assert len(desk.seen) == 1, "it was sent once, never again by itself"


async def test_what_could_not_even_be_sent_is_tried_again(token: Secret) -> None:
    with closed_port() as port:
        refused = await send(_params(token, port), "123", LETTER, PATIENT)
    with deaf_port() as port:
        silent = await send(_params(token, port), "123", LETTER, HASTY)
    assert {refused.outcome, silent.outcome} == {SendOutcome.TRANSIENT}
    assert "refused" in refused.detail
    assert "connecting" in silent.detail


async def test_a_name_that_cannot_be_resolved_is_tried_again(token: Secret) -> None:
    params = TelegramParams(token=token, url="http://bot.district.example")
    refusing = context(nameservers=(f"127.0.0.1:{closed_udp_port()}",))
    refused = await send(params, "123", LETTER, refusing)
    with socket.socket(type=socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        servers = (f"127.0.0.1:{mute.getsockname()[1]}",)
        silent = await send(params, "123", LETTER, replace(HASTY, nameservers=servers))
    assert {refused.outcome, silent.outcome} == {SendOutcome.TRANSIENT}
    assert "cannot resolve bot.district.example" in refused.detail
    assert "resolving the name" in silent.detail


async def test_a_token_that_cannot_be_read_loses_no_message(tmp_path: Path) -> None:
    params = TelegramParams(token=Secret(f"file:{tmp_path}/none"), url="http://127.0.0.1:1")
    sent = await send(params, "123", LETTER, PATIENT)
    assert (sent.outcome, sent.code) == (SendOutcome.TRANSIENT, "secret")
    assert "none" in sent.detail


async def test_a_long_letter_is_cut_between_letters_and_keeps_its_code(token: Secret) -> None:
    desk = receiving(SENT)
    long = replace(LETTER, body="Đường truyền hỏng \N{FAMILY}\u200d👩🏽. " * 400)
    async with serving(desk) as port:
        assert (await send(_params(token, port), "1", long, PATIENT)).outcome is SendOutcome.ACCEPTED
    text = desk.seen[0].document["text"]
    assert len(text.encode("utf-16-le")) // 2 <= TEXT_UNITS
    assert text.endswith(f"…\n{long.short}")
    assert len(text) > TEXT_UNITS // 2


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None), max_size=6000))
async def test_any_text_arrives_as_valid_utf_8(tmp_path_factory: pytest.TempPathFactory, title: str, body: str) -> None:
    desk = receiving(SENT)
    token = secret(tmp_path_factory.mktemp("any"))
    async with serving(desk) as port:
        sent = await send(_params(token, port), "1", replace(LETTER, title=title, body=body), PATIENT)
    assert sent.outcome is SendOutcome.ACCEPTED
    assert len(desk.seen[0].document["text"].encode("utf-16-le")) // 2 <= TEXT_UNITS


def _update(number: int, text: object = "7342", **message: object) -> dict[str, object]:
    content = {"message_id": 5, "from": {"id": 99, "first_name": "x"}, "date": 1_795_400_000, "text": text, **message}
    return {"update_id": number, "message": content}


async def _heard(token: Secret, desk: Receiver, cursor: str = "") -> Received:
    async with serving(desk) as port:
        return await receive(_params(token, port), cursor, PATIENT)


async def test_answers_are_heard_once_and_the_cursor_moves_on(token: Secret) -> None:
    desk = receiving(json_page({"ok": True, "result": [_update(41), _update(42, "xin chào\n7342")]}))
    received = await _heard(token, desk, "41")
    assert [(heard.provider_id, heard.sender, heard.text) for heard in received.messages] == [
        ("41", "99", "7342"),
        ("42", "99", "xin chào␊7342"),
    ]
    assert received.messages[0].at == datetime.fromtimestamp(1_795_400_000, UTC)
    assert received.cursor == "43"
    asked = desk.seen[0].document
    assert (asked["offset"], asked["allowed_updates"]) == (41, ["message"])
    assert 0 < asked["timeout"] < PATIENT.timeout_s


async def test_the_first_time_there_is_no_cursor_and_without_news_it_stays(token: Secret) -> None:
    desk = receiving(json_page({"ok": True, "result": []}))
    assert await _heard(token, desk) == Received(cursor="")
    assert "offset" not in desk.seen[0].document
    assert await _heard(token, desk, "77") == Received(cursor="77")


async def test_what_is_no_text_is_passed_over_and_not_asked_for_again(token: Secret) -> None:
    photo = _update(50, text=None)
    strange = [
        {"update_id": 51},
        {"update_id": 52, "message": "?"},
        {"update_id": "x"},
        7,
        _update(53, **{"from": None}),
    ]
    received = await _heard(token, receiving(json_page({"ok": True, "result": [photo, *strange]})))
    assert received == Received(cursor="54")


@pytest.mark.parametrize(
    "answer",
    [
        json_page({"ok": False, "error_code": 409, "description": "webhook is active"}, "409 Conflict"),
        json_page({"ok": True, "result": "?"}),
        page("garbage"),
        page("", "500 Oops"),
    ],
    ids=named,
)
async def test_not_being_able_to_listen_is_an_error_that_says_why(token: Secret, answer: bytes) -> None:
    with pytest.raises(ChannelError, match=r"."):
        await _heard(token, receiving(answer))


async def test_checking_asks_who_we_are(token: Secret) -> None:
    desk = receiving(
        json_page({"ok": True, "result": {"id": 1}}),
        json_page({"ok": False, "error_code": 401, "description": "Unauthorized"}, "401 No"),
    )
    async with serving(desk) as port:
        await check(_params(token, port), PATIENT)
        with pytest.raises(ChannelError, match="401 Unauthorized"):
            await check(_params(token, port), PATIENT)
    assert desk.seen[0].path.endswith("/getMe")


@pytest.mark.parametrize("address", ["123456789", "-1001234", "@bachthong_truc"])
def test_an_address_is_a_chat(address: str) -> None:
    CHANNEL.check_address(address)


@pytest.mark.parametrize("address", ["", "0912 345 678", "@x", "12\n3", "https://t.me/x"])
def test_what_is_no_chat_is_refused_with_what_to_write(address: str) -> None:
    with pytest.raises(ValueError, match="write"):
        CHANNEL.check_address(address)


def test_a_bot_without_a_token_or_with_a_password_in_its_url_is_refused() -> None:
    with pytest.raises(ValueError, match="token"):
        TelegramParams()
    with pytest.raises(ValueError, match="password"):
        TelegramParams(token=Secret("env:X"), url="https://a:b@c.example")
