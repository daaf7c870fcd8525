"""Reads the heads that nearly all answers have; pure. What is unusual is left to h11, which knows every case.

Usual is: whole in the first octets read, printable, a final status, and a length said once. Source: RFC 9112.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from probes._wire.http_page import Page

_HEAD = re.compile(
    rb"HTTP/1\.[01] ([2-5][0-9][0-9]) ([\t\x20-\x7e]*)((?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e]*)*)"
)
_LENGTH = re.compile(r"[0-9]{1,15}")
_WITHOUT_BODY = frozenset({204, 304})


def read_simple_head(data: bytes) -> tuple[Page, int, bytes] | None:
    """Return the page without its body, the body's length and what of it came along; None for an unusual head."""
    head, end, rest = data.partition(b"\r\n\r\n")
    match = _HEAD.fullmatch(head) if end else None
    if match is None:
        return None
    pairs = []
    for line in match[3].decode("ascii").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        pairs.append((name.lower(), value.strip(" \t")))
    page = Page(
        status=int(match[1]),
        reason=match[2].decode("ascii"),
        headers=dict(pairs),
        cookies=tuple(value for name, value in pairs if name == "set-cookie"),
    )
    length = _length(page, pairs)
    return None if length is None else (page, length, rest)


def _length(page: Page, pairs: Sequence[tuple[str, str]]) -> int | None:
    if page.status in _WITHOUT_BODY or "transfer-encoding" in page.headers:
        return None
    lengths = [value for name, value in pairs if name == "content-length"]
    return int(lengths[0]) if len(lengths) == 1 and _LENGTH.fullmatch(lengths[0]) else None
