"""The table of units: order, columns, folding, filtering, what each cell says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bt_console.model.health import HealthState, Sample, Verdict
from bt_console.model.snapshot import Snapshot
from bt_console.tui.view import overview
from bt_console.tui.view.filters import parse
from bt_console.tui.view.look import Look
from bt_console.tui.view.signs import smoke
from bt_console.tui.view.text import Row, Tone, line_cells
from tests.communes import COMMUNES
from tests.tui import district
from tests.tui.view.snapshots import LOOK, snapshot, target


def rows(
    found: Snapshot, width: int = 78, *, wanted: str = "", look: Look = LOOK, is_unfolded: bool = False
) -> tuple[Row, ...]:
    ids = overview.order(found.units, "worst")
    return overview.rows(found, look, width, ids=ids, wanted=parse(wanted), is_unfolded=is_unfolded)


def text(row: Row) -> str:
    return "".join(span.text for span in row.line)


def test_the_worst_stand_first_and_equals_as_configured() -> None:
    ids = overview.order(snapshot().units, "worst")
    assert ids[:3] == ("cao-son", "tu-tri", "phu-thong")


def test_names_sort_without_their_kind_and_diacritics() -> None:
    ids = overview.order(snapshot().units, "name")
    assert ids[:3] == ("cam-giang", "cao-son", "don-phong")
    assert ids.index("phu-thong") == ids.index("nguyen-phuc") + 1


def test_the_newest_change_stands_first_when_asked() -> None:
    assert set(overview.order(snapshot().units, "since")[:2]) == {"cao-son", "tu-tri"}


@pytest.mark.parametrize("width", [58, 70, 78, 84, 100, 118, 140, 158, 198, 250])
@pytest.mark.parametrize("sort", overview.SORTS)
def test_rows_fill_their_width_and_never_pass_it(width: int, sort: str) -> None:
    shown = rows(snapshot(), width, is_unfolded=True)
    assert max(line_cells(row.line) for row in shown) <= width
    unit_widths = {line_cells(row.line) for row in shown if row.key in COMMUNES}
    assert len(unit_widths) == 1
    assert line_cells(overview.head(LOOK, width, sort)) <= width + 1


def test_more_room_shows_more_samples_and_then_loss_of_its_own() -> None:
    narrow, wide = overview.columns(78), overview.columns(200)
    assert (narrow.loss, wide.loss) == (0, 4)
    assert wide.smoke == 20 > narrow.smoke


def test_a_lost_line_says_so_by_glyph_and_numbers() -> None:
    row = next(row for row in rows(snapshot()) if row.key == "cao-son")
    assert "■ 100% " in text(row)
    assert "□    –" in text(row)
    assert any(span.tone is Tone.BAD and "×" in span.text for span in row.line)


def test_departments_fold_under_one_row_and_a_filter_opens_them() -> None:
    assert [row.key for row in rows(snapshot())][-1] == overview.DEPARTMENTS_KEY
    assert [row.key for row in rows(snapshot(), is_unfolded=True)][-3:] == list(district.DEPARTMENTS)
    assert [row.key for row in rows(snapshot(), wanted="noi vu")] == [overview.DEPARTMENTS_KEY, "noi-vu"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("state:degraded", {"cao-son", "tu-tri"}),
        ("tslcd:down", {"cao-son"}),
        ("tslcd:mat", {"cao-son"}),
        ("internet:degraded !cao", {"tu-tri"}),
        ("kind:town", {"phu-thong"}),
        ("state:xyz", set()),
        ("nothing:here", set()),
    ],
)
def test_filters_by_field(wanted: str, found: set[str]) -> None:
    assert {row.key for row in rows(snapshot(), wanted=wanted)} == found


def test_old_values_are_marked_and_muted() -> None:
    stale = replace(LOOK, is_stale=True)
    row = rows(snapshot(), look=stale)[0]
    assert "~ suy giảm" in text(row)
    assert {span.tone for span in row.line if span.text.strip()} <= {Tone.STRONG, Tone.MUTED, Tone.RULE}


def test_a_new_unit_joins_at_the_end_of_an_order_that_rests() -> None:
    found = snapshot()
    ids = overview.order(found.units[:5], "worst")
    shown = overview.rows(found, LOOK, 78, ids=ids, wanted=parse(""), is_unfolded=False)
    assert len([row for row in shown if row.key in COMMUNES]) == 17


def sample(verdict: Verdict, rtt_s: float | None, loss: float = 0.0) -> Sample:
    return Sample(seq=1, started_at=district.NOW, verdict=verdict, rtt_s=rtt_s, loss_ratio=loss)


def test_a_good_reading_without_a_delay_is_not_shown_as_lost() -> None:
    good = replace(district.samples(5.0)[0], rtt_s=None, loss_ratio=None)
    shown = smoke((good, replace(good, verdict=Verdict.DEGRADED), replace(good, verdict=Verdict.BAD)), 3, LOOK)
    assert "".join(span.text for span in shown) == "✓!×"


def test_a_smoke_line_tells_loss_partial_loss_no_measure_and_no_sample_apart() -> None:
    taken = (
        sample(Verdict.GOOD, 0.001),
        sample(Verdict.GOOD, 0.3),
        sample(Verdict.GOOD, 0.03, 0.2),
        sample(Verdict.BAD, None, 1.0),
        sample(Verdict.ERROR, None),
    )
    line = smoke(taken, 7, LOOK)
    assert "".join(span.text for span in line) == "..▁▆!×?"
    assert line_cells(smoke(taken, 3, LOOK)) == 3
    assert smoke(taken, 0, LOOK) == ()


def test_a_stale_target_shows_its_old_value_with_a_tilde() -> None:
    units = (replace(snapshot().units[0], tslcd=target(HealthState.UNKNOWN, is_stale=True, rtt_ms=12.0)),)
    assert "?  ~12" in text(rows(snapshot(units=units, departments=()))[0])
