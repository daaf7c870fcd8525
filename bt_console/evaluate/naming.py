"""From a culprit to the kind of its cause, its severity and the words that explain it."""

from __future__ import annotations

from bt_console.evaluate.belief import Belief
from bt_console.model.health import HealthState, Sample, Verdict
from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import Check, Role, Target

_BY_ROLE = {
    Role.TSLCD: CauseKind.TSLCD_DOWN,
    Role.INTERNET: CauseKind.INTERNET_DOWN,
    Role.CORE: CauseKind.TSLCD_CORE_DOWN,
    Role.UPLINK: CauseKind.OWN_UPLINK_DOWN,
    Role.LAN: CauseKind.LAN_GATEWAY_DOWN,
    Role.DEVICE: CauseKind.DEVICE_MISSING,
}
_BY_MEASURE = {
    "loss_ratio": CauseKind.LINK_LOSS,
    "rtt_median_s": CauseKind.LINK_DELAY,
    "total_s": CauseKind.SERVICE_SLOW,
    "query_s": CauseKind.SERVICE_SLOW,
    "certificate_days_left": CauseKind.CERTIFICATE_EXPIRING,
    "clock_offset_s": CauseKind.CLOCK_SKEW,
}
_REVOCATION = frozenset({"ocsp_query", "crl_fetch"})
"""Probes that say whether a certificate was taken back."""
_WARNINGS = frozenset(
    {
        CauseKind.LINK_LOSS,
        CauseKind.LINK_DELAY,
        CauseKind.LINK_SATURATED,
        CauseKind.ROUTE_CHANGED,
        CauseKind.SERVICE_SLOW,
        CauseKind.CERTIFICATE_EXPIRING,
        CauseKind.CLOCK_SKEW,
        CauseKind.LAN_SWITCH_DOWN,
        CauseKind.CANNOT_MEASURE,
    }
)


def severity_of(kind: CauseKind) -> Severity:
    """Return how much a kind of cause hurts when nothing else is known."""
    if kind is CauseKind.DEVICE_MISSING:
        return Severity.INFO
    return Severity.WARNING if kind in _WARNINGS else Severity.CRITICAL


def kind_of_outage(target: Target, belief: Belief) -> CauseKind | None:
    """Return the cause kind of a culprit that is DOWN; None for a target whose loss alone is no incident."""
    if target.role is Role.DNS:
        return _kind_of_dns(belief)
    if target.role is Role.SERVICE:
        return _kind_of_service(target, belief)
    return _BY_ROLE.get(target.role)


def _kind_of_dns(belief: Belief) -> CauseKind:
    failures = {sample.failure for _, sample in _last_misses(belief)}
    return CauseKind.DNS_WRONG_ANSWER if failures & {"mismatch", "name_not_found"} else CauseKind.DNS_DOWN


def _kind_of_service(target: Target, belief: Belief) -> CauseKind:
    kind = target.labels.get("service", "web")
    misses = _last_misses(belief)
    failures = [sample.failure for _, sample in misses]
    if failures and (all(failure == "tls" for failure in failures) or _is_revoked(belief)):
        return kind_of_certificate(belief)
    if kind == "mail":
        return CauseKind.MAIL_DOWN
    of_pages = [sample.failure for check, sample in misses if kind != "signature" or check.probe == "http_get"]
    if "protocol" in of_pages:
        return CauseKind.SERVICE_ERROR
    if "mismatch" in of_pages:
        return CauseKind.SERVICE_WRONG_CONTENT
    return CauseKind.SIGNATURE_DOWN if kind == "signature" else CauseKind.SERVICE_DOWN


def _is_revoked(belief: Belief) -> bool:
    """Return whether all that fails is that the certificate was taken back."""
    failing = [(check, health) for check, health in belief.memories if health.state is HealthState.DOWN]
    is_only_that = all(check.probe in _REVOCATION for check, _ in failing)
    return is_only_that and any(dict(health.facts).get("cert_status") == "revoked" for _, health in failing)


def kind_of_certificate(belief: Belief) -> CauseKind:
    """Return whether a certificate that fails has expired or is wrong in another way."""
    days = [dict(health.measures).get("certificate_days_left") for _, health in belief.memories]
    is_expired = any(left is not None and left <= 0 for left in days)
    return CauseKind.CERTIFICATE_EXPIRED if is_expired else CauseKind.CERTIFICATE_INVALID


def kind_of_degradation(measure: str) -> CauseKind | None:
    """Return the cause kind of a measure beyond its threshold; None for one that is only shown."""
    return _BY_MEASURE.get(measure)


def _last_misses(belief: Belief) -> list[tuple[Check, Sample]]:
    """Return the newest miss of each check that is DOWN, also while it is beginning to answer again."""
    down = ((check, health.samples) for check, health in belief.memories if health.state is HealthState.DOWN)
    misses = ((check, [s for s in samples if s.verdict is Verdict.BAD]) for check, samples in down)
    return [(check, found[-1]) for check, found in misses if found]


def last_miss_detail(belief: Belief) -> str:
    """Return what the newest miss said, for people; empty when it said nothing."""
    misses = sorted((sample for _, sample in _last_misses(belief)), key=lambda sample: sample.started_at)
    return (misses[-1].detail or misses[-1].failure) if misses else ""
