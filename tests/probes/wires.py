"""What the network tests build on: a child process that has a network of its own, with real peers and forged frames.

A playground is a module with CASES, run by `python -m tests.probes.MODULE CASE`; played() runs one and returns what it
prints. It exits 77 when the machine forbids user namespaces.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from pyroute2 import IPRoute

import probes
from bt_console.lab import kernel
from probes._wire.dissect import Dissector
from probes.api import ProbeContext, ProbeFailure, Scope, Shared
from tests.servers.ask import assert_declared

ROOT = Path(__file__).parents[2]
FORBIDDEN = 77
_NO_DUPLICATE_CHECK = 0x02
LAN = Scope(networks=(ip_network("10.9.0.0/16"),), rate_per_s=2000)
Case = tuple[Callable[[], Any], Callable[[Any], Awaitable[Any]]]
"""Builds the network, before there is an event loop (netlink wants one of its own); measures in what was built."""


def played(module: str, case: str) -> Any:
    """Run one case in a child process and return what it printed as JSON; skip where namespaces are forbidden."""
    child = _run(module, case)
    if child.returncode == FORBIDDEN:
        pytest.skip(f"this machine forbids user namespaces: {child.stderr.strip()}")
    assert child.returncode == 0, child.stderr
    assert child.stderr == ""
    return json.loads(child.stdout)


@cache
def _run(module: str, case: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"tests.probes.{module}", case]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def play(cases: Mapping[str, Case]) -> None:
    """Run the case named on the command line in a new network and print what it returns."""
    try:
        kernel.enter_new_user_namespace()
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(FORBIDDEN)
    build, scenario = cases[sys.argv[1]]
    sys.stdout.write(json.dumps(asyncio.run(_measure(scenario, build()))))


async def _measure(scenario: Callable[[Any], Awaitable[Any]], built: Any) -> Any:
    return await scenario(built)


class Space:
    """A network namespace; `here()` is the one the program is in."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        with kernel.inside(fd):
            self.rtnl = IPRoute()
        self.rtnl.link("set", index=1, state="up")

    @classmethod
    def here(cls) -> Space:
        return cls(kernel.this_namespace())

    @classmethod
    def new(cls) -> Space:
        home = kernel.this_namespace()
        fd = kernel.new_network_namespace()
        kernel.setns(home, kernel.CLONE_NEWNET)
        os.close(home)
        return cls(fd)

    def index(self, device: str) -> int:
        return int(self.rtnl.link_lookup(ifname=device)[0])

    def up(self, device: str) -> None:
        self.rtnl.link("set", index=self.index(device), state="up")

    def address(self, device: str, address: str, length: int = 24) -> None:
        flags = {"flags": _NO_DUPLICATE_CHECK} if ":" in address else {}
        self.rtnl.addr("add", index=self.index(device), address=address, prefixlen=length, **flags)

    def route(self, destination: str, gateway: str) -> None:
        self.rtnl.route("add", dst=destination, gateway=gateway)

    def set(self, name: str, value: str) -> None:
        with kernel.inside(self.fd):
            (Path("/proc/sys/net") / name).write_text(value, encoding="ascii")

    def wire(self, device: str) -> socket.socket:
        """Return a packet socket on a device, for forged frames."""
        with kernel.inside(self.fd):
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            made.bind((device, 0))
        return made

    def start(self, *command: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a program inside, quiet; the caller ends it."""
        with kernel.inside(self.fd):
            return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)

    def mac(self, device: str) -> str:
        return str(self.rtnl.link("get", index=self.index(device))[0].get_attr("IFLA_ADDRESS"))


def join(one: Space, device: str, other: Space, other_device: str) -> None:
    """Join two namespaces by a veth pair, both ends up."""
    one.rtnl.link("add", ifname=device, kind="veth", peer={"ifname": other_device, "net_ns_fd": other.fd})
    one.up(device)
    other.up(other_device)


async def warm_up(shared: Shared) -> None:
    """Start what describes packets: on a busy machine its first answer may come too late for the first reading."""
    await shared.get(Dissector).summary(bytes(60), 30.0)


async def ask(
    kind_name: str, address: str, *, shared: Shared, allowed_s: float = 10.0, scope: Scope = LAN, **params: Any
) -> dict[str, Any]:
    """Run one probe as the runner does; a failure becomes what JSON can carry."""
    kind = probes.load(kind_name)
    deadline_s = asyncio.get_running_loop().time() + allowed_s
    ctx = ProbeContext(deadline_s=deadline_s, shared=shared, scope=scope)
    try:
        reading = await kind.observe(address, kind.params(**params), ctx)
    except ProbeFailure as failure:
        kept = {"measures": failure.measures, "facts": failure.facts}
        return {"outcome": "failure", "failure": failure.kind, "detail": failure.detail, **kept}
    assert_declared(kind, reading)
    return dataclasses.asdict(reading)
