"""The life of incidents."""

from __future__ import annotations

from dataclasses import replace

from bt_console.evaluate.causes import find_causes
from bt_console.evaluate.incidents import Docket, step
from bt_console.model.incident import CauseKind, Incident
from tests.evaluate.build import court_of, incident_of
from tests.evaluate.district import district
from tests.evaluate.simulation import instant

DOWN, BACK = "ok timeout timeout", "ok timeout timeout ok ok"
UNITS = district(4).units
LINE = ("cao-son/tslcd", "cao-son/lan", "cao-son/device/may-in", "cao-son/device/may-chu")


def docket(histories: dict[str, str], *incidents: Incident, at_s: float = 20.0, otherwise: str = "ok " * 5) -> Docket:
    court = court_of(histories, incidents, otherwise=otherwise)
    return step(incidents, (), find_causes(court, UNITS, instant(at_s)), court, 7, instant(at_s))


def test_a_new_cause_opens_an_incident_with_the_next_number() -> None:
    (opened,) = docket(dict.fromkeys(LINE, DOWN)).opened

    assert (opened.id, opened.cause.kind, opened.opened_at) == (7, CauseKind.TSLCD_DOWN, instant(20))


def test_a_cause_that_is_known_opens_nothing_and_keeps_its_reasoning() -> None:
    known = docket(dict.fromkeys(LINE, DOWN)).opened[0]
    result = docket(dict.fromkeys(LINE, DOWN), known)

    assert (result.opened, result.changed, result.resolved, result.open) == ((), (), (), (known,))


def test_it_ends_when_the_culprit_is_believed_up_and_not_at_its_first_answer() -> None:
    known = incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd", at_s=12)
    first = docket({**dict.fromkeys(LINE, DOWN), "cao-son/tslcd": DOWN + " ok"}, known)

    assert first.resolved == ()
    assert [i.resolved_at for i in docket(dict.fromkeys(LINE, BACK), known).resolved] == [instant(20)]


def test_it_does_not_end_while_the_culprit_cannot_be_measured() -> None:
    known = incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd", at_s=12)
    blind = {**dict.fromkeys(LINE, DOWN), "cao-son/tslcd": BACK + " error error"}

    assert known.id in {i.id for i in docket(blind, known).open}


def test_a_router_must_be_seen_to_forward_before_its_incident_ends() -> None:
    units = ("phu-thong", "cao-son", "cam-giang", "don-phong")
    behind = [f"{unit}/tslcd" for unit in units] + ["qlvb", "mail", "motcua"]
    known = incident_of(CauseKind.TSLCD_CORE_DOWN, "tslcd-core", at_s=12, behind=behind)
    mute = dict.fromkeys(behind, "ok timeout timeout timeout timeout")
    heard = {**mute, "cao-son/tslcd": BACK}

    assert docket({**mute, "tslcd-core": BACK}, known).resolved == ()
    assert len(docket({**heard, "tslcd-core": BACK}, known).resolved) == 1


def test_a_line_grows_into_a_dark_unit_and_says_so() -> None:
    known = incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd", at_s=12)
    result = docket({**dict.fromkeys(LINE, DOWN), "cao-son/internet": DOWN}, known)
    ((before, after),) = result.changed

    assert (result.opened, before.id, after.id, after.cause.kind) == ((), 1, 1, CauseKind.UNIT_DARK)
    assert any(s.message.startswith("step.renamed") for s in after.cause.steps)


def test_a_line_dead_before_the_core_is_another_fault() -> None:
    line = incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd", at_s=2)
    histories = dict.fromkeys(LINE, "timeout " * 9) | {"tslcd-core": "ok ok ok ok ok ok ok timeout timeout"}
    result = docket(histories, line, at_s=42, otherwise="ok ok ok ok ok ok ok ok ok")

    assert [i.cause.kind for i in result.open] == [CauseKind.TSLCD_DOWN]


def test_one_half_of_a_dark_unit_must_prove_itself_before_it_is_named_alone() -> None:
    dark = incident_of(CauseKind.UNIT_DARK, "cao-son", at_s=12, behind=["cao-son/tslcd", "cao-son/internet"])
    line_back = dict.fromkeys(LINE, "ok timeout timeout ok ok ok ok")
    early = docket({**line_back, "cao-son/internet": DOWN + " timeout"}, dark, at_s=32)
    late = docket({**line_back, "cao-son/internet": DOWN + " timeout timeout timeout"}, dark, at_s=32)

    assert [i.cause.kind for i in early.open] == [CauseKind.UNIT_DARK]
    assert [i.cause.kind for i in late.open] == [CauseKind.INTERNET_DOWN]
    assert early.opened == late.opened == ()


def test_impact_only_grows() -> None:
    known = incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd", at_s=12, behind=["x", "y"])
    (after,) = docket(dict.fromkeys(LINE, DOWN), known).open

    assert {"x", "y", *LINE} <= set(after.impact.targets)


def test_an_expiring_certificate_does_not_swallow_an_outage() -> None:
    known = incident_of(CauseKind.CERTIFICATE_EXPIRING, "qlvb", at_s=1)
    result = docket({"qlvb": DOWN + " timeout timeout"}, known)

    assert [i.cause.kind for i in result.open] == [CauseKind.CERTIFICATE_EXPIRING, CauseKind.SERVICE_DOWN]


def test_an_acknowledgement_survives_a_change() -> None:
    known = incident_of(CauseKind.TSLCD_DOWN, "cao-son/tslcd", at_s=12)
    acked = replace(known, acknowledged_at=instant(15), acknowledged_by="lan")
    (after,) = docket({**dict.fromkeys(LINE, DOWN), "cao-son/internet": DOWN}, acked).open

    assert (after.acknowledged_by, after.cause.kind) == ("lan", CauseKind.UNIT_DARK)


def test_an_incident_of_a_target_that_is_measured_no_more_ends() -> None:
    gone = incident_of(CauseKind.SERVICE_DOWN, "old-service")

    assert len(docket({}, gone).resolved) == 1
