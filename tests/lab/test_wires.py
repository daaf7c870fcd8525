"""Lines over plain datagram sockets: late, lossy, cut, and never out of order."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from bt_console.lab.wires import Weather, Wires


class Bench:
    """One line with a hub's end and a unit's end, and a clock that stands still."""

    def __init__(self, calm: Weather) -> None:
        self.now_s = 100.0
        self.hub, near = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.unit, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for end in (self.hub, self.unit, near, far):
            end.setblocking(False)
        self.wires = Wires(clock=lambda: self.now_s)
        self.wires.join("line", near, far, calm)

    def pass_s(self, seconds: float) -> None:
        self.now_s += seconds
        self.wires.run_once(0)

    def arrived(self, end: socket.socket) -> list[bytes]:
        frames = []
        while True:
            try:
                frames.append(end.recv(2048))
            except BlockingIOError:
                return frames

    def close(self) -> None:
        self.wires.close()
        self.hub.close()
        self.unit.close()


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench(Weather(delay_s=0.010))
    yield bench
    bench.close()


def test_a_frame_arrives_after_the_delay_and_not_before(bench: Bench) -> None:
    bench.hub.send(b"frame")
    bench.pass_s(0)
    bench.pass_s(0.009)
    assert bench.arrived(bench.unit) == []
    bench.pass_s(0.0011)
    assert bench.arrived(bench.unit) == [b"frame"]
    assert bench.arrived(bench.hub) == []


def test_a_cut_line_drops_both_ways_even_what_is_under_way(bench: Bench) -> None:
    bench.hub.send(b"under way")
    bench.pass_s(0)
    bench.wires.change("line", Weather(is_cut=True), Weather(is_cut=True))
    bench.unit.send(b"too late")
    bench.pass_s(0)
    bench.pass_s(1)
    assert bench.arrived(bench.unit) == bench.arrived(bench.hub) == []


def test_a_healed_line_carries_again(bench: Bench) -> None:
    bench.wires.change("line", Weather(is_cut=True), Weather(is_cut=True))
    bench.hub.send(b"lost")
    bench.pass_s(0)
    bench.wires.change("line", Weather(), Weather())
    bench.hub.send(b"carried")
    bench.pass_s(0)
    bench.pass_s(0.001)
    assert bench.arrived(bench.unit) == [b"carried"]


def test_delay_of_one_direction_leaves_the_other_alone(bench: Bench) -> None:
    bench.wires.change("line", Weather(delay_s=0.3), Weather(delay_s=0.01))
    bench.hub.send(b"there")
    bench.unit.send(b"back")
    bench.pass_s(0)
    bench.pass_s(0.02)
    assert bench.arrived(bench.hub) == [b"back"]
    assert bench.arrived(bench.unit) == []
    bench.pass_s(0.3)
    assert bench.arrived(bench.unit) == [b"there"]


def test_a_shorter_delay_lets_no_frame_overtake_an_earlier_one(bench: Bench) -> None:
    bench.wires.change("line", Weather(delay_s=0.3), Weather())
    bench.hub.send(b"first")
    bench.pass_s(0)
    bench.wires.change("line", Weather(delay_s=0.001), Weather())
    bench.hub.send(b"second")
    bench.pass_s(0)
    bench.pass_s(0.1)
    assert bench.arrived(bench.unit) == []
    bench.pass_s(0.3)
    assert bench.arrived(bench.unit) == [b"first", b"second"]


def test_jitter_keeps_the_order() -> None:
    bench = Bench(Weather(delay_s=0.005, jitter_s=0.005))
    sent = [bytes([number]) for number in range(50)]
    heard: list[bytes] = []
    for frame in sent:
        bench.hub.send(frame)
        bench.pass_s(0.001)
        heard += bench.arrived(bench.unit)
    bench.pass_s(1)
    assert heard + bench.arrived(bench.unit) == sent
    bench.close()


def test_the_lost_part_is_the_one_asked_for_and_the_same_every_time() -> None:
    def survivors() -> list[bytes]:
        bench = Bench(Weather(loss_ratio=0.2))
        heard: list[bytes] = []
        for number in range(1000):
            bench.hub.send(number.to_bytes(2, "big"))
            bench.pass_s(0)
            bench.pass_s(0.001)
            heard += bench.arrived(bench.unit)
        bench.close()
        return heard

    kept = survivors()
    assert 760 <= len(kept) <= 840
    assert survivors() == kept


def test_a_line_nobody_reads_from_does_not_stop_the_others() -> None:
    bench = Bench(Weather())
    bench.unit.close()
    bench.hub.send(b"into the void")
    bench.pass_s(0)
    bench.pass_s(0.001)
    bench.wires.close()
    bench.hub.close()


def test_a_line_carries_no_more_than_its_rate_and_lets_a_little_wait() -> None:
    bench = Bench(Weather(rate_bps=80_000))  # ten kilobytes a second
    for number in range(60):
        bench.hub.send(bytes([number]) + bytes(99))  # ten milliseconds each
        bench.pass_s(0)
    heard: list[bytes] = []
    for count in range(1, 11):
        bench.pass_s(0.01 if count > 1 else 0.0101)
        heard += bench.arrived(bench.unit)
        assert len(heard) == count
    bench.pass_s(10)
    heard += bench.arrived(bench.unit)
    assert [frame[0] for frame in heard] == list(range(len(heard)))  # the newest are dropped, none is overtaken
    assert 15 <= len(heard) <= 17
    bench.unit.send(b"the other way is free")
    bench.pass_s(0)
    bench.pass_s(0.01)
    assert bench.arrived(bench.hub) == [b"the other way is free"]
    bench.close()
