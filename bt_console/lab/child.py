"""The lab process's view of the processes that work for it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from bt_console.lab.errors import LabError

_ANSWER_WITHIN_S = 30.0
ROOT = Path(__file__).resolve().parents[2]
"""Where the packages are, for interpreters started by us."""


def python(module: str) -> list[str]:
    """Return the command line of one of the lab's programs. -P: the working directory is not ours to import from."""
    return [sys.executable, "-P", "-m", module]


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment with the product importable."""
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), known))), **more}


class Child:
    """One process, asked in JSON lines."""

    def __init__(self, module: str, pass_fds: Collection[int] = ()) -> None:
        self.name = module.removeprefix("bt_console.lab.")
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                python(module),
                stdin=theirs.fileno(),
                pass_fds=tuple(pass_fds),
                env=environment(BT_LAB_PARENT=str(os.getpid())),
            )
        self._socket = ours
        self._socket.settimeout(_ANSWER_WITHIN_S)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def tell(self, order: dict[str, Any]) -> None:
        """Send an order without waiting for it to be done."""
        self._socket.sendall(json.dumps(order).encode() + b"\n")

    def wait(self) -> dict[str, Any]:
        """Wait for the answer to the oldest order. Raises LabError when none comes."""
        answer = b""
        try:
            while not answer.endswith(b"\n"):
                part = self._socket.recv(1 << 16)
                if not part:
                    raise LabError("lab.child_ended", name=self.name)
                answer += part
        except OSError as error:
            raise LabError("lab.child_silent", name=self.name, why=error) from error
        found: dict[str, Any] = json.loads(answer)
        if "error" in found:
            raise LabError.of(found["error"])
        return found

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Send an order and wait until it is carried out."""
        self.tell(order)
        return self.wait()

    def end(self) -> None:
        """Close its line, which ends it, and reap it."""
        self._socket.close()
        self._process.terminate()
        self._process.wait()
