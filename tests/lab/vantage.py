"""Measures from wherever it runs: a JSON line [probe, address, params] in, the reading as a JSON line out."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import probes
from probes.api import Outcome, ProbeContext, ProbeFailure, Reading, Shared


async def main(nameserver: str, trust_file: str) -> None:
    loop = asyncio.get_running_loop()
    shared = Shared()
    for line in sys.stdin:
        name, address, params = json.loads(line)
        kind = probes.load(name)
        ctx = ProbeContext(
            deadline_s=loop.time() + 10, shared=shared, nameservers=(nameserver,), trust_file=Path(trust_file)
        )
        try:
            reading = await kind.observe(address, kind.params(**params), ctx)
        except ProbeFailure as failure:
            reading = Reading(
                outcome=Outcome.FAIL,
                failure=failure.kind,
                measures=failure.measures,
                facts=failure.facts,
                detail=failure.detail,
            )
        said = {
            "outcome": reading.outcome,
            "failure": reading.failure,
            "measures": dict(reading.measures),
            "facts": dict(reading.facts),
            "detail": reading.detail,
        }
        sys.stdout.write(json.dumps(said, default=list) + "\n")
        sys.stdout.flush()
    shared.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
