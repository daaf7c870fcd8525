"""Ends a console whose terminal is gone: a lost SSH session, a closed window.

The kernel sends SIGHUP only to the session that owns the terminal; a console started any other way would live on,
drawing for nobody at half a processor.

Source: poll(2), POLLHUP and POLLNVAL.
"""

from __future__ import annotations

import os
import select
import sys

HUNG_UP_EXIT = 129
"""128 + SIGHUP, as shells report it."""


def is_hung_up(fd: int) -> bool:
    """Return whether the other end of a terminal is closed."""
    poll = select.poll()
    poll.register(fd, 0)
    return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))


def leave_if_hung_up() -> None:
    """End the process when its terminal is gone; there is nobody to say goodbye to and nothing unsaved."""
    if sys.__stdin__ is not None and is_hung_up(sys.__stdin__.fileno()):
        # An orderly exit would write to the dead terminal and wait for the writer thread for ever.
        os._exit(HUNG_UP_EXIT)
