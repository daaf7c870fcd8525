"""The latency chart: columns, axis, band and loss marks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bt_console.model.inventory import CheckId
from bt_console.model.observation import Observation
from bt_console.tui.view import chart
from bt_console.tui.view.chart import Slice, slices
from bt_console.tui.view.text import Row, line_cells
from probes.api import FailureKind, Outcome, Reading
from tests.tui import district
from tests.tui.view.snapshots import LOOK

END = district.NOW
START = END - timedelta(minutes=10)


def seen(minute: float, rtt_ms: float | None, *, loss: float = 0.0, outcome: Outcome | None = None) -> Observation:
    at = START + timedelta(minutes=minute)
    measures = {"loss_ratio": loss} | ({} if rtt_ms is None else {"rtt_median_s": rtt_ms / 1000})
    said = outcome or (Outcome.TIMEOUT if rtt_ms is None else Outcome.OK)
    failure = FailureKind.STALLED if said is Outcome.ERROR else None
    reading = Reading(outcome=said, measures=measures, failure=failure)
    return Observation(
        seq=1,
        check_id=CheckId("a:icmp_echo"),
        vantage_id="hub",
        due_at=at,
        started_at=at,
        duration_s=0.1,
        reading=reading,
    )


def text(rows: tuple[Row, ...]) -> list[str]:
    return ["".join(span.text for span in row.line) for row in rows]


def test_a_column_has_the_least_the_middle_and_the_most_of_its_time() -> None:
    found = slices([seen(0.1, 4), seen(0.2, 10), seen(0.3, 6), seen(5, 20)], START, END, 10)
    assert found[0] == Slice(low=4, middle=6, high=10)
    assert found[5] == Slice(low=20, middle=20, high=20)
    assert found[9] == Slice()


@pytest.mark.parametrize(
    ("observations", "mark"),
    [
        ([seen(0, 5), seen(0.1, None, loss=1.0)], "×"),
        ([seen(0, 5, loss=0.2)], "!"),
        ([seen(0, None, outcome=Outcome.ERROR)], "?"),
        ([seen(0, 5)], ""),
        ([], ""),
    ],
)
def test_loss_part_loss_and_our_own_failure_are_different_marks(observations: list[Observation], mark: str) -> None:
    assert slices(observations, START, END, 10)[0].mark == mark


def test_observations_outside_the_time_are_left_out() -> None:
    assert slices([seen(-1, 5), seen(11, 5)], START, END, 10) == (Slice(),) * 10


@pytest.mark.parametrize(
    ("highest", "top"), [(0.3, 0.5), (1.0, 1.0), (4.4, 5.0), (12, 20), (501, 1000), (99_000, 100_000)]
)
def test_the_axis_ends_at_a_round_number_above_the_highest(highest: float, top: float) -> None:
    assert chart.ceiling([Slice(low=0, middle=0, high=highest)]) == pytest.approx(top)


def test_the_drawing_has_its_line_band_losses_and_times() -> None:
    found = slices([seen(m, 4 + m % 3) for m in range(9)] + [seen(9.6, None, loss=1.0)], START, END, 20)
    drawn = text(chart.chart(found, LOOK, 4, start=START, end=END))
    assert len(drawn) == 4 + 2
    assert drawn[0].startswith("   10 │")
    assert any(char in "".join(drawn[:4]) for char in "▁─▔")
    assert drawn[4].rstrip().endswith("×")
    assert "20:53" in drawn[5]
    assert drawn[5].endswith("21:03")


def test_every_row_of_the_drawing_is_as_wide_as_its_columns() -> None:
    found = slices([seen(m / 6, 4 + m % 7) for m in range(60)], START, END, 60)
    widths = {line_cells(row.line) for row in chart.chart(found, LOOK, 6, start=START, end=END)}
    assert widths == {7 + 60}


def test_nothing_measured_still_draws_an_empty_chart() -> None:
    drawn = text(chart.chart(slices([], START, END, 20), LOOK, 3, start=START, end=END))
    assert drawn[0].startswith("  1,0 │")
