"""Which banners a console shows and when it rings, without a screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bt_console.model.oncall import NoticeKind
from bt_console.model.paging import CallState
from bt_console.tui.pager import Pager
from tests.tui import district, telling
from tests.tui.view.snapshots import snapshot

NOW = district.NOW
HOUR = timedelta(hours=1)


def test_only_what_comes_after_the_start_rings_and_only_once() -> None:
    pager = Pager(NOW)
    old, new = telling.banner(1, district.before(60)), telling.banner(2, NOW + telling.SOON)
    assert not pager.hear((old,))
    assert pager.hear((old, new))
    assert not pager.hear((old, new))


def test_what_is_no_call_neither_rings_nor_shows() -> None:
    pager = Pager(NOW)
    rows = [
        replace(telling.banner(n, NOW + telling.SOON), kind=kind)
        for n, kind in enumerate((NoticeKind.UPDATE, NoticeKind.RESOLVE))
    ]
    assert not pager.hear(rows)
    assert pager.calling(snapshot(), NOW) == ()


def test_of_repeated_pages_of_one_incident_the_newest_stands() -> None:
    pager = Pager(NOW)
    pager.hear((telling.banner(1, NOW + telling.SOON), telling.banner(2, NOW + 2 * telling.SOON)))
    told = replace(snapshot(), calls=(telling.open_call(),))
    assert [one.id for one in pager.calling(told, NOW)] == [2]
    pager.put_away(pager.calling(told, NOW))
    assert pager.calling(told, NOW) == ()
    pager.hear((telling.banner(3, NOW + 3 * telling.SOON),))
    assert [one.id for one in pager.calling(told, NOW)] == [3]


def test_a_page_goes_when_it_is_acknowledged_over_or_unknown_and_waits_while_it_is_pending() -> None:
    pager = Pager(NOW)
    pager.hear((telling.banner(1, NOW + telling.SOON),))
    for state, count in ((CallState.PENDING, 1), (CallState.OPEN, 1), (CallState.ACKED, 0), (CallState.RESOLVED, 0)):
        told = replace(snapshot(), calls=(telling.open_call(state=state),))
        assert len(pager.calling(told, NOW)) == count
    assert pager.calling(replace(snapshot(), incidents=()), NOW) == ()


def test_a_test_message_goes_by_itself_after_an_hour() -> None:
    pager = Pager(NOW)
    pager.hear((replace(telling.banner(1, NOW + telling.SOON), kind=NoticeKind.TEST, incident_id=None),))
    assert len(pager.calling(snapshot(), NOW + HOUR)) == 1
    assert pager.calling(snapshot(), NOW + HOUR + 2 * telling.SOON) == ()


def test_after_the_clock_was_put_back_pages_are_still_heard_and_ring() -> None:
    pager = Pager(NOW)
    pager.hear((telling.banner(1, NOW + telling.SOON),))
    earlier = NOW - HOUR
    assert pager.since(earlier) < earlier
    assert pager.hear((telling.banner(2, earlier + telling.SOON),))


def test_what_was_heard_long_ago_is_forgotten() -> None:
    pager = Pager(NOW)
    pager.hear((telling.banner(1, NOW + telling.SOON),))
    pager.hear((telling.banner(2, NOW + 50 * HOUR, incident_id=8),))
    told = replace(snapshot(), calls=(telling.open_call(7), telling.open_call(8)))
    assert [one.id for one in pager.calling(told, NOW + 50 * HOUR)] == [2]
