"""The desk survives random lives with outages, storms, crash loops and clock jumps; ten wrong desks do not."""

from __future__ import annotations

import pytest

from tests.evaluate.oncall.machine import play
from tests.evaluate.oncall.mutants import MUTANTS
from tests.evaluate.oncall.playing import REAL

LIVES = 200
MUTANT_LIVES = 150
"""Each mutant is caught within fewer; the machine of a wrong desk ends at the first failure."""


def test_the_desk_keeps_every_promise_in_random_lives() -> None:
    play(REAL, LIVES)


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_a_wrong_desk_is_caught(name: str) -> None:
    with pytest.raises(AssertionError):
        play(MUTANTS[name], MUTANT_LIVES)
