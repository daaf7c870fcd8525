from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bt_console.config.kinds import read_params
from bt_console.config.load import Settings
from probes.http_flow import HttpFlowParams, Step
from probes.secret import Secret

HEAD = """\
services:
  mail:
    name: Thư
    path: tslcd
    url: https://mail.example/
    address: 10.254.1.12
    checks:
      http_flow:
        address: "{url}"
        params:
"""
GOOD = """\
          timeout: 12s
          secrets: {password: "env:MAIL_PASSWORD"}
          steps:
            - name: form
              path: /login
              extract: {token: 'value="([^"]+)"'}
            - path: /login
              form: {user: monitor, password: "{secret:password}", csrf: "{token}"}
"""


@pytest.fixture
def flow(small: Callable[..., Settings]) -> Callable[[str], Settings]:
    """Return a loader of the small district with one more service, whose flow has these params."""
    return lambda params: small("", ("services:\n", HEAD + params))


@pytest.fixture
def refused_flow(refused: Callable[..., list[str]]) -> Callable[[str], list[str]]:
    """Return the same for one that must fail; lines count from the first line of the params."""

    def load(params: str) -> list[str]:
        found = refused("", ("services:\n", HEAD + params))
        first = 8 + HEAD.count("\n")
        parts = (line.split(":", 1) for line in found)
        return [f"{int(number) - first + 1}:{rest}" for number, rest in parts]

    return load


def test_steps_and_secrets_are_read_into_their_own_types(flow: Callable[[str], Settings]) -> None:
    (params,) = (check.params for check in flow(GOOD).inventory.checks.values() if check.probe == "http_flow")
    assert params == HttpFlowParams(
        timeout_s=12.0,
        secrets={"password": Secret("env:MAIL_PASSWORD")},
        steps=(
            Step(name="form", path="/login", extract={"token": 'value="([^"]+)"'}),
            Step(path="/login", form={"user": "monitor", "password": "{secret:password}", "csrf": "{token}"}),
        ),
    )


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            "env:MAIL_PASSWORD",
            "hunter2",
            "2:31: `secrets` of http_flow: a secret is given by reference, not by value",
        ),
        (
            "path: /login\n              ex",
            "pathh: /login\n              ex",
            "5:15: an entry of `steps` has no field `pathh`",
        ),
        ("name: form", "name: 5", "4:21: `name` of an entry of `steps` cannot be 5: input should be a valid string"),
        ("user: monitor", "user: 5", "8:28: `form` of an entry of `steps` cannot be 5: input should be a valid string"),
        ("- name: form", "- form\n            - name: x", "4:15: an entry of `steps` must be a section, not `form`"),
        (
            '"([^"]+)"',
            "x",
            "4:15: an entry of `steps`: the pattern of token has 0 groups: put one pair of brackets around the value",
        ),
        ("extract: {", "extract: [] # {", "6:24: `extract` of an entry of `steps` must be a section, not a list"),
    ],
)
def test_each_mistake_is_told_at_its_own_line(
    refused_flow: Callable[[str], list[str]], before: str, after: str, told: str
) -> None:
    assert GOOD.count(before) == 1
    assert refused_flow(GOOD.replace(before, after)) == [told]


def test_every_mistake_is_told_at_once(refused_flow: Callable[[str], list[str]]) -> None:
    bad = GOOD.replace("name: form", "nam: form").replace("user: monitor", "user: 5").replace("env:", "")
    assert [line.partition(":")[0] for line in refused_flow(bad)] == ["2", "4", "8"]


def test_steps_that_do_not_fit_together_are_told_at_the_params(refused_flow: Callable[[str], list[str]]) -> None:
    (told,) = refused_flow(GOOD.replace('"{token}"', '"{tokn}"'))
    assert told.endswith("params of http_flow: step '/login' uses 'tokn', which is extracted in no step before")


def test_a_secret_written_as_itself_is_not_repeated() -> None:
    for written in ("hunter2", 12345, ["hunter2"], {"a": "hunter2"}):
        with pytest.raises(ValidationError) as caught:
            read_params("http_flow", {"secrets": {"password": written}})
        told = str([detail["msg"] for detail in caught.value.errors()])
        assert "hunter2" not in told
        assert "12345" not in told


def test_a_field_that_is_a_secret_or_nothing_takes_both() -> None:
    assert read_params("imap_session", {"password": "env:X"}) == {"password": Secret("env:X")}
    assert read_params("imap_session", {"password": None}) == {"password": None}


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
field = st.sampled_from(["name", "path", "form", "headers", "extract", "max_redirects", "expect_status", "method"])


@given(st.dictionaries(st.sampled_from(["steps", "secrets", "timeout"]), json | st.lists(st.dictionaries(field, json))))
@settings(max_examples=100, deadline=None)
def test_whatever_is_written_is_read_or_told(written: dict[str, Any]) -> None:
    try:
        told = read_params("http_flow", written).keys()
    except ValidationError as error:
        told = dict.fromkeys(detail["msg"] for detail in error.errors()).keys()
    assert all(told)
