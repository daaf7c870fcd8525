from __future__ import annotations

from dataclasses import replace

import pytest

from bt_console.model.inventory import CheckId
from bt_console.tui.view import lan
from bt_console.tui.view.text import Row, line_cells
from tests.tui.lan import TRACE, device, devices, route
from tests.tui.view.snapshots import LOOK, unit

NAMES = {"don-phong": "Xã Đôn Phong"}


def texts(rows: tuple[Row, ...]) -> list[str]:
    return ["".join(span.text for span in row.line).rstrip() for row in rows]


def register(width: int = 78, limit: int = 60) -> list[str]:
    return texts(lan.register_rows(tuple(devices()), NAMES, LOOK, width, limit=limit))


def test_a_lan_nobody_looked_at_has_no_section() -> None:
    assert lan.register_rows((), NAMES, LOOK, 78, limit=10) == ()
    assert lan.route_rows(unit("cao-son"), {}, LOOK, 78) == ()


def test_the_title_counts_and_the_strange_ones_come_first() -> None:
    title, *rows = register()
    assert title.endswith("1 lạ · 1 sai chỗ · 1 vắng · 13 đã duyệt")
    assert [row.split()[0] for row in rows[:4]] == ["lạ", "sai", "vắng", "đã"]
    assert "00:1d:7e:00:00:28 Cisco" in rows[0]
    assert "Máy in màu, duyệt cho Xã" in rows[1]
    assert rows[0].endswith("21:02")
    assert rows[2].endswith("15/11")


def test_a_long_list_is_bounded_and_says_where_the_rest_is() -> None:
    rows = register(limit=4)
    assert len(rows) == 1 + 4 + 1
    assert "12 máy nữa: bt-console devices cao-son" in rows[-1]


@pytest.mark.parametrize("width", [40, 58, 78, 118])
def test_every_row_fits_and_a_mac_is_never_cut_for_a_port(width: int) -> None:
    found = lan.register_rows(tuple(devices()), NAMES, LOOK, width, limit=60)
    assert [row for row in found if line_cells(row.line) > width] == []
    if width >= 58:
        assert "00:1d:7e:00:00:28" in "\n".join(texts(found))


def test_what_a_device_calls_itself_is_only_text() -> None:
    found = lan.register_rows([device(1, name="\x1b[2J[red]\u202ex", port="[@click=app.quit]")], {}, LOOK, 78, limit=5)
    assert all(text.isprintable() for text in texts(found))


def test_a_route_is_one_line_with_silent_hops_as_stars() -> None:
    found = unit("cao-son")
    assert found.tslcd is not None
    trace = replace(found.tslcd.checks[0], id=TRACE, probe="path_trace")
    traced = replace(found, tslcd=replace(found.tslcd, checks=(*found.tslcd.checks, trace)))
    title, line = texts(lan.route_rows(traced, {TRACE: route(("10.255.0.1", "", "10.255.2.2"))}, LOOK, 78))
    assert title.startswith("Đường đi")
    assert line.startswith("Router TSLCD  10.255.0.1 > * > 10.255.2.2 ")
    assert line.endswith("từ 19:03")
    assert lan.route_rows(traced, {CheckId("other"): route(("10.0.0.1",))}, LOOK, 78) == ()


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (40, "10.0.0.1 > 10.0.0.2 > … > 10.0.0.4"),
        (41, "10.0.0.1 > 10.0.0.2 > 10.0.0.3 > 10.0.0.4"),
        (25, "10.0.0.1 > … > 10.0.0.4"),
        (3, "10.0.0.1 > … > 10.0.0.4"),
    ],
)
def test_the_middle_of_a_long_way_gives_way(width: int, shown: str) -> None:
    assert lan.way(("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"), width) == shown
