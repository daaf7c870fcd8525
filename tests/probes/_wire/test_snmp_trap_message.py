import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.snmp_ber import BadMessage, read_oid
from probes._wire.snmp_reports import error_status, report_reason
from probes._wire.snmp_trap_message import kind_name, read_trap, version_of
from probes._wire.snmp_v3_message import read_secure_header
from tests.servers.snmp_agent import integer, message, oid, oid_value, pdu, text, ticks, tlv, varbind

HEAD = varbind(oid("1.3.6.1.2.1.1.3.0"), ticks(7))
TRAP_OID = oid("1.3.6.1.6.3.1.1.4.1.0")
IF_INDEX, IF_NAME = oid("1.3.6.1.2.1.2.2.1.1.3"), oid("1.3.6.1.2.1.31.1.1.1.1.3")
DOWN = varbind(TRAP_OID, oid_value("1.3.6.1.6.3.1.1.5.3"))
GOOD = message(1, b"secret", pdu(0xA7, 77, HEAD + DOWN + varbind(IF_INDEX, integer(3)) + varbind(IF_NAME, text("gi3"))))


def test_a_name_wins_over_an_index() -> None:
    assert read_trap(GOOD).interface == b"gi3"
    assert read_trap(message(1, b"x", pdu(0xA7, 1, HEAD + DOWN + varbind(IF_INDEX, integer(300))))).interface == b"300"


def test_a_community_is_not_shown() -> None:
    assert read_trap(GOOD).community == b"secret"
    assert "secret" not in repr(read_trap(GOOD))


@pytest.mark.parametrize(
    ("dotted", "kind"),
    [
        ("1.3.6.1.6.3.1.1.5.1", "coldStart"),
        ("1.3.6.1.6.3.1.1.5.2", "warmStart"),
        ("1.3.6.1.6.3.1.1.5.4", "linkUp"),
        ("1.3.6.1.6.3.1.1.5.5", "authenticationFailure"),
        ("1.3.6.1.6.3.1.1.5.9", "1.3.6.1.6.3.1.1.5.9"),
        ("1.3.6.1.4.1.4294967295.2", "1.3.6.1.4.1.4294967295.2"),
    ],
)
def test_kinds_have_names_or_numbers(dotted: str, kind: str) -> None:
    wire = message(1, b"x", pdu(0xA7, 1, HEAD + varbind(TRAP_OID, oid_value(dotted))))
    assert read_trap(wire).kind == kind_name(dotted) == kind


def test_an_informs_answer_is_the_inform_as_a_response() -> None:
    wire = message(1, b"x", pdu(0xA6, 5, HEAD + DOWN))
    assert read_trap(wire).reply == message(1, b"x", pdu(0xA2, 5, HEAD + DOWN))
    assert read_trap(GOOD).reply == b""


def test_the_open_part_of_version_3_is_read() -> None:
    security = tlv(
        0x30,
        tlv(4, b"\x80\x00\x01") + tlv(2, b"\x05") + tlv(2, b"\x06") + tlv(4, b"alice") + tlv(4, b"d") + tlv(4, b""),
    )
    header = tlv(0x30, tlv(2, b"\x01") + tlv(2, b"\x7f\xff") + tlv(4, b"\x03") + tlv(2, b"\x03"))
    wire = tlv(0x30, tlv(2, b"\x03") + header + tlv(4, security) + tlv(4, b"secret"))
    found = read_secure_header(wire)
    assert (found.is_authenticated, found.is_private) == (True, True)
    assert wire[found.digest_start : found.digest_end] == b"d"
    assert (found.engine_id, found.user) == (b"\x80\x00\x01", b"alice")


@pytest.mark.parametrize("cut", range(len(GOOD)))
def test_a_message_cut_anywhere_is_a_bad_message(cut: int) -> None:
    with pytest.raises(BadMessage):
        read_trap(GOOD[:cut])


def _read_everything(wire: bytes) -> None:
    for read in (version_of, read_trap, read_secure_header):
        with contextlib.suppress(BadMessage):
            read(wire)
    assert isinstance(error_status(wire), str)
    assert isinstance(report_reason(wire), int)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_octets_are_a_notification_or_a_bad_message(wire: bytes) -> None:
    _read_everything(wire)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_good_message_with_spoiled_octets_is_a_notification_or_a_bad_message(changes: list[tuple[int, int]]) -> None:
    wire = bytearray(GOOD)
    for place, octet in changes:
        wire[place] = octet
    _read_everything(bytes(wire))


@given(st.lists(st.integers(0, (1 << 32) - 1), min_size=1, max_size=40))
def test_object_identifiers_are_read_as_they_were_written(rest: list[int]) -> None:
    kind, content = oid_value(".".join(map(str, (1, 3, *rest))))
    assert kind == 6
    if len(content) <= 640:
        assert read_oid(content, 0, len(content)) == ".".join(map(str, (1, 3, *rest)))
