"""Cells, cutting and wrapping agree with the terminal library on every script that can turn up."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual._cells import cell_len

from bt_console.tui.view.text import Span, Tone, cells, cut, cut_line, fit, fold, line_cells, plain, spread, wrap

TEXTS = ["", "Xã Cao Sơn", "Thị trấn Phủ Thông", "漢字 ok", "a\u0301b", "●▲■□ ▁▂▃▄▅▆▇█ ─│┄▶✖×", "👍 tốt", "đường"]


@pytest.mark.parametrize("text", TEXTS)
def test_widths_are_those_of_the_terminal_library(text: str) -> None:
    assert cells(plain(text)) == cell_len(plain(text))


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("width", range(14))
def test_a_fitted_text_is_exactly_as_wide_as_asked(text: str, width: int) -> None:
    assert cells(fit(text, width)) == width
    assert cells(fit(text, width, right=True)) == width


def test_a_cut_text_says_that_something_is_missing() -> None:
    assert cut("Thị trấn Phủ Thông", 9) == "Thị trấn…"
    assert cut("Thị trấn", 8) == "Thị trấn"


def test_a_wide_character_is_never_cut_in_half() -> None:
    assert cut("漢字漢字", 4) == "漢…"
    assert cells(fit("漢字漢字", 4)) == 4


@given(st.text(max_size=60), st.integers(-3, 40))
def test_no_text_whatever_is_wider_than_its_lines(text: str, width: int) -> None:
    assert cells(cut(text, width)) <= max(0, width)
    assert all(cells(line) <= max(2, width) for line in wrap(text, width))
    assert "".join(wrap(text, width)).replace(" ", "") == plain(text).replace(" ", "").replace("\u00a0", "")


@given(st.text(max_size=60))
def test_nothing_a_terminal_obeys_is_left(text: str) -> None:
    assert all(unicodedata.category(char) not in ("Cc", "Cs") for char in plain(text))


def test_wrapping_loses_no_word_and_never_breaks_at_a_no_break_space() -> None:
    assert wrap("một hai ba bốn", 7) == ["một hai", "ba bốn"]
    assert wrap("chờ đáp 11\u00a0ms", 10) == ["chờ đáp", "11 ms"]
    assert "".join(wrap("x" * 25, 10)) == "x" * 25


def test_spreading_keeps_the_right_end_and_cuts_the_left() -> None:
    line = spread((Span("Một tên rất dài"),), (Span("21:03", Tone.MUTED),), 12)
    assert line_cells(line) == 12
    assert line[-1].text == "21:03"
    assert "…" in line[0].text


def test_a_cut_line_keeps_its_tones() -> None:
    assert cut_line((Span("ab", Tone.BAD), Span("cdef")), 4) == (Span("ab", Tone.BAD), Span("c…"))


def test_folding_finds_vietnamese_without_diacritics() -> None:
    assert fold("Xã Đôn Phong") == "xa don phong"
    assert fold("ĐƯỜNG TRUYỀN") == "duong truyen"
