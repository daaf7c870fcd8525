"""May this user ping, buffer enough replies, and make user namespaces for the simulated district?

Source: icmp(7) (ping_group_range), socket(7) (rmem_max).
"""

from __future__ import annotations

import os
import shlex
import socket
import sys
from pathlib import Path

from bt_console.cli.doctor.finding import Finding, State, ok
from bt_console.lab.kernel import Refusal, try_namespaces
from bt_console.words import message
from probes._wire.icmp_socket import CHARGE_OCTETS, RECEIVE_BUFFER_OCTETS

SYSCTL = Path("/proc/sys")


def icmp() -> tuple[Finding, Finding]:
    """Return what raw and datagram ICMP sockets this process may open."""
    return judge_icmp(
        may_raw=_may_open(socket.SOCK_RAW),
        may_datagram=_may_open(socket.SOCK_DGRAM),
        group_range=read_sysctl("net/ipv4/ping_group_range"),
    )


def _may_open(kind: socket.SocketKind) -> bool:
    try:
        socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP).close()
    except OSError:
        return False
    return True


def judge_icmp(*, may_raw: bool, may_datagram: bool, group_range: str) -> tuple[Finding, Finding]:
    """Return the verdicts: one of the two ways to ping is enough, raw is the better one."""
    return _judge_raw(may_raw, may_datagram), _judge_datagram(may_raw, may_datagram, group_range)


def _judge_raw(may_raw: bool, may_datagram: bool) -> Finding:
    if may_raw:
        return ok("icmp_raw")
    state, code = (State.WARN, "warn") if may_datagram else (State.FAIL, "fail")
    interpreter = shlex.quote(str(Path(sys.executable).resolve()))
    return Finding(
        name="icmp_raw",
        state=state,
        message=message(f"doctor.icmp_raw.{code}"),
        remedy=f"sudo setcap cap_net_raw+ep {interpreter}",
    )


def _judge_datagram(may_raw: bool, may_datagram: bool, group_range: str) -> Finding:
    if may_datagram:
        return ok("icmp_datagram", range=group_range)
    values = {"range": group_range, "gid": os.getgid()}
    if may_raw:
        return Finding(name="icmp_datagram", state=State.OK, message=message("doctor.icmp_datagram.spare", **values))
    return Finding(
        name="icmp_datagram",
        state=State.FAIL,
        message=message("doctor.icmp_datagram.fail", **values),
        remedy="sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'",
    )


def receive_buffer(needed_count: int) -> Finding:
    """Return whether the pinger's socket may hold all replies that one round of pings can bring at once."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_OCTETS)
        return judge_buffer(probe.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF), needed_count)


def judge_buffer(granted_octets: int, needed_count: int) -> Finding:
    """Return the verdict on a buffer: each unread reply is charged CHARGE_OCTETS."""
    held_count = granted_octets // CHARGE_OCTETS
    values = {"held": held_count, "needed": needed_count, "octets": granted_octets}
    if held_count >= needed_count:
        return ok("receive_buffer", **values)
    return Finding(
        name="receive_buffer",
        state=State.WARN,
        message=message("doctor.receive_buffer.warn", **values),
        remedy=f"sudo sysctl -w net.core.rmem_max={max(RECEIVE_BUFFER_OCTETS, needed_count * CHARGE_OCTETS)}",
    )


def namespaces() -> Finding:
    """Return whether the simulated district can be built: by making its namespaces in a child process."""
    return judge_namespaces(try_namespaces())


def judge_namespaces(refusal: Refusal | None) -> Finding:
    """Return the verdict: only the simulated district needs them, so measuring is not hurt."""
    if refusal is None:
        return ok("namespaces")
    text = message("doctor.namespaces.warn", reason=refusal.reason)
    return Finding(name="namespaces", state=State.WARN, message=text, remedy=refusal.remedy)


def read_sysctl(path: str, sysctl: Path = SYSCTL) -> str:
    """Return a kernel setting, its numbers joined by single spaces; empty when this kernel has none."""
    try:
        return " ".join((sysctl / path).read_text(encoding="ascii").split())
    except OSError:
        return ""
