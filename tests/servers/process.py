"""A real server as a child process: started, waited for, ended with all its children, whatever the test does."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

LIMIT_S = 10.0


@asynccontextmanager
async def running(*argv: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> AsyncIterator[int]:
    """Run a program in a session of its own and give its process id; its words go nowhere."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        cwd=cwd,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process.pid
    finally:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, sign)
            with suppress(TimeoutError):
                async with asyncio.timeout(3.0):
                    await process.wait()
                    break


async def until_listening(port: int, host: str = "127.0.0.1") -> None:
    """Wait until somebody takes connections there."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                _, writer = await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                return
