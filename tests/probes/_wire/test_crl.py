import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.crl import read_crl
from probes.api import FailureKind, ProbeFailure
from tests.servers.certificates import Wish, issue
from tests.servers.crl import make_crl

ROOT = issue(Wish(subject="CA", is_authority=True))
DER = make_crl(ROOT)
NOW = datetime.now(UTC)


def test_a_delta_list_says_so() -> None:
    delta = make_crl(ROOT, extensions=((x509.DeltaCRLIndicator(25), True),))
    assert read_crl(delta, []).is_delta
    assert not read_crl(DER, []).is_delta
    assert read_crl(delta, []).number is None


def test_a_list_counts_from_its_first_to_its_last_second() -> None:
    found = read_crl(DER, [ROOT.certificate])
    assert found.faults(NOW) == ()
    assert "expired" in found.faults(NOW + timedelta(days=2))[0]
    assert "future" in found.faults(NOW - timedelta(days=2))[0]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(DER) - 1), st.integers(0, 255), st.booleans())
def test_a_damaged_list_is_a_failure_or_has_a_wrong_signature(place: int, octet: int, cut: bool) -> None:
    spoiled = DER[:place] + (b"" if cut else bytes([octet]) + DER[place + 1 :])
    with contextlib.suppress(ProbeFailure):
        found = read_crl(spoiled, [ROOT.certificate])
        found.facts()
        found.faults(NOW)
        if found.signature_valid:
            assert (found.revoked_count, found.next_update) == (2, read_crl(DER, []).next_update)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda data: b"-----BEGIN X509 CRL-----\n" + data))
def test_any_octets_are_a_failure(data: bytes) -> None:
    with pytest.raises(ProbeFailure) as caught:
        read_crl(data, [])
    assert caught.value.kind is FailureKind.PROTOCOL
