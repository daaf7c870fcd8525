from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from probes._wire.plugin_process import ENVIRONMENT
from probes._wire.plugin_runner import PluginRunner
from probes.api import FailureKind, Outcome, Reading, Shared
from probes.nagios_plugin import NagiosPluginParams
from tests.servers.ask import ask
from tests.servers.daemons import binary
from tests.servers.tcp_server import saying, serving


@pytest.fixture
def shared() -> Iterator[Shared]:
    own = Shared()
    yield own
    own.close()


def script(folder: Path, *lines: str) -> str:
    path = folder / "plugin"
    path.write_text("#!/bin/sh\n" + "\n".join(lines) + "\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


async def run(folder: Path, *lines: str, **params: object) -> Reading:
    return await ask("nagios_plugin", "127.0.0.1", argv=(script(folder, *lines), "{address}"), **params)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "outcome", "failure", "status"),
    [
        (0, Outcome.OK, None, "ok"),
        (1, Outcome.OK, None, "warning"),
        (2, Outcome.FAIL, FailureKind.MISMATCH, "critical"),
        (3, Outcome.ERROR, FailureKind.INTERNAL, "unknown"),
    ],
)
async def test_a_real_plugins_exit_code_decides(
    code: int, outcome: Outcome, failure: FailureKind | None, status: str
) -> None:
    plugin = binary("check_dummy", "monitoring-plugins-basic")
    reading = await ask("nagios_plugin", "127.0.0.1", argv=(plugin, str(code), "said so"))
    assert (reading.outcome, reading.failure) == (outcome, failure)
    assert (reading.facts["status"], reading.measures["status_code"]) == (status, code)
    assert "said so" in str(reading.facts["message"])
    assert ("said so" in reading.detail) == (code != 0)


async def test_check_tcp_reaches_the_address_and_its_time_becomes_seconds() -> None:
    binary("check_tcp", "monitoring-plugins-basic")
    async with serving(saying(b"hello")) as port:
        reading = await ask("nagios_plugin", "127.0.0.1", argv=f"check_tcp -H {{address}} -p {port}")
    assert reading.outcome is Outcome.OK, reading.detail
    assert (reading.facts["perf_label"], reading.facts["perf_unit"]) == (("time",), ("s",))
    assert reading.measures["perf_count"] == 1
    assert reading.measures["run_s"] > 0


async def test_the_address_is_an_argument_and_no_shell_reads_it(tmp_path: Path) -> None:
    plugin = script(tmp_path, 'echo "[$1]"')
    reading = await ask("nagios_plugin", "a b;$(reboot)`", argv=(plugin, "{address}"))
    assert reading.facts["message"] == "[a b;$(reboot)`]"


async def test_a_plugin_sees_none_of_our_environment_and_no_input(tmp_path: Path) -> None:
    reading = await run(tmp_path, "cat; /usr/bin/env | sort | tr '\\n' ' '")
    seen = {word.partition("=")[0] for word in str(reading.facts["message"]).split()}
    assert seen <= {*ENVIRONMENT, "PWD", "_", "SHLVL", "OLDPWD"}


async def test_several_lines_of_output_are_read_as_nagios_does(tmp_path: Path) -> None:
    reading = await run(tmp_path, "printf 'DISK OK|/=10KB;20;30;0;40\\nmore text\\nend | /home=50%%\\n/tmp=2ms'")
    assert reading.facts["message"] == "DISK OK"
    assert reading.facts["perf_label"] == ("/", "/home", "/tmp")
    assert reading.facts["perf_value"] == (10240.0, 0.5, 0.002)
    assert reading.facts["perf_unit"] == ("octets", "ratio", "s")


async def test_output_without_end_ends_the_plugin(tmp_path: Path) -> None:
    reading = await run(tmp_path, "exec /usr/bin/yes")
    assert (reading.outcome, reading.failure) == (Outcome.ERROR, FailureKind.INTERNAL)
    assert "more than anybody reads" in reading.detail


async def test_long_output_is_cut_and_the_exit_code_still_counts(tmp_path: Path) -> None:
    reading = await run(tmp_path, "head -c 200000 /dev/zero | tr '\\0' x", "exit 2")
    assert reading.outcome is Outcome.FAIL
    assert len(str(reading.facts["message"])) <= 300


async def test_escapes_in_the_output_are_made_visible(tmp_path: Path) -> None:
    reading = await run(tmp_path, "printf '\\033[2Jgone|\\033x=1'", "exit 2")
    assert "\x1b" not in f"{reading.detail}{reading.facts}"


async def test_a_late_plugin_and_its_children_are_gone_at_the_deadline(tmp_path: Path, shared: Shared) -> None:
    pids = tmp_path / "pids"
    lines = (f"sleep 60 & echo $! $$ > {pids}.new; mv {pids}.new {pids}; wait",)
    reading = await run(tmp_path, *lines, timeout_s=1.0, shared=shared)
    assert (reading.outcome, reading.facts["phase"]) == (Outcome.TIMEOUT, "plugin")
    for pid in pids.read_text().split():
        await _gone(int(pid))


async def test_what_a_plugin_leaves_running_is_ended_with_it(tmp_path: Path, shared: Shared) -> None:
    reading = await run(tmp_path, "sleep 60 & echo $!", shared=shared)
    assert reading.outcome is Outcome.OK
    await _gone(int(str(reading.facts["message"])))


async def _gone(pid: int) -> None:
    """Wait until a process is no more, or only the entry of one that ended."""
    await asyncio.to_thread(_wait_until_gone, pid)


def _wait_until_gone(pid: int) -> None:
    with suppress(FileNotFoundError, ProcessLookupError):
        while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            time.sleep(0.01)


async def test_many_at_once_share_one_helper_and_each_gets_its_own_answer(tmp_path: Path, shared: Shared) -> None:
    plugin = script(tmp_path, "echo $1; exit 1")
    wanted = [ask("nagios_plugin", f"host-{number}", argv=(plugin, "{address}"), shared=shared) for number in range(40)]
    readings = await asyncio.gather(*wanted)
    assert [reading.facts["message"] for reading in readings] == [f"host-{number}" for number in range(40)]


async def test_a_helper_that_was_killed_is_an_error_and_the_next_run_has_another(
    tmp_path: Path, shared: Shared
) -> None:
    runner = shared.get(PluginRunner)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(run(tmp_path, "sleep 60", shared=shared))
        await asyncio.sleep(0)  # the first step of the run starts the helper
        first = runner.pid
        assert first is not None
        os.kill(first, 9)
    assert running.result().failure is FailureKind.INTERNAL
    assert (await run(tmp_path, "echo fine", shared=shared)).facts["message"] == "fine"
    assert runner.pid not in (None, first)


async def test_a_closed_runner_leaves_no_process(tmp_path: Path) -> None:
    own = Shared()
    await run(tmp_path, "true", shared=own)
    pid = own.get(PluginRunner).pid
    own.close()
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("line", ["kill -11 $$", "exit 7"])
async def test_an_end_that_means_nothing_is_an_error(tmp_path: Path, line: str) -> None:
    reading = await run(tmp_path, line)
    assert (reading.outcome, reading.failure) == (Outcome.ERROR, FailureKind.INTERNAL)


@pytest.mark.parametrize("argv", [("/no/such/plugin",), ("no_such_plugin",), ("/etc/passwd",)])
async def test_a_plugin_that_cannot_be_run_is_no_fault_of_the_target(argv: tuple[str, ...]) -> None:
    reading = await ask("nagios_plugin", "127.0.0.1", argv=argv)
    assert (reading.outcome, reading.failure) == (Outcome.ERROR, FailureKind.PERMISSION)
    assert argv[0] in reading.detail


async def test_an_address_that_looks_like_an_option_is_refused() -> None:
    reading = await ask("nagios_plugin", "--help")
    assert reading.failure is FailureKind.INTERNAL
    assert "taken for an option" in reading.detail


@pytest.mark.parametrize("argv", [(), "", ("",), "bin/plugin", ("a\0b",), ("x",) * 101, "unended 'quote"])
def test_a_command_that_makes_no_sense_is_refused(argv: tuple[str, ...] | str) -> None:
    with pytest.raises(ValueError, match=r"argv|quotation"):
        NagiosPluginParams(argv=argv)
