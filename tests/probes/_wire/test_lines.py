import pytest

from probes._wire.lines import LINE_OCTETS, Lines
from probes.api import FailureKind, ProbeFailure
from tests.probes._wire.mail_talk import having_said


async def test_lines_and_counted_octets_are_read_in_turn() -> None:
    with having_said(b"one\r\ntwo\n12345three\r\n\r\n") as stream:
        lines = Lines(stream)
        assert [await lines.next(), await lines.next()] == ["one", "two"]
        assert await lines.take(5) == b"12345"
        assert [await lines.next(), await lines.next()] == ["three", ""]
        lines.must_be_empty()


async def test_octets_that_are_no_text_are_replaced() -> None:
    with having_said(b"\xff\xfe\n") as stream:
        assert await Lines(stream).next() == "\ufffd\ufffd"


async def test_the_longest_line_is_read_whatever_pieces_it_comes_in() -> None:
    with having_said(b"x" * (LINE_OCTETS - 1) + b"\n") as stream:
        assert len(await Lines(stream).next()) == LINE_OCTETS - 1


@pytest.mark.parametrize("said", [b"x" * LINE_OCTETS + b"\n", b"x" * (LINE_OCTETS + 1), b"x" * (LINE_OCTETS * 4)])
async def test_a_line_without_end_is_given_up(said: bytes) -> None:
    with having_said(said) as stream, pytest.raises(ProbeFailure) as caught:
        await Lines(stream).next()
    assert caught.value.kind is FailureKind.PROTOCOL
    assert "no end" in caught.value.detail


async def test_an_early_end_is_named() -> None:
    with having_said(b"half a line") as stream, pytest.raises(ProbeFailure, match="closed"):
        await Lines(stream).next()
    with having_said(b"123") as stream, pytest.raises(ProbeFailure, match="closed"):
        await Lines(stream).take(4)


async def test_text_ahead_of_tls_is_refused() -> None:
    with having_said(b"220 go\r\n250 evil\r\n") as stream:
        lines = Lines(stream)
        await lines.next()
        with pytest.raises(ProbeFailure, match="ahead of TLS"):
            lines.must_be_empty()
