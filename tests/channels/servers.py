"""Servers that messages are handed to: well-behaved, slow, rude and hostile ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from tests.servers.tcp_server import Behaviour, Reader, Writer, cut, page


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body, which must be JSON in UTF-8."""
        return json.loads(self.body.decode("utf-8", "strict"))


@dataclass(slots=True)
class Receiver:
    """Reads each request whole, keeps it, and answers with these bytes or does this, the last of them for ever."""

    answers: list[bytes | Behaviour]
    seen: list[Asked] = field(default_factory=list)

    async def __call__(self, reader: Reader, writer: Writer) -> None:
        self.seen.append(await read_request(reader))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            await answer(reader, writer)
            return
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


def receiving(*answers: bytes | Behaviour) -> Receiver:
    """A receiver that answers with these in order."""
    return Receiver(list(answers))


async def read_request(reader: Reader) -> Asked:
    """Read one request with its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method=method, path=path, headers=headers, body=body)


def json_page(document: object, status: str = "200 OK", **headers: str) -> bytes:
    """One answer in JSON."""
    return page(json.dumps(document), status, Content_Type="application/json", **headers)


async def drop(_: Reader, writer: Writer) -> None:
    """Cut the connection."""
    cut(writer)


async def hang(reader: Reader, _: Writer) -> None:
    """Say nothing for ever."""
    await reader.read()
    await asyncio.Event().wait()


async def trickle_head(_: Reader, writer: Writer) -> None:
    """A status line that never comes to its end, an octet at a time."""
    writer.write(b"HTTP/1.1 200 ")
    while True:
        writer.write(b"O")
        await writer.drain()
        await asyncio.sleep(0.01)


async def trickle_body(_: Reader, writer: Writer) -> None:
    """A good status, and a body that never comes to its end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def break_body(_: Reader, writer: Writer) -> None:
    """A good status and half a body."""
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"ok": tr')
    await writer.drain()
    writer.close()


async def endless_body(_: Reader, writer: Writer) -> None:
    """A good status, and chunks without end."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
        await writer.drain()


async def endless_head(_: Reader, writer: Writer) -> None:
    """Header fields without end."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: and more\r\n" * 50)
        await writer.drain()


def echoing(status: str) -> Behaviour:
    """Repeat the whole request, secrets included, in every place of the answer that is read."""

    async def behave(reader: Reader, writer: Writer) -> None:
        asked = await read_request(reader)
        text = " ".join((asked.path, *asked.headers.values(), asked.body.decode()))
        document = {"ok": False, "error_code": int(status[:3]), "description": text, "message": text, "error": text}
        secret = (asked.headers.get("authorization") or asked.path).split()[-1].strip("/")
        writer.write(json_page(document, status, Location=f"http://{secret}/"))
        await writer.drain()
        writer.close()

    return behave


def named(value: object) -> str:
    """Return a name for a test's parameter that is the same in every process."""
    return value.__qualname__ if isinstance(value, FunctionType) else str(value)
