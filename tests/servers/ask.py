"""Runs one probe as the runner does and checks that it keeps the promises of its ProbeKind."""

from __future__ import annotations

import asyncio
from pathlib import Path

from probes import load
from probes.api import OUR_SIDE, Outcome, ProbeContext, ProbeFailure, ProbeKind, Reading, Shared


async def ask(
    kind_name: str,
    address: str,
    *,
    shared: Shared | None = None,
    nameservers: tuple[str, ...] = (),
    trust_file: Path | None = None,
    deadline_s: float = 10.0,
    **params: object,
) -> Reading:
    """Return the reading; a ProbeFailure becomes FAIL or ERROR, any other exception is the caller's."""
    kind = load(kind_name)
    own = shared or Shared()
    ctx = ProbeContext(
        deadline_s=asyncio.get_running_loop().time() + deadline_s,
        shared=own,
        nameservers=nameservers,
        trust_file=trust_file,
    )
    try:
        reading = await kind.observe(address, kind.params(**params), ctx)
    except ProbeFailure as failure:
        reading = _reading_of(failure)
    finally:
        if shared is None:
            own.close()
    assert_declared(kind, reading)
    return reading


def _reading_of(failure: ProbeFailure) -> Reading:
    return Reading(
        outcome=Outcome.ERROR if failure.kind in OUR_SIDE else Outcome.FAIL,
        failure=failure.kind,
        measures=failure.measures,
        facts=failure.facts,
        detail=failure.detail,
    )


def assert_declared(kind: ProbeKind, reading: Reading) -> None:
    """Fail for a measure or fact that the kind does not declare, or one of another type."""
    assert set(reading.measures) <= set(kind.measures), set(reading.measures) - set(kind.measures)
    assert all(isinstance(value, int | float) for value in reading.measures.values()), reading.measures
    for name, value in reading.facts.items():
        assert type(value) is kind.facts[name], f"{name} is {value!r}, declared {kind.facts[name]}"
    assert "\n" not in reading.detail
