"""A monitor that tells people: one page per cause, one recovery, through restarts and dead channels."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from bt_console.facade import Console
from bt_console.model.paging import CallState
from tests.engine.clocks import SetClock
from tests.engine.site import INTERNET, PATIENCE_S, TSLCD, Site, site, until

ONCALL = """
oncall:
  contacts:
    an: {{name: An, addresses: {{hook: an}}}}
  channels:
    hook: {{type: webhook, path: lan, params: {{url: "http://127.0.0.1:{port}/"}}}}
  policies:
    all: {{steps: [{{notify: [an], via: [hook], wait: 1h}}], hold: 1s}}
  routes: [{{policy: all}}]
"""


@dataclass
class Post:
    """A receiver that keeps what it is sent, and refuses while it is told to."""

    port: int = 0
    is_refusing: bool = False
    letters: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.Response:
        """Take one letter in."""
        body = await request.json()
        if self.is_refusing:
            return web.Response(status=503)
        async with self.news:
            self.letters.append(body)
            self.news.notify_all()
        return web.Response(text="ok")

    def kinds(self) -> list[str]:
        """Return the kinds of what came, in order."""
        return [letter["kind"] for letter in self.letters]

    async def until(self, *kinds: str) -> None:
        """Wait until exactly so much has come."""
        async with asyncio.timeout(PATIENCE_S), self.news:
            await self.news.wait_for(lambda: len(self.letters) >= len(kinds))
        assert self.kinds() == list(kinds), json.dumps(self.letters, ensure_ascii=False, indent=1)


@asynccontextmanager
async def post_office() -> AsyncIterator[Post]:
    """Give a receiver on loopback."""
    post = Post()
    app = web.Application()
    app.router.add_post("/", post.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    post.port = runner.addresses[0][1]
    try:
        yield post
    finally:
        await runner.cleanup()


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with post_office() as found:
        yield found


@pytest.fixture
async def place(tmp_path: Path, post: Post) -> AsyncIterator[Site]:
    async with site(tmp_path) as found:
        found.write_config(ONCALL.format(port=post.port))
        yield found


async def up(console: Console) -> None:
    await until(console, lambda s: bool(s.units) and s.units[0].state == "up")


async def closed(console: Console) -> None:
    await until(console, lambda s: bool(s.calls) and all(call.state is CallState.CLOSED for call in s.calls))


async def test_a_fault_is_one_page_and_its_end_one_more_word(place: Site, post: Post) -> None:
    async with place.monitored() as console:
        await up(console)
        await place.close(TSLCD)
        await post.until("page")
        (letter,) = post.letters
        assert letter["incident"]["cause"] == "tslcd_down"
        await place.open(TSLCD)
        await post.until("page", "resolve")
        await closed(console)
        assert post.kinds() == ["page", "resolve"]
        await until(console, lambda _: all(row.state == "accepted" for row in console.deliveries()))
        (page, _) = sorted(console.deliveries(), key=lambda row: row.id)
        assert [attempt.outcome for attempt in console.attempts(page.id)] == ["accepted"]


async def test_a_dead_channel_is_tried_again_and_what_ended_meanwhile_is_told_late(place: Site, post: Post) -> None:
    post.is_refusing = True
    async with place.monitored() as console:
        await up(console)
        await place.close(TSLCD)
        await until(console, lambda s: bool(s.calls) and bool(console.deliveries()))
        await place.open(TSLCD)
        await closed(console)
        post.is_refusing = False
        await post.until("late")


async def test_a_restart_pages_nobody_twice_and_forgets_nobody(place: Site, post: Post) -> None:
    async with place.monitored() as console:
        await up(console)
        await place.close(INTERNET)
        await post.until("page")
    async with place.monitored() as console:
        await until(console, lambda s: s.engine.checks_per_s > 0)
        await place.open(INTERNET)
        await post.until("page", "resolve")
        await closed(console)
    assert post.kinds() == ["page", "resolve"]


async def test_who_has_it_is_not_paged_again_and_its_note_is_kept(place: Site, post: Post) -> None:
    async with place.monitored() as console:
        await up(console)
        await place.close(TSLCD)
        await post.until("page")
        (call,) = (await until(console, lambda s: bool(s.calls))).calls
        note = console.submit("note", json.dumps({"incident": call.incident_id, "text": "Đã gọi"}), "an", _now())
        console.submit("acknowledge", str(call.incident_id), "an", _now())
        acked = await until(console, lambda s: s.calls[0].state is CallState.ACKED)
        assert acked.open_incidents[0].acknowledged_by == "an"
        await until(console, lambda _: console.command_result(note) is not None)
        assert [found.text for found in console.notes(call.incident_id)] == ["Đã gọi"]


async def test_what_is_silenced_is_told_to_nobody(place: Site, post: Post) -> None:
    async with place.monitored() as console:
        await up(console)
        wish = {"match": {"units": ["xa-a"]}, "ends_at": "2099-01-01T00:00:00+00:00", "reason": "thay thiết bị"}
        refused = console.submit("silence", json.dumps(wish), "an", _now())
        await until(console, lambda _: console.command_result(refused) is not None)
        assert "too_long" in (console.command_result(refused) or "")
        wish["ends_at"] = datetime.fromtimestamp(_now().timestamp() + 3600, UTC).isoformat()
        console.submit("silence", json.dumps(wish), "an", _now())
        await until(console, lambda s: bool(s.mutes))
        await place.close(TSLCD)
        muted = await until(console, lambda s: bool(s.calls) and bool(s.calls[0].muted_by))
        assert muted.calls[0].state is CallState.PENDING
        assert post.letters == []


async def test_the_audit_of_the_monitor_itself_is_kept(place: Site) -> None:
    async with place.monitored() as console:
        await until(console, lambda _: any(row.name == "disk" for row in console.heartbeats()))
        rows = {row.name: row for row in console.heartbeats()}
        assert not rows["schedule"].is_missed
        assert rows["contact:an"].is_missed


LISTEN = (
    "  listen: {{address: 127.0.0.1, port: {port}}}\n  heartbeats: {{in: [{{name: backup, every: 1s, grace: 1s}}]}}\n"
)


async def test_other_monitors_and_silent_jobs_are_heard_and_told(place: Site, post: Post) -> None:
    port = free_port()
    place.write_config(ONCALL.format(port=post.port) + LISTEN.format(port=port))
    async with place.monitored() as console, ClientSession() as client:
        await up(console)
        await until(console, lambda s: any(i.cause.kind == "heartbeat_missed" for i in s.open_incidents))
        alert = {"labels": {"alertname": "DiskFull", "unit": "xa-a", "severity": "critical"}}
        async with client.post(f"http://127.0.0.1:{port}/api/v2/alerts", json=[alert]) as answer:
            assert answer.status == 200
        seen = await until(console, lambda s: any(i.cause.kind == "external_alert" for i in s.open_incidents))
        (told,) = [i for i in seen.open_incidents if i.cause.kind == "external_alert"]
        assert (told.cause.unit_id, told.severity) == ("xa-a", "critical")
        await post.until("page", "page")
        async with client.get(f"http://127.0.0.1:{port}/heartbeat/backup") as answer:
            assert answer.status == 200
        over = {**alert, "endsAt": "2020-01-01T00:00:00Z", "startsAt": "2019-12-31T00:00:00Z"}
        async with client.post(f"http://127.0.0.1:{port}/api/v2/alerts", json=[over]) as answer:
            assert answer.status == 200
        await until(console, lambda s: all(i.cause.kind != "external_alert" for i in s.open_incidents))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


async def test_what_was_heard_outlives_a_clock_that_is_set(place: Site, post: Post) -> None:
    port, clock = free_port(), SetClock()
    listen = LISTEN.replace("every: 1s, grace: 1s", "every: 10m, grace: 1m").format(port=port)
    place.write_config(ONCALL.format(port=post.port) + listen)
    async with place.monitored(clock) as console, ClientSession() as client:
        await up(console)
        async with client.get(f"http://127.0.0.1:{port}/heartbeat/backup") as answer:
            assert answer.status == 200
        alert = {"labels": {"alertname": "DiskFull", "severity": "critical"}}
        async with client.post(f"http://127.0.0.1:{port}/api/v2/alerts", json=[alert]) as answer:
            assert answer.status == 200
        await post.until("page")
        clock.ahead = timedelta(hours=1)
        await until(console, lambda _: any("jumped" in event.message for event in console.events()))
        ticked_at = _now() + clock.ahead + timedelta(seconds=2)
        later = await until(console, lambda s: s.engine.last_tick_at is not None and s.engine.last_tick_at > ticked_at)
        assert [i.cause.kind for i in later.incidents if i.resolved_at is None] == ["external_alert"]
        assert post.kinds() == ["page"]


async def test_a_machine_is_told_though_no_contact_has_an_address_there(place: Site, post: Post) -> None:
    text = ONCALL.format(port=post.port)
    assert ", addresses: {hook: an}" in text
    place.write_config(text.replace(", addresses: {hook: an}", ""))
    async with place.monitored() as console:
        await up(console)
        await place.close(TSLCD)
        await post.until("page")


def _now() -> datetime:
    return datetime.now(UTC)
