"""A real HTTP server plays the Zalo Bot Platform."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bt_console.channels.api import ChannelError, Received
from bt_console.channels.zalo_bot import CHANNEL, TEXT_UNITS, ZaloBotParams, check, receive, send
from bt_console.model.paging import SendOutcome
from probes.secret import Secret
from tests.channels.letters import CANARY, HASTY, LETTER, PATIENT, secret
from tests.channels.servers import Receiver, drop, hang, json_page, named, receiving
from tests.servers.tcp_server import Behaviour, page, serving

SENT = json_page({"ok": True, "result": {"message_id": "82599fa32f56d00e8941", "date": 1749632637199}})
EVENT: dict[str, Any] = {
    "event_name": "message.text.received",
    "message": {
        "from": {"id": "6ede9afa66b88fe6d6a9", "display_name": "Ted", "is_bot": False},
        "chat": {"id": "6ede9afa66b88fe6d6a9", "chat_type": "PRIVATE"},
        "text": "7342",
        "message_id": "2d758cb5e222177a4e35",
        "date": 1750316131602,
    },
}


@pytest.fixture
def token(tmp_path: Path) -> Secret:
    return secret(tmp_path, "1459232241454765289:aBc-XyZ")


def _params(token: Secret, port: int) -> ZaloBotParams:
    return ZaloBotParams(token=token, url=f"http://127.0.0.1:{port}/")


async def test_a_letter_arrives_and_its_number_comes_back(token: Secret) -> None:
    desk = receiving(SENT)
    async with serving(desk) as port:
        sent = await send(_params(token, port), "6ede9afa66b88fe6d6a9", LETTER, PATIENT)
    assert (sent.outcome, sent.provider_id) == (SendOutcome.ACCEPTED, "82599fa32f56d00e8941")
    asked = desk.seen[0]
    assert asked.path == "/bot1459232241454765289:aBc-XyZ/sendMessage"
    assert asked.document == {"chat_id": "6ede9afa66b88fe6d6a9", "text": f"{LETTER.title}\n\n{LETTER.body}"}


@pytest.mark.parametrize(
    ("document", "outcome"),
    [
        ({"ok": False, "error_code": 400, "description": "Bad Request: chat_id"}, SendOutcome.PERMANENT),
        ({"ok": False, "error_code": 401, "description": "Unauthorized"}, SendOutcome.PERMANENT),
        ({"ok": False, "error_code": 408, "description": "Request timeout"}, SendOutcome.TRANSIENT),
        ({"ok": False, "error_code": 429, "description": "Quota exceeded"}, SendOutcome.RATE_LIMITED),
        ({"ok": False, "error_code": 500, "description": "Internal"}, SendOutcome.TRANSIENT),
        ({"ok": False, "error_code": -17, "description": "a code nobody documents"}, SendOutcome.TRANSIENT),
        ({"ok": False}, SendOutcome.TRANSIENT),
    ],
    ids=named,
)
async def test_a_refusal_with_status_200_is_judged_by_its_own_code(
    token: Secret, document: object, outcome: SendOutcome
) -> None:
    async with serving(receiving(json_page(document))) as port:
        sent = await send(_params(token, port), "x", LETTER, PATIENT)
    assert sent.outcome is outcome
    assert sent.detail


@pytest.mark.parametrize("behaviour", [drop, hang], ids=lambda b: b.__name__)
async def test_silence_after_the_request_is_ambiguous(token: Secret, behaviour: Behaviour) -> None:
    async with serving(receiving(behaviour)) as port:
        assert (await send(_params(token, port), "x", LETTER, HASTY)).outcome is SendOutcome.AMBIGUOUS


async def test_a_long_letter_keeps_within_zalos_limit_and_keeps_its_code(token: Secret) -> None:
    desk = receiving(SENT)
    async with serving(desk) as port:
        await send(_params(token, port), "x", replace(LETTER, body="xã " * 3000), PATIENT)
    text = desk.seen[0].document["text"]
    assert TEXT_UNITS - 200 < len(text) <= TEXT_UNITS
    assert text.endswith(LETTER.short)


async def _heard(token: Secret, desk: Receiver) -> Received:
    async with serving(desk) as port:
        return await receive(_params(token, port), "kept", PATIENT)


@pytest.mark.parametrize("result", [EVENT, [EVENT]], ids=["one", "list"])
async def test_an_answer_is_heard_with_its_sender(token: Secret, result: object) -> None:
    desk = receiving(json_page({"ok": True, "result": result}))
    received = await _heard(token, desk)
    (heard,) = received.messages
    assert (heard.provider_id, heard.sender, heard.text) == ("2d758cb5e222177a4e35", "6ede9afa66b88fe6d6a9", "7342")
    assert heard.at == datetime.fromtimestamp(1750316131.602, UTC)
    assert received.cursor == "kept"
    assert 0 < desk.seen[0].document["timeout"] < PATIENT.timeout_s


async def test_an_answer_without_a_number_is_still_one_and_the_same_when_it_is_read_twice(token: Secret) -> None:
    message = {key: value for key, value in EVENT["message"].items() if key != "message_id"}
    desk = receiving(json_page({"ok": True, "result": [{"message": message}, {"message": message}]}))
    first, second = (await _heard(token, desk)).messages
    assert first.provider_id == second.provider_id != ""


@pytest.mark.parametrize(
    "answer",
    [
        json_page({"ok": False, "error_code": 408, "description": "Request timeout"}),
        json_page({"ok": False, "error_code": 408, "description": "Request timeout"}, "408 Request Timeout"),
        json_page({"ok": True}),
        json_page({"ok": True, "result": {"event_name": "message.sticker.received", "message": {"from": {"id": 1}}}}),
    ],
    ids=named,
)
async def test_hearing_nothing_is_no_error(token: Secret, answer: bytes) -> None:
    assert await _heard(token, receiving(answer)) == Received(cursor="kept")


async def test_a_bot_with_a_webhook_cannot_be_listened_to_and_says_so(token: Secret) -> None:
    refusal = {"ok": False, "error_code": 400, "description": "webhook is configured"}
    with pytest.raises(ChannelError, match="webhook is configured"):
        await _heard(token, receiving(json_page(refusal)))
    with pytest.raises(ChannelError, match="not the service"):
        await _heard(token, receiving(page("<html>")))


async def test_checking_asks_who_we_are(token: Secret) -> None:
    desk = receiving(json_page({"ok": True, "result": {"id": "1", "account_name": "bot.x"}}), drop)
    async with serving(desk) as port:
        await check(_params(token, port), PATIENT)
        with pytest.raises(ChannelError, match="waiting for the answer"):
            await check(_params(token, port), PATIENT)
    assert desk.seen[0].path.endswith("/getMe")


def test_an_address_is_a_chat_id() -> None:
    CHANNEL.check_address("6ede9afa66b88fe6d6a9")
    for wrong in ("", "0912 345 678", "a/b", CANARY + "!"):
        with pytest.raises(ValueError, match="no Zalo chat id"):
            CHANNEL.check_address(wrong)


def test_a_bot_needs_its_token() -> None:
    with pytest.raises(ValueError, match="token: file:"):
        ZaloBotParams()
