"""The one place where any error of a part of ours is caught: what it measures or sends fails, the monitor goes on."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)


class Crash(Exception):
    """A part failed by our own fault; the traceback is in the log."""


async def contained(work: Awaitable[T], what: str) -> T:
    """Return what the work returns. Raises Crash for any error it lets escape; cancellation passes."""
    try:
        return await work
    except Exception as error:
        log.exception("%s failed by our own fault", what)
        raise Crash(f"{type(error).__name__}: {error}") from error
