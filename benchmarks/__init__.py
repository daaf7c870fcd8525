"""Benchmarks: each sibling module has `run() -> Result`; `python -m benchmarks [NAME]` prints and records them.

Every figure is compared with a peer in the same run on the same targets, runs of both taking turns, or is a count that
does not depend on the machine. A ratio's spread says how far to trust it.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


class Unavailable(Exception):
    """This machine lacks what the benchmark needs; the message says what, and how to get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One quantity, measured several times: ours, and the peer's in the same rounds when there is a peer."""

    what: str
    unit: str
    ours: tuple[float, ...]
    peers: tuple[float, ...] = ()
    """Round by round beside `ours`; empty when the figure stands alone."""
    at_most: float | None = None
    """What is aimed at: of the ratio when there is a peer, of our value otherwise."""
    at_least: float | None = None

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours divided by the peer's, round by round; our values where there is no peer."""
        if not self.peers:
            return self.ours
        return tuple(ours / peer for ours, peer in zip(self.ours, self.peers, strict=True))

    @property
    def is_reached(self) -> bool | None:
        """Whether the median reaches the aim; None without an aim."""
        if self.at_most is None and self.at_least is None:
            return None
        middle = median(self.ratios)
        return (self.at_most is None or middle <= self.at_most) and (self.at_least is None or middle >= self.at_least)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one benchmark found."""

    peer: str
    """Name and version of what we are compared with, "" when there is none."""
    figures: tuple[Figure, ...]
    remarks: tuple[str, ...] = ()
