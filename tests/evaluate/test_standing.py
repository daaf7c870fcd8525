"""Culprit, victim, or not yet known."""

from __future__ import annotations

from bt_console.evaluate.standing import Place
from bt_console.model.incident import CauseKind
from bt_console.model.inventory import TargetId
from tests.evaluate.build import court_of, incident_of
from tests.evaluate.simulation import instant

LINE, LAN, CORE = TargetId("cao-son/tslcd"), TargetId("cao-son/lan"), TargetId("tslcd-core")
DOWN, BACK = "ok timeout timeout", "ok timeout timeout ok"


def test_a_target_that_answers_is_clear() -> None:
    assert court_of({}).standing(LINE).place is Place.CLEAR


def test_a_first_miss_blames_nobody() -> None:
    assert court_of({LINE: "ok ok ok timeout"}).standing(LINE).place is Place.CLEAR


def test_a_line_is_blamed_when_the_way_to_it_and_its_sisters_answer() -> None:
    court = court_of({LINE: DOWN, LAN: DOWN, "cao-son/device/may-in": DOWN, "cao-son/device/may-chu": DOWN})

    assert court.standing(LINE).place is Place.ROOT
    assert court.standing(LAN).place is Place.EXPLAINED
    assert court.standing(LAN).blame == LINE


def test_a_verdict_waits_for_a_parent_that_has_not_answered_since() -> None:
    standing = court_of({LINE: DOWN, CORE: "ok"}).standing(LINE)

    assert standing.place is Place.PENDING
    assert CORE in standing.asks


def test_a_verdict_does_not_wait_for_a_parent_that_cannot_be_measured() -> None:
    court = court_of({LINE: DOWN, LAN: DOWN, CORE: "error error", "hub/uplink-tslcd": "error error"})

    assert court.standing(LINE).place is Place.ROOT


def test_a_router_that_ignores_pings_is_not_blamed_while_its_lan_answers() -> None:
    assert court_of({LINE: DOWN}).standing(LINE).place is Place.SILENT


def test_a_child_that_answered_after_its_routers_last_miss_may_have_recovered_with_it() -> None:
    histories: dict[str, str] = {LINE: DOWN, LAN: "ok timeout timeout ok"}
    suspected = court_of(histories)
    accused = court_of(histories, [incident_of(CauseKind.TSLCD_DOWN, LINE)])

    assert (suspected.standing(LINE).place, suspected.standing(LINE).asks) == (Place.PENDING, frozenset({LINE}))
    assert accused.standing(LINE).place is Place.ROOT


def test_nobody_is_newly_blamed_whose_last_word_was_an_answer() -> None:
    assert court_of({LINE: BACK, LAN: DOWN}).standing(LINE).place is Place.PENDING


def test_a_verdict_waits_for_the_other_path_and_for_whom_that_waits_for() -> None:
    silent = {LINE: DOWN, LAN: DOWN, "cao-son/internet": DOWN}
    pending = court_of({**silent, "hub/uplink-internet": "ok"}).standing(LINE)

    assert court_of(silent).standing(LINE).place is Place.ROOT
    assert pending.place is Place.PENDING
    assert "hub/uplink-internet" in pending.asks


def test_a_core_that_answers_while_all_beyond_is_silent_is_blamed() -> None:
    units = ("phu-thong", "cao-son", "cam-giang", "don-phong")
    silent = {f"{unit}/tslcd": DOWN for unit in units} | dict.fromkeys(("qlvb", "mail", "motcua"), DOWN)
    court = court_of(silent)

    assert court.standing(CORE).is_inferred
    assert court.standing(LINE).blame == CORE
    assert court.silent_since(CORE) == instant(5)


def test_a_core_is_not_blamed_while_one_thing_beyond_it_answers() -> None:
    units = ("phu-thong", "cao-son", "cam-giang", "don-phong")
    silent = {f"{unit}/tslcd": DOWN for unit in units} | dict.fromkeys(("qlvb", "mail"), DOWN)

    assert court_of(silent).standing(CORE).place is Place.CLEAR


def test_a_child_is_held_for_a_while_after_its_cause_is_over() -> None:
    over = [incident_of(CauseKind.TSLCD_CORE_DOWN, CORE, resolved_s=12)]
    early = court_of({LINE: "ok timeout timeout timeout timeout", LAN: DOWN}, over, otherwise="ok " * 9)
    long = "ok " + "timeout " * 8
    unsure = court_of({LINE: long, LAN: DOWN}, over, otherwise="ok " * 9)
    late = court_of({LINE: long, LAN: long}, over, otherwise="ok " * 9)

    assert early.standing(LINE).place is Place.HELD
    assert (unsure.standing(LINE).place, unsure.standing(LINE).asks) == (Place.PENDING, frozenset({LAN}))
    assert late.standing(LINE).place is Place.ROOT


def test_an_answer_in_a_pause_of_the_core_does_not_make_a_dead_line_one_that_ignores_pings() -> None:
    over = [incident_of(CauseKind.TSLCD_CORE_DOWN, CORE, resolved_s=17)]
    lan = "ok timeout ok timeout timeout timeout timeout timeout timeout timeout"

    court = court_of({LINE: "ok " + "timeout " * 9, LAN: lan}, over, otherwise="ok " * 10)

    assert court.standing(LINE).place is Place.ROOT


def test_a_service_is_blamed_only_when_something_else_behind_its_router_answers() -> None:
    lines = [f"{unit}/tslcd" for unit in ("phu-thong", "cao-son", "cam-giang", "don-phong")]

    assert court_of({"qlvb": DOWN}).standing(TargetId("qlvb")).place is Place.ROOT
    unheard = court_of({"qlvb": DOWN, **dict.fromkeys(lines, "ok")}).standing(TargetId("qlvb"))
    assert (unheard.place, unheard.asks) == (Place.PENDING, frozenset(map(TargetId, lines[:3])))


def test_an_incident_of_quality_holds_nobody() -> None:
    over = [incident_of(CauseKind.LINK_LOSS, CORE, resolved_s=12)]

    assert court_of({LINE: DOWN, LAN: DOWN}, over).standing(LINE).place is Place.ROOT


def test_a_service_waits_for_the_answer_for_its_own_name() -> None:
    court = court_of({"qlvb": "ok ok ok timeout timeout", "dns": "ok ok"}, otherwise="ok ok ok ok ok")

    standing = court.standing(TargetId("qlvb"))
    assert (standing.place, standing.asks) == (Place.PENDING, frozenset({TargetId("dns")}))
