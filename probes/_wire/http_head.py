"""Reads the heads that nearly all answers have; pure. What is unusual is left to h11, which knows every case.

Usual is: whole in the first octets read, printable, a final status, and a length said once. Source: RFC 9112.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from probes._wire.http_page import Page

_STATUS = re.compile(r"HTTP/1\.[01] ([2-5][0-9][0-9]) (.*)")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH = re.compile(r"[0-9]{1,15}")
_WITHOUT_BODY = frozenset({204, 304})


def read_simple_head(data: bytes) -> tuple[Page, int, bytes] | None:
    """Return the page without its body, the body's length and what of it came along; None for an unusual head."""
    head, end, rest = data.partition(b"\r\n\r\n")
    if not end or not head.isascii():
        return None
    first, *lines = head.decode("ascii").split("\r\n")
    status = _STATUS.fullmatch(first)
    if status is None or not "".join((first, *lines)).replace("\t", "").isprintable():
        return None
    pairs = []
    for line in lines:
        name, colon, value = line.partition(":")
        known = _known(name) if colon else ""
        if not known:
            return None
        pairs.append((known, value.strip(" \t")))
    page = Page(
        status=int(status[1]),
        reason=status[2],
        headers=dict(pairs),
        cookies=tuple(value for name, value in pairs if name == "set-cookie"),
    )
    length = _length(page, pairs)
    return None if length is None else (page, length, rest)


@lru_cache(maxsize=1024)
def _known(name: str) -> str:
    """Return a header's name in small letters, "" for what is no name; servers send the same few for ever."""
    return name.lower() if _NAME.fullmatch(name) else ""


def _length(page: Page, pairs: Sequence[tuple[str, str]]) -> int | None:
    if page.status in _WITHOUT_BODY or "transfer-encoding" in page.headers:
        return None
    lengths = [value for name, value in pairs if name == "content-length"]
    return int(lengths[0]) if len(lengths) == 1 and _LENGTH.fullmatch(lengths[0]) else None
