import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._wire.address import Endpoint, is_numeric, parse_endpoint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1:25", Endpoint("192.0.2.1", 25)),
        ("mail.example:993", Endpoint("mail.example", 993)),
        ("[2001:db8::1]:443", Endpoint("2001:db8::1", 443)),
        ("192.0.2.1", Endpoint("192.0.2.1", 53)),
        ("2001:db8::1", Endpoint("2001:db8::1", 53)),
        ("[2001:db8::1]", Endpoint("2001:db8::1", 53)),
        ("name", Endpoint("name", 53)),
    ],
)
def test_hosts_and_ports_are_split(text: str, expected: Endpoint) -> None:
    assert parse_endpoint(text, 53) == expected


@pytest.mark.parametrize(
    "text",
    ["", ":25", "host", "host:", "host:0", "host:65536", "host:x", "host:-1", "host:²", "[]:1", "[::1", "a:b:25"],
)
def test_what_is_no_endpoint_says_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="write host:port"):
        parse_endpoint(text)


@given(st.text(max_size=30))
def test_any_text_is_split_or_refused(text: str) -> None:
    try:
        host, port = parse_endpoint(text)
    except ValueError:
        return
    assert host
    assert 0 < port < 65536


def test_numeric_addresses_are_known() -> None:
    assert is_numeric("192.0.2.1")
    assert is_numeric("::1")
    assert not is_numeric("192.0.2.1.example")
