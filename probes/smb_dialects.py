"""Learns which dialects of SMB a file server speaks; no session, no user.

Source: MS-SMB2 2.2.3 and 2.2.4 (NEGOTIATE), MS-SMB 2.2.4.5; SMB 1 is what EternalBlue (MS17-010) came through.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

from probes._wire.address import parse_endpoint
from probes._wire.scan import SCAN_FACTS, SCAN_MEASURES, Visits, receive_or_nothing
from probes._wire.smb import (
    DIALECTS,
    Negotiated,
    NotSmb,
    accepts_smb1,
    ask_smb1,
    ask_smb2,
    frame_length,
    parse_smb2,
    smb1_requires_signing,
)
from probes._wire.trace import Trace
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading

PORT = 445


@dataclass(frozen=True, slots=True, kw_only=True)
class SmbDialectsParams:
    """How long to wait."""

    timeout_s: float = 5.0


async def observe(address: str, params: SmbDialectsParams, ctx: ProbeContext) -> Reading:
    """Measure `host` or `host:port`."""
    trace = Trace(ctx, params.timeout_s)
    return await trace.conclude(_learn(address, ctx, trace))


async def _learn(address: str, ctx: ProbeContext, trace: Trace) -> str:
    visits = await Visits.approved(parse_endpoint(address, PORT), ctx, trace)
    try:
        with trace.timed("negotiate", "total_s"):
            has_smb1 = await _smb1(visits, trace)
            found = [answer async for answer in _smb2(visits, trace)]
    except NotSmb as error:
        raise ProbeFailure(FailureKind.PROTOCOL, str(error)) from error
    accepted = ("1",) * has_smb1 + tuple(DIALECTS[answer.dialect] for answer in found)
    trace.facts["accepted"] = accepted
    trace.measures["accepted_count"] = float(len(accepted))
    if not accepted:
        raise ProbeFailure(FailureKind.PROTOCOL, "the server accepted no dialect from SMB 1 to 3.1.1")
    return ""


async def _smb1(visits: Visits, trace: Trace) -> bool:
    trace.phase = "offering SMB 1"
    message = await _exchange(visits, ask_smb1())
    is_accepted = bool(message) and accepts_smb1(message)
    trace.facts["smb1"] = is_accepted
    if is_accepted:
        trace.facts["signing_required"] = smb1_requires_signing(message)
    return is_accepted


async def _smb2(visits: Visits, trace: Trace) -> AsyncIterator[Negotiated]:
    for dialect, name in DIALECTS.items():
        trace.phase = f"offering SMB {name}"
        message = await _exchange(visits, ask_smb2(dialect, os.urandom(48)))
        answer = parse_smb2(message) if message else None
        if answer is not None and answer.dialect == dialect:
            _note(answer, trace)
            yield answer


def _note(answer: Negotiated, trace: Trace) -> None:
    trace.facts["signing_required"] = answer.signing_required and trace.facts.get("signing_required", True)
    trace.facts["guid"] = answer.guid
    trace.facts["highest"] = DIALECTS[answer.dialect]
    if answer.clock_at is not None:
        trace.measures["clock_offset_s"] = (answer.clock_at - datetime.now(UTC)).total_seconds()


async def _exchange(visits: Visits, question: bytes) -> bytes:
    """Return the answer, b"" when the server closed instead: its way of refusing."""
    stream = await visits.connect()
    try:
        await stream.send(question)
        head = await receive_or_nothing(stream, 4)
        return await receive_or_nothing(stream, frame_length(head)) if head else b""
    finally:
        stream.close()


PROBE = ProbeKind(
    name="smb_dialects",
    params=SmbDialectsParams,
    observe=observe,
    measures={**SCAN_MEASURES, "accepted_count": "dialects", "clock_offset_s": "seconds"},
    facts={
        **SCAN_FACTS,
        "accepted": tuple,
        "highest": str,
        "smb1": bool,
        "signing_required": bool,
        "guid": str,
    },
    example="127.0.0.1:445 -p timeout_s=2",
    source="MS-SMB2 2.2.3 and 2.2.4, MS-SMB 2.2.4.5",
)
