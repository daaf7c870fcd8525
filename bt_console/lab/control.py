"""The lab process's control socket: JSON lines in, JSON lines out, one connection per request.

    {"do": "status"}                      everything a front end needs to know
    {"do": "fault", "spec": SPEC}         break; answers when it is in force
    {"do": "heal", "spec": SPEC or null}  restore one, or all
    {"do": "enter", "place": PLACE}       by SCM_RIGHTS: user namespace, network namespace, pidfd of the lab
    {"do": "letters", "after": N}         what reached people after a letter's number
    {"do": "reply", "channel": ID, "sender": ADDRESS, "text": TEXT}    a person answers
    {"do": "stop"}                        end the lab
An answer is {"ok": ...} or {"error": MESSAGE}.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bt_console.lab.errors import LabError
from bt_console.lab.rundir import control_address

_REQUEST_LIMIT = 1 << 16
Answer = tuple[dict[str, Any], tuple[int, ...]]
Dispatch = Callable[[dict[str, Any]], Answer]


def listen(run_dir: Path) -> socket.socket:
    """Return the listening control socket, for its owner alone."""
    directory = os.open(run_dir, os.O_RDONLY | os.O_DIRECTORY)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    before = os.umask(0o177)
    try:
        listening.bind(control_address(directory))
    finally:
        os.umask(before)
        os.close(directory)
    listening.listen(64)
    return listening


async def serve(listening: socket.socket, dispatch: Dispatch) -> None:
    """Answer requests for ever."""
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        while True:
            connection, _ = await loop.sock_accept(listening)
            group.create_task(_answer(connection, dispatch))


async def _answer(connection: socket.socket, dispatch: Dispatch) -> None:
    loop = asyncio.get_running_loop()
    with connection:
        try:
            request = b""
            while not request.endswith(b"\n") and len(request) < _REQUEST_LIMIT:
                part = await loop.sock_recv(connection, _REQUEST_LIMIT)
                if not part:
                    return
                request += part
            answer, fds = _dispatched(request, dispatch)
            socket.send_fds(connection, [b"\x00"], list(fds))
            await loop.sock_sendall(connection, json.dumps(answer).encode() + b"\n")
        except OSError:
            return  # the client left without waiting


def _dispatched(request: bytes, dispatch: Dispatch) -> Answer:
    try:
        order = json.loads(request)
        return dispatch(order) if isinstance(order, dict) else ({"error": "lab.bad_request"}, ())
    except ValueError:
        return {"error": "lab.bad_request"}, ()
    except LabError as error:
        return {"error": error.message}, ()
