"""Machines that could offer what nobody should, and what they say when they do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bt_console.lab.exposures import exposures
from bt_console.lab.faults import effects_of
from bt_console.lab.services.exposed import negotiated, smb_session, telnet_session
from bt_console.lab.world import ServiceState, service_states
from probes._wire.smb import ask_smb1, ask_smb2
from tests.lab.example import plan
from tests.lab.street import ask, served

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


def test_each_commune_has_one_machine_for_either_and_none_of_them_answers() -> None:
    found = exposures(plan())
    assert len(found) == 2 * 17
    at = {service.id: (service.space, service.address, service.ports[0].number) for service in found}
    assert at["cao-son/exposed/telnet"] == ("cao-son/switch", "10.21.2.13", 23)
    assert at["cao-son/exposed/smb"] == ("cao-son/device/may-mot-cua", "10.21.2.11", 445)
    assert all(ServiceState().is_closed(service.ports[0].kind) for service in found)


def test_a_fault_opens_the_one_port_of_the_one_unit() -> None:
    ids = [service.id for service in exposures(plan())]
    states = service_states(ids, effects_of("telnet-open:cao-son", plan().names()))
    assert [name for name, state in states.items() if not state.is_closed("telnet")] == ["cao-son/exposed/telnet"]
    assert all(state.is_closed("smb") for state in states.values())


async def test_telnet_asks_for_a_name() -> None:
    async with served(telnet_session) as address:
        reading = await ask("tcp_connect", address, expect="login:")
    assert reading.outcome == "ok", reading


async def test_smb_agrees_to_version_1_alone() -> None:
    async with served(smb_session) as address:
        reading = await ask("smb_dialects", address)
    assert (reading.outcome, reading.facts["accepted"]) == ("ok", ("1",)), reading


def test_an_offer_without_the_known_dialect_is_declined() -> None:
    offer = ask_smb1()[4:].replace(b"NT LM 0.12", b"LANMAN1.0\x00")
    answer = negotiated(offer, NOW)
    assert answer is not None
    assert answer[33:35] == b"\xff\xff"


@pytest.mark.parametrize("message", [b"", b"\xffSMB\x73" + bytes(40), ask_smb2(0x0311, bytes(48))[4:]])
def test_anything_else_ends_the_session(message: bytes) -> None:
    assert negotiated(message, NOW) is None
