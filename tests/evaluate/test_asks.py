"""Whom to measure at once."""

from __future__ import annotations

from bt_console.evaluate.asks import wanted_checks
from tests.evaluate.build import court_of
from tests.evaluate.simulation import instant


def wanted(histories: dict[str, str], at_s: float = 16.0) -> set[str]:
    return {check_id.rpartition(":")[0] for check_id in wanted_checks(court_of(histories), instant(at_s))}


def test_nothing_is_asked_out_of_turn_while_all_is_well() -> None:
    assert wanted({}) == set()


def test_a_first_miss_asks_again_and_the_way_the_sisters_and_the_other_path() -> None:
    asked = wanted({"cao-son/tslcd": "ok ok ok ok timeout"})

    assert {"cao-son/tslcd", "tslcd-core", "hub/uplink-tslcd", "cao-son/internet", "cam-giang/tslcd"} <= asked
    assert "cao-son/lan" in asked
    assert "hub/anchor-1" not in asked


def test_a_witness_that_was_heard_since_is_not_asked_again() -> None:
    assert "tslcd-core" not in wanted({"cao-son/tslcd": "ok ok ok timeout"})


def test_a_settled_outage_asks_nobody() -> None:
    silent = ("cao-son/tslcd", "cao-son/lan", "cao-son/device/may-in", "cao-son/device/may-chu")

    assert wanted(dict.fromkeys(silent, "ok timeout timeout timeout")) == set()


def test_a_first_slow_answer_asks_the_way_too() -> None:
    asked = wanted({"cao-son/tslcd": "ok ok ok ok slow"})

    assert {"cao-son/tslcd", "tslcd-core", "hub/uplink-tslcd"} <= asked
    assert "cam-giang/tslcd" not in asked


def test_a_check_that_cannot_be_measured_is_tried_again_now_and_then() -> None:
    blind = {"motcua": "ok error error"}

    assert wanted(blind, at_s=15) == set()
    assert wanted(blind, at_s=25) == {"motcua"}
