"""Which devices of a router belong to another of its routing instances than the one its agent is asked in. Pure.

An agent tells the interfaces of the whole machine, but addresses and routes of one instance only: without a context,
of the one the question came in by.
Source: RFC 3411 (3.3.1: contexts), RFC 4293 and RFC 4292 (their tables are those of one context), ip-rule(8).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bt_console.lab.agents.netlink import Address, Device, Rule


def confined(rules: Iterable[Rule]) -> frozenset[str]:
    """Return the devices whose packets are refused before any rule sends them where all others go."""
    found = set()
    for rule in sorted(rules, key=lambda rule: rule.priority):
        if rule.is_refusal and rule.device and not rule.is_narrow:
            found.add(rule.device)
        if rule.is_to_main and not rule.device and not rule.is_narrow:
            break
    return frozenset(found)


def elsewhere(
    rules: Iterable[Rule], devices: Iterable[Device], addresses: Iterable[Address], asked: Collection[bytes]
) -> frozenset[int]:
    """Return the indexes of confined devices that have none of the addresses the agent is asked at."""
    names = confined(rules)
    own = {address.index for address in addresses if address.ip in asked}
    return frozenset(device.index for device in devices if device.name in names and device.index not in own)
