"""The weekly page that proves that people can be reached: sent at its hour, and missed when nobody answers; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bt_console.evaluate.oncall import notices, rota
from bt_console.evaluate.oncall.desk import Desk, Outcome, Scene
from bt_console.evaluate.oncall.draft import Draft
from bt_console.evaluate.oncall.texts import Extra
from bt_console.evaluate.oncall.ways import ways_to
from bt_console.model.oncall import Contact, Direction, DrillPlan, NoticeKind
from bt_console.model.paging import AckCode, Heartbeat
from bt_console.words import message

NAME = "drill"
"""Of the row that says how the newest one went."""
NO_INCIDENT = 0
_WEEK = timedelta(days=7)


def appointed_at(plan: DrillPlan, timezone: str, now: datetime) -> datetime:
    """Return the newest appointed hour that is not in the future."""
    local = now.astimezone(ZoneInfo(timezone))
    day = local.date() - timedelta(days=(local.weekday() - plan.weekday) % 7)
    found = datetime.combine(day, plan.at, ZoneInfo(timezone)).astimezone(now.tzinfo)
    return found if found <= now else found - _WEEK


def step(desk: Desk, scene: Scene, known: Heartbeat | None, began_at: datetime, now: datetime) -> Outcome | None:
    """Return the drill's next step, None when nothing is due. A drill of before the monitor began is not made up for.

    The row of the newest drill is in the outcome's paper.
    """
    plan = scene.oncall.drill
    if plan is None:
        return None
    due_at = appointed_at(plan, scene.oncall.timezone, now)
    if due_at > began_at and (known is None or known.last_at is None or known.last_at < due_at):
        return _sent(desk, scene, plan, now)
    is_over = known is not None and known.last_at is not None and now >= known.last_at + _patience(plan)
    if known is None or not is_over or known.detail != message("drill.waiting"):
        return None
    return _judged(desk, scene, known, now)


def _patience(plan: DrillPlan) -> timedelta:
    return timedelta(seconds=plan.must_ack_s)


def _sent(desk: Desk, scene: Scene, plan: DrillPlan, now: datetime) -> Outcome:
    draft = Draft(desk, scene, now)
    people = rota.people((plan.notify,), scene.oncall, draft.overrides.values(), now)
    for contact in (scene.oncall.contacts[name] for name in people):
        _send_to(draft, contact, plan)
    names = ", ".join(scene.oncall.contacts[name].name for name in people)
    draft.tell("drill_sent", "drill.sent", names=names)
    return _with_row(draft, now, is_missed=False, detail=message("drill.waiting"))


def _send_to(draft: Draft, contact: Contact, plan: DrillPlan) -> None:
    code = notices.free_code(draft)
    # A minute longer than the patience: whether it was used is looked at before it goes.
    ends_at = draft.now + _patience(plan) + timedelta(minutes=1)
    draft.codes[code] = AckCode(code=code, incident_id=NO_INCIDENT, contact=contact.id, expires_at=ends_at)
    decision = draft.next_delivery_id
    for way in ways_to(draft.oncall, contact, NoticeKind.DRILL):
        extra = Extra(why=message("drill.why"))
        notices.add(draft, NoticeKind.DRILL, contact, way, None, code=code, extra=extra, decision=decision)


def _judged(desk: Desk, scene: Scene, known: Heartbeat, now: datetime) -> Outcome:
    draft = Draft(desk, scene, now)
    asked = [code for code in draft.codes.values() if code.incident_id == NO_INCIDENT]
    silent = [code.contact for code in asked if code.used_at is None]
    if not silent:
        return _with_row(draft, known.last_at, is_missed=False, detail=message("drill.answered"))
    names = ", ".join(scene.oncall.contacts[name].name for name in silent if name in scene.oncall.contacts)
    why = message("drill.unanswered", names=names)
    others = [contact for contact in scene.oncall.contacts if contact not in silent]
    notices.about_desk(draft, why, others[:1] or silent[:1])
    draft.tell("drill_unanswered", "drill.unanswered", names=names)
    return _with_row(draft, known.last_at, is_missed=True, detail=why)


def _with_row(draft: Draft, at: datetime | None, *, is_missed: bool, detail: str) -> Outcome:
    draft.heartbeats.append(
        Heartbeat(name=NAME, direction=Direction.SELF, last_at=at, is_missed=is_missed, detail=detail)
    )
    return draft.outcome()
