"""Text for short messages: plain letters that fit one part, or Unicode cut between letters, the reply code last.

Source: 3GPP TS 23.038 section 6.2.1 (GSM 7-bit default alphabet), TS 23.040 section 9.2.3.24 (parts of a long message).
"""

from __future__ import annotations

import re
import unicodedata

PLAIN_LIMIT = 153
"""Septets in one part of a long message: what fits here fits one part, joined or alone."""
WIDE_SINGLE, WIDE_PART = 70, 67
"""UTF-16 units of a message alone, and of one part of several."""
_TAIL_LIMIT = 24
_MORE = ".."
_PLAIN = frozenset(" !\"#$%&'()*+,-./0123456789:;<=>?@_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
"""Letters that ASCII and the basic table share; brackets and their kin cost two septets and some modems lose them."""
_INSTEAD = str.maketrans(
    {
        "đ": "d",
        "Đ": "D",
        "₫": "d",
        "€": "EUR",
        "[": "(",
        "{": "(",
        "]": ")",
        "}": ")",
        "|": "/",
        "\\": "/",
        "^": "'",
        "`": "'",
        "~": "-",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "–": "-",
        "—": "-",
        "•": "-",
        "·": "-",
        "→": "->",
        "×": "x",
        "≤": "<=",
        "≥": ">=",
    }
)


def plain_text(text: str, tail: str = "") -> str:
    """Return at most 153 plain letters that end with or hold `tail`; never empty."""
    end = _plain(tail)[:_TAIL_LIMIT].strip()
    whole = _with_tail(_plain(text), end)
    if len(whole) <= PLAIN_LIMIT:
        return whole or "?"
    closing = f"{_MORE} {end}" if end else _MORE
    return whole[: PLAIN_LIMIT - len(closing)].rstrip() + closing


def wide_text(text: str, tail: str = "", parts_count: int = 1) -> str:
    """Return text that fits so many UCS-2 parts, cut between letters, and holds `tail`; never empty."""
    limit = WIDE_SINGLE if parts_count == 1 else WIDE_PART * parts_count
    end = _plain(tail)[:_TAIL_LIMIT].strip()
    whole = _with_tail(_one_line(text), end)
    if units_count(whole) <= limit:
        return whole or "?"
    closing = f"… {end}" if end else "…"
    return _cut(whole, limit - units_count(closing)).rstrip() + closing


def units_count(text: str) -> int:
    """Return the length of a text in UTF-16 units."""
    return len(text) + sum(ord(letter) > 0xFFFF for letter in text)


def _with_tail(text: str, end: str) -> str:
    is_there = not end or re.search(rf"(?<!\w){re.escape(end)}(?!\w)", text)
    return text if is_there else f"{text} {end}".strip()


def _plain(text: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.category(c).startswith("M"))
    shown = "".join(
        c if c in _PLAIN else " " if c.isspace() or _is_silent(c) else "?" for c in bare.translate(_INSTEAD)
    )
    return " ".join(shown.split())


def _one_line(text: str) -> str:
    spaced = "".join(" " if _is_silent(c) else c for c in unicodedata.normalize("NFC", text))
    return " ".join(spaced.split())


def _is_silent(letter: str) -> bool:
    """Return whether a letter controls rather than shows: control, format, surrogate halves."""
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _cut(text: str, limit: int) -> str:
    """Return the longest beginning of so many units whose last letter keeps its marks."""
    used, place = 0, 0
    while place < len(text) and used + (units := units_count(text[place])) <= limit:
        used, place = used + units, place + 1
    while 0 < place < len(text) and unicodedata.category(text[place]).startswith("M"):
        place -= 1
    return text[:place]
