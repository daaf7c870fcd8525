"""A stream whose other end has said everything already and left."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from probes._wire.stream import Stream


@contextmanager
def having_said(data: bytes) -> Iterator[Stream]:
    """Give a stream from which exactly this can be read; what is written to it nobody reads."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as ours:
        theirs, _ = listener.accept()
        with theirs:
            theirs.sendall(data)
            theirs.shutdown(socket.SHUT_WR)
            ours.setblocking(False)
            yield Stream(ours, "127.0.0.1", 0.0)
