"""The last one out: a tiny process that ends what is left of a lab and removes its files, however the lab ended.

It waits on a pipe whose other end only the lab process holds, so not even kill -9 goes unnoticed.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from bt_console.lab import kernel
from bt_console.lab.rundir import sweep

_POLITE_S = 1.0
_STUBBORN_S = 5.0
_LOOK_EVERY_S = 0.02


def start_guardian(run_dir: Path, *, is_dir_ours: bool) -> tuple[int, int]:
    """Fork the guardian; return its pid and the pipe: write inodes of namespaces to it, close it to be cleaned up."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            _stand_guard(reading, run_dir, is_dir_ours)
        finally:
            os._exit(0)
    os.close(reading)
    return pid, writing


def describe_spaces(pipe: int, inodes: Collection[int]) -> None:
    """Tell the guardian which network namespaces are the lab's."""
    os.write(pipe, json.dumps(sorted(inodes)).encode() + b"\n")


def _stand_guard(reading: int, run_dir: Path, is_dir_ours: bool) -> None:
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    kernel.set_name("bt-lab-guardian")
    os.chdir("/")
    os.dup2(reading, 0)
    os.closerange(1, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") < 4096 else 4096)
    told = b""
    while part := os.read(0, 1 << 16):
        told += part
    end_inhabitants(set(json.loads(told or b"[]")))
    sweep(run_dir, is_ours=is_dir_ours)


def end_inhabitants(inodes: Collection[int]) -> None:
    """End every process that is in one of the network namespaces, except this one."""
    start_s = time.monotonic()
    signalled: set[int] = set()
    while (left := inhabitants(inodes)) and time.monotonic() - start_s < _STUBBORN_S:
        is_polite = time.monotonic() - start_s < _POLITE_S
        for pid in left - signalled if is_polite else left:
            with suppress(OSError):
                os.kill(pid, signal.SIGTERM if is_polite else signal.SIGKILL)
        signalled |= left
        time.sleep(_LOOK_EVERY_S)


def inhabitants(inodes: Collection[int]) -> set[int]:
    """Return the pids of the processes in any of the network namespaces, without this one."""
    names = {f"net:[{inode}]" for inode in inodes}
    found: set[int] = set()
    for entry in Path("/proc").iterdir() if names else ():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):  # it ended, or is another user's
                if str((entry / "ns" / "net").readlink()) in names:
                    found.add(int(entry.name))
    return found
