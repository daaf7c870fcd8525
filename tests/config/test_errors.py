from __future__ import annotations

from bt_console.config.errors import ConfigErrors, ConfigProblem, did_you_mean


def test_problems_are_listed_once_each_in_the_order_of_the_file() -> None:
    late = ConfigProblem(file="f", line=9, column=1, message="late", hint="do this")
    early = ConfigProblem(file="f", line=2, column=5, message="early")
    assert str(ConfigErrors([late, early, late])) == "f:2:5: early\nf:9:1: late (do this)"


def test_a_problem_without_line_or_file_says_only_what_it_knows() -> None:
    assert str(ConfigProblem(file="f", message="gone", hint="look")) == "f: gone (look)"
    assert str(ConfigProblem(file="", message="nothing found")) == "nothing found"


def test_the_closest_word_is_offered_and_otherwise_those_there_are() -> None:
    assert did_you_mean("oficials", ["officials", "isp"]) == "did you mean officials?"
    assert did_you_mean("x", ["b", "a"]) == "known: a, b"
    assert did_you_mean("x", []) == ""
    assert did_you_mean("?", [f"w{n:02}" for n in range(20)]).endswith("w11, ...")
