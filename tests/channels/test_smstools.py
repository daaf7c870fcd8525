"""Text messages: the real smsd with a modem of ours, and the spool as files."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console import channels
from bt_console.channels import _spool, smstools
from bt_console.channels._sms_text import PLAIN_LIMIT, plain_text, units_count, wide_text
from bt_console.channels.api import ChannelContext, ChannelError, Letter
from bt_console.channels.smstools import SmstoolsParams
from bt_console.model.oncall import NoticeKind
from bt_console.model.paging import SendOutcome
from probes.api import clean
from tests.channels.fake_modem import BASIC, FakeModem
from tests.servers.daemons import binary
from tests.servers.process import running

NUMBER = "+84912345678"
FOLDERS = ("outgoing", "checked", "sent", "failed", "incoming")
T = TypeVar("T")

LETTER = Letter(
    id="17",
    kind=NoticeKind.PAGE,
    at=datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
    title="Đứt đường TSLCD của xã Cao Sơn",
    body="Đứt đường TSLCD của xã Cao Sơn từ 15:00",
    short="#17 Đứt đường TSLCD xã Cao Sơn 15:00 [a_b@c] 7342",
    code="7342",
)
PLAIN = "#17 Dut duong TSLCD xa Cao Son 15:00 (a_b@c) 7342"


def _now(after_s: float = 0.0, timeout_s: float = 15.0) -> ChannelContext:
    return ChannelContext(now=datetime.now(UTC) + timedelta(seconds=after_s), timeout_s=timeout_s)


@pytest.fixture
def params(tmp_path: Path) -> SmstoolsParams:
    for name in FOLDERS:
        (tmp_path / "sms" / name).mkdir(parents=True)
    return SmstoolsParams(spool=str(tmp_path / "sms"))


@asynccontextmanager
async def smsd(params: SmstoolsParams, modem: FakeModem) -> AsyncIterator[None]:
    """Run the real daemon on the modem, with a configuration of its own."""
    folder = Path(params.spool).parent
    lines = [f"{name} = {params.folder(name)}" for name in FOLDERS]
    lines += [f"{name} = {folder / name}" for name in ("logfile", "infofile", "pidfile")]
    lines += ["devices = GSM1", "delaytime = 1", "errorsleeptime = 1", "blocktime = 5", "autosplit = 3"]
    lines += ["[GSM1]", f"device = {modem.device}", "incoming = yes", "init = AT", "memory_start = 1"]
    (folder / "smsd.conf").write_text("\n".join(lines) + "\n")
    async with running(binary("smsd", "smstools"), "-t", f"-c{folder / 'smsd.conf'}"):
        yield


async def until(work: Callable[[], Awaitable[T]], is_it: Callable[[T], bool]) -> T:
    """Ask until the answer is the one waited for."""
    for _ in range(600):
        if is_it(answer := await work()):
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError(f"still {answer}")


# The real daemon.


async def test_a_letter_goes_through_smsd_and_its_receipt_says_when_and_by_which_sim(params: SmstoolsParams) -> None:
    with FakeModem() as modem:
        async with smsd(params, modem):
            sent = await smstools.send(params, "0912 345 678", LETTER, _now())
            receipt = await until(lambda: smstools.receipt(params, sent.provider_id, _now()), bool)
    assert sent.outcome is SendOutcome.ACCEPTED
    assert receipt is not None
    assert receipt.outcome is SendOutcome.ACCEPTED
    assert "IMSI 452040000000001" in receipt.detail
    assert [(m.number, m.text, m.is_wide) for m in modem.sent] == [(NUMBER, PLAIN, False)]


async def test_a_letter_with_tone_marks_arrives_as_it_was_written(params: SmstoolsParams) -> None:
    wide = replace(params, ascii=False)
    with FakeModem() as modem:
        async with smsd(wide, modem):
            sent = await smstools.send(wide, NUMBER, replace(LETTER, title="Xã Cao Sơn mất mạng 😀"), _now())
            await until(lambda: smstools.receipt(wide, sent.provider_id, _now()), bool)
    assert [(m.text, m.is_wide) for m in modem.sent] == [("Xã Cao Sơn mất mạng 😀 7342", True)]


async def test_what_the_network_refuses_is_told_as_such_and_can_be_tried_again(params: SmstoolsParams) -> None:
    with FakeModem() as modem:
        modem.error = 38
        async with smsd(params, modem):
            first = await smstools.send(params, NUMBER, LETTER, _now())
            failed = await until(lambda: smstools.receipt(params, first.provider_id, _now()), bool)
            modem.error = None
            second = await smstools.send(params, NUMBER, LETTER, _now())
            await until(lambda: smstools.receipt(params, second.provider_id, _now()), bool)
    assert failed is not None
    assert (failed.outcome, failed.code) == (SendOutcome.TRANSIENT, "38")
    assert "Network out of order" in failed.detail
    assert second.provider_id != first.provider_id
    assert [m.text for m in modem.sent] == [PLAIN]


async def test_answers_come_in_from_whichever_kind_of_number_and_alphabet(params: SmstoolsParams) -> None:
    with FakeModem() as modem:
        modem.deliver(NUMBER, "7342")
        modem.deliver("0987654321", "tôi đến ngay", is_wide=True)
        async with smsd(params, modem):
            await until(lambda: smstools.receive(params, "", _now()), lambda received: len(received.messages) == 2)
    received = await smstools.receive(params, "", _now())
    assert sorted((m.sender, m.text) for m in received.messages) == [
        (NUMBER, "7342"),
        ("+84987654321", "tôi đến ngay"),
    ]
    assert all(m.at.tzinfo is UTC for m in received.messages)
    again = await smstools.receive(params, received.cursor, _now())
    assert again.messages == ()
    assert again.cursor == received.cursor


async def test_a_modem_that_is_wedged_is_noticed_by_what_waits(params: SmstoolsParams) -> None:
    with FakeModem() as modem:
        modem.is_mute = True
        async with smsd(params, modem):
            sent = await smstools.send(params, NUMBER, LETTER, _now())
            await asyncio.sleep(1.0)
            assert await smstools.receipt(params, sent.provider_id, _now()) is None
            await smstools.check(params, _now())
            with pytest.raises(ChannelError, match=r"the modem does not send: .* for 1\d minutes"):
                await smstools.check(params, _now(after_s=600))


# Into the spool.


async def test_the_file_is_whole_readable_for_the_group_and_nothing_else_is_left(params: SmstoolsParams) -> None:
    sent = await smstools.send(params, NUMBER, LETTER, _now())
    (path,) = params.folder("outgoing").iterdir()
    assert path.name == sent.provider_id
    assert path.read_text() == f"To: 84912345678\nPriority: High\nAlphabet: ISO\n\n{PLAIN}"
    assert path.stat().st_mode & 0o777 == 0o660


@pytest.mark.parametrize("folder", ["outgoing", "checked", "sent"])
async def test_the_same_letter_again_changes_nothing_wherever_it_is(params: SmstoolsParams, folder: str) -> None:
    first = await smstools.send(params, NUMBER, LETTER, _now())
    (params.folder("outgoing") / first.provider_id).rename(params.folder(folder) / first.provider_id)
    second = await smstools.send(params, NUMBER, LETTER, _now())
    assert second.provider_id == first.provider_id
    assert second.detail == f"already in {folder}"
    assert sum(1 for name in FOLDERS for _ in params.folder(name).iterdir()) == 1


async def test_another_letter_of_the_same_id_is_not_taken_for_the_same(params: SmstoolsParams) -> None:
    """A store made anew counts from 1 again while old files still lie in `sent`."""
    await smstools.send(params, NUMBER, LETTER, _now())
    await smstools.send(params, NUMBER, replace(LETTER, short="#17 something else 1111", code="1111"), _now())
    await smstools.send(params, "+84987654321", LETTER, _now())
    assert len(list(params.folder("outgoing").iterdir())) == 3


async def test_a_spool_that_is_not_there_is_a_reason_to_try_again(tmp_path: Path) -> None:
    missing = SmstoolsParams(spool=str(tmp_path / "none"))
    sent = await smstools.send(missing, NUMBER, LETTER, _now())
    assert sent.outcome is SendOutcome.TRANSIENT
    assert "install smstools" in sent.detail
    assert await smstools.receipt(missing, "bt-17", _now()) is None
    with pytest.raises(ChannelError, match="install smstools"):
        await smstools.check(missing, _now())
    with pytest.raises(ChannelError, match="install smstools"):
        await smstools.receive(missing, "", _now())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_spool_of_somebody_else_says_which_group_to_join(params: SmstoolsParams) -> None:
    params.folder("outgoing").chmod(0o555)
    sent = await smstools.send(params, NUMBER, LETTER, _now())
    assert sent.outcome is SendOutcome.TRANSIENT
    assert "group" in sent.detail


async def test_a_file_system_that_takes_no_files_is_a_reason_to_try_again(params: SmstoolsParams) -> None:
    strange = replace(params, spool="/proc/self")
    assert (await smstools.send(strange, NUMBER, LETTER, _now())).outcome is SendOutcome.TRANSIENT


@pytest.mark.parametrize(
    "address", ["", "abc", "+0912", "12", "7342", "+84 912 345 678 901 234 56", "0912345678\nTo: 1"]
)
async def test_what_is_no_number_is_never_sent(params: SmstoolsParams, address: str) -> None:
    with pytest.raises(ValueError, match="is no telephone number: write"):
        smstools.check_address(address)
    assert (await smstools.send(params, address, LETTER, _now())).outcome is SendOutcome.PERMANENT
    assert list(params.folder("outgoing").iterdir()) == []


def test_a_number_is_the_same_however_it_is_written(params: SmstoolsParams) -> None:
    for written in ("+84912345678", "0912345678", "0912.345.678", "+84 912-345-678"):
        smstools.check_address(written)
        assert smstools.international(written, params.country_code) == NUMBER
    assert smstools.international("84912345678", "84") == NUMBER
    assert smstools.international("Viettel", "84") == "Viettel"
    assert smstools.international("191", "84") == "191"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ({"spool": "sms"}, "full path"),
        ({"parts_count": 0}, "parts_count"),
        ({"country_code": "+84"}, "country_code"),
        ({"stale_s": 0.0}, "stale_s"),
    ],
)
def test_params_that_cannot_be_are_refused(written: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        SmstoolsParams(**written)  # type: ignore[arg-type]


# Out of the spool.


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("+CMS ERROR: 38 (Network out of order)", SendOutcome.TRANSIENT),
        ("+CMS ERROR: 1 (Unassigned number)", SendOutcome.PERMANENT),
        ("+CMS ERROR: 30 (Unknown subscriber)", SendOutcome.PERMANENT),
        ("+CME ERROR: 30", SendOutcome.TRANSIENT),
        ("Destination is blacklisted", SendOutcome.PERMANENT),
        ("Modem initialization failed", SendOutcome.TRANSIENT),
        ("", SendOutcome.TRANSIENT),
    ],
)
async def test_a_failure_is_final_only_where_no_later_try_can_help(
    params: SmstoolsParams, reason: str, outcome: SendOutcome
) -> None:
    (params.folder("failed") / "bt-1").write_text(f"To: 84912345678\nFail_reason: {reason}\n\nhello")
    receipt = await smstools.receipt(params, "bt-1", _now())
    assert receipt is not None
    assert receipt.outcome is outcome


def _incoming(params: SmstoolsParams, name: str, text: str = "7342", headers: str = "") -> Path:
    path = params.folder("incoming") / name
    path.write_text(f"From: 84912345678\n{headers}Alphabet: ISO\nLength: {len(text)}\n\n{text}")
    return path


async def _texts(params: SmstoolsParams, cursor: str = "") -> list[str]:
    return [m.text for m in (await smstools.receive(params, cursor, _now())).messages]


async def test_a_file_being_written_is_left_for_the_next_time_and_then_read(params: SmstoolsParams) -> None:
    path = params.folder("incoming") / "GSM1.aaaaaa"
    path.write_text("From: 84912345678\nAlphabet: ISO\nLength: 4\n\n73")
    first = await smstools.receive(params, "", _now())
    assert first.messages == ()
    _incoming(params, path.name)
    assert await _texts(params, first.cursor) == ["7342"]


async def test_a_header_that_promises_too_much_does_not_hide_an_answer_for_ever(params: SmstoolsParams) -> None:
    (params.folder("incoming") / "GSM1.aaaaaa").write_text("From: 84912345678\nLength: 40\n\n7342")
    received = await smstools.receive(params, "", _now(after_s=60))
    assert [m.text for m in received.messages] == ["7342"]


async def test_locked_hidden_and_foreign_files_are_not_messages(params: SmstoolsParams) -> None:
    folder = params.folder("incoming")
    for name in ("GSM1.locked", "GSM1.locked.LOCK", ".GSM1.hidden"):
        _incoming(params, name)
    (folder / "folder").mkdir()
    (folder / "link").symlink_to("/etc/passwd")
    _incoming(params, "GSM1.report", "SMS STATUS REPORT\nMessage_id: 1\nStatus: 0")
    _incoming(params, "GSM1.broken", headers="Error: Cannot decode PDU\n")
    assert await _texts(params) == []


async def test_a_clock_that_was_set_back_loses_no_answer(params: SmstoolsParams) -> None:
    _incoming(params, "GSM1.aaaaaa", "1111")
    first = await smstools.receive(params, "", _now())
    os.utime(_incoming(params, "GSM1.bbbbbb", "2222"), (100.0, 100.0))
    assert await _texts(params, first.cursor) == ["2222"]


async def test_what_lay_there_long_before_the_first_look_is_no_answer(params: SmstoolsParams) -> None:
    """Old codes would count as wrong ones, and lock the very person who is on duty."""
    old, fresh = datetime.now(UTC).timestamp() - 700.0, datetime.now(UTC).timestamp() - 500.0
    os.utime(_incoming(params, "GSM1.aaaaaa", "1111"), (old, old))
    os.utime(_incoming(params, "GSM1.bbbbbb", "2222"), (fresh, fresh))
    first = await smstools.receive(params, "", _now())
    assert [m.text for m in first.messages] == ["2222"]
    assert await _texts(params, first.cursor) == []
    assert await _texts(params, "[]") == ["1111", "2222"]


async def test_a_crash_before_the_cursor_is_stored_repeats_the_answer_under_the_same_id(params: SmstoolsParams) -> None:
    _incoming(params, "GSM1.aaaaaa")
    first, second = [await smstools.receive(params, "", _now()) for _ in range(2)]
    assert first == second


async def test_the_cursor_forgets_what_is_gone_and_stays_small(params: SmstoolsParams) -> None:
    for n in range(smstools.SEEN_LIMIT + 40):
        os.utime(_incoming(params, f"GSM1.{n:06}", str(n)), (1000.0 + n, 1000.0 + n))
    cursor, texts = "[]", []
    while (received := await smstools.receive(params, cursor, _now())).messages:
        assert len(received.messages) <= smstools.BATCH_COUNT
        texts += [m.text for m in received.messages]
        cursor = received.cursor
    assert texts == [str(n) for n in range(40, smstools.SEEN_LIMIT + 40)]
    for path in params.folder("incoming").iterdir():
        path.unlink()
    assert (await smstools.receive(params, cursor, _now())).cursor == "[]"


@pytest.mark.parametrize("cursor", ["", "x", "{}", "[1, null]", "[" * 100_000])
async def test_a_cursor_that_means_nothing_starts_from_the_beginning(params: SmstoolsParams, cursor: str) -> None:
    _incoming(params, "GSM1.aaaaaa")
    assert await _texts(params, cursor) == ["7342"]


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200) | st.binary(max_size=60).map(lambda body: b"From: 1\nAlphabet: UCS2\nLength: 3\n\n" + body)
)
def test_any_bytes_are_a_message_or_none(data: bytes) -> None:
    file = _spool.parse(data)
    if file is not None:
        assert file.text is None or file.text == clean(file.text)
        assert file.is_whole in (True, False)


# Letters to text.


CODES = st.from_regex("[0-9]{4,6}", fullmatch=True)
TEXTS = st.text(max_size=400) | st.lists(st.sampled_from(["Đứt ", "đường ", "😀", "[", "€", "\n", "ở "])).map("".join)


@settings(max_examples=200, deadline=None)
@given(TEXTS, CODES | st.just(""))
def test_plain_text_is_short_basic_and_keeps_its_code(text: str, code: str) -> None:
    plain = plain_text(text, code)
    assert set(plain) <= set(BASIC) - {"\x1b", "\n", "\r"}
    assert 0 < len(plain) <= PLAIN_LIMIT
    assert code in plain


@settings(max_examples=200, deadline=None)
@given(TEXTS, CODES | st.just(""), st.integers(1, 4))
def test_wide_text_fits_its_parts_and_keeps_its_code(text: str, code: str, parts_count: int) -> None:
    wide = wide_text(text, code, parts_count)
    assert 0 < units_count(wide) <= (70 if parts_count == 1 else 67 * parts_count)
    assert len(wide.encode("utf-16-be")) == 2 * units_count(wide)
    assert code in wide


def test_a_code_is_not_taken_for_there_because_a_longer_number_holds_it() -> None:
    assert plain_text("port 17342 down", "7342") == "port 17342 down 7342"


def test_a_text_too_long_says_so_before_the_code() -> None:
    assert plain_text("Mất mạng " * 40, "7342") == f"{('Mat mang ' * 17)[:146].rstrip()}.. 7342"[:PLAIN_LIMIT]
    assert wide_text("a" * 60 + "ế" * 20, "7342") == "a" * 60 + "ế" * 4 + "… 7342"


def test_a_letter_is_not_cut_from_its_marks() -> None:
    assert wide_text("a" * 68 + "q\u0323\u0302" * 4) == "a" * 68 + "…"


def test_the_kind_is_found_by_name() -> None:
    assert channels.load("smstools").receipt is smstools.receipt
    assert "_spool" not in channels.names()
