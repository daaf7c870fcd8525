from __future__ import annotations

import asyncio
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from probes.api import FailureKind, Outcome, ProbeContext, ProbeFailure, Scope, Shared
from probes.smb_dialects import SmbDialectsParams, observe
from tests.servers.ask import ask
from tests.servers.daemons import smbd
from tests.servers.tcp_server import Behaviour, closed_port, reset, saying, serving, stall

MODERN = ("2.0.2", "2.1", "3.0", "3.0.2", "3.1.1")


async def test_samba_as_it_comes_speaks_versions_2_and_3(tmp_path: Path) -> None:
    with smbd(tmp_path) as port:
        reading = await ask("smb_dialects", f"127.0.0.1:{port}")
    assert reading.outcome is Outcome.OK, reading.detail
    assert reading.facts["accepted"] == MODERN
    assert (reading.facts["smb1"], reading.facts["signing_required"]) == (False, False)
    assert reading.facts["highest"] == "3.1.1"
    assert len(str(reading.facts["guid"])) == 36
    assert abs(reading.measures["clock_offset_s"]) < 60, "its clock is this machine's"


async def test_smb_1_and_signing_are_seen_when_switched_on(tmp_path: Path) -> None:
    with smbd(tmp_path, "server min protocol = NT1\nserver signing = mandatory") as port:
        reading = await ask("smb_dialects", f"127.0.0.1:{port}")
    assert reading.facts["accepted"] == ("1", *MODERN)
    assert (reading.facts["smb1"], reading.facts["signing_required"]) == (True, True)


async def test_a_server_that_speaks_only_smb_1_is_measured(tmp_path: Path) -> None:
    with smbd(tmp_path, "server min protocol = NT1\nserver max protocol = NT1") as port:
        reading = await ask("smb_dialects", f"127.0.0.1:{port}")
    assert reading.outcome is Outcome.OK
    assert reading.facts["accepted"] == ("1",)
    assert reading.facts["signing_required"] is False
    assert "highest" not in reading.facts


@pytest.mark.parametrize(
    "behave",
    [
        saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        saying(b"\x00\xff\xff\xff" + b"x" * 100),
        saying(b"\x00\x00\x00\x40" + b"x" * 64),
        saying(b"\x00\x00\x00\x40\xfeSMB" + b"\x00" * 60),
        saying(b"\x00\x00\x00\x40\xfeSMB" + b"\x01" * 60),
        saying(b"\x00\x00\x00\x20\xffSMB" + b"\x72" * 28),
        saying(b""),
        reset,
    ],
)
async def test_anything_else_is_a_protocol_failure(behave: Behaviour) -> None:
    async with serving(behave) as port:
        reading = await ask("smb_dialects", f"127.0.0.1:{port}")
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)


async def test_half_an_answer_is_a_refusal_and_a_silent_server_a_timeout() -> None:
    async with serving(saying(b"\x00\x00\x00\x40\xfeSMB")) as port:
        assert (await ask("smb_dialects", f"127.0.0.1:{port}")).facts["accepted"] == ()
    async with serving(stall) as port:
        reading = await ask("smb_dialects", f"127.0.0.1:{port}", timeout_s=0.2)
    assert (reading.outcome, reading.facts["phase"]) == (Outcome.TIMEOUT, "offering SMB 1")


async def test_a_closed_port_is_refused() -> None:
    with closed_port() as port:
        assert (await ask("smb_dialects", f"127.0.0.1:{port}")).failure is FailureKind.REFUSED


async def test_an_address_nobody_approved_is_not_contacted() -> None:
    scope = Scope(networks=(IPv4Network("10.0.0.0/8"),))
    ctx = ProbeContext(deadline_s=asyncio.get_running_loop().time() + 5, shared=Shared(), scope=scope)
    with pytest.raises(ProbeFailure) as caught:
        await observe("127.0.0.1:1", SmbDialectsParams(), ctx)
    assert caught.value.kind is FailureKind.PERMISSION
