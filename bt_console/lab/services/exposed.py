"""What a machine of a LAN should never offer and some do: a telnet login, and SMB version 1.

Source: RFC 854 and RFC 857 (telnet, ECHO), MS-SMB 2.2.4.5.2 (SMB_COM_NEGOTIATE response).
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from datetime import UTC, datetime

_IDLE_S = 30.0
_LINE_LIMIT = 1024
_GREETING = b"\xff\xfb\x01\xff\xfb\x03\r\nlogin: "
"""IAC WILL ECHO, IAC WILL SUPPRESS-GO-AHEAD."""
_FRAME_LIMIT = 4096
_SMB1 = b"\xffSMB"
_NEGOTIATE = 0x72
_DIALECT = b"NT LM 0.12"
_ANSWER_FLAG = 0x88
_NO_DIALECT = 0xFFFF
_SECURITY = 0x03
"""User level, encrypted passwords; no signing."""
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def telnet_session() -> asyncio.Protocol:
    """Return a session that asks for a name and a password, and lets nobody in."""
    return _streaming(_telnet)


def smb_session() -> asyncio.Protocol:
    """Return a session that agrees to SMB 1 and to nothing newer."""
    return _streaming(_smb)


def _streaming(serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]) -> asyncio.Protocol:
    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_IDLE_S):
                await serve(reader, writer)  # type: ignore[misc]
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass  # the client left, or sent a line without end
        finally:
            writer.close()

    return asyncio.StreamReaderProtocol(asyncio.StreamReader(limit=_LINE_LIMIT), session)


async def _telnet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_GREETING)
    await reader.readline()
    writer.write(b"\r\nPassword: ")
    await reader.readline()
    writer.write(b"\r\nLogin incorrect\r\n")


async def _smb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    length = int.from_bytes(await reader.readexactly(4), "big")
    if length <= _FRAME_LIMIT:
        answer = negotiated(await reader.readexactly(length), datetime.now(UTC))
        if answer is not None:
            writer.write(struct.pack("!I", len(answer)) + answer)
            await writer.drain()


def negotiated(message: bytes, now: datetime) -> bytes | None:
    """Return the answer to SMB 1's NEGOTIATE; None, which ends the session, for anything else."""
    if len(message) < 35 or message[:5] != _SMB1 + bytes([_NEGOTIATE]):
        return None
    offered = [part.removeprefix(b"\x02") for part in message[35:].split(b"\x00")]
    head = bytearray(message[:32])
    head[5:9] = bytes(4)
    head[9] |= _ANSWER_FLAG
    if _DIALECT not in offered:
        return bytes(head) + struct.pack("<BHH", 1, _NO_DIALECT, 0)
    ticks = int((now - _EPOCH).total_seconds() * 10_000_000)
    words = struct.pack("<HBHHIIIIQhB", offered.index(_DIALECT), _SECURITY, 50, 1, 16644, 65536, 0, 0, ticks, 0, 8)
    names = b"WORKGROUP\0PC\0".decode().encode("utf-16-le")
    return bytes(head) + bytes([len(words) // 2]) + words + struct.pack("<H", 8 + len(names)) + b"\x5a" * 8 + names
