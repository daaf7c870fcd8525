from datetime import UTC, datetime, timedelta

from bt_console.evaluate.foreign import Told, step
from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import TargetId, UnitId

AT = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)


def told(name: str, severity: Severity = Severity.WARNING) -> Told:
    return Told(
        kind=CauseKind.EXTERNAL_ALERT,
        target_id=TargetId("hub"),
        unit_id=UnitId("hub"),
        message=f"cause.external_alert|name={name}",
        severity=severity,
    )


def test_each_thing_told_is_one_incident_while_it_is_told() -> None:
    first = step((), [told("DiskFull"), told("DiskFull"), told("Backup")], 7, AT)
    assert [(i.id, i.cause.message.partition("=")[2]) for i in first.opened] == [(7, "DiskFull"), (8, "Backup")]
    later = step(first.open, [told("Backup")], 9, AT + timedelta(minutes=1))
    assert not later.opened
    assert [(i.id, i.resolved_at) for i in later.resolved] == [(7, AT + timedelta(minutes=1))]
    assert [i.id for i in later.open] == [8]


def test_a_severity_that_changed_is_a_change_of_the_same_incident() -> None:
    first = step((), [told("DiskFull")], 1, AT)
    worse = step(first.open, [told("DiskFull", Severity.CRITICAL)], 2, AT)
    assert not worse.opened
    ((before, after),) = worse.changed
    assert (before.severity, after.severity, after.id) == (Severity.WARNING, Severity.CRITICAL, 1)
