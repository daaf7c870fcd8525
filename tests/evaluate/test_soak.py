"""An hour of noise: one packet in a hundred is lost on every link, and nobody is woken."""

from __future__ import annotations

import os

import pytest

from tests.evaluate.district import district
from tests.evaluate.simulation import Simulation
from tests.evaluate.world import Condition

NOISE = Condition.parse("0s.. loss *,*/switch 1%")
LENGTH_S = float(os.environ.get("BT_CONSOLE_SOAK_S", "300"))
"""Five minutes by default; 3600 is the hour that docs/diagnosis.md speaks of."""


@pytest.mark.parametrize("seed", range(1))
def test_one_percent_loss_on_every_link_opens_no_incident(seed: int) -> None:
    simulation = Simulation(district(), [NOISE], seed)

    simulation.run(LENGTH_S)

    assert [life.kinds for life in simulation.engine.lives.values()] == []


def test_a_real_fault_in_the_noise_is_found() -> None:
    cut = Condition.parse("30s..90s cut my-thanh/tslcd")
    simulation = Simulation(district(), [NOISE, cut], seed=1)

    simulation.run(150)

    assert [life.kinds for life in simulation.engine.lives.values()] == [[("tslcd_down", "my-thanh/tslcd")]]
