"""Measures from wherever it runs: a JSON line [probe, address, params] in, the reading as a JSON line out."""

from __future__ import annotations

import asyncio
import json
import sys
from ipaddress import IPv4Network
from pathlib import Path

import probes
from probes.api import Outcome, ProbeContext, ProbeFailure, Reading, Scope, Shared
from probes.secret import Secret

APPROVED = Scope(networks=(IPv4Network("10.20.0.0/16"), IPv4Network("10.21.0.0/16"), IPv4Network("10.255.0.0/16")))
SECRETS = ("community", "auth_key", "priv_key")


def read(name: str, value: object) -> object:
    """JSON knows neither secrets nor tuples."""
    if name in SECRETS:
        return Secret(str(value))
    return tuple(value) if isinstance(value, list) else value


async def main(nameserver: str, trust_file: str) -> None:
    loop = asyncio.get_running_loop()
    shared = Shared()
    for line in sys.stdin:
        name, address, params = json.loads(line)
        kind = probes.load(name)
        ctx = ProbeContext(
            deadline_s=loop.time() + 10,
            shared=shared,
            nameservers=(nameserver,),
            trust_file=Path(trust_file),
            scope=APPROVED,
        )
        given = {name: read(name, value) for name, value in params.items()}
        try:
            reading = await kind.observe(address, kind.params(**given), ctx)
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
