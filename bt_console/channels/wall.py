"""A line on every terminal of this machine, by the system's own `wall`: needs no network, no root and no console.

Source: util-linux wall(1).
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
from contextlib import suppress
from dataclasses import dataclass

from bt_console.channels.api import ChannelContext, ChannelError, ChannelKind, Letter, Sent
from bt_console.model.oncall import ChannelPath
from bt_console.model.paging import SendOutcome
from probes.api import clean

LINES_COUNT = 20
LINE_LIMIT = 300
_ERRORS_LIMIT = 4096
_INSTALL = "install it (Debian: apt install bsdutils) or give its path in `command`"


@dataclass(frozen=True, slots=True, kw_only=True)
class WallParams:
    """What to run."""

    command: str = "wall"
    """Program and arguments; it gets the text on its standard input. No shell reads them."""

    def __post_init__(self) -> None:
        if not self.argv():
            raise ValueError("command is empty: write wall, or the path of a program that takes its place")

    def argv(self) -> tuple[str, ...]:
        """Return program and arguments. Raises ValueError for a quote that has no end."""
        return tuple(shlex.split(self.command))


async def send(params: WallParams, address: str, letter: Letter, ctx: ChannelContext) -> Sent:
    """Write the letter to whoever is logged in. It cannot be known whether anybody is, or reads."""
    try:
        process = await _started(params.argv())
    except (FileNotFoundError, PermissionError) as error:
        return _not_started(SendOutcome.PERMANENT, params, f"{error.strerror}: {_INSTALL}")
    except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
        return _not_started(SendOutcome.TRANSIENT, params, str(error))
    try:
        async with asyncio.timeout(ctx.timeout_s):
            said = await _conversation(process, written(letter).encode())
    except TimeoutError:
        return Sent(outcome=SendOutcome.AMBIGUOUS, detail=f"{params.argv()[0]} did not end in {ctx.timeout_s:g} s")
    finally:
        await _end(process)
    return _judged(process.returncode or 0, said)


def written(letter: Letter) -> str:
    """Return what stands on the terminals: title and body, line by line, nothing that steers a terminal."""
    lines = [letter.title, *letter.body.splitlines()]
    shown = [clean(line, LINE_LIMIT) for line in lines if line.strip()]
    return "\n".join(shown[:LINES_COUNT]) + "\n"


async def _started(argv: tuple[str, ...]) -> asyncio.subprocess.Process:
    # wall shows as octal numbers what the locale cannot print; a service has none of its own.
    return await asyncio.create_subprocess_exec(
        *argv,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )


async def _conversation(process: asyncio.subprocess.Process, text: bytes) -> str:
    """Give the text, read the complaints (the first few kilobytes) and wait for the end."""
    assert process.stdin
    assert process.stderr
    process.stdin.write(text)
    with suppress(OSError):  # a program that does not read its input
        await process.stdin.drain()
    process.stdin.close()
    said = b""
    while piece := await process.stderr.read(_ERRORS_LIMIT):
        said = (said + piece)[:_ERRORS_LIMIT]
    await process.wait()
    return said.decode("utf-8", "replace")


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the program and all it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _judged(code: int, said: str) -> Sent:
    if code == 0:
        return Sent(outcome=SendOutcome.ACCEPTED, detail="written to every terminal that takes it", is_proof=False)
    reason = clean(said.strip()) or "it does not say why"
    return Sent(outcome=SendOutcome.TRANSIENT, code=str(code), detail=f"wall ended with {code}: {reason}")


def _not_started(outcome: SendOutcome, params: WallParams, reason: str) -> Sent:
    return Sent(outcome=outcome, detail=clean(f"{params.argv()[0]} cannot be run: {reason}"))


async def check(params: WallParams, ctx: ChannelContext) -> None:
    """Look whether the program is there. Raises ChannelError."""
    if shutil.which(params.argv()[0]) is None:
        raise ChannelError(f"{params.argv()[0]} is not on this machine: {_INSTALL}")


def check_address(address: str) -> None:
    """Accept anything: a terminal has no address of its own."""


CHANNEL = ChannelKind(
    name="wall",
    params=WallParams,
    send=send,
    path=ChannelPath.LOCAL,
    address_example="",
    check_address=check_address,
    params_example={},
    check=check,
    is_broadcast=True,
)
