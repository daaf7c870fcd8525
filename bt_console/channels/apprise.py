"""The long tail: whatever service apprise knows, with the little that it tells about success.

Source: https://appriseit.com/services/ (URLs).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bt_console.channels._apprise_process import MISSING, UNKNOWN
from bt_console.channels._child import run
from bt_console.channels._mask import Mask, masking, parts_of_url
from bt_console.channels._text import valid
from bt_console.channels._verdict import unreadable_secret
from bt_console.channels.api import ChannelContext, ChannelError, ChannelKind, Letter, Sent
from bt_console.model.oncall import ChannelPath
from bt_console.model.paging import SendOutcome
from probes.api import ProbeFailure
from probes.secret import HOW, Secret

COMMAND = (sys.executable, "-P", "-m", "bt_console.channels._apprise_process")
INSTALL = "apprise is not installed: install bt-console[apprise]"
_ROOT = Path(__file__).parents[2]
_OUTCOMES = {
    "success": SendOutcome.ACCEPTED,
    "timeout": SendOutcome.AMBIGUOUS,
    "partial": SendOutcome.AMBIGUOUS,
    MISSING: SendOutcome.PERMANENT,
    UNKNOWN: SendOutcome.PERMANENT,
}
_TEXTS = {
    "timeout": "the service did not answer in time",
    MISSING: INSTALL,
    UNKNOWN: "apprise does not understand the URL: see appriseit.com/services",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppriseParams:
    """Which service, and whom there."""

    url: Secret | None = None
    """An apprise URL, token and recipients included."""

    def __post_init__(self) -> None:
        if self.url is None:
            raise ValueError(f"apprise needs url: file:/path/to/file with the service's URL in it ({HOW})")


async def send(params: AppriseParams, address: str, letter: Letter, ctx: ChannelContext) -> Sent:
    """Send through apprise. Recipients stand in the URL: the address is not used."""
    return await send_by(COMMAND, params, letter, ctx)


async def send_by(command: Sequence[str], params: AppriseParams, letter: Letter | None, ctx: ChannelContext) -> Sent:
    """Run this command for one letter; without one, only ask whether the URL is understood."""
    assert params.url is not None
    try:
        url = params.url.reveal().strip()
    except ProbeFailure as failure:
        return unreadable_secret(failure)
    mask = masking(*parts_of_url(url))
    request = {
        "url": url,
        "title": valid(letter.title) if letter else "",
        "body": valid(letter.body) if letter else "",
        "timeout_s": ctx.timeout_s,
        "trust_file": ctx.trust_file,
        "is_check": letter is None,
    }
    try:
        # None of our own variables: some are secrets.
        output, has_ended = await run(command, json.dumps(request).encode(), ctx.timeout_s, {"PYTHONPATH": str(_ROOT)})
    except OSError as error:
        return Sent(outcome=SendOutcome.TRANSIENT, detail=mask(f"apprise cannot be started: {error}"), is_proof=False)
    remark = "ended without a word" if has_ended else f"did not end within {ctx.timeout_s:g} s"
    return _verdict([_line(text) for text in output.splitlines()], mask, f"apprise {remark}")


def _line(text: bytes) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _verdict(lines: list[dict[str, Any]], mask: Mask, remark: str) -> Sent:
    last = lines[-1] if lines else {}
    status = last.get("status")
    if not isinstance(status, str):
        has_begun = any("begun" in line for line in lines)
        outcome = SendOutcome.AMBIGUOUS if has_begun else SendOutcome.TRANSIENT
        return Sent(outcome=outcome, detail=remark, is_proof=False)
    outcome = _OUTCOMES.get(status, SendOutcome.TRANSIENT)
    said = mask(str(last.get("detail", "")))
    detail = "" if outcome is SendOutcome.ACCEPTED else _TEXTS.get(status) or said or "apprise failed and says no more"
    return Sent(outcome=outcome, code=mask(status, 40), detail=detail, is_proof=False)


async def check(params: AppriseParams, ctx: ChannelContext) -> None:
    """Look whether apprise is there and understands the URL."""
    sent = await send_by(COMMAND, params, None, ctx)
    if sent.outcome is not SendOutcome.ACCEPTED:
        raise ChannelError(sent.detail)


def check_address(text: str) -> None:
    """Raises ValueError for an address: the recipients stand in the URL."""
    if text:
        raise ValueError("an apprise channel has its recipients in its url: leave the address empty")


CHANNEL = ChannelKind(
    name="apprise",
    params=AppriseParams,
    send=send,
    path=ChannelPath.INTERNET,
    address_example="",
    check_address=check_address,
    params_example={"url": "file:/etc/bt-console/apprise.url"},
    check=check,
    is_broadcast=True,
)
