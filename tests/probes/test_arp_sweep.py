"""The ARP sweep against real kernels and a machine that claims what is not its own, in a network of its own."""

from __future__ import annotations

from typing import Any

import pytest

from probes.api import FailureKind, Outcome
from probes.arp_sweep import ArpSweepParams
from tests.probes.arp_sweep_playground import FAR_MAC, PEERS, TWIN
from tests.probes.wires import played
from tests.servers.ask import ask


@pytest.fixture
def swept() -> dict[str, Any]:
    found: dict[str, Any] = played("arp_sweep_playground", "sweep")
    return found


@pytest.mark.netns
def test_every_machine_that_answers_is_found_and_nobody_else(swept: dict[str, Any]) -> None:
    facts = swept["facts"]
    assert swept["outcome"] == "ok"
    assert sorted(set(facts["ip"])) == sorted(PEERS)
    assert swept["measures"]["answered_count"] == len(PEERS)
    assert set(facts["mac"]) == {FAR_MAC, TWIN}


@pytest.mark.netns
def test_the_columns_are_equally_long_and_times_are_those_of_a_wire(swept: dict[str, Any]) -> None:
    facts = swept["facts"]
    assert len(facts["ip"]) == len(facts["mac"]) == len(facts["rtt_ms"])
    assert all(0 < rtt_ms < 500 for rtt_ms in facts["rtt_ms"])


@pytest.mark.netns
def test_an_address_two_machines_answer_for_is_a_duplicate_with_both_of_them(swept: dict[str, Any]) -> None:
    facts = swept["facts"]
    assert facts["duplicate_ip"] == ["10.9.0.5"]
    assert facts["duplicate_macs"] == [f"{FAR_MAC} {TWIN}"]
    assert swept["measures"]["duplicate_ip_count"] == 1


@pytest.mark.netns
def test_only_the_silent_are_asked_again_and_not_our_own_address(swept: dict[str, Any]) -> None:
    measures = swept["measures"]
    assert measures["asked_count"] == 253
    assert measures["sent_count"] == 253 + (253 - len(PEERS))
    assert measures["drop_count"] == 0


@pytest.mark.netns
def test_an_interface_without_an_address_in_the_network_finds_who_is_there() -> None:
    found = played("arp_sweep_playground", "without")
    assert (found["outcome"], found["facts"]["ip"]) == ("ok", ["10.9.7.3"])


@pytest.mark.netns
@pytest.mark.parametrize(
    ("case", "failure", "says"),
    [
        ("outside", FailureKind.PERMISSION, "outside the networks approved"),
        ("large", FailureKind.INTERNAL, "at most a /22"),
        ("routed", FailureKind.NO_ROUTE, "ARP does not cross routers"),
        ("no network", FailureKind.INTERNAL, "such as 10.21.1.0/24"),
        ("no interface", FailureKind.NO_ROUTE, "no interface absent"),
        ("no time", FailureKind.INTERNAL, "raise the time-out"),
        ("queued", FailureKind.INTERNAL, "raise the time-out"),
    ],
)
def test_what_cannot_be_swept_is_refused_with_the_reason(case: str, failure: str, says: str) -> None:
    found = played("arp_sweep_playground", "refusals")[case]
    assert found["failure"] == failure
    assert says in found["detail"]
    assert found["measures"] == {}


@pytest.mark.netns
def test_a_network_where_nobody_answers_is_a_timeout() -> None:
    found = played("arp_sweep_playground", "refusals")["silence"]
    assert found["outcome"] == Outcome.TIMEOUT
    assert found["measures"]["answered_count"] == 0
    assert found["facts"]["ip"] == []


@pytest.mark.netns
def test_without_the_right_to_packet_sockets_it_says_what_is_missing() -> None:
    found = played("arp_sweep_playground", "forbidden")
    assert found["failure"] == FailureKind.PERMISSION
    assert "CAP_NET_RAW" in found["detail"]


async def test_nothing_is_asked_outside_the_scope_even_where_only_one_address_is_outside() -> None:
    reading = await ask("arp_sweep", "126.255.255.0/24", interface="lo")
    assert (reading.outcome, reading.failure) == (Outcome.ERROR, FailureKind.PERMISSION)


@pytest.mark.parametrize("given", [{"rate_per_s": -1.0}, {"tries_count": 0}, {"tries_count": 6}, {"wait_s": 0.0}])
def test_params_that_make_no_sense_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        ArpSweepParams(**given)
