"""Traces through real routers in namespaces: shared load, silence, circles, refusals, lies, and without any right."""

from __future__ import annotations

from typing import Any

import pytest

from probes.api import FailureKind, Outcome
from probes.path_trace import PathTraceParams
from tests.probes.path_trace_playground import LOWER, R1, R3, SHARED_WAY, TARGET, UPPER
from tests.probes.wires import played
from tests.servers.ask import ask

netns = pytest.mark.netns
METHODS = pytest.mark.parametrize("method", ["icmp", "udp", "tcp"])
RIGHTS = pytest.mark.parametrize("case", ["ways", "datagram"])
WAY = [R1, UPPER, R3, TARGET]
COLUMNS = ("hop", "hop_address", "hop_others", "hop_loss_ratio", "hop_rtt_ms")


def traced(case: str, *keys: str) -> dict[str, Any]:
    found = played("path_trace_playground", case)
    for key in keys:
        found = found[key]
    lengths = {len(found["facts"][column]) for column in COLUMNS if column in found["facts"]}
    assert len(lengths) <= 1, "the columns are equally long"
    result: dict[str, Any] = found
    return result


@netns
@METHODS
@RIGHTS
def test_every_router_is_found_in_order_by_every_method_and_without_rights_by_udp(case: str, method: str) -> None:
    found = traced(case, method)
    facts, measures = found["facts"], found["measures"]
    assert (found["outcome"], facts["reached"], facts["has_loop"]) == ("ok", True, False)
    assert (facts["hop"], facts["hop_address"], facts["route"]) == ([1, 2, 3, 4], WAY, " ".join(WAY))
    assert (measures["hop_count"], measures["loss_ratio"], measures["sent_count"]) == (4, 0, 12)
    assert (facts["mode"], facts["method"]) == (("raw", method) if case == "ways" else ("datagram", "udp"))
    assert facts["stamps"] == "kernel"
    assert all(0 < rtt_ms < 1000 for rtt_ms in facts["hop_rtt_ms"])


@netns
def test_the_same_way_has_the_same_name_whatever_was_sent() -> None:
    hashes = {
        traced(case, method)["facts"]["route_hash"] for case in ("ways", "datagram") for method in ("icmp", "tcp")
    }
    assert len(hashes) == 1
    assert traced("silent")["facts"]["route_hash"] not in hashes


@netns
def test_where_load_is_shared_each_trace_takes_one_way_and_the_same_flow_takes_it_again() -> None:
    found = played("path_trace_playground", "shared")
    routes = [one["facts"]["route"].split() for one in found]
    assert {route[1] for route in routes} == {UPPER, LOWER}, "many flows see both"
    assert all(set(one["facts"]["hop_others"]) == {""} for one in found), "no trace sees two routers at one hop"
    assert all([route[0], *route[2:]] == [R1, R3, SHARED_WAY] for route in routes)
    assert routes[0] == routes[-1] == routes[-2], "a repeated trace is of the same flow"


@netns
def test_a_silent_router_is_a_hop_without_address_and_what_follows_is_found() -> None:
    found = traced("silent")
    assert found["outcome"] == "ok"
    assert found["facts"]["hop_address"] == [R1, "", R3, TARGET]
    assert found["facts"]["route"] == f"{R1} * {R3} {TARGET}"
    assert (found["facts"]["hop_loss_ratio"][1], found["facts"]["hop_rtt_ms"][1]) == (1, -1)
    assert found["measures"]["loss_ratio"] == 0


@netns
@RIGHTS
@pytest.mark.parametrize(
    ("where", "failure", "text"),
    [
        ("unreachable", FailureKind.UNREACHABLE, "host unreachable"),
        ("prohibited", FailureKind.PROHIBITED, "filtered"),
    ],
)
def test_a_router_that_refuses_ends_the_trace_and_is_named(case: str, where: str, failure: str, text: str) -> None:
    found = traced(case, where)
    assert (found["failure"], found["detail"]) == (failure, f"{text}, says {R3}")
    assert (found["facts"]["stopped_by"], found["facts"]["hop_address"]) == (f"{R3}: {text}", WAY[:3])
    assert found["facts"]["reached"] is False
    assert found["measures"]["sent_count"] == 9


@netns
@RIGHTS
def test_a_way_that_ends_in_silence_is_a_timeout_with_the_last_that_answered(case: str) -> None:
    found = traced(case, "black hole")
    assert (found["outcome"], found["detail"]) == ("timeout", f"the last answer is from {UPPER}, hop 2")
    assert (found["facts"]["hop_address"], found["measures"]["hop_count"]) == (WAY[:2], 2)
    assert "rtt_s" not in found["measures"]


@netns
@RIGHTS
def test_a_circle_is_told_and_not_walked_for_long(case: str) -> None:
    found = traced(case, "circle")
    assert (found["failure"], found["facts"]["has_loop"]) == (FailureKind.UNREACHABLE, True)
    assert found["facts"]["hop_address"] == [R1, UPPER, R1]
    assert found["measures"]["sent_count"] <= 3 * 12 / 2


@netns
@RIGHTS
def test_a_neighbour_that_does_not_answer_is_no_hop_of_its_own(case: str) -> None:
    found = traced(case, "neighbour")
    assert found["failure"] == FailureKind.UNREACHABLE
    assert found["detail"] == "host unreachable, the neighbour does not answer"
    assert found["facts"]["hop_address"] == []


@netns
@RIGHTS
@pytest.mark.parametrize(
    ("where", "failure"),
    [
        ("broadcast", FailureKind.NO_ROUTE),
        ("IPv6", FailureKind.INTERNAL),
    ],
)
def test_what_cannot_be_traced_is_an_error_of_ours(case: str, where: str, failure: str) -> None:
    found = traced(case, where)
    assert (found["failure"], found["measures"]) == (failure, {})


@netns
def test_our_own_address_is_one_hop_away() -> None:
    assert traced("ways", "own address")["facts"]["hop_address"] == ["10.9.1.1"]


@netns
@METHODS
def test_errors_that_quote_us_almost_right_name_nobody(method: str) -> None:
    found = traced("liar", method)
    assert (found["outcome"], found["facts"]["hop_address"]) == ("ok", WAY)
    assert set(found["facts"]["hop_others"]) == {""}
    assert found["facts"]["unmatched_count"] > 0, "some lies got past the kernel's filter and were refused by us"


@netns
def test_a_listening_port_is_reached_without_a_session() -> None:
    found = traced("listening")
    assert (found["outcome"], found["facts"]["hop_address"], found["accepted"]) == ("ok", WAY, False)


@netns
@pytest.mark.parametrize("case", ["stalled", "datagram stalled"])
@pytest.mark.parametrize("method", ["icmp", "udp"])
def test_times_are_the_kernels_while_the_loop_stands_still(case: str, method: str) -> None:
    facts = traced(case, method)["facts"]
    assert facts["hop_address"] == WAY
    assert facts["stamps"] == "kernel"
    assert max(facts["hop_rtt_ms"]) < 100, "the loop stood still for 150 ms at a time"


@METHODS
async def test_loopback_is_one_hop_by_every_method(method: str) -> None:
    reading = await ask("path_trace", "127.0.0.1", method=method, spacing_s=0.005)
    assert reading.outcome is Outcome.OK
    assert (reading.facts["hop_address"], reading.measures["hop_count"]) == (("127.0.0.1",), 1)


@pytest.mark.parametrize(
    "given",
    [
        {"method": "sctp"},
        {"count": 0},
        {"max_hops": 65},
        {"port": 65536},
        {"spacing_s": 0.0},
        {"wait_s": 0.0},
    ],
)
def test_params_that_make_no_sense_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        PathTraceParams(**given)
