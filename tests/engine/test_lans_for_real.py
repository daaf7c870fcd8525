"""A stranger on a real LAN and a changed way to a real target are each told once, also after a restart."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.probes.wires import FORBIDDEN, ROOT


@pytest.mark.netns
def test_a_monitor_tells_of_a_stranger_and_of_a_changed_route_once() -> None:
    command = [sys.executable, "-m", "tests.engine.lan_playground", "watch"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    if ended.returncode == FORBIDDEN:
        pytest.skip(f"this machine forbids user namespaces: {ended.stderr.strip()}")
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert seen["states"] == {
        "00:50:56:00:00:02": ["approved", "10.9.0.2", "VMware, Inc."],
        "00:00:0c:00:00:03": ["new", "10.9.0.3", "Cisco Systems, Inc"],
        "00:50:56:00:00:07": ["new", "10.9.0.7", "VMware, Inc."],
        "00:50:56:00:00:99": ["approved", "", ""],
    }
    assert seen["told"] == [
        "Xã A: the first inventory found 2 devices, 1 not in the register, 0 approved for another unit",
        "Xã A: device not in the register 00:50:56:00:00:07 · VMware, Inc. · 10.9.0.7",
        "Xã A · TSLCD: the route changed from hop 1 on: before 10.9.0.2 > 10.9.5.9, now 10.9.0.3 > 10.9.5.9",
    ]
    assert seen["told_after_restart"] == seen["told"]
    assert seen["hops"] == [["10.9.0.3", "10.9.5.9"], ["10.9.0.2", "10.9.5.9"]]
