"""A short-lived process: gets its input on a pipe, may print a bounded amount, and is gone when its time is over."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

OUTPUT_OCTETS = 65_536


async def run(
    argv: Sequence[str], given: bytes, timeout_s: float, environment: Mapping[str, str]
) -> tuple[bytes, bool]:
    """Return what it printed and whether it ended by itself. Its whole process group is gone afterwards.

    Raises OSError when it cannot be started.
    """
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=dict(environment),
        start_new_session=True,
    )
    output = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            await _talk(process, given, output)
            await process.wait()
        return bytes(output), True
    except TimeoutError:
        return bytes(output), False
    finally:
        await _end(process)


async def _talk(process: asyncio.subprocess.Process, given: bytes, output: bytearray) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError, ConnectionResetError):  # it need not read to answer
        process.stdin.write(given)
        await process.stdin.drain()
    process.stdin.close()
    while part := await process.stdout.read(OUTPUT_OCTETS):
        output += part
        if len(output) > OUTPUT_OCTETS:
            raise TimeoutError  # who prints so much is no more waited for


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    transport = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()  # the pipes, which a grandchild may hold open for ever
    await process.wait()
