"""From a culprit to a kind of cause."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from bt_console.evaluate.belief import Belief, believe
from bt_console.evaluate.health import advance
from bt_console.evaluate.naming import kind_of_degradation, kind_of_outage, last_miss_detail, severity_of
from bt_console.model.health import CheckHealth, HealthState
from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import CheckId, Role, Target, TargetId, UnitId
from bt_console.model.observation import Observation
from probes.api import FailureKind, Outcome, Reading
from tests.evaluate.build import after, check_of, read
from tests.evaluate.district import district
from tests.evaluate.simulation import instant
from tests.evaluate.world import Condition, World

INVENTORY = district(2)


def outage(target_id: str, condition: str, times: int = 2) -> CauseKind | None:
    """Return the kind named for a target after it was asked under a condition."""
    world = World(INVENTORY, [Condition.parse(f"0s.. {condition}")], Random(1))
    target = INVENTORY.targets[TargetId(target_id)]
    memories = []
    for check in (c for c in INVENTORY.checks.values() if c.target_id == target_id):
        health = CheckHealth(check_id=check.id)
        for place in range(times):
            health = advance(health, check, _observed(world, check.id, place))
        memories.append((check, health))
    return kind_of_outage(target, believe(target, tuple(memories)))


def _observed(world: World, check_id: CheckId, place: int) -> Observation:
    reading, took_s = world.observe(INVENTORY.checks[check_id], float(place))
    at = instant(float(place))
    return Observation(
        seq=place,
        check_id=check_id,
        vantage_id="hub",
        due_at=at,
        started_at=at,
        duration_s=took_s,
        reading=reading,
    )


@pytest.mark.parametrize(
    ("target_id", "condition", "kind"),
    [
        ("cao-son/tslcd", "cut cao-son/tslcd", CauseKind.TSLCD_DOWN),
        ("cao-son/internet", "cut cao-son/internet", CauseKind.INTERNET_DOWN),
        ("tslcd-core", "cut tslcd-core", CauseKind.TSLCD_CORE_DOWN),
        ("hub/uplink-tslcd", "cut hub/uplink-tslcd", CauseKind.OWN_UPLINK_DOWN),
        ("cao-son/lan", "cut cao-son/lan", CauseKind.LAN_GATEWAY_DOWN),
        ("cao-son/device/may-in", "cut cao-son/*", CauseKind.DEVICE_MISSING),
        ("hub/anchor-1", "cut hub/anchor-1", None),
        ("dns", "cut dns", CauseKind.DNS_DOWN),
        ("dns", "wrong dns:*", CauseKind.DNS_WRONG_ANSWER),
        ("dns", "noname dns:dns_query:qlvb", CauseKind.DNS_WRONG_ANSWER),
        ("qlvb", "refused qlvb", CauseKind.SERVICE_DOWN),
        ("qlvb", "cut qlvb", CauseKind.SERVICE_DOWN),
        ("qlvb", "status qlvb", CauseKind.SERVICE_ERROR),
        ("qlvb", "wrong qlvb", CauseKind.SERVICE_WRONG_CONTENT),
        ("motcua", "expired motcua", CauseKind.CERTIFICATE_EXPIRED),
        ("motcua", "untrusted motcua", CauseKind.CERTIFICATE_INVALID),
        ("mail", "refused mail", CauseKind.MAIL_DOWN),
        ("mail", "refused mail:tcp_connect:smtp", CauseKind.MAIL_DOWN),
        ("kyso", "refused kyso", CauseKind.SIGNATURE_DOWN),
        ("kyso", "status kyso", CauseKind.SERVICE_ERROR),
    ],
)
def test_what_a_culprit_reads_names_the_cause(target_id: str, condition: str, kind: CauseKind | None) -> None:
    assert outage(target_id, condition) is kind


def test_the_name_stays_while_the_culprit_begins_to_answer() -> None:
    check = check_of(id=CheckId("x:http_get"), probe="http_get")
    target = Target(id=TargetId("x"), unit_id=UnitId("hub"), role=Role.DNS, name="X", address="192.0.2.1")
    seen: Belief = believe(target, ((check, after(check, "ok refused refused ok")),))

    assert last_miss_detail(seen) == "connection refused"


def test_each_measure_has_its_kind() -> None:
    assert kind_of_degradation("loss_ratio") is CauseKind.LINK_LOSS
    assert kind_of_degradation("load") is None


@pytest.mark.parametrize("kind", list(CauseKind))
def test_every_kind_has_a_severity(kind: CauseKind) -> None:
    assert severity_of(kind) in Severity
    assert severity_of(CauseKind.TSLCD_DOWN) is Severity.CRITICAL
    assert severity_of(CauseKind.LINK_LOSS) is Severity.WARNING
    assert severity_of(CauseKind.DEVICE_MISSING) is Severity.INFO


def failed_signature(*failing: tuple[str, str, dict[str, str]]) -> CauseKind | None:
    """Return the kind named when probes of the signature service fail, each with a failure and facts."""
    target = INVENTORY.targets[TargetId("kyso")]
    memories = []
    for probe, failure, facts in failing:
        check = check_of(id=CheckId(f"kyso:{probe}"), target_id=target.id, probe=probe)
        reading = Reading(outcome=Outcome.FAIL, failure=FailureKind(failure), detail=failure, facts=facts)
        health = CheckHealth(check_id=check.id)
        for seq in (1, 2):
            health = advance(health, check, replace(read(check, "ok", 5.0 * seq, seq), reading=reading))
        memories.append((check, health))
    return kind_of_outage(target, believe(target, tuple(memories)))


REVOKED = ("ocsp_query", "mismatch", {"cert_status": "revoked"})


def test_a_revoked_certificate_is_named_as_one() -> None:
    assert failed_signature(REVOKED) is CauseKind.CERTIFICATE_INVALID
    assert failed_signature(REVOKED, ("crl_fetch", "mismatch", {})) is CauseKind.CERTIFICATE_INVALID


def test_a_responder_that_gives_nonsense_is_the_signature_service_down_and_not_a_wrong_page() -> None:
    assert failed_signature(("ocsp_query", "mismatch", {"cert_status": "good"})) is CauseKind.SIGNATURE_DOWN
    assert failed_signature(("timestamp_query", "mismatch", {})) is CauseKind.SIGNATURE_DOWN
    assert failed_signature(("http_get", "mismatch", {})) is CauseKind.SERVICE_WRONG_CONTENT
    assert failed_signature(REVOKED, ("http_get", "refused", {})) is CauseKind.SIGNATURE_DOWN


def test_a_server_that_ignores_pings_is_believed_by_what_it_offers() -> None:
    target = INVENTORY.targets[TargetId("qlvb")]
    ping, page = (
        check_of(target_id=target.id),
        check_of(id=CheckId("qlvb:http_get"), target_id=target.id, probe="http_get"),
    )

    deaf = believe(target, ((page, after(page, "ok ok ok ok")), (ping, after(ping, "ok ok timeout timeout"))))
    hung = believe(target, ((page, after(page, "ok ok")), (ping, after(ping, "ok ok timeout timeout"))))
    never = believe(target, ((page, after(page, "ok ok")), (ping, after(ping, "timeout timeout timeout timeout"))))

    assert (deaf.state, hung.state, never.state) == (HealthState.UP, HealthState.DOWN, HealthState.UP)
