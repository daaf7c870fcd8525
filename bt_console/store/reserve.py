"""Room kept for the day the disk is full: SQLite needs some even to delete, so without it old rows could not go."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

RESERVE_OCTETS = 1 << 20


class Reserve:
    """A file of nothing beside the store."""

    def __init__(self, store: Path) -> None:
        self._path = store.with_name(store.name + ".reserve")
        self.refill()

    def refill(self) -> None:
        """Take the room, if the disk has it and it is not taken already."""
        if self._path.exists():
            return
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, RESERVE_OCTETS)
        except OSError:
            self.release()
        finally:
            os.close(descriptor)

    def release(self) -> bool:
        """Give the room back; say whether there was any."""
        with suppress(FileNotFoundError):
            self._path.unlink()
            return True
        return False
