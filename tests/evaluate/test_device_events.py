"""Lines about devices say what happened in both languages, with nothing left to fill in."""

from __future__ import annotations

import pytest

from bt_console.evaluate.device_events import EACH_MAX, Happening, What, described, told
from bt_console.evaluate.device_looks import Look, Sighting
from bt_console.model.device import Device, DeviceState
from bt_console.model.snapshot import Event
from bt_console.words import LANGUAGES, say
from tests.evaluate.lans import HERE, START, THERE, UNITS, mac

LOOK = Look(unit_id=HERE, at=START, sightings={mac(1): Sighting()})


def happening(what: What, number: int = 1) -> Happening:
    before = Device(mac=mac(number), unit_id=THERE if what is What.BACK else HERE, state=DeviceState.NEW, port="s1 3")
    after = Device(
        mac=mac(number), unit_id=HERE, state=DeviceState.NEW, name="Máy", port="s1 4", approved_unit_id=THERE
    )
    return Happening(what, before, after)


def lines(*happenings: Happening, is_first: bool = False, dropped_count: int = 0) -> list[Event]:
    return list(told(happenings, UNITS, LOOK, is_first=is_first, dropped_count=dropped_count))


@pytest.mark.parametrize("what", What)
@pytest.mark.parametrize("language", LANGUAGES)
def test_one_and_many_are_said_whole(what: What, language: str) -> None:
    (one,) = lines(happening(what))
    (many,) = lines(*(happening(what, number) for number in range(EACH_MAX + 1)))
    assert (one.subject, many.subject, one.kind) == (mac(1), HERE, many.kind)
    for event in (one, many):
        text = say(language, event.message)
        assert text.startswith("Xã Cao Sơn: ")
        assert mac(1) in text
        assert "?" not in text
        assert "event." not in text


def test_where_it_came_from_is_named() -> None:
    (back,) = lines(happening(What.BACK))
    assert say("vi", back.message).endswith("không còn ở Xã Hà Vị")


def test_the_first_inventory_hides_strangers_but_no_other_news() -> None:
    kinds = [event.kind for event in lines(happening(What.NEW), happening(What.BACK, 2), is_first=True)]
    assert kinds == ["device_new", "device_seen_again"]


def test_what_was_dropped_is_counted() -> None:
    (event,) = lines(dropped_count=7)
    assert (event.kind, event.subject) == ("devices_dropped", HERE)
    assert "the 7 oldest" in say("en", event.message)


def test_a_device_is_described_by_what_is_known_of_it() -> None:
    assert described(Device(mac=mac(1), unit_id=HERE, state=DeviceState.NEW)) == mac(1)
    assert described(happening(What.NEW).after) == f"Máy · {mac(1)} · s1 4"
