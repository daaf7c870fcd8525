"""One lab for all tests that need one, and somebody in its hub who measures."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bt_console.lab.child import environment
from bt_console.lab.client import Lab
from bt_console.lab.kernel import Refusal
from tests.lab.example import EXAMPLE, ROOT


def pytest_configure(config: pytest.Config) -> None:
    # Known only to xdist, which may be switched off.
    config.addinivalue_line("markers", "xdist_group(name): tests of one name run in one worker")


class Vantage:
    """A measuring process at a place of the lab."""

    def __init__(self, lab: Lab, place: str) -> None:
        dns = next(service for service in lab.status()["services"] if service["id"] == "dns")
        nameserver = f"{dns['address']}:{dns['ports']['dns']}"
        script = str(Path(__file__).with_name("vantage.py"))
        self._process = lab.spawn(
            place,
            [sys.executable, script, nameserver, str(lab.trust_file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )

    def measure(self, probe: str, address: str, **params: object) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([probe, address, params]) + "\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def answers(self, address: str) -> bool:
        """Whether a ping, asked up to three times, is answered."""
        return any(self.measure("icmp_echo", address, count=1, timeout_s=0.9)["outcome"] == "ok" for _ in range(3))

    def is_silent(self, address: str) -> bool:
        reading = self.measure("icmp_echo", address, count=2, timeout_s=0.6)
        return bool(reading["outcome"] != "ok" and reading["measures"].get("received_count", 0) == 0)

    def close(self) -> None:
        self._process.communicate()


def refusal() -> Refusal | None:
    """Why this machine allows no namespaces: asked in a process without threads."""
    code = "from bt_console.lab.kernel import try_namespaces as t; r = t(); print(r.reason if r else '')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    reason = done.stdout.strip()
    return Refusal(reason=reason, remedy="") if reason else None


@pytest.fixture(scope="session")
def _namespaces() -> None:
    if why := refusal():
        pytest.skip(f"this machine forbids namespaces: {why.reason}")


@pytest.fixture(scope="session")
def lab(_namespaces: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.start(EXAMPLE, tmp_path_factory.mktemp("shared") / "lab")
    yield lab
    lab.stop()


@pytest.fixture(scope="session")
def hub(lab: Lab) -> Iterator[Vantage]:
    vantage = Vantage(lab, "hub")
    yield vantage
    vantage.close()


@pytest.fixture
def healed(lab: Lab) -> Iterator[Lab]:
    """The shared lab without faults, before and after."""
    lab.heal(None)
    yield lab
    lab.heal(None)
