"""Address arithmetic of the simulated routers."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.lab.prefixes import networks, partner, summary

NETWORKS = st.builds(
    lambda number, length: IPv4Network((number, length), strict=False),
    st.integers(0x0A000000, 0x0A0000FF),
    st.integers(28, 32),
)


@settings(deadline=None)
@given(st.lists(NETWORKS, min_size=1, max_size=8), st.lists(NETWORKS, max_size=8))
def test_a_summary_covers_what_is_its_own_and_touches_nothing_foreign(
    own: list[IPv4Network], foreign: list[IPv4Network]
) -> None:
    found = summary(own, foreign)
    assert all(any(network.subnet_of(prefix) for prefix in found) for network in own)
    for prefix in found:
        touched = [other for other in foreign if prefix.overlaps(other)]
        assert not touched or prefix in own


def test_addresses_far_from_anything_foreign_become_one_prefix() -> None:
    own = networks(["10.255.0.1", "10.21.3.0/24", "10.254.1.11"])
    assert summary(own, networks(["198.51.100.6"])) == (IPv4Network("10.0.0.0/8"),)


def test_nothing_has_no_summary() -> None:
    assert summary([], networks(["10.0.0.1"])) == ()


@pytest.mark.parametrize(
    ("address", "taken", "other"),
    [
        ("10.255.2.2", (), "10.255.2.1"),
        ("10.255.2.1", (), "10.255.2.2"),
        ("10.255.2.2", ("10.255.2.1",), None),
        ("10.255.2.3", (), None),
        ("10.255.2.4", (), None),
    ],
)
def test_the_other_end_of_a_link_is_the_other_host_of_its_block(
    address: str, taken: tuple[str, ...], other: str | None
) -> None:
    assert partner(address, taken) == other
