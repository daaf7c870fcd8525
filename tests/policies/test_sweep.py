"""Asking only the rules whose facts changed comes to the same as asking all of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.engine import RuleResult
from policies.fact import FactValue
from policies.rule import Result
from policies.sweep import evaluate_all, evaluate_changed, scoped
from tests.policies.shelf import NOW, compiled, known

RULES = (
    compiled("a.flag", "a.flag", id="TS-A-01"),
    compiled("b.flag", "b.flag", id="TS-B-01"),
    compiled("a.flag && b.flag", "a.flag", "b.flag", id="TS-AB-01"),
    compiled("a.count < 3", "a.count", "b.flag", applies="b.flag", id="TS-N-01"),
    compiled("a.at > now", "a.at", id="TS-T-01"),
    compiled("a.flag", "a.flag", id="TS-U-01", scope=("unit",)),
)
SCOPE = scoped(RULES)["device"]


def results(found: dict[str, RuleResult]) -> dict[str, Result]:
    return {name: one.result for name, one in found.items()}


def test_rules_are_asked_of_their_own_kind_of_subject_only() -> None:
    assert set(scoped(RULES)) == {"device", "unit"}
    assert [one.rule.id for one in scoped(RULES)["unit"].rules] == ["TS-U-01"]
    assert set(evaluate_all(SCOPE, {}, NOW)) == {one.rule.id for one in RULES if one.rule.scope == ("device",)}


def test_a_rule_whose_facts_did_not_change_keeps_its_very_result() -> None:
    before = known(0, a__flag=True, b__flag=True)
    first = evaluate_all(SCOPE, before, NOW)
    after = before | {"b.flag": FactValue(value=False, at=NOW)}
    second = evaluate_changed(SCOPE, first, before, after, NOW)
    assert second["TS-A-01"] is first["TS-A-01"]
    assert (second["TS-B-01"].result, second["TS-AB-01"].result) == (Result.FAIL, Result.FAIL)


def test_the_same_value_learnt_again_asks_nothing_until_the_old_one_would_be_stale() -> None:
    before = known(0, a__flag=True)
    first = evaluate_all(SCOPE, before, NOW)
    at = NOW + timedelta(seconds=30)
    after = {"a.flag": FactValue(value=True, at=at)}
    assert evaluate_changed(SCOPE, first, before, after, at)["TS-A-01"] is first["TS-A-01"]
    late = NOW + timedelta(seconds=61)
    second = evaluate_changed(SCOPE, first, after, after, late)["TS-A-01"]
    assert (second.result, second.valid_until) == (Result.PASS, at + timedelta(seconds=60))


def test_a_value_of_another_type_is_another_value() -> None:
    before, after = known(0, a__count=1), known(0, a__count=True)
    first = evaluate_all(SCOPE, before | known(0, b__flag=True), NOW)
    second = evaluate_changed(SCOPE, first, before, after | known(0, b__flag=True), NOW)
    assert second["TS-N-01"].result is Result.ERROR


STEP = st.tuples(
    st.sampled_from(["a.flag", "b.flag", "a.count", "a.at", ""]),
    st.sampled_from([True, False, 1, 5, None, "late", "early"]),
    st.integers(0, 90),
)
INSTANTS = {"late": timedelta(days=1), "early": timedelta(days=-1)}


def _changed(facts: dict[str, FactValue], name: str, value: object, now: datetime) -> dict[str, FactValue]:
    if not name:
        return facts
    if value is None:
        return {key: found for key, found in facts.items() if key != name}
    told = now + INSTANTS[value] if isinstance(value, str) else value
    return facts | {name: FactValue(value=told, at=now)}  # type: ignore[arg-type]


@settings(max_examples=200, deadline=None)
@given(st.lists(STEP, max_size=12))
def test_after_any_changes_the_results_are_those_of_asking_everything(
    steps: list[tuple[str, object, int]],
) -> None:
    now, facts = NOW, dict[str, FactValue]()
    found = evaluate_all(SCOPE, facts, now)
    for name, value, seconds in steps:
        now += timedelta(seconds=seconds)
        after = _changed(facts, name, value, now)
        found = evaluate_changed(SCOPE, found, facts, after, now)
        facts = after
        assert results(found) == results(evaluate_all(SCOPE, facts, now))
