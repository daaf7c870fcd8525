from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.dmarc import POLICIES, DmarcRecord, choose, parse_dmarc


def test_a_full_record_is_read() -> None:
    assert parse_dmarc("v=DMARC1; p=Quarantine ; sp=reject; pct=25; rua=mailto:a@b.vn, mailto:c@d.vn;") == DmarcRecord(
        policy="quarantine",
        subdomain_policy="reject",
        applied_ratio=0.25,
        report_to=("mailto:a@b.vn", "mailto:c@d.vn"),
        errors=(),
    )


def test_subdomains_follow_the_domain_unless_said() -> None:
    assert parse_dmarc("v=DMARC1; p=reject").subdomain_policy == "reject"


@pytest.mark.parametrize(
    ("texts", "chosen"),
    [
        ([], ""),
        (["v=DMARC1;p=none"], "v=DMARC1;p=none"),
        (["v = DMARC1 ; p=none"], "v = DMARC1 ; p=none"),
        (["p=none; v=DMARC1"], ""),
        (["v=DMARC10; p=none"], ""),
        (["x", "v=DMARC1"], "v=DMARC1"),
    ],
)
def test_a_record_begins_with_its_version(texts: list[str], chosen: str) -> None:
    assert choose(texts) == (chosen, "")


def test_two_records_are_none() -> None:
    assert choose(["v=DMARC1; p=none"] * 2)[1] == "2 DMARC records: receivers ignore all of them"


def test_a_tag_twice_and_one_that_is_none_are_named() -> None:
    assert parse_dmarc("v=DMARC1; p=none; p=reject; hello").errors == ("p= is written twice", "hello is no tag")


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read(text: str) -> None:
    record = parse_dmarc(f"v=DMARC1; {text}")
    assert record.policy in POLICIES
    assert 0.0 <= record.applied_ratio <= 1.0
    assert len(record.report_to) <= 10
