"""What a service says that means harm: far too long, with escape sequences and markup.

Source: ECMA-48 (escape sequences), xterm's OSC 0 and 52 (title, clipboard), RFC 9112 section 4 (reason phrase).
"""

from __future__ import annotations

BANNER_OCTETS = 10_240
_PIECE = "\x1b[2J\x1b]0;owned\x07\x1b]52;c;cHduZWQ=\x07\x9b31m[bold red]NOT REAL[/]<script>alert(1)</script>%s%n "


def hostile_text(octets: int = BANNER_OCTETS) -> str:
    """Return one line of Latin-1 text without CR, LF or NUL."""
    return (_PIECE * (octets // len(_PIECE) + 1))[:octets]


def hostile_reason() -> str:
    """Return the same for a status line, which may hold no C0 control characters: CSI as one character stays."""
    return "".join(letter for letter in hostile_text() if letter >= " ")
