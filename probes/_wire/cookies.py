"""Keeps cookies as a browser does, for as long as one run lasts.

Source: RFC 6265 (host-only, domain, path, secure), by way of the standard library's cookie jar.
"""

from __future__ import annotations

from email.message import Message
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import cast
from urllib.request import Request

from probes._wire.web_address import WebAddress

COOKIES_COUNT = 50
COOKIE_LENGTH = 4096
"""RFC 6265 6.1 asks for at least these; what goes beyond is not kept."""


class _Answer:
    """What the jar wants to see of an answer."""

    def __init__(self, cookies: tuple[str, ...]) -> None:
        self._message = Message()
        for cookie in cookies[:COOKIES_COUNT]:
            if len(cookie) <= COOKIE_LENGTH and cookie.isascii() and cookie.isprintable():
                self._message["Set-Cookie"] = cookie

    def info(self) -> Message:
        return self._message


class Cookies:
    """The cookies of one user."""

    def __init__(self) -> None:
        self._jar = CookieJar()

    def take(self, address: WebAddress, cookies: tuple[str, ...]) -> None:
        """Keep what a page set, values of Set-Cookie."""
        if cookies and len(self._jar) < COOKIES_COUNT:
            self._jar.extract_cookies(cast("HTTPResponse", _Answer(cookies)), _request(address))

    def header(self, address: WebAddress) -> str:
        """Return the value of Cookie for an address, "" for none."""
        request = _request(address)
        self._jar.add_cookie_header(request)
        return request.get_header("Cookie") or ""


def _request(address: WebAddress) -> Request:
    return Request(str(address))  # noqa: S310 - never opened: the jar only looks at the address
