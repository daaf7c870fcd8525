"""A stream whose other end has said everything already and left."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from probes._wire.stream import Stream


@contextmanager
def having_said(data: bytes) -> Iterator[Stream]:
    """Give a stream from which exactly this can be read; what is written to it goes nowhere."""
    ours, theirs = socket.socketpair()
    with theirs:
        ours.setblocking(False)
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        stream = Stream(ours, "192.0.2.1", 0.0)
        try:
            yield stream
        finally:
            stream.close()
