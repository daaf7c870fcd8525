from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.cookies import COOKIES_COUNT, Cookies
from probes._wire.web_address import parse_web_address

HERE = parse_web_address("https://app.bachthong.example/a/b")


@pytest.mark.parametrize(
    ("cookie", "url", "sent"),
    [
        ("a=1", "https://app.bachthong.example/a/c", "a=1"),
        ("a=1", "https://app.bachthong.example/", ""),
        ("a=1; Path=/", "https://app.bachthong.example/", "a=1"),
        ("a=1; Path=/a", "https://app.bachthong.example/ab", ""),
        ("a=1; Path=/", "https://other.bachthong.example/", ""),
        ("a=1; Path=/; Domain=bachthong.example", "https://other.bachthong.example/", "a=1"),
        ("a=1; Path=/; Domain=evil.example", "https://evil.example/", ""),
        ("a=1; Path=/; Domain=example", "https://other.example/", ""),
        ("a=1; Path=/; Secure", "http://app.bachthong.example/", ""),
        ("a=1; Path=/; Max-Age=0", "https://app.bachthong.example/", ""),
        ("a=1; Path=/; Max-Age=60", "https://app.bachthong.example/", "a=1"),
        ("a=" + "x" * 5000, "https://app.bachthong.example/a/b", ""),
        ("a=1\r\nEvil: 2", "https://app.bachthong.example/a/b", ""),
    ],
)
def test_a_cookie_goes_where_a_browser_would_send_it(cookie: str, url: str, sent: str) -> None:
    cookies = Cookies()
    cookies.take(HERE, (cookie,))
    assert cookies.header(parse_web_address(url)) == sent


def test_cookies_are_bounded() -> None:
    cookies = Cookies()
    for start in range(0, 1000, 40):
        cookies.take(HERE, tuple(f"c{number}=1; Path=/" for number in range(start, start + 40)))
    assert cookies.header(HERE).count("=") <= 2 * COOKIES_COUNT


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_cookie_is_kept_or_not_and_never_breaks_a_header(text: str) -> None:
    cookies = Cookies()
    cookies.take(HERE, (text, f"a={text}; Path=/"))
    header = cookies.header(HERE)
    assert header.isascii()
    assert header == "" or header.isprintable()
