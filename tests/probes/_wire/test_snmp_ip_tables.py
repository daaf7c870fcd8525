from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.snmp_ip_tables import (
    UNKNOWN_LENGTH,
    OwnAddress,
    cidr_defaults,
    indexed_address,
    inet_defaults,
    mask_length,
    merged,
    new_addresses,
    old_addresses,
    prefix_length,
)

PARTS = st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 20), min_size=1, max_size=24)
INDEXES = PARTS.map(lambda parts: ".".join(map(str, parts)))
VALUES = st.none() | st.integers(-(2**63), 2**64 - 1) | st.binary(max_size=40) | st.text(max_size=20) | INDEXES
COLUMNS = st.dictionaries(INDEXES, VALUES, max_size=8)
POINTER = "1.3.6.1.2.1.4.32.1.5.4.1.4.192.0.2.0."


@settings(max_examples=200)
@given(COLUMNS, COLUMNS, COLUMNS, COLUMNS)
def test_whatever_an_agent_tells_becomes_addresses_or_nothing(
    first: dict[str, object], second: dict[str, object], third: dict[str, object], fourth: dict[str, object]
) -> None:
    columns = (first, dict.fromkeys(first, 1), third, fourth)
    found = merged(new_addresses(*columns), old_addresses(first, second))  # type: ignore[arg-type]
    assert all(-1 <= one.prefix_length <= 128 and 0 < one.if_index < 2**31 for one in found)
    assert len({(one.ip, one.if_index) for one in found}) == len(found)
    assert len(sorted(found, key=OwnAddress.rank)) == len(found)
    for route in (*inet_defaults(first, second), *cidr_defaults(first, second)):  # type: ignore[arg-type]
        assert route.gateway not in ("0.0.0.0", "::")
        assert 0 < route.if_index < 2**31


@settings(max_examples=200)
@given(VALUES)
def test_a_length_is_one_or_unknown(value: object) -> None:
    assert -1 <= prefix_length(value) <= 128  # type: ignore[arg-type]
    assert -1 <= mask_length(value) <= 32  # type: ignore[arg-type]


def test_lengths_are_read_from_masks_and_pointers() -> None:
    assert [mask_length(mask) for mask in ("255.255.255.0", "0.0.0.0", "255.255.255.255")] == [24, 0, 32]
    assert [mask_length(mask) for mask in ("255.0.255.0", "24", "", None, 7, b"\xff")] == [UNKNOWN_LENGTH] * 6
    assert prefix_length(POINTER + "24") == 24
    odd = (POINTER + "129", POINTER + "4000000000", POINTER, "0.0", "1.2.24", 24, None)
    assert [prefix_length(pointer) for pointer in odd] == [UNKNOWN_LENGTH] * 7


def test_a_mask_that_means_the_rest_is_no_mask() -> None:
    assert mask_length("0.0.0.255") == UNKNOWN_LENGTH


def test_an_address_with_a_zone_loses_it() -> None:
    assert indexed_address("3.8.10.0.0.1.0.0.0.9") == "10.0.0.1"
    assert indexed_address("4.20.254.128" + ".0" * 13 + ".7.0.0.0.2") == "fe80::7"
    assert indexed_address("1.4.10.0.0.1") == "10.0.0.1"
    assert [indexed_address(text) for text in ("", "1", "1.4", "1.5.10.0.0.1", "16.3.1.2.3")] == [""] * 5
