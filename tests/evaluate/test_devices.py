"""Devices are approved, new, moved or missing; each change is told once, nothing of what nobody looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bt_console.evaluate import devices
from bt_console.evaluate.device_looks import Sighting
from bt_console.model.device import DeviceState
from bt_console.model.inventory import UnitId
from bt_console.words import say
from tests.evaluate.lans import HERE, START, THERE, WEEK, Lans, approval, kinds, mac, rules

DAILY = range(24, 24 * 9, 24)


def test_the_first_inventory_of_an_unapproved_lan_is_one_line() -> None:
    lans = Lans(rules(approval(1), approval(2, THERE)))
    (event,) = lans.look(range(1, 60), hours=0)
    assert (event.kind, event.subject, event.unit_id) == ("device_new", HERE, HERE)
    assert "59 devices, 57 not in the register, 1 approved for another unit" in say("en", event.message)
    assert lans.look(range(1, 60), hours=1) == ()


def test_an_approved_lan_makes_no_line_at_all() -> None:
    lans = Lans(rules(approval(1), approval(2)))
    assert lans.look([1, 2], hours=0) == ()
    assert lans.device(1).state is DeviceState.APPROVED
    assert lans.device(1).name == "Máy 1"


def test_a_stranger_is_told_once_by_all_that_is_known_of_it() -> None:
    lans = Lans(rules(approval(1), vendor="Canon"))
    lans.look([1], hours=0)
    (event,) = lans.look({1: Sighting(), 9: Sighting(address="10.21.2.77", port="switch-1 ge-0/3")}, hours=1)
    assert (event.kind, event.subject) == ("device_new", mac(9))
    said = say("vi", event.message)
    assert said == f"Xã Cao Sơn: thiết bị chưa được duyệt {mac(9)} · Canon · 10.21.2.77 · switch-1 ge-0/3"
    assert [lans.look([1, 9], hours=hour) for hour in (2, 3)] == [(), ()]
    lans.restart()
    assert lans.look([1, 9], hours=4) == ()
    assert lans.device(9).first_seen_at == START + timedelta(hours=1)


def test_many_strangers_at_once_are_one_line() -> None:
    lans = Lans(rules(approval(1)))
    lans.look([1], hours=0)
    assert kinds(lans.look(range(1, 10), hours=1)) == ["device_new"] * 8
    (event,) = lans.look(range(1, 100), hours=2)
    assert "90 devices not in the register" in say("en", event.message)


def test_a_device_approved_for_another_unit_has_moved_and_comes_back() -> None:
    lans = Lans(rules(approval(1, THERE), approval(2)))
    lans.look([2], hours=0)
    lans.look([1], hours=0, unit_id=THERE)
    (event,) = lans.look([1, 2], hours=1)
    assert (event.kind, event.subject, event.unit_id) == ("device_moved", mac(1), HERE)
    assert "approved for Xã Hà Vị" in say("en", event.message)
    assert lans.device(1).state is DeviceState.MOVED
    assert lans.device(1, THERE).state is DeviceState.APPROVED
    assert lans.look([1], hours=2, unit_id=THERE) == ()
    (back,) = lans.look([1], hours=26, unit_id=THERE)
    assert (back.kind, back.unit_id) == ("device_seen_again", THERE)
    assert "no longer in Xã Cao Sơn" in say("en", back.message)
    assert mac(1) not in lans.ledger[HERE]


def test_a_copied_mac_in_two_units_is_told_once_and_shown_in_both() -> None:
    lans = Lans(rules(approval(1), approval(2), approval(3, THERE)))
    lans.look([1, 2], hours=0)
    lans.look([3], hours=0, unit_id=THERE)
    told = [*lans.look([1, 3], hours=1, unit_id=THERE)]
    for hour in range(2, 40):
        told += lans.look([1, 2], hours=hour)
        told += lans.look([1, 3], hours=hour, unit_id=THERE)
    assert kinds(told) == ["device_moved"]
    assert lans.device(1).state is DeviceState.APPROVED
    assert lans.device(1, THERE).state is DeviceState.MOVED


def test_a_device_that_looks_do_not_find_for_a_week_is_missing_until_it_is_seen_again() -> None:
    lans = Lans(rules(approval(1), approval(2)))
    lans.look([1, 2], hours=0)
    told = {hours: kinds(lans.look([2], hours=hours)) for hours in DAILY}
    assert {hours: found for hours, found in told.items() if found} == {168: ["device_missing"]}
    assert lans.device(1).state is DeviceState.MISSING
    assert lans.device(1).missed_since == START
    lans.restart()
    assert lans.look([2], hours=220) == ()
    (event,) = lans.look([1, 2], hours=230)
    assert (event.kind, lans.device(1).state) == ("device_seen_again", DeviceState.APPROVED)
    assert lans.device(1).missed_since is None


def test_a_device_approved_and_never_seen_is_missing_a_week_after_the_first_look() -> None:
    lans = Lans(rules(approval(1), approval(2)))
    assert (lans.device(1).state, lans.device(1).last_seen_at) == (DeviceState.APPROVED, None)
    told = {hours: kinds(lans.look([2], hours=hours)) for hours in (0, *DAILY)}
    assert {hours: found for hours, found in told.items() if found} == {168: ["device_missing"]}


def test_nothing_is_missing_while_nobody_looked() -> None:
    lans = Lans(rules(approval(1), approval(2)))
    lans.look([1, 2], hours=0)
    lans.restart()
    assert lans.look([2], hours=24 * 30) == ()
    assert lans.look([2], hours=24 * 31) == ()
    assert lans.device(1).state is DeviceState.APPROVED
    told = [kind for day in range(32, 39) for kind in kinds(lans.look([2], hours=24 * day))]
    assert told == ["device_missing"]


def test_a_look_that_lost_rows_makes_nobody_absent() -> None:
    lans = Lans(rules(approval(1), approval(2)))
    lans.look([1, 2], hours=0)
    assert [lans.look([2], hours=hours, is_complete=False) for hours in DAILY] == [()] * len(DAILY)


def test_probes_that_list_different_devices_do_not_write_them_in_turn() -> None:
    lans = Lans(rules(approval(1), approval(2)))
    lans.look([1, 2], hours=0)
    lans.look([2], hours=0.5)
    assert [device.mac for device in lans.written] == [mac(2)]


def test_a_device_seen_in_another_unit_is_not_missing_in_its_own() -> None:
    lans = Lans(rules(approval(1), approval(2), approval(3, THERE)))
    lans.look([1, 2], hours=0)
    lans.look([3], hours=0, unit_id=THERE)
    told = []
    for hours in DAILY:
        told += kinds(lans.look([1, 3], hours=hours, unit_id=THERE)) + kinds(lans.look([2], hours=hours))
    assert told == ["device_moved"]


def test_another_port_is_told_and_a_flapping_one_only_once() -> None:
    lans = Lans(rules(approval(1)))
    lans.look({1: Sighting(port="s1 3")}, hours=0)
    (event,) = lans.look({1: Sighting(port="s1 7")}, hours=2)
    assert event.kind == "device_moved"
    assert "from port s1 3 to s1 7" in say("en", event.message)
    flaps = [lans.look({1: Sighting(port=f"s1 {turn % 2}")}, hours=2.1 + turn / 60) for turn in range(30)]
    assert flaps == [()] * 30
    lans.look({1: Sighting()}, hours=5)
    assert lans.device(1).port == "s1 1"


def test_a_changed_register_changes_states_without_a_line() -> None:
    lans = Lans(rules())
    lans.look([1, 2, 3], hours=0)
    lans.adopt(rules(approval(1), approval(2, THERE), approval(9)))
    states = {number: lans.device(number).state for number in (1, 2, 3, 9)}
    assert states == {1: "approved", 2: "moved", 3: "new", 9: "approved"}
    assert lans.look([1, 2, 3], hours=1) == ()
    lans.adopt(rules())
    assert [lans.device(number).state for number in (1, 2, 3)] == [DeviceState.NEW] * 3
    assert lans.device(1).name == ""
    assert mac(9) not in lans.ledger[HERE]


def test_what_left_the_register_while_missing_is_forgotten() -> None:
    lans = Lans(rules(approval(1), approval(2)))
    lans.look([1, 2], hours=0)
    for hours in DAILY:
        lans.look([2], hours=hours)
    lans.adopt(rules(approval(1), approval(2)))
    assert lans.device(1).state is DeviceState.MISSING
    lans.adopt(rules(approval(2)))
    assert mac(1) not in lans.ledger[HERE]


def test_devices_of_a_unit_that_is_no_more_go() -> None:
    lans = Lans(rules(approval(1)))
    lans.look([1, 2], hours=0)
    found = lans.adopt(replace(rules(), units={THERE: rules().units[THERE]}))
    assert {device.mac for device in found.gone} == {mac(1), mac(2)}


def test_a_flood_of_made_up_devices_is_bounded_and_spares_the_approved() -> None:
    lans = Lans(rules(approval(1)))
    lans.look([1, 2], hours=0)
    events = lans.look(range(100, 100 + devices.DEVICES_PER_UNIT_MAX), hours=1)
    assert kinds(events) == ["device_new", "devices_dropped"]
    assert len(lans.ledger[HERE]) == devices.DEVICES_PER_UNIT_MAX
    assert lans.device(1).state is DeviceState.APPROVED
    assert mac(2) not in lans.ledger[HERE]


def test_a_stranger_of_long_ago_is_forgotten() -> None:
    lans = Lans(rules(approval(1)))
    lans.look([1, 2], hours=0)
    assert lans.look([1], hours=24 * 91) == ()
    assert mac(2) not in lans.ledger[HERE]


def test_a_clock_that_jumps_makes_nothing_older() -> None:
    lans = Lans(rules(approval(1)))
    lans.look([1], hours=0)
    known = lans.device(1)
    moved = devices.shifted(known, timedelta(days=400))
    assert moved.last_seen_at == START + timedelta(days=400)
    assert moved.first_seen_at == known.first_seen_at


looks = st.lists(
    st.tuples(
        st.sampled_from([HERE, THERE]),
        st.sets(st.integers(1, 6), min_size=1),
        st.floats(0.02, 80),
        st.sampled_from(["", "s1 1", "s1 2"]),
    ),
    max_size=40,
)
registers = st.dictionaries(st.integers(1, 6), st.sampled_from([HERE, THERE]))


@settings(max_examples=150, deadline=None)
@given(looks, registers)
def test_whatever_is_seen_states_follow_the_register_and_events_come_one_per_change(
    seen: list[tuple[UnitId, set[int], float, str]], register: dict[int, UnitId]
) -> None:
    lans, hours = Lans(rules(*(approval(number, unit) for number, unit in register.items()))), 0.0
    for unit_id, numbers, pause_h, port in seen:
        hours += pause_h
        before = {mac(n): lans.ledger.get(unit_id, {}).get(mac(n)) for n in range(1, 7)}
        events = lans.look(dict.fromkeys(numbers, Sighting(port=port)), hours=hours, unit_id=unit_id)
        for number in numbers:
            device = lans.device(number, unit_id)
            approved_for = register.get(number)
            wanted = "new" if approved_for is None else "approved" if approved_for == unit_id else "moved"
            assert (device.state, device.missed_since) == (wanted, None)
        for event in events:
            old, new = before.get(event.subject), lans.ledger[unit_id].get(event.subject)
            if event.kind == "device_missing":
                assert old is not None
                assert new is not None
                assert (old.state, new.state) == ("approved", "missing")
                assert new.last_seen_at is None or START + timedelta(hours=hours) - new.last_seen_at >= WEEK
            if event.kind == "device_new" and event.subject != unit_id:
                assert old is None
        assert max(Counter((event.kind, event.subject) for event in events).values(), default=0) <= 2


@settings(max_examples=100, deadline=None)
@given(looks, registers, st.integers(0, 40))
def test_the_same_look_again_says_nothing_also_after_a_restart(
    seen: list[tuple[UnitId, set[int], float, str]], register: dict[int, UnitId], at: int
) -> None:
    lans, hours = Lans(rules(*(approval(number, unit) for number, unit in register.items()))), 0.0
    for place, (unit_id, numbers, pause_h, port) in enumerate(seen):
        hours += pause_h
        sightings = dict.fromkeys(numbers, Sighting(port=port))
        lans.look(sightings, hours=hours, unit_id=unit_id)
        if place == at:
            lans.restart()
        assert lans.look(sightings, hours=hours, unit_id=unit_id) == ()
        assert lans.written == []
