import errno
import subprocess
import sys
from pathlib import Path

import pytest

from probes._wire.errors import failure_kind, network_errors
from probes.api import FailureKind, ProbeFailure

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("code", "later", "at_once"),
    [
        (errno.ECONNREFUSED, FailureKind.REFUSED, FailureKind.REFUSED),
        (errno.ECONNRESET, FailureKind.RESET, FailureKind.RESET),
        (errno.EHOSTUNREACH, FailureKind.UNREACHABLE, FailureKind.NO_ROUTE),
        (errno.ENETUNREACH, FailureKind.UNREACHABLE, FailureKind.NO_ROUTE),
        (errno.EADDRNOTAVAIL, FailureKind.NO_ROUTE, FailureKind.NO_ROUTE),
        (errno.EPERM, FailureKind.PERMISSION, FailureKind.PERMISSION),
        (errno.EMFILE, None, None),
        (None, None, None),
    ],
)
def test_an_errno_means_more_when_no_packet_could_have_come_back(
    code: int | None, later: FailureKind | None, at_once: FailureKind | None
) -> None:
    assert failure_kind(code) is later
    assert failure_kind(code, at_once=True) is at_once


def test_errors_nobody_foresaw_and_timeouts_pass_unchanged() -> None:
    for error in (OSError(errno.EMFILE, "too many"), TimeoutError(), ValueError()):
        with pytest.raises(type(error)) as caught, network_errors("testing"):
            raise error
        assert caught.value is error


def test_a_known_error_says_what_was_being_done() -> None:
    with pytest.raises(ProbeFailure) as caught, network_errors("connecting to x"):
        raise ConnectionRefusedError(errno.ECONNREFUSED, "no")
    assert caught.value.detail == "connecting to x: Connection refused"


SCRIPT = """
import asyncio
from probes._wire.stream import dial
from probes.api import ProbeFailure
from tests.servers.ask import ask
async def main():
    for kind, address in (("tcp_connect", "192.0.2.9:80"), ("tcp_connect", "203.0.113.1:80"),
                          ("dns_query", "203.0.113.1"), ("http_get", "http://svc.example/")):
        reading = await ask(kind, address, nameservers=("203.0.113.1",))
        print(reading.outcome, reading.failure)
    try:
        await dial(("127.0.0.1", "2001:db8::1"), 9)
    except ProbeFailure as failure:
        print(failure.kind)
asyncio.run(main())
"""
NETWORK = """
set -e
ip link set lo up
ip link add v0 type veth peer name v1
ip addr add 192.0.2.1/24 dev v0
ip link set v0 up
ip link set v1 up
echo 1 > /proc/sys/net/ipv4/neigh/v0/mcast_solicit
echo 50 > /proc/sys/net/ipv4/neigh/v0/retrans_time_ms
exec "$0" -c "$1"
"""


@pytest.mark.netns
def test_a_neighbour_that_is_gone_is_its_fault_and_a_missing_route_is_ours() -> None:
    allowed = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False)
    if allowed.returncode:
        pytest.skip(f"no user namespaces: {allowed.stderr.decode().strip()}")
    command = ["unshare", "-rn", "sh", "-c", NETWORK, sys.executable, SCRIPT]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.splitlines() == ["fail unreachable"] + ["error no_route"] * 3 + ["refused"], done.stderr
