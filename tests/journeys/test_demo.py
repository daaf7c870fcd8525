"""The product as a newcomer meets it: one command, a fault, its one cause; and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

from bt_console.lab.kernel import Refusal
from tests.lab.conftest import refusal

pytestmark = [pytest.mark.journey, pytest.mark.netns, pytest.mark.xdist_group("lab")]


@pytest.fixture(scope="module", autouse=True)
def _namespaces() -> None:
    why: Refusal | None = refusal()
    if why is not None:
        pytest.skip(f"this machine forbids namespaces: {why.reason}")


DEMO = [sys.executable, "-m", "bt_console", "demo", "--headless", "--json"]


def demo(tmp_path: Path, *faults: str, for_s: int = 25) -> tuple[dict[str, Any], str]:
    """Run a headless demo and return its last document and what it told."""
    asked = [word for fault in faults for word in ("--fault", fault)]
    env = os.environ | {"TMPDIR": str(tmp_path), "BT_CONSOLE_LANGUAGE": "en"}
    ended = subprocess.run(
        [*DEMO, "--for", str(for_s), *asked], capture_output=True, text=True, env=env, timeout=180, check=False
    )
    assert ended.returncode == 0, ended.stderr
    document: dict[str, Any] = json.loads(ended.stdout)
    return document, ended.stderr


def states(document: dict[str, Any]) -> Counter[str]:
    return Counter(unit["state"] for unit in document["units"])


def test_seventeen_units_are_up_and_there_is_no_incident(tmp_path: Path) -> None:
    document, told = demo(tmp_path, for_s=20)
    assert states(document) == {"up": 17}
    assert {service["state"] for service in document["services"]} == {"up"}
    assert document["incidents"] == []
    assert "opened" not in told
    assert list(tmp_path.iterdir()) == [], "nothing of the demo remains"


def test_one_cut_line_is_one_incident_and_the_other_line_stays_up(tmp_path: Path) -> None:
    document, told = demo(tmp_path, "link-down:tslcd:cao-son@6")
    (incident,) = document["incidents"]
    assert (incident["cause"]["kind"], incident["cause"]["unit"]) == ("tslcd_down", "cao-son")
    (unit,) = [unit for unit in document["units"] if unit["id"] == "cao-son"]
    assert (unit["internet"]["state"], unit["tslcd"]["state"], unit["lan"]["state"]) == ("up", "down", "unreachable")
    assert states(document) == {"up": 16, "degraded": 1}
    assert told.count("opened") == 1


def test_a_dead_core_is_one_incident_that_lists_seventeen_units(tmp_path: Path) -> None:
    document, told = demo(tmp_path, "tslcd-core-down@6")
    (incident,) = document["incidents"]
    assert incident["cause"]["kind"] == "tslcd_core_down"
    assert len(incident["impact"]["units"]) == 17
    assert set(incident["impact"]["services"]) == {"qlvb", "mail", "motcua"}
    assert told.count("opened") == 1


def test_our_own_dead_uplink_blames_nobody_outside(tmp_path: Path) -> None:
    document, _ = demo(tmp_path, "hub-isp-down@6")
    (incident,) = document["incidents"]
    assert incident["cause"]["kind"] == "own_uplink_down"
    assert not {unit["id"] for unit in document["units"]} & set(incident["impact"]["units"])
    assert {unit["internet"]["state"] for unit in document["units"]} == {"unreachable"}
    assert {unit["tslcd"]["state"] for unit in document["units"]} == {"up"}


def test_a_demo_killed_outright_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    env = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [*DEMO, "--for", "120"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as running:
        _until(lambda: any("monitor" in " ".join(p.cmdline()) for p in _children(running.pid)))
        family = _children(running.pid)
        assert len(family) >= 4
        running.send_signal(signal.SIGKILL)
        running.wait()
        _until(lambda: not any(_is_alive(process) for process in family))
        _until(lambda: list(tmp_path.iterdir()) == [])


def test_an_unknown_fault_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    ended = subprocess.run(
        [*DEMO, "--for", "5", "--fault", "tslcd-core-dwn@2"],
        capture_output=True,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path), "BT_CONSOLE_LANGUAGE": "en"},
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "tslcd-core-down" in ended.stderr
    assert ended.stdout == ""


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _until(holds: Any) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.1)
    pytest.fail("it never held")
