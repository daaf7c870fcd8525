"""Routes and interfaces as the kernel writes them."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from probes._wire.interfaces import gateway_of, interface_to, read_interface, read_routes, source_towards
from probes._wire.mac import read_mac
from probes._wire.packet_ring import read_program
from probes.api import FailureKind, ProbeFailure

HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
TABLE = (
    HEAD
    + "eth0\t00000000\tFE01A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
    + "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
    + "eth1\t8001A8C0\t00000000\t0001\t0\t0\t100\t80FFFFFF\t0\t0\t0\n"
    + "eth1\t0000000A\t8101A8C0\t0003\t0\t0\t100\t000000FF\t0\t0\t0\n"
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "route"
    path.write_text(TABLE, encoding="ascii")
    return path


def test_the_longest_direct_route_names_the_interface(table: Path) -> None:
    routes = read_routes(table)
    assert interface_to(IPv4Network("192.168.1.0/25"), routes) == "eth0"
    assert interface_to(IPv4Network("192.168.1.128/26"), routes) == "eth1"
    assert interface_to(IPv4Network("192.168.0.0/23"), routes) == "", "half of it is elsewhere"
    assert interface_to(IPv4Network("10.1.0.0/24"), routes) == "", "behind a router"


def test_the_gateway_is_the_default_routes(table: Path) -> None:
    routes = read_routes(table)
    assert gateway_of("eth0", routes) == "192.168.1.254"
    assert gateway_of("eth1", routes) == ""


def test_loopback_is_an_interface_of_this_machine() -> None:
    found = read_interface("lo")
    assert (found.name, found.mac, found.address) == ("lo", bytes(6), "127.0.0.1")
    assert source_towards("127.0.0.9") == "127.0.0.1"
    assert source_towards("no address") == ""


@pytest.mark.parametrize("name", ["", "absent", "a" * 16, "é", "../lo", "lo lo"])
def test_a_name_that_is_no_interface_is_said_to_be_none(name: str) -> None:
    with pytest.raises(ProbeFailure) as caught:
        read_interface(name)
    assert caught.value.kind is FailureKind.NO_ROUTE


@pytest.mark.parametrize("text", ["02:00:00:00:00:0A", "02-00-00-00-00-0a"])
def test_a_mac_may_be_written_with_colons_or_dashes(text: str) -> None:
    assert read_mac(text) == bytes([2, 0, 0, 0, 0, 10])


@pytest.mark.parametrize("text", ["", "02:00:00:00:00", "02:00:00:00:00:0g", "0200.0000.000a", "10.9.0.1"])
def test_what_is_no_mac_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        read_mac(text)


def test_a_filter_that_is_cut_off_is_refused() -> None:
    assert read_program("1\n6 0 0 0\n") == ((6, 0, 0, 0),)
    with pytest.raises(ValueError, match="2 instructions has 1"):
        read_program("2 6 0 0 0")
