from __future__ import annotations

from pathlib import Path
from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.flow_values import VALUE_LENGTH, Values, references
from probes.api import FailureKind, ProbeFailure
from probes.secret import Secret

PASSWORD = "mật & <khẩu>"


@pytest.fixture
def values(tmp_path: Path) -> Values:
    path = tmp_path / "password"
    path.write_text(PASSWORD, encoding="utf-8")
    path.chmod(0o600)
    return Values({"password": Secret(f"file:{path}")})


def test_references_are_names_in_braces_and_nothing_else() -> None:
    texts = ("{a}{secret:b_1}", '{"json": 1}', "{A} {1} {} { a }")
    assert references(texts) == {(False, "a"), (True, "b_1")}


def test_values_are_put_in_once_and_not_read_again(values: Values) -> None:
    values.learn("a", "{secret:password}")
    assert values.fill("x={a}&y={secret:password}") == "x={secret:password}&y=" + PASSWORD


@pytest.mark.parametrize("spelling", [PASSWORD, quote_plus(PASSWORD), "mật &amp; &lt;khẩu&gt;"])
def test_a_secret_is_scrubbed_in_any_spelling(values: Values, spelling: str) -> None:
    values.fill("{secret:password}")
    assert values.scrub(f"you said {spelling}!") == "you said ***!"


@pytest.mark.parametrize("value", ["a\r\nb", "\x1b[2J", "x" * (VALUE_LENGTH + 1)])
def test_a_value_that_is_too_long_or_unprintable_is_not_kept(values: Values, value: str) -> None:
    with pytest.raises(ProbeFailure) as caught:
        values.learn("a", value)
    assert caught.value.kind is FailureKind.MISMATCH


@given(st.text(max_size=200), st.text(max_size=50))
@settings(max_examples=200, deadline=None)
def test_any_text_is_filled(text: str, value: str) -> None:
    values = Values({})
    for _, name in references((text,)):
        values.learn(name, "".join(filter(str.isprintable, value)))
    if not any(is_secret for is_secret, _ in references((text,))):
        assert isinstance(values.fill(text), str)
