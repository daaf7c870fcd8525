"""Links and services that answer, but badly."""

from __future__ import annotations

import pytest

from bt_console.evaluate.degraded import degradations, shown_value
from bt_console.model.incident import CauseKind
from tests.evaluate.build import court_of, incident_of

LOSSY = "lossy " * 8


def found(histories: dict[str, str], *incidents: object, otherwise: str = "ok " * 8) -> set[tuple[str, str]]:
    court = court_of(histories, incidents, otherwise=otherwise)  # type: ignore[arg-type]
    return {(str(degradation.kind), degradation.target_id) for degradation in degradations(court)}


def test_nothing_is_degraded_while_all_is_well() -> None:
    assert found({}) == set()


def test_a_lossy_line_is_named() -> None:
    assert found({"cao-son/tslcd": LOSSY}) == {("link_loss", "cao-son/tslcd")}


def test_loss_on_the_way_is_named_where_it_begins() -> None:
    behind = {f"{unit}/tslcd": LOSSY for unit in ("phu-thong", "cao-son", "cam-giang", "don-phong")}

    assert found({"hub/uplink-tslcd": LOSSY, "tslcd-core": LOSSY, **behind}) == {("link_loss", "hub/uplink-tslcd")}


def test_a_parent_that_begins_to_show_it_keeps_the_child_from_blame() -> None:
    assert found({"tslcd-core": "ok " * 7 + "slow", "cao-son/tslcd": "ok " * 6 + "slow slow"}) == set()


def test_a_parent_that_was_not_asked_since_keeps_the_child_from_blame() -> None:
    assert found({"tslcd-core": "ok ok ok", "cao-son/tslcd": "ok " * 6 + "slow slow"}) == set()


def test_breaches_from_before_the_parent_was_well_again_do_not_count() -> None:
    histories = {"tslcd-core": "ok slow slow slow slow slow ok ok", "cao-son/tslcd": "ok " + "slow " * 6}

    assert found(histories) == set()


def test_breaches_from_before_an_incident_on_the_way_ended_do_not_count() -> None:
    over = incident_of(CauseKind.LINK_DELAY, "tslcd-core", resolved_s=33)

    assert found({"cao-son/tslcd": "ok " * 6 + "slow slow"}, over) == set()
    assert found({"cao-son/tslcd": "ok " * 6 + "slow slow"}) == {("link_delay", "cao-son/tslcd")}


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [("loss_ratio", 0.2, "20 %"), ("certificate_days_left", 5.0, "5"), ("total_s", 4.0, "4000 ms")],
)
def test_a_value_is_shown_as_people_write_it(measure: str, value: float, text: str) -> None:
    assert shown_value(measure, value) == text
