"""Reads a server's SSH version and the algorithms it offers; nobody logs in.

Source: RFC 4253 (version exchange, KEXINIT), RFC 9142 and RFC 8758 for what is weak.
"""

from __future__ import annotations

from dataclasses import dataclass

from probes._wire.address import parse_endpoint
from probes._wire.scan import SCAN_FACTS, SCAN_MEASURES, Visits
from probes._wire.ssh import (
    LINE_OCTETS,
    LINES_COUNT,
    NotSsh,
    VersionLine,
    packet_length,
    parse_kexinit,
    parse_version_line,
    weak,
)
from probes._wire.stream import Stream
from probes._wire.trace import Trace
from probes.api import FailureKind, ProbeContext, ProbeFailure, ProbeKind, Reading

PORT = 22
OUR_LINE = b"SSH-2.0-bt_console\r\n"
_SSH_1 = "ssh-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SshAlgorithmsParams:
    """How long to wait."""

    timeout_s: float = 5.0


async def observe(address: str, params: SshAlgorithmsParams, ctx: ProbeContext) -> Reading:
    """Measure `host` or `host:port`."""
    trace = Trace(ctx, params.timeout_s)
    return await trace.conclude(_look(address, ctx, trace))


async def _look(address: str, ctx: ProbeContext, trace: Trace) -> str:
    visits = await Visits.approved(parse_endpoint(address, PORT), ctx, trace)
    with trace.timed("connect", "total_s"):
        stream = await visits.connect()
        try:
            await _read(stream, trace)
        except NotSsh as error:
            raise ProbeFailure(FailureKind.PROTOCOL, str(error)) from error
        finally:
            stream.close()
    return ""


async def _read(stream: Stream, trace: Trace) -> None:
    trace.phase = "version"
    version, rest = await _version(stream)
    trace.facts |= {
        "banner": version.line,
        "software": version.software,
        "protocol": version.protocol,
        "ssh1": version.speaks_1,
    }
    if not version.speaks_2:
        trace.facts["weak"] = (_SSH_1,)
        trace.measures["weak_count"] = 1.0
        return
    trace.phase = "algorithms"
    await stream.send(OUR_LINE)
    _note(await _first_packet(stream, rest), version, trace)


async def _version(stream: Stream) -> tuple[VersionLine, bytes]:
    """Return the version line and what came after it."""
    heard = b""
    for _ in range(LINES_COUNT):
        while b"\n" not in heard:
            if len(heard) > LINE_OCTETS:
                raise NotSsh("the server's first line has no end")
            part = await stream.receive(LINE_OCTETS)
            if not part:
                raise NotSsh("the server closed the connection before its version line")
            heard += part
        line, _, heard = heard.partition(b"\n")
        version = parse_version_line(line[:LINE_OCTETS])
        if version is not None:
            return version, heard
    raise NotSsh(f"no version line among the server's first {LINES_COUNT} lines")


async def _first_packet(stream: Stream, rest: bytes) -> bytes:
    data = rest + await stream.receive_exactly(max(0, 4 - len(rest)))
    wanted = 4 + packet_length(data[:4])
    data += await stream.receive_exactly(max(0, wanted - len(data)))
    return data[4:wanted]


def _note(packet: bytes, version: VersionLine, trace: Trace) -> None:
    offer = parse_kexinit(packet)
    found = ((_SSH_1,) if version.speaks_1 else ()) + weak(offer)
    trace.facts |= {
        "kex": offer.kex,
        "host_keys": offer.host_keys,
        "ciphers": offer.ciphers,
        "macs": offer.macs,
        "compression": offer.compression,
        "strict_kex": offer.is_strict,
        "weak": found,
    }
    trace.measures["weak_count"] = float(len(found))


PROBE = ProbeKind(
    name="ssh_algorithms",
    params=SshAlgorithmsParams,
    observe=observe,
    measures={**SCAN_MEASURES, "weak_count": "algorithms"},
    facts={
        **SCAN_FACTS,
        "banner": str,
        "software": str,
        "protocol": str,
        "ssh1": bool,
        "kex": tuple,
        "host_keys": tuple,
        "ciphers": tuple,
        "macs": tuple,
        "compression": tuple,
        "strict_kex": bool,
        "weak": tuple,
    },
    example="127.0.0.1:22 -p timeout_s=2",
    source="RFC 4253, RFC 9142, RFC 8758",
)
