"""Every rule that comes along: its cases on two implementations, and that the cases would notice a changed rule."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bt_console.config import rules as loader
from bt_console.model.inventory import Role
from policies.cel import TypedCel
from policies.engine import CompiledRule, compile_rule
from policies.fact import Source
from policies.parse import ID
from policies.rule import SUBJECTS, UNIT, Result, Trust
from policies.split import conjuncts
from policies.trial import try_rule
from tests.policies.rust_cel import RustCel
from tests.policies.shelf import builtin

IDS = sorted(path.stem for path in (loader.BUILTIN / "rules").glob("*.yaml"))
_VIETNAMESE = re.compile("[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]", re.IGNORECASE)


def _wrong(compiled: CompiledRule) -> list[str]:
    """Return the cases that do not come out as they want."""
    tried = try_rule(compiled)
    return [f"line {one.case.line}: {one.found.result}" for one in tried if not one.is_as_wanted]


def _with(compiled: CompiledRule, **changes: str) -> CompiledRule:
    return compile_rule(replace(compiled.rule, **changes), builtin().declarations, TypedCel())  # type: ignore[arg-type]


def _kept(rule_id: str) -> CompiledRule:
    return builtin().rules[rule_id]


def test_there_are_as_many_rules_as_promised() -> None:
    assert len(IDS) >= 45
    assert sorted(builtin().rules) == IDS


@pytest.mark.parametrize("rule_id", IDS)
def test_every_case_comes_out_as_it_wants(rule_id: str) -> None:
    assert _wrong(_kept(rule_id)) == []


@pytest.mark.parametrize("rule_id", IDS)
def test_every_case_comes_out_the_same_on_the_second_implementation(rule_id: str) -> None:
    second = compile_rule(_kept(rule_id).rule, builtin().declarations, RustCel())
    assert _wrong(second) == []


@pytest.mark.parametrize("rule_id", IDS)
def test_both_implementations_name_the_same_false_part_and_culprits(rule_id: str) -> None:
    first = _kept(rule_id)
    second = compile_rule(first.rule, builtin().declarations, RustCel())
    parts = [[one.found.false_part for one in try_rule(compiled)] for compiled in (first, second)]
    assert parts[0] == parts[1]
    failed = [one.found for one in try_rule(first) if one.found.result is Result.FAIL]
    assert failed
    assert all(found.false_part for found in failed)


@pytest.mark.parametrize("rule_id", IDS)
def test_a_rule_turned_round_is_noticed_by_its_cases(rule_id: str) -> None:
    compiled = _kept(rule_id)
    assert _wrong(_with(compiled, passes=f"!({compiled.rule.passes})"))


@pytest.mark.parametrize("rule_id", IDS)
def test_a_rule_that_lost_any_of_its_parts_is_noticed_by_its_cases(rule_id: str) -> None:
    compiled = _kept(rule_id)
    parts = conjuncts(compiled.rule.passes)
    for lost in range(len(parts)):
        rest = [f"({part})" for at, part in enumerate(parts) if at != lost] or ["true"]
        assert _wrong(_with(compiled, passes=" && ".join(rest))), parts[lost]


@pytest.mark.parametrize("rule_id", IDS)
def test_a_rule_asked_where_it_does_not_apply_is_noticed_by_its_cases(rule_id: str) -> None:
    compiled = _kept(rule_id)
    if compiled.rule.applies:
        assert _wrong(_with(compiled, applies=""))
        assert _wrong(_with(compiled, applies=f"!({compiled.rule.applies})"))


@pytest.mark.parametrize("rule_id", IDS)
def test_a_limit_moved_by_the_smallest_step_of_its_size_is_noticed_by_its_cases(rule_id: str) -> None:
    """Numbers that are compared with a measure: each has a case on its edge."""
    compiled = _kept(rule_id)
    for match in re.finditer(r"(<=|>=|<|>) (-?\d+(?:\.\d+)?)(?![\d.])", compiled.rule.passes):
        flipped = {"<=": "<", ">=": ">", "<": "<=", ">": ">="}[match[1]]
        start, end = match.span(1)
        changed = compiled.rule.passes[:start] + flipped + compiled.rule.passes[end:]
        assert _wrong(_with(compiled, passes=changed)), changed


@pytest.mark.parametrize("rule_id", IDS)
def test_a_missing_or_stale_fact_never_passes(rule_id: str) -> None:
    compiled = _kept(rule_id)
    for one in try_rule(compiled):
        if one.case.want is Result.PASS:
            for name in one.case.facts:
                facts = {key: value for key, value in one.case.facts.items() if key != name}
                case = replace(one.case, facts=facts)
                without = try_rule(replace(compiled, rule=replace(compiled.rule, cases=(case,))))
                assert without[0].found.result is not Result.PASS


@pytest.mark.parametrize("rule_id", IDS)
def test_a_rule_speaks_both_languages(rule_id: str) -> None:
    rule = _kept(rule_id).rule
    assert ID.fullmatch(rule_id)
    for text in (rule.title, rule.rationale, rule.remedy):
        assert _VIETNAMESE.search(text.vi)
        assert not _VIETNAMESE.search(text.en)
        assert text.vi != text.en
    assert len(rule.title.vi) <= 80
    assert len(rule.title.en) <= 80


def test_the_kinds_of_subjects_are_the_roles_of_targets_and_units() -> None:
    assert set(SUBJECTS) == {UNIT, *Role}


def test_every_fact_of_an_import_or_the_program_is_used_by_a_rule() -> None:
    declared = {name for name, found in builtin().declarations.items() if found.source is not Source.PROBE}
    used = {need.fact for compiled in builtin().rules.values() for need in compiled.rule.needs}
    assert declared - used == set()


def test_every_typed_column_is_a_tuple_of_a_probe() -> None:
    lists = {name for name, found in builtin().declarations.items() if found.type.is_list}
    assert set(loader.builtin_columns()) - lists == set()


def test_no_rule_looks_into_a_list_of_unknown_type() -> None:
    for compiled in builtin().rules.values():
        assert all(wanted.fact_type != "list<dyn>" for wanted in compiled.plan.wanted), compiled.rule.id


def test_a_pack_that_stands_on_documents_gives_a_basis_for_each_of_its_rules() -> None:
    for pack in builtin().packs.values():
        for name in pack.rules:
            assert bool(pack.basis(_kept(name).rule)) == bool(pack.documents), (pack.id, name)


def test_a_rule_that_cites_a_document_is_in_its_pack() -> None:
    for compiled in builtin().rules.values():
        for pack in builtin().packs.values():
            if pack.basis(compiled.rule):
                assert compiled.rule.id in pack.rules


def test_every_rule_is_in_some_pack_and_every_document_is_cited() -> None:
    packs = builtin().packs.values()
    assert {name for pack in packs for name in pack.rules} == set(IDS)
    cited = {legal.document for compiled in builtin().rules.values() for legal in compiled.rule.legal}
    assert cited <= {key for pack in packs for key in pack.documents}


def test_only_what_was_read_is_cited_as_read() -> None:
    for compiled in builtin().rules.values():
        for legal in compiled.rule.legal:
            assert (legal.trust is Trust.TEXT) == (legal.document == "c06")
            assert (legal.trust is Trust.UNVERIFIED) == (legal.document in ("tcvn-11930", "tt-27-2017"))


@pytest.mark.parametrize(
    ("day", "packs"),
    [
        (date(2016, 1, 1), {"baseline"}),
        (date(2019, 7, 15), {"baseline", "vn-2019"}),
        (date(2026, 6, 30), {"baseline", "vn-2019"}),
        (date(2026, 7, 1), {"baseline", "vn-2026"}),
    ],
)
def test_the_packs_in_force_follow_the_day(day: date, packs: set[str]) -> None:
    assert {pack.id for pack in builtin().packs.values() if pack.is_in_force(day)} == packs


def test_the_rules_chosen_follow_pack_and_day() -> None:
    book = builtin()
    assert [one.rule.id for one in book.chosen(None, None)] == IDS
    assert [one.rule.id for one in book.chosen("baseline", None)] == sorted(book.packs["baseline"].rules)
    assert [one.rule.id for one in book.chosen(None, date(2016, 1, 1))] == sorted(book.packs["baseline"].rules)


def test_the_files_of_rules_are_where_the_wheel_takes_them_from() -> None:
    assert Path(loader.BUILTIN).name == "policies"
