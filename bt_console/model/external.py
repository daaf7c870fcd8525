"""An alert of another monitor, as it told us.

Source: Alertmanager API v2 (postableAlert, gettableAlert).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bt_console.model.incident import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalAlert:
    """All texts are clean and bounded."""

    fingerprint: str
    """Of all its labels: what has the same is the same alert, told again."""
    name: str
    severity: Severity
    starts_at: datetime
    ends_at: datetime | None
    """It is over at this instant unless told again; None: when it is not repeated."""
    heard_at: datetime
    """When it was told last."""
    labels: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""
    generator_url: str = ""
