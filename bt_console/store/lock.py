"""The right to write a store: held by one process at a time, given back by the system when that process ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from bt_console.store.errors import StoreError, speaking


class StoreLock:
    """An advisory lock on `<store>.lock`, which holds the owner's process id."""

    def __init__(self, store: Path) -> None:
        """Take the lock; raises StoreError when another process has it."""
        path = store.with_name(store.name + ".lock")
        with speaking(store):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip()
            self.release()
            raise StoreError("store.locked", store, pid=owner or "?") from error
        with speaking(store):
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another process write; the file stays, since removing it would let two of them in."""
        os.close(self._descriptor)
