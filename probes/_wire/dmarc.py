"""Reads DMARC records; pure.

Source: RFC 7489 (6.3 tags, 6.4 grammar, 6.6.3 discovery).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

POLICIES = ("none", "quarantine", "reject")
URIS_COUNT = 10
_VERSION = re.compile(r"v\s*=\s*DMARC1\s*(;|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcRecord:
    """What receivers are asked to do with forged mail."""

    policy: str
    """none, quarantine or reject."""
    subdomain_policy: str
    applied_ratio: float
    """Share of the forged mail that the policy is for."""
    report_to: tuple[str, ...]
    errors: tuple[str, ...]


def choose(texts: Sequence[str]) -> tuple[str, str]:
    """Return the record among texts, and what is wrong with how many there are."""
    found = [text for text in texts if _VERSION.match(text)]
    if len(found) > 1:
        return found[0], f"{len(found)} DMARC records: receivers ignore all of them"
    return (found[0], "") if found else ("", "")


def parse_dmarc(text: str) -> DmarcRecord:
    """Read a record; whatever is wrong with it is in `errors`, and read as receivers would."""
    errors: list[str] = []
    tags = _tags(text, errors)
    report_to = tuple(uri.strip() for uri in tags.get("rua", "").split(",") if uri.strip())[:URIS_COUNT]
    policy = _policy("p", tags, "none", errors)
    if "p" not in tags:
        errors.append("p= is missing: receivers take it for none")
    return DmarcRecord(
        policy=policy,
        subdomain_policy=_policy("sp", tags, policy, errors),
        applied_ratio=_ratio(tags.get("pct", "100").strip(), errors),
        report_to=report_to,
        errors=tuple(errors),
    )


def _tags(text: str, errors: list[str]) -> dict[str, str]:
    tags: dict[str, str] = {}
    for part in text.split(";")[1:]:
        name, equals, value = part.partition("=")
        if not part.strip():
            continue
        if not equals:
            errors.append(f"{part.strip()} is no tag")
        elif name.strip().lower() in tags:
            errors.append(f"{name.strip()}= is written twice")
        tags.setdefault(name.strip().lower(), value.strip())
    return tags


def _policy(name: str, tags: dict[str, str], otherwise: str, errors: list[str]) -> str:
    value = tags.get(name, otherwise).lower()
    if value in POLICIES:
        return value
    errors.append(f"{name}={value} is none of {', '.join(POLICIES)}")
    return otherwise


def _ratio(text: str, errors: list[str]) -> float:
    if re.fullmatch("[0-9]{1,3}", text) and int(text) <= 100:
        return int(text) / 100
    errors.append(f"pct={text} is no number from 0 to 100")
    return 1.0
