"""Address arithmetic of the simulated routers: summaries and the other end of a link."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network


def networks(texts: Iterable[str]) -> tuple[IPv4Network, ...]:
    """Return addresses and prefixes as networks, host bits dropped."""
    return tuple(IPv4Network(text, strict=False) for text in texts)


def summary(own: Sequence[IPv4Network], foreign: Sequence[IPv4Network]) -> tuple[IPv4Network, ...]:
    """Return few prefixes that cover all of `own` and touch nothing of `foreign`.

    Where an own prefix itself overlaps a foreign one it is returned as it is.
    """
    if not own:
        return ()
    cover = _cover(own)
    if len(own) == 1 or not any(cover.overlaps(other) for other in foreign):
        return (cover,)
    if cover in own:
        return tuple(sorted(set(own)))
    low, high = cover.subnets()
    return (
        *summary([network for network in own if network.subnet_of(low)], foreign),
        *summary([network for network in own if network.subnet_of(high)], foreign),
    )


def _cover(own: Sequence[IPv4Network]) -> IPv4Network:
    cover = own[0]
    while not all(network.subnet_of(cover) for network in own):
        cover = cover.supernet()
    return cover


def partner(address: str, taken: Collection[str]) -> str | None:
    """Return the other host of an address's /30; None where it has none, or another owner has it."""
    block = IPv4Network(f"{address}/30", strict=False)
    others = [str(host) for host in block.hosts() if host != IPv4Address(address)]
    if len(others) != 1 or others[0] in taken:
        return None
    return others[0]
