"""Five results: what is known, what is missing or old, what is at fault, and which part was false."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.cel import Answer
from policies.engine import CompiledRule, RuleResult, dissect, evaluate
from policies.fact import FactValue
from policies.known import REVIEW_S
from policies.rule import Need, OnMissing, Result, Table
from tests.policies.shelf import NOW, compiled, known

NO_TELNET = compiled("!a.ports.exists(p, p in [21, 23])", "a.ports")
BOTH = compiled("a.flag && b.flag", "a.flag", "b.flag")


def asked(one: CompiledRule, age_s: float = 0.0, **values: Any) -> RuleResult:
    return evaluate(one, known(age_s, **values), NOW)


def test_what_is_as_it_must_be_passes_with_its_evidence() -> None:
    found = asked(NO_TELNET, age_s=5, a__ports=(80, 443))
    assert found.result is Result.PASS
    (piece,) = found.evidence
    assert (piece.fact, piece.value, piece.seq, piece.at) == ("a.ports", (80, 443), 7, NOW - timedelta(seconds=5))


def test_what_is_not_fails_and_names_the_elements_that_make_it_so() -> None:
    found = asked(NO_TELNET, a__ports=(80, 23, 21))
    assert found.result is Result.FAIL
    assert found.false_part is not None
    assert (found.false_part.text, found.false_part.culprits) == (NO_TELNET.rule.passes, ("23", "21"))


def test_of_several_parts_the_false_one_is_named() -> None:
    found = asked(BOTH, a__flag=True, b__flag=False)
    assert found.false_part is not None
    assert found.false_part.text == "b.flag"


def test_a_part_about_the_length_of_a_text_names_no_elements() -> None:
    found = asked(compiled("size(a.name) == 0", "a.name"), a__name="x")
    assert found.false_part is not None
    assert found.false_part.culprits == ()


def test_a_part_that_cannot_stand_alone_leaves_the_expression_whole() -> None:
    odd = "a.flag // && (\n && b.flag"
    found = asked(compiled(odd, "a.flag", "b.flag"), a__flag=True, b__flag=False)
    assert found.false_part is not None
    assert found.result is Result.FAIL


def test_nothing_known_is_unknown_and_says_what_is_missing() -> None:
    found = asked(BOTH, a__flag=True)
    assert (found.result, found.missing) == (Result.UNKNOWN, ("b.flag",))


def test_a_fact_that_can_no_longer_be_believed_is_unknown() -> None:
    assert asked(NO_TELNET, age_s=60, a__ports=(80,)).result is Result.PASS
    found = asked(NO_TELNET, age_s=60.001, a__ports=(80,))
    assert (found.result, found.stale) == (Result.UNKNOWN, ("a.ports",))


def test_what_is_false_whatever_is_missing_fails() -> None:
    found = asked(BOTH, b__flag=False)
    assert (found.result, found.missing) == (Result.FAIL, ("a.flag",))


def test_what_is_true_whatever_is_missing_does_not_pass() -> None:
    either = compiled("a.flag || b.flag", "a.flag", "b.flag")
    assert asked(either, a__flag=True).result is Result.UNKNOWN
    assert asked(either, a__flag=True, b__flag=False).result is Result.PASS


def test_a_rule_may_take_a_missing_fact_for_a_breach() -> None:
    strict = compiled("a.flag", "a.flag", on_missing=OnMissing.FAIL)
    assert asked(strict).result is Result.FAIL
    assert asked(strict, age_s=61, a__flag=True).result is Result.FAIL
    assert asked(strict, a__flag=True).result is Result.PASS


def test_where_it_is_not_known_whether_a_rule_applies_nothing_fails() -> None:
    strict = compiled("a.flag", "a.flag", "b.flag", applies="b.flag", on_missing=OnMissing.FAIL)
    assert asked(strict, a__flag=False).result is Result.UNKNOWN
    assert asked(strict, a__flag=False, b__flag=True).result is Result.FAIL


def test_a_rule_that_does_not_apply_asks_nothing_else() -> None:
    one = compiled("a.flag", "a.flag", "b.flag", applies="b.flag")
    assert asked(one, b__flag=False).result is Result.NOT_APPLICABLE
    assert asked(one, b__flag=False, a__flag=False).result is Result.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("passes", "name", "value"),
    [("10 / a.count > 1", "a.count", 0), ("a.ports[3] == 1", "a.ports", ()), ("a.any[0] > 1", "a.any", ("x",))],
)
def test_a_fault_while_reckoning_is_an_error_never_a_pass(passes: str, name: str, value: Any) -> None:
    found = evaluate(compiled(passes, name), {name: FactValue(value=value, at=NOW)}, NOW)
    assert found.result is Result.ERROR
    assert found.detail


@pytest.mark.parametrize("value", ["80", 80, None, (80, "x"), (True,), (2**63,), (80.5,)])
def test_a_value_of_the_wrong_type_is_an_error_that_names_the_fact(value: Any) -> None:
    found = asked(NO_TELNET, a__ports=value)
    assert found.result is Result.ERROR
    assert found.detail.startswith("a.ports: ")


def test_a_whole_number_will_do_for_a_measure() -> None:
    assert asked(compiled("a.share <= 1.0", "a.share"), a__share=1).result is Result.PASS


def test_an_instant_without_offset_is_an_error() -> None:
    late = compiled("a.at > now", "a.at")
    assert asked(late, a__at=datetime(2027, 1, 1)).result is Result.ERROR  # noqa: DTZ001
    assert asked(late, a__at=datetime(2027, 1, 1, tzinfo=timezone(timedelta(hours=7)))).result is Result.PASS


def test_a_loop_that_would_not_end_is_stopped() -> None:
    loop = compiled("a.ports.all(x, a.ports.all(y, x + y >= 0))", "a.ports")
    found = asked(loop, a__ports=tuple(range(20_000)))
    assert found.result is Result.ERROR
    assert "budget" in found.detail


TABLE = Table(name="rows", columns=("a.names", "a.ports"))
ROWS = compiled("!rows.exists(row, row.ports > 3)", "a.names", "a.ports", tables=(TABLE,))


def test_columns_are_asked_as_rows() -> None:
    assert asked(ROWS, a__names=("eth0", "eth1"), a__ports=(1, 3)).result is Result.PASS
    found = asked(ROWS, a__names=("eth0", "eth1"), a__ports=(1, 4))
    assert found.false_part is not None
    assert found.false_part.culprits == ("names=eth1, ports=4",)


def test_columns_of_different_length_are_an_error() -> None:
    assert asked(ROWS, a__names=("eth0",), a__ports=(1, 4)).result is Result.ERROR


def test_a_table_with_a_missing_column_is_unknown() -> None:
    assert asked(ROWS, a__ports=(1,)).result is Result.UNKNOWN


def test_a_misspelt_column_is_an_error() -> None:
    wrong = compiled("!rows.exists(row, row.prots > 3)", "a.names", "a.ports", tables=(TABLE,))
    assert asked(wrong, a__names=("eth0",), a__ports=(4,)).result is Result.ERROR


def test_a_result_says_how_long_it_is_valid() -> None:
    facts = known(5, a__flag=True) | known(20, b__flag=True)
    assert evaluate(BOTH, facts, NOW).valid_until == NOW + timedelta(seconds=40)
    ageless = compiled("a.flag", needs=(Need(fact="a.flag", max_age_s=None),))
    assert asked(ageless, age_s=10**8, a__flag=True).valid_until is None


def test_a_rule_that_asks_what_time_it_is_is_asked_again_within_the_hour() -> None:
    late = compiled("a.at > now", needs=(Need(fact="a.at", max_age_s=None),))
    facts = known(0, a__at=NOW + timedelta(days=1))
    assert evaluate(late, facts, NOW).valid_until == NOW + timedelta(seconds=REVIEW_S)


def test_a_word_in_quotes_does_not_ask_the_time() -> None:
    assert compiled('a.name == "now"', "a.name").plan.review is None


def test_who_stated_a_fact_is_in_the_evidence() -> None:
    facts = {"a.ports": FactValue(value=(80,), at=NOW, by="Nguyễn Văn An")}
    assert evaluate(NO_TELNET, facts, NOW).evidence[0].by == "Nguyễn Văn An"


def test_every_part_of_an_expression_can_be_looked_at() -> None:
    applies, parts = dissect(BOTH, known(0, a__flag=False), NOW)
    assert applies is None
    assert [(part.text, part.answer) for part in parts] == [("a.flag", Answer.NO), ("b.flag", Answer.NONE)]


MAYBE = st.sampled_from([True, False, None])


@settings(max_examples=200, deadline=None)
@given(a=MAYBE, b=MAYBE, age_s=st.sampled_from([0.0, 59.0, 61.0]), is_any=st.booleans())
def test_missing_or_stale_never_passes_and_known_always_decides(
    a: bool | None, b: bool | None, age_s: float, is_any: bool
) -> None:
    one = EITHER if is_any else BOTH
    told = {name: value for name, value in (("a__flag", a), ("b__flag", b)) if value is not None}
    found = asked(one, age_s=age_s, **told)
    if len(told) < 2 or age_s > 60:
        assert found.result in (Result.UNKNOWN, Result.FAIL)
        is_false = age_s <= 60 and not is_any and False in told.values()
        assert (found.result is Result.FAIL) == is_false
    else:
        truth = (a or b) if is_any else (a and b)
        assert found.result is (Result.PASS if truth else Result.FAIL)


EITHER = compiled("a.flag || b.flag", "a.flag", "b.flag")
ANYTHING = st.one_of(
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.lists(st.one_of(st.integers(), st.text(max_size=5), st.none(), st.floats()), max_size=5).map(tuple),
    st.none(),
    st.binary(max_size=4),
)


@settings(max_examples=200, deadline=None)
@given(value=ANYTHING)
def test_no_value_whatever_escapes_as_an_exception(value: Any) -> None:
    for one, name in ASKED:
        found = evaluate(one, {name: FactValue(value=value, at=NOW)}, NOW)
        assert found.result in Result


ASKED = (
    (compiled("a.flag", "a.flag"), "a.flag"),
    (compiled("a.count > 0", "a.count"), "a.count"),
    (compiled("a.share > 0.5", "a.share"), "a.share"),
    (compiled('a.name.matches("^a+$")', "a.name"), "a.name"),
    (compiled("a.ports.all(p, p > 0)", "a.ports"), "a.ports"),
    (compiled("size(a.any) == 0", "a.any"), "a.any"),
    (compiled("a.at > now", "a.at"), "a.at"),
)
