"""A small web application with a log-in form, a session cookie and a token against forged requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from tests.servers.tcp_server import Reader, Writer, page

USER, PASSWORD, TOKEN = "giám sát", "mật & khẩu=1", 'a&b"c'


@dataclass(slots=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    form: Mapping[str, str]


@dataclass(slots=True)
class WebApp:
    """/login shows the form, POST to it sets the session, /documents needs it; `seen` keeps every request."""

    seen: list[Asked] = field(default_factory=list)
    extra: Mapping[str, bytes] = field(default_factory=dict)
    """Path -> whole answer, before anything else is looked at."""

    async def __call__(self, reader: Reader, writer: Writer) -> None:
        asked = await _read(reader)
        self.seen.append(asked)
        writer.write(self.extra.get(asked.path) or self._answer(asked))
        await writer.drain()

    def _answer(self, asked: Asked) -> bytes:
        if asked.path == "/login" and asked.method == "GET":
            token = TOKEN.replace("&", "&amp;").replace('"', "&quot;")
            return page(f'<input name="csrf" value="{token}">', Set_Cookie="visit=1; Path=/; HttpOnly")
        if asked.path == "/login":
            return self._log_in(asked)
        if "session=s1" not in asked.headers.get("cookie", ""):
            return page("who are you?", status="403 Forbidden")
        return page("Văn bản đến: 17")

    def _log_in(self, asked: Asked) -> bytes:
        is_known = asked.form == {"user": USER, "password": PASSWORD, "csrf": TOKEN}
        if not is_known or "visit=1" not in asked.headers.get("cookie", ""):
            return page(f"wrong: {asked.form}", status="401 Unauthorized")
        return page(status="302 Found", Location="/documents", Set_Cookie="session=s1; Path=/documents; HttpOnly")


async def _read(reader: Reader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    return Asked(method=method, path=path, headers=headers, form=form)
