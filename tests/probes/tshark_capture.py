"""A capture of pings by tshark: what was on the wire, told by somebody else's program.

Source: tshark(1), the Wireshark display filter reference (icmp.type, icmp.seq), RFC 2681 and RFC 3393 for the sums.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PLACE = "near"
MARK_TO = "10.9.0.199"
MARK_PORT = 9
_FIELDS = ("frame.time_epoch", "icmp.type", "ip.src", "ip.dst", "icmp.ident", "icmp.seq")
_START_S, _END_S = 30.0, 30.0
_REPLY, _REQUEST = "0", "8"


@dataclass(frozen=True)
class Seen:
    """One echo message on the wire."""

    at_ns: int
    kind: str
    target: str
    key: tuple[str, str, str]
    """Target, identifier, sequence number: the same in a request and its reply."""


@contextmanager
def capture(directory: Path) -> Iterator[Path]:
    """Capture everything on the near end into a file while the block runs; from its first packet to its last."""
    path, log = directory / "pings.pcapng", directory / "tshark.log"
    command = ["tshark", "-n", "-q", "-i", PLACE, "-B", "8", "-w", str(path)]
    with log.open("wb") as output:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=output, env=_environment(directory))
    try:
        _mark_until_seen(path, child, log, b"first mark", _START_S)
        yield path
        _mark_until_seen(path, child, log, b"last mark", _END_S)
    finally:
        child.terminate()
        child.wait(10)


def _environment(directory: Path) -> dict[str, str]:
    """Let tshark neither read nor write what belongs to whoever runs the tests."""
    return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(directory), "LC_ALL": "C"}


def _mark_until_seen(path: Path, child: subprocess.Popen[bytes], log: Path, mark: bytes, allowed_s: float) -> None:
    """Send datagrams past the capture until its file holds one: everything before it is then written too."""
    until = time.monotonic() + allowed_s
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        while not (path.exists() and mark in path.read_bytes()):
            if child.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"tshark does not capture: {log.read_text(errors='replace')}")
            sender.sendto(mark, (MARK_TO, MARK_PORT))
            time.sleep(0.05)


def messages(path: Path) -> list[Seen]:
    """Return every echo request and reply in a capture, in the order of the wire."""
    command = ["tshark", "-n", "-r", str(path), "-Y", "icmp.type == 0 or icmp.type == 8", "-T", "fields"]
    for name in _FIELDS:
        command += ["-e", name]
    told = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60, env=_environment(path.parent)
    )
    return [_seen(line) for line in told.stdout.splitlines()]


def _seen(line: str) -> Seen:
    at, kind, source, destination, identifier, sequence = line.split("\t")
    seconds, _, fraction = at.partition(".")
    target = destination if kind == _REQUEST else source
    at_ns = int(seconds) * 1_000_000_000 + int(fraction.ljust(9, "0")[:9])
    return Seen(at_ns, kind, target, (target, identifier, sequence))


def round_trips_s(seen: list[Seen]) -> dict[str, list[float | None]]:
    """Return, per target, the time to each request's first reply in the order sent; None = there was none."""
    first_reply_ns: dict[tuple[str, str, str], int] = {}
    for one in seen:
        if one.kind == _REPLY:
            first_reply_ns.setdefault(one.key, one.at_ns)
    found: dict[str, list[float | None]] = defaultdict(list)
    for one in seen:
        if one.kind == _REQUEST:
            replied_ns = first_reply_ns.get(one.key)
            found[one.target].append(None if replied_ns is None else (replied_ns - one.at_ns) / 1e9)
    return dict(found)
