"""Nothing of the lab remains after it ends, whatever ended it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bt_console.lab.client import Lab
from bt_console.lab.errors import LabError
from tests.lab.example import EXAMPLE, ROOT

pytestmark = [pytest.mark.netns, pytest.mark.xdist_group("lab"), pytest.mark.usefixtures("_namespaces")]

FAMILY = ("bt-lab", "bt-lab-guardian", "bt-lab-wires", "bt-lab-services", "bt-lab-agents", "bt-lab-core", "bt-lab-lan")
WITHIN_S = 30.0
CLIENT = (
    "import sys, time; from pathlib import Path; from bt_console.lab.client import Lab\n"
    "lab = Lab.start(Path(sys.argv[1]), Path(sys.argv[2])); print(lab.status()['pid'], flush=True); time.sleep(600)"
)


def _family(pid: int) -> dict[str, int]:
    """Return the processes of a lab by name."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            name, fields = (entry / "stat").read_text(encoding="utf-8").split("(")[1].split(")")
        except (OSError, IndexError, ValueError):
            continue
        if name.startswith("bt-lab") and pid in (int(entry.name), int(fields.split()[1])):
            found[name] = int(entry.name)
    return found


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _wait_until_gone(pids: list[int], run_dir: Path) -> None:
    limit_s = time.monotonic() + WITHIN_S
    while time.monotonic() < limit_s and (any(map(_is_running, pids)) or run_dir.exists()):
        time.sleep(0.02)
    assert [pid for pid in pids if _is_running(pid)] == []
    assert not run_dir.exists()


def test_stop_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    lab = Lab.start(EXAMPLE, tmp_path / "lab")
    family = _family(lab.status()["pid"])
    assert set(family) == set(FAMILY)
    command = lab.spawn("cao-son", ["sleep", "600"])
    lab.stop()
    assert command.wait() == -signal.SIGTERM
    _wait_until_gone(list(family.values()), tmp_path / "lab")
    with pytest.raises(LabError, match="no lab is up"):
        lab.status()
    lab.stop()


@pytest.mark.parametrize("victim", FAMILY)
def test_kill_9_of_any_of_its_processes_ends_all_of_them(tmp_path: Path, victim: str) -> None:
    lab = Lab.start(EXAMPLE, tmp_path / "lab")
    family = _family(lab.status()["pid"])
    command = lab.spawn("hub", ["sleep", "600"])
    os.kill(family[victim], signal.SIGKILL)
    _wait_until_gone([pid for name, pid in family.items() if name != victim], tmp_path / "lab")
    assert command.wait() != 0
    lab.stop()


def test_kill_9_of_the_client_ends_the_lab(tmp_path: Path) -> None:
    run_dir = tmp_path / "lab"
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(EXAMPLE), str(run_dir)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with client:
        assert client.stdout
        family = _family(int(client.stdout.readline()))
        assert set(family) == set(FAMILY)
        client.kill()
    _wait_until_gone(list(family.values()), run_dir)


def test_a_detached_lab_outlives_its_starter_until_it_is_told_to_stop(tmp_path: Path) -> None:
    run_dir = tmp_path / "lab"
    code = CLIENT.replace("Path(sys.argv[2]))", "Path(sys.argv[2]), detach=True)").replace("; time.sleep(600)", "")
    done = subprocess.run(
        [sys.executable, "-c", code, str(EXAMPLE), str(run_dir)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    family = _family(int(done.stdout))
    lab = Lab.attach(run_dir)
    assert lab.status()["pid"] == family["bt-lab"]
    with pytest.raises(LabError, match=f"already up in .*pid {family['bt-lab']}"):
        Lab.start(EXAMPLE, run_dir)
    lab.stop()
    _wait_until_gone(list(family.values()), run_dir)


def test_the_control_socket_and_the_keys_are_the_owners_alone(tmp_path: Path) -> None:
    run_dir = tmp_path / "lab"
    lab = Lab.start(EXAMPLE, run_dir)
    modes = {path.name: path.stat().st_mode & 0o777 for path in run_dir.rglob("*")}
    lab.stop()
    assert modes["control.sock"] == 0o600
    assert all(mode & 0o077 == 0 for mode in modes.values()), modes


def test_a_configuration_that_is_none_ends_the_start_with_its_message_and_leaves_nothing(tmp_path: Path) -> None:
    config = tmp_path / "bad.yaml"
    config.write_text("district: {name: X}\n", encoding="utf-8")
    with pytest.raises(LabError, match=r"bad\.yaml:1:1: `hub` is missing"):
        Lab.start(config, tmp_path / "lab")
    _wait_until_gone([], tmp_path / "lab")


def test_a_directory_the_lab_did_not_make_stays(tmp_path: Path) -> None:
    run_dir = tmp_path / "lab"
    run_dir.mkdir()
    (run_dir / "notes.txt").write_text("mine", encoding="ascii")
    lab = Lab.start(EXAMPLE, run_dir)
    owner = json.loads((run_dir / "owner.json").read_text(encoding="ascii"))
    assert owner["pid"] == lab.status()["pid"]
    lab.stop()
    assert [path.name for path in run_dir.iterdir()] == ["notes.txt"]


def test_a_lab_that_hangs_is_ended_all_the_same(tmp_path: Path) -> None:
    lab = Lab.start(EXAMPLE, tmp_path / "lab")
    family = _family(lab.status()["pid"])
    os.kill(family["bt-lab"], signal.SIGSTOP)
    lab.stop(within_s=0.5)
    _wait_until_gone(list(family.values()), tmp_path / "lab")


def test_a_command_that_was_about_to_enter_when_the_lab_ended_does_not_outlive_it(tmp_path: Path) -> None:
    lab = Lab.start(EXAMPLE, tmp_path / "lab")
    commands = [lab.spawn("hub", ["sleep", "600"]) for _ in range(10)]
    os.kill(lab.status()["pid"], signal.SIGKILL)
    _wait_until_gone([command.pid for command in commands], tmp_path / "lab")
    assert all(command.wait() != 0 for command in commands)
    lab.stop()
