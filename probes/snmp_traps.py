"""Hears SNMP notifications and reports what came since the last run: ports that went down, restarts, wrong passwords.

Versions 1 and 2c prove nothing about who sent them: the source is where the datagram says it comes from.
Source: RFC 3418 (coldStart, warmStart, authenticationFailure), RFC 2863 (linkDown, linkUp), RFC 3584, RFC 3414.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from probes._wire.address import is_numeric, parse_endpoint
from probes._wire.resolve import resolve
from probes._wire.snmp_params import SnmpParams, read_credential
from probes._wire.snmp_socket import MasterKeys
from probes._wire.snmp_text import text
from probes._wire.snmp_trap_listener import TRAP_PORT, Counts, Heard, TrapListener
from probes._wire.trace import Trace
from probes.api import ProbeContext, ProbeKind, Reading
from probes.secret import Secret

EVERYBODY = frozenset({"localhost", "0.0.0.0", "::"})  # noqa: S104
"""Addresses that mean this machine's ears, not a sender."""
ROWS_MAX = 512
"""Notifications shown of one run; the newest win."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpTrapsParams:
    """Where to listen, to whom, and how much of one sender to bear."""

    timeout_s: float = 5.0
    listen: str = "0.0.0.0:162"
    """Address and UDP port of this machine."""
    listen_s: float = 1.0
    """How long the first run listens; later runs report what came since the run before, at once."""
    source_per_s: float = 50.0
    """Notifications a second accepted from one sender; what is more is counted and dropped unread."""
    community: Secret | None = None
    """Accept versions 1 and 2c only with it; without it any community is accepted."""
    user: str = ""
    """Version 3: accept this user."""
    auth_protocol: str = "SHA-256"
    auth_key: Secret | None = None
    priv_protocol: str = "AES"
    priv_key: Secret | None = None

    def __post_init__(self) -> None:
        if not is_numeric(parse_endpoint(self.listen, TRAP_PORT).host):
            raise ValueError(f"listen is {self.listen!r}: write an address of this machine and a port, as 0.0.0.0:162")
        if self.listen_s < 0 or self.source_per_s < 1:
            raise ValueError("listen_s cannot be below 0 nor source_per_s below 1")
        self.secure()

    def secure(self) -> SnmpParams:
        """Return how version 3 is spoken. Raises ValueError."""
        return SnmpParams(
            version="3",
            user=self.user,
            auth_protocol=self.auth_protocol,
            auth_key=self.auth_key,
            priv_protocol=self.priv_protocol,
            priv_key=self.priv_key,
        )


class Cursor:
    """How far one check has read."""

    def __init__(self, address: str, params: SnmpTrapsParams) -> None:
        self.serial = -1
        self.counts = Counts()
        self.kernel_dropped_count = 0

    def close(self) -> None:
        """Nothing is held open."""


async def observe(address: str, params: SnmpTrapsParams, ctx: ProbeContext) -> Reading:
    """Report notifications sent by an address; `localhost` means by anybody."""
    trace = Trace(ctx, params.timeout_s)
    return await trace.conclude(_listen(address, params, ctx, trace))


async def _listen(address: str, params: SnmpTrapsParams, ctx: ProbeContext, trace: Trace) -> str:
    source = await _source(address, ctx, trace)
    trace.phase = "listen"
    trace.facts["listen"] = params.listen
    listener = ctx.shared.get(TrapListener, params.listen)
    await _admit(listener, params, ctx)
    cursor = ctx.shared.get(Cursor, address, params)
    if cursor.serial < 0:
        _advance(cursor, listener, source)
        now_s = asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, min(params.listen_s, trace.limit_s - now_s - 0.05)))
    _note(cursor, listener, source, trace)
    _advance(cursor, listener, source)
    trace.phase = ""
    return ""


async def _source(address: str, ctx: ProbeContext, trace: Trace) -> str:
    """Return the address whose notifications count, "" for all."""
    if address in EVERYBODY:
        return ""
    trace.phase = "dns"
    return address if is_numeric(address) else (await resolve(address, ctx))[0]


async def _admit(listener: TrapListener, params: SnmpTrapsParams, ctx: ProbeContext) -> None:
    community = None
    if params.community is not None:
        community = read_credential(SnmpParams(community=params.community))
    listener.admit(community, params.source_per_s)
    if params.user:
        await listener.admit_secure(read_credential(params.secure()), ctx.shared.get(MasterKeys))


def _counts(listener: TrapListener, source: str) -> Counts:
    if not source:
        return listener.total
    return listener.sources.get(source) or Counts()


def _advance(cursor: Cursor, listener: TrapListener, source: str) -> None:
    counts = _counts(listener, source)
    cursor.serial = listener.serial
    cursor.counts = Counts(counts.heard_count, counts.dropped_count, counts.refused_count, counts.broken_count)
    cursor.kernel_dropped_count = listener.kernel_dropped_count()


def _note(cursor: Cursor, listener: TrapListener, source: str, trace: Trace) -> None:
    counts, before = _counts(listener, source), cursor.counts
    if counts.heard_count < before.heard_count:  # silent for so long that it was forgotten
        before = Counts()
    heard = _since(cursor.serial, listener, source)
    dropped = counts.dropped_count - before.dropped_count
    trace.measures |= {
        "traps_count": float(counts.heard_count - before.heard_count),
        "dropped_count": float(dropped + listener.kernel_dropped_count() - cursor.kernel_dropped_count),
        "refused_count": float(counts.refused_count - before.refused_count),
        "broken_count": float(counts.broken_count - before.broken_count),
        "sources_count": float(len({one.source for one in heard})),
        "cut_count": float(max(0, counts.heard_count - before.heard_count - ROWS_MAX)),
    }
    rows = heard[-ROWS_MAX:]
    trace.facts |= {
        "trap_source": tuple(one.source for one in rows),
        "trap_kind": tuple(one.trap.kind for one in rows),
        "trap_interface": tuple(text(one.trap.interface) for one in rows),
        "trap_at": tuple(_instant(one.at_s) for one in rows),
        "trap_version": tuple(one.trap.version for one in rows),
    }


def _since(serial: int, listener: TrapListener, source: str) -> list[Heard]:
    fresh = min(listener.serial - serial, len(listener.heard))
    newest = islice(reversed(listener.heard), fresh)
    return [one for one in newest if not source or one.source == source][::-1]


def _instant(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


PROBE = ProbeKind(
    name="snmp_traps",
    params=SnmpTrapsParams,
    observe=observe,
    measures={
        "traps_count": "notifications",
        "dropped_count": "notifications",
        "refused_count": "notifications",
        "broken_count": "datagrams",
        "sources_count": "senders",
        "cut_count": "notifications",
    },
    facts={
        "listen": str,
        "trap_source": tuple,
        "trap_kind": tuple,
        "trap_interface": tuple,
        "trap_at": tuple,
        "trap_version": tuple,
        "phase": str,
    },
    example="localhost -p listen=127.0.0.1:1162 -p listen_s=1",
    source="RFC 3418, RFC 2863, RFC 3584, RFC 3414",
)
