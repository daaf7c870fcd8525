"""The ARP watch against forged frames on a real wire, in a network of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from probes.api import FailureKind
from probes.arp_watch import ArpWatchParams
from tests.probes.arp_watch_playground import GATEWAY, GATEWAY_MAC, LIAR, NEW, OLD, OWN_MAC
from tests.probes.wires import ROOT, played

pytestmark = pytest.mark.netns


def heard(moment: str) -> dict[str, Any]:
    found: dict[str, Any] = played("arp_watch_playground", "findings")[moment]
    assert found["outcome"] == "ok", found
    return found


@pytest.mark.parametrize("moment", ["quiet", "honest", "afterwards", "garbage"])
def test_where_nothing_is_wrong_there_is_no_finding(moment: str) -> None:
    found = heard(moment)
    assert (found["facts"]["finding"], found["facts"]["example_summary"], found["detail"]) == ([], [], "")


def test_the_default_gateway_is_known_and_its_mac_is_the_first_heard() -> None:
    assert heard("quiet")["facts"]["gateway"] == GATEWAY
    assert heard("quiet")["facts"]["gateway_mac"] == ""
    assert heard("honest")["facts"]["gateway_mac"] == GATEWAY_MAC


def test_an_address_that_changes_hands_once_has_moved() -> None:
    facts = heard("moved")["facts"]
    assert (facts["moved_ip"], facts["moved_from"], facts["moved_to"]) == (["10.9.0.10"], [OLD], [NEW])
    assert facts["duplicate_ip"] == []


def test_what_was_told_once_is_not_told_again() -> None:
    assert heard("afterwards")["facts"]["moved_ip"] == []
    assert heard("afterwards")["measures"]["known_count"] == heard("moved")["measures"]["known_count"]


def test_an_address_that_comes_back_to_its_former_owner_has_two() -> None:
    found = heard("returned")
    assert (found["facts"]["duplicate_ip"], found["facts"]["duplicate_macs"]) == (["10.9.0.10"], [f"{NEW} {OLD}"])
    assert found["measures"]["moved_count"] == 0
    assert found["detail"] == f"10.9.0.10 is claimed by {NEW} and {OLD}"


def test_who_claims_to_be_the_gateway_is_named_with_a_packet_that_shows_it() -> None:
    found = heard("impersonated")
    assert found["facts"]["impersonator_mac"] == [LIAR]
    assert found["facts"]["gateway_mac"] == GATEWAY_MAC
    example = dict(zip(found["facts"]["finding"], found["facts"]["example_summary"], strict=True))["gateway"]
    assert LIAR in example
    assert GATEWAY in example


def test_who_claims_our_own_address_is_seen_at_once() -> None:
    facts = heard("ours taken")["facts"]
    assert (facts["duplicate_ip"], facts["duplicate_macs"]) == (["10.9.0.1"], [f"{OWN_MAC} {LIAR}"])


def test_a_flood_of_announcements_names_its_source() -> None:
    found = heard("flood")
    assert found["measures"]["gratuitous_count"] == 100
    assert found["facts"]["flood_mac"] == [NEW]
    assert found["facts"]["flood_per_s"][0] >= 50, "two seconds at most share the hundred"


def test_a_frame_whose_arp_names_another_sender_is_forged() -> None:
    assert heard("forged")["facts"]["forger_mac"] == [LIAR]


def test_garbage_is_counted_and_changes_nothing() -> None:
    assert heard("garbage")["measures"]["malformed_count"] == 60


def test_a_given_gateway_mac_exposes_the_liar_that_speaks_first_and_trusted_takeovers_are_silent() -> None:
    found = played("arp_watch_playground", "told")
    assert found["facts"]["impersonator_mac"] == [LIAR]
    assert found["facts"]["moved_ip"] == []
    assert "10.9.0.10" not in found["facts"]["duplicate_ip"]


def test_ten_thousand_packets_during_a_stall_are_all_heard_and_push_nothing_out_of_the_table() -> None:
    found = played("arp_watch_playground", "flood")
    measures = found["heard"]["measures"]
    assert (measures["heard_count"], measures["drop_count"]) == (10_001, 0)
    assert measures["unlearned_count"] == 10_001 - measures["known_count"] > 0
    assert found["moved"]["facts"]["moved_ip"] == ["10.9.0.10"]


def test_an_interface_that_goes_is_an_error_of_ours_and_one_that_comes_back_is_heard() -> None:
    found = played("arp_watch_playground", "interface")
    assert [found[moment]["outcome"] for moment in ("before", "gone", "back")] == ["ok", "failure", "ok"]
    assert {found[moment]["failure"] for moment in ("gone", "absent", "text")} == {FailureKind.NO_ROUTE}
    assert found["heard"]["measures"]["heard_count"] == 1


def test_without_the_right_to_packet_sockets_it_says_what_is_missing() -> None:
    found = played("arp_watch_playground", "forbidden")
    assert found["failure"] == FailureKind.PERMISSION
    assert "CAP_NET_RAW" in found["detail"]


@pytest.mark.parametrize(
    "given",
    [
        {"listen_s": 0.0},
        {"flood_rate_count": 0},
        {"duplicate_window_s": 0.0},
        {"gateway": "10.9.0.256"},
        {"gateway_mac": GATEWAY_MAC},
        {"trusted_macs": ("10.9.0.1",)},
    ],
)
def test_params_that_make_no_sense_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be|needs|MAC address|IPv4 address"):
        ArpWatchParams(**given)


def test_a_program_that_watches_imports_neither_scapy_nor_what_forges_packets() -> None:
    script = "import sys, probes.arp_watch; print([m for m in sys.modules if m.split('.')[0] in ('scapy', 'pyroute2')])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
