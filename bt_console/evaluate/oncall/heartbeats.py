"""Signs of life of other people's jobs: which are overdue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from bt_console.evaluate.foreign import Told
from bt_console.model.incident import CauseKind, Severity
from bt_console.model.inventory import TargetId, UnitId
from bt_console.model.oncall import Direction, HeartbeatPlan
from bt_console.model.paging import Heartbeat
from bt_console.words import message


def due_at(plan: HeartbeatPlan, since: datetime, timezone: str) -> datetime:
    """Return when the next sign after an instant is due, grace not counted. Cron is read in local wall-clock time."""
    if not plan.cron:
        return since + timedelta(seconds=plan.every_s)
    return next(CronSim(plan.cron, since.astimezone(ZoneInfo(timezone))))


def watch(
    plans: Iterable[HeartbeatPlan], known: Mapping[str, Heartbeat], since: datetime, timezone: str, now: datetime
) -> tuple[Heartbeat, ...]:
    """Return the state of every expected sign of life; what was never heard counts from `since`, our own start."""
    expected = [plan for plan in plans if plan.direction is Direction.IN]
    return tuple(_judged(plan, known.get(plan.name), since, timezone, now) for plan in expected)


def _judged(plan: HeartbeatPlan, known: Heartbeat | None, since: datetime, timezone: str, now: datetime) -> Heartbeat:
    last_at = known.last_at if known else None
    limit = due_at(plan, last_at or since, timezone) + timedelta(seconds=plan.grace_s)
    is_missed = now > limit
    detail = message("heartbeat.missed", name=plan.name, at=limit.isoformat()) if is_missed else ""
    return Heartbeat(name=plan.name, direction=Direction.IN, last_at=last_at, is_missed=is_missed, detail=detail)


def told(rows: Iterable[Heartbeat], hub: TargetId, unit_id: UnitId) -> tuple[Told, ...]:
    """Return what is wrong, for the incidents."""
    return tuple(
        Told(
            kind=CauseKind.HEARTBEAT_MISSED,
            target_id=hub,
            unit_id=unit_id,
            message=message("cause.heartbeat_missed", name=row.name),
            severity=Severity.WARNING,
            detail=row.detail,
        )
        for row in rows
        if row.direction is Direction.IN and row.is_missed
    )
