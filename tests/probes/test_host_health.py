import os
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import psutil
import pytest

from probes._wire.kernel_clock import read_clock
from probes.api import FailureKind, Outcome, Shared
from probes.host_health import CpuMeter, OwnCpuMeter
from tests.servers.ask import ask


async def test_this_machine_is_measured() -> None:
    reading = await ask("host_health", "localhost")
    assert reading.outcome is Outcome.OK
    ratios = {name: value for name, value in reading.measures.items() if name.endswith("_ratio")}
    of_machine = {"cpu_ratio", "memory_used_ratio", "swap_used_ratio", "disk_used_ratio", "own_cpu_ratio"}
    assert of_machine <= set(ratios) <= {*of_machine, "inodes_used_ratio"}
    assert all(0.0 <= value <= 1.0 for value in ratios.values())
    assert ratios["memory_used_ratio"] > 0
    assert reading.measures["uptime_s"] > 0
    assert reading.measures["own_open_files_count"] >= 3
    assert reading.facts["hostname"] == os.uname().nodename
    assert datetime.fromisoformat(str(reading.facts["boot_at"])) < datetime.now(UTC)


async def test_a_second_run_compares_with_the_first() -> None:
    shared = Shared()
    await ask("host_health", "localhost", shared=shared)
    meter = shared.get(CpuMeter)
    before_s = meter.total_s
    await ask("host_health", "localhost", shared=shared)
    assert meter.has_started
    assert meter.total_s >= before_s > 0


async def test_more_open_descriptors_are_counted() -> None:
    before = await ask("host_health", "localhost")
    pipes = [os.pipe() for _ in range(20)]
    after = await ask("host_health", "localhost")
    for ends in pipes:
        for end in ends:
            os.close(end)
    assert after.measures["own_open_files_count"] - before.measures["own_open_files_count"] == 40


async def test_our_own_process_is_measured_apart() -> None:
    process, reading = psutil.Process(), await ask("host_health", "localhost")
    assert reading.measures["own_memory_octets"] == pytest.approx(process.memory_info().rss, rel=0.2)
    assert reading.measures["own_thread_count"] >= 1


async def test_work_of_our_own_shows_in_its_share() -> None:
    shared = Shared()
    await ask("host_health", "localhost", shared=shared)
    meter = shared.get(OwnCpuMeter)
    before_s = meter.busy_s
    used_s = time.process_time() + 0.05
    while time.process_time() < used_s:
        sum(range(1000))
    reading = await ask("host_health", "localhost", shared=shared)
    assert meter.busy_s - before_s >= 0.04
    assert reading.measures["own_cpu_ratio"] > 0


@pytest.fixture
def zombie() -> Iterator[None]:
    """A child of ours that ended and that nobody has asked about."""
    with subprocess.Popen(["/bin/true"]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        yield


async def test_a_zombie_is_counted_while_it_is_one(zombie: None) -> None:
    reading = await ask("host_health", "localhost")
    assert reading.measures["zombie_count"] >= 1
    assert reading.measures["process_count"] > reading.measures["zombie_count"]


async def test_inodes_are_those_of_the_disk_asked_for() -> None:
    reading = await ask("host_health", "localhost", disk="/proc")
    assert "inodes_used_ratio" not in reading.measures, "proc has none"


async def test_the_kernels_clock_is_asked() -> None:
    reading, clock = await ask("host_health", "localhost"), read_clock()
    assert clock is not None
    assert reading.facts["clock_synchronised"] is clock.is_synchronised
    assert reading.measures["clock_error_s"] == pytest.approx(clock.error_s, abs=1.0)


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([(10.0, 100.0), (15.0, 110.0)], 0.5),
        ([(10.0, 100.0), (10.0, 100.0)], 0.0),
        ([(10.0, 100.0), (9.0, 110.0)], 0.0),
        ([(10.0, 100.0), (30.0, 110.0)], 1.0),
    ],
)
def test_processor_use_is_a_difference_that_stays_a_ratio(readings: list[tuple[float, float]], expected: float) -> None:
    meter = CpuMeter()
    assert [meter.advance(*reading) for reading in readings][-1] == expected


async def test_without_a_time_service_the_clock_has_no_offset_that_could_pass_for_right() -> None:
    reading = await ask("host_health", "localhost")
    assert ("clock_offset_s" in reading.measures) is reading.facts["clock_synchronised"]


async def test_a_disk_that_is_not_there_is_told_without_a_traceback() -> None:
    reading = await ask("host_health", "localhost", disk="/no/such/disk")
    assert (reading.failure, reading.detail) == (
        FailureKind.INTERNAL,
        "disk /no/such/disk: there is no such path on this machine",
    )


async def test_another_machine_is_refused() -> None:
    reading = await ask("host_health", "192.0.2.1")
    assert reading.failure is FailureKind.INTERNAL
    assert "write localhost" in reading.detail
