"""How full a line is, and what that explains."""

from __future__ import annotations

import pytest

from bt_console.evaluate.belief import Belief, believe
from bt_console.evaluate.health import advance
from bt_console.evaluate.strain import is_full, is_full_since, is_full_still, last_full_at, load_ratio
from bt_console.model.health import CheckHealth
from bt_console.model.inventory import CheckId, TargetId
from bt_console.model.observation import Observation
from probes.api import Outcome, Reading
from tests.evaluate.district import district
from tests.evaluate.simulation import instant

INVENTORY = district(2)
LINE, CORE = "cao-son/tslcd", "tslcd-core"
SILENT = Reading(outcome=Outcome.TIMEOUT)


def counted(shares: str, target_id: str = LINE) -> Belief:
    """Return what is believed of a router whose counters gave shares of its line in use, `-` for no answer."""
    check = INVENTORY.checks[CheckId(f"{target_id}:snmp_interfaces")]
    health = CheckHealth(check_id=check.id)
    for seq, word in enumerate(shares.split()):
        fine = Reading(outcome=Outcome.OK, measures={"out_utilisation_ratio": 0.0 if word == "-" else float(word)})
        health = advance(
            health,
            check,
            Observation(
                seq=seq,
                check_id=check.id,
                vantage_id="hub",
                due_at=instant(10.0 * seq),
                started_at=instant(10.0 * seq),
                duration_s=0.0,
                reading=SILENT if word == "-" else fine,
            ),
        )
    return believe(INVENTORY.targets[TargetId(target_id)], (), ((check, health),))


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ("0.95 0.95 0.95", False),
        ("0.95 0.95 0.95 0.95", True),
        ("0.95 0.95 0.2 0.95 0.95", True),
        ("0.95 0.95 0.95 0.95 0.2", False),
        ("0.5 0.5 0.5 0.5 0.5", False),
        ("0.95 0.95 0.95 0.95 - -", False),
    ],
)
def test_a_line_is_full_in_four_of_five_readings(shares: str, expected: bool) -> None:
    assert is_full(counted(shares)) is expected


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ("0.1 0.1 0.5", None),
        ("0.1 0.1 0.5 0.99", True),
        ("0.1 0.1 0.5 0.2", None),
        ("0.1 0.1 0.99 0.2 0.2", False),
        ("0.1 0.1 0.99 0.2 0.95", True),
        ("0.1 0.1 - 0.99", False),
        ("-", False),
        ("", False),
    ],
)
def test_harm_is_explained_by_the_second_or_third_reading_since_it_began(shares: str, expected: bool | None) -> None:
    assert is_full_since(counted(shares), instant(15)) is expected


def test_a_full_line_is_full_until_two_readings_say_otherwise() -> None:
    assert is_full_still(counted("0.99 0.99 0.2"))
    assert not is_full_still(counted("0.99 0.99 0.2 0.2"))
    assert last_full_at(counted("0.99 0.99 0.2 0.2")) == instant(10)


def test_a_router_of_many_lines_is_not_full_because_one_of_them_is() -> None:
    assert not is_full(counted("0.99 0.99 0.99 0.99", CORE))
    assert load_ratio(counted("0.99 0.99 0.99 0.99", CORE)) == 0
    assert load_ratio(counted("0.1 0.97")) == pytest.approx(0.97)
