"""Who owns which address: every sequence of claims keeps the table and the report within bounds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.arp import REPLY, Claim
from probes._wire.arp_table import ROWS_MAX, ArpTable, Law

SECOND = 1_000_000_000
GATEWAY = bytes([10, 9, 0, 254])
HOST = bytes([10, 9, 0, 10])
A, B, C = (bytes([2, 0, 0, 0, 0, octet]) for octet in (1, 2, 3))


def table(*claims: tuple[bytes, bytes, int], law: Law | None = None) -> ArpTable:
    made = ArpTable(law or Law(gateway=GATEWAY))
    for ip, mac, at_s in claims:
        made.note(Claim(REPLY, ip, mac, bytes(4), mac), b"frame", at_s * SECOND)
    return made


def test_a_replaced_machine_moves_once_and_is_no_duplicate() -> None:
    report = table((HOST, A, 1), (HOST, A, 2), (HOST, B, 3), (HOST, B, 400), (HOST, B, 800)).take_report()
    assert (report.moved_count, list(report.duplicates)) == (1, [])


def test_an_owner_that_returns_after_the_window_moves_again() -> None:
    report = table((HOST, A, 1), (HOST, B, 2), (HOST, B, 900), (HOST, A, 1000)).take_report()
    assert (report.moved_count, list(report.duplicates)) == (2, [])


def test_two_that_speak_in_turns_are_duplicates() -> None:
    report = table((HOST, A, 1), (HOST, B, 2), (HOST, A, 3), (HOST, B, 4)).take_report()
    assert report.moved_count == 1
    assert {ip: set(macs) for ip, macs in report.duplicates.items()} == {HOST: {A, B}}


def test_a_machine_that_probes_for_an_address_claims_nothing() -> None:
    made = table((HOST, A, 1))
    made.note(Claim(1, bytes(4), B, HOST, B), b"frame", 2 * SECOND)
    report = made.take_report()
    assert (report.heard_count, report.moved_count, report.known_count) == (2, 0, 1)


def test_the_gateways_first_mac_stays_its_own_however_long_another_claims_it() -> None:
    made = table((GATEWAY, A, 1), *((GATEWAY, B, second) for second in range(2, 50)))
    report = made.take_report()
    assert (report.gateway_mac, report.impersonation_count, list(report.impersonators)) == (A, 48, [B])
    made.note(Claim(REPLY, GATEWAY, C, bytes(4), C), b"frame", 60 * SECOND)
    assert list(made.take_report().impersonators) == [C]


def test_our_own_address_is_given_up_when_we_have_another() -> None:
    made = table()
    made.set_own(HOST, A)
    made.set_own(bytes([10, 9, 0, 11]), A)
    made.note(Claim(REPLY, HOST, B, bytes(4), B), b"frame", SECOND)
    assert list(made.take_report().duplicates) == []


CLAIMS = st.builds(
    Claim,
    st.sampled_from([1, 2]),
    st.sampled_from([HOST, GATEWAY, bytes(4)]) | st.binary(min_size=4, max_size=4),
    st.sampled_from([A, B]) | st.binary(min_size=6, max_size=6),
    st.sampled_from([HOST, GATEWAY]) | st.binary(min_size=4, max_size=4),
    st.sampled_from([A, B]),
)


@settings(max_examples=200)
@given(st.lists(st.tuples(CLAIMS, st.integers(0, 10**12)), max_size=150))
def test_whatever_is_claimed_the_report_adds_up_and_stays_small(claims: list[tuple[Claim, int]]) -> None:
    made = ArpTable(Law(gateway=GATEWAY, flood_per_s=2))
    for claim, at_ns in claims:
        made.note(claim, b"frame", at_ns)
    report = made.take_report()
    assert report.heard_count == len(claims)
    assert report.peak_count <= report.heard_count
    assert len(report.moves) <= min(report.moved_count, ROWS_MAX)
    for rows in (report.duplicates, report.impersonators, report.floods, report.forgers):
        assert len(rows) <= ROWS_MAX
    assert report.known_count <= len({claim.ip for claim in {claim for claim, _ in claims}})
    assert made.take_report().heard_count == 0


def test_thousands_of_invented_addresses_fill_the_table_but_push_nobody_out() -> None:
    invented = [(number.to_bytes(4, "big"), C, 2) for number in range(1, 20_001)]
    made = table((HOST, A, 1), *invented)
    report = made.take_report()
    assert report.unlearned_count == 20_001 - report.known_count > 0
    made.note(Claim(REPLY, HOST, B, bytes(4), B), b"frame", 3 * SECOND)
    assert made.take_report().moved_count == 1


def test_an_hour_later_the_oldest_make_room_for_the_new() -> None:
    invented = [(number.to_bytes(4, "big"), C, 2) for number in range(1, 10_001)]
    made = table(*invented, (HOST, A, 3700), (HOST, B, 3701))
    assert made.take_report().moved_count == 1
