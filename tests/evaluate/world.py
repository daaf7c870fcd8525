"""What is broken in the simulated district at an instant, and what a probe would read then.

A condition is one line: `20s..60s cut cao-son/tslcd`, `20s.. loss tslcd-core 20%`. Its verbs:
cut (dead), mute (answers, forwards nothing), shy (forwards, ignores pings), loss P%, delay Nms, flap DOWN/UP,
busy P% (share of its line in use), reroute (its packets take another way),
refused, status, slow Ns, wrong, expired, untrusted, days N, noname, say TEXT (`say timeout`, `say ok 12ms`),
error KIND (our own side cannot measure). Of the monitor itself, `*`: stall, restart, jump Ns (its clock).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random

from bt_console.evaluate.topology import primary_of
from bt_console.model.inventory import Check, Inventory, Role, Target, TargetId
from probes.api import Fact, FailureKind, Outcome, Reading

PINGS = 10
_SPACING_S = 0.02
_PING_TIMEOUT_S = 0.8
_SYN_RETRIES_S = (0.0, 1.0, 3.0)
"""A connection asks again after so long: one that began before the repair succeeds late."""
_HOP_S = {Role.UPLINK: 0.001, Role.CORE: 0.002, Role.TSLCD: 0.008, Role.INTERNET: 0.009, Role.SERVICE: 0.004}
_LINE = re.compile(r"(?P<start>[\d.]+)s\.\.(?:(?P<end>[\d.]+)s)? (?P<verb>[a-z]+) (?P<where>\S+)(?: (?P<value>.+))?")

Read = tuple[Reading, float]
"""A reading and how long it took, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing wrong with the targets or checks that match, for a time."""

    start_s: float
    end_s: float
    verb: str
    where: tuple[str, ...]
    """Patterns of target or check ids."""
    value: str

    @classmethod
    def parse(cls, line: str) -> Condition:
        """Return the condition a line describes. Raises ValueError."""
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"not a condition: {line!r}")
        return cls(
            start_s=float(match["start"]),
            end_s=float(match["end"] or "inf"),
            verb=match["verb"],
            where=tuple(match["where"].split(",")),
            value=match["value"] or "",
        )

    def holds(self, at_s: float) -> bool:
        """Return whether it is so at an instant."""
        if not self.start_s <= at_s < self.end_s:
            return False
        if self.verb != "flap":
            return True
        down_s, up_s = (float(part.removesuffix("s")) for part in self.value.split("/"))
        return (at_s - self.start_s) % (down_s + up_s) < down_s

    def touches(self, name: str) -> bool:
        """Return whether a target or check id is meant."""
        return any(fnmatchcase(name, pattern) for pattern in self.where)

    @property
    def number(self) -> float:
        """The value without its unit: 20% is 0.2, 300ms is 0.3."""
        match = re.match(r"([\d.-]+)(%|ms|s|)", self.value)
        assert match is not None, self.value
        return float(match[1]) * {"%": 0.01, "ms": 0.001, "s": 1.0, "": 1.0}[match[2]]


class World:
    """The district under conditions; randomness comes in."""

    def __init__(self, inventory: Inventory, conditions: Iterable[Condition], random: Random) -> None:
        self._targets = inventory.targets
        self._random = random
        self._by_name: dict[str, list[Condition]] = {}
        found = tuple(conditions)
        for name in (*inventory.targets, *inventory.checks, *self._switches(inventory)):
            self._by_name[name] = [condition for condition in found if condition.touches(name)]
        self._counted_at_s: dict[str, float] = {}
        self._roads = {target: self._road(target) for target in inventory.targets}

    @staticmethod
    def _switches(inventory: Inventory) -> list[str]:
        return [f"{unit}/switch" for unit in inventory.units]

    def _road(self, target_id: TargetId) -> tuple[str, ...]:
        """Return what packets to a target pass, the nearest first, itself last."""
        target = self._targets[target_id]
        roads = [p for p in target.depends_on if self._targets[p].role is not Role.DNS]
        before = self._road(roads[0]) if roads else ()
        switch = (f"{target.unit_id}/switch",) if target.role is Role.DEVICE else ()
        return (*before, *switch, target_id)

    def _now(self, name: str, verb: str, at_s: float) -> Condition | None:
        return next((c for c in self._by_name[name] if c.verb == verb and c.holds(at_s)), None)

    def _is_blocked(self, target_id: TargetId, at_s: float) -> bool:
        *before, _ = road = self._roads[target_id]
        is_cut = any(self._now(hop, verb, at_s) for hop in road for verb in ("cut", "flap"))
        return is_cut or any(self._now(hop, "mute", at_s) for hop in before)

    def _sum(self, target_id: TargetId, verb: str, at_s: float) -> float:
        found = (self._now(hop, verb, at_s) for hop in self._roads[target_id])
        return sum(condition.number for condition in found if condition)

    def _delay_s(self, target_id: TargetId, at_s: float) -> float:
        hops = (self._targets[TargetId(hop)] for hop in self._roads[target_id] if hop in self._targets)
        base_s = 0.0003 + sum(_HOP_S.get(hop.role, 0.0005) for hop in hops)
        return base_s * self._random.uniform(1.0, 1.3) + self._sum(target_id, "delay", at_s)

    def observe(self, check: Check, at_s: float) -> Read:
        """Return what a check would read if it were started at an instant."""
        for name in (check.target_id, check.id):
            error = self._now(name, "error", at_s)
            if error is not None:
                detail = f"cannot measure: {error.value}"
                return Reading(outcome=Outcome.ERROR, failure=FailureKind(error.value), detail=detail), 0.001
            said = [c for c in self._by_name[name] if c.verb == "say" and c.holds(at_s)]
            if said:
                return _as_said(said[-1].value)
        ask = {
            "icmp_echo": self._ping,
            "dns_query": self._dns_query,
            "host_health": self._host_health,
            "snmp_interfaces": self._count,
            "path_trace": self._trace,
        }
        return ask.get(check.probe, self._connect)(check, at_s)

    def _host_health(self, check: Check, at_s: float) -> Read:
        return Reading(outcome=Outcome.OK, measures={"load": 0.1}), 0.001

    def _count(self, check: Check, at_s: float) -> Read:
        """Read counters: the mean over the time since they were last read."""
        if self._is_blocked(check.target_id, at_s):
            return Reading(outcome=Outcome.TIMEOUT, detail="no answer"), check.timeout_s
        since_s = self._counted_at_s.get(check.id, at_s)
        self._counted_at_s[check.id] = at_s
        moments = [since_s + (at_s - since_s) * (place + 0.5) / 20 for place in range(20)]
        shares = [busy.number if (busy := self._now(check.target_id, "busy", at)) else 0.05 for at in moments]
        measures = {"in_utilisation_ratio": 0.02, "out_utilisation_ratio": sum(shares) / len(shares)}
        return Reading(outcome=Outcome.OK, measures=measures if at_s > since_s else {}), self._delay_s(
            check.target_id, at_s
        )

    def _trace(self, check: Check, at_s: float) -> Read:
        if self._is_blocked(check.target_id, at_s):
            return Reading(outcome=Outcome.TIMEOUT, facts={"reached": False}), 1.5
        road = [self._targets[TargetId(hop)].address for hop in self._roads[check.target_id] if hop != "hub"]
        if self._now(check.target_id, "reroute", at_s):
            road.insert(-1, "192.0.2.99")
        facts: dict[str, Fact] = {"hop_address": tuple(road), "route_hash": "-".join(road), "reached": True}
        return Reading(outcome=Outcome.OK, facts=facts), 1.2

    def _ping(self, check: Check, at_s: float) -> Read:
        target_id = check.target_id
        lost = [self._random.random() < self._sum(target_id, "loss", at_s) for _ in range(PINGS)]
        if self._is_blocked(target_id, at_s) or self._now(target_id, "shy", at_s) or all(lost):
            nothing = Reading(outcome=Outcome.TIMEOUT, measures={"loss_ratio": 1.0}, detail="no answer in 0.8 s")
            return nothing, _PING_TIMEOUT_S
        rtt_s = self._delay_s(target_id, at_s)
        took_s = max(_SPACING_S * (PINGS - 1) + rtt_s, _PING_TIMEOUT_S if any(lost) else 0.0)
        return Reading(outcome=Outcome.OK, measures={"rtt_median_s": rtt_s, "loss_ratio": sum(lost) / PINGS}), took_s

    def _dns_query(self, check: Check, at_s: float) -> Read:
        loss_ratio = self._sum(TargetId("dns"), "loss", at_s) ** 2
        if self._is_blocked(TargetId("dns"), at_s) or self._random.random() < loss_ratio:
            return Reading(outcome=Outcome.TIMEOUT, detail="no answer in 2 s"), 2.0
        if self._now(check.id, "noname", at_s):
            return _failed(FailureKind.NAME_NOT_FOUND, f"{check.address}: NXDOMAIN"), 0.002
        if self._now(check.id, "wrong", at_s):
            return _failed(FailureKind.MISMATCH, f"{check.address}: 10.9.9.9"), 0.002
        return Reading(outcome=Outcome.OK, measures={"query_s": 0.002}), 0.002

    def _connect(self, check: Check, at_s: float) -> Read:
        """TCP, TLS and HTTP: first the name, then the way, then the service itself."""
        unnamed = self._unnamed(self._targets[check.target_id], at_s)
        if unnamed is not None:
            return unnamed
        tries = [wait for wait in _SYN_RETRIES_S if not self._is_blocked(check.target_id, at_s + wait)]
        if not tries:
            return Reading(outcome=Outcome.TIMEOUT, detail=f"no answer in {check.timeout_s:g} s"), check.timeout_s
        reading, took_s = self._serve(check, at_s + tries[0])
        took_s += tries[0] + self._resent_s(check.target_id, at_s)
        if took_s > check.timeout_s:
            return Reading(outcome=Outcome.TIMEOUT, detail=f"no answer in {check.timeout_s:g} s"), check.timeout_s
        if reading.outcome is Outcome.OK:
            reading = Reading(outcome=Outcome.OK, measures={**reading.measures, "total_s": took_s})
        return reading, took_s

    def _unnamed(self, target: Target, at_s: float) -> Read | None:
        host, query = target.labels.get("host", ""), f"dns:dns_query:{primary_of(target)}"
        if self._is_blocked(TargetId("dns"), at_s):
            return _failed(FailureKind.NAME_NOT_FOUND, f"{host}: no answer from the resolver"), 2.0
        if self._now(query, "noname", at_s):
            return _failed(FailureKind.NAME_NOT_FOUND, f"{host}: NXDOMAIN"), 0.002
        if self._now(query, "wrong", at_s):
            return _failed(FailureKind.REFUSED, "10.9.9.9: connection refused"), 0.003
        return None

    def _resent_s(self, target_id: TargetId, at_s: float) -> float:
        """Return the time lost to packets that had to be sent again: one in three is a costly one."""
        loss_ratio = self._sum(target_id, "loss", at_s)
        return sum(0.4 for _ in range(4) if self._random.random() < loss_ratio)

    def _serve(self, check: Check, at_s: float) -> Read:
        rtt_s = self._delay_s(check.target_id, at_s)
        refusal = next(self._refusals(check, at_s), None)
        if refusal is not None:
            return refusal, 2 * rtt_s
        slow = self._now(check.target_id, "slow", at_s)
        expiring = self._now(check.target_id, "days", at_s)
        days_left = expiring.number if expiring else 300.0
        is_tls = check.probe == "tls_handshake"
        measures = {"certificate_days_left": days_left} if is_tls else {}
        took_s = 3 * rtt_s + (slow.number if slow and not is_tls else 0.0)
        return Reading(outcome=Outcome.OK, measures=measures), took_s

    def _refusals(self, check: Check, at_s: float) -> Iterator[Reading]:
        def is_so(verb: str) -> bool:
            return any(self._now(name, verb, at_s) for name in (check.id, check.target_id))

        if is_so("refused"):
            yield _failed(FailureKind.REFUSED, f"{check.address}: connection refused")
        if check.probe == "tls_handshake" or check.address.startswith("https:"):
            if is_so("expired"):
                yield _failed(FailureKind.TLS, "certificate has expired", {"certificate_days_left": -1.0})
            if is_so("untrusted"):
                yield _failed(FailureKind.TLS, "unknown issuer", {"certificate_days_left": 300.0})
        if check.probe == "http_get" and is_so("status"):
            yield _failed(FailureKind.PROTOCOL, "HTTP 500 Internal Server Error")
        if check.probe == "http_get" and is_so("wrong"):
            yield _failed(FailureKind.MISMATCH, "expected text is missing")


def _failed(kind: FailureKind, detail: str, measures: dict[str, float] | None = None) -> Reading:
    return Reading(outcome=Outcome.FAIL, failure=kind, detail=detail, measures=measures or {})


def _as_said(text: str) -> Read:
    word, _, value = text.partition(" ")
    if word == "timeout":
        return Reading(outcome=Outcome.TIMEOUT, measures={"loss_ratio": 1.0}, detail="no answer"), _PING_TIMEOUT_S
    if word == "error":
        return Reading(outcome=Outcome.ERROR, failure=FailureKind(value or "internal"), detail="ours"), 0.001
    if word == "fail":
        return _failed(FailureKind(value), f"it said {value}"), 0.005
    assert word == "ok", text
    rtt_s = float((value or "10ms").removesuffix("ms")) / 1000
    return Reading(outcome=Outcome.OK, measures={"rtt_median_s": rtt_s, "loss_ratio": 0.0}), rtt_s
