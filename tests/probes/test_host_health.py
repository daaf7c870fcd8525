import os
from datetime import UTC, datetime

import pytest

from probes.api import Outcome, Shared
from probes.host_health import CpuMeter
from tests.servers.ask import ask


async def test_this_machine_is_measured() -> None:
    reading = await ask("host_health", "localhost")
    assert reading.outcome is Outcome.OK
    ratios = {name: value for name, value in reading.measures.items() if name.endswith("_ratio")}
    assert set(ratios) == {"cpu_ratio", "memory_used_ratio", "swap_used_ratio", "disk_used_ratio"}
    assert all(0.0 <= value <= 1.0 for value in ratios.values())
    assert ratios["memory_used_ratio"] > 0
    assert reading.measures["uptime_s"] > 0
    assert reading.measures["open_files_count"] >= 3
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
    assert after.measures["open_files_count"] - before.measures["open_files_count"] == 40


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


async def test_another_machine_is_refused() -> None:
    with pytest.raises(ValueError, match="write localhost"):
        await ask("host_health", "192.0.2.1")


async def test_a_disk_that_is_not_there_is_no_fault_of_the_machine() -> None:
    with pytest.raises(FileNotFoundError):
        await ask("host_health", "localhost", disk="/no/such/disk")
