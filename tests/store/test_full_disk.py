"""A full disk is said, loses nothing, and pruning makes room again; on a real file system of four megabytes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.store.processes import argv, environment

_ROOT = Path(__file__).parents[2]
_OWN_MOUNTS = ("unshare", "--user", "--map-root-user", "--mount")


def may_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_OWN_MOUNTS, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0


@pytest.mark.netns
@pytest.mark.skipif(not may_mount(), reason="this system lets no ordinary user mount in a namespace of its own")
def test_a_full_disk_is_said_loses_nothing_and_pruning_makes_room(tmp_path: Path) -> None:
    mount = f'mount -t tmpfs -o size=8m none "{tmp_path}" && exec "$@"'
    command = [*_OWN_MOUNTS, "sh", "-c", mount, "sh", *argv("fill", tmp_path / "store.db")]
    done = subprocess.run(command, cwd=_ROOT, text=True, capture_output=True, timeout=120, env=environment())
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["store.full", "True", "200", "True"]


@pytest.mark.netns
@pytest.mark.skipif(not may_mount(), reason="this system lets no ordinary user mount in a namespace of its own")
def test_a_disk_without_room_for_a_new_store_is_said(tmp_path: Path) -> None:
    mount = f'mount -t tmpfs -o size=40k none "{tmp_path}" && exec "$@"'
    command = [*_OWN_MOUNTS, "sh", "-c", mount, "sh", *argv("write", tmp_path / "store.db")]
    done = subprocess.run(command, cwd=_ROOT, text=True, capture_output=True, timeout=120, env=environment())
    assert done.stdout.split() == ["store.full"]
