"""The ping probe against real sockets: loopback, and a namespace whose neighbours misbehave in every way."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes._wire.icmp_echoes import Echoes
from probes._wire.icmp_pinger import Pinger
from probes.api import FailureKind, Outcome, ProbeContext, ProbeFailure, Shared
from probes.icmp_echo import PROBE, Params, measure, observe, reading, source_address
from tests.probes import icmp_playground as play

ROOT = Path(__file__).parents[2]
LOOPBACK_QUIET = Echoes(
    address="127.0.0.1",
    mode="raw",
    rtts_s=(None, None),
    unjudged_count=0,
    is_kernel_stamped=True,
    ttl=0,
    errors=(),
    duplicate_count=0,
    late_count=0,
    failure=None,
)


@cache
def played(case: str) -> dict[str, Any]:
    """Run one case of the playground in a child process and return what it found."""
    command = [sys.executable, "-m", "tests.probes.icmp_playground", case]
    child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    if child.returncode == play.FORBIDDEN:
        pytest.skip(f"this machine forbids user namespaces: {child.stderr.strip()}")
    assert child.returncode == 0, child.stderr
    found: dict[str, Any] = json.loads(child.stdout)
    return found


def behaved(mode: str, octet: int) -> dict[str, Any]:
    found: dict[str, Any] = played(mode)[str(octet)]
    return found


NEEDS_IPV6 = pytest.mark.skipif(not play.has_ipv6(), reason="this machine has no IPv6")
MODES = pytest.mark.parametrize("mode", ["raw", "datagram"])


@pytest.mark.netns
@MODES
def test_an_ordinary_user_in_a_namespace_pings_and_says_in_which_mode(mode: str) -> None:
    found = behaved(mode, play.PLAIN)
    assert found["outcome"] == "ok"
    assert found["facts"]["mode"] == mode
    assert found["facts"]["stamps"] == "kernel"
    assert found["facts"]["ttl"] == 61
    assert found["measures"]["received_count"] == found["measures"]["sent_count"] == 4
    assert found["measures"]["loss_ratio"] == 0
    assert 0.001 <= found["measures"]["rtt_min_s"] <= found["measures"]["rtt_median_s"]


@pytest.mark.netns
@MODES
@pytest.mark.parametrize("address", ["127.0.0.1", "127.99.1.2", pytest.param("::1", marks=NEEDS_IPV6)])
def test_every_loopback_address_of_both_ip_versions_answers(mode: str, address: str) -> None:
    found = played(mode)[address]
    assert (found["outcome"], found["facts"]["ttl"], found["facts"]["mode"]) == ("ok", 64, mode)


@pytest.mark.netns
@MODES
def test_silence_is_a_timeout_with_everything_lost(mode: str) -> None:
    found = behaved(mode, play.SILENT)
    assert (found["outcome"], found["failure"]) == ("timeout", None)
    assert found["measures"] == {"sent_count": 4, "received_count": 0, "loss_ratio": 1}


@pytest.mark.netns
@MODES
def test_every_other_reply_dropped_is_half_lost_and_still_ok(mode: str) -> None:
    found = behaved(mode, play.EVERY_OTHER)
    assert (found["outcome"], found["measures"]["loss_ratio"]) == ("ok", 0.5)
    assert "ipdv_s" not in found["measures"]


@pytest.mark.netns
@MODES
def test_duplicates_are_counted_but_are_no_replies(mode: str) -> None:
    found = behaved(mode, play.TWICE)
    assert (found["measures"]["received_count"], found["measures"]["loss_ratio"]) == (4, 0)
    assert found["facts"]["duplicate_count"] == 3, "the run is over before the last packet's duplicate"


@pytest.mark.netns
@MODES
@pytest.mark.parametrize(
    "behaviour", [play.WRONG_SOURCE, play.CORRUPTED, play.SHORT, play.FOREIGN_ID, play.LATE, play.QUOTES_ANOTHER]
)
def test_what_is_not_an_intact_reply_in_time_from_the_target_counts_for_nothing(mode: str, behaviour: int) -> None:
    found = behaved(mode, behaviour)
    assert (found["outcome"], found["measures"]["received_count"]) == ("timeout", 0)


@pytest.mark.netns
@MODES
def test_replies_are_found_among_garbage(mode: str) -> None:
    found = behaved(mode, play.NOISY)
    assert (found["outcome"], found["measures"]["loss_ratio"]) == ("ok", 0)


@pytest.mark.netns
@MODES
@pytest.mark.parametrize(
    ("behaviour", "failure", "text"),
    [
        (play.HOST_UNREACHABLE, "unreachable", "host unreachable"),
        (play.FILTERED, "prohibited", "filtered"),
        (play.TTL_EXCEEDED, "unreachable", "time to live exceeded"),
    ],
)
def test_a_routers_refusal_fails_and_names_the_router(mode: str, behaviour: int, failure: str, text: str) -> None:
    found = behaved(mode, behaviour)
    assert (found["failure"], found["detail"]) == (failure, f"{text}, says {play.ROUTER}")
    assert found["facts"] == {"mode": mode, "error_from": play.ROUTER, "error_text": text, "error_count": 4}
    assert found["measures"]["loss_ratio"] == 1


@pytest.mark.netns
@MODES
def test_a_neighbour_that_does_not_answer_arp_is_unreachable_and_not_our_error(mode: str) -> None:
    found = behaved(mode, play.NOBODY)
    assert (found["failure"], found["detail"]) == ("unreachable", "host unreachable, the neighbour does not answer")


@pytest.mark.netns
@NEEDS_IPV6
@MODES
def test_an_ipv6_neighbour_that_does_not_answer_is_unreachable_and_one_without_route_our_error(mode: str) -> None:
    found = played(mode)["fd00:9::dead"]
    assert (found["failure"], found["detail"]) == ("unreachable", "address unreachable, the neighbour does not answer")
    assert played(mode)["fd00:8::1"]["failure"] == "no_route"


@pytest.mark.netns
@MODES
@pytest.mark.parametrize(
    ("address", "failure"),
    [("192.0.2.1", "no_route"), ("10.8.0.1", "no_route"), ("10.7.0.1", "permission"), ("10.9.0.255", "permission")],
    ids=["no default route", "unreachable route", "prohibit route", "broadcast"],
)
def test_what_our_own_system_refuses_to_send_is_our_error(mode: str, address: str, failure: str) -> None:
    found = played(mode)[address]
    assert (found["failure"], found["measures"]["sent_count"]) == (failure, 0)
    assert found["detail"].startswith("cannot send: ")


@pytest.mark.netns
def test_without_any_permission_the_remedy_is_named() -> None:
    found = played("forbidden")
    assert found["failure"] == "permission"
    assert "CAP_NET_RAW" in found["detail"]
    assert "net.ipv4.ping_group_range" in found["detail"]


@pytest.mark.netns
def test_replies_that_wait_while_the_loop_stalls_past_the_time_out_are_not_lost() -> None:
    found = played("stall")
    assert (found["outcome"], found["measures"]["loss_ratio"]) == ("ok", 0)
    assert found["measures"]["rtt_max_s"] < 0.2


@pytest.mark.netns
def test_a_sweep_with_stalls_and_a_small_receive_buffer_loses_nothing() -> None:
    assert played("sweep") == {"reply_count": 2000, "unjudged_count": 0}


@pytest.mark.netns
def test_a_flooded_receive_buffer_is_our_trouble_and_no_loss_of_the_target() -> None:
    found = played("flood")
    assert None not in found["rtts_s"]
    assert found["unjudged_count"] + len(found["rtts_s"]) == 3
    assert found["unjudged_count"] >= 1


@pytest.fixture
def shared() -> Any:
    made = Shared()
    yield made
    made.close()


def context(shared: Shared, allowed_s: float = 5.0) -> ProbeContext:
    return ProbeContext(deadline_s=asyncio.get_running_loop().time() + allowed_s, shared=shared)


async def may_ping(shared: Shared) -> None:
    try:
        await observe("127.0.0.1", Params(count=1), context(shared))
    except ProbeFailure as failure:
        if failure.kind is FailureKind.PERMISSION:
            pytest.skip(failure.detail)
        raise


async def test_a_hundred_checks_at_once_share_one_socket_and_all_find_what_they_asked_for(shared: Shared) -> None:
    await may_ping(shared)
    addresses = [f"127.40.0.{number}" for number in range(1, 101)]
    ctx = context(shared)
    readings = await asyncio.gather(*(observe(address, Params(), ctx) for address in addresses))
    assert all(one.outcome is Outcome.OK and one.measures["received_count"] == 3 for one in readings)
    assert set(readings[0].measures) == set(PROBE.measures)
    assert set(readings[0].facts) <= set(PROBE.facts)


async def test_a_cancelled_check_leaves_the_pinger_working(shared: Shared) -> None:
    await may_ping(shared)
    waiting = asyncio.ensure_future(observe("127.0.0.1", Params(count=100, spacing_s=1.0), context(shared, 200)))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await observe("127.0.0.1", Params(), context(shared))).outcome is Outcome.OK


async def test_closing_cancels_whoever_waits(shared: Shared) -> None:
    await may_ping(shared)
    waiting = asyncio.ensure_future(observe("127.0.0.1", Params(count=100, spacing_s=1.0), context(shared, 200)))
    await asyncio.sleep(0.01)
    shared.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_deadline_too_near_to_judge_anything_blames_ourselves(shared: Shared) -> None:
    await may_ping(shared)
    with pytest.raises(ProbeFailure, match=r"3 packets over 0\.04 s could not be sent and awaited") as caught:
        await observe("127.0.0.1", Params(), context(shared, 0.0))
    assert caught.value.kind is FailureKind.STALLED


async def test_a_sweep_returns_results_in_the_order_asked(shared: Shared) -> None:
    await may_ping(shared)
    addresses = ["127.0.0.9", "127.0.0.1", "127.0.0.9", "127.0.0.2"]
    echoes = await shared.get(Pinger).run(addresses, Params(count=2))
    assert [one.address for one in echoes] == addresses
    assert await shared.get(Pinger).run([], Params()) == []


@pytest.mark.parametrize("address", ["gw.example", "300.1.1.1", "", "127.0.0.1:80"])
async def test_a_name_is_refused_with_the_reason(shared: Shared, address: str) -> None:
    with pytest.raises(ProbeFailure, match="is not an IP address: icmp_echo looks no names up") as caught:
        await observe(address, Params(), context(shared))
    assert caught.value.kind is FailureKind.INTERNAL


@pytest.mark.parametrize("address", ["224.0.0.1", "0.0.0.0", "ff02::1", "::"])
async def test_an_address_of_many_or_of_none_is_refused(shared: Shared, address: str) -> None:
    with pytest.raises(ProbeFailure, match="is not the address of one host"):
        await observe(address, Params(), context(shared))


def test_the_measures_of_a_burst_follow_the_definitions() -> None:
    found = measure([0.010, 0.014, None, 0.011, 0.013])
    assert found == {
        "sent_count": 5,
        "received_count": 4,
        "loss_ratio": pytest.approx(0.2),
        "rtt_min_s": 0.010,
        "rtt_median_s": pytest.approx(0.012),
        "rtt_max_s": 0.014,
        "ipdv_s": pytest.approx((0.004 + 0.002) / 2),
    }


@given(st.lists(st.one_of(st.none(), st.floats(0, 10)), max_size=20))
def test_the_measures_of_any_burst_agree_with_each_other(rtts_s: list[float | None]) -> None:
    found = measure(rtts_s)
    assert set(found) <= set(PROBE.measures)
    assert found["received_count"] <= found["sent_count"] == len(rtts_s)
    if found["received_count"]:
        assert found["rtt_min_s"] <= found["rtt_median_s"] <= found["rtt_max_s"]
        assert 0 <= found.get("ipdv_s", 0.0) <= found["rtt_max_s"] - found["rtt_min_s"] + 1e-9
    if rtts_s:
        assert 0 <= found["loss_ratio"] <= 1


def test_silence_of_an_address_we_can_send_to_is_a_timeout() -> None:
    assert reading(LOOPBACK_QUIET, Params(), given_s=2).outcome is Outcome.TIMEOUT
    assert source_address("127.0.0.1") == "127.0.0.1"


def test_nothing_judged_is_a_stall_of_ours() -> None:
    unjudged = LOOPBACK_QUIET._replace(rtts_s=(), unjudged_count=2)
    with pytest.raises(ProbeFailure) as caught:
        reading(unjudged, Params(count=2), given_s=2)
    assert caught.value.kind is FailureKind.STALLED


def test_the_default_time_out_of_a_run_leaves_room_for_the_default_burst() -> None:
    assert PROBE.timeout_s > Params().span_s + Params().timeout_s
