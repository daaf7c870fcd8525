"""A canary in every secret of every channel, servers that repeat all they hear, and a search through all that is left.

Whatever a channel returns, raises, prints or logs is searched for the canary, raw and in every form it travels in.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from bt_console import channels
from bt_console.channels._mask import SHOWN, masking, parts_of_url
from bt_console.channels.api import ChannelContext, ChannelKind
from probes.secret import Secret
from tests.channels.letters import CANARY, LETTER, context, secret
from tests.channels.servers import (
    Receiver,
    drop,
    echoing,
    endless_head,
    hang,
    json_page,
    receiving,
    trickle_body,
)
from tests.servers.certificates import Authority
from tests.servers.tcp_server import Behaviour, Reader, Writer, page, serving

TAIL = CANARY.partition(":")[2]
FORMS = (
    CANARY,
    TAIL,
    quote(CANARY, safe=""),
    quote(TAIL, safe=""),
    base64.b64encode(CANARY.encode()).decode()[:-2],
    "s3cr3t",
)
HTTP_KINDS = ("telegram", "zalo_bot", "webhook", "webhook-url", "alertmanager")
STATUSES = ("200 OK", "302 Found", "400 Bad", "401 No", "403 No", "404 No", "429 Slow", "500 Oops")


def _params(kind: str, port: int, folder: Path) -> Any:
    url = f"http://127.0.0.1:{port}"
    canary = secret(folder)
    made = channels.load(kind.partition("-")[0]).params
    match kind:
        case "webhook":
            return made(url=url, bearer=canary, hmac_key=canary)
        case "webhook-url":
            return made(secret_url=secret(folder, f"{url}/{CANARY}?key={quote(CANARY)}"))
        case "alertmanager":
            return made(url=url, bearer=canary)
        case "apprise":
            return made(url=secret(folder, f"json://noc:{quote(CANARY, safe='')}@127.0.0.1:{port}/{TAIL}"))
        case _:
            return made(url=url, token=canary)


class Search:
    """Collects everything that can be seen of a channel's work."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self.caplog = caplog
        self.seen: list[str] = []

    async def note(self, work: Awaitable[Any]) -> None:
        """Keep what comes of it, an error with all that led to it."""
        try:
            found = await work
            self.seen += [repr(found), str(getattr(found, "detail", ""))]
        except Exception as error:  # noqa: BLE001 - whatever it is, it is searched
            self.seen += ["".join(traceback.format_exception(error)), *_chain(error)]

    def found(self) -> list[str]:
        """Return what was seen with a secret in it."""
        records = (f"{record.getMessage()} {record.args!r} {record.exc_text}" for record in self.caplog.records)
        texts = [*self.seen, *records, self.caplog.text]
        return [text for text in texts if any(form.lower() in text.lower() for form in FORMS)]


def _chain(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield f"{error!r} {error} {error.args!r}"
        error = error.__cause__ or error.__context__


@pytest.fixture
def search(caplog: pytest.LogCaptureFixture) -> Search:
    caplog.set_level(logging.DEBUG)
    return Search(caplog)


async def _use(kind: ChannelKind, params: Any, ctx: ChannelContext, search: Search) -> None:
    asyncio.get_running_loop().set_debug(True)
    search.seen.append(repr(params))
    await search.note(kind.send(params, kind.address_example, LETTER, ctx))
    if kind.receive is not None:
        await search.note(kind.receive(params, "1", ctx))
    if kind.check is not None:
        await search.note(kind.check(params, ctx))


@pytest.mark.parametrize("kind", HTTP_KINDS)
@pytest.mark.parametrize("status", STATUSES)
async def test_a_server_that_repeats_all_it_hears_betrays_nothing(
    kind: str, status: str, tmp_path: Path, search: Search
) -> None:
    async with serving(echoing(status)) as port:
        await _use(channels.load(kind.partition("-")[0]), _params(kind, port, tmp_path), context(), search)
    assert search.found() == []
    if status >= "400":
        assert SHOWN in "".join(search.seen), "the server did repeat it, and it was taken out"


@pytest.mark.parametrize("kind", HTTP_KINDS)
@pytest.mark.parametrize(
    "answer",
    [drop, hang, trickle_body, endless_head, b"garbage\r\n\r\n", page("no json")],
    ids=["drop", "hang", "trickle_body", "endless_head", "garbage", "no json"],
)
async def test_failures_betray_nothing(kind: str, answer: bytes | Behaviour, tmp_path: Path, search: Search) -> None:
    async with serving(receiving(answer)) as port:
        params = _params(kind, port, tmp_path)
        await _use(channels.load(kind.partition("-")[0]), params, context(timeout_s=0.3), search)
    await _use(channels.load(kind.partition("-")[0]), params, context(), search)  # now nobody listens there
    assert search.found() == []
    assert len(search.seen) >= 4


@pytest.mark.parametrize("kind", HTTP_KINDS)
async def test_the_canary_really_travels(kind: str, tmp_path: Path) -> None:
    desk: Receiver = receiving(json_page({"ok": True, "result": {"message_id": 1}}))
    async with serving(desk) as port:
        chosen = channels.load(kind.partition("-")[0])
        await chosen.send(_params(kind, port, tmp_path), chosen.address_example, LETTER, context())
    asked = desk.seen[0]
    travelled = f"{asked.path} {asked.headers.get('authorization', '')}"
    assert any(form in travelled for form in FORMS)


def _parrot(tls: Any, answer: Callable[[str, str], str]) -> Behaviour:
    """A mail server over TLS that answers a login, and everything after it, with all it heard."""

    async def behave(reader: Reader, writer: Writer) -> None:
        heard = ""
        writer.write(b"220 hi\r\n")
        while line := (await reader.readline()).decode("utf-8", "replace").strip():
            heard += f" {line}"
            if line.startswith("EHLO"):
                writer.write(b"250-mail.example\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n")
            elif line == "STARTTLS":
                writer.write(b"220 go\r\n")
                await writer.drain()
                await writer.start_tls(tls)
            else:
                writer.write(f"{answer(line, heard)}\r\n".encode())
            await writer.drain()

    return behave


@pytest.mark.parametrize(
    "answer",
    [
        lambda line, heard: f"535 what is {heard}?",
        lambda line, heard: f"no SMTP {heard}",
        lambda line, heard: "235 in" if line.startswith("AUTH") else f"550 {heard}",
        lambda line, heard: "235 in" if line.startswith("AUTH") else f"451 {heard}",
        lambda line, heard: "235 in" if line.startswith("AUTH") else f"nonsense {heard}",
    ],
    ids=["login refused", "login nonsense", "refused later", "busy later", "nonsense later"],
)
async def test_a_mail_server_that_repeats_the_login_betrays_nothing(
    answer: Callable[[str, str], str], tmp_path: Path, authority: Authority, search: Search
) -> None:
    kind = channels.load("smtp")
    ctx = context(trust_file=str(authority.trust_file))
    async with serving(_parrot(authority.context("127.0.0.1"), answer)) as port:
        params = kind.params(
            server=f"127.0.0.1:{port}", sender="a@b.example", user="noc", password=secret(tmp_path), tls="required"
        )
        await _use(kind, params, ctx, search)
    plain = base64.b64encode(f"\0noc\0{CANARY}".encode()).decode()
    assert search.found() == []
    assert not [text for text in search.seen if plain[:20] in text]


async def test_apprise_betrays_nothing(tmp_path: Path, search: Search) -> None:
    pytest.importorskip("apprise", reason="the extra is not installed")
    kind = channels.load("apprise")
    async with serving(echoing("403 Forbidden")) as port:
        await _use(kind, _params("apprise", port, tmp_path), context(timeout_s=60.0), search)
    await _use(kind, kind.params(url=secret(tmp_path, f"nonsense/{CANARY}")), context(timeout_s=60.0), search)
    assert search.found() == []


@pytest.mark.parametrize("kind", HTTP_KINDS)
async def test_a_secret_file_that_cannot_be_read_is_named_and_nothing_else_of_it(
    kind: str, tmp_path: Path, search: Search
) -> None:
    path = tmp_path / "open.key"
    path.write_bytes(b"\xff\xfe" + CANARY.encode())
    path.chmod(0o600)
    name = kind.partition("-")[0]
    field = {"telegram": "token", "zalo_bot": "token"}.get(name, "secret_url")
    params = channels.load(name).params(**{field: Secret(f"file:{path}")})
    sent = await channels.load(name).send(params, "1", LETTER, context())
    search.seen.append(repr(sent))
    assert "open.key" in sent.detail
    assert search.found() == []


@pytest.mark.parametrize("value", ["x", "a b", "ă&=\"'\\", "10%+", "ABCdef==", "dòng\tmới"])
def test_a_mask_knows_the_forms_a_secret_travels_in(value: str) -> None:
    mask = masking(value)
    for form in (value, quote(value, safe=""), repr(value), base64.b64encode(value.encode()).decode()):
        assert mask(f"[{form}]").count(SHOWN) >= 1
        assert value not in mask(f"[{form}]").replace(SHOWN, "") or value == "x"


def test_a_mask_of_nothing_changes_nothing() -> None:
    assert masking("", "")("as it is") == "as it is"


def test_a_secret_is_taken_out_before_the_text_is_cut() -> None:
    assert CANARY[:6] not in masking(CANARY)("y" * 290 + CANARY + "z" * 100)


def test_every_part_of_a_secret_url_is_a_secret() -> None:
    parts = parts_of_url("discord://webhook_id/token_abc?avatar=secretish#x")
    assert {"webhook_id", "token_abc", "secretish"} <= set(parts)
    assert not {"x", "discord"} & set(parts)
