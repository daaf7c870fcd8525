"""SMB's first question, which dialect to speak, for version 1 and for versions 2 and 3; pure.

Source: MS-SMB2 (2.1 transport, 2.2.1 header, 2.2.3 and 2.2.4 NEGOTIATE), MS-SMB (2.2.4.5 SMB_COM_NEGOTIATE).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

DIALECTS = {0x0202: "2.0.2", 0x0210: "2.1", 0x0300: "3.0", 0x0302: "3.0.2", 0x0311: "3.1.1"}
"""Wire number -> name, oldest first."""
FRAME_OCTETS = 65_536
"""An answer to NEGOTIATE has a few hundred octets; a longer one is not read."""
_SMB1, _SMB2 = b"\xffSMB", b"\xfeSMB"
_NEGOTIATE_1, _NEGOTIATE_2 = 0x72, 0
_NO_DIALECT = 0xFFFF
_SIGNING_ENABLED, _SIGNING_REQUIRED = 1, 2
_SMB1_SIGNING_REQUIRED = 8
_ANSWER = struct.Struct("<HHHH16sIIIIQQ")
_HEADER_OCTETS = 64
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


class NotSmb(Exception):
    """The octets are no answer to NEGOTIATE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Negotiated:
    """What a server of versions 2 and 3 said about itself."""

    dialect: int
    signing_required: bool
    guid: str
    clock_at: datetime | None
    """The server's own clock, None when it shows none."""


def ask_smb1() -> bytes:
    """Return a frame that offers only `NT LM 0.12`, the dialect of SMB 1."""
    dialects = b"\x02NT LM 0.12\x00"
    header = _SMB1 + struct.pack("<BIBHH8xHHHHH", _NEGOTIATE_1, 0, 0x18, 0xC801, 0, 0, 0, 0xFEFF, 0, 0)
    return _framed(header + b"\x00" + struct.pack("<H", len(dialects)) + dialects)


def ask_smb2(dialect: int, random: bytes) -> bytes:
    """Return a frame that offers one dialect; `random` is 48 octets."""
    header = _SMB2 + struct.pack("<HHIHHIIQIIQ16x", 64, 0, 0, _NEGOTIATE_2, 1, 0, 0, 0, 0, 0, 0)
    body = struct.pack("<HHHHI", 36, 1, _SIGNING_ENABLED, 0, 0) + random[:16]
    if dialect < 0x0311:
        return _framed(header + body + bytes(8) + struct.pack("<H", dialect))
    start = _HEADER_OCTETS + 36 + 4
    place = struct.pack("<IHH", start, 2, 0)
    integrity, encryption = struct.pack("<HHH", 1, 32, 1) + random[16:48], struct.pack("<HHH", 2, 2, 1)
    contexts = _context(1, integrity) + _context(2, encryption)
    return _framed(header + body + place + struct.pack("<HH", dialect, 0) + contexts)


def _context(kind: int, data: bytes) -> bytes:
    """One negotiate context, padded to eight octets: 1 is preauthentication integrity, 2 encryption."""
    return struct.pack("<HHI", kind, len(data), 0) + data + bytes(-len(data) % 8)


def _framed(message: bytes) -> bytes:
    return struct.pack("!I", len(message)) + message


def frame_length(head: bytes) -> int:
    """Return how many octets follow the four of a frame's head. Raises NotSmb."""
    if head[0] != 0:
        raise NotSmb("the server does not speak SMB on this port")
    length = int.from_bytes(head[1:], "big")
    if not 32 <= length <= FRAME_OCTETS:
        raise NotSmb(f"the server sent a message of {length} octets")
    return length


def accepts_smb1(message: bytes) -> bool:
    """Tell whether an answer to ask_smb1() agrees. Raises NotSmb."""
    if message[:4] == _SMB2:
        return False
    if message[:4] != _SMB1 or len(message) < 35 or message[4] != _NEGOTIATE_1:
        raise NotSmb("the server's answer is no answer to SMB 1")
    status, words = int.from_bytes(message[5:9], "little"), message[32]
    return status == 0 and words > 0 and int.from_bytes(message[33:35], "little") != _NO_DIALECT


def smb1_requires_signing(message: bytes) -> bool:
    """Tell it from an answer that agrees to SMB 1; one too short to say it does not."""
    return len(message) > 35 and bool(message[35] & _SMB1_SIGNING_REQUIRED)


def parse_smb2(message: bytes) -> Negotiated | None:
    """Return what an answer to ask_smb2() says, None for a refusal. Raises NotSmb."""
    if message[:4] == _SMB1:
        return None
    if message[:4] != _SMB2 or len(message) < _HEADER_OCTETS:
        raise NotSmb("the server's answer is no answer to SMB 2")
    status, command = struct.unpack_from("<IH", message, 8)
    if command != _NEGOTIATE_2:
        raise NotSmb(f"the server answered SMB 2 command {command}, not NEGOTIATE")
    if status != 0:
        return None
    if len(message) < _HEADER_OCTETS + _ANSWER.size:
        raise NotSmb("the server's answer to SMB 2 is cut off")
    _, mode, dialect, _, guid, _, _, _, _, clock, _ = _ANSWER.unpack_from(message, _HEADER_OCTETS)
    return Negotiated(
        dialect=dialect,
        signing_required=bool(mode & _SIGNING_REQUIRED),
        guid=str(UUID(bytes_le=guid)),
        clock_at=_instant(clock),
    )


def _instant(ticks: int) -> datetime | None:
    """Return the instant of a FILETIME: 100 ns since 1601."""
    try:
        return _EPOCH + timedelta(microseconds=ticks // 10) if ticks else None
    except OverflowError:
        return None
