"""Pings against tshark's capture of the very same packets, and beside fping, with the event loop idle and kept busy.

Bounds: the capture taps a packet an instant before the kernel stamps it for us, and the scheduler may come between the
two; a round trip measured by our own clock instead would be off by as long as the loop is blocked.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import pairwise
from statistics import fmean, median
from typing import Any

import pytest

from tests.probes.icmp_accuracy_playground import BLOCKED_S, BURSTS, FPING, PACKETS
from tests.probes.planned_path import COUNT, JITTERY, LATE, LOSSY, PLANS, SILENT, STEADY, TIMEOUT_S, address_of
from tests.probes.wires import played

TYPICAL_S = 0.00005
USUAL_S = 0.0002
"""Of nineteen packets in twenty."""
WORST_S = BLOCKED_S / 10
"""Of every packet, on a machine whose processors are wanted by others."""
FPING_S = 0.002
"""fping takes the time of sending itself, before the kernel does."""

pytestmark = [
    pytest.mark.netns,
    pytest.mark.xdist_group("icmp-accuracy"),
    pytest.mark.parametrize("load", ["idle", "busy"]),
    pytest.mark.parametrize("mode", ["raw", "datagram"]),
]


@pytest.fixture(autouse=True)
def _tools() -> None:
    for name in ("tshark", "dumpcap", "fping"):
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not installed (Debian: apt install tshark fping)")
        if not os.access(found, os.X_OK):
            pytest.skip(f"this user may not run {found}")


@pytest.fixture
def found(mode: str, load: str) -> dict[str, Any]:
    found: dict[str, Any] = played("icmp_accuracy_playground", f"{mode}-{load}")
    return found


def wire(found: dict[str, Any], sender: int, plan: int) -> list[float | None]:
    """Return the capture's round trips; one longer than the time-out is a loss."""
    rtts_s: list[float | None] = found["wire"][address_of(sender, plan)]
    return [None if rtt_s is None or rtt_s > TIMEOUT_S else rtt_s for rtt_s in rtts_s]


def pairs(found: dict[str, Any]) -> Iterator[tuple[float | None, float | None]]:
    """Yield what our pinger says of each packet, and what the capture says."""
    for plan in PLANS:
        ours = found["packets"][address_of(PACKETS, plan)]["rtts_s"]
        yield from zip(ours, wire(found, PACKETS, plan), strict=True)


def test_the_path_answers_as_planned_and_the_capture_is_whole(found: dict[str, Any], load: str) -> None:
    for sender in (PACKETS, BURSTS, FPING):
        for plan, steps in PLANS.items():
            seen = found["wire"][address_of(sender, plan)]
            assert [rtt_s is not None for rtt_s in seen] == [bool(step) for step in steps]
            assert all(rtt_s >= step[0] for rtt_s, step in zip(seen, steps, strict=True) if step)
    assert (found["stall_count"] >= COUNT) is (load == "busy")


def test_every_packet_is_found_or_lost_as_the_capture_has_it(found: dict[str, Any]) -> None:
    for plan in PLANS:
        ours = found["packets"][address_of(PACKETS, plan)]
        assert ours["unjudged"] == 0
        assert [rtt_s is None for rtt_s in ours["rtts_s"]] == [rtt_s is None for rtt_s in wire(found, PACKETS, plan)]


def test_every_round_trip_is_that_of_the_capture(found: dict[str, Any]) -> None:
    errors_s = sorted(abs(ours - true) for ours, true in pairs(found) if ours is not None and true is not None)
    assert median(errors_s) <= TYPICAL_S
    assert errors_s[len(errors_s) * 95 // 100] <= USUAL_S
    assert errors_s[-1] <= WORST_S
    assert all(found["packets"][address_of(PACKETS, plan)]["kernel"] for plan in PLANS)


def test_loss_and_variation_of_a_burst_are_those_of_the_capture(found: dict[str, Any], mode: str) -> None:
    for plan in PLANS:
        reading, rtts_s = found["bursts"][address_of(BURSTS, plan)], wire(found, BURSTS, plan)
        measures, replies = reading["measures"], [rtt_s for rtt_s in rtts_s if rtt_s is not None]
        assert (measures["sent_count"], measures["received_count"]) == (COUNT, len(replies))
        assert measures["loss_ratio"] == pytest.approx(rtts_s.count(None) / COUNT, abs=1e-12)
        assert reading["facts"]["mode"] == mode
        if plan == SILENT:
            assert reading["outcome"] == "timeout"
            continue
        steps = [abs(after - before) for before, after in pairwise(rtts_s) if before is not None and after is not None]
        assert measures["ipdv_s"] == pytest.approx(fmean(steps), abs=2 * WORST_S / COUNT)
        assert measures["rtt_median_s"] == pytest.approx(median(replies), abs=USUAL_S)
        assert measures["rtt_min_s"] == pytest.approx(min(replies), abs=WORST_S)
        assert measures["rtt_max_s"] == pytest.approx(max(replies), abs=WORST_S)


def test_a_jittery_path_varies_more_than_a_steady_one(found: dict[str, Any]) -> None:
    varied = [found["bursts"][address_of(BURSTS, plan)]["measures"]["ipdv_s"] for plan in (STEADY, JITTERY)]
    assert varied[0] < varied[1]


def test_a_late_reply_is_called_late_and_only_a_second_one_a_duplicate(found: dict[str, Any]) -> None:
    facts = {plan: found["bursts"][address_of(BURSTS, plan)]["facts"] for plan in PLANS}
    assert 1 <= facts[LATE]["late_count"] <= sum(bool(step) and step[0] > TIMEOUT_S for step in PLANS[LATE])
    assert facts[LATE]["duplicate_count"] == sum(len(step) == 2 for step in PLANS[LATE])
    assert not any("duplicate_count" in facts[plan] for plan in (STEADY, JITTERY, LOSSY, SILENT))


def test_fping_on_the_same_path_loses_the_same_packets(found: dict[str, Any]) -> None:
    for plan in PLANS:
        theirs, ours = found["fping"][address_of(FPING, plan)], found["packets"][address_of(PACKETS, plan)]["rtts_s"]
        assert [rtt_s is None for rtt_s in theirs] == [rtt_s is None for rtt_s in ours]


def test_fping_is_as_far_from_the_capture_of_its_own_packets_as_its_clock_allows(found: dict[str, Any]) -> None:
    errors_s = []
    for plan in PLANS:
        both = zip(found["fping"][address_of(FPING, plan)], wire(found, FPING, plan), strict=True)
        errors_s += [abs(their - true) for their, true in both if their is not None and true is not None]
    ours_s = median(abs(ours - true) for ours, true in pairs(found) if ours is not None and true is not None)
    assert ours_s <= median(errors_s) <= FPING_S
