from __future__ import annotations

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.http_head import read_simple_head

USUAL = b"HTTP/1.1 200 OK\r\nServer: x \r\nSet-Cookie: a=1\r\nset-cookie:b=2\r\nContent-Length: 5\r\n\r\nhel"


def test_a_usual_head_is_read_with_what_came_along() -> None:
    found = read_simple_head(USUAL)
    assert found is not None
    page, length, rest = found
    assert (page.status, page.reason, length, rest) == (200, "OK", 5, b"hel")
    assert page.headers["server"] == "x"
    assert page.cookies == ("a=1", "b=2")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        USUAL[:-7],
        USUAL.replace(b"\r\n", b"\n"),
        USUAL.replace(b"200", b"100"),
        USUAL.replace(b"200", b"204"),
        USUAL.replace(b"200", b"304"),
        USUAL.replace(b"200", b"600"),
        USUAL.replace(b"1.1", b"2.0"),
        USUAL.replace(b"Content-Length: 5", b"X: 5"),
        USUAL.replace(b"Content-Length: 5", b"Content-Length: 5, 5"),
        USUAL.replace(b"Content-Length: 5", b"Content-Length: +5"),
        USUAL.replace(b"Content-Length: 5", b"Content-Length: 5\r\nContent-Length: 6"),
        USUAL.replace(b"Server: x", b"Transfer-Encoding: chunked"),
        USUAL.replace(b"Server: x", b"Server : x"),
        USUAL.replace(b"Server: x", b" Server: x"),
        USUAL.replace(b"Server: x", b"Server: \xc4\x90"),
        USUAL.replace(b"Server: x", b"Server: \x1b[2J"),
        USUAL.replace(b"Server: x", b"Server: a\rb"),
    ],
)
def test_what_is_unusual_is_left_to_the_whole_parser(data: bytes) -> None:
    assert read_simple_head(data) is None


PARTS = [b"HTTP/1.1 200 OK", b"HTTP/1.0 404 ", b"\r\n", b"\r\n\r\n", b"A: 1", b"Content-Length: 3", b"Content-Length:0"]
MORE = [
    b"Transfer-Encoding: chunked",
    b"Connection: close",
    b":",
    b" ",
    b"\t",
    b"x",
    b"\n",
    b"\x00",
    b"\xff",
    b"3",
    b"abc",
]


@given(
    st.lists(st.sampled_from([*PARTS, *MORE]), max_size=8),
    st.lists(st.sampled_from(PARTS[4:] + MORE), max_size=4),
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_read_is_what_the_whole_parser_reads(loose: list[bytes], lines: list[bytes]) -> None:
    for data in (b"".join(loose), b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: 3", *lines]) + b"\r\n\r\nabc"):
        found = read_simple_head(data)
        if found is not None:
            _assert_the_same(data, *found[:2])


def _assert_the_same(data: bytes, page: object, length: int) -> None:
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    parser.send(h11.EndOfMessage())
    parser.receive_data(data)
    event = parser.next_event()
    assert isinstance(event, h11.Response)
    headers = {name.decode(): value.decode() for name, value in event.headers}
    assert (event.status_code, event.reason.decode(), headers) == (
        getattr(page, "status", None),
        getattr(page, "reason", None),
        getattr(page, "headers", None),
    )
    assert headers["content-length"] == str(length) or int(headers["content-length"]) == length
