from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bt_console.cli.render import cells
from bt_console.model.change import Change
from bt_console.model.incident import Severity
from bt_console.model.snapshot import EngineState, EngineStatus
from tests.cli.example import NOW, SINCE, Filled, Run, incident


def test_units_of_the_json_are_the_communes_and_towns_alone(filled: Filled, run: Run) -> None:
    code, out, err = run("status", "--json", "--store", filled.path)
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert len(document["units"]) == 17
    assert {unit["kind"] for unit in document["units"]} == {"commune", "town"}
    assert len(document["departments"]) == 13
    assert {unit["kind"] for unit in document["departments"]} == {"department"}


def test_the_json_tells_the_links_of_a_unit_apart(filled: Filled, run: Run) -> None:
    units = json.loads(run("status", "--json", "--store", filled.path)[1])["units"]
    unit = next(unit for unit in units if unit["id"] == "cao-son")
    assert unit["internet"] == {
        "state": "up",
        "rtt_ms": 12.3,
        "loss_ratio": 0.0,
        "since": SINCE.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    assert (unit["tslcd"]["state"], unit["tslcd"]["rtt_ms"]) == ("down", None)
    assert unit["lan"]["state"] == "unreachable"
    assert unit["incidents"] == [1]


def test_the_json_names_cause_and_impact(filled: Filled, run: Run) -> None:
    (item,) = json.loads(run("status", "--json", "--store", filled.path)[1])["incidents"]
    assert item["cause"]["kind"] == "tslcd_down"
    assert (item["cause"]["target"], item["cause"]["unit"]) == ("cao-son/tslcd", "cao-son")
    assert "TSLCD access line of Xã Cao Sơn is down" in item["cause"]["explanation"]
    assert "Đứt đường TSLCD của Xã Cao Sơn" in item["cause"]["explanation_vi"]
    assert item["impact"]["units"] == ["cao-son"]
    assert item["resolved_at"] is None


def test_the_json_of_a_service_splits_its_time_and_counts_certificate_days(filled: Filled, run: Run) -> None:
    services = json.loads(run("status", "--json", "--store", filled.path)[1])["services"]
    service = next(service for service in services if service["id"] == "qlvb")
    assert service["phases_ms"]["tls"] == 4.0
    assert service["phases_ms"]["total"] == 16.0
    assert service["certificate_days_left"] == 61.5
    assert service["path"] == "tslcd"


def test_the_text_says_in_one_word_how_serious_it_is(filled: Filled, run: Run) -> None:
    lines = run("status", "--store", filled.path)[1].splitlines()
    assert lines[1].startswith("NGHIÊM TRỌNG · ")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("subject", [[], ["cao-son"]])
def test_the_text_fits_eighty_columns(filled: Filled, run: Run, language: str, subject: list[str]) -> None:
    code, out, err = run("status", *subject, "--store", filled.path, "--language", language)
    assert (code, err) == (0, "")
    assert max(cells(line) for line in out.splitlines()) <= 80
    assert "cli." not in out


def test_the_worst_unit_stands_first_and_columns_hold_with_diacritics(filled: Filled, run: Run) -> None:
    out = run("status", "--store", filled.path)[1]
    rows = out.split("XÃ, THỊ TRẤN (17)\n")[1].split("\n\n")[0].splitlines()
    assert rows[1].startswith("Xã Cao Sơn ")
    starts = {cells(row[: row.index(word)]) for row, word in zip(rows[1:], ["suy giảm"] + ["tốt"] * 16, strict=True)}
    assert len(starts) == 1


def test_the_language_of_the_district_holds_unless_asked_otherwise(filled: Filled, run: Run) -> None:
    assert "suy giảm" in run("status", "--store", filled.path)[1]
    assert "degraded" in run("status", "--store", filled.path, "--language", "en")[1]


@pytest.mark.parametrize("asked", ["cao-son", "Xã Cao Sơn", "cao son", "CAO SƠN"])
def test_a_unit_is_found_by_id_or_name_with_or_without_diacritics(filled: Filled, run: Run, asked: str) -> None:
    document = json.loads(run("status", asked, "--json", "--store", filled.path)[1])
    assert document["unit"]["id"] == "cao-son"
    assert [target["role"] for target in document["targets"]][:3] == ["lan", "internet", "tslcd"]


def test_an_unknown_unit_is_refused_with_the_nearest(filled: Filled, run: Run) -> None:
    code, out, err = run("status", "cao-sn", "--store", filled.path, "--language", "en")
    assert (code, out) == (2, "")
    assert "cao-son" in err


def test_a_silent_monitor_is_said_in_text_and_json(filled: Filled, run: Run) -> None:
    later = NOW + timedelta(minutes=5)
    out = run("status", "--store", filled.path, "--language", "en", now=later)[1]
    assert "NOT MEASURING since 20:44:03" in out
    document = json.loads(run("status", "--json", "--store", filled.path, now=later)[1])
    assert document["engine"]["state"] == "stopped"


def test_a_configuration_not_in_force_is_said(filled: Filled, run: Run) -> None:
    problem = "/etc/bt-console/config.yaml:3:1: unknown key `unit`"
    engine = EngineStatus(state=EngineState.RUNNING, last_tick_at=NOW, config_error=problem)
    filled.writer.commit(Change(engine=engine))
    assert problem in " ".join(run("status", "--store", filled.path)[1].split())
    document = json.loads(run("status", "--json", "--store", filled.path)[1])
    assert document["engine"]["config_error"] == problem


@pytest.mark.parametrize(
    ("changes", "code"),
    [({}, 2), ({"severity": Severity.WARNING}, 1), ({"resolved_at": NOW}, 0)],
)
def test_the_exit_code_follows_the_worst_open_incident_only_when_asked(
    filled: Filled, run: Run, changes: dict[str, object], code: int
) -> None:
    filled.writer.commit(Change(incidents=(incident(**changes),)))
    assert run("status", "--store", filled.path)[0] == 0
    assert run("status", "--exit-code", "--store", filled.path)[0] == code


def test_a_silent_monitor_is_exit_code_three(filled: Filled, run: Run) -> None:
    later = NOW + timedelta(minutes=5)
    assert run("status", "--exit-code", "--store", filled.path, now=later)[0] == 3
