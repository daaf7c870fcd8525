"""Debian's Alertmanager takes our alerts, tells its receivers of them, and of their end."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bt_console.channels.alertmanager import AlertmanagerParams, check, send
from bt_console.channels.api import ChannelContext, Letter
from bt_console.channels.webhook import alertmanager_document
from bt_console.model.oncall import NoticeKind
from bt_console.model.paging import SendOutcome
from tests.channels.letters import LETTER, context
from tests.channels.servers import Receiver, receiving
from tests.servers.process import running, until_listening
from tests.servers.tcp_server import page, serving

PROGRAM = "prometheus-alertmanager"
pytestmark = pytest.mark.skipif(not shutil.which(PROGRAM), reason=f"{PROGRAM} is not installed")
CONFIG = """
route: {{receiver: desk, group_by: [incident], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
receivers:
  - name: desk
    webhook_configs: [{{url: "http://127.0.0.1:{port}/", send_resolved: true}}]
"""


@asynccontextmanager
async def _alertmanager(folder: Path, receiver_port: int) -> AsyncIterator[str]:
    config = folder / "alertmanager.yml"
    config.write_text(CONFIG.format(port=receiver_port))
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    listen = f"--web.listen-address=127.0.0.1:{port}"
    where = (f"--config.file={config}", f"--storage.path={folder}")
    async with running(PROGRAM, *where, listen, "--cluster.listen-address="):
        await until_listening(port)
        yield f"http://127.0.0.1:{port}"


def _now() -> tuple[Letter, ChannelContext]:
    """A page and its surroundings at the present, which Alertmanager compares with its own clock."""
    at = datetime.now(UTC)
    incident = {**LETTER.document["incident"], "opened_at": (at - timedelta(seconds=5)).isoformat()}
    return replace(LETTER, at=at, document={**LETTER.document, "incident": incident}), context(now=at)


async def _told(desk: Receiver, count: int) -> list[Any]:
    for _ in range(1000):
        if len(desk.seen) >= count:
            return [asked.document for asked in desk.seen]
        await asyncio.sleep(0.02)
    raise AssertionError(f"told {len(desk.seen)} times, not {count}")


def _alerts(url: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{url}/api/v2/alerts", timeout=5) as answer:
        found: list[dict[str, Any]] = json.load(answer)
    return found


async def test_one_incident_is_one_firing_and_one_resolved_notification(tmp_path: Path) -> None:
    letter, ctx = _now()
    desk = receiving(page("ok"))
    async with serving(desk) as receiver_port, _alertmanager(tmp_path, receiver_port) as url:
        params = AlertmanagerParams(url=url)
        await check(params, ctx)
        assert (await send(params, "", letter, ctx)).outcome is SendOutcome.ACCEPTED
        (firing,) = await _told(desk, 1)
        (alert,) = await asyncio.to_thread(_alerts, url)
        end = replace(letter, kind=NoticeKind.RESOLVE, at=datetime.now(UTC))
        assert (await send(params, "", end, ctx)).outcome is SendOutcome.ACCEPTED
        _, over = await _told(desk, 2)
    assert alert["labels"]["unit"] == "cao-son"
    assert (firing["status"], len(firing["alerts"])) == ("firing", 1)
    assert over["status"] == "resolved"
    assert firing["alerts"][0]["labels"] in [one["labels"] for one in over["alerts"]]


async def test_our_webhook_has_every_key_that_alertmanagers_own_has(tmp_path: Path) -> None:
    letter, ctx = _now()
    desk = receiving(page("ok"))
    async with serving(desk) as receiver_port, _alertmanager(tmp_path, receiver_port) as url:
        await send(AlertmanagerParams(url=url), "", letter, ctx)
        (theirs,) = await _told(desk, 1)
    ours = json.loads(json.dumps(alertmanager_document(letter)))
    assert theirs.keys() == ours.keys()
    assert theirs["alerts"][0].keys() == ours["alerts"][0].keys()
    for same in ("version", "status", "groupLabels", "commonLabels", "groupKey"):
        assert theirs[same] == ours[same], same
    for same in ("status", "labels", "endsAt"):
        kept = ours["alerts"][0][same]
        assert kept == theirs["alerts"][0][same] or kept.startswith("0001-01-01"), same


async def test_a_broken_alert_is_refused_for_good(tmp_path: Path) -> None:
    letter, ctx = _now()
    broken = replace(letter, document={**letter.document, "incident": {"opened_at": "2999-01-01T00:00:00+00:00"}})
    async with _alertmanager(tmp_path, 1) as url:
        sent = await send(AlertmanagerParams(url=url), "", broken, ctx)
    assert (sent.outcome, sent.code) == (SendOutcome.PERMANENT, "400")
