import asyncio
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from probes.api import FailureKind, Outcome, ProbeContext, ProbeFailure, Scope, Shared
from probes.snmp_agent import SnmpAgentParams, observe
from tests.servers.ask import ask
from tests.servers.snmp_agent import Request, message, oid, pdu, snmp_agent, text, ticks, varbind
from tests.servers.snmp_secrets import Secrets
from tests.servers.snmpd import COMMUNITY, USERS, Snmpd, free_udp_port, snmpd

SYSTEM = {
    oid("1.3.6.1.2.1.1.1.0"): text("\x1b[2JSwitch\nfirmware 7"),
    oid("1.3.6.1.2.1.1.3.0"): ticks(4242),
    oid("1.3.6.1.2.1.1.5.0"): text(b"sw-\xff"),
}
QUICK: dict[str, Any] = {"try_s": 0.05, "retries_count": 1, "guess_default": False}


@pytest.fixture(scope="module")
def agent() -> Iterator[Snmpd]:
    with snmpd() as running:
        yield running


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets(tmp_path)


@pytest.mark.parametrize("version", ["1", "2c"])
async def test_an_agent_says_who_it_is(agent: Snmpd, secrets: Secrets, version: str) -> None:
    reading = await ask("snmp_agent", agent.address, guess_default=False, **secrets.community(version=version))
    assert (reading.outcome, reading.detail) == (Outcome.OK, "")
    assert reading.facts["sys_name"] == "cao-son-router"
    assert reading.facts["sys_location"] == "Bạch Thông"
    assert reading.facts["sys_object_id"] == agent.walk("1.3.6.1.2.1.1.2.0")["1.3.6.1.2.1.1.2.0"]
    assert (reading.facts["version"], reading.facts["security_level"]) == (version, "community")
    assert reading.measures["uptime_s"] > 0
    assert reading.measures["poll_s"] > 0
    assert "answers_public" not in reading.facts


@pytest.mark.parametrize("user", USERS)
async def test_every_pair_of_version_3_protocols_is_understood(agent: Snmpd, secrets: Secrets, user: str) -> None:
    reading = await ask("snmp_agent", agent.address, guess_default=False, **secrets.user(user))
    assert (reading.outcome, reading.detail) == (Outcome.OK, "")
    assert reading.facts["sys_name"] == "cao-son-router"
    assert reading.facts["security_level"] == ("authPriv" if USERS[user][2] else "authNoPriv")
    assert str(reading.facts["engine_id"]).startswith("80:00:1f:88")
    assert reading.facts["engine_boots"] == 1


async def test_users_of_one_name_with_other_keys_are_never_mixed(agent: Snmpd, secrets: Secrets) -> None:
    right, wrong = secrets.user("alice"), secrets.user("alice", auth_key=secrets.of("another-password"))
    shared = Shared()
    readings = await asyncio.gather(
        *(
            ask("snmp_agent", agent.address, shared=shared, guess_default=False, **params)
            for params in (right, wrong) * 5
        )
    )
    shared.close()
    assert [reading.outcome for reading in readings] == [Outcome.OK, Outcome.FAIL] * 5


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"auth_key": "not-the-password"}, "wrong digest"),
        ({"auth_protocol": "SHA-512"}, "wrong digest"),
        ({"user": "nobody"}, "does not know this user"),
        ({"priv_key": None}, "at this security level"),
    ],
)
async def test_refused_credentials_are_explained(
    agent: Snmpd, secrets: Secrets, changed: dict[str, Any], complaint: str
) -> None:
    given = {name: secrets.of(value) if name == "auth_key" else value for name, value in changed.items()}
    reading = await ask("snmp_agent", agent.address, **secrets.user("alice") | QUICK | given)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROHIBITED)
    assert complaint in reading.detail


async def test_a_wrong_privacy_key_is_silence_of_an_agent_that_is_there(agent: Snmpd, secrets: Secrets) -> None:
    params = secrets.user("alice", priv_key=secrets.of("not-the-password"))
    reading = await ask("snmp_agent", agent.address, **params, **QUICK)
    assert (reading.outcome, reading.failure) == (Outcome.TIMEOUT, None)
    assert "wrong privacy key" in reading.detail


async def test_a_wrong_community_is_a_timeout_that_says_what_it_can_mean(agent: Snmpd, secrets: Secrets) -> None:
    reading = await ask("snmp_agent", agent.address, **secrets.community("no-such"), **QUICK)
    assert (reading.outcome, reading.failure, reading.facts["phase"]) == (Outcome.TIMEOUT, None, "query")
    assert "a wrong community" in reading.detail
    assert "a dead agent" in reading.detail


async def test_a_closed_port_is_refused_in_every_version(secrets: Secrets) -> None:
    address = f"127.0.0.1:{free_udp_port()}"
    for params in (secrets.community(), secrets.community(version="1"), secrets.user("alice")):
        reading = await ask("snmp_agent", address, **params, **QUICK)
        assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.REFUSED)


async def test_secrets_are_nowhere_in_a_reading(agent: Snmpd, secrets: Secrets) -> None:
    for params in (secrets.community(), secrets.community("other-secret"), *map(secrets.user, USERS)):
        reading = await ask("snmp_agent", agent.address, **params, **QUICK)
        shown = repr(reading)
        assert not [word for word in (COMMUNITY, "other-secret") if word in shown]
        assert not [word for keys in USERS.values() for word in (keys[1], keys[3]) if word and word in shown]


@pytest.mark.parametrize("community", ["public", "private"])
async def test_an_agent_that_tells_whoever_guesses_is_found_out(secrets: Secrets, community: str) -> None:
    with snmpd(community=community) as open_agent:
        guessed = await ask("snmp_agent", open_agent.address)
        known = await ask("snmp_agent", open_agent.address, **secrets.user("alice"))
    assert guessed.outcome is known.outcome is Outcome.OK
    assert guessed.facts["sys_name"] == known.facts["sys_name"] == "cao-son-router"
    assert guessed.facts["answers_public"] is known.facts["answers_public"] is True
    assert guessed.facts["default_communities"] == known.facts["default_communities"] == (community,)


async def test_an_agent_that_does_not_fall_for_guesses_answers_who_knows(agent: Snmpd, secrets: Secrets) -> None:
    reading = await ask("snmp_agent", agent.address, **secrets.community())
    assert reading.outcome is Outcome.OK
    assert (reading.facts["answers_public"], reading.facts["default_communities"]) == (False, ())


async def test_silence_to_every_guess_is_a_timeout_that_keeps_what_was_found(agent: Snmpd) -> None:
    reading = await ask("snmp_agent", agent.address)
    assert reading.outcome is Outcome.TIMEOUT
    assert reading.facts["answers_public"] is False


async def test_a_guess_outside_the_approved_networks_sends_nothing() -> None:
    async with snmp_agent(SYSTEM, community="public") as open_agent:
        scope = Scope(networks=(IPv4Network("198.51.100.0/24"),))
        ctx = ProbeContext(deadline_s=asyncio.get_running_loop().time() + 5, shared=Shared(), scope=scope)
        with pytest.raises(ProbeFailure) as failed:
            await observe(open_agent.address, SnmpAgentParams(), ctx)
    assert failed.value.kind is FailureKind.PERMISSION
    assert open_agent.requests == []


async def test_missing_credentials_are_named(secrets: Secrets) -> None:
    nothing = await ask("snmp_agent", "127.0.0.1:9", guess_default=False)
    no_user = await ask("snmp_agent", "127.0.0.1:9", guess_default=False, version="3")
    short = await ask("snmp_agent", "127.0.0.1:9", **secrets.user("alice", auth_key=secrets.of("short")), **QUICK)
    assert {reading.failure for reading in (nothing, no_user, short)} == {FailureKind.PERMISSION}
    assert "needs a `community`" in nothing.detail
    assert "needs a `user`" in no_user.detail
    assert "auth_key is shorter than the 8 octets" in short.detail


async def test_hostile_text_is_harmless(secrets: Secrets) -> None:
    async with snmp_agent(SYSTEM) as hostile:
        reading = await ask("snmp_agent", hostile.address, **secrets.community("lan-secret"), **QUICK)
    assert reading.facts["sys_descr"] == "␛[2JSwitch␊firmware 7"
    assert reading.facts["sys_name"] == "sw-�"
    assert reading.measures["uptime_s"] == 42.42


async def test_a_lost_answer_is_asked_for_again_but_not_for_ever(secrets: Secrets) -> None:
    asked: list[Request] = []

    def lose_two(request: Request, wire: bytes) -> list[bytes]:
        asked.append(request)
        return [] if len(asked) <= 2 else [wire]

    async with snmp_agent(SYSTEM, spoil=lose_two) as lossy:
        params = secrets.community("lan-secret")
        once = await ask("snmp_agent", lossy.address, **params, guess_default=False, try_s=0.05, retries_count=1)
        again = await ask("snmp_agent", lossy.address, **params, guess_default=False, try_s=0.05, retries_count=1)
    assert (once.outcome, again.outcome) == (Outcome.TIMEOUT, Outcome.OK)
    assert len(asked) == 3
    assert len({request.request_id for request in asked}) == 3


async def test_answers_that_are_none_are_skipped(secrets: Secrets) -> None:
    def bury(request: Request, wire: bytes) -> list[bytes]:
        def forged(**changed: int) -> bytes:
            content = varbind(request.name, text("forged"))
            return message(1, b"lan-secret", pdu(0xA2, changed.get("request_id", request.request_id), content))

        other = message(1, b"other", pdu(0xA2, request.request_id, varbind(request.name, text("forged"))))
        return [b"", b"garbage", wire[:-3], other, forged(request_id=request.request_id ^ 1), wire]

    async with snmp_agent(SYSTEM, spoil=bury) as noisy:
        reading = await ask("snmp_agent", noisy.address, **secrets.community("lan-secret"), **QUICK)
    assert reading.outcome is Outcome.OK
    assert reading.measures["uptime_s"] == 42.42


async def test_nothing_but_garbage_breaks_the_protocol(secrets: Secrets) -> None:
    async with snmp_agent(SYSTEM, spoil=lambda _request, _wire: [b"garbage"]) as broken:
        reading = await ask("snmp_agent", broken.address, **secrets.community("lan-secret"), **QUICK)
    assert (reading.outcome, reading.failure) == (Outcome.FAIL, FailureKind.PROTOCOL)
    assert "only useless answers" in reading.detail


async def test_an_agent_that_shows_nothing_of_the_system_group_is_a_mismatch(secrets: Secrets) -> None:
    async with snmp_agent({oid("1.3.6.1.2.1.2.1.0"): ticks(1)}) as shy:
        reading = await ask("snmp_agent", shy.address, **secrets.community("lan-secret"), **QUICK)
    assert reading.outcome is Outcome.FAIL
    assert reading.failure in (FailureKind.MISMATCH, FailureKind.PROTOCOL)


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"version": "2"}, "version is '2': write one of 1, 2c, 3"),
        ({"auth_protocol": "SHA256"}, "auth_protocol is 'SHA256'"),
        ({"priv_protocol": "3DES"}, "priv_protocol is '3DES'"),
        ({"user": "x" * 33}, "more than 32 octets"),
        ({"try_s": 0.0}, "above 0"),
    ],
)
def test_wrong_params_are_refused_when_they_are_made(params: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        SnmpAgentParams(**params)


def test_privacy_without_authentication_is_refused(secrets: Secrets) -> None:
    with pytest.raises(ValueError, match="priv_key needs auth_key"):
        SnmpAgentParams(version="3", user="alice", priv_key=secrets.of("priv-of-alice"))
