"""The watch of router advertisements beside radvd and forged rogues on a real wire, in a network of its own."""

from __future__ import annotations

from typing import Any

import pytest

from probes.router_advert_watch import RouterAdvertWatchParams
from tests.probes.router_advert_watch_playground import PREFIX, ROGUE, ROGUE_MAC, ROGUE_PREFIX, ROUTER, ROUTER_MAC
from tests.probes.wires import played

pytestmark = pytest.mark.netns


def heard(moment: str, case: str = "findings") -> dict[str, Any]:
    found: dict[str, Any] = played("router_advert_watch_playground", case)[moment]
    assert found["outcome"] == "ok", found
    return found


def test_silence_is_no_finding() -> None:
    found = heard("quiet")
    assert found["measures"]["heard_count"] == 0
    assert (found["facts"]["rogue_routers"], found["facts"]["finding"], found["detail"]) == ([], [], "")


def test_an_allowed_router_is_read_with_all_it_advertises() -> None:
    facts = heard("honest")["facts"]
    assert (facts["router_ip"], facts["router_mac"], facts["router_lifetime_s"]) == ([ROUTER], [ROUTER_MAC], [1800])
    assert (facts["prefix"], facts["prefix_router"], facts["prefix_valid_s"]) == ([PREFIX], [ROUTER], [7200])
    assert facts["router_dns"] == ["fd00:9::53 fd00:9::54"]
    assert (facts["rogue_routers"], facts["rogue_prefixes"]) == ([], [])


def test_a_router_that_is_not_allowed_is_a_rogue_with_a_packet_that_shows_it() -> None:
    found = heard("rogue")
    facts = found["facts"]
    assert (facts["rogue_routers"], facts["rogue_macs"]) == ([ROGUE], [ROGUE_MAC])
    assert facts["rogue_prefixes"] == [ROGUE_PREFIX]
    assert facts["router_preference"] == ["high"]
    assert facts["finding"] == ["rogue", "prefix"]
    assert ROGUE_PREFIX in facts["example_summary"][0]
    assert found["detail"] == f"{ROGUE} ({ROGUE_MAC}) says it is a router without being allowed to"


def test_a_foreign_prefix_of_an_allowed_router_is_seen_too() -> None:
    facts = heard("prefix")["facts"]
    assert (facts["rogue_routers"], facts["rogue_prefixes"]) == ([], [ROGUE_PREFIX])


def test_a_router_that_is_declared_gone_is_counted() -> None:
    found = heard("withdrawn")
    assert found["measures"]["withdrawn_count"] == 1
    assert found["facts"]["router_mac"] == [ROGUE_MAC]


def test_extension_headers_and_fragments_hide_no_rogue() -> None:
    found = heard("evasive")
    assert found["measures"]["evasive_count"] == found["measures"]["rogue_count"] == 2
    assert found["facts"]["rogue_routers"] == [ROGUE]
    assert "evasive" in found["facts"]["finding"]


@pytest.mark.parametrize(("moment", "count"), [("ignored", 17), ("garbage", 60)])
def test_what_every_host_ignores_is_counted_and_no_router(moment: str, count: int) -> None:
    found = heard(moment)
    assert found["measures"]["malformed_count"] == found["measures"]["heard_count"] == count
    assert found["facts"]["router_ip"] == []


def test_a_flood_is_counted_whole_in_tables_that_stay_small() -> None:
    found = heard("flood")
    assert (found["measures"]["rogue_count"], found["measures"]["drop_count"]) == (1000, 0)
    names = (
        "router_ip",
        "router_mac",
        "router_lifetime_s",
        "prefix",
        "prefix_router",
        "rogue_routers",
        "rogue_prefixes",
    )
    assert {len(found["facts"][name]) for name in names} == {64}


def test_an_address_allowed_with_its_mac_cannot_be_imitated() -> None:
    facts = heard("pinned", "pinned")["facts"]
    assert (facts["rogue_routers"], facts["rogue_macs"]) == ([ROUTER], [ROGUE_MAC])


def test_where_nobody_said_who_may_advertise_nobody_is_judged() -> None:
    facts = heard("unjudged", "pinned")["facts"]
    assert facts["router_ip"] == [ROUTER]
    assert not {"rogue_routers", "rogue_macs", "rogue_prefixes"} & set(facts)


def test_a_real_router_is_read_right() -> None:
    found: dict[str, Any] = played("router_advert_watch_playground", "router")
    facts = found["facts"]
    assert (facts["router_mac"], facts["router_lifetime_s"], facts["router_managed"]) == ([ROUTER_MAC], [900], [True])
    assert (facts["prefix"], facts["prefix_valid_s"], facts["router_dns"]) == ([PREFIX], [3600], ["fd00:9::53"])
    assert (facts["router_preference"], facts["rogue_routers"]) == (["high"], [])


@pytest.mark.parametrize(
    "given", [{"listen_s": 0.0}, {"allowed_routers": ("router",)}, {"allowed_prefixes": ("fd00::1/64",)}]
)
def test_params_that_make_no_sense_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"listen_s|no machine|write a prefix"):
        RouterAdvertWatchParams(**given)
