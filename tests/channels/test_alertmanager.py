"""Alerts as an Alertmanager gets them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bt_console.channels.alertmanager import CHANNEL, AlertmanagerParams, check, send
from bt_console.channels.api import ChannelError, Letter
from bt_console.model.oncall import NoticeKind
from bt_console.model.paging import SendOutcome
from tests.channels.letters import HASTY, LETTER, PATIENT, resolved, secret
from tests.channels.servers import Asked, drop, hang, json_page, named, receiving
from tests.servers.tcp_server import Behaviour, page, serving


async def _post(letter: Letter, **params: Any) -> Asked:
    desk = receiving(page("", "200 OK"))
    async with serving(desk) as port:
        sent = await send(AlertmanagerParams(url=f"http://127.0.0.1:{port}/am/", **params), "", letter, PATIENT)
    assert sent.outcome is SendOutcome.ACCEPTED
    return desk.seen[0]


async def test_a_page_is_one_firing_alert() -> None:
    asked = await _post(LETTER)
    assert (asked.method, asked.path) == ("POST", "/am/api/v2/alerts")
    (alert,) = asked.document
    assert alert["labels"] == {
        "alertname": "tslcd_down",
        "cause": "tslcd_down",
        "district": "Bạch Thông",
        "incident": "12",
        "severity": "critical",
        "target": "cao-son/tslcd",
        "unit": "cao-son",
    }
    assert alert["annotations"] == {
        "summary": LETTER.title,
        "description": LETTER.body.replace("7342", "****"),
        "delivery": "4711",
    }
    assert alert["startsAt"] == "2026-11-24T02:13:30.000Z"
    assert alert["endsAt"] == "2026-11-25T02:14:00.000Z"
    assert "generatorURL" not in alert


async def test_an_alert_lasts_as_long_as_configured_unless_it_is_resolved() -> None:
    (alert,) = (await _post(LETTER, lasts_s=600.0)).document
    assert alert["endsAt"] == "2026-11-24T02:24:00.000Z"


async def test_the_end_resolves_what_was_fired_also_with_a_lower_severity() -> None:
    (fired,) = (await _post(LETTER)).document
    over = (await _post(resolved())).document
    assert [alert["labels"]["severity"] for alert in over] == ["critical", "info", "warning"]
    assert over[0]["labels"] == fired["labels"]
    assert {alert["endsAt"] for alert in over} == {"2026-11-24T02:31:00.000Z"}


async def test_a_risen_severity_ends_the_lower_ones_and_goes_on_firing() -> None:
    first, *lower = (await _post(replace(LETTER, kind=NoticeKind.UPDATE))).document
    assert first["endsAt"] == "2026-11-25T02:14:00.000Z"
    assert {alert["endsAt"] for alert in lower} == {"2026-11-24T02:14:00.000Z"}
    assert {alert["labels"]["severity"] for alert in lower} == {"info", "warning"}


async def test_a_test_stands_for_minutes_only() -> None:
    letter = replace(LETTER, kind=NoticeKind.TEST, document={}, severity=None)
    (alert,) = (await _post(letter)).document
    assert alert["labels"]["alertname"] == "bt_console_test"
    assert alert["endsAt"] == "2026-11-24T02:19:00.000Z"


async def test_a_bearer_token_is_sent(tmp_path: Path) -> None:
    assert (await _post(LETTER, bearer=secret(tmp_path, "abc"))).headers["authorization"] == "Bearer abc"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (json_page({"message": "bad label"}, "400 Bad Request"), SendOutcome.PERMANENT),
        (page("", "429 Slow"), SendOutcome.RATE_LIMITED),
        (page("", "503 Down"), SendOutcome.TRANSIENT),
        (drop, SendOutcome.AMBIGUOUS),
        (hang, SendOutcome.AMBIGUOUS),
    ],
    ids=named,
)
async def test_each_answer_has_its_meaning(answer: bytes | Behaviour, outcome: SendOutcome) -> None:
    async with serving(receiving(answer)) as port:
        sent = await send(AlertmanagerParams(url=f"http://127.0.0.1:{port}"), "", LETTER, HASTY)
    assert sent.outcome is outcome


async def test_checking_reads_the_status_page() -> None:
    desk = receiving(json_page({"versionInfo": {}}), page("", "404 Not Found"))
    async with serving(desk) as port:
        params = AlertmanagerParams(url=f"http://127.0.0.1:{port}")
        await check(params, PATIENT)
        with pytest.raises(ChannelError, match="404"):
            await check(params, PATIENT)
    assert {(asked.method, asked.path) for asked in desk.seen} == {("GET", "/api/v2/status")}


def test_it_needs_its_address_and_alerts_that_last() -> None:
    with pytest.raises(ValueError, match="either url"):
        AlertmanagerParams()
    with pytest.raises(ValueError, match="lasts_s"):
        AlertmanagerParams(url="http://a.example", lasts_s=1.0)
    assert CHANNEL.is_broadcast
