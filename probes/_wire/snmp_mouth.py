"""Stands where pysnmp has its network, so that only bytes go in and out."""

from __future__ import annotations

from typing import Any


class Mouth:
    """What pysnmp takes for its network: it only keeps what was said."""

    def __init__(self) -> None:
        self.said: list[bytes] = []

    def send_message(self, message: Any, domain: Any, address: Any) -> None:
        self.said.append(bytes(message))

    def register_recv_callback(self, *_: Any) -> None:
        """Nothing comes in this way."""

    unregister_recv_callback = register_timer_callback = unregister_timer_callback = register_recv_callback
    job_started = job_finished = close_dispatcher = register_recv_callback

    def get_timer_ticks(self) -> int:
        return 0

    def get_timer_resolution(self) -> float:
        return 0.5
