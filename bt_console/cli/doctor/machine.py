"""Is the clock right, and are there enough file descriptors?

Source: adjtimex(2): mode 0 only reads; TIME_ERROR (5) says the clock is not synchronised. getrlimit(2).
"""

from __future__ import annotations

import ctypes
import resource

from bt_console.cli.doctor.finding import Finding, State, ok
from bt_console.words import message

_TIME_ERROR = 5
_TIMEX_OCTETS = 512
"""More than any kernel's struct timex; all zero asks without setting."""
FILES_NEEDED_COUNT = 1024


def clock() -> Finding:
    """Return whether the kernel believes its clock is synchronised."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        answer = int(libc.adjtimex(ctypes.create_string_buffer(_TIMEX_OCTETS)))
    except AttributeError:
        answer = -1
    return judge_clock(answer)


def judge_clock(answer: int) -> Finding:
    """Return the verdict on adjtimex's answer."""
    if answer < 0:
        return Finding(name="clock", state=State.UNKNOWN, message=message("doctor.clock.unknown"))
    if answer == _TIME_ERROR:
        return Finding(
            name="clock",
            state=State.WARN,
            message=message("doctor.clock.warn"),
            remedy="sudo timedatectl set-ntp true",
        )
    return ok("clock")


def open_files() -> Finding:
    """Return whether this process may open enough sockets and files."""
    return judge_open_files(*resource.getrlimit(resource.RLIMIT_NOFILE))


def judge_open_files(soft: int, hard: int) -> Finding:
    """Return the verdict on a soft limit; the remedy cannot go beyond the hard one."""
    if soft == resource.RLIM_INFINITY or soft >= FILES_NEEDED_COUNT:
        return ok("open_files", soft=soft)
    is_reachable = hard == resource.RLIM_INFINITY or hard >= FILES_NEEDED_COUNT
    remedy = "ulimit -n 4096" if hard == resource.RLIM_INFINITY or hard >= 4096 else f"ulimit -n {hard}"
    text = message("doctor.open_files.warn", soft=soft, needed=FILES_NEEDED_COUNT)
    return Finding(name="open_files", state=State.WARN, message=text, remedy=remedy if is_reachable else "")
