"""The last one out: a tiny process that ends what is left of a lab and removes its files, however the lab ended.

It waits on a pipe whose other end only the lab process holds, so not even kill -9 goes unnoticed.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from bt_console.lab import kernel
from bt_console.lab.rundir import sweep

_POLITE_S = 1.0
_STUBBORN_S = 5.0
_LOOK_EVERY_S = 0.02
_DESCRIPTOR_LIMIT = 4096


def start_guardian(run_dir: Path, *, is_dir_ours: bool, has_namespaces: bool) -> tuple[int, int]:
    """Fork the guardian; return its pid and a pipe: it acts when the last write end of that is closed.

    has_namespaces: this process is in a user namespace of the lab's own, so whoever else is in it belongs to the lab.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            _stand_guard(reading)
            clean_up(run_dir, is_dir_ours=is_dir_ours, has_namespaces=has_namespaces)
        finally:
            os._exit(0)
    os.close(reading)
    return pid, writing


def clean_up(run_dir: Path, *, is_dir_ours: bool, has_namespaces: bool) -> None:
    """End what is left of the lab and remove its files."""
    if has_namespaces:
        end_inhabitants()
    sweep(run_dir, is_ours=is_dir_ours)


def _stand_guard(reading: int) -> None:
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    kernel.set_name("bt-lab-guardian")
    os.chdir("/")
    os.dup2(reading, 0)
    os.closerange(1, _DESCRIPTOR_LIMIT)
    os.read(0, 1)


def end_inhabitants() -> None:
    """End every other process in this process's user namespace."""
    start_s = time.monotonic()
    signalled: set[int] = set()
    while (left := inhabitants()) and time.monotonic() - start_s < _STUBBORN_S:
        is_polite = time.monotonic() - start_s < _POLITE_S
        for pid in left - signalled if is_polite else left:
            with suppress(OSError):
                os.kill(pid, signal.SIGTERM if is_polite else signal.SIGKILL)
        signalled |= left
        time.sleep(_LOOK_EVERY_S)


def inhabitants() -> set[int]:
    """Return the pids of the other processes in this process's user namespace.

    Not by the network namespaces: once those are gone, the kernel gives their numbers to the next lab's.
    """
    ours = Path("/proc/self/ns/user").readlink()
    found: set[int] = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):  # it ended, or is another user's
                (entry / "ns" / "net").readlink()  # a zombie has none, and nothing to end either
                if (entry / "ns" / "user").readlink() == ours:
                    found.add(int(entry.name))
    return found
