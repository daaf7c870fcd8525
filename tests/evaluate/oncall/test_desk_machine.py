"""The desk survives random lives with outages, storms, crash loops and clock jumps; ten wrong desks do not."""

from __future__ import annotations

import pytest

from tests.evaluate.oncall.machine import play
from tests.evaluate.oncall.mutants import MUTANTS
from tests.evaluate.oncall.playing import REAL

LIVES = 100
MUTANT_LIVES = 100
"""Each mutant is caught within fewer; the machine of a wrong desk ends at the first failure."""


def test_the_desk_keeps_every_promise_in_random_lives() -> None:
    play(REAL, LIVES)


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_a_wrong_desk_is_caught_at_its_mistake(name: str) -> None:
    product, mistake = MUTANTS[name]
    with pytest.raises(AssertionError, match=mistake):
        play(product, MUTANT_LIVES)
