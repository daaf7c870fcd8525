"""People get their messages in the lab, and answer: the product's own channels against the lab's messengers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bt_console.channels import smstools, smtp, zalo_bot
from bt_console.channels.api import ChannelContext, ChannelError, Letter
from bt_console.config.load import load_config
from bt_console.lab.messengers import people_of, spools_of, with_messengers
from bt_console.lab.offered import services_of
from bt_console.lab.plan import INTERNET_CENTRE, Port
from bt_console.lab.services.bot import Bot
from bt_console.lab.services.certificates import Authority, server_context
from bt_console.lab.services.gateway import Gateway
from bt_console.lab.services.letters import KEPT_COUNT, Letters
from bt_console.lab.services.mail import smtp_factory
from bt_console.lab.services.mailbox import Mailbox
from bt_console.lab.services.postroom import Boxes
from bt_console.lab.world import ServiceState
from probes.secret import Secret
from tests.lab.example import EXAMPLE
from tests.lab.street import served

NOW = datetime(2026, 11, 25, 0, 30, tzinfo=UTC)
CTX = ChannelContext(now=NOW, timeout_s=5.0)
TOKEN = "4711:the-token"


def letter(number: int = 1) -> Letter:
    title, short = "[nghiêm trọng] Lõi mạng TSLCD hỏng", "nghiem trong: Loi mang TSLCD hong tu 07:30 4269 #1"
    return Letter(
        id=str(number),
        kind="page",  # type: ignore[arg-type]
        at=NOW,
        title=title,
        body="Trả lời 4269 để nhận việc",
        short=short,
        code="4269",
    )


def secret(folder: Path, text: str) -> Secret:
    file = folder / "secret"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return Secret(f"file:{file}")


@pytest.fixture
def letters() -> Letters:
    return Letters(lambda: NOW)


def test_the_example_has_a_bot_boxes_and_a_modem() -> None:
    settings = load_config(EXAMPLE)
    services = {service.id: service for service in with_messengers(services_of(settings.inventory), settings.oncall)}
    bot = services["channel/zalo"]
    assert (bot.address, bot.space, bot.ports) == ("192.0.2.21", INTERNET_CENTRE, (Port(kind="http", number=80),))
    assert bot.credential == "zalo-token"
    mail = services["mail"]
    assert set(mail.recipients) == {f"{name}@bachthong.example" for name in ("an", "binh", "cuong")}
    assert Port(kind="smtp", number=587) in mail.ports
    assert spools_of(settings.oncall) == (("sms", "/var/spool/sms"),)
    reached = {(person.channel, person.contact) for person in people_of(settings.oncall)}
    assert reached == {
        *((channel, who) for channel in ("zalo", "sms", "mail") for who in ("an", "binh")),
        *(("sms", "cuong"), ("mail", "cuong")),
    }


async def test_a_message_by_the_bot_arrives_and_its_answer_comes_back(tmp_path: Path, letters: Letters) -> None:
    bot = Bot("zalo", TOKEN, letters)
    async with served(bot.server()) as place:
        params = zalo_bot.ZaloBotParams(token=secret(tmp_path, TOKEN), url=f"http://{place}", poll_s=1.0)
        sent = await zalo_bot.send(params, "abc123", letter(), CTX)
        (arrived,) = letters.after(0)
        assert (sent.outcome, sent.provider_id) == ("accepted", arrived["message_id"])
        assert (arrived["channel"], arrived["recipient"]) == ("zalo", "abc123")
        assert "4269" in arrived["text"]
        bot.hear("abc123", "4269")
        received = await zalo_bot.receive(params, "", CTX)
        assert [(message.sender, message.text) for message in received.messages] == [("abc123", "4269")]
        assert (await zalo_bot.receive(params, "", CTX)).messages == (), "each answer is handed over once"
        await zalo_bot.check(params, CTX)


async def test_a_stranger_with_a_wrong_token_gets_nothing(tmp_path: Path, letters: Letters) -> None:
    async with served(Bot("zalo", TOKEN, letters).server()) as place:
        params = zalo_bot.ZaloBotParams(token=secret(tmp_path, "guess"), url=f"http://{place}", poll_s=1.0)
        assert (await zalo_bot.send(params, "abc123", letter(), CTX)).outcome != "accepted"
        with pytest.raises(ChannelError):
            await zalo_bot.receive(params, "", CTX)
    assert letters.after(0) == []


async def test_a_text_message_goes_through_the_spool_and_its_answer_is_heard(tmp_path: Path, letters: Letters) -> None:
    gateway = Gateway("sms", tmp_path / "spool", letters)
    params = smstools.SmstoolsParams(spool=str(tmp_path / "spool"))
    sent = await smstools.send(params, "+84000000001", letter(), CTX)
    assert await smstools.receipt(params, sent.provider_id, CTX) is None
    gateway.look()
    (arrived,) = letters.after(0)
    assert (arrived["recipient"], arrived["message_id"]) == ("+84000000001", sent.provider_id)
    assert "4269" in arrived["text"]
    proof = await smstools.receipt(params, sent.provider_id, CTX)
    assert proof is not None
    assert "IMSI" in proof.detail
    assert not list((tmp_path / "spool" / "outgoing").iterdir()) + list((tmp_path / "spool" / "checked").iterdir())
    gateway.hear("+84000000001", "4269")
    received = await smstools.receive(params, "", replaced_now())
    assert [(message.sender, message.text) for message in received.messages] == [("+84000000001", "4269")]


def replaced_now() -> ChannelContext:
    """A context of the present: the first look at a spool leaves old files alone."""
    return ChannelContext(now=datetime.now(UTC), timeout_s=5.0)


async def test_a_running_gateway_looks_by_itself(tmp_path: Path) -> None:
    has_arrived = asyncio.Event()

    def clock() -> datetime:
        has_arrived.set()
        return NOW

    letters = Letters(clock)
    gateway = Gateway("sms", tmp_path / "spool", letters)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(gateway.run())
        params = smstools.SmstoolsParams(spool=str(tmp_path / "spool"))
        await smstools.send(params, "0900000001", letter(), CTX)
        await has_arrived.wait()
        running.cancel()
    assert [arrived["recipient"] for arrived in letters.after(0)] == ["+84900000001"]


def test_inside_the_lab_a_spool_lies_below_the_labs_own_root(monkeypatch: pytest.MonkeyPatch) -> None:
    params = smstools.SmstoolsParams(spool="/var/spool/sms")
    assert params.folder("outgoing") == Path("/var/spool/sms/outgoing")
    monkeypatch.setenv(smstools.ROOT_VARIABLE, "/run/lab/spools")
    assert params.folder("outgoing") == Path("/run/lab/spools/var/spool/sms/outgoing")


async def test_mail_to_people_lies_in_their_boxes_and_not_in_the_monitors(tmp_path: Path, letters: Letters) -> None:
    authority = Authority(datetime.now(UTC))
    trust, chain = tmp_path / "ca.pem", tmp_path / "chain.pem"
    trust.write_bytes(authority.pem())
    chain.write_bytes(authority.issue("localhost", "127.0.0.1"))
    own = Mailbox(address="monitor@x.example", user="monitor@x.example", password="pw")
    boxes = Boxes("mail", ["An@x.example"], letters)
    factory = smtp_factory("localhost", server_context(chain), own, ServiceState, boxes)
    async with served(factory) as place:
        params = smtp.SmtpParams(
            server=place,
            server_name="localhost",
            sender="monitor@x.example",
            user="monitor@x.example",
            password=secret(tmp_path, "pw"),
        )
        ctx = ChannelContext(now=NOW, timeout_s=10.0, trust_file=str(trust))
        assert (await smtp.send(params, "an@x.example", letter(), ctx)).outcome == "accepted"
        assert (await smtp.send(params, "nobody@x.example", letter(2), ctx)).outcome == "permanent"
    (arrived,) = letters.after(0)
    assert arrived["recipient"] == "An@x.example"
    assert arrived["text"].startswith("[nghiêm trọng] Lõi mạng TSLCD hỏng")
    assert "4269" in arrived["text"]
    assert own.messages == []


def test_letters_are_kept_in_order_and_not_for_ever(letters: Letters) -> None:
    for number in range(KEPT_COUNT + 5):
        letters.take("sms", "+84000000001", f"{number}", "")
    kept = letters.after(0)
    assert len(kept) == KEPT_COUNT
    assert [found["text"] for found in letters.after(KEPT_COUNT + 3)] == [f"{KEPT_COUNT + 3}", f"{KEPT_COUNT + 4}"]
