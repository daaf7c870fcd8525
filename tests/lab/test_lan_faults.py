"""Every fault on a LAN as the real probes meet it, and that healing restores."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bt_console.lab.client import Lab
from tests.lab.conftest import Vantage
from tests.lab.test_agents import COMPUTER_MAC, PRINTER_MAC, ROUTER_MAC, community, rows

pytestmark = [pytest.mark.netns, pytest.mark.xdist_group("lab")]

ENOUGH_S = 20.0
SWITCH, ROUTER, COMPUTER, PRINTER = "10.21.2.13", "10.21.2.1", "10.21.2.11", "10.21.2.12"
KNOWN_MACS = {COMPUTER_MAC, PRINTER_MAC, ROUTER_MAC}
BUILDING_GATEWAY = "10.20.0.1"
Facts = dict[str, Any]


@pytest.fixture
def computer(lab: Lab) -> Iterator[Vantage]:
    """A vantage on a machine of the unit's LAN."""
    vantage = Vantage(lab, "cao-son/device/may-mot-cua")
    yield vantage
    vantage.close()


def until(look: Callable[[], Any]) -> Any:
    """Return the first truth; what is seen comes within an interval, not at once."""
    end_s = time.monotonic() + ENOUGH_S
    while True:
        found = look()
        if found or time.monotonic() > end_s:
            assert found
            return found
        time.sleep(0.1)


def oper(hub: Vantage, lab: Lab, port: str) -> str:
    facts = hub.measure("snmp_interfaces", SWITCH, **community(lab))["facts"]
    return str(dict(rows(facts, "if_name", "if_oper"))[port])


def macs(hub: Vantage, lab: Lab, address: str = SWITCH) -> dict[str, str]:
    facts = hub.measure("snmp_neighbours", address, **community(lab))["facts"]
    return dict(rows(facts, "mac", "port"))


def traps(hub: Vantage, lab: Lab, **params: object) -> list[tuple[Any, ...]]:
    hub.measure("icmp_echo", "10.255.3.2", count=1)  # the vantage hears only while it measures
    facts = hub.measure("snmp_traps", "localhost", listen_s=0.0, **community(lab), **params)["facts"]
    return rows(facts, "trap_source", "trap_kind", "trap_interface")


def hear(heard: list[tuple[Any, ...]], hub: Vantage, lab: Lab) -> bool:
    heard += traps(hub, lab)
    return True


def test_a_loose_cable_takes_its_port_down_and_up_and_the_switch_tells(healed: Lab, hub: Vantage) -> None:
    traps(hub, healed)
    healed.fault("port-flap:cao-son:may-in")
    assert until(lambda: oper(hub, healed, "port3") == "down")
    assert oper(hub, healed, "port2") == "up"
    heard: list[tuple[Any, ...]] = []
    until(lambda: hear(heard, hub, healed) and {kind for _, kind, _ in heard} >= {"linkDown", "linkUp"})
    assert {(source, interface) for source, _, interface in heard} == {(SWITCH, "port3")}
    healed.heal(None)
    assert until(lambda: oper(hub, healed, "port3") == "up")
    assert hub.answers(PRINTER)
    time.sleep(4.0)
    assert oper(hub, healed, "port3") == "up"


def test_without_a_device_the_first_machine_flaps(healed: Lab, hub: Vantage) -> None:
    healed.fault("port-flap:cao-son")
    assert until(lambda: hub.is_silent(COMPUTER))
    healed.heal(None)
    assert hub.answers(COMPUTER)


def test_a_switch_without_power_darkens_its_machines_and_leaves_the_gateway(healed: Lab, hub: Vantage) -> None:
    before_s = hub.measure("snmp_agent", SWITCH, **community(healed))["measures"]["uptime_s"]
    traps(hub, healed)
    healed.fault("switch-down:cao-son")
    assert all(hub.is_silent(address) for address in (SWITCH, COMPUTER, PRINTER))
    assert hub.answers(ROUTER)
    facts = hub.measure("snmp_interfaces", ROUTER, **community(healed))["facts"]
    assert dict(rows(facts, "if_name", "if_oper"))["lan"] == "down"
    heard: list[tuple[Any, ...]] = []
    until(lambda: hear(heard, hub, healed) and (ROUTER, "linkDown", "lan") in heard)
    healed.heal(None)
    assert all(hub.answers(address) for address in (SWITCH, COMPUTER, PRINTER))
    until(lambda: hear(heard, hub, healed) and (ROUTER, "linkUp", "lan") in heard)
    assert hub.measure("snmp_agent", SWITCH, **community(healed))["measures"]["uptime_s"] < before_s + ENOUGH_S
    until(lambda: hear(heard, hub, healed) and (SWITCH, "coldStart", "") in heard)
    facts = hub.measure("snmp_neighbours", SWITCH, **community(healed))["facts"]
    assert facts["lldp_name"] == ["cao-son-router"]


@pytest.mark.parametrize(
    ("path", "router", "speed_bps"), [("tslcd", "10.255.2.2", 8e6), ("internet", "198.51.100.10", 20e6)]
)
def test_a_full_line_shows_in_its_counters_and_delays_who_else_needs_it(
    healed: Lab, hub: Vantage, path: str, router: str, speed_bps: float
) -> None:
    asked = {**community(healed), "interface": path, "timeout_s": 9.0}  # asked over the full line itself
    calm_s = hub.measure("icmp_echo", router, count=3, timeout_s=2.0)["measures"]["rtt_min_s"]
    healed.fault(f"link-saturated:{path}:cao-son")
    hub.measure("snmp_interfaces", ROUTER, **asked)
    time.sleep(2.0)
    reading = hub.measure("snmp_interfaces", ROUTER, **asked)
    assert dict(rows(reading["facts"], "if_name", "if_speed_bps"))[path] == speed_bps
    assert 0.9 <= reading["measures"]["in_utilisation_ratio"] <= 1.1
    assert reading["measures"]["out_utilisation_ratio"] < 0.1
    if path == "tslcd":
        core = {**community(healed), "interface": "tslcd:cao-son"}
        hub.measure("snmp_interfaces", "10.255.255.1", **core)
        time.sleep(1.0)
        beyond = hub.measure("snmp_interfaces", "10.255.255.1", **core)["measures"]
        assert 0.9 <= beyond["out_utilisation_ratio"] <= 1.2
    echo = hub.measure("icmp_echo", router, count=5, timeout_s=3.0)
    assert echo["measures"]["rtt_median_s"] > calm_s + 0.08
    assert hub.measure("icmp_echo", "10.255.3.2", count=3)["measures"]["rtt_median_s"] < 0.1
    healed.heal(None)
    until(lambda: hub.measure("icmp_echo", router, count=3, timeout_s=2.0)["measures"]["rtt_median_s"] < calm_s + 0.08)
    hub.measure("snmp_interfaces", ROUTER, **asked)
    time.sleep(1.0)
    assert hub.measure("snmp_interfaces", ROUTER, **asked)["measures"]["in_utilisation_ratio"] < 0.2


def test_a_new_machine_shows_its_address_and_its_port(healed: Lab, hub: Vantage) -> None:
    assert set(macs(hub, healed)) <= KNOWN_MACS
    healed.fault("new-device:cao-son")
    found = until(lambda: set(macs(hub, healed)) - KNOWN_MACS)
    (mac,) = found
    assert macs(hub, healed)[mac] == "port20"
    facts = hub.measure("snmp_neighbours", ROUTER, **community(healed))["facts"]
    ip = next(ip for known, ip in rows(facts, "mac", "ip") if known == mac)
    assert hub.answers(ip)
    healed.heal(None)
    assert hub.is_silent(ip)
    until(lambda: set(macs(hub, healed)) <= KNOWN_MACS)
    healed.fault("new-device:cao-son")
    (other,) = until(lambda: set(macs(hub, healed)) - KNOWN_MACS)
    assert other != mac


def test_a_new_machine_in_the_hubs_building_answers_a_sweep(healed: Lab, hub: Vantage) -> None:
    before = hub.measure("arp_sweep", "10.20.0.0/24", rate_per_s=50, tries_count=1)["facts"]["mac"]
    healed.fault("new-device:building")
    after = hub.measure("arp_sweep", "10.20.0.0/24", rate_per_s=50, tries_count=1)["facts"]["mac"]
    assert len(set(after) - set(before)) == 1


def test_a_machine_that_claims_the_gateway_is_seen_by_who_listens(healed: Lab, hub: Vantage) -> None:
    calm = hub.measure("arp_watch", "building", gateway=BUILDING_GATEWAY, listen_s=0.5)
    assert calm["measures"]["impersonation_count"] == 0
    # The rightful owner is learned from what it says.
    hub.measure("arp_sweep", f"{BUILDING_GATEWAY}/32")
    hub.measure("arp_watch", "building", gateway=BUILDING_GATEWAY, listen_s=0.5)
    healed.fault("arp-spoof:building")
    reading = until(
        lambda: (
            reading
            if (reading := hub.measure("arp_watch", "building", gateway=BUILDING_GATEWAY, listen_s=0.5))["measures"][
                "impersonation_count"
            ]
            else None
        )
    )
    assert reading["facts"]["gateway_mac"] == "4c:5e:0c:14:00:01"
    assert len(reading["facts"]["impersonator_mac"]) == 1
    healed.heal(None)
    hub.measure("arp_watch", "building", gateway=BUILDING_GATEWAY, listen_s=0.5)
    time.sleep(1.5)
    after = hub.measure("arp_watch", "building", gateway=BUILDING_GATEWAY, listen_s=0.5)
    assert after["measures"]["impersonation_count"] == 0
    assert hub.answers("10.20.1.1")


def test_a_spoofed_switch_takes_the_spoofer_for_its_gateway_and_still_answers(healed: Lab, hub: Vantage) -> None:
    def gateway_mac() -> str:
        facts = hub.measure("snmp_neighbours", SWITCH, **community(healed))["facts"]
        return next((str(mac) for mac, ip in rows(facts, "mac", "ip") if ip == ROUTER), "")

    assert hub.answers(SWITCH)
    assert until(lambda: gateway_mac() == ROUTER_MAC)
    healed.fault("arp-spoof:cao-son")
    until(lambda: gateway_mac() not in ("", ROUTER_MAC))
    assert hub.answers(SWITCH)
    healed.heal(None)
    assert hub.answers(SWITCH)
    until(lambda: gateway_mac() == ROUTER_MAC)


def test_an_honest_server_answers_in_the_building_and_a_rogue_one_beside_it(healed: Lab, hub: Vantage) -> None:
    asked = {"discover": True, "listen_s": 1.0, "allowed_servers": (BUILDING_GATEWAY,)}
    calm = hub.measure("dhcp_watch", "building", **asked)
    assert calm["facts"]["server_ip"] == [BUILDING_GATEWAY]
    assert calm["facts"]["server_router"] == [BUILDING_GATEWAY]
    assert calm["facts"]["server_dns"] == ["10.20.0.53"]
    assert calm["measures"]["rogue_count"] == 0
    healed.fault("rogue-dhcp:building")
    reading = until(
        lambda: reading if (reading := hub.measure("dhcp_watch", "building", **asked))["measures"]["rogue_count"] else 0
    )
    assert len(reading["facts"]["rogue_servers"]) == 1
    assert set(reading["facts"]["server_ip"]) == {BUILDING_GATEWAY, *reading["facts"]["rogue_servers"]}
    healed.heal(None)
    hub.measure("dhcp_watch", "building", **asked)
    assert hub.measure("dhcp_watch", "building", **asked)["measures"]["rogue_count"] == 0


def test_a_communes_machine_is_offered_a_rogue_gateway(healed: Lab, computer: Vantage) -> None:
    asked = {"discover": True, "listen_s": 1.0, "allowed_servers": (ROUTER,)}
    assert computer.measure("dhcp_watch", "lan", **asked)["facts"]["server_ip"] == [ROUTER]
    healed.fault("rogue-dhcp:cao-son")
    until(lambda: computer.measure("dhcp_watch", "lan", **asked)["measures"]["rogue_count"])
    healed.heal(None)
    computer.measure("dhcp_watch", "lan", **asked)
    assert computer.measure("dhcp_watch", "lan", **asked)["facts"]["server_ip"] == [ROUTER]


def test_a_bridge_to_the_internet_forwards_and_says_so(healed: Lab, hub: Vantage) -> None:
    healed.fault("bridge-inet-tslcd:cao-son:machine")
    (mac,) = until(lambda: set(macs(hub, healed)) - KNOWN_MACS)
    facts = hub.measure("snmp_neighbours", ROUTER, **community(healed))["facts"]
    ip = next(ip for known, ip in rows(facts, "mac", "ip") if known == mac)
    reading = hub.measure("snmp_interfaces", ip, **community(healed))
    assert reading["outcome"] == "ok", reading
    assert {"lan", "wan"} <= set(reading["facts"]["if_name"])
    healed.heal(None)
    assert hub.is_silent(ip)
    healed.fault("bridge-inet-tslcd:cao-son:machine")
    until(lambda: hub.answers(ip))


def test_a_machine_that_takes_the_bridge_for_its_gateway_reaches_the_internet_past_the_router(
    healed: Lab, hub: Vantage, computer: Vantage
) -> None:
    anchor = "192.0.2.2"  # of the provider both the unit and the bridge are with
    healed.fault("link-down:internet:cao-son")
    healed.fault("bridge-inet-tslcd:cao-son:machine")
    (mac,) = until(lambda: set(macs(hub, healed)) - KNOWN_MACS)
    facts = hub.measure("snmp_neighbours", ROUTER, **community(healed))["facts"]
    bridge = next(ip for known, ip in rows(facts, "mac", "ip") if known == mac)
    assert not computer.answers(anchor)
    change = f"from pyroute2 import IPRoute; IPRoute().route('replace', dst='192.0.2.2/32', gateway='{bridge}')"
    assert healed.spawn("cao-son/device/may-mot-cua", [sys.executable, "-c", change]).wait() == 0
    try:
        assert computer.answers(anchor)
        healed.heal("bridge-inet-tslcd")
        assert computer.is_silent(anchor)
    finally:
        undo = "from pyroute2 import IPRoute; IPRoute().route('del', dst='192.0.2.2/32')"
        assert healed.spawn("cao-son/device/may-mot-cua", [sys.executable, "-c", undo]).wait() == 0


def test_agents_that_answer_public_are_told_from_those_that_do_not(healed: Lab, hub: Vantage) -> None:
    healed.fault("snmp-public:cao-son")
    for address in (SWITCH, ROUTER):
        facts = hub.measure("snmp_agent", address, **community(healed))["facts"]
        assert facts["answers_public"] is True
        assert facts["default_communities"] == ["public"]
    assert hub.measure("snmp_agent", "10.21.3.13", **community(healed))["facts"]["answers_public"] is False
    healed.heal(None)
    assert hub.measure("snmp_agent", SWITCH, **community(healed))["facts"]["answers_public"] is False


def test_faults_of_one_lan_heal_in_any_order(healed: Lab, hub: Vantage) -> None:
    specs = ["switch-down:cao-son", "new-device:cao-son", "port-flap:cao-son", "arp-spoof:cao-son"]
    for spec in specs:
        healed.fault(spec)
    for spec in specs:
        healed.heal(spec)
    assert healed.active() == ()
    assert all(hub.answers(address) for address in (SWITCH, COMPUTER, PRINTER, ROUTER))
    for spec in reversed(specs):
        healed.fault(spec)
    for spec in reversed(specs):
        healed.heal(spec)
    assert all(hub.answers(address) for address in (SWITCH, COMPUTER, PRINTER, ROUTER))
