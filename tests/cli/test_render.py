from __future__ import annotations

import unicodedata

from bt_console.cli.render import Column, cells, fit, pad, table, wrap


def test_diacritics_take_no_cell_of_their_own_however_they_are_written() -> None:
    composed = "Xã Cẩm Giàng"
    assert cells(composed) == cells(unicodedata.normalize("NFD", composed)) == 12


def test_wide_letters_take_two_cells() -> None:
    assert cells("漢字") == 4
    assert fit("漢字漢字", 5) == "漢字…"


def test_padding_counts_cells_not_letters() -> None:
    assert pad(unicodedata.normalize("NFD", "Xã"), 4).endswith("  ")
    assert pad("5", 3, is_right=True) == "  5"


def test_a_table_is_never_wider_than_asked_while_something_can_give() -> None:
    columns = [Column(title="Tên", is_flexible=True), Column(title="Lý do", is_flexible=True), Column(title="n")]
    lines = table(columns, [("a" * 60, "b" * 60, "12")], 80)
    assert [cells(line) for line in lines] == [79, 80]
    assert lines[1].count("…") == 2
    assert lines[1].endswith("12")


def test_columns_start_at_the_same_cell_in_every_row() -> None:
    rows = [(unicodedata.normalize("NFD", "Xã Tú Trĩ"), "tốt"), ("Xã A", "x")]
    lines = table([Column(title="Đơn vị"), Column(title="S")], rows, 80)
    assert {cells(line.rpartition("  ")[0]) for line in lines[1:]} <= {9}


def test_a_cell_with_line_breaks_stays_one_line() -> None:
    assert len(table([Column(title="x")], [("a\nb\tc",)], 80)) == 2


def test_wrapped_text_keeps_every_word_and_the_width() -> None:
    text = "Đứt đường TSLCD của Xã Cao Sơn; lõi mạng và các xã khác vẫn thông"
    lines = wrap(text, 30, "   ")
    assert " ".join(" ".join(lines).split()) == text
    assert max(cells(line) for line in lines) <= 30
    assert all(line.startswith("   ") for line in lines)
