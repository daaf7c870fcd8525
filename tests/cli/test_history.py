from __future__ import annotations

import json

import pytest

from bt_console.model.inventory import CheckId
from tests.cli.example import Filled, Run


def test_one_check_by_its_id(filled: Filled, run: Run, check_id: CheckId) -> None:
    document = json.loads(run("history", check_id, "--json", "--store", filled.path)[1])
    (check,) = document["checks"]
    (seen,) = check["observations"]
    assert check["id"] == check_id
    assert (seen["outcome"], seen["failure"], seen["measures"]) == ("fail", "unreachable", {"loss_ratio": 1.0})
    assert seen["duration_s"] == 0.0625


def test_a_unit_means_every_check_of_its_targets(filled: Filled, run: Run) -> None:
    document = json.loads(run("history", "Xã Cao Sơn", "--json", "--store", filled.path)[1])
    wanted = {
        check.id
        for check in filled.settings.inventory.checks.values()
        if filled.settings.inventory.targets[check.target_id].unit_id == "cao-son"
    }
    assert {check["id"] for check in document["checks"]} == wanted
    assert all(len(check["observations"]) == 1 for check in document["checks"])


def test_a_span_without_readings_is_empty_and_no_error(filled: Filled, run: Run) -> None:
    argv = ["history", "cao-son/tslcd", "--from", "2026-11-23", "--to", "2026-11-24T01:00"]
    document = json.loads(run(*argv, "--json", "--store", filled.path)[1])
    assert document["from"] == "2026-11-22T17:00:00.000Z"
    assert document["checks"][0]["observations"] == []


def test_the_text_shows_failure_delay_and_loss(filled: Filled, run: Run) -> None:
    broken = run("history", "cao-son/tslcd", "--store", filled.path, "--language", "en")[1]
    well = run("history", "cao-son/internet", "--store", filled.path, "--language", "en")[1]
    assert "unreachable" in broken
    assert "100%" in broken
    assert "12.30 ms" in well


def test_a_span_that_ends_before_it_starts_is_refused(filled: Filled, run: Run) -> None:
    argv = ["history", "cao-son/tslcd", "--from", "12:00", "--to", "11:00", "--language", "en"]
    code, out, err = run(*argv, "--store", filled.path)
    assert (code, out) == (2, "")
    assert "the span is empty" in err


@pytest.mark.parametrize(("asked", "nearest"), [("cao-son/tslc", "cao-son/tslcd"), ("qlvbb", "qlvb")])
def test_an_unknown_subject_is_refused_with_the_nearest(filled: Filled, run: Run, asked: str, nearest: str) -> None:
    code, out, err = run("history", asked, "--store", filled.path, "--language", "en")
    assert (code, out) == (2, "")
    assert nearest in err
