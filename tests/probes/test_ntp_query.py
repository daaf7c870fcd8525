import time
from pathlib import Path
from typing import Any

import pytest

from probes.api import FailureKind, Outcome, Reading
from probes.ntp_query import NtpQueryParams
from tests.servers.ask import ask
from tests.servers.dns_server import name_server, zone
from tests.servers.ntp_server import chrony, chronyd, packet, time_server
from tests.servers.tcp_server import closed_udp_port

needs_chrony = pytest.mark.skipif(chronyd() is None, reason="chrony is not installed")
QUICK: dict[str, Any] = {"interval_s": 0.01, "wait_s": 1.0}


def assert_offset(reading: Reading, expected_s: float) -> None:
    """No way can make the offset more wrong than by half of the delay."""
    assert reading.measures["delay_s"] > 0
    assert abs(reading.measures["clock_offset_s"] - expected_s) <= reading.measures["delay_s"] / 2 + 0.001


@needs_chrony
async def test_chrony_on_this_machine_agrees_with_this_machine(tmp_path: Path) -> None:
    async with chrony(tmp_path, "local stratum 7") as port:
        reading = await ask("ntp_query", f"127.0.0.1:{port}", interval_s=0.2, wait_s=0.5)
    assert reading.outcome is Outcome.OK, reading
    assert_offset(reading, 0.0)
    assert reading.measures["sample_count"] >= 2
    facts = {name: reading.facts[name] for name in ("stratum", "leap", "reference_id", "version", "synchronised")}
    assert facts == {"stratum": 7, "leap": "none", "reference_id": "127.127.1.1", "version": 4, "synchronised": True}


@needs_chrony
async def test_chrony_that_follows_nothing_is_not_believed(tmp_path: Path) -> None:
    async with chrony(tmp_path) as port:
        reading = await ask("ntp_query", f"127.0.0.1:{port}", interval_s=0.2, wait_s=0.5)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.MISMATCH), reading
    assert reading.facts["synchronised"] is False
    assert reading.facts["leap"] == "unsynchronised"


@pytest.mark.parametrize("ahead_s", [-86_400.0, -2.5, 0.75])
async def test_a_wrong_clock_is_measured_with_its_sign(ahead_s: float) -> None:
    async with time_server(lambda query: [packet(query, ahead_s=ahead_s)]) as port:
        reading = await ask("ntp_query", f"127.0.0.1:{port}", **QUICK)
    assert reading.outcome is Outcome.OK
    assert_offset(reading, ahead_s)
    assert reading.measures["reference_age_s"] == pytest.approx(30 + ahead_s, abs=1)
    assert (reading.measures["sample_count"], reading.measures["loss_ratio"]) == (4, 0)


async def test_the_sample_with_the_least_delay_wins() -> None:
    calls: list[bytes] = []

    def answer(query: bytes) -> list[bytes]:
        calls.append(query)
        if len(calls) != 3:
            time.sleep(0.2)  # on the way there: the clock is read only afterwards
        return [packet(query)]

    async with time_server(answer) as port:
        reading = await ask("ntp_query", f"127.0.0.1:{port}", **QUICK)
    assert len(calls) == 4
    assert reading.measures["delay_s"] < 0.2
    assert_offset(reading, 0.0)


async def test_forged_answers_are_ignored_and_the_true_one_is_used() -> None:
    def answer(query: bytes) -> list[bytes]:
        forged = packet(query, ahead_s=3600, origin=bytes(8))
        return [forged, b"", b"\xff" * 2000, query, packet(query)]

    async with time_server(answer) as port:
        reading = await ask("ntp_query", f"127.0.0.1:{port}", **QUICK)
    assert reading.outcome is Outcome.OK
    assert abs(reading.measures["clock_offset_s"]) < 1


async def test_only_forged_answers_break_the_protocol() -> None:
    async with time_server(lambda query: [packet(query, origin=b"12345678")]) as port:
        reading = await ask("ntp_query", f"127.0.0.1:{port}", sample_count=2, interval_s=0.0, wait_s=0.1)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)
    assert "not asked" in reading.detail
    assert reading.measures["sample_count"] == 0


async def test_a_kiss_of_death_ends_the_questions_at_once() -> None:
    calls: list[bytes] = []

    def answer(query: bytes) -> list[bytes]:
        calls.append(query)
        return [packet(query, first=0b11_100_100, stratum=0, reference=b"RATE")]

    async with time_server(answer) as port:
        reading = await ask("ntp_query", f"127.0.0.1:{port}", **QUICK)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)
    assert reading.facts["kiss_code"] == "RATE"
    assert len(calls) == 1


async def test_a_kiss_of_death_after_good_samples_leaves_them_standing() -> None:
    calls: list[bytes] = []

    def answer(query: bytes) -> list[bytes]:
        calls.append(query)
        kiss = packet(query, first=0b11_100_100, stratum=0, reference=b"RATE")
        return [packet(query) if len(calls) < 3 else kiss]

    async with time_server(answer) as port:
        reading = await ask("ntp_query", f"127.0.0.1:{port}", **QUICK)
    assert reading.outcome is Outcome.OK
    assert (reading.measures["sample_count"], reading.facts["kiss_code"]) == (2, "RATE")
    assert "RATE" in reading.detail


async def test_lost_answers_are_counted_and_the_rest_is_used() -> None:
    calls: list[bytes] = []

    def answer(query: bytes) -> list[bytes]:
        calls.append(query)
        return [packet(query)] if len(calls) % 2 else []

    async with time_server(answer) as port:
        reading = await ask("ntp_query", f"127.0.0.1:{port}", interval_s=0.01, wait_s=0.1)
    assert reading.outcome is Outcome.OK
    assert (reading.measures["sample_count"], reading.measures["loss_ratio"]) == (2, 0.5)


async def test_a_deadline_that_comes_between_samples_keeps_those_heard() -> None:
    async with time_server(lambda query: [packet(query)]) as port:
        reading = await ask("ntp_query", f"127.0.0.1:{port}", interval_s=5.0, timeout_s=2.0)
    assert reading.outcome is Outcome.OK
    assert (reading.measures["sample_count"], reading.measures["loss_ratio"]) == (1, 0)


async def test_silence_is_a_timeout_and_a_closed_port_is_refused() -> None:
    async with time_server(lambda _: []) as port:
        silent = await ask("ntp_query", f"127.0.0.1:{port}", sample_count=2, interval_s=0.0, wait_s=0.1)
    refused = await ask("ntp_query", f"127.0.0.1:{closed_udp_port()}", **QUICK)
    assert (silent.outcome, silent.failure, silent.facts["phase"]) == (Outcome.TIMEOUT, None, "query")
    assert silent.measures["loss_ratio"] == 1
    assert (refused.outcome, refused.failure) == (Outcome.FAIL, FailureKind.REFUSED)


async def test_a_server_may_be_given_by_name() -> None:
    records = {("time.example.", "A"): ("127.0.0.1",)}
    async with time_server(lambda query: [packet(query)]) as port, name_server(zone(records)) as names:
        reading = await ask("ntp_query", f"time.example:{port}", nameservers=(names.address,), **QUICK)
    assert (reading.outcome, reading.facts["address"]) == (Outcome.OK, "127.0.0.1")


@pytest.mark.parametrize("params", [{"sample_count": 0}, {"sample_count": 17}, {"interval_s": -1.0}, {"wait_s": 0.0}])
def test_params_out_of_range_are_refused_when_they_are_made(params: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"sample_count|interval_s"):
        NtpQueryParams(**params)
