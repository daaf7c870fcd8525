"""What is shown follows what is measured, but not at every twitch."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.hold import Held, step
from policies.rule import Delay, Hold, Result
from tests.policies.shelf import NOW

P, F, U, E, N = Result.PASS, Result.FAIL, Result.UNKNOWN, Result.ERROR, Result.NOT_APPLICABLE
TWICE = Hold(fail_after=Delay(rounds_count=2), clear_after=Delay(rounds_count=2))
SLOW = Hold(fail_after=Delay(duration_s=1800), clear_after=Delay(duration_s=600))


def shown(hold: Hold, results: Iterable[Result], every_s: float = 60) -> list[Result]:
    held: Held | None = None
    found = []
    for at, result in enumerate(results):
        held = step(hold, held, result, NOW + timedelta(seconds=at * every_s))
        found.append(held.shown)
    return found


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ([P], [P]),
        ([F, F, F], [U, F, F]),
        ([P, F, P, F, P], [P, P, P, P, P]),
        ([P, F, F], [P, P, F]),
        ([F, F, P, F, P, P], [U, F, F, F, F, P]),
        ([P, U, P], [P, U, P]),
        ([P, E], [P, E]),
        ([F, F, U, E], [U, F, F, F]),
        ([F, U, F], [U, U, F]),
        ([F, F, P, U, P], [U, F, F, F, P]),
        ([F, F, N, F, F], [U, F, N, N, F]),
        ([N], [N]),
    ],
)
def test_two_rounds_each_way(measured: list[Result], expected: list[Result]) -> None:
    assert shown(TWICE, measured) == expected


def test_without_a_hold_every_result_is_shown_at_once() -> None:
    assert shown(Hold(), [F, P, F]) == [F, P, F]


def test_a_hold_in_time_waits_for_the_time_not_for_rounds() -> None:
    assert shown(SLOW, [P, *[F] * 31])[-2:] == [P, F]
    assert shown(SLOW, [P, F, F], every_s=1800) == [P, P, F]
    assert shown(SLOW, [P, F, F], every_s=1799)[-1] is P


def test_the_instant_is_that_of_what_is_shown() -> None:
    first = step(TWICE, None, P, NOW)
    second = step(TWICE, first, P, NOW + timedelta(hours=1))
    assert second.since == NOW


ANY = st.lists(st.sampled_from(list(Result)), max_size=30)


@given(ANY)
def test_fail_is_shown_only_after_two_measured_in_a_row(measured: list[Result]) -> None:
    found = shown(TWICE, measured)
    run = 0
    for before, now, result in zip([U, *found], found, measured, strict=False):
        run = run + 1 if result is F else 0 if result in (P, N) else run
        if now is F and before is not F:
            assert run >= 2


@given(ANY)
def test_a_pass_is_shown_only_while_something_was_measured_to_be_so(measured: list[Result]) -> None:
    for now, result in zip(shown(TWICE, measured), measured, strict=True):
        if result in (U, E, N):
            assert now is not P
