"""A reading with identity and time: the only thing ever learnt about the world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bt_console.model.inventory import CheckId
from probes.api import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One reading of one check. Instants are UTC-aware."""

    seq: int
    """Rises by one per observation for ever; assigned by the engine."""
    check_id: CheckId
    vantage_id: str
    due_at: datetime
    """When it was scheduled; the key that makes a repeat harmless."""
    started_at: datetime
    duration_s: float
    reading: Reading
    is_confirmation: bool = False
    """True when it was asked out of turn to confirm or refute a suspicion."""
