"""What the on-call views say about calls, channels, ends and mutes, from plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import time, timedelta

import pytest

from bt_console.evaluate.oncall import rota
from bt_console.model.incident import Severity
from bt_console.model.inventory import TargetId, UnitId
from bt_console.model.oncall import Direction, Hours, Match, NoticeKind
from bt_console.model.paging import CallState, DeliveryState, Heartbeat, SendOutcome
from bt_console.model.snapshot import Snapshot
from bt_console.tui.view import banner, calls, channels, duty, heartbeats, mutes, outbox
from bt_console.tui.view.ends import ACKNOWLEDGE, HOUR_S, ends
from bt_console.tui.view.text import Row, cells, line_cells
from bt_console.words import message
from tests.tui import district, telling
from tests.tui.view.snapshots import LOOK, snapshot

NOW = district.NOW
ONCALL = telling.oncall()


def told(**changes: object) -> Snapshot:
    """Return the broken district with somebody to tell."""
    known = {"oncall": ONCALL, "channels": telling.healths(), "calls": (telling.open_call(), telling.acked_call())}
    return replace(snapshot(), **(known | changes))  # type: ignore[arg-type]


def text(rows: Iterable[Row]) -> str:
    return "\n".join("".join(span.text for span in row.line) for row in rows)


def test_an_expired_acknowledgement_no_longer_counts_though_the_incident_remembers_it() -> None:
    again = telling.open_call(8)
    assert calls.counts(told()).acked == 1
    assert calls.counts(told(calls=(telling.open_call(), again))).acked == 0
    assert calls.counts(told(calls=())).acked == 1


def test_a_call_outside_the_hours_of_its_policy_is_held_until_they_begin() -> None:
    hours = Hours(timezone=telling.ZONE, weekdays=frozenset(range(5)), starts=time(7, 30), ends=time(17, 0))
    held = telling.open_call(policy=replace(telling.POLICY, hours=hours))
    assert calls.short_state(held, ONCALL, LOOK).text == "giữ đến 07:30 25/11"
    urgent = replace(held, policy=replace(held.policy, is_emergency=True))
    assert calls.short_state(urgent, ONCALL, LOOK).text == "đang gọi, bước 1"


@pytest.mark.parametrize("state", CallState)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_state_of_a_call_has_words(state: CallState, language: str) -> None:
    said = calls.short_state(telling.open_call(state=state), ONCALL, replace(LOOK, language=language)).text
    assert "told." not in said
    assert "?" not in said


def test_a_login_is_shown_without_its_address_and_a_contact_by_name() -> None:
    assert calls.person("lan@10.20.1.15", ONCALL) == "lan"
    assert calls.person("an", ONCALL) == "Nguyễn Văn An"
    assert calls.given_name("an", ONCALL) == "An"
    assert calls.given_name("truc", ONCALL) == "Trực ban"
    assert calls.given_name("", None) == ""


def test_a_channel_is_cut_off_while_what_it_depends_on_is_down() -> None:
    assert channels.states(told())["mail"] == "unproven"
    known = told()
    core = next(view for view in known.infrastructure if view.id == "tslcd-core")
    others = tuple(view for view in known.infrastructure if view.id != "tslcd-core")
    broken = replace(known, infrastructure=(*others, replace(core, state=district.DOWN)))
    assert channels.states(broken) == {"console": "unproven", "sms": "suspect", "zalo": "up", "mail": "cut_off"}


def test_a_channel_may_depend_on_a_target_of_a_unit() -> None:
    mail = replace(ONCALL.channels["mail"], depends_all=(TargetId("cao-son/tslcd"),))
    plan = replace(ONCALL, channels={**ONCALL.channels, "mail": mail})
    assert channels.states(told(oncall=plan))["mail"] == "cut_off"


def test_the_coming_week_names_the_next_person_and_each_gap() -> None:
    now = rota.who(ONCALL.schedules["it"], (), NOW)
    (plan,) = duty.plans(ONCALL, (), (now,), NOW)
    assert plan.next is not None
    assert (now.contact, plan.next.contact) == ("binh", "cuong")
    assert plan.next.starts_at == now.ends_at
    assert [gap.why for gap in plan.gaps] == ["gap"]
    assert (plan.gaps[0].ends_at - plan.gaps[0].starts_at) == timedelta(days=1)


def test_ends_are_in_order_and_none_is_longer_than_allowed() -> None:
    found = ends(ACKNOWLEDGE, 4 * HOUR_S, telling.ZONE, LOOK)
    assert [end.text for end in found] == ["30 phút", "1 giờ", "2 giờ", "4 giờ (lâu nhất)"]
    assert found[-1].is_longest
    assert max(end.at for end in found) == NOW + timedelta(hours=4)
    morning = [end for end in ends(ACKNOWLEDGE, None, telling.ZONE, LOOK) if end.text == "sáng mai"]
    assert [LOOK.until(end.at) for end in morning] == ["07:30 25/11"]


def test_scopes_go_from_the_fault_to_its_kind_and_name_many_units_only_where_there_are() -> None:
    incident = district.link_incident()
    assert list(mutes.scopes(incident)) == ["cause", "target", "unit", "kind"]
    wide = replace(incident, impact=replace(incident.impact, units=(UnitId("cao-son"), UnitId("ha-vi"))))
    assert mutes.scopes(wide)["units"].units == {"cao-son", "ha-vi"}


def test_a_preview_says_what_is_not_hidden_and_when_nothing_is() -> None:
    incident = district.link_incident()
    wide = replace(incident, impact=replace(incident.impact, units=(UnitId("cao-son"), UnitId("ha-vi"))))
    found = mutes.foresee(mutes.scopes(wide)["unit"], (wide,), told(), LOOK)
    assert found is not None
    assert "Không che: #7" in "\n".join(mutes.preview_lines(found, LOOK))
    nothing = mutes.foresee(Match(targets=frozenset({TargetId("nowhere")})), (wide,), told(), LOOK)
    assert nothing is not None
    assert "có thể chọn nhầm" in "\n".join(mutes.preview_lines(nothing, LOOK))


@pytest.mark.parametrize("width", [30, 57, 78, 120])
def test_no_row_is_wider_than_its_board(width: int) -> None:
    known = told(mutes=(telling.mute(),), duty=(telling.shift("an"),))
    plans = duty.plans(ONCALL, (), known.duty, NOW)
    rows = [
        *duty.rows(known, plans, LOOK, width),
        *channels.rows(known, LOOK, width),
        *outbox.rows(telling.deliveries(), ONCALL, LOOK, width),
        *mutes.rows(known, LOOK, width),
        *heartbeats.rows(telling.heartbeats(), ONCALL, LOOK, width),
        *heartbeats.audit_rows(telling.heartbeats(), LOOK, width),
        *outbox.proof(telling.deliveries()[0], telling.attempts(), ONCALL, LOOK, width),
    ]
    assert max(line_cells(row.line) for row in rows) <= width


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_state_kind_and_outcome_has_words(language: str) -> None:
    look = replace(LOOK, language=language)
    rows = telling.deliveries()
    said = [outbox.state_word(replace(rows[0], state=state), look) for state in DeliveryState]
    said += [look.tell(f"told.state.{state}.means") for state in DeliveryState]
    said += [outbox.kind_word(kind, look) for kind in NoticeKind]
    said += [look.tell(f"told.outcome.{outcome}") for outcome in SendOutcome]
    assert not [one for one in said if one.startswith("told.")]


def test_an_audit_that_has_something_to_say_says_it_though_nothing_fails() -> None:
    drill = Heartbeat(name="drill", direction=Direction.SELF, last_at=NOW, detail=message("told.duty.no_gap"))
    shown = text(heartbeats.audit_rows((drill, replace(drill, name="disk", detail="")), LOOK, 70))
    assert shown == "· 7 ngày tới không có khoảng trống\n✓ 1 mục khác đều tốt"


def test_instants_within_stored_sentences_are_shown_in_local_time() -> None:
    gap = message("audit.gap", schedule="it", count=1, at="2026-11-28T17:00:00+00:00")
    assert heartbeats.said(gap, LOOK).endswith("00:00 29/11")


def test_a_banner_fits_its_line_and_keeps_the_keys() -> None:
    for width in (60, 80, 120):
        line = banner.line((telling.banner(1, NOW), telling.banner(2, NOW, incident_id=8)), told(), LOOK, width)
        shown = "".join(span.text for span in line)
        assert cells(shown) == width
        assert shown.endswith("+1 nữa · p mở · esc cất ")
    info = replace(district.link_incident(), severity=Severity.INFO)
    line = banner.line((telling.banner(1, NOW),), told(incidents=(info,)), LOOK, 80)
    assert "●" in line[0].text
