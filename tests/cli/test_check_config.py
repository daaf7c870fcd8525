from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.example import EXAMPLE, Run

BROKEN = """district: {name: X, language: fr}
units:
  - id: a
"""


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.yaml"
    path.write_text(BROKEN, encoding="utf-8")
    return path


def test_the_example_is_valid_and_summarised(run: Run) -> None:
    code, out, err = run("check-config", EXAMPLE, "--language", "en")
    assert (code, err) == (0, "")
    assert "valid" in out.splitlines()[0]
    assert "16 commune" in out


def test_the_json_resolves_every_check(run: Run) -> None:
    document = json.loads(run("check-config", EXAMPLE, "--json")[1])
    checks = document["checks"]
    assert document["is_valid"] is True
    assert document["units_count"] == {"hub": 1, "town": 1, "commune": 16, "department": 13}
    assert sum(document["probes_count"].values()) == len(checks)
    assert document["checks_per_s"] == pytest.approx(sum(1 / check["interval_s"] for check in checks), abs=0.001)
    ping = next(check for check in checks if check["id"] == "cao-son/tslcd:icmp_echo")
    assert ping["address"] == "10.255.2.2"
    assert ping["params"]["count"] >= 1


def test_every_problem_goes_to_stderr_with_file_line_and_column(run: Run, broken: Path) -> None:
    code, out, err = run("check-config", broken)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) >= 2
    assert all(line.startswith(f"{broken}:") for line in err.splitlines())
    assert f"{broken}:1:" in err
    assert f"{broken}:3:" in err


def test_the_problems_are_json_where_asked_for(run: Run, broken: Path) -> None:
    code, out, _ = run("check-config", broken, "--json")
    document = json.loads(out)
    assert code == 2
    assert document["is_valid"] is False
    assert {problem["line"] for problem in document["problems"]} >= {1, 3}


def test_without_a_file_the_one_of_the_environment_is_checked(
    run: Run, broken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BT_CONSOLE_CONFIG", str(broken))
    assert run("check-config")[0] == 2
    monkeypatch.setenv("BT_CONSOLE_CONFIG", str(EXAMPLE))
    assert run("check-config")[0] == 0


def test_the_checks_are_listed_on_request(run: Run) -> None:
    out = run("check-config", EXAMPLE, "--checks", "--language", "en")[1]
    assert "cao-son/tslcd:icmp_echo" in out


def test_the_built_in_defaults_are_printed_as_they_are_written(run: Run) -> None:
    code, out, _ = run("check-config", "--defaults")
    assert code == 0
    assert "icmp_echo" in out


def test_it_counts_who_can_be_told_and_over_what(run: Run) -> None:
    out = run("check-config", EXAMPLE, "--language", "en")[1]
    assert "4 contacts, 4 channels" in out
    assert "never in the next 7 days" in out


def test_it_names_the_hours_in_which_nobody_is_on_duty(run: Run, tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert text.count('handoff: "08:00", contacts') == 1
    office = tmp_path / "office.yaml"
    office.write_text(text.replace('handoff: "08:00", contacts', "hours: 00:00-22:00, contacts"), encoding="utf-8")
    out = run("check-config", office, "--language", "en")[1]
    gaps = re.findall(r"it \d\d/\d\d 22:00-\d\d/\d\d 00:00 \(cuong is called\)", " ".join(out.split()))
    document = json.loads(run("check-config", office, "--json")[1])
    # A day that is a holiday has people of its own, and no gap.
    assert 6 <= len(gaps) <= 7
    assert 6 * 7200 <= document["gaps_s"]["it"] <= 7 * 7200
    assert json.loads(run("check-config", EXAMPLE, "--json")[1])["gaps_s"] == {"it": 0}


def test_without_a_schedule_it_says_so(run: Run, tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    start, end = text.index("oncall:\n"), text.index("# Overrides of the built-in checks")
    alone = tmp_path / "alone.yaml"
    alone.write_text(text[:start] + text[end:], encoding="utf-8")
    assert "there is no schedule" in run("check-config", alone, "--language", "en")[1]
