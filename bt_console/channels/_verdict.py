"""What an HTTP answer, or the lack of one, says about a message.

Source: RFC 9110 section 15, RFC 6585 section 4.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from bt_console.channels._http import Answer, NoAnswer, wanted_pause_s
from bt_console.channels._mask import Mask
from bt_console.channels.api import ChannelContext, Sent
from bt_console.model.paging import SendOutcome
from probes.api import ProbeFailure

_LATER = frozenset({408, 423, 425})
"""Client errors that say nothing against the request itself."""
_EXPLAINING = ("description", "message", "error", "detail")


def outcome_of(status: int) -> SendOutcome:
    """Return what a status says. A redirect may be a captive portal of the very outage that is reported: later."""
    if 200 <= status < 300:
        return SendOutcome.ACCEPTED
    if status == 429:
        return SendOutcome.RATE_LIMITED
    if 400 <= status < 500 and status not in _LATER:
        return SendOutcome.PERMANENT
    return SendOutcome.TRANSIENT


def judge(answer: Answer | NoAnswer, ctx: ChannelContext, mask: Mask, provider_id: str = "") -> Sent:
    """Return what became of a message whose receiver speaks by status codes alone."""
    if isinstance(answer, NoAnswer):
        return unanswered(answer, mask)
    outcome = outcome_of(answer.status)
    is_limited = outcome is SendOutcome.RATE_LIMITED
    return Sent(
        outcome=outcome,
        provider_id=provider_id if outcome is SendOutcome.ACCEPTED else "",
        code=str(answer.status),
        detail="" if outcome is SendOutcome.ACCEPTED else mask(f"HTTP {answer.status} {explanation(answer)}".strip()),
        retry_after_s=wanted_pause_s(answer.headers, ctx.now) if is_limited else None,
    )


def unanswered(answer: NoAnswer, mask: Mask) -> Sent:
    """Return what no answer means: harmless before the request went out, ambiguous afterwards."""
    outcome = SendOutcome.AMBIGUOUS if answer.was_sent else SendOutcome.TRANSIENT
    return Sent(outcome=outcome, detail=mask(answer.detail))


def unreadable_secret(failure: ProbeFailure) -> Sent:
    """Return what our own missing secret means: nothing was sent, and mending the file is enough."""
    return Sent(outcome=SendOutcome.TRANSIENT, code="secret", detail=failure.detail)


def explanation(answer: Answer) -> str:
    """Return the receiver's own words, unmasked: of JSON and plain text, since pages of HTML say nothing in a line."""
    if 300 <= answer.status < 400:
        return f"redirects to {_host(answer.headers.get('location', ''))}: write the final address"
    document = read_json(answer)
    if isinstance(document, dict):
        texts = (document[key] for key in _EXPLAINING if key in document)
        return next((text for text in texts if isinstance(text, str)), "")
    is_plain = answer.headers.get("content-type", "").startswith("text/plain")
    return answer.body.decode("utf-8", "replace") if is_plain else ""


def read_json(answer: Answer) -> Any:
    """Return the body as JSON, None for what is none or was cut off."""
    if not answer.is_whole:
        return None
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _host(location: str) -> str:
    try:
        return urlsplit(location).hostname or "itself"
    except ValueError:
        return "nowhere"
