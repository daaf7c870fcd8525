"""`lab drill`: its copy of the configuration, its table and its document. Whole drills are played in tests/lab."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bt_console.cli.drill_config import drill_config, rewritten
from bt_console.cli.drill_text import drill_document, score_lines, table_lines, told_lines
from bt_console.config.load import load_config
from bt_console.lab.drill.expected import Expectation
from bt_console.lab.drill.judge import judge
from bt_console.lab.drill.record import Named, Record, Seen, Told
from bt_console.lab.drill.score import score
from tests.cli.example import EXAMPLE, Run
from tests.cli.test_json_documented import check_both_ways

START = datetime(2026, 11, 25, 0, 30, tzinfo=UTC)
PAGE, OVER = "[nghiêm trọng] Đứt đường TSLCD của Xã Cao Sơn", "Đã xong: Đứt đường TSLCD của Xã Cao Sơn"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def record(*letters: tuple[float, str]) -> Record:
    name = Named(at=at(4), kind="tslcd_down", unit="cao-son", units_count=1)
    told = (Told(at=at(s), channel="zalo", path="internet", contact="an", text=text) for s, text in letters)
    return Record(
        spec="link-down:tslcd:cao-son",
        caused_at=START,
        healed_at=at(10),
        missed_at=at(1.9),
        incidents=(Seen(id=1, opened_at=at(4), names=(name,), resolved_at=at(14)),),
        letters=tuple(told),
    )


CUT = Expectation(kind="tslcd_down", unit="cao-son")
RIGHT = judge(record((5, PAGE), (25, OVER)), CUT)
STORM = record((5, PAGE), (20, PAGE), (25, OVER))
WRONG = judge(STORM, CUT)


@pytest.mark.parametrize("is_quick", [True, False])
def test_the_copy_of_the_example_is_valid_and_pages_at_any_hour(is_quick: bool) -> None:
    given = load_config(EXAMPLE).oncall
    with drill_config(EXAMPLE, is_quick=is_quick) as copy:
        found = load_config(copy).oncall
    assert not copy.exists()
    assert given.policies["office"].hours is not None
    assert [policy.hours for policy in found.policies.values()] == [None, None]
    assert {policy.hold_s for policy in found.policies.values()} == {10.0 if is_quick else 60.0}
    assert (found.drill, found.mutes) == (None, ())
    assert (given.storm.per_contact.count, found.storm.per_contact.count) == (6, 1000)
    assert [channel.limits for channel in found.channels.values()] == [()] * len(given.channels)
    assert (found.contacts, found.schedules) == (given.contacts, given.schedules)


def test_files_named_by_a_configuration_are_found_from_its_copy(tmp_path: Path) -> None:
    (tmp_path / "tet.txt").write_text("", encoding="utf-8")
    schedule = {"holidays": "tet.txt", "gap_fallback": "an"}
    data = {"trust_file": "ca.pem", "oncall": {"schedules": {"it": schedule, "office": {"holidays": "vn"}}}}
    made = rewritten(data, tmp_path, is_quick=False)
    assert made["trust_file"] == str(tmp_path / "ca.pem")
    assert made["oncall"]["schedules"]["it"]["holidays"] == str(tmp_path / "tet.txt")
    assert made["oncall"]["schedules"]["office"]["holidays"] == "vn"
    assert yaml.safe_load(yaml.safe_dump(made)) == made


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_table_is_aligned_and_says_what_is_wrong(language: str) -> None:
    heading, right, wrong = table_lines([RIGHT, WRONG], language)
    assert (
        right.index("tslcd_down")
        == wrong.index("tslcd_down")
        == heading.index({"vi": "nguyên nhân đã nêu", "en": "cause named"}[language])
    )
    assert right.endswith({"vi": "đúng", "en": "right"}[language])
    assert {"vi": "còn gọi sau khi sửa xong", "en": "paged after the repair"}[language] in wrong
    assert not [line for line in (heading, right, wrong) if "drill." in line]


def test_of_a_wrong_fault_everything_that_led_to_the_verdict_is_told() -> None:
    lines = told_lines(WRONG, STORM, "en")
    assert lines[1] == "    #1 [4.0 s] tslcd_down cao-son (1); [14.0 s]"
    assert lines[3] == f"    [20.0 s] zalo an: {PAGE}"
    assert len(told_lines(RIGHT, record((5, PAGE)), "en")) == 1


def test_the_score_counts_faults_and_gives_times() -> None:
    first, *times = score_lines(score([RIGHT, WRONG]), "en")
    assert first == "1 of 2 faults right; wrong causes 0; extra pages 1"
    assert times == [
        "Detection: p50 4.0 s, p95 4.0 s (2 faults that answers are missing by)",
        "Page: p50 5.0 s, p95 5.0 s (2 faults)",
    ]


def test_the_document_is_as_described() -> None:
    document: dict[str, Any] = drill_document([RIGHT, WRONG], score([RIGHT, WRONG]), START, is_quick=True)
    check_both_ways(json.loads(json.dumps(document)), "bt-console/drill/1")


@pytest.mark.parametrize("verb", ["drill", "letters", "reply"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_each_verb_explains_itself(run: Run, verb: str, language: str) -> None:
    code, out, _ = run("--language", language, "lab", verb, "--help")
    assert code == 0
    assert "drill." not in out
    assert "lab." not in out


def test_without_anything_to_play_it_says_what_could_be(run: Run) -> None:
    code, out, err = run("--language", "en", "lab", "drill", "-c", EXAMPLE)
    assert (code, out) == (2, "")
    assert "--all" in err


@pytest.mark.parametrize("spec", ["no-such-fault", "link-down:tslcd:nowhere", "link-flap:tslcd:nowhere"])
def test_a_slip_of_the_pen_is_told_before_a_lab_is_built(run: Run, spec: str) -> None:
    code, out, err = run("--language", "en", "lab", "drill", spec, "-c", EXAMPLE)
    assert (code, out) == (2, "")
    assert "Building" not in err
    assert spec.rpartition(":")[2] in err


def test_a_configuration_with_mistakes_is_refused(run: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("units: 3\n", encoding="utf-8")
    code, out, err = run("lab", "drill", "--all", "-c", bad)
    assert (code, out) == (2, "")
    assert "bad.yaml:" in err
