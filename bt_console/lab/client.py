"""The lab as front ends and tests use it: start, attach, break, heal, run commands inside.

    run_dir/owner.json    whose it is          run_dir/ca.pem       what its certificates are signed by
    run_dir/control.sock  where it listens     run_dir/config.yaml  the rewritten configuration (fallback only)

Synchronous, standard library only, cheap to import.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from bt_console.lab.child import environment, python
from bt_console.lab.errors import LabError
from bt_console.lab.faults import discover
from bt_console.lab.faults.api import FaultKind
from bt_console.lab.plan import Names
from bt_console.lab.rundir import control_address, is_gone, live_owner

__all__ = ["Arrival", "Lab", "LabError"]

_START_WITHIN_S = 120.0
_STOP_WITHIN_S = 15.0
_ANSWER_WITHIN_S = 30.0
_ENTER = Path(__file__).with_name("enter.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message in somebody's hands."""

    seq: int
    at: datetime
    channel: str
    recipient: str
    """The address it came to."""
    contact: str
    """Id of whose that is; empty for a stranger's."""
    name: str
    text: str
    message_id: str
    """What the sender was told it is called."""

    @classmethod
    def of(cls, document: dict[str, Any]) -> Arrival:
        """Return it as the lab reported it."""
        return cls(**{**document, "at": datetime.fromisoformat(document["at"])})


class Lab:
    """A running lab. Made by start or attach."""

    def __init__(self, run_dir: Path, process: subprocess.Popen[bytes] | None = None, owner_fd: int = -1) -> None:
        self._run_dir = run_dir
        self._process = process
        self._owner_fd = owner_fd
        status = self.status()
        self.is_namespaced: bool = status["is_namespaced"]
        """False: the loopback fallback."""
        self.missing: tuple[str, ...] = tuple(status["missing"])
        """Messages for words.say(): what the fallback lacks and why; empty with namespaces."""
        self.trust_file = Path(status["trust_file"])
        self.secrets_dir = Path(status["secrets_dir"])
        """Files to give the monitor credentials by reference: `file:SECRETS_DIR/snmp-community` (secrets.py)."""
        self.config_path = Path(status["config"])
        """The configuration to monitor it with."""
        self.places: tuple[str, ...] = tuple(status["places"])
        """Where spawn can run something."""
        self._environment: dict[str, str] = status["environment"]
        self.names = Names(**{name: tuple(values) for name, values in status["names"].items()})

    @classmethod
    def start(cls, config: Path, run_dir: Path, *, detach: bool = False, fallback: bool = False) -> Lab:
        """Build the district of a configuration; return when every link and service answers inside.

        The lab ends with stop(), and with this process however it ends; detach: it outlives this process.
        fallback: use loopback addresses even where namespaces are allowed. Raises LabError.
        """
        reading, writing = os.pipe()
        command = [*python("bt_console.lab.process"), "--config", str(config.resolve())]
        command += ["--run-dir", str(run_dir.absolute()), *(["--fallback"] if fallback else [])]
        command += [] if detach else ["--owner-fd", str(reading)]
        with tempfile.TemporaryFile() as errors:
            try:
                process = subprocess.Popen(  # noqa: S603 - our own module
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    pass_fds=() if detach else (reading,),
                    env=environment(),
                    cwd="/",
                )
            finally:
                os.close(reading)
            try:
                _await_report(process, errors)
                if detach:
                    process.wait()  # what was started left the lab behind and ended
                return cls(run_dir, None if detach else process, writing)
            except BaseException:
                os.close(writing)
                process.wait()
                raise

    @classmethod
    def attach(cls, run_dir: Path) -> Lab:
        """Return the lab that runs in a directory. Raises LabError when none does."""
        return cls(run_dir)

    def faults(self) -> tuple[FaultKind, ...]:
        """Return the kinds of faults; kind.values(lab.names) are the possible values of its arguments."""
        return tuple(discover().values())

    def fault(self, spec: str) -> None:
        """Break something; returns when it is broken. Raises LabError for a specification that makes no sense."""
        self._ask({"do": "fault", "spec": spec})

    def heal(self, spec: str | None) -> None:
        """Restore one fault (its specification, or the beginning of it up to a colon), or all."""
        self._ask({"do": "heal", "spec": spec})

    def active(self) -> tuple[str, ...]:
        """Return the specifications of the faults in force."""
        return tuple(self.status()["active"])

    def letters(self, after: int = 0) -> tuple[Arrival, ...]:
        """Return what reached people after a letter's number, oldest first."""
        return tuple(Arrival.of(found) for found in self._ask({"do": "letters", "after": after}))

    def reply(self, channel: str, sender: str, text: str) -> None:
        """Have a person (an address, or the id of a contact) answer over a channel. Raises LabError."""
        self._ask({"do": "reply", "channel": channel, "sender": sender, "text": text})

    def status(self) -> dict[str, Any]:
        """Return everything the lab says about itself."""
        found: dict[str, Any] = self._ask({"do": "status"})
        return found

    def spawn(self, place: str, argv: Sequence[str], **popen: Any) -> subprocess.Popen[Any]:
        """Start a command where a unit (or the hub) is, with all rights over its network. It ends with the lab.

        What its configuration calls `credential:NAME`, it finds among the lab's own; what it writes for a modem goes
        to the lab's.
        """
        own = {**self._environment, "CREDENTIALS_DIRECTORY": str(self.secrets_dir)}
        popen["env"] = {**(popen.get("env") or os.environ), **own}
        fds = self._enter(place)
        if not fds:
            return subprocess.Popen(list(argv), **popen)  # noqa: S603 - running the given command is the purpose
        try:
            words = [sys.executable, "-IS", str(_ENTER), *map(str, fds), *argv]
            return subprocess.Popen(words, pass_fds=(*fds, *popen.pop("pass_fds", ())), **popen)  # noqa: S603
        finally:
            for fd in fds:
                os.close(fd)

    def stop(self, within_s: float = 15.0) -> None:
        """End the lab; returns when nothing of it is left. One that does not answer in time is killed."""
        with suppress(LabError):  # it ended by itself, or hangs
            self._exchange({"do": "stop"}, within_s)
        if self._owner_fd >= 0:
            os.close(self._owner_fd)
            self._owner_fd = -1
        owner = live_owner(self._run_dir)
        if not self._is_gone_within(within_s) and owner is not None:
            os.kill(owner, signal.SIGKILL)  # it hangs; its guardian does not
            self._is_gone_within(_STOP_WITHIN_S)
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _is_gone_within(self, seconds: float) -> bool:
        end_s = time.monotonic() + seconds
        while not is_gone(self._run_dir):
            if time.monotonic() > end_s:
                return False
            time.sleep(0.01)
        return True

    def _ask(self, order: dict[str, Any]) -> Any:
        return self._exchange(order)[0]

    def _enter(self, place: str) -> list[int]:
        return self._exchange({"do": "enter", "place": place})[1]

    def _exchange(self, order: dict[str, Any], within_s: float = _ANSWER_WITHIN_S) -> tuple[Any, list[int]]:
        if live_owner(self._run_dir) is None:
            raise LabError("lab.not_up", path=self._run_dir)
        try:
            with _connected(self._run_dir, within_s) as connection:
                connection.sendall(json.dumps(order).encode() + b"\n")
                _, fds, _, _ = socket.recv_fds(connection, 1, 8)
                answer = json.loads(b"".join(iter(lambda: connection.recv(1 << 16), b"")) or b"{}")
        except OSError as error:
            raise LabError("lab.gone") from error
        if "error" in answer:
            raise LabError.of(answer["error"])
        if "ok" not in answer:
            raise LabError("lab.gone")
        return answer["ok"], fds


def _connected(run_dir: Path, within_s: float) -> socket.socket:
    directory = os.open(run_dir, os.O_RDONLY | os.O_DIRECTORY)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(within_s)
        connection.connect(control_address(directory))
    except OSError:
        connection.close()
        raise
    finally:
        os.close(directory)
    return connection


def _await_report(process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    """Wait until the lab process says it is ready. Raises LabError when it says why not, or nothing."""
    assert process.stdout is not None
    with process.stdout as stdout:
        if not select.select([stdout], [], [], _START_WITHIN_S)[0]:
            process.kill()
            raise LabError("lab.start_timeout", n=int(_START_WITHIN_S))
        line = stdout.readline()
    if not line:
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip().splitlines()
        raise LabError("lab.crashed", what=said[-1] if said else "?")
    report = json.loads(line)
    if "error" in report:
        raise LabError.of(report["error"])
