"""Packets put into words by a child that may be slow, may die and may lie."""

from __future__ import annotations

import sys

import pytest
from scapy.layers.l2 import ARP, Ether

from probes._wire.dissect import Dissector

FRAME = bytes(Ether(src="02:00:00:00:00:02", dst="ff:ff:ff:ff:ff:ff") / ARP(op=1, psrc="10.9.0.2", pdst="10.9.0.1"))


def program(text: str) -> tuple[str, ...]:
    """Return a child that has the socket as `s` and runs the text."""
    start = "import socket, sys, time; s = socket.socket(fileno=int(sys.argv[1]))"
    return (sys.executable, "-c", f"{start}\n{text}")


async def test_a_frame_becomes_one_line_about_it() -> None:
    dissector = Dissector()
    try:
        assert "who has 10.9.0.1 says 10.9.0.2" in await dissector.summary(FRAME, 20.0)
        assert await dissector.summary(b"", 20.0) != await dissector.summary(FRAME[:20], 20.0)
    finally:
        dissector.close()


@pytest.mark.parametrize(
    "text",
    [
        "sys.exit(3)",
        "s.send(b'?'); time.sleep(60)",
        "s.send(b'\\1'); s.recv(1)",
        "s.send(b'\\1'); s.recv(4096); s.send(b'\\0\\0')",
        "s.send(b'\\1'); s.recv(4096); s.send(b'\\xff\\xff\\xff\\xff')",
        "time.sleep(60)",
        "s.send(b'\\1'); time.sleep(60)",
        "s.send(b'\\1'); s.recv(4096); s.send(b'\\0\\0\\0\\x09half'); time.sleep(60)",
    ],
    ids=[
        "dies at once",
        "not ready",
        "dies asked",
        "half a length",
        "endless",
        "never starts",
        "silent",
        "half an answer",
    ],
)
async def test_a_child_that_fails_costs_the_words_and_nothing_else(text: str) -> None:
    dissector = Dissector(*program(text))
    try:
        assert await dissector.summary(FRAME, 1.0) == ""
        assert await dissector.summary(FRAME, 1.0) == "", "and again, with a new child"
    finally:
        dissector.close()


async def test_after_a_child_died_the_next_one_answers() -> None:
    dissector = Dissector(
        *program("s.send(b'\\1'); n = len(s.recv(4096)); s.send(b'\\0\\0\\0\\x02' + str(n).encode()); sys.exit()")
    )
    try:
        first = await dissector.summary(FRAME, 10.0)
        assert first == str(len(FRAME) + 4)
        answers = {await dissector.summary(FRAME, 10.0) for _ in range(2)}
        assert first in answers, "at most one question is lost with a child that dies meanwhile"
    finally:
        dissector.close()


async def test_what_the_child_says_is_made_harmless_and_short() -> None:
    dissector = Dissector(
        *program("s.send(b'\\1'); s.recv(4096); s.send(b'\\0\\0\\x04\\0' + (b'\\x1b[2J' * 256)); time.sleep(9)")
    )
    try:
        said = await dissector.summary(FRAME, 10.0)
    finally:
        dissector.close()
    assert "\x1b" not in said
    assert 100 < len(said) <= 200


async def test_a_child_that_is_slow_to_start_is_waited_for_over_several_questions() -> None:
    dissector = Dissector(
        *program("time.sleep(1.5); s.send(b'\\1'); s.recv(4096); s.send(b'\\0\\0\\0\\2ok'); time.sleep(9)")
    )
    try:
        assert await dissector.summary(FRAME, 0.2) == ""
        assert await dissector.summary(FRAME, 10.0) == "ok"
    finally:
        dissector.close()
