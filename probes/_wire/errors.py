"""Maps errors of the operating system's sockets to what they say about the target or about this machine."""

from __future__ import annotations

import errno
import os
from types import TracebackType

from probes.api import FailureKind, ProbeFailure

_KINDS = {
    errno.ECONNREFUSED: FailureKind.REFUSED,
    errno.ECONNRESET: FailureKind.RESET,
    errno.ECONNABORTED: FailureKind.RESET,
    errno.EPIPE: FailureKind.RESET,
    errno.EHOSTUNREACH: FailureKind.UNREACHABLE,
    errno.ENETUNREACH: FailureKind.UNREACHABLE,
    errno.EHOSTDOWN: FailureKind.UNREACHABLE,
    errno.EACCES: FailureKind.PERMISSION,
    errno.EPERM: FailureKind.PERMISSION,
    errno.EADDRNOTAVAIL: FailureKind.NO_ROUTE,
    errno.ENETDOWN: FailureKind.NO_ROUTE,
    errno.EAFNOSUPPORT: FailureKind.NO_ROUTE,
}
_AT_ONCE = {errno.ENETUNREACH: FailureKind.NO_ROUTE, errno.EHOSTUNREACH: FailureKind.NO_ROUTE}
"""The kernel refuses at once only from its own routing table; a router's refusal arrives later."""


class BadInput(ProbeFailure, ValueError):
    """What somebody wrote cannot be measured; the detail says what to write instead. A fault of nobody's program."""

    def __init__(self, detail: str) -> None:
        super().__init__(FailureKind.INTERNAL, detail)

    def __str__(self) -> str:
        return self.detail


class network_errors:  # noqa: N801 - reads as the statement it is; a class costs a third of a generator
    """Turn a socket's OSError into a ProbeFailure; time-outs and errors nobody foresaw pass unchanged.

    `at_once` marks a call that returns before any packet could have come back.
    """

    __slots__ = ("_at_once", "_doing")

    def __init__(self, doing: str, *, at_once: bool = False) -> None:
        self._doing = doing
        self._at_once = at_once

    def __enter__(self) -> None:
        return

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        if not isinstance(error, OSError) or isinstance(error, TimeoutError):
            return
        kind = failure_kind(error.errno, at_once=self._at_once)
        if kind is not None:
            raise ProbeFailure(kind, f"{self._doing}: {os.strerror(error.errno or 0)}") from error


def failure_kind(code: int | None, *, at_once: bool = False) -> FailureKind | None:
    """Return the kind an errno stands for, None when it is not known."""
    if code is None:
        return None
    return _AT_ONCE.get(code, _KINDS.get(code)) if at_once else _KINDS.get(code)
