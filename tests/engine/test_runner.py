"""Every way a run can end becomes a reading; our own stalls are never a target's fault."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from bt_console.engine.clock import SystemClock
from bt_console.engine.runner import Instruments, measure
from bt_console.model.inventory import Check, CheckId, TargetId
from probes import load
from probes.api import FailureKind, Outcome, Shared
from tests.engine.clocks import HandClock
from tests.servers.tcp_server import Reader, Writer, serving


@pytest.fixture
async def tools() -> AsyncIterator[Instruments]:
    shared = Shared()
    yield Instruments(shared=shared, clock=SystemClock())
    shared.close()


def http_check(port: int, timeout_s: float = 5.0) -> Check:
    return Check(
        id=CheckId("x:http_get"),
        target_id=TargetId("x"),
        probe="http_get",
        address=f"http://127.0.0.1:{port}/",
        params=load("http_get").params(),
        interval_s=5.0,
        timeout_s=timeout_s,
    )


async def page(reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    await writer.drain()


async def silence(reader: Reader, _: Writer) -> None:
    await reader.read()


async def test_an_answer_is_ok_and_its_time_is_known(tools: Instruments) -> None:
    async with serving(page) as port:
        reading, duration_s = await measure(http_check(port), tools)
    assert reading.outcome is Outcome.OK
    assert 0 < duration_s < 5


async def test_silence_until_the_deadline_is_a_timeout(tools: Instruments) -> None:
    async with serving(silence) as port:
        reading, _ = await measure(http_check(port, timeout_s=0.2), tools)
    assert reading.outcome is Outcome.TIMEOUT


async def test_a_refusal_is_the_targets_failure(tools: Instruments) -> None:
    async with serving(page) as port:
        pass
    reading, _ = await measure(http_check(port), tools)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.REFUSED)


async def test_a_fault_of_the_program_is_an_error_of_ours(tools: Instruments, caplog: pytest.LogCaptureFixture) -> None:
    broken = Check(
        id=CheckId("x:http_get"),
        target_id=TargetId("x"),
        probe="http_get",
        address="http://127.0.0.1:1/",
        params=object(),
        interval_s=5.0,
        timeout_s=1.0,
    )
    reading, _ = await measure(broken, tools)
    assert (reading.outcome, reading.failure) == (Outcome.ERROR, FailureKind.INTERNAL)
    assert "AttributeError" in caplog.text


async def test_a_timeout_while_the_loop_was_stalled_is_withdrawn(tools: Instruments) -> None:
    async with serving(silence) as port, asyncio.TaskGroup() as group:
        task = group.create_task(measure(http_check(port, timeout_s=0.2), tools))
        await asyncio.sleep(0.05)
        time.sleep(1.2)  # noqa: ASYNC251 - the stall is what is tested
        reading, _ = await task
    assert (reading.outcome, reading.failure) == (Outcome.ERROR, FailureKind.STALLED)


async def test_a_miss_while_the_clock_jumped_is_withdrawn() -> None:
    clock, shared = HandClock(), Shared()
    tools = Instruments(shared=shared, clock=clock)
    async with serving(silence) as port, asyncio.TaskGroup() as group:
        task = group.create_task(measure(http_check(port, timeout_s=0.3), tools))
        await asyncio.sleep(0.05)
        clock.step_s(7200)
        reading, _ = await task
    shared.close()
    assert (reading.outcome, reading.failure) == (Outcome.ERROR, FailureKind.STALLED)


async def test_cancelling_a_run_cancels_it(tools: Instruments) -> None:
    async with serving(silence) as port:
        task = asyncio.ensure_future(measure(http_check(port), tools))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
