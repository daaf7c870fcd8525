"""Asks the kernel how it keeps time: whether something steers its clock, and how wrong the clock may be.

Source: Linux adjtimex(2), include/uapi/linux/timex.h.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from typing import Any

_UNSYNCHRONISED = 0x0040
_NANOSECONDS = 0x2000


class _Timex(ctypes.Structure):
    """struct timex up to what is read here, and room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("rest", ctypes.c_byte * 256),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """What the kernel says of its clock."""

    is_synchronised: bool
    """False when no time service steers it, or none has lately."""
    offset_s: float
    """What is left to correct."""
    error_s: float
    """The most it can be wrong, by the time service's own estimate; grows while nobody corrects it, up to 16 s."""


def read_clock() -> ClockState | None:
    """Return None where there is no such call, or where it is forbidden."""
    call = _adjtimex()
    found = _Timex(modes=0)
    if call is None or call(ctypes.byref(found)) < 0:
        return None
    return clock_state(found.status, found.offset, found.maxerror)


def clock_state(status: int, offset: int, max_error_us: int) -> ClockState:
    """Turn the kernel's numbers to seconds."""
    return ClockState(
        is_synchronised=not status & _UNSYNCHRONISED,
        offset_s=offset / (1e9 if status & _NANOSECONDS else 1e6),
        error_s=max_error_us / 1e6,
    )


@cache
def _adjtimex() -> Any:
    return getattr(ctypes.CDLL(None, use_errno=True), "adjtimex", None)
