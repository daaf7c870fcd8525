"""Takes secrets out of every text that is kept or shown, by their values and in the forms they travel in.

Source: RFC 3986 (percent-coding), RFC 4648 (base64), RFC 8259 (JSON strings).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus, unquote, urlsplit

from probes.api import TEXT_LIMIT, clean

SHOWN = "***"
_PART_LENGTH = 5
"""Parts of a secret URL that are shorter say nothing, and masking them would make every text unreadable."""


@dataclass(frozen=True, slots=True)
class Mask:
    """Makes texts safe; printing it shows nothing."""

    _pattern: re.Pattern[str] | None = field(repr=False)

    def __call__(self, text: str, limit: int = TEXT_LIMIT) -> str:
        """Return one clean, bounded line without any secret. What is cut off is cut after masking."""
        return clean(self._without(clean(self._without(text), max(limit, len(text) * 2))), limit)

    def _without(self, text: str) -> str:
        return self._pattern.sub(SHOWN, text) if self._pattern else text


def masking(*secrets: str) -> Mask:
    """Return the mask of these values; empty ones are none."""
    forms = {form for secret in secrets for form in _forms(secret)}
    if not forms:
        return Mask(None)
    longest_first = sorted(forms, key=len, reverse=True)
    return Mask(re.compile("|".join(re.escape(form) for form in longest_first), re.IGNORECASE))


def _forms(secret: str) -> Iterator[str]:
    octets = secret.encode("utf-8", "replace")
    forms = (
        secret,
        secret.strip(),
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        unquote(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        base64.b64encode(octets).decode(),
        base64.urlsafe_b64encode(octets).decode().rstrip("="),
    )
    return (form for form in forms if form.strip())


def parts_of_url(url: str) -> Iterable[str]:
    """Return what may be secret in a URL: all of it, and each part that is long enough to be a secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return (url,)
    pieces = re.split(r"[/?&=#@:,;]", url.partition("://")[2])
    known = {parts.scheme, "localhost"}
    return (url, *(piece for piece in pieces if len(piece) >= _PART_LENGTH and piece not in known))
