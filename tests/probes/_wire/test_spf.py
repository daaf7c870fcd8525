from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.spf import SpfRecord, choose, is_spf, parse_spf


@pytest.mark.parametrize(
    ("text", "policy", "lookup_count"),
    [
        ("v=spf1", "", 0),
        ("V=SPF1 ALL", "+all", 0),
        ("v=spf1 a a:b.vn a/24 a:b.vn/24//64 mx mx//64 ptr ptr:b.vn ?all", "?all", 8),
        ("v=spf1 ip4:10.0.0.1 ip4:10.0.0.0/8 ip6:2001:db8::/32 ip6:::1 -all", "-all", 0),
        ("v=spf1 -exists:%{ir}.%{v}._spf.%{d2} ~all", "~all", 1),
        ("v=spf1 -all include:late.vn redirect=late.vn", "-all", 0),
        ("v=spf1 redirect=a.vn exp=why.vn other=%{x}", "", 1),
    ],
)
def test_good_records_have_no_errors(text: str, policy: str, lookup_count: int) -> None:
    record = parse_spf(text)
    assert record.errors == ()
    assert (record.policy, record.lookup_count) == (policy, lookup_count)


@pytest.mark.parametrize(
    ("term", "error"),
    [
        ("all:b.vn", "takes no domain"),
        ("include", "has no domain"),
        ("include:", "has no domain"),
        ("exists", "has no domain"),
        ("ip4:b.vn", "is no network"),
        ("ip4", "is no network"),
        ("ip6:10.0.0.0/8", "is no network"),
        ("a/33", "has a prefix that is too long"),
        ("mx//129", "has a prefix that is too long"),
        ("ptr/24", "has no usable prefix length"),
        ("a/x", "has no usable prefix length"),
        ("ipv4:10.0.0.1", "is no mechanism of SPF"),
        ("*all", "is no term of SPF"),
        ("redirect=", "has no domain"),
    ],
)
def test_each_mistake_is_named(term: str, error: str) -> None:
    assert parse_spf(f"v=spf1 {term}").errors == (f"{term} {error}",)


def test_a_modifier_written_twice_and_far_too_many_terms() -> None:
    assert parse_spf("v=spf1 redirect=a.vn redirect=b.vn").errors == ("redirect= is written twice",)
    assert parse_spf("v=spf1" + " a" * 101).errors == ("more than 100 terms",)


def test_only_one_version_is_spf() -> None:
    assert [is_spf(text) for text in ("v=spf1", "v=spf1 a", "v=spf10", "v=spf1a", "spf2.0/pra a")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert choose(["x", "v=spf1 a"]) == ("v=spf1 a", "")
    assert choose(["x"]) == ("", "")


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read(text: str) -> None:
    assert isinstance(parse_spf(f"v=spf1 {text}"), SpfRecord)


@given(st.lists(st.sampled_from(["a", "mx", ":", "/", "//", "%{", "}", "=", "include", "-", "all", "9", "."])))
@settings(max_examples=200, deadline=None)
def test_any_mixture_of_its_parts_is_read(parts: list[str]) -> None:
    assert isinstance(parse_spf(f"v=spf1 {''.join(parts)}"), SpfRecord)
