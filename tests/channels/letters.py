"""Letters as the on-call desk composes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bt_console.channels.api import ChannelContext, Letter
from bt_console.model.incident import Severity
from bt_console.model.oncall import NoticeKind
from probes.secret import Secret

NOW = datetime(2026, 11, 24, 2, 14, tzinfo=UTC)
CANARY = "77:CANARY+s3cr3t/Kbq9=x"
PATIENT = ChannelContext(now=NOW, timeout_s=10.0)
HASTY = ChannelContext(now=NOW, timeout_s=1.0)
"""For servers that never answer."""
LETTER = Letter(
    id="4711",
    kind=NoticeKind.PAGE,
    at=NOW,
    title="Cao Sơn: mất đường TSLCD",
    body="Xã Cao Sơn mất đường TSLCD từ 02:13.\nTrả lời 7342 để nhận việc. #4711",
    short="Cao Son: mat TSLCD 02:13. Tra loi 7342 #4711",
    code="7342",
    severity=Severity.CRITICAL,
    document={
        "schema": "bt-console/notice/1",
        "district": "Bạch Thông",
        "incident": {
            "id": 12,
            "cause": "tslcd_down",
            "target": "cao-son/tslcd",
            "unit": "cao-son",
            "severity": "critical",
            "opened_at": "2026-11-24T02:13:30+00:00",
            "resolved_at": None,
        },
    },
)


def resolved() -> Letter:
    """The end of the same incident."""
    incident = {**LETTER.document["incident"], "resolved_at": "2026-11-24T02:31:00+00:00"}
    document = {**LETTER.document, "incident": incident}
    return replace(LETTER, id="4712", kind=NoticeKind.RESOLVE, code="", document=document)


def secret(folder: Path, value: str = CANARY) -> Secret:
    """A secret in a file that only we may read."""
    path = folder / f"{len(list(folder.iterdir()))}.secret"
    path.touch(mode=0o600)
    path.write_text(value + "\n", encoding="utf-8")
    return Secret(f"file:{path}")


def context(**changes: Any) -> ChannelContext:
    """A patient one, changed."""
    return replace(PATIENT, **changes)
