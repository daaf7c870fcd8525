"""What a drill plays: every fault of the lab, each with an answer to judge it by."""

from __future__ import annotations

from random import Random

import pytest

from bt_console.lab.drill.expected import EXPECTED, expectation
from bt_console.lab.drill.script import FLAP, QUICK_STAY_S, everything, plays, soak
from bt_console.lab.errors import LabError
from bt_console.lab.faults import discover
from bt_console.model.incident import CauseKind
from bt_console.words import say
from tests.lab.example import plan

NAMES = plan().names()


def test_every_fault_of_the_lab_has_an_answer() -> None:
    assert set(EXPECTED) == {*discover(), FLAP}


def test_answers_are_causes_the_product_knows() -> None:
    kinds = {str(kind) for kind in CauseKind}
    for play in plays(everything(NAMES, Random(1)), NAMES, is_quick=False):
        assert {play.expected.kind, *play.expected.at_first} <= {*kinds, ""}


def test_all_means_every_kind_and_both_paths_of_a_line() -> None:
    specs = everything(NAMES, Random(1))
    assert {spec.partition(":")[0] for spec in specs} == {*discover(), FLAP}
    assert {spec.split(":")[1] for spec in specs if spec.startswith("link-down:")} == {"tslcd", "internet"}
    assert specs == everything(NAMES, Random(1))
    assert specs != everything(NAMES, Random(2))
    assert set(specs) - set(everything(NAMES, Random(1), is_quick=True)) >= {specs[-1]}


def test_a_flapping_line_is_played_with_the_fault_that_cuts_it() -> None:
    (play,) = plays([f"{FLAP}:tslcd:cao-son"], NAMES, is_quick=False)
    assert (play.fault, play.is_flapping) == ("link-down:tslcd:cao-son", True)
    assert play.expected.kind == "flapping"


def test_the_core_must_be_said_to_hurt_all_units() -> None:
    found = expectation("tslcd-core-down", NAMES)
    assert found is not None
    assert found.units_count == 17


def test_a_quick_drill_watches_for_less_long() -> None:
    (usual,) = plays(["hub-isp-down"], NAMES, is_quick=False)
    (quick,) = plays(["hub-isp-down"], NAMES, is_quick=True)
    assert usual.expected.stay_s == 120
    assert quick.expected.stay_s == QUICK_STAY_S


def test_a_soak_is_noise_for_its_minutes_and_nothing_else() -> None:
    play = soak(30, NAMES)
    assert (play.expected.kind, play.expected.stay_s) == ("", 1800)


@pytest.mark.parametrize("spec", ["link-down:tslcd:nowhere", "link-flap:tslcd:nowhere", "no-such-fault"])
def test_what_cannot_be_played_is_refused_before_anything_is_broken(spec: str) -> None:
    with pytest.raises(LabError) as caught:
        plays([spec], NAMES, is_quick=False)
    assert not say("en", caught.value.message).startswith("lab.")
