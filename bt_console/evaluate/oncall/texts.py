"""What a notice says: a title, a body, and a short form of plain letters for SMS; pure.

Source: 3GPP TS 23.040 section 9.2.3.24 (153 letters fit one part of a long message).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bt_console.evaluate.oncall.desk import Scene
from bt_console.model.incident import Incident
from bt_console.model.oncall import Contact, NoticeKind
from bt_console.model.paging import Call, Delivery
from bt_console.words import say, tell
from probes.api import clean

SHORT_LIMIT = 153
CODE = "{code}"
"""Stands for the code in stored texts: who may read them need not be who may acknowledge. Put in when it is sent."""
LINES_MAX = 20
"""A digest names so many in full; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A composed notice."""

    title: str
    body: str
    short: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """What a notice says beside its incident."""

    id: int = 0
    """Of the delivery: shown, so that duplicates can be told."""
    why: str = ""
    """A message of words.say(): why this notice."""
    by: str = ""
    until: datetime | None = None
    sent_by: str = ""
    """LATE: the channel that carried the page in the meantime."""
    sent_at: datetime | None = None
    lines: tuple[str, ...] = ()
    """DIGEST: what it names, composed."""


def compose(  # noqa: PLR0913 - who is told what about which incident
    kind: NoticeKind,
    incident: Incident | None,
    call: Call | None,
    contact: Contact,
    scene: Scene,
    now: datetime,
    *,
    code: str = "",
    extra: Extra | None = None,
) -> Text:
    """Return a notice in its reader's language."""
    given = extra or Extra()
    language = contact.language
    values = _values(language, incident, call, scene, now) | _extras(language, given, scene)
    title = _one(tell(language, f"oncall.{kind}.title", **values))
    lines = [title]
    if incident is not None:
        lines.append(_one(tell(language, "oncall.about", **values)))
    lines += _more(kind, language, values, given)
    if code:
        lines.append(tell(language, "oncall.reply", answer=CODE))
    lines.append(tell(language, "oncall.signature", district=scene.inventory.district, delivery=given.id))
    gist = tell(language, f"oncall.{kind}.short", **values)
    return Text(title=title, body="\n".join(lines), short=_short(gist, CODE if code else "", given.id))


def line_of(language: str, incident: Incident, scene: Scene, now: datetime) -> str:
    """Return an incident as one line of a digest."""
    name = "oncall.line.over" if incident.resolved_at else "oncall.line.open"
    return _one(tell(language, name, **_values(language, incident, None, scene, now)))


def together(language: str, head: Delivery, others: Sequence[Delivery], count: int) -> Text:
    """Return one late notice that says what several say."""
    title = tell(language, "oncall.lates.title", count=count)
    lines = [*(row.title for row in others), head.body]
    return Text(title=title, body="\n".join(lines), short=_short(title, "", head.id))


def _values(
    language: str, incident: Incident | None, call: Call | None, scene: Scene, now: datetime
) -> dict[str, object]:
    if incident is None:
        return {"now": clock(now, scene)}
    ended = incident.resolved_at or now
    unit = scene.inventory.units.get(incident.cause.unit_id)
    return {
        "id": incident.id,
        "severity": tell(language, f"severity.{incident.severity}"),
        "text": clean(say(language, incident.cause.message)),
        "unit": unit.name if unit else incident.cause.unit_id,
        "since": clock(incident.opened_at, scene),
        "end": clock(ended, scene),
        "lasted": lasted(language, (ended - incident.opened_at).total_seconds()),
        "units": len(incident.impact.units),
        "services": len(incident.impact.services),
        "step": (call.step if call else 0) + 1,
        "now": clock(now, scene),
    }


def _extras(language: str, extra: Extra, scene: Scene) -> dict[str, object]:
    return {
        "why": _one(say(language, extra.why)) if extra.why else "",
        "by": clean(extra.by),
        "until": clock(extra.until, scene) if extra.until else "?",
        "channel": extra.sent_by,
        "sent": clock(extra.sent_at, scene) if extra.sent_at else "",
        "count": len(extra.lines),
    }


def _more(kind: NoticeKind, language: str, values: dict[str, object], extra: Extra) -> list[str]:
    lines = [str(values["why"])] if extra.why and kind is not NoticeKind.UPDATE else []
    if kind is NoticeKind.LATE and extra.sent_by:
        lines.append(tell(language, "oncall.sent_by", **values))
    lines += extra.lines[:LINES_MAX]
    if len(extra.lines) > LINES_MAX:
        lines.append(tell(language, "oncall.more", count=len(extra.lines) - LINES_MAX))
    return lines


def lasted(language: str, seconds: float) -> str:
    """Return a length of time as people say it."""
    left = max(0, round(seconds))
    if left < 60:
        return tell(language, "oncall.lasted.s", n=left)
    if left < 7200:
        return tell(language, "oncall.lasted.m", n=left // 60)
    return tell(language, "oncall.lasted.h", n=left // 3600)


def clock(at: datetime, scene: Scene) -> str:
    """Return an instant as the local clock and calendar show it."""
    return at.astimezone(ZoneInfo(scene.oncall.timezone)).strftime("%H:%M %d/%m")


def _one(text: str) -> str:
    return " ".join(text.split())


def _short(gist: str, code: str, delivery_id: int) -> str:
    tail = f" {code} #{delivery_id}" if code else f" #{delivery_id}"
    bare = "".join(c for c in unicodedata.normalize("NFKD", gist) if not unicodedata.category(c).startswith("M"))
    plain = bare.replace("đ", "d").replace("Đ", "D").encode("ascii", "replace").decode("ascii")
    return f"{_one(plain)[: SHORT_LIMIT - len(tail)].rstrip()}{tail}"
