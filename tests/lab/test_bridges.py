"""Who joins the Internet to the TSLCD, as the real probe and the kernel itself tell, and that it heals."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from bt_console.lab.agents.instances import confined, elsewhere
from bt_console.lab.agents.netlink import Address, Device, Rule
from bt_console.lab.client import Lab
from bt_console.lab.plan import BUILDING_LAN
from bt_console.lab.separation import separations
from tests.lab.conftest import Vantage
from tests.lab.example import plan
from tests.lab.test_agents import community, rows
from tests.lab.test_lan_faults import KNOWN_MACS, ROUTER, macs, until

LAN, TSLCD, INTERNET = ("10.21.2.1", "lan"), ("10.255.2.2", "tslcd"), ("198.51.100.10", "internet")
PROVIDER, DATA_CENTRE, COMPUTER = "198.51.100.9", "10.254.1.11", "10.21.2.11"


def addresses(hub: Vantage, lab: Lab, agent: str = ROUTER) -> dict[str, Any]:
    reading = hub.measure("snmp_addresses", agent, **community(lab))
    assert reading["outcome"] == "ok", reading
    facts: dict[str, Any] = reading["facts"]
    return facts


def own(facts: dict[str, Any]) -> set[tuple[str, str]]:
    return {row for row in rows(facts, "own_address", "own_if_name") if row[1] != "lo"}


def leaves_by(lab: Lab, source: str, device: str, destination: str) -> str:
    """Return by which device the router's kernel forwards a packet that came in at another, or what it says instead."""
    ask = (
        "import socket; from pyroute2 import IPRoute; from pyroute2.netlink.exceptions import NetlinkError\n"
        f"link = socket.if_nametoindex('{device}')\n"
        f"try: found = IPRoute().route('get', dst='{destination}', src='{source}', iif=link)[0].get_attr('RTA_OIF')\n"
        "except NetlinkError as error: print(error.code)\n"
        "else: print(socket.if_indextoname(found))"
    )
    with lab.spawn("cao-son", [sys.executable, "-c", ask], stdout=subprocess.PIPE, text=True) as command:
        return str(command.communicate()[0]).strip()


@pytest.mark.netns
@pytest.mark.xdist_group("lab")
def test_a_router_that_joins_its_lines_shows_both_in_one_and_heals(healed: Lab, hub: Vantage) -> None:
    calm = addresses(hub, healed)
    assert calm["ip_forwarding"] is True
    assert own(calm) == {LAN, TSLCD}
    assert calm["default_gateway"] == []
    healed.fault("bridge-inet-tslcd:cao-son")
    joined = addresses(hub, healed)
    assert joined["ip_forwarding"] is True
    assert own(joined) == {LAN, TSLCD, INTERNET}
    assert rows(joined, "default_gateway", "default_if_name") == [(PROVIDER, "internet")]
    assert own(addresses(hub, healed, "10.21.3.1")) == {("10.21.3.1", "lan"), ("10.255.3.2", "tslcd")}
    healed.heal(None)
    assert addresses(hub, healed) == calm


@pytest.mark.netns
@pytest.mark.xdist_group("lab")
def test_the_kernel_of_that_router_really_forwards_between_them_only_then(healed: Lab) -> None:
    unreachable = "101"
    outside = [("192.0.2.2", "internet", DATA_CENTRE), (DATA_CENTRE, "tslcd", "192.0.2.2")]
    assert [leaves_by(healed, *way) for way in outside] == [unreachable, unreachable]
    assert leaves_by(healed, "192.0.2.2", "internet", COMPUTER) == "lan"
    assert leaves_by(healed, DATA_CENTRE, "tslcd", COMPUTER) == "lan"
    healed.fault("bridge-inet-tslcd:cao-son:router")
    assert [leaves_by(healed, *way) for way in outside] == ["tslcd", "internet"]
    healed.heal("bridge-inet-tslcd")
    assert [leaves_by(healed, *way) for way in outside] == [unreachable, unreachable]


@pytest.mark.netns
@pytest.mark.xdist_group("lab")
def test_a_machine_with_a_line_of_its_own_says_that_it_forwards_and_the_router_stays_as_it_is(
    healed: Lab, hub: Vantage
) -> None:
    calm = addresses(hub, healed)
    healed.fault("bridge-inet-tslcd:cao-son:machine")
    (mac,) = until(lambda: set(macs(hub, healed)) - KNOWN_MACS)
    facts = hub.measure("snmp_neighbours", ROUTER, **community(healed))["facts"]
    ip = next(ip for known, ip in rows(facts, "mac", "ip") if known == mac)
    guest = addresses(hub, healed, ip)
    assert guest["ip_forwarding"] is True
    assert {name for _, name in own(guest)} == {"lan", "wan"}
    assert (ip, "lan") in own(guest)
    assert rows(guest, "default_if_name") == [("wan",)]
    assert addresses(hub, healed) == calm


def test_every_unit_with_both_lines_keeps_them_apart() -> None:
    found = {one.space: one.inside for one in separations(plan())}
    assert found == {lan.id: lan.subnet for lan in plan().lans if lan.id != BUILDING_LAN}


def rule(priority: int, device: str = "", *, to_main: bool = False, narrow: bool = False) -> Rule:
    return Rule(priority=priority, device=device, is_narrow=narrow, is_to_main=to_main, is_refusal=not to_main)


MAIN, RELEASED = rule(32766, to_main=True), rule(50, to_main=True)
LAN_ONLY = (rule(100, "tslcd", to_main=True, narrow=True), rule(101, "tslcd"))


@pytest.mark.parametrize(
    ("rules", "devices"),
    [
        ((MAIN,), set()),
        ((MAIN, *LAN_ONLY), {"tslcd"}),
        ((MAIN, rule(101, "tslcd"), rule(101, "internet")), {"tslcd", "internet"}),
        ((MAIN, *LAN_ONLY, RELEASED), set()),
        ((MAIN, rule(101, "tslcd", narrow=True)), set()),
        ((MAIN, rule(40000, "tslcd")), set()),
        ((MAIN, rule(101)), set()),
    ],
)
def test_a_device_is_confined_whose_packets_are_refused_before_all_others_find_their_way(
    rules: tuple[Rule, ...], devices: set[str]
) -> None:
    assert confined(rules) == devices


def device(index: int, name: str) -> Device:
    empty = {"mac": b"", "mtu": 0, "kind": "", "alias": "", "master": 0, "bridge_port": 0, "counters": ()}
    return Device(index=index, name=name, is_loopback=False, is_up=True, is_running=True, **empty)  # type: ignore[arg-type]


def test_a_confined_device_is_elsewhere_unless_the_agent_is_asked_at_its_address() -> None:
    devices = (device(1, "lan"), device(2, "tslcd"), device(3, "internet"))
    known = (Address(1, b"\x0a\0\0\1", 24), Address(2, b"\x0a\0\1\1", 32), Address(3, b"\x0a\0\2\1", 32))
    rules = (MAIN, rule(101, "tslcd"), rule(101, "internet"))
    assert elsewhere(rules, devices, known, {b"\x0a\0\0\1", b"\x0a\0\1\1"}) == {3}
    assert elsewhere((*rules, RELEASED), devices, known, {b"\x0a\0\0\1"}) == set()
