"""An SNMP v1/v2c agent on 127.0.0.1 whose tables are a dict and whose answers can be spoiled.

It has an encoder and a reader of its own, so that no fault of the probes' code can hide in it.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, cast

Oid: TypeAlias = tuple[int, ...]
Value: TypeAlias = tuple[int, bytes]
"""ASN.1 tag and content."""

GET, GET_NEXT, RESPONSE, SET, GET_BULK = 0xA0, 0xA1, 0xA2, 0xA3, 0xA5
NO_SUCH_INSTANCE, END_OF_VIEW = (0x81, b""), (0x82, b"")
NO_SUCH_NAME = 2


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def _number(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)


def integer(value: int) -> Value:
    return 0x02, _number(value)


def counter32(value: int) -> Value:
    return 0x41, _number(value)


def gauge(value: int) -> Value:
    return 0x42, _number(value)


def ticks(value: int) -> Value:
    return 0x43, _number(value)


def counter64(value: int) -> Value:
    return 0x46, _number(value)


def text(value: str | bytes) -> Value:
    return 0x04, value.encode() if isinstance(value, str) else value


def ip(value: str) -> Value:
    return 0x40, bytes(int(part) for part in value.split("."))


def oid_value(value: str) -> Value:
    return 0x06, _oid_content(oid(value))


def oid(dotted: str) -> Oid:
    return tuple(int(part) for part in dotted.split("."))


def _oid_content(parts: Oid) -> bytes:
    content = bytearray([parts[0] * 40 + parts[1]])
    for part in parts[2:]:
        septets = [part & 0x7F]
        while part := part >> 7:
            septets.append(part & 0x7F | 0x80)
        content += bytes(reversed(septets))
    return bytes(content)


def varbind(name: Oid, value: Value) -> bytes:
    return tlv(0x30, tlv(0x06, _oid_content(name)) + tlv(*value))


def message(version: int, community: bytes, pdu: bytes) -> bytes:
    return tlv(0x30, tlv(0x02, _number(version)) + tlv(0x04, community) + pdu)


def pdu(tag: int, request_id: int, varbinds: bytes, *, status: int = 0, index: int = 0) -> bytes:
    head = b"".join(tlv(0x02, _number(number)) for number in (request_id, status, index))
    return tlv(tag, head + tlv(0x30, varbinds))


class Request(NamedTuple):
    """One question as it came."""

    version: int
    community: str
    kind: int
    request_id: int
    repetitions_count: int
    names: tuple[Oid, ...]

    @property
    def name(self) -> Oid:
        return self.names[0]


def _take(wire: bytes) -> tuple[int, bytes, bytes]:
    tag, size, start = wire[0], wire[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(wire[2:start], "big")
    return tag, wire[start : start + size], wire[start + size :]


def _read_oid(content: bytes) -> Oid:
    parts, part = [content[0] // 40, content[0] % 40], 0
    for octet in content[1:]:
        part = part << 7 | octet & 0x7F
        if not octet & 0x80:
            parts.append(part)
            part = 0
    return tuple(parts)


def read_request(wire: bytes) -> Request:
    _, body, _ = _take(wire)
    _, version, body = _take(body)
    _, community, body = _take(body)
    kind, body, _ = _take(body)
    numbers = []
    for _ in range(3):
        _, content, body = _take(body)
        numbers.append(int.from_bytes(content, "big", signed=True))
    _, binds, _ = _take(body)
    names = []
    while binds:
        _, bind, binds = _take(binds)
        names.append(_read_oid(_take(bind)[1]))
    return Request(version[0], community.decode(), kind, numbers[0], numbers[2], tuple(names))


Spoil: TypeAlias = Callable[[Request, bytes], list[bytes]]
"""A request and the right answer -> the datagrams to send instead, none to stay silent."""


def honest(_: Request, wire: bytes) -> list[bytes]:
    return [wire]


@dataclass
class Agent(asyncio.DatagramProtocol):
    """Answers from `tables`, which a test may change between polls."""

    tables: dict[Oid, Value]
    community: str = "lan-secret"
    spoil: Spoil = honest
    octets_max: int = 1400
    port: int = 0

    def __post_init__(self) -> None:
        self.requests: list[Request] = []
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data[:1] != b"0" or _take(_take(data)[1])[1] == b"\x03":
            return
        request = read_request(data)
        self.requests.append(request)
        if request.community == self.community:
            assert self._transport is not None
            for wire in self.spoil(request, self.answer(request)):
                self._transport.sendto(wire, addr)

    def answer(self, request: Request) -> bytes:
        if request.kind == GET_BULK:
            return self._bulk(request)
        find = self._exact if request.kind == GET else self._next
        binds = [find(name) for name in request.names]
        for position, (_, value) in enumerate(binds):
            if request.version == 0 and value in (NO_SUCH_INSTANCE, END_OF_VIEW):
                same = b"".join(varbind(asked, (0x05, b"")) for asked in request.names)
                return self.reply(request, same, status=NO_SUCH_NAME, index=position + 1)
        return self.reply(request, b"".join(varbind(name, value) for name, value in binds))

    def reply(self, request: Request, binds: bytes, *, status: int = 0, index: int = 0) -> bytes:
        answer = pdu(RESPONSE, request.request_id, binds, status=status, index=index)
        return message(request.version, request.community.encode(), answer)

    def _exact(self, name: Oid) -> tuple[Oid, Value]:
        return name, self.tables.get(name, NO_SUCH_INSTANCE)

    def _next(self, name: Oid) -> tuple[Oid, Value]:
        names = sorted(self.tables)
        place = bisect_right(names, name)
        return (name, END_OF_VIEW) if place == len(names) else (names[place], self.tables[names[place]])

    def _bulk(self, request: Request) -> bytes:
        names, binds = sorted(self.tables), b""
        place, last = bisect_right(names, request.name), request.name
        for _ in range(request.repetitions_count):
            ended = place >= len(names)
            last = last if ended else names[place]
            bind = varbind(last, END_OF_VIEW if ended else self.tables[last])
            if len(binds) + len(bind) > self.octets_max:
                break
            binds += bind
            place += 1
            if ended:
                break
        return self.reply(request, binds)


@asynccontextmanager
async def snmp_agent(tables: dict[Oid, Value], **settings: object) -> AsyncIterator[Agent]:
    """Answer on a free port."""
    agent = Agent(tables, **settings)  # type: ignore[arg-type]
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: agent, local_addr=("127.0.0.1", 0))
    agent.port = transport.get_extra_info("sockname")[1]
    try:
        yield agent
    finally:
        transport.close()


def column(dotted: str, values: Mapping[int, Value] | Mapping[str, Value]) -> dict[Oid, Value]:
    """Return one column of a table: index -> value."""
    return {oid(f"{dotted}.{index}"): value for index, value in values.items()}
