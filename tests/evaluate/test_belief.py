"""A target's checks rolled up."""

from __future__ import annotations

import pytest

from bt_console.evaluate.belief import Belief, believe
from bt_console.model.health import HealthState
from bt_console.model.inventory import CheckId, Role, Target, TargetId, UnitId
from tests.evaluate.build import after, check_of
from tests.evaluate.simulation import instant

TARGET = Target(id=TargetId("x"), unit_id=UnitId("hub"), role=Role.SERVICE, name="X", address="192.0.2.1")
HTTP = check_of(id=CheckId("x:http_get"), probe="http_get")
TLS = check_of(id=CheckId("x:tls_handshake"), probe="tls_handshake")


def belief(http: str, tls: str | None = None) -> Belief:
    memories = [(HTTP, after(HTTP, http))]
    if tls is not None:
        memories.append((TLS, after(TLS, tls)))
    return believe(TARGET, tuple(memories))


def test_the_worst_check_decides() -> None:
    assert belief("ok ok", "ok timeout timeout").state is HealthState.DOWN
    assert belief("ok ok", "ok").state is HealthState.UP
    assert belief("ok ok", "").state is HealthState.UNKNOWN


def test_a_bad_certificate_alone_only_degrades() -> None:
    assert belief("ok ok ok", "ok tls tls").state is HealthState.DEGRADED
    assert belief("ok tls tls", "ok tls tls").state is HealthState.DOWN


def test_a_target_without_checks_is_unknown_and_not_stale() -> None:
    nothing = believe(TARGET, ())

    assert (nothing.state, nothing.is_stale, nothing.failing_since) == (HealthState.UNKNOWN, False, None)
    assert nothing.misses_since(instant(0)) == []
    assert nothing.recovered_at is None


def test_it_fails_since_the_first_miss_of_the_present_run() -> None:
    assert belief("ok timeout ok timeout timeout").failing_since == instant(15)
    assert belief("ok timeout").failing_since == instant(5)
    assert belief("ok timeout ok").failing_since is None


def test_it_has_recovered_only_if_it_ever_missed() -> None:
    assert belief("ok ok").recovered_at is None
    assert belief("timeout timeout ok ok").recovered_at == instant(10)
    assert belief("timeout timeout ok").recovered_at is None


def test_an_answer_counts_between_its_question_and_its_end() -> None:
    seen = belief("timeout ok timeout")

    assert seen.answered_between(instant(0), instant(6))
    assert not seen.answered_between(instant(0), instant(5))
    assert not seen.answered_between(instant(6), instant(10))


@pytest.mark.parametrize(("at_s", "answered", "measured"), [(5, True, True), (6, False, True), (11, False, False)])
def test_answers_and_measurements_are_dated_by_their_question(at_s: float, answered: bool, measured: bool) -> None:
    seen = belief("ok ok timeout")

    assert seen.has_answered_since(instant(at_s)) is answered
    assert seen.has_been_measured_since(instant(at_s)) is measured


def test_it_is_unmeasured_only_after_errors_in_a_row() -> None:
    assert belief("ok error").unmeasured == ()
    assert [health.check_id for health in belief("ok error error").unmeasured] == [HTTP.id]
