"""The LANs of the simulated district: a switch with a port for each machine, hardware addresses that never change.

Source: IEEE 802 for the octets of an address; the makers' blocks are those of the public registry.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network

from bt_console.lab.plan import End, Lan, Link, Route, SwitchPort

ROUTER_MAKER, SWITCH_MAKER, COMPUTER_MAKER, PRINTER_MAKER = "4c:5e:0c", "50:c7:bf", "00:14:22", "00:1e:8f"
BRIDGE = "switch"
"""Name of a switch's bridge, and of the inventory's device that is the switch."""
_PRINTERS = ("may-in", "printer")
_SPARE_SUBNET = "100.64.2.0/24"
"""Of the hub's segment where the inventory has no address there (shared address space, RFC 6598)."""
_ANYWHERE = "0.0.0.0/0"
_LENGTHS = (24, 25, 26, 27, 28, 29)


def mac_of(maker: str, address: str) -> str:
    """Return the hardware address of the machine with a network address: the same in every lab."""
    octets = IPv4Address(address).packed
    return ":".join((maker, *(f"{octet:02x}" for octet in octets[1:])))


def maker_of(machine: str) -> str:
    """Return the maker of a machine by what the inventory calls it."""
    if machine == BRIDGE:
        return SWITCH_MAKER
    return PRINTER_MAKER if machine.startswith(_PRINTERS) else COMPUTER_MAKER


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One of the inventory's devices on a LAN."""

    name: str
    address: str
    target_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A LAN with what has to be built for it."""

    lan: Lan
    links: tuple[Link, ...]
    routes: tuple[Route, ...] = ()


def unit_segment(unit_id: str, name: str, router: End, subnet: str, machines: Sequence[Machine]) -> Segment:
    """Return a unit's LAN: the router at port1 of the switch, each machine in a namespace of its own at the next."""
    known = [machine for machine in machines if machine.name != BRIDGE]
    spaces = {machine.name: f"{unit_id}/device/{machine.name}" for machine in known}
    ends = [
        End(
            space=spaces[machine.name],
            device="lan",
            address=machine.address,
            prefix_length=router.prefix_length,
            mac=mac_of(maker_of(machine.name), machine.address),
        )
        for machine in known
    ]
    address = next((machine.address for machine in machines if machine.name == BRIDGE), "")
    ports = tuple(
        SwitchPort(
            device=f"port{number}", machine=machine.name, space=spaces[machine.name], target_id=machine.target_id
        )
        for number, machine in enumerate(known, 2)
    )
    made = segment(unit_id, name, (router, *ends), (subnet, address), ports)
    return replace(made, routes=_default_routes(made, ends))


def segment(lan_id: str, name: str, ends: Sequence[End], own: tuple[str, str], ports: Iterable[SwitchPort]) -> Segment:
    """Join ends at a switch: the router first, then one for each port; `own` is the subnet and the switch's address."""
    subnet, address = own
    router = ends[0]
    switch = End(
        space=f"{lan_id}/switch",
        device=BRIDGE,
        address=address,
        prefix_length=router.prefix_length,
        mac=mac_of(SWITCH_MAKER, address or str(IPv4Network(subnet).broadcast_address)),
    )
    uplink = SwitchPort(device="port1", machine="router", space=router.space, target_id=f"{lan_id}/lan")
    all_ports = (uplink, *ports)
    links = [
        Link(
            near=end,
            far=End(space=switch.space, device=port.device, address="", prefix_length=router.prefix_length),
        )
        for end, port in zip(ends, all_ports, strict=True)
    ]
    lan = Lan(id=lan_id, name=name, subnet=subnet, router=router, switch=switch, ports=all_ports)
    return Segment(lan=lan, links=tuple(links))


def _default_routes(made: Segment, ends: Sequence[End]) -> tuple[Route, ...]:
    inside = (*ends, made.lan.switch) if made.lan.switch.address else tuple(ends)
    gateway = made.lan.router.address
    return tuple(Route(space=end.space, destination=_ANYWHERE, gateway=gateway, device=end.device) for end in inside)


def building_subnet(
    own: Collection[str], foreign: Collection[IPv4Network], taken: Collection[str]
) -> tuple[IPv4Network, str, str]:
    """Return the subnet of the hub's own segment, its router's address and the hub's.

    It lies around the addresses the inventory has in the building, and holds nothing of elsewhere.
    """
    for address in own:
        for length in _LENGTHS:
            subnet = IPv4Network(f"{address}/{length}", strict=False)
            if not any(subnet.overlaps(other) for other in foreign):
                return subnet, *_free_ends(subnet, {*taken, *own})
    subnet = IPv4Network(_SPARE_SUBNET)
    return subnet, *_free_ends(subnet, taken)


def _free_ends(subnet: IPv4Network, taken: Collection[str]) -> tuple[str, str]:
    free = [str(host) for host in subnet.hosts() if str(host) not in taken]
    return free[0], free[-1]
