"""The process that starts plugins so that the engine never forks: `python -m probes._wire.plugin_process`, on request.

Standard input is one end of a SEQPACKET socket. Each packet in is JSON: {"id", "argv", "timeout_s"} starts a plugin,
{"id", "cancel": true} ends it. Each packet out is one line of JSON, {"id", "ended", "code", "run_s"}, and after it what
the plugin printed. When the other end closes, every plugin is killed and the process ends.

A plugin gets no shell, no input, an environment of a few fixed names, a process group of its own that is killed when it
ends or is late (what leaves its group escapes), and room for OUTPUT_OCTETS of output.

Source: Monitoring Plugins Development Guidelines; Linux pidfd_open(2).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

OUTPUT_OCTETS = 65_536
PACKET_OCTETS = 131_072
"""A request of ours, or an answer: the output and a line before it."""
FLOOD_OCTETS = 1_048_576
"""Whoever prints more is killed: throwing it away would cost as much as printing it."""
ATONCE_COUNT = 16
KILL_S = 1.0
"""A killed process is gone at once, unless the kernel holds it in a system call."""
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}


@dataclass(slots=True, kw_only=True)
class Ended:
    """How a plugin ended."""

    how: str
    """exit (code is its exit code), signal (code is the signal), late, flood, refused (output says why)."""
    code: int = 0
    output: bytes = b""


@dataclass(slots=True)
class Helper:
    """Runs what it is asked to, several at once."""

    channel: socket.socket
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(ATONCE_COUNT))
    running: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    async def serve(self) -> None:
        """Take requests until the other end closes."""
        loop = asyncio.get_running_loop()
        self.channel.setblocking(False)
        async with asyncio.TaskGroup() as group:
            while packet := await loop.sock_recv(self.channel, PACKET_OCTETS):
                self._take(json.loads(packet), group)
            for task in self.running.values():
                task.cancel()

    def _take(self, request: dict[str, Any], group: asyncio.TaskGroup) -> None:
        number = int(request["id"])
        if "cancel" in request:
            if number in self.running:
                self.running[number].cancel()
            return
        task = group.create_task(self._answer(number, request["argv"], float(request["timeout_s"])))
        self.running[number] = task
        task.add_done_callback(lambda _: self.running.pop(number, None))

    async def _answer(self, number: int, argv: list[str], timeout_s: float) -> None:
        loop = asyncio.get_running_loop()
        async with self.slots:
            start_s = loop.time()
            ended = await run(argv, timeout_s)
            run_s = loop.time() - start_s
        head = json.dumps({"id": number, "ended": ended.how, "code": ended.code, "run_s": run_s})
        with suppress(OSError):  # the engine may have gone; then serve() ends too
            await loop.sock_sendall(self.channel, head.encode() + b"\n" + ended.output)


async def run(argv: list[str], timeout_s: float) -> Ended:
    """Run one plugin; its whole process group is gone when this returns or is cancelled."""
    try:
        child = _start(argv)
    except OSError as error:
        return Ended(how="refused", output=(error.strerror or str(error)).encode())
    except ValueError as error:
        return Ended(how="refused", output=str(error).encode())
    with Child(child) as watched:
        try:
            async with asyncio.timeout(timeout_s):
                return await watched.end()
        except TimeoutError:
            return Ended(how="late", output=watched.output)


def _start(argv: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - running what the configuration names is the purpose; no shell
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=ENVIRONMENT,
        cwd="/",
        start_new_session=True,
        bufsize=0,
    )


class Child:
    """Collects the output of a process and waits for its end without a thread; kills its group on leaving."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdout is not None
        self._child = child
        self._loop = asyncio.get_running_loop()
        self._pipe = child.stdout.fileno()
        self._descriptor = os.pidfd_open(child.pid)
        self._is_done = asyncio.Event()
        self._kept = bytearray()
        self._count = 0
        os.set_blocking(self._pipe, False)
        self._loop.add_reader(self._pipe, self._read)
        self._loop.add_reader(self._descriptor, self._is_done.set)

    @property
    def output(self) -> bytes:
        """What was printed so far, cut at OUTPUT_OCTETS."""
        return bytes(self._kept)

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.remove_reader(self._descriptor)
        self._loop.remove_reader(self._pipe)
        # The group first: once its leader is reaped, its number may be anybody's.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(KILL_S)
        os.close(self._descriptor)
        if self._child.stdout is not None:
            self._child.stdout.close()

    async def end(self) -> Ended:
        """Wait until it ends by itself or has printed far too much."""
        await self._is_done.wait()
        while self._read():
            pass
        if self._count > FLOOD_OCTETS:
            return Ended(how="flood", output=self.output)
        return self._verdict()

    def _verdict(self) -> Ended:
        state = os.waitid(os.P_PIDFD, self._descriptor, os.WEXITED | os.WNOWAIT)
        assert state is not None
        how = "exit" if state.si_code == os.CLD_EXITED else "signal"
        return Ended(how=how, code=state.si_status, output=self.output)

    def _read(self) -> bool:
        """Take what is there; False at the end of it."""
        try:
            part = os.read(self._pipe, OUTPUT_OCTETS)
        except BlockingIOError:
            return False
        self._count += len(part)
        self._kept += part[: OUTPUT_OCTETS - len(self._kept)]
        is_flood = self._count > FLOOD_OCTETS
        if is_flood:
            self._is_done.set()
        if not part or is_flood:
            self._loop.remove_reader(self._pipe)
        return bool(part) and not is_flood


def main() -> int:
    """Serve on standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the engine, which then closes the socket
    with socket.socket(fileno=os.dup(0)) as channel:
        asyncio.run(Helper(channel).serve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
