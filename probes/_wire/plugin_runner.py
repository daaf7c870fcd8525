"""The engine's side of the process that starts plugins: one per event loop, made on first use and again if it dies."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probes._wire.plugin_process import PACKET_OCTETS
from probes.api import FailureKind, ProbeFailure

_ROOT = Path(__file__).parents[2]
END_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginEnd:
    """How a plugin ended and what it printed."""

    how: str
    """As plugin_process.Ended has it."""
    code: int
    run_s: float
    output: str


@dataclass(frozen=True, slots=True)
class _Helper:
    """A running helper process and our end of the socket to it."""

    process: subprocess.Popen[bytes]
    channel: socket.socket
    loop: asyncio.AbstractEventLoop

    def tell(self, request: dict[str, Any]) -> None:
        """Send one request. Raises OSError when the helper has gone or does not keep up."""
        packet = json.dumps(request).encode()
        if len(packet) > PACKET_OCTETS:
            raise ProbeFailure(FailureKind.INTERNAL, "the plugin's arguments are too long")
        self.channel.send(packet)

    def end(self) -> None:
        """Close the socket, at which the helper kills its plugins and leaves."""
        self.loop.remove_reader(self.channel)
        self.channel.close()
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class PluginRunner:
    """Asks the helper process, any number of plugins at once."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[PluginEnd]] = {}
        self._helper: _Helper | None = None

    @property
    def pid(self) -> int | None:
        """The helper's process number, None while none runs."""
        return self._helper.process.pid if self._helper else None

    async def run(self, argv: tuple[str, ...], timeout_s: float) -> PluginEnd:
        """Run one plugin; being cancelled ends it. Raises ProbeFailure INTERNAL when the helper fails."""
        helper, number = self._started(), next(self._numbers)
        ended: asyncio.Future[PluginEnd] = helper.loop.create_future()
        self._waiting[number] = ended
        try:
            helper.tell({"id": number, "argv": argv, "timeout_s": timeout_s})
            return await ended
        except OSError as error:
            raise ProbeFailure(FailureKind.INTERNAL, f"the plugin helper cannot be asked: {error.strerror}") from error
        except asyncio.CancelledError:
            with suppress(OSError):
                helper.tell({"id": number, "cancel": True})
            raise
        finally:
            self._waiting.pop(number, None)

    def close(self) -> None:
        """End the helper and with it every plugin."""
        helper, self._helper = self._helper, None
        if helper is not None:
            helper.end()
        for ended in self._waiting.values():
            if not ended.done():
                ended.set_exception(ProbeFailure(FailureKind.INTERNAL, "the plugin helper ended"))

    def _started(self) -> _Helper:
        if self._helper is None:
            loop = asyncio.get_running_loop()
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            ours.setblocking(False)
            with theirs:
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "probes._wire.plugin_process"],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    env={"PYTHONPATH": str(_ROOT)},  # none of the engine's own variables: some are secrets
                    start_new_session=True,
                )
            self._helper = _Helper(process, ours, loop)
            loop.add_reader(ours, self._hear, ours)
        return self._helper

    def _hear(self, channel: socket.socket) -> None:
        try:
            packet = channel.recv(PACKET_OCTETS)
        except BlockingIOError:
            return
        except OSError:
            packet = b""
        if not packet:
            self.close()
            return
        head, _, output = packet.partition(b"\n")
        answer = json.loads(head)
        ended = self._waiting.get(answer["id"])
        if ended is not None and not ended.done():
            text = output.decode("utf-8", "replace")
            ended.set_result(PluginEnd(how=answer["ended"], code=answer["code"], run_s=answer["run_s"], output=text))
