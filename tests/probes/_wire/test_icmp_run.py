"""Which clock a round trip is timed with, and when the kernel's stamps are not to be believed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from probes._wire.icmp import V4
from probes._wire.icmp_channel import Channel, charge_octets
from probes._wire.icmp_echoes import Params
from probes._wire.icmp_run import Batch, Packet, Run, StepWatch, read_clocks

MS = 1_000_000


@pytest.fixture
async def run() -> AsyncIterator[Run]:
    try:
        channel = Channel(V4, 7, 65536)
    except PermissionError:
        pytest.skip("no ICMP socket is allowed to this user (CAP_NET_RAW or net.ipv4.ping_group_range)")
    batch = Batch(Params(count=1, timeout_s=0.8), asyncio.get_running_loop().create_future(), 0.02)
    batch.left_count = 1
    yield Run(batch, channel, "127.0.0.1")
    channel.close()


def packet(run: Run, *, wall_ms: int, mono_ms: int) -> Packet:
    made = Packet(run, 1, bytearray(16), charge_octets(16))
    made.wall_ns, made.mono_ns = wall_ms * MS, mono_ms * MS
    return made


async def test_two_kernel_stamps_give_the_round_trip_however_late_we_look(run: Run) -> None:
    sent = packet(run, wall_ms=1000, mono_ms=50)
    sent.accept_stamp(1001 * MS)
    assert sent.round_trip_ns(1021 * MS, 5000 * MS) == (20 * MS, True)


async def test_without_a_transmit_stamp_our_own_clock_stands_in_and_is_said_to(run: Run) -> None:
    sent = packet(run, wall_ms=1000, mono_ms=50)
    assert sent.round_trip_ns(1021 * MS, 5000 * MS) == (21 * MS, False)
    assert sent.round_trip_ns(0, 90 * MS) == (40 * MS, False)


@pytest.mark.parametrize("received_ms", [900, 1_000_000], ids=["set back", "set forward"])
async def test_a_stamp_that_a_clock_step_made_absurd_is_dropped(run: Run, received_ms: int) -> None:
    sent = packet(run, wall_ms=1000, mono_ms=50)
    sent.accept_stamp(1001 * MS)
    assert sent.round_trip_ns(received_ms * MS, 90 * MS) == (40 * MS, False)


async def test_no_stamp_is_believed_once_the_clock_was_seen_to_step(run: Run) -> None:
    sent = packet(run, wall_ms=1000, mono_ms=50)
    sent.tx_ns = -1
    sent.accept_stamp(1001 * MS)
    assert sent.round_trip_ns(1005 * MS, 90 * MS) == (40 * MS, False)


async def test_the_transmit_stamp_of_an_earlier_packet_is_refused(run: Run) -> None:
    sent = packet(run, wall_ms=1000, mono_ms=50)
    sent.accept_stamp(999 * MS)
    assert sent.tx_ns == 0


async def test_a_reply_later_than_the_time_out_by_the_kernels_stamps_is_a_loss(run: Run) -> None:
    sent = packet(run, wall_ms=0, mono_ms=0)
    run.note_reply(sent, 900 * MS, is_kernel=True)
    assert (sent.rtt_s, run.late_count) == (None, 1)


async def test_a_reply_we_only_saw_late_is_no_loss(run: Run) -> None:
    sent = packet(run, wall_ms=0, mono_ms=0)
    run.note_reply(sent, 900 * MS, is_kernel=False)
    assert (sent.rtt_s, run.late_count) == (0.9, 0)


async def test_losses_while_our_buffer_overflowed_are_not_held_against_the_target(run: Run) -> None:
    lost = packet(run, wall_ms=0, mono_ms=0)
    lost.is_open = False
    run.packets.append(lost)
    run.finish()
    assert run.echoes(has_dropped=False).rtts_s == (None,)
    spared = run.echoes(has_dropped=True)
    assert (spared.rtts_s, spared.unjudged_count) == ((), 1)


@pytest.mark.parametrize(("left_s", "wait_s"), [(10.0, 0.8), (0.3, 0.28), (0.01, 0.0)])
async def test_the_wait_shrinks_to_what_the_deadline_leaves(run: Run, left_s: float, wait_s: float) -> None:
    run.batch.limit(100.0 + left_s, 100.0)
    assert run.batch.wait_s == pytest.approx(wait_s)


@pytest.mark.parametrize(("step_ms", "has_stepped"), [(0, False), (0.5, False), (1.5, True), (-3_600_000, True)])
def test_only_a_real_step_of_the_wall_clock_is_one(step_ms: float, has_stepped: bool) -> None:
    looks = iter([(1000 * MS, 10 * MS), (int((1500 + step_ms) * MS), 510 * MS), (int((1600 + step_ms) * MS), 610 * MS)])
    watch = StepWatch(lambda: next(looks))
    assert watch.has_stepped() is has_stepped
    assert watch.has_stepped() is False


def test_the_two_clocks_run_alike_on_a_machine_whose_clock_is_not_being_set() -> None:
    (wall_before, mono_before), (wall_after, mono_after) = read_clocks(), read_clocks()
    assert mono_after >= mono_before
    assert wall_after > 0
    assert wall_before > 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("count", 0),
        ("count", 1001),
        ("spacing_s", -1),
        ("timeout_s", 0),
        ("payload_octets", 15),
        ("payload_octets", 9000),
    ],
)
def test_a_param_outside_its_range_is_refused_by_name(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"^{field} must be "):
        Params(**{field: value})  # type: ignore[arg-type]


def test_a_large_packet_is_charged_more_of_the_receive_buffer() -> None:
    assert charge_octets(32) == 1664
    assert charge_octets(1472) > 1664 + 1472


async def test_the_first_reply_after_a_packet_was_given_up_is_late_and_the_next_a_duplicate(run: Run) -> None:
    sent = packet(run, wall_ms=0, mono_ms=0)
    sent.is_open = False
    run.note_another(sent)
    assert (run.late_count, run.duplicate_count) == (1, 0)
    run.note_another(sent)
    assert (run.late_count, run.duplicate_count) == (1, 1)
