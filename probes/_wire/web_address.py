"""Splits http and https addresses, those of the configuration and those a server redirects to.

Source: RFC 3986, RFC 9110 section 4.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from probes._wire.address import KEPT_COUNT, is_numeric
from probes._wire.errors import BadInput

_PORTS = {"http": 80, "https": 443}
URL_OCTETS = 8000
_KEPT = "/%:=&?~#+!$,;'@()*[]-._"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAddress:
    """One page."""

    scheme: str
    host: str
    port: int
    path: str
    """Path and query as sent: ASCII, percent-coded."""

    @property
    def is_tls(self) -> bool:
        """True for https."""
        return self.scheme == "https"

    @property
    def host_field(self) -> str:
        """The Host header's value: the port only when it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host_field}{self.path}"

    def join(self, location: str) -> WebAddress:
        """Return where a Location header points. Raises BadInput."""
        return parse_web_address(urljoin(str(self), location))


@lru_cache(maxsize=KEPT_COUNT)
def parse_web_address(url: str) -> WebAddress:
    """Raises BadInput saying what is wrong with the URL."""
    if len(url) > URL_OCTETS:
        raise BadInput(f"URL of {len(url)} characters: at most {URL_OCTETS} are followed")
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise BadInput(f"{url!r} is not a web address: {error}") from error
    if parts.scheme not in _PORTS:
        raise BadInput(f"{url!r} is not a web address: it must start with http:// or https://")
    if parts.username or parts.password:
        raise BadInput("a URL with a user name or password in it is refused: such URLs end up on screens and in logs")
    query = f"?{quote(parts.query, safe=_KEPT)}" if parts.query else ""
    return WebAddress(
        scheme=parts.scheme,
        host=_host(parts, url),
        port=port or _PORTS[parts.scheme],
        path=(quote(parts.path, safe=_KEPT) or "/") + query,
    )


def _host(parts: SplitResult, url: str) -> str:
    host = parts.hostname or ""
    if is_numeric(host):
        return host
    try:
        ascii_host = host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise BadInput(f"{url!r} has a host that cannot be a name: {error}") from error
    if not ascii_host or not all(letter.isalnum() or letter in "-._" for letter in ascii_host):
        raise BadInput(f"{url!r} has no usable host")
    return ascii_host
