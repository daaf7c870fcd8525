"""One probe run outside the schedule, by the monitor's own runner."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bt_console.engine.clock import SystemClock
from bt_console.engine.runner import Instruments
from bt_console.engine.runner import measure as run_check
from bt_console.model.inventory import Check, CheckId, TargetId
from probes.api import ProbeKind, Reading, Scope, Shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a probe finds around it; empty means the system's own."""

    nameservers: tuple[str, ...] = ()
    trust_file: Path | None = None
    scope: Scope = field(default_factory=Scope)

    @classmethod
    def of(cls, config: str | None) -> Surroundings:
        """Return a configuration's resolvers, trust, and where scans may go. Raises ConfigErrors."""
        if config is None:
            return cls()
        from bt_console.config.load import load_config  # costs half a second that a probe without it need not pay

        settings = load_config(Path(config))
        return cls(nameservers=settings.nameservers, trust_file=settings.trust_file, scope=settings.scope)


async def measure(
    kind: ProbeKind, address: str, params: Any, timeout_s: float, around: Surroundings
) -> tuple[Reading, float]:
    """Return a reading of an address, and how long it took in seconds."""
    check = Check(
        id=CheckId(f"{address}:{kind.name}"),
        target_id=TargetId(address),
        probe=kind.name,
        address=address,
        params=params,
        interval_s=timeout_s,
        timeout_s=timeout_s,
    )
    with closing(Shared()) as shared:
        tools = Instruments(
            shared=shared,
            clock=SystemClock(),
            nameservers=around.nameservers,
            trust_file=around.trust_file,
            scope=around.scope,
        )
        return await run_check(check, tools)
