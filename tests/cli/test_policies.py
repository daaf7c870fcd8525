"""The rules on the command line: listed, tried, explained, and every slip answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bt_console.cli.render import cells
from tests.cli.example import ROOT, Run

RULES = ROOT / "policies" / "rules"
FACTS = Path(__file__).with_name("facts.yaml")


def test_the_gravest_rules_come_first_and_the_packs_in_force_below(run: Run) -> None:
    code, out, err = run("policies", "--language", "en")
    assert (code, err) == (0, "")
    heading, first, *_ = out.splitlines()
    assert heading.split() == ["Rule", "Severity", "Title", "Asked", "of"]
    assert first.split()[1] == "critical"
    assert out.count("\nBT-") == len(list(RULES.glob("*.yaml")))
    assert "vn-2026 (" in out
    assert "vn-2019 (" not in out
    assert max(map(cells, out.splitlines())) <= 100


def test_at_least_45_rules_are_listed_each_with_cases(run: Run) -> None:
    rules = json.loads(run("policies", "--json")[1])["rules"]
    assert len(rules) >= 45
    assert all(rule["cases_count"] >= 3 for rule in rules)
    assert not any(rule["is_own"] for rule in rules)


def test_a_day_chooses_the_packs_in_force(run: Run) -> None:
    document = json.loads(run("policies", "--as-of", "2019-07-15", "--json")[1])
    assert {pack["id"] for pack in document["packs"] if pack["is_in_force"]} == {"baseline", "vn-2019"}
    assert all({"baseline", "vn-2019"} & set(rule["packs"]) for rule in document["rules"])


def test_a_pack_chooses_its_rules(run: Run) -> None:
    document = json.loads(run("policies", "--pack", "baseline", "--json")[1])
    (baseline,) = (pack for pack in document["packs"] if pack["id"] == "baseline")
    assert [rule["id"] for rule in document["rules"]] == sorted(baseline["rules"])


def test_the_cases_of_files_are_run(run: Run) -> None:
    code, out, err = run("policies", "test", RULES / "BT-SVC-01.yaml", RULES / "BT-NET-01.yaml", "--language", "en")
    assert (code, err) == (0, "")
    assert [line.split(": ")[1].split(",")[0] for line in out.splitlines()] == ["BT-SVC-01", "BT-NET-01"]


def test_a_case_that_comes_out_otherwise_is_told_with_its_line_and_its_reason(run: Run, tmp_path: Path) -> None:
    text = (RULES / "BT-SVC-01.yaml").read_text(encoding="utf-8").replace("[23]}, want: fail", "[23]}, want: pass")
    path = tmp_path / "BT-SVC-01.yaml"
    path.write_text(text, encoding="utf-8")
    code, out, _ = run("policies", "test", path, "--language", "en")
    line = next(at for at, text in enumerate(text.splitlines(), 1) if "[23]}, want: pass" in text)
    assert code == 1
    assert out.startswith(f"{path}:{line}: wants PASS, gives FAIL (false: !port_scan.open_ports.exists(")
    document = json.loads(run("policies", "test", path, "--json")[1])
    assert document["is_right"] is False


def test_mistakes_of_all_files_are_told_at_once(run: Run, tmp_path: Path) -> None:
    paths = [tmp_path / f"TS-ONE-0{at}.yaml" for at in (1, 2)]
    for path in paths:
        path.write_text("schema: bt-rule/1\n", encoding="utf-8")
    code, out, err = run("policies", "test", *paths)
    assert (code, out) == (2, "")
    assert all(f"{path}:1:1: `severity` is missing" in err for path in paths)


def test_a_rule_is_explained_on_given_facts(run: Run) -> None:
    code, out, err = run("policies", "explain", "bt-svc-04", "--facts", FACTS, "--language", "en")
    assert (code, err) == (0, "")
    assert out.startswith("FAIL  BT-SVC-04")
    assert "because of 80; 8080" in " ".join(out.split())
    assert 'true: target.device_kind in ["switch", "printer"]' in out
    assert "from a summary" in out


def test_who_stated_a_fact_is_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "facts.yaml"
    path.write_text(FACTS.read_text(encoding="utf-8").replace("switch", "pc"), encoding="utf-8")
    document = json.loads(run("policies", "explain", "BT-AV-01", "--facts", path, "--json")[1])
    assert document["result"] == "fail"
    piece = next(piece for piece in document["evidence"] if piece["fact"] == "device.updated_at")
    assert (piece["by"], piece["at"]) == ("Nguyễn Văn An", "2026-11-01T01:00:00.000Z")


def test_facts_may_be_json(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text(json.dumps({"port_scan.open_ports": [80]}), encoding="utf-8")
    assert run("policies", "explain", "BT-SVC-01", "--facts", path)[1].startswith("ĐẠT")


def test_a_rule_is_told_in_words_without_facts(run: Run) -> None:
    said = run("policies", "explain", "BT-MGT-01", "--language", "en")[1]
    assert "snmp_agent.answers_public (bool), at most 26h old" in said
    assert "unverified" in said
    assert json.loads(run("policies", "explain", "BT-MGT-01", "--json")[1])["result"] is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("port_scan.open_prots: [80]", ":1:1: no probe and no import gives the fact"),
        ("port_scan.open_ports: [ssh]", ":1:23: `ssh` is not a whole number"),
        ("port_scan.open_ports: {value: [80], age: 3}", ":1:42: 3 is not a length of time"),
        ("port_scan.open_ports: {value: [80], at: 2026-11-01}", "is not an instant with its offset"),
        ("port_scan.open_ports: {value: [80], age: 3h, at: 2026-11-01T08:00Z}", "says again when it was learnt"),
        ("port_scan.open_ports: {age: 3h}", "`value` is missing"),
        ("port_scan.open_ports: {value: [80], who: An}", "unknown key `who`"),
        ("- 80", ":1:1: must be a section"),
    ],
)
def test_a_mistake_in_the_facts_is_told_with_its_place(run: Run, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "facts.yaml"
    path.write_text(text, encoding="utf-8")
    code, out, err = run("policies", "explain", "BT-SVC-01", "--facts", path)
    assert (code, out) == (2, "")
    assert f"{path}:" in err
    assert message in err


def test_hostile_text_in_a_fact_stays_on_its_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    hostile = ["\x1b[2J=cmd|' /C calc'!A0", "a\nb"]
    path.write_text(json.dumps({"register.new_macs": hostile}), encoding="utf-8")
    out = run("policies", "explain", "BT-INV-01", "--facts", path)[1]
    assert "\x1b" not in out
    assert "␛[2J" in out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["show"], "there is no 'show'"),
        (["test"], "at least one file"),
        (["explain"], "exactly one rule"),
        (["explain", "BT-SVC-01", "BT-SVC-02"], "exactly one rule"),
        (["list", "BT-SVC-01"], "takes nothing more"),
        (["explain", "BT-SVC-99"], "nearest: BT-SVC-0"),
        (["--pack", "vn-2020"], "there are: baseline, vn-2019, vn-2026"),
        (["--as-of", "1/7/2026"], "write it as 2026-07-01"),
        (["--pack", "vn-2026", "--as-of", "2019-07-01"], "not in force on 2019-07-01: since 01/07/2026"),
        (["--facts", "x.yaml"], "--facts has no meaning for `list`"),
        (["test", "x.yaml", "--as-of", "2019-07-01"], "--as-of has no meaning for `test`"),
        (["explain", "BT-SVC-01", "--pack", "baseline"], "--pack has no meaning for `explain`"),
    ],
)
def test_a_slip_is_answered_with_what_can_be(run: Run, argv: list[str], message: str) -> None:
    code, out, err = run("policies", *argv, "--language", "en")
    assert (code, out) == (2, "")
    assert message in err


def test_own_rules_of_the_configuration_are_listed_and_explained(run: Run, tmp_path: Path) -> None:
    rules = tmp_path / "site" / "rules"
    rules.mkdir(parents=True)
    text = (RULES / "BT-SVC-01.yaml").read_text(encoding="utf-8").replace("BT-SVC-01", "SITE-SVC-01")
    (rules / "SITE-SVC-01.yaml").write_text(text, encoding="utf-8")
    config = tmp_path / "district.yaml"
    config.write_text("policy_dirs: [site]\n", encoding="utf-8")
    listed = json.loads(run("policies", "-c", config, "--json")[1])["rules"]
    assert [rule["id"] for rule in listed if rule["is_own"]] == ["SITE-SVC-01"]
    assert run("policies", "explain", "SITE-SVC-01", "-c", config)[0] == 0
