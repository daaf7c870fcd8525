from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from bt_console.cli.doctor import machine, privileges, storage
from bt_console.cli.doctor.finding import Finding, State
from bt_console.cli.doctor.reach import judge_reach
from bt_console.config.errors import ConfigErrors, ConfigProblem
from bt_console.config.load import Settings
from bt_console.lab.kernel import Refusal
from bt_console.model.inventory import TargetId
from bt_console.words import say
from probes.api import FailureKind, Outcome, Reading
from tests.cli.example import EXAMPLE, Filled

BIN = Path(sys.executable).parent / "bt-console"


def _doctor(*argv: object) -> subprocess.CompletedProcess[str]:
    """Run the doctor as its own process: it forks to try namespaces."""
    return subprocess.run([BIN, "doctor", *map(str, argv)], capture_output=True, text=True, check=False)


def test_the_doctor_looks_at_everything_and_knows_the_monitor(filled: Filled) -> None:
    ended = _doctor("--json", "-c", EXAMPLE, "--store", filled.path)
    checks = {check["name"]: check for check in json.loads(ended.stdout)["checks"]}
    assert set(checks) == {
        *("icmp_raw", "icmp_datagram", "receive_buffer", "namespaces", "clock", "open_files"),
        *("config", "store", "disk", "monitor"),
    }
    assert f"process {os.getpid()}" in checks["monitor"]["detail"]
    assert ended.returncode == int(any(check["state"] == "fail" for check in checks.values()))
    assert ended.stderr == ""


def test_a_bad_configuration_is_a_failure_with_the_command_that_shows_all(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("units: 3\n", encoding="utf-8")
    ended = _doctor("-c", bad, "--language", "en")
    assert ended.returncode == 1
    assert f"$ bt-console check-config {bad}" in ended.stdout


def test_without_a_configuration_reachability_is_unknown_not_failed(tmp_path: Path) -> None:
    ended = _doctor("--json", "--reach", "-c", tmp_path / "absent.yaml")
    reach = json.loads(ended.stdout)["checks"][-1]
    assert (reach["name"], reach["state"]) == ("reach", "unknown")


def test_one_way_to_ping_is_enough_and_none_is_a_failure() -> None:
    def states(*, raw: bool, datagram: bool) -> list[State]:
        found = privileges.judge_icmp(may_raw=raw, may_datagram=datagram, group_range="1 0")
        return [finding.state for finding in found]

    assert states(raw=True, datagram=True) == [State.OK, State.OK]
    assert states(raw=True, datagram=False) == [State.OK, State.OK]
    assert states(raw=False, datagram=True) == [State.WARN, State.OK]
    assert states(raw=False, datagram=False) == [State.FAIL, State.FAIL]


def test_the_remedy_for_pings_is_the_exact_command() -> None:
    raw, datagram = privileges.judge_icmp(may_raw=False, may_datagram=False, group_range="1 0")
    assert raw.remedy == f"sudo setcap cap_net_raw+ep {Path(sys.executable).resolve()}"
    assert datagram.remedy == "sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'"
    assert f"group {os.getgid()}" in say("en", datagram.message)


@pytest.mark.parametrize(("octets", "state"), [(832 * 100, State.OK), (832 * 100 - 1, State.WARN)])
def test_a_buffer_must_hold_every_reply_of_a_round(octets: int, state: State) -> None:
    assert privileges.judge_buffer(octets, 100).state is state


def test_a_forbidden_namespace_names_the_switch_and_its_command() -> None:
    refusal = Refusal(reason="user.max_user_namespaces=0", remedy="sudo sysctl -w user.max_user_namespaces=10000")
    finding = privileges.judge_namespaces(refusal)
    assert (finding.state, finding.remedy) == (State.WARN, refusal.remedy)
    assert "user.max_user_namespaces=0" in say("vi", finding.message)


def test_a_setting_this_kernel_lacks_reads_as_empty(tmp_path: Path) -> None:
    (tmp_path / "range").write_text("1\t0\n", encoding="ascii")
    assert privileges.read_sysctl("range", tmp_path) == "1 0"
    assert privileges.read_sysctl("absent", tmp_path) == ""


@pytest.mark.parametrize(("answer", "state"), [(0, State.OK), (5, State.WARN), (-1, State.UNKNOWN)])
def test_the_kernel_says_whether_its_clock_is_synchronised(answer: int, state: State) -> None:
    assert machine.judge_clock(answer).state is state


@pytest.mark.parametrize(
    ("soft", "hard", "state", "remedy"),
    [
        (1024, 4096, State.OK, ""),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, State.OK, ""),
        (256, resource.RLIM_INFINITY, State.WARN, "ulimit -n 4096"),
        (256, 2048, State.WARN, "ulimit -n 2048"),
        (256, 512, State.WARN, ""),
    ],
)
def test_too_few_descriptors_are_a_warning_with_what_can_be_had(
    soft: int, hard: int, state: State, remedy: str
) -> None:
    finding = machine.judge_open_files(soft, hard)
    assert (finding.state, finding.remedy) == (state, remedy)


def test_the_first_problem_of_a_configuration_is_told_with_the_number_of_others() -> None:
    problems = [ConfigProblem(file="x y.yaml", line=line, column=1, message="bad") for line in (1, 2, 3)]
    finding = storage.judge_configuration(ConfigErrors(problems))
    assert finding.remedy == "bt-console check-config 'x y.yaml'"
    assert "2 more" in say("en", finding.message)


def test_a_store_in_a_directory_yet_to_be_made_can_be_written(tmp_path: Path) -> None:
    assert storage.store(tmp_path / "a" / "b" / "store.db").state is State.OK


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_in_a_closed_directory_cannot(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    finding = storage.store(tmp_path / "store.db")
    tmp_path.chmod(0o700)
    assert finding.state is State.FAIL
    assert str(tmp_path) in finding.remedy


@pytest.mark.parametrize(
    ("free_mib", "state"), [(1024, State.OK), (1023, State.WARN), (100, State.WARN), (99, State.FAIL)]
)
def test_a_full_disk_is_told_before_it_is_full(free_mib: int, state: State, tmp_path: Path) -> None:
    assert storage.judge_space(free_mib * storage.MIB, tmp_path / "store.db").state is state


def test_a_store_nobody_writes_has_no_owner(filled: Filled) -> None:
    assert storage.lock_owner(filled.path) == str(os.getpid())
    assert storage.lock_owner(filled.path.with_name("other.db")) is None
    filled.writer.close()
    assert storage.lock_owner(filled.path) is None


@pytest.mark.parametrize(
    ("reading", "state"),
    [
        (Reading(outcome=Outcome.OK), State.OK),
        (Reading(outcome=Outcome.TIMEOUT, detail="no answer"), State.FAIL),
        (Reading(outcome=Outcome.ERROR, failure=FailureKind.PERMISSION, detail="forbidden"), State.UNKNOWN),
    ],
)
def test_an_uplink_is_not_blamed_for_what_we_could_not_measure(
    settings: Settings, reading: Reading, state: State
) -> None:
    target = settings.inventory.targets[TargetId("hub/uplink-internet")]
    finding: Finding = judge_reach(target, reading)
    assert finding.state is state
    assert target.address in say("en", finding.message)
