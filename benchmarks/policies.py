"""Asks 50 of the rules that come along of 510 devices: all of them, and after one observation.

Every device has the facts of the rules' own passing cases, every tenth an open telnet port. The peer is the second
implementation of the rules' language behind the same engine.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from importlib.metadata import version
from typing import TypeVar

from benchmarks import Figure, Result
from bt_console.config.rules import load_rulebook
from policies.engine import CompiledRule, RuleResult, compile_rule
from policies.fact import FactValue
from policies.rule import Result as Outcome
from policies.sweep import Scoped, evaluate_all, evaluate_changed
from policies.trial import NOW
from tests.policies.rust_cel import RustCel

PEER = "common-expression-language"
RULES_COUNT = 50
DEVICES_COUNT = 510
ROUNDS = 5
TELNET_EVERY = 10

Facts = dict[str, FactValue]
T = TypeVar("T")


def run() -> Result:
    """Measure both, taking turns."""
    book = load_rulebook()
    rules = tuple(book.rules[name] for name in sorted(book.rules)[:RULES_COUNT])
    second = tuple(compile_rule(one.rule, book.declarations, RustCel()) for one in rules)
    district = [_facts(rules, number) for number in range(DEVICES_COUNT)]
    rounds = [_round(_scope(rules), _scope(second), district) for _ in range(ROUNDS)]
    full, beside, one, each, idle = zip(*rounds, strict=True)
    figures = (
        Figure(what="all rules of all devices: CPU", unit="s", ours=full, at_most=1.0),
        Figure(what="beside the second implementation: CPU", unit="s", ours=full, peers=beside),
        Figure(what="after one observation of one: CPU", unit="ms", ours=one, at_most=20.0),
        Figure(what="after one observation of each: CPU", unit="ms", ours=each),
        Figure(what="a look at all, nothing changed: CPU", unit="ms", ours=idle),
    )
    counts = Counter(found.result for facts in district for found in evaluate_all(_scope(rules), facts, NOW).values())
    told = ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome)
    remark = f"{RULES_COUNT} rules x {DEVICES_COUNT} devices: {told}"
    return Result(peer=f"common-expression-language {version(PEER)}", figures=figures, remarks=(remark,))


def _round(ours: Scoped, peers: Scoped, district: list[Facts]) -> tuple[float, ...]:
    """Return seconds of asking everything, ours and the peer's, and milliseconds of what changes ask."""
    full_s, results = _timed(lambda: [evaluate_all(ours, facts, NOW) for facts in district])
    beside_s, _ = _timed(lambda: [evaluate_all(peers, facts, NOW) for facts in district])
    one_s, _ = _timed(lambda: _changed(ours, results[:1], district[:1]))
    each_s, _ = _timed(lambda: _changed(ours, results, district))
    idle_s, _ = _timed(lambda: _unchanged(ours, results, district))
    return full_s, beside_s, 1000 * one_s, 1000 * each_s, 1000 * idle_s


def _scope(rules: tuple[CompiledRule, ...]) -> Scoped:
    """Return rules as if all of them were asked of devices."""
    users: dict[str, tuple[CompiledRule, ...]] = {}
    for compiled in rules:
        for need in compiled.rule.needs:
            users[need.fact] = (*users.get(need.fact, ()), compiled)
    return Scoped(rules=rules, users=users)


def _facts(rules: tuple[CompiledRule, ...], number: int) -> Facts:
    facts: Facts = {}
    for compiled in rules:
        passing = next(case for case in compiled.rule.cases if case.want is Outcome.PASS)
        facts |= {name: FactValue(value=value, at=NOW, seq=number) for name, value in passing.facts.items()}
    if number % TELNET_EVERY == 0:
        facts["port_scan.open_ports"] = FactValue(value=(23, 80), at=NOW, seq=number)
    return facts


def _changed(scope: Scoped, results: list[dict[str, RuleResult]], district: list[Facts]) -> list[object]:
    """Return the results after a port scan of each device found another port."""
    at = NOW + timedelta(seconds=1)
    after = [facts | {"port_scan.open_ports": FactValue(value=(80, 8443), at=at)} for facts in district]
    return [
        evaluate_changed(scope, found, before, now_known, at)
        for found, before, now_known in zip(results, district, after, strict=True)
    ]


def _unchanged(scope: Scoped, results: list[dict[str, RuleResult]], district: list[Facts]) -> list[object]:
    at = NOW + timedelta(seconds=1)
    return [evaluate_changed(scope, found, facts, facts, at) for found, facts in zip(results, district, strict=True)]


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    started = time.process_time()
    found = work()
    return time.process_time() - started, found
