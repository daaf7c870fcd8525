"""How a process of the lab hears its parent: JSON lines over the socket it has as standard input.

The end of that line is the end of the child, however the parent died.
"""

from __future__ import annotations

import json
import os
import socket
from typing import Any

from bt_console.lab import kernel


class ParentLine:
    """The child's end."""

    def __init__(self, name: str) -> None:
        kernel.set_name(name)
        kernel.die_with_parent(int(os.environ["BT_LAB_PARENT"]))
        self._socket = socket.socket(fileno=os.dup(0))
        self._rest = b""

    def fileno(self) -> int:
        """Readable when there is an order."""
        return self._socket.fileno()

    def read(self) -> dict[str, Any] | None:
        """Return the next order, waiting for it; None when the parent is gone."""
        while b"\n" not in self._rest:
            part = self._socket.recv(1 << 16)
            if not part:
                return None
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        order: dict[str, Any] = json.loads(line)
        return order

    def answer(self, answer: dict[str, Any]) -> None:
        """Tell the parent that the order is carried out."""
        self._socket.sendall(json.dumps(answer).encode() + b"\n")
