"""The DHCP watch beside dnsmasq and forged rogues on a real wire, in a network of its own."""

from __future__ import annotations

from typing import Any

import pytest

from probes.api import FailureKind
from probes.dhcp_watch import DhcpWatchParams
from tests.probes.dhcp_watch_playground import CLIENT_MAC, RELAY_MAC, ROGUE, ROGUE_MAC, SERVER, SERVER_MAC
from tests.probes.wires import played

pytestmark = pytest.mark.netns


def heard(moment: str, case: str = "findings") -> dict[str, Any]:
    found: dict[str, Any] = played("dhcp_watch_playground", case)[moment]
    assert found["outcome"] == "ok", found
    return found


def test_silence_is_no_finding() -> None:
    found = heard("quiet")
    assert found["measures"]["heard_count"] == found["measures"]["server_count"] == 0
    assert found["facts"]["rogue_servers"] == []


def test_a_client_is_known_by_its_name_made_harmless() -> None:
    facts = heard("client")["facts"]
    assert (facts["client_mac"], facts["client_ip"], facts["client_class"]) == (
        [CLIENT_MAC],
        ["10.9.0.77"],
        ["MSFT 5.0"],
    )
    (name,) = facts["client_name"]
    assert name.startswith("␛[2Jpc␊\ufffdxxx")
    assert len(name) == 64


def test_a_server_that_is_not_allowed_is_a_rogue_with_all_it_hands_out() -> None:
    found = heard("rogue")
    facts = found["facts"]
    assert (facts["rogue_servers"], facts["rogue_macs"]) == ([ROGUE], [ROGUE_MAC])
    assert (facts["server_router"], facts["server_dns"], facts["server_lease_s"]) == ([ROGUE], [ROGUE], [7200])
    assert (found["measures"]["offer_count"], found["measures"]["ack_count"]) == (1, 1)
    assert facts["finding"] == ["rogue"]
    assert "DHCP Offer" in facts["example_summary"][0]
    assert found["detail"] == f"{ROGUE} ({ROGUE_MAC}) answers DHCP clients without being allowed to"


def test_a_rogue_under_an_allowed_servers_identifier_is_known_by_its_own_address() -> None:
    facts = heard("borrowed name")["facts"]
    assert (facts["rogue_servers"], facts["rogue_macs"]) == ([SERVER], [ROGUE_MAC])


def test_an_allowed_server_behind_a_relay_is_no_rogue() -> None:
    facts = heard("relayed")["facts"]
    assert (facts["server_ip"], facts["server_mac"], facts["rogue_servers"]) == ([SERVER], [RELAY_MAC], [])


def test_garbage_is_counted_and_names_no_server() -> None:
    found = heard("garbage")
    assert found["measures"]["malformed_count"] == found["measures"]["heard_count"] == 100
    assert found["facts"]["server_ip"] == []


def test_a_thousand_clients_are_all_counted_in_a_table_that_stays_small() -> None:
    found = heard("starvation")
    assert (found["measures"]["discover_count"], found["measures"]["drop_count"]) == (1000, 0)
    columns = [found["facts"][name] for name in ("client_mac", "client_ip", "client_name", "client_class")]
    assert {len(column) for column in columns} == {256}


def test_a_server_allowed_with_its_mac_cannot_be_imitated() -> None:
    facts = heard("pinned", "pinned")["facts"]
    assert facts["server_mac"] == [SERVER_MAC, ROGUE_MAC]
    assert (facts["rogue_servers"], facts["rogue_macs"]) == ([SERVER], [ROGUE_MAC])


def test_where_nobody_said_who_may_serve_nobody_is_judged() -> None:
    facts = heard("unjudged", "pinned")["facts"]
    assert facts["server_ip"] == [SERVER, SERVER]
    assert "rogue_servers" not in facts


def test_a_real_server_answers_our_question_and_is_read_right() -> None:
    facts = heard("asked", "server")["facts"]
    assert (facts["server_ip"], facts["server_mac"], facts["rogue_servers"]) == ([SERVER], [SERVER_MAC], [])
    assert (facts["server_router"], facts["server_dns"], facts["server_lease_s"]) == (
        ["10.9.0.254"],
        ["10.9.0.53"],
        [3600],
    )


def test_a_real_acknowledgement_and_a_rogues_offer_are_told_apart() -> None:
    found = heard("acknowledged", "server")
    assert found["measures"]["ack_count"] == 1
    assert "10.9.0.120" in found["facts"]["client_ip"]
    assert found["facts"]["rogue_servers"] == [ROGUE]


def test_nothing_is_asked_where_that_is_not_approved() -> None:
    found = played("dhcp_watch_playground", "server")["outside"]
    assert found["failure"] == FailureKind.PERMISSION
    assert "approved" in found["detail"]


@pytest.mark.parametrize("given", [{"listen_s": 0.0}, {"listen_s": 61.0}, {"allowed_servers": ("dhcp-server",)}])
def test_params_that_make_no_sense_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"listen_s|no machine"):
        DhcpWatchParams(**given)
