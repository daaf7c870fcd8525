"""Paths, services, incidents, header, palette and drill as rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from bt_console.model.health import HealthState
from bt_console.model.inventory import CheckId, Role
from bt_console.model.snapshot import EngineState
from bt_console.tui.view import drill, find, header, incidents, path, services, story, summary
from bt_console.tui.view import palette as commands
from bt_console.tui.view import unit as unit_view
from bt_console.tui.view.filters import parse
from bt_console.tui.view.text import Line, Row, line_cells
from tests.tui import district, telling
from tests.tui.view.snapshots import LOOK, snapshot, unit


def text(lines: Iterable[Line | Row]) -> str:
    return "\n".join("".join(span.text for span in (line.line if isinstance(line, Row) else line)) for line in lines)


def drawn(unit_id: str, width: int = 78) -> str:
    found = snapshot()
    return text(path.paths(unit(unit_id), find.targets(found), LOOK, width))


def test_the_broken_arrow_is_marked_and_what_lies_behind_is_not_blamed() -> None:
    first, under, *_ = drawn("cao-son").splitlines()
    assert "✖" in first.partition("Lõi TSLCD")[2]
    assert "✖" not in first.partition("Lõi TSLCD")[0]
    assert "■ Router" in first
    assert "┄▶ □ LAN" in first
    assert "mất 100%" in under
    assert "bị che" in under


def test_a_degraded_path_shows_delay_and_loss_under_its_arrow() -> None:
    assert "506 ms mất 20%" in drawn("tu-tri")


def test_a_department_has_one_path_and_no_internet() -> None:
    assert "● Trung tâm" in drawn("noi-vu")
    assert "Internet" not in drawn("noi-vu")


@pytest.mark.parametrize("width", [58, 78, 100, 118, 160, 200])
def test_paths_fit_their_width(width: int) -> None:
    for unit_id in ("cao-son", "tu-tri", "noi-vu"):
        found = path.paths(unit(unit_id), find.targets(snapshot()), LOOK, width)
        assert max(map(line_cells, found)) <= width


def test_a_wide_screen_also_draws_our_own_uplink() -> None:
    assert "Cổng ra" in drawn("cao-son", 160).splitlines()[0]
    assert "Cổng ra" not in drawn("cao-son", 78).splitlines()[0]


def test_a_circle_of_dependencies_ends() -> None:
    known = find.targets(snapshot())
    core = next(target for target in known.values() if target.role is Role.CORE)
    looped = dict(known) | {core.id: replace(core, depends_on=(core.id,))}
    assert len(path.chain(looped[core.id], looped)) <= 12


@pytest.mark.parametrize("width", [5, 7, 24, 48])
def test_the_bar_is_exactly_as_wide_as_asked_and_every_phase_shows(width: int) -> None:
    service = next(service for service in snapshot().services if service.id == "qlvb")
    bar = services.bar(service, width, LOOK)
    assert line_cells(bar) == width
    assert [span.text[0] for span in bar] == list("░▒▓█▚")


def test_shares_are_proportional_and_add_up() -> None:
    assert services.shares([1, 1, 2], 8) == [2, 2, 4]
    assert services.shares([0.001, 10], 10) == [1, 9]
    assert services.shares([0, 0], 10) == [0, 0]


def test_a_failing_service_tells_its_reason_under_its_row() -> None:
    shown = text(services.rows(snapshot(), LOOK, 78, parse("")))
    assert "■ mất kết nối" in shown
    assert shown.count("bị từ chối kết nối") == 1
    assert "connection refused" in text(services.rows(snapshot(), replace(LOOK, language="en"), 78, parse("")))


@pytest.mark.parametrize("reason", ["refused", "choi"])
def test_services_filter_by_reason_in_either_language(reason: str) -> None:
    shown = services.rows(snapshot(), LOOK, 78, parse(f"reason:{reason}"))
    assert [row.key for row in shown if row.key] == ["motcua"]


def test_a_certificate_about_to_end_is_marked_by_a_sign_too() -> None:
    service = next(service for service in snapshot().services if service.id == "qlvb")
    check = replace(service.checks[0], measures=(("certificate_days_left", 6.4),))
    soon = snapshot(services=(replace(service, checks=(check,)),))
    assert "!6" in text(services.rows(soon, LOOK, 78, parse("")))


def test_open_incidents_stand_by_severity_and_resolved_ones_below() -> None:
    shown = [row.key for row in incidents.rows(snapshot(), LOOK, 78, parse("")) if row.key]
    assert shown == ["7", "8", "5"]


def test_incidents_filter_by_cause_and_unit() -> None:
    assert "7" in [row.key for row in incidents.rows(snapshot(), LOOK, 78, parse("cause:tslcd_down"))]
    assert [row.key for row in incidents.rows(snapshot(), LOOK, 78, parse("unit:cao-son")) if row.key] == ["7"]


def test_the_detail_tells_reasoning_impact_and_explained_targets_in_order() -> None:
    incident = next(i for i in snapshot().incidents if i.id == 7)
    shown = text(incidents.detail(incident, story.NOTHING, snapshot(), LOOK, 78))
    parts = [
        "#7 đứt đường TSLCD",
        "phát hiện sau 6 s",
        "Diễn biến",
        "Kết luận",
        "Ảnh hưởng",
        "1 đơn vị: Xã Cao Sơn",
        "cao-son/lan",
    ]
    places = [shown.index(part) for part in parts]
    assert places == sorted(places)


@pytest.mark.parametrize("room", range(7))
def test_the_summary_never_takes_more_lines_than_there_are(room: int) -> None:
    for found in (snapshot(), snapshot(incidents=())):
        assert len(summary.footlines(found, LOOK, 78, room)) <= max(room, 0)


def test_incidents_left_out_of_the_summary_are_counted() -> None:
    assert "+1 sự cố nữa" in text(summary.footlines(snapshot(), LOOK, 78, 2))


def test_each_check_of_a_unit_shows_its_own_numbers() -> None:
    found = unit("phu-thong", snapshot(is_broken=False))
    assert found.tslcd is not None
    ping = found.tslcd.checks[0]
    agent = replace(ping, id=CheckId("phu-thong/tslcd:snmp_agent"), probe="snmp_agent")
    silent = tuple(replace(sample, rtt_s=None, loss_ratio=None) for sample in ping.samples)
    both = replace(found.tslcd, checks=(ping, replace(agent, samples=silent)))
    lines = text(row.line for row in unit_view.main_rows(replace(found, tslcd=both), snapshot(), LOOK, 78)).splitlines()
    line = next(line for line in lines if "snmp_agent" in line)
    assert "– ms" in line
    assert "✓" in line
    assert "×" not in line


@pytest.mark.parametrize("width", [60, 72, 80, 100, 120, 200])
@pytest.mark.parametrize("is_demo", [True, False])
def test_the_header_fills_its_line_and_keeps_state_age_and_clock(width: int, is_demo: bool) -> None:
    line = header.header(snapshot(), LOOK, width, is_demo=is_demo)
    assert line_cells(line) == width
    shown = text([line])
    assert "mất kết nối" in shown or width < 70
    assert "0,4 s" in shown
    assert "21:03" in shown
    assert "+07" in shown
    assert ("đo 0,4 s trước" in shown and "21:03:10 +07" in shown) is (width >= 100)
    assert ("DEMO" in shown) is is_demo
    assert "Huyện Bạch Thông" in shown or width < 72


def test_the_header_gives_way_in_order_and_cuts_the_district_last() -> None:
    told = replace(snapshot(), oncall=telling.oncall(), duty=(telling.shift("an"),), channels=telling.healths())
    shown = {width: text([header.header(told, LOOK, width, is_demo=True)]) for width in (150, 120, 80, 60)}
    assert "trực Nguyễn Văn An" in shown[150]
    assert "sms▲ zalo● mail?" in shown[150]
    assert "sms▲" in shown[120]
    assert "zalo●" not in shown[120]
    assert "Huyện Bạch Thông" in shown[80]
    assert "sms▲" in shown[80]
    assert "trực" not in shown[80]
    well = replace(told, channels=telling.healths()[:1])
    assert "trực An" in text([header.header(well, LOOK, 80, is_demo=True)])
    assert "DEMO" in shown[60]
    assert "trực" not in shown[60]


def test_banners_tell_lateness_a_refused_configuration_and_an_unreadable_store() -> None:
    engine = district.engine(state=EngineState.LATE, lag_s=3.0, backlog_count=12, config_error="a:1: bad")
    shown = text(header.banners(snapshot(engine=engine), LOOK, 100, trouble="store?"))
    assert shown.splitlines()[0].strip() == "store?"
    assert "trễ 3 s, 12 phép đo" in shown
    assert "a:1: bad" in shown


def test_a_dead_core_reads_as_serious_though_no_unit_is_down() -> None:
    calm = snapshot(is_broken=False)
    hurt = tuple(replace(unit, state=HealthState.DEGRADED) for unit in calm.units)
    critical = replace(calm, units=hurt, incidents=(district.link_incident(),))
    assert "■ nghiêm trọng" in text([header.header(critical, LOOK, 100, is_demo=False)])
    warned = replace(calm, units=hurt, incidents=(district.service_incident(),))
    assert "▲ suy giảm" in text([header.header(warned, LOOK, 100, is_demo=False)])


def test_the_palette_ranks_beginnings_before_words_before_middles() -> None:
    scores = [commands.score("son", found) for found in ("son la", "xa cao son", "masonry", "s.o.n", "nothing")]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] == 0
    assert commands.score("pt", "phu thong") == 0
    assert commands.score("don phong", "xa don phong don-phong") > 0


def test_without_a_query_the_palette_keeps_its_order_so_that_enter_is_harmless() -> None:
    found = commands.entries([("overview", "Tổng quan", "1"), ("quit", "thoát", "q")], snapshot(), LOOK)
    assert [entry.key for entry in commands.matching(found, "", 2)] == ["action:overview", "action:quit"]


def test_the_palette_offers_units_and_services_with_their_state() -> None:
    found = commands.entries([("quit", "thoát", "q")], snapshot(), LOOK)
    assert [entry.key for entry in commands.matching(found, "cao son", 5)] == ["unit:cao-son"]
    assert [entry.key for entry in commands.matching(found, "ky so", 5)] == ["service:kyso"]
    assert [entry.key for entry in commands.matching(found, "THOÁT", 5)] == ["action:quit"]


CHOICE = drill.Choice(
    name="link-down",
    description=("đứt đường", "line cut"),
    arguments=("path", "unit"),
    values=(("tslcd", "internet"), ("cao-son", "tu-tri")),
)


def test_a_fault_is_noticed_by_the_first_incident_opened_after_it() -> None:
    first = drill.Injection(spec="a", at=district.before(430))
    second = drill.Injection(spec="b", at=district.before(425))
    late = drill.Injection(spec="c", at=district.before(10))
    found = drill.noticed([second, late, first], snapshot().incidents)
    assert {spec: incident.id for spec, incident in found.items()} == {"a": 7, "b": 8}


def test_the_drill_shows_time_from_the_fault_to_the_incident() -> None:
    injections = [drill.Injection(spec="link-down:tslcd:cao-son", at=district.before(423.2))]
    active = ["link-down:tslcd:cao-son", "dns-down"]
    shown = text(drill.rows([CHOICE], active, injections, snapshot().incidents, LOOK, 78))
    assert "sự cố #7 mở sau 3,2 s" in shown
    assert "✖ dns-down" in shown
    assert "link-down:PATH:UNIT" in shown


def test_a_fault_nobody_noticed_yet_says_how_long() -> None:
    injections = [drill.Injection(spec="dns-down", at=district.NOW - timedelta(seconds=2.5))]
    assert "chưa phát hiện sau 2,5 s" in text(drill.rows([], ["dns-down"], injections, (), LOOK, 78))


def test_the_question_says_exactly_what_will_be_done() -> None:
    lines = drill.confirm_lines(CHOICE, "link-down:tslcd:cao-son", {"cao-son": "Xã Cao Sơn"}, LOOK, 60)
    assert lines[0] == "Sẽ làm: link-down:tslcd:cao-son"
    assert lines[1] == "Đứt đường (Xã Cao Sơn)."


@pytest.mark.parametrize("width", [58, 78, 118])
def test_the_rows_of_a_unit_fit(width: int) -> None:
    for row in unit_view.main_rows(unit("cao-son"), snapshot(), LOOK, width):
        assert line_cells(row.line) <= width
    assert line_cells(unit_view.title(unit("cao-son"), LOOK, width)) <= width
