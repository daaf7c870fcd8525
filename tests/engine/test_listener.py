"""The monitor's ear: over real sockets, with Prometheus and amtool where they are installed."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bt_console.engine.clock import SystemClock
from bt_console.engine.listener import Ears, Listener, ListenerError
from bt_console.evaluate.external import advance
from bt_console.model.external import ExternalAlert
from probes.secret import Secret
from tests.servers.daemons import binary, free_port
from tests.servers.process import running

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
BODY = json.dumps([{"labels": {"alertname": "DiskFull", "unit": "cao-son"}, "annotations": {"summary": "Đĩa đầy"}}])


class Hearer:
    """Remembers what was heard, the way the engine does."""

    def __init__(self, now: datetime | None = NOW) -> None:
        self._now = now
        self.firing: dict[str, ExternalAlert] = {}
        self.posts: list[tuple[ExternalAlert, ...]] = []
        self.beats: list[str] = []
        self.news = asyncio.Event()

    def ears(self) -> Ears:
        return Ears(now=self.now, on_alerts=self._alerts, on_heartbeat=self._beat, firing=lambda: self.firing.values())

    def now(self) -> datetime:
        return self._now or SystemClock().now()

    async def _alerts(self, alerts: tuple[ExternalAlert, ...]) -> None:
        self.posts.append(alerts)
        self.firing = advance(self.firing, alerts, self.now())
        self.news.set()

    async def _beat(self, name: str) -> bool:
        self.beats.append(name)
        return name == "sao-luu"


@asynccontextmanager
async def listening(hearer: Hearer, token: Secret | None = None, port: int = 0) -> AsyncIterator[str]:
    listener = Listener("127.0.0.1", port, token, hearer.ears())
    await listener.start()
    try:
        yield f"http://127.0.0.1:{listener.port}"
    finally:
        await listener.stop()


async def ask(method: str, url: str, **options: Any) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.request(method, url, **options) as answer:
        return answer.status, await answer.text()


async def test_an_alert_that_is_posted_is_told_and_listed() -> None:
    hearer = Hearer()
    async with listening(hearer) as url:
        assert await ask("POST", f"{url}/api/v2/alerts", data=BODY) == (200, "")
        status, text = await ask("GET", f"{url}/api/v2/alerts")
    assert [alert.name for alert in hearer.posts[0]] == ["DiskFull"]
    (item,) = json.loads(text)
    assert status == 200
    assert item["annotations"] == {"summary": "Đĩa đầy"}
    assert item["updatedAt"] == "2026-11-24T08:00:00.000Z"


async def test_what_is_wrong_is_said_and_what_is_good_is_kept() -> None:
    hearer = Hearer()
    async with listening(hearer) as url:
        status, text = await ask("POST", f"{url}/api/v2/alerts", data='[{"labels":{"alertname":"A"}},{}]')
        assert (status, json.loads(text)) == (400, "alert 1: its labels are not an object of texts")
        status, text = await ask("POST", f"{url}/api/v2/alerts", data="<html>")
        assert status == 400
        assert json.loads(text).startswith("the body is not JSON")
    assert [alert.name for post in hearer.posts for alert in post] == ["A"]


async def test_a_body_beyond_five_megabytes_is_refused() -> None:
    hearer = Hearer()
    async with listening(hearer) as url:
        status, _ = await ask("POST", f"{url}/api/v2/alerts", data=BytesIO(b"[" + b" " * (5 << 20) + b"]"))
    assert status == 413
    assert hearer.posts == []


async def test_an_engine_that_cannot_take_alerts_makes_the_sender_come_again() -> None:
    async def full(alerts: tuple[ExternalAlert, ...]) -> None:
        raise OSError("disk full")

    listener = Listener("127.0.0.1", 0, None, replace(Hearer().ears(), on_alerts=full))
    await listener.start()
    status, text = await ask("POST", f"http://127.0.0.1:{listener.port}/api/v2/alerts", data=BODY)
    await listener.stop()
    assert status == 500
    assert "disk full" not in text


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
async def test_a_sign_of_life_is_taken_whichever_way_it_comes(method: str) -> None:
    hearer = Hearer()
    async with listening(hearer) as url:
        assert (await ask(method, f"{url}/heartbeat/sao-luu"))[0] == 200
        assert (await ask(method, f"{url}/heartbeat/khac"))[0] == 404
        assert (await ask(method, f"{url}/heartbeat/a%0Ab"))[0] == 404
        assert (await ask(method, f"{url}/heartbeat/{'x' * 65}"))[0] == 404
    assert hearer.beats == ["sao-luu", "khac"]


async def test_it_says_that_it_is_ready_and_nothing_else_exists() -> None:
    async with listening(Hearer()) as url:
        assert await ask("GET", f"{url}/-/ready") == (200, "OK\n")
        assert await ask("GET", f"{url}/-/healthy") == (200, "OK\n")
        assert (await ask("GET", f"{url}/"))[0] == 404
        assert (await ask("DELETE", f"{url}/api/v2/alerts"))[0] == 405


async def test_a_token_keeps_others_out(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("s3cret\n")
    secret.chmod(0o600)
    hearer = Hearer()
    async with listening(hearer, Secret(f"file:{secret}")) as url:
        for header in (
            "",
            "Bearer",
            "Bearer ",
            "Bearer wrong",
            "Basic s3cret",
            "s3cret",
            "Bearer s3cretx",
            "Bearer \xe9",
        ):
            answer = await ask("POST", f"{url}/api/v2/alerts", data=BODY, headers={"Authorization": header})
            assert answer == (401, '"a bearer token is needed"')
        assert (await ask("GET", f"{url}/heartbeat/sao-luu"))[0] == 401
        assert (await ask("GET", f"{url}/-/ready"))[0] == 200
        good = {"Authorization": "Bearer s3cret"}
        assert (await ask("POST", f"{url}/api/v2/alerts", data=BODY, headers=good))[0] == 200
        secret.write_text("changed")
        assert (await ask("GET", f"{url}/heartbeat/sao-luu", headers=good))[0] == 401
        secret.unlink()
        status, text = await ask("GET", f"{url}/heartbeat/sao-luu", headers=good)
        assert status == 503
        assert "cannot be read" in text
    assert len(hearer.posts) == 1
    assert hearer.beats == []


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "10.20.0.5", "monitor.example", "127.0.0.1.example"])
def test_without_a_token_nobody_else_may_reach_it(address: str) -> None:
    with pytest.raises(ValueError, match="set `token`"):
        Listener(address, 9093, None, Ears(now=SystemClock().now, on_alerts=_never, on_heartbeat=_nobody))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
def test_this_machine_needs_no_token(address: str) -> None:
    Listener(address, 9093, None, Ears(now=SystemClock().now, on_alerts=_never, on_heartbeat=_nobody))


async def _never(alerts: tuple[ExternalAlert, ...]) -> None:
    raise AssertionError(alerts)


async def _nobody(name: str) -> bool:
    return False


async def test_a_port_in_use_and_a_token_that_is_missing_say_what_to_do(tmp_path: Path) -> None:
    hearer = Hearer()
    async with listening(hearer) as url:
        with pytest.raises(ListenerError, match=r"cannot listen on 127\.0\.0\.1:.* choose another in `listen`"):
            async with listening(hearer, port=int(url.rpartition(":")[2])):
                pass
    with pytest.raises(ListenerError, match=r"token: .* cannot be read"):
        async with listening(hearer, Secret(f"file:{tmp_path / 'none'}")):
            pass


async def test_after_stop_nobody_answers_and_the_port_is_free() -> None:
    async with listening(Hearer()) as url:
        pass
    with pytest.raises(aiohttp.ClientConnectionError):
        await ask("GET", f"{url}/-/ready")
    async with listening(Hearer(), port=int(url.rpartition(":")[2])):
        pass


def test_the_http_library_is_not_loaded_before_it_listens() -> None:
    code = "import sys, bt_console.engine.listener; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Programs that others wrote.


RULES = """
groups:
  - name: always
    interval: 1s
    rules:
      - alert: AlwaysFiring
        expr: vector(1)
        labels: { severity: page, unit: cao-son }
        annotations: { summary: "Luôn luôn báo" }
"""


async def test_the_real_prometheus_tells_its_alerts(tmp_path: Path) -> None:
    program = binary("prometheus", "prometheus")
    hearer, port = Hearer(now=None), free_port()
    async with listening(hearer) as url:
        (tmp_path / "rules.yml").write_text(RULES)
        (tmp_path / "prometheus.yml").write_text(
            "global: { evaluation_interval: 1s }\nrule_files: [rules.yml]\nalerting:\n"
            f"  alertmanagers: [{{ static_configs: [{{ targets: ['{url.removeprefix('http://')}'] }}] }}]\n"
        )
        # It knows its receivers some seconds after its rules; what it could not send waits for the next repeat.
        options = [f"--config.file={tmp_path}/prometheus.yml", "--rules.alert.resend-delay=1s"]
        options += [f"--storage.tsdb.path={tmp_path}/data"]
        async with (
            running(program, *options, f"--web.listen-address=127.0.0.1:{port}", cwd=tmp_path),
            asyncio.timeout(60.0),
        ):
            await hearer.news.wait()
    (alert,) = hearer.firing.values()
    assert (alert.name, alert.severity, alert.summary) == ("AlwaysFiring", "critical", "Luôn luôn báo")
    assert alert.labels["unit"] == "cao-son"
    assert alert.ends_at is not None
    assert alert.ends_at > alert.heard_at
    assert alert.generator_url.startswith("http://")


async def test_the_real_amtool_adds_and_lists_alerts() -> None:
    program = binary("amtool", "prometheus-alertmanager")
    hearer = Hearer(now=None)
    async with listening(hearer) as url:
        added = await asyncio.create_subprocess_exec(
            program, f"--alertmanager.url={url}", "alert", "add", "DiskFull", "unit=cao-son", "--annotation=summary=x"
        )
        assert await added.wait() == 0
        listed = await asyncio.create_subprocess_exec(
            program, f"--alertmanager.url={url}", "-o", "json", "alert", "query", stdout=asyncio.subprocess.PIPE
        )
        out, _ = await listed.communicate()
    (item,) = json.loads(out)
    assert item["labels"] == {"alertname": "DiskFull", "unit": "cao-son"}
    assert item["annotations"] == {"summary": "x"}
