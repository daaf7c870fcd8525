"""What the console needs from a simulated district, by shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class FaultKind(Protocol):
    """One way to break something."""

    @property
    def name(self) -> str:
        """The fault's name, first part of its spec."""


class LabPort(Protocol):
    """A simulated district whose parts can be broken and healed."""

    @property
    def is_namespaced(self) -> bool:
        """False in the loopback fallback."""

    def faults(self) -> Sequence[FaultKind]:
        """Return the ways to break something."""

    def fault(self, spec: str) -> None:
        """Break something."""

    def heal(self, spec: str | None) -> None:
        """Undo one fault, or all."""

    def active(self) -> tuple[str, ...]:
        """Return the specs now in force."""
