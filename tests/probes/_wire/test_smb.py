from __future__ import annotations

import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes._wire.smb import (
    DIALECTS,
    Negotiated,
    NotSmb,
    accepts_smb1,
    ask_smb1,
    ask_smb2,
    frame_length,
    parse_smb2,
    smb1_requires_signing,
)

GUID = bytes(range(16))


def answer(mode: int = 3, dialect: int = 0x0311, clock: int = 0, status: int = 0) -> bytes:
    header = b"\xfeSMB" + struct.pack("<HHIH", 64, 0, status, 0) + bytes(50)
    return header + struct.pack("<HHHH", 65, mode, dialect, 0) + GUID + bytes(16) + struct.pack("<QQ", clock, 0)


def test_an_answer_is_read_with_its_guid_and_clock() -> None:
    assert parse_smb2(answer(clock=132_539_328_000_000_000)) == Negotiated(
        dialect=0x0311,
        signing_required=True,
        guid="03020100-0504-0706-0809-0a0b0c0d0e0f",
        clock_at=datetime(2021, 1, 1, tzinfo=UTC),
    )


def test_signing_that_is_only_possible_is_not_required() -> None:
    found = parse_smb2(answer(mode=1))
    assert found is not None
    assert (found.signing_required, found.clock_at) == (False, None)


def test_a_clock_beyond_all_years_is_none() -> None:
    found = parse_smb2(answer(clock=2**64 - 1))
    assert found is not None
    assert found.clock_at is None


def test_a_status_that_is_no_success_is_a_refusal() -> None:
    assert parse_smb2(answer(status=0xC00000BB)) is None


@pytest.mark.parametrize("dialect", list(DIALECTS))
def test_frames_say_their_length(dialect: int) -> None:
    for frame in (ask_smb1(), ask_smb2(dialect, bytes(48))):
        assert frame_length(frame[:4]) == len(frame) - 4


def test_contexts_begin_where_the_question_says_they_do() -> None:
    message = ask_smb2(0x0311, bytes(48))[4:]
    offset, count = struct.unpack_from("<IH", message, 64 + 28)
    assert (offset % 8, count) == (0, 2)
    assert struct.unpack_from("<HH", message, offset) == (1, 38)


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xfeSMB", b"\xffSMB", b"\xffSMB\x72\x00\x00\x00\x00"]))
@settings(max_examples=200, deadline=None)
def test_no_octets_but_good_ones_or_not_smb(data: bytes, start: bytes) -> None:
    for parse in (accepts_smb1, parse_smb2, smb1_requires_signing):
        try:
            assert isinstance(parse(start + data), bool | Negotiated | None)
        except NotSmb:
            continue


@given(st.binary(min_size=4, max_size=4))
def test_a_frame_is_bounded(head: bytes) -> None:
    try:
        assert 32 <= frame_length(head) <= 65_536
    except NotSmb:
        return
