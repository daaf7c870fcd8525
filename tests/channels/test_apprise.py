"""The real apprise in its process, against real servers that take, refuse and hang."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from bt_console.channels._child import OUTPUT_OCTETS, run
from bt_console.channels.api import ChannelError, Sent
from bt_console.channels.apprise import CHANNEL, COMMAND, INSTALL, AppriseParams, check, send, send_by
from bt_console.model.paging import SendOutcome
from probes.secret import Secret
from tests.channels.letters import LETTER, context, secret
from tests.channels.servers import hang, named, receiving, trickle_body
from tests.servers.certificates import Authority
from tests.servers.tcp_server import Behaviour, closed_port, page, serving

pytest.importorskip("apprise", reason="the extra is not installed: pip install bt-console[apprise]")
PATIENT = context(timeout_s=60.0)
"""Apprise takes seconds to start on a busy machine."""


def _params(folder: Path, port: int, *, scheme: str = "json", path: str = "hook") -> AppriseParams:
    return AppriseParams(url=secret(folder, f"{scheme}://noc:CanaryPass9@127.0.0.1:{port}/{path}"))


async def test_a_letter_arrives_but_it_is_no_proof(tmp_path: Path) -> None:
    desk = receiving(page("ok"))
    async with serving(desk) as port:
        sent = await send(_params(tmp_path, port), "", LETTER, PATIENT)
    assert sent == Sent(outcome=SendOutcome.ACCEPTED, code="success", is_proof=False)
    document = desk.seen[0].document
    assert (document["title"], document["message"]) == (LETTER.title, LETTER.body)


async def test_a_refusal_is_tried_again_and_says_what_apprise_said(tmp_path: Path) -> None:
    desk = receiving(page("no", "403 Forbidden"))
    async with serving(desk) as port:
        refused = await send(_params(tmp_path, port), "", LETTER, PATIENT)
    assert (refused.outcome, refused.is_proof) == (SendOutcome.TRANSIENT, False)
    assert "403" in refused.detail
    assert len(desk.seen) == 1
    with closed_port() as port:
        nobody = await send(_params(tmp_path, port), "", LETTER, PATIENT)
    assert (nobody.outcome, nobody.is_proof) == (SendOutcome.TRANSIENT, False)
    assert nobody.detail
    assert "CanaryPass9" not in f"{refused}{nobody}"


@pytest.mark.parametrize("behaviour", [hang, trickle_body], ids=lambda b: b.__name__)
async def test_a_server_that_hangs_is_left_in_time_and_ambiguous(tmp_path: Path, behaviour: Behaviour) -> None:
    arrived = asyncio.Event()

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        arrived.set()
        await behaviour(reader, writer)

    async with serving(behave) as port:
        sent = await send(_params(tmp_path, port), "", LETTER, context(timeout_s=8.0))
    assert arrived.is_set()
    assert (sent.outcome, sent.is_proof) == (SendOutcome.AMBIGUOUS, False), sent
    assert not _children()


async def test_no_time_at_all_is_no_attempt_and_leaves_no_process(tmp_path: Path) -> None:
    desk = receiving(page("ok"))
    async with serving(desk) as port:
        sent = await send(_params(tmp_path, port), "", LETTER, context(timeout_s=0.001))
    assert (sent.outcome, sent.is_proof) == (SendOutcome.TRANSIENT, False)
    assert not desk.seen
    assert not _children()


async def test_being_cancelled_leaves_no_process(tmp_path: Path) -> None:
    async with serving(receiving(hang)) as port:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await send(_params(tmp_path, port), "", LETTER, PATIENT)
    assert not _children()


def _children() -> list[str]:
    return [
        " ".join(child.cmdline())
        for child in psutil.Process().children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE and "_apprise_process" in " ".join(child.cmdline())
    ]


async def test_without_apprise_it_says_what_to_install(tmp_path: Path) -> None:
    bare = (sys.executable, "-S", *COMMAND[1:])
    sent = await send_by(bare, _params(tmp_path, 1), LETTER, PATIENT)
    assert (sent.outcome, sent.detail, sent.is_proof) == (SendOutcome.PERMANENT, INSTALL, False)
    assert (await send_by(bare, _params(tmp_path, 1), None, PATIENT)).detail == INSTALL


async def test_a_url_apprise_does_not_know_is_permanent_and_not_repeated(tmp_path: Path) -> None:
    params = AppriseParams(url=secret(tmp_path, "nonsense-CanaryPass9"))
    sent = await send(params, "", LETTER, PATIENT)
    assert (sent.outcome, sent.is_proof) == (SendOutcome.PERMANENT, False)
    assert "CanaryPass9" not in sent.detail
    with pytest.raises(ChannelError, match="does not understand"):
        await check(params, PATIENT)


async def test_checking_sends_nothing(tmp_path: Path) -> None:
    desk = receiving(page("ok"))
    async with serving(desk) as port:
        await check(_params(tmp_path, port), PATIENT)
    assert not desk.seen


async def test_the_districts_own_authority_is_trusted_and_no_stranger(tmp_path: Path, authority: Authority) -> None:
    desk = receiving(page("ok"))
    async with serving(desk, tls=authority.context("127.0.0.1")) as port:
        params = _params(tmp_path, port, scheme="jsons")
        trusted = await send(params, "", LETTER, replace(PATIENT, trust_file=str(authority.trust_file)))
        stranger = await send(params, "", LETTER, PATIENT)
    assert (trusted.outcome, stranger.outcome) == (SendOutcome.ACCEPTED, SendOutcome.TRANSIENT)
    assert len(desk.seen) == 1


async def test_the_url_is_in_no_argument_and_no_variable_of_the_process(tmp_path: Path) -> None:
    seen: list[str] = []

    async def look(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for child in psutil.Process().children(recursive=True):
            if "_apprise_process" in " ".join(child.cmdline()):
                seen.extend((json.dumps(child.cmdline()), json.dumps(child.environ())))
        writer.write(page("ok"))

    async with serving(look) as port:
        assert (await send(_params(tmp_path, port), "", LETTER, PATIENT)).outcome is SendOutcome.ACCEPTED
    assert len(seen) >= 2
    assert "CanaryPass9" not in "".join(seen)


@pytest.mark.parametrize(
    ("program", "outcome"),
    [
        ("print('{\"begun\": true}', flush=True); raise SystemExit(3)", SendOutcome.AMBIGUOUS),
        ("raise SystemExit(3)", SendOutcome.TRANSIENT),
        ("print('[' * 9999); print(7); print('{\"status\": 7}')", SendOutcome.TRANSIENT),
        ('print(\'{"status": "partial"}\')', SendOutcome.AMBIGUOUS),
    ],
    ids=named,
)
async def test_a_process_that_dies_or_talks_nonsense_is_no_success(
    tmp_path: Path, program: str, outcome: SendOutcome
) -> None:
    sent = await send_by((sys.executable, "-S", "-c", program), _params(tmp_path, 1), LETTER, PATIENT)
    assert (sent.outcome, sent.is_proof) == (outcome, False)


async def test_an_interpreter_that_is_missing_loses_no_message(tmp_path: Path) -> None:
    sent = await send_by((str(tmp_path / "none"),), _params(tmp_path, 1), LETTER, PATIENT)
    assert sent.outcome is SendOutcome.TRANSIENT


async def test_a_process_that_prints_without_end_is_stopped() -> None:
    flood = (sys.executable, "-S", "-c", "while True: print('x' * 1000)")
    output, has_ended = await run(flood, b"", 60.0, {})
    assert not has_ended
    assert OUTPUT_OCTETS < len(output) <= 3 * OUTPUT_OCTETS


async def test_a_grandchild_that_holds_the_pipe_is_killed_with_its_parent() -> None:
    program = "import os, time; pid = os.fork(); print(pid, flush=True); time.sleep(3600 if not pid else 0)"
    output, has_ended = await run((sys.executable, "-S", "-c", program), b"", 3.0, {})
    assert not has_ended
    pid = max(int(line) for line in output.split())
    assert pid > 1
    await _until_gone(pid)


async def test_a_grandchild_that_left_the_group_delays_nobody() -> None:
    program = (
        "import os, time; pid = os.fork(); pid or os.setsid(); print(pid, flush=True); time.sleep(0 if pid else 60)"
    )
    output, has_ended = await run((sys.executable, "-S", "-c", program), b"", 3.0, {})
    assert not has_ended
    psutil.Process(max(int(line) for line in output.split())).kill()


async def _until_gone(pid: int) -> None:
    for _ in range(1000):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return
        except psutil.NoSuchProcess:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"process {pid} lives on")


def test_it_needs_a_url_by_reference_and_no_address() -> None:
    with pytest.raises(ValueError, match="file:/path"):
        AppriseParams()
    CHANNEL.check_address("")
    with pytest.raises(ValueError, match="leave the address empty"):
        CHANNEL.check_address("x")
    assert "Pass" not in repr(AppriseParams(url=Secret("env:APPRISE_URL")))
