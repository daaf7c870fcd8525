"""One answer of a web server."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Page:
    """What came back."""

    status: int = 0
    reason: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    """Values of Set-Cookie, the only header that may not be joined to one line."""
    body: bytes = b""
    is_whole: bool = True
    """False when reading stopped at the limit."""
