"""Maps errors of the operating system's sockets to what they say about the target or about this machine."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def network_errors(doing: str, *, at_once: bool = False) -> Iterator[None]:
    """Turn a socket's OSError into a ProbeFailure; time-outs and errors nobody foresaw pass unchanged.

    `at_once` marks a call that returns before any packet could have come back.
    """
    try:
        yield
    except TimeoutError:
        raise
    except OSError as error:
        kind = failure_kind(error.errno, at_once=at_once)
        if kind is None:
            raise
        raise ProbeFailure(kind, f"{doing}: {os.strerror(error.errno or 0)}") from error


def failure_kind(code: int | None, *, at_once: bool = False) -> FailureKind | None:
    """Return the kind an errno stands for, None when it is not known."""
    if code is None:
        return None
    return _AT_ONCE.get(code, _KINDS.get(code)) if at_once else _KINDS.get(code)
