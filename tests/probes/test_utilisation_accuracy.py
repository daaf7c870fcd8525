"""A line's utilisation, read from net-snmp's agent, against a flow of known size and pace and the kernel's counters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.probes.paced_flow import FRAME_OCTETS
from tests.probes.utilisation_playground import IN_PER_S, OUT_PER_S, SPEED_BPS
from tests.probes.wires import played
from tests.servers.snmpd import program

PACE_ERROR = 0.03
DIRECTIONS = ("in", "out")
RATES_PER_S = {"in": IN_PER_S, "out": OUT_PER_S}

pytestmark = [pytest.mark.netns, pytest.mark.xdist_group("utilisation-accuracy")]
EACH_WAY = pytest.mark.parametrize("direction", DIRECTIONS)
DURING = pytest.mark.parametrize("case", ["during", "during-busy"])


@pytest.fixture(autouse=True)
def _tools() -> None:
    for name in ("snmpd", "snmpset"):
        program(name)


def readings(case: str) -> tuple[dict[str, Any], dict[str, Any]]:
    first, second = played("utilisation_playground", case)["said"]
    assert (first["reading"]["outcome"], second["reading"]["outcome"]) == ("ok", "ok")
    assert second["reading"]["detail"] == ""
    assert first["speed_bps"] == second["speed_bps"] == SPEED_BPS
    return first, second


def elapsed_s(first: dict[str, Any], second: dict[str, Any]) -> tuple[float, float]:
    """Return the least and the most time that can lie between the instants at which the counters were read."""
    return second["asked_at"] - first["told_at"], second["told_at"] - first["asked_at"]


@EACH_WAY
def test_a_flow_between_two_readings_is_the_utilisation_octet_for_octet(direction: str) -> None:
    first, second = readings("between")
    sent = played("utilisation_playground", "between")["sent"][direction]
    octets = sent["sent_count"] * FRAME_OCTETS
    side = DIRECTIONS.index(direction)
    assert second[f"{direction}_octets"] - first[f"{direction}_octets"] == octets
    assert second["after"][side] - first["before"][side] == octets
    shortest_s, longest_s = elapsed_s(first, second)
    ratio = second["reading"]["measures"][f"{direction}_utilisation_ratio"]
    assert octets * 8 / (SPEED_BPS * longest_s) <= ratio <= octets * 8 / (SPEED_BPS * shortest_s)
    assert second["reading"]["measures"][f"{direction}_rate_bps"] == pytest.approx(ratio * SPEED_BPS)


@DURING
@EACH_WAY
def test_counters_read_while_traffic_flows_are_those_of_the_kernel_at_that_moment(case: str, direction: str) -> None:
    side = DIRECTIONS.index(direction)
    for said in readings(case):
        assert said["before"][side] <= said[f"{direction}_octets"] <= said["after"][side]


@DURING
@EACH_WAY
def test_a_steady_flow_is_measured_at_its_pace(case: str, direction: str) -> None:
    first, second = readings(case)
    planned = RATES_PER_S[direction] * FRAME_OCTETS * 8 / SPEED_BPS
    ratio = second["reading"]["measures"][f"{direction}_utilisation_ratio"]
    # Each reading notes the time when the answer is handled: as much later as the agent is slow or the loop blocked.
    late_s = played("utilisation_playground", case)["sent"][direction]["latest_s"]
    unsure_s = late_s + sum(said["told_at"] - said["asked_at"] for said in (first, second))
    assert ratio == pytest.approx(planned, rel=PACE_ERROR + unsure_s / elapsed_s(first, second)[0])


def test_the_loop_was_busy_where_it_should_be() -> None:
    assert played("utilisation_playground", "during-busy")["stall_count"] >= 20
    assert played("utilisation_playground", "during")["stall_count"] == 0
