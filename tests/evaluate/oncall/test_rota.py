"""Exactly one person at any instant, the same for the screen and for the pager, at the same hour all year round."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.evaluate.oncall import rota
from bt_console.model.oncall import Contact, Holiday, Layer, OnCall, Override, Schedule, Shift

ZONES = ("Asia/Ho_Chi_Minh", "Europe/Berlin", "America/Chicago")
PEOPLE = ("an", "binh", "cuong")
DAY = timedelta(days=1)
WEEK = Layer(name="week", contacts=("an", "binh"), start=date(2026, 1, 5))
IT = Schedule(id="it", timezone="Asia/Ho_Chi_Minh", layers=(WEEK,), gap_fallback="cuong")


def local(zone: str, *parts: int, fold: int = 0) -> datetime:
    """Return a local time as an instant."""
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)  # type: ignore[misc,arg-type]


def vn(*parts: int) -> datetime:
    return local("Asia/Ho_Chi_Minh", *parts)


def schedule(**changes: object) -> Schedule:
    fields = {name: getattr(IT, name) for name in Schedule.__dataclass_fields__}
    return Schedule(**{**fields, **changes})


def stand_in(number: int, start: datetime, end: datetime, **changes: object) -> Override:
    fields: dict[str, object] = {"in_contact": "cuong", "out_contact": None, "schedule": "it", "author": "an"}
    return Override(id=number, starts_at=start, ends_at=end, **{**fields, **changes})  # type: ignore[arg-type]


def told(shifts: tuple[Shift, ...]) -> list[tuple[str, str]]:
    return [(shift.contact, shift.why) for shift in shifts]


# Rotations


def test_turns_begin_on_their_date_and_go_round() -> None:
    assert rota.who(IT, (), vn(2026, 1, 5, 8)).contact == "an"
    assert rota.who(IT, (), vn(2026, 1, 12, 7, 59, 59)).contact == "an"
    assert rota.who(IT, (), vn(2026, 1, 12, 8)).contact == "binh"
    assert rota.who(IT, (), vn(2026, 1, 19, 8)).contact == "an"


def test_a_shift_says_from_when_to_when_and_why() -> None:
    shift = rota.who(IT, (), vn(2026, 1, 14, 3))
    assert shift == Shift(
        schedule="it",
        contact="binh",
        starts_at=vn(2026, 1, 12, 8),
        ends_at=vn(2026, 1, 19, 8),
        why="layer:week",
    )


def test_before_the_first_turn_there_is_a_gap_with_a_fallback() -> None:
    shift = rota.who(IT, (), vn(2026, 1, 5, 7, 59))
    assert (shift.contact, shift.why, shift.ends_at) == ("cuong", "gap", vn(2026, 1, 5, 8))


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Europe/Berlin", date(2026, 3, 28), date(2026, 3, 30)),
        ("Europe/Berlin", date(2026, 10, 24), date(2026, 10, 26)),
        ("America/Chicago", date(2026, 3, 7), date(2026, 3, 9)),
        ("America/Chicago", date(2026, 10, 31), date(2026, 11, 2)),
    ],
)
def test_the_hour_of_the_hand_over_is_the_same_before_and_after_a_clock_change(
    zone: str, before: date, after: date
) -> None:
    daily = schedule(timezone=zone, layers=(Layer(name="d", contacts=PEOPLE, start=date(2026, 1, 1), every_days=1),))
    start, end = (local(zone, day.year, day.month, day.day) for day in (before, after + DAY))
    starts = [shift.starts_at.astimezone(ZoneInfo(zone)) for shift in rota.shifts(daily, (), start, end)[1:]]
    assert [(moment.hour, moment.minute) for moment in starts] == [(8, 0)] * 3
    lengths = {b.astimezone(UTC) - a.astimezone(UTC) for a, b in itertools.pairwise(starts)}
    assert lengths & {timedelta(hours=23), timedelta(hours=25)}


def test_a_hand_over_at_an_hour_that_is_skipped_happens_when_the_clock_jumps() -> None:
    zone = "Europe/Berlin"
    layer = Layer(name="d", contacts=("an", "binh"), start=date(2026, 3, 28), every_days=1, handoff=time(2, 30))
    shift = rota.who(schedule(timezone=zone, layers=(layer,)), (), local(zone, 2026, 3, 29, 12))
    assert (shift.contact, shift.starts_at) == ("binh", local(zone, 2026, 3, 29, 3))


def test_a_hand_over_at_an_hour_that_comes_twice_happens_once_the_first_time() -> None:
    zone = "America/Chicago"
    layer = Layer(name="d", contacts=("an", "binh"), start=date(2026, 10, 31), every_days=1, handoff=time(1, 30))
    plan = schedule(timezone=zone, layers=(layer,))
    first, second = local(zone, 2026, 11, 1, 1, 30), local(zone, 2026, 11, 1, 1, 30, fold=1)
    assert second - first == timedelta(hours=1)
    assert rota.who(plan, (), first - timedelta(seconds=1)).contact == "an"
    assert rota.who(plan, (), first).contact == "binh"
    assert rota.who(plan, (), second - timedelta(minutes=15)).contact == "binh"
    assert rota.who(plan, (), second).contact == "binh"


# Layers, hours, holidays


def test_later_layers_win_where_they_apply() -> None:
    night = Layer(
        name="night",
        contacts=("cuong",),
        start=date(2026, 1, 5),
        weekdays=frozenset({4}),
        hours=(time(17), time(7, 30)),
    )
    plan = schedule(layers=(WEEK, night))
    friday = rota.who(plan, (), vn(2026, 1, 9, 18))
    assert (friday.contact, friday.why) == ("cuong", "layer:night")
    assert (friday.starts_at, friday.ends_at) == (vn(2026, 1, 9, 17), vn(2026, 1, 10, 7, 30))
    assert rota.who(plan, (), vn(2026, 1, 10, 7, 30)).why == "layer:week"
    assert rota.who(plan, (), vn(2026, 1, 10, 18)).why == "layer:week"


def test_where_no_layer_applies_there_is_a_gap() -> None:
    office = Layer(
        name="office",
        contacts=("an",),
        start=date(2026, 1, 5),
        weekdays=frozenset(range(5)),
        hours=(time(7, 30), time(17)),
    )
    plan = schedule(layers=(office,))
    week = rota.gaps(plan, (), vn(2026, 1, 5), vn(2026, 1, 12))
    assert {shift.contact for shift in week} == {"cuong"}
    assert week[-1].ends_at - week[-1].starts_at == timedelta(hours=7 + 48)
    assert rota.gaps(IT, (), vn(2026, 1, 6), vn(2026, 2, 6)) == ()


def test_holidays_take_turns_of_their_own_and_leave_the_rotation_as_it_was() -> None:
    days = tuple(Holiday(day=date(2026, 2, day), name="Tết") for day in (16, 17, 18))
    plan = schedule(holidays=days, holiday_contacts=("cuong", "binh"))
    found = told(rota.shifts(plan, (), vn(2026, 2, 16), vn(2026, 2, 19, 12)))
    assert [why for _, why in found] == ["holiday:Tết"] * 3 + ["layer:week"]
    assert [contact for contact, _ in found[:3]] in (["cuong", "binh", "cuong"], ["binh", "cuong", "binh"])
    assert found[3] == told((rota.who(IT, (), vn(2026, 2, 19, 9)),))[0]


def test_without_people_for_holidays_the_layers_hold_on_them() -> None:
    plan = schedule(holidays=(Holiday(day=date(2026, 2, 17), name="Tết"),))
    assert rota.who(plan, (), vn(2026, 2, 17, 12)).why == "layer:week"


def test_old_years_may_leave_the_list_of_holidays_without_moving_a_turn() -> None:
    years = [[Holiday(day=date(year, 9, day), name="Q") for day in (1, 2, 3)] for year in (2025, 2026)]
    whole, newest = (
        schedule(holidays=tuple(days), holiday_contacts=PEOPLE) for days in (years[0] + years[1], years[1])
    )
    start, end = vn(2026, 8, 30), vn(2026, 9, 5)
    assert rota.shifts(whole, (), start, end) == rota.shifts(newest, (), start, end)


# Overrides


def test_an_override_splits_a_shift_and_deletes_nothing() -> None:
    change = stand_in(7, vn(2026, 1, 7, 12), vn(2026, 1, 8, 12))
    found = rota.shifts(IT, (change,), vn(2026, 1, 5, 8), vn(2026, 1, 12, 8))
    assert told(found) == [("an", "layer:week"), ("cuong", "override:7"), ("an", "layer:week")]
    assert [shift.starts_at for shift in found[1:]] == [change.starts_at, change.ends_at]


def test_an_override_for_one_person_leaves_the_others_turns_alone() -> None:
    change = stand_in(7, vn(2026, 1, 10), vn(2026, 1, 14), out_contact="an")
    assert rota.who(IT, (change,), vn(2026, 1, 11)).contact == "cuong"
    assert rota.who(IT, (change,), vn(2026, 1, 13)).contact == "binh"


def test_a_stand_in_may_have_a_stand_in_of_his_own() -> None:
    changes = (
        stand_in(2, vn(2026, 1, 7), vn(2026, 1, 8), in_contact="binh", out_contact="cuong"),
        stand_in(1, vn(2026, 1, 6), vn(2026, 1, 9), in_contact="cuong", out_contact="an"),
    )
    assert rota.who(IT, changes, vn(2026, 1, 7, 12)).contact == "binh"
    assert rota.who(IT, changes, vn(2026, 1, 8, 12)).contact == "cuong"


def test_an_override_fills_a_gap() -> None:
    empty = schedule(layers=())
    change = stand_in(3, vn(2026, 1, 7), vn(2026, 1, 8), in_contact="an")
    assert told(rota.shifts(empty, (change,), vn(2026, 1, 6), vn(2026, 1, 9))) == [
        ("cuong", "gap"),
        ("an", "override:3"),
        ("cuong", "gap"),
    ]


def test_overrides_of_other_schedules_change_nothing() -> None:
    change = stand_in(3, vn(2026, 1, 1), vn(2027, 1, 1), schedule="other")
    assert rota.who(IT, (change,), vn(2026, 6, 1)) == rota.who(IT, (), vn(2026, 6, 1))


# People


DESK = OnCall(
    timezone=IT.timezone, contacts={name: Contact(id=name, name=name) for name in PEOPLE}, schedules={"it": IT}
)


def test_schedules_and_contacts_become_people_each_once() -> None:
    at = vn(2026, 1, 6)
    assert rota.people(["schedule:it", "binh", "an"], DESK, (), at) == ("an", "binh")


def test_who_is_paged_is_who_the_screen_shows() -> None:
    change = stand_in(1, vn(2026, 1, 6), vn(2026, 1, 7))
    at = vn(2026, 1, 6, 12)
    assert rota.people(["schedule:it"], DESK, (change,), at) == (rota.who(IT, (change,), at).contact,) == ("cuong",)


def test_a_stand_in_who_left_the_configuration_stands_in_for_nobody() -> None:
    change = stand_in(1, vn(2026, 1, 6), vn(2026, 1, 7), in_contact="left")
    at = vn(2026, 1, 6, 12)
    assert rota.people(["schedule:it"], DESK, (change,), at) == ("an",)
    assert rota.standing((change,), DESK) == ()


def test_when_nobody_named_is_left_everybody_is_told() -> None:
    assert rota.people(["left", "schedule:gone"], DESK, (), vn(2026, 1, 6)) == PEOPLE


# Whatever the plan


INSTANTS = st.integers(0, 2 * 366 * 86400).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30, 59]))


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    return Layer(
        name=draw(st.sampled_from(["a", "b"])),
        contacts=tuple(draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3))),
        start=date(2025, 12, 1) + draw(st.integers(0, 500)) * DAY,
        every_days=draw(st.sampled_from([1, 2, 7, 14])),
        handoff=draw(TIMES),
        weekdays=draw(st.frozensets(st.integers(0, 6), max_size=3)),
        hours=draw(st.none() | st.tuples(TIMES, TIMES)),
    )


@st.composite
def plans(draw: st.DrawFn) -> tuple[Schedule, tuple[Override, ...]]:
    changes = []
    for number in range(draw(st.integers(0, 3))):
        start = draw(INSTANTS)
        end = start + timedelta(hours=draw(st.integers(1, 24 * 20)))
        out = draw(st.none() | st.sampled_from(PEOPLE))
        changes.append(stand_in(number, start, end, in_contact=draw(st.sampled_from(PEOPLE)), out_contact=out))
    holidays = draw(st.sets(st.integers(0, 730), max_size=4))
    plan = schedule(
        timezone=draw(st.sampled_from(ZONES)),
        layers=tuple(draw(st.lists(layers(), max_size=3))),
        holidays=tuple(Holiday(day=date(2026, 1, 1) + day * DAY, name="H") for day in sorted(holidays)),
        holiday_contacts=tuple(draw(st.lists(st.sampled_from(PEOPLE), max_size=2))),
    )
    return plan, tuple(changes)


CHANGES_OF_CLOCKS = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 8, 8, tzinfo=UTC),
    datetime(2026, 11, 1, 7, tzinfo=UTC),
]
STARTS = INSTANTS | st.builds(
    lambda at, minutes: at - timedelta(minutes=minutes), st.sampled_from(CHANGES_OF_CLOCKS), st.integers(0, 3000)
)


@settings(deadline=None, max_examples=150)
@given(plans(), STARTS, st.integers(1, 12 * 86400))
def test_shifts_tile_time_without_gap_or_overlap(
    plan: tuple[Schedule, tuple[Override, ...]], start: datetime, length_s: int
) -> None:
    end = start + timedelta(seconds=length_s)
    found = rota.shifts(*plan, start, end)
    assert (found[0].starts_at, found[-1].ends_at) == (start, end)
    assert all(one.ends_at == two.starts_at for one, two in itertools.pairwise(found))
    assert all(shift.starts_at < shift.ends_at and shift.contact in PEOPLE for shift in found)


@settings(deadline=None, max_examples=150)
@given(plans(), STARTS, st.integers(0, 10 * 86400), st.integers(1, 86400))
def test_who_is_on_duty_is_the_shift_the_instant_lies_in(
    plan: tuple[Schedule, tuple[Override, ...]], start: datetime, offset_s: int, more_s: int
) -> None:
    at = start + timedelta(seconds=offset_s)
    end = at + timedelta(seconds=more_s)
    (around,) = (shift for shift in rota.shifts(*plan, start, end) if shift.starts_at <= at < shift.ends_at)
    whole = rota.who(*plan, at)
    assert (whole.contact, whole.why) == (around.contact, around.why)
    assert around.starts_at == max(whole.starts_at, start)
    assert around.ends_at == min(whole.ends_at, end)


@settings(deadline=None, max_examples=150)
@given(plans(), STARTS, st.lists(st.integers(0, 10 * 86400), min_size=1, max_size=20))
def test_nothing_changes_within_a_shift(
    plan: tuple[Schedule, tuple[Override, ...]], start: datetime, offsets: list[int]
) -> None:
    found = rota.shifts(*plan, start, start + timedelta(days=10, seconds=1))
    for offset_s in offsets:
        at = start + timedelta(seconds=offset_s)
        (shift,) = (shift for shift in found if shift.starts_at <= at < shift.ends_at)
        assert rota.people(
            ["schedule:it"], OnCall(timezone="UTC", contacts=DESK.contacts, schedules={"it": plan[0]}), plan[1], at
        ) == (shift.contact,)


@settings(deadline=None, max_examples=100)
@given(plans(), STARTS)
def test_an_override_leaves_everything_outside_it_as_it_was(
    plan: tuple[Schedule, tuple[Override, ...]], start: datetime
) -> None:
    schedule_, changes = plan
    added = stand_in(99, start + DAY, start + 2 * DAY)
    for begin, end in ((start, added.starts_at), (added.ends_at, start + 4 * DAY)):
        assert rota.shifts(schedule_, (*changes, added), begin, end) == rota.shifts(schedule_, changes, begin, end)
    inside = rota.shifts(schedule_, (*changes, added), added.starts_at, added.ends_at)
    assert told(inside) == [("cuong", "override:99")]
