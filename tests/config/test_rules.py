"""A district's own rules: found, read with those that come along, every mistake with its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import probes
from bt_console.config.errors import ConfigErrors
from bt_console.config.load import Settings
from bt_console.config.rules import BUILTIN, KINDS, declarations_of, load_rulebook, read_policy_dirs
from policies.fact import FactType, Source, is_name

RULE = """schema: bt-rule/1
id: SITE-NET-01
rev: 1
title: {vi: "Máy in không mở cổng 9100", en: "No printer has port 9100 open"}
rationale: {vi: "Ai cũng in được", en: "Anyone can print"}
remedy: {vi: "Tắt cổng", en: "Close the port"}
severity: low
scope: [device]
legal:
  - {doc: noi-quy, at: "Điều 3", trust: text}
needs: {port_scan.open_ports: 26h, printer.is_shared: 400d}
applies: printer.is_shared
pass: "!(9100 in port_scan.open_ports)"
cases:
  - {facts: {printer.is_shared: true, port_scan.open_ports: [80]}, want: pass}
  - {facts: {printer.is_shared: true, port_scan.open_ports: [9100]}, want: fail}
  - {facts: {}, want: unknown}
  - {facts: {printer.is_shared: false}, want: not_applicable}
"""
PACK = """schema: bt-pack/1
id: noi-quy
title: {vi: "Nội quy", en: "House rules"}
about: {vi: "Của văn phòng", en: "Of the office"}
rules: [SITE-NET-01, BT-SVC-01]
in_force: {from: 2026-01-01}
documents:
  noi-quy: {number: 3/QĐ-VP, title: {vi: "Nội quy", en: "House rules"}, trust: text}
"""
FACTS = """schema: bt-facts/1
facts:
  printer.is_shared: {type: bool, of: target, source: import, title: {vi: "Máy in chung", en: "Shared printer"}}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory of policies without mistakes."""
    return written(tmp_path / "site", rules=("SITE-NET-01", RULE), packs=("noi-quy", PACK), facts=("site", FACTS))


def written(directory: Path, **files: tuple[str, str]) -> Path:
    for kind, (name, text) in files.items():
        (directory / kind).mkdir(parents=True, exist_ok=True)
        (directory / kind / f"{name}.yaml").write_text(text, encoding="utf-8")
    return directory


def problems(*directories: Path) -> str:
    with pytest.raises(ConfigErrors) as caught:
        load_rulebook(directories)
    return str(caught.value)


def test_own_rules_packs_and_facts_stand_beside_those_that_come_along(site: Path) -> None:
    book = load_rulebook([site])
    assert {"SITE-NET-01", "BT-SVC-01"} < book.rules.keys()
    assert [one.rule.id for one in book.chosen("noi-quy", None)] == ["BT-SVC-01", "SITE-NET-01"]
    assert book.packs["noi-quy"].basis(book.rules["SITE-NET-01"].rule)[0].at == "Điều 3"
    assert book.declarations["printer.is_shared"].source is Source.IMPORT


def test_a_directory_may_hold_rules_alone(tmp_path: Path) -> None:
    text = RULE.replace("printer.is_shared: 400d", "device.vlan_purpose: 400d").replace(
        "applies: printer.is_shared", 'applies: device.vlan_purpose == "office"'
    )
    for old, new in (("is_shared: true", "office"), ("is_shared: false", "guest")):
        text = text.replace(f"printer.{old}", f"device.vlan_purpose: {new}")
    text = text.replace('legal:\n  - {doc: noi-quy, at: "Điều 3", trust: text}\n', "")
    assert "SITE-NET-01" in load_rulebook([written(tmp_path / "site", rules=("SITE-NET-01", text))]).rules


def test_a_rule_written_twice_is_refused_with_the_other_place(site: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other", rules=("SITE-NET-01", RULE))
    told = problems(site, other)
    assert "there is a rule SITE-NET-01 already" in told
    assert str(site / "rules" / "SITE-NET-01.yaml") in told


def test_a_rule_that_comes_along_cannot_be_replaced_in_silence(site: Path) -> None:
    text = (BUILTIN / "rules" / "BT-SVC-01.yaml").read_text(encoding="utf-8")
    written(site, rules=("BT-SVC-01", text))
    assert "there is a rule BT-SVC-01 already" in problems(site)


def test_a_pack_that_names_no_rule_is_told_with_its_place(site: Path) -> None:
    written(site, packs=("noi-quy", PACK.replace("BT-SVC-01", "BT-SVC-10")))
    place = site / "packs" / "noi-quy.yaml"
    assert problems(site).startswith(f"{place}:5:22: there is no rule `BT-SVC-10` (did you mean BT-SVC-0")


def test_a_pack_is_not_blamed_for_a_rule_that_has_mistakes_of_its_own(site: Path) -> None:
    written(site, rules=("SITE-NET-01", RULE.replace("severity: low", "severity: lwo")))
    assert problems(site).splitlines() == [
        f"{site / 'rules' / 'SITE-NET-01.yaml'}:7:11: `lwo` is not one of critical, high, medium, low "
        "(did you mean low?)"
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("bt-pack/1", "bt-pack/9", ":1:9: must be bt-pack/1"),
        ("id: noi-quy", "id: Nội quy", ":2:5: `Nội quy` is not an id"),
        ("id: noi-quy", "id: khac", ":2:5: `khac` is not the name of its file"),
        ("rules: [SITE-NET-01, BT-SVC-01]", "rules: []", ":5:8: has 0 entries"),
        ("BT-SVC-01]", "SITE-NET-01]", ":5:22: `SITE-NET-01` is written twice"),
        ("{from: 2026-01-01}", "{from: 2026-13-01}", ":6:18: `2026-13-01` is not a date"),
        ("{from: 2026-01-01}", "{from: 1/1/2026}", "is not a date"),
        ("{from: 2026-01-01}", "{from: 2026-01-01, until: 2025-01-01}", ":6:37: 2025-01-01 is before 2026-01-01"),
        ("{from: 2026-01-01}", "{until: 2026-01-01}", ":6:1: `from` is missing"),
        ("trust: text", "trust: sure", "`sure` is not one of text, summary, unverified"),
        ("number: 3/QĐ-VP, ", "", ":8:3: `number` is missing"),
        ("about:", "abuot:", "unknown key `abuot` (did you mean about?)"),
    ],
)
def test_a_mistake_in_a_pack_is_told_with_its_place(site: Path, old: str, new: str, message: str) -> None:
    written(site, packs=("noi-quy", PACK.replace(old, new)))
    assert message in problems(site)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("bt-facts/1", "bt-facts/0", ":1:9: must be bt-facts/1"),
        ("printer.is_shared", "is_shared", ":3:3: `is_shared` is not a fact's name"),
        ("printer.is_shared", "printer.in", ":3:3: `printer.in` is not a fact's name"),
        ("type: bool", "type: boolean", ":3:29: `boolean` is not one of bool, int"),
        ("source: import", "source: probe", "a probe declares its facts itself"),
        ("of: target", "of: house", "must be unit or target, not `house`"),
        ("printer.is_shared", "port_scan.open_ports", "the fact `port_scan.open_ports` is declared already"),
        ("type: bool, ", "", "`type` is missing"),
    ],
)
def test_a_mistake_in_facts_is_told_with_its_place(site: Path, old: str, new: str, message: str) -> None:
    written(site, facts=("site", FACTS.replace(old, new)))
    assert message in problems(site)


def test_a_directory_that_is_not_there_is_told_where_it_is_named(small: Callable[..., Settings]) -> None:
    with pytest.raises(ConfigErrors, match=r"small\.yaml:\d+:\d+: .*nowhere: there is no such directory of policies"):
        small("policy_dirs: [nowhere]\n")


def test_a_configuration_with_own_rules_follows_their_files(small: Callable[..., Settings], site: Path) -> None:
    settings = small(f"policy_dirs: [{site}]\n")
    assert settings.policy_dirs == (site,)
    assert {site / kind for kind in KINDS} | {site / "rules" / "SITE-NET-01.yaml"} <= set(settings.files)
    written(site, rules=("SITE-NET-01", RULE.replace("rev: 1", "rev: 2")))
    assert small(f"policy_dirs: [{site}]\n").revision != settings.revision


def test_a_mistake_in_an_own_rule_is_a_mistake_of_the_configuration(small: Callable[..., Settings], site: Path) -> None:
    written(site, rules=("SITE-NET-01", RULE.replace("9100 in", "9100 inn")))
    with pytest.raises(ConfigErrors, match=r"SITE-NET-01\.yaml:13:7: Syntax error"):
        small(f"policy_dirs: [{site}]\n")


def test_without_own_rules_nothing_is_followed(small: Callable[..., Settings]) -> None:
    settings = small("")
    assert settings.policy_dirs == ()
    assert settings.files == (settings.path,)


@pytest.mark.parametrize(("written_", "expected"), [("[a, /b]", ["a", "/b"]), ("[]", [])])
def test_the_directories_can_be_read_without_the_rest(tmp_path: Path, written_: str, expected: list[str]) -> None:
    path = tmp_path / "any.yaml"
    path.write_text(f"policy_dirs: {written_}\nunits: nonsense\n", encoding="utf-8")
    assert read_policy_dirs(path) == tuple(tmp_path / name for name in expected)


def test_directories_that_are_no_list_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "any.yaml"
    path.write_text("policy_dirs: site\n", encoding="utf-8")
    with pytest.raises(ConfigErrors, match=":1:14: must be a list"):
        read_policy_dirs(path)


@pytest.mark.parametrize("name", probes.names())
def test_every_fact_and_measure_of_a_probe_can_be_named_by_rules(name: str) -> None:
    kind = probes.load(name)
    assert not set(kind.facts) & set(kind.measures)
    found = declarations_of(kind, {})
    assert set(found) == {f"{name}.{fact}" for fact in (*kind.facts, *kind.measures)}
    assert all(is_name(fact) for fact in found)
    assert all(found[f"{name}.{measure}"].type is FactType.DOUBLE for measure in kind.measures)
