"""What a notice says to somebody woken by it: a title, a body, and a short form of plain letters for SMS; pure.

Source: 3GPP TS 23.040 section 9.2.3.24 (153 letters fit one part of a long message).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bt_console.evaluate.oncall import phrases
from bt_console.evaluate.oncall.desk import Scene
from bt_console.evaluate.oncall.phrases import cut, joined, lasted, one_line
from bt_console.model.incident import Incident
from bt_console.model.oncall import Contact, NoticeKind
from bt_console.model.paging import Call, Delivery
from bt_console.words import say, tell
from probes.api import clean

SHORT_LIMIT = 153
TITLE_LIMIT = 80
LINE_LIMIT = 140
"""Of one step of the reasoning: two lines on a telephone."""
STEPS_TOLD = 3
_CONCLUSIONS = ("step.concluded", "step.renamed")
"""The title says them."""
CODE = "{code}"
"""Stands for the code in stored texts: who may read them need not be who may acknowledge. Put in when it is sent."""
LINES_MAX = 20
"""A digest tells so many in full; the others by their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A composed notice."""

    title: str
    body: str
    """Goes below the title and does not repeat it."""
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
    others: tuple[str, ...] = ()
    """PAGE: names of those paged at the same time."""
    sent_by: str = ""
    """LATE: the channel that carried the page in the meantime."""
    sent_at: datetime | None = None
    lines: tuple[str, ...] = ()
    """DIGEST: what it names, composed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matter:
    """Everything one notice is made of."""

    kind: NoticeKind
    incident: Incident | None
    call: Call | None
    language: str
    scene: Scene
    now: datetime
    code: str
    extra: Extra

    def said(self, name: str, **more: object) -> str:
        return one_line(tell(self.language, f"oncall.{name}", **self._values(), **more))

    def _values(self) -> dict[str, object]:
        extra, timezone = self.extra, self.scene.oncall.timezone
        values: dict[str, object] = {
            "why": self.why(),
            "by": clean(extra.by),
            "until": phrases.clock(extra.until, timezone) if extra.until else "?",
            "channel": extra.sent_by,
            "sent": phrases.clock(extra.sent_at, timezone) if extra.sent_at else "",
            "count": len(extra.lines),
            "abbr": phrases.initials(self.scene.inventory.district),
            "district": self.scene.inventory.district,
            "delivery": extra.id,
        }
        return values if self.incident is None else values | _of_incident(self.incident, self)

    def why(self) -> str:
        return one_line(say(self.language, self.extra.why)) if self.extra.why else ""


def _of_incident(incident: Incident, matter: _Matter) -> dict[str, object]:
    language, inventory, timezone = matter.language, matter.scene.inventory, matter.scene.oncall.timezone
    end = incident.resolved_at or matter.now
    call = matter.call
    return {
        "id": incident.id,
        "severity": tell(language, f"severity.{incident.severity}"),
        "grave": tell(language, f"severity.{incident.severity}").upper(),
        "text": phrases.sentence(language, incident),
        "matter": phrases.matter(language, incident),
        "place": phrases.place(inventory, incident),
        "where": phrases.where(inventory, incident),
        "since": phrases.clock(incident.opened_at, timezone),
        "span": phrases.span(incident.opened_at, end, timezone),
        "lasted": lasted(language, (end - incident.opened_at).total_seconds()),
        "step": (call.step if call else 0) + 1,
        "steps": len(call.policy.steps) if call else 1,
    }


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
    """Return a notice in its reader's language. Body and short end with the delivery's number."""
    matter = _Matter(
        kind=kind,
        incident=incident,
        call=call,
        language=contact.language,
        scene=scene,
        now=now,
        code=code,
        extra=extra or Extra(),
    )
    title = matter.said(f"{kind}.title")
    whole = _whole(matter) if len(title) > TITLE_LIMIT else ""
    lines = [line for line in (whole, *_BODY[kind](matter)) if line]
    if code:
        lines.append(matter.said("howto.drill" if kind is NoticeKind.DRILL else "howto", answer=CODE))
    lines.append(matter.said("signature"))
    return Text(title=cut(title, TITLE_LIMIT), body="\n".join(lines), short=_short(matter))


def _whole(matter: _Matter) -> str:
    """Return what a title that is cut would have said, where the body does not say it anyway."""
    if matter.kind in (NoticeKind.PAGE, NoticeKind.RESOLVE):
        return matter.said("matter")
    return matter.why()


def _page(matter: _Matter) -> Iterator[str]:
    incident = matter.incident
    if incident is None:
        return
    inventory = matter.scene.inventory
    yield joined([matter.said("about"), phrases.carrier(matter.language, inventory, incident)])
    yield _impact(matter)
    seen = [step for step in incident.cause.steps if not step.message.startswith(_CONCLUSIONS)]
    for step in seen[-STEPS_TOLD:]:
        at = phrases.clock(step.at, matter.scene.oncall.timezone)[:5]
        yield cut(f"{at} {clean(say(matter.language, step.message), phrases.TEXT_LIMIT)}", LINE_LIMIT)
    yield _others(matter)


def _impact(matter: _Matter) -> str:
    if matter.incident is None:
        return ""
    hurt = phrases.impact(matter.language, matter.scene.inventory, matter.incident)
    return matter.said("impact", names=hurt) if hurt else ""


def _others(matter: _Matter) -> str:
    """Tell that nobody answered the steps before, and who else reads this now."""
    call, names = matter.call, ", ".join(clean(name) for name in matter.extra.others)
    is_later = call is not None and call.step > 0
    return joined([matter.said("unanswered") if is_later else "", matter.said("others", names=names) if names else ""])


def _update(matter: _Matter) -> Iterator[str]:
    if matter.incident is not None:
        yield matter.said("matter")
        yield matter.said("about")


def _resolve(matter: _Matter) -> Iterator[str]:
    if matter.incident is None:
        return
    yield matter.said("past")
    yield _impact(matter)
    if matter.call is not None and matter.call.acked_by:
        by = matter.scene.oncall.contacts.get(matter.call.acked_by)
        yield matter.said("had", who=by.name if by else clean(matter.call.acked_by))


def _late(matter: _Matter) -> Iterator[str]:
    """It may stand below the titles of other late notices, so it names its matter."""
    if matter.incident is not None:
        yield matter.said("matter")
        yield matter.said("past")
        yield matter.said("sent_by" if matter.extra.sent_by else "alone")
        yield _impact(matter)


def _digest(matter: _Matter) -> Iterator[str]:
    lines = matter.extra.lines
    yield matter.why()
    yield from lines[:LINES_MAX]
    if len(lines) > LINES_MAX:
        names = ", ".join(_label(line) for line in lines[LINES_MAX:])
        yield tell(matter.language, "oncall.more", count=len(lines) - LINES_MAX, names=names)


def _label(line: str) -> str:
    """Return the number a line begins with, else its beginning."""
    first = line.partition(" ")[0]
    return first if first.startswith("#") else cut(line, 30)


def _test(matter: _Matter) -> Iterator[str]:
    yield matter.said("test.nothing")


def _drill(matter: _Matter) -> Iterator[str]:
    yield matter.why()


def _about_desk(matter: _Matter) -> Iterator[str]:
    yield matter.said("meta.look")


_BODY: Mapping[NoticeKind, Callable[[_Matter], Iterator[str]]] = {
    NoticeKind.PAGE: _page,
    NoticeKind.UPDATE: _update,
    NoticeKind.RESOLVE: _resolve,
    NoticeKind.LATE: _late,
    NoticeKind.DIGEST: _digest,
    NoticeKind.TEST: _test,
    NoticeKind.DRILL: _drill,
    NoticeKind.META: _about_desk,
}


def line_of(language: str, incident: Incident, scene: Scene, now: datetime) -> str:
    """Return an incident as one line of a digest; it begins with its number."""
    name = "line.over" if incident.resolved_at else "line.open"
    matter = _Matter(
        kind=NoticeKind.DIGEST,
        incident=incident,
        call=None,
        language=language,
        scene=scene,
        now=now,
        code="",
        extra=Extra(),
    )
    return matter.said(name)


def together(language: str, head: Delivery, others: Sequence[Delivery], count: int) -> Text:
    """Return one late notice that says what several say."""
    title = tell(language, "oncall.lates.title", count=count)
    lines = [*(row.title for row in others), head.body]
    return Text(title=title, body="\n".join(lines), short=_limited(title, "", head.id))


def clock(at: datetime, scene: Scene) -> str:
    """Return an instant as the local clock and calendar show it."""
    return phrases.clock(at, scene.oncall.timezone)


def _short(matter: _Matter) -> str:
    counted = ""
    if matter.incident is not None:
        counted = phrases.counted(matter.language, matter.scene.inventory, matter.incident)
    numbers = ", ".join(_label(line) for line in matter.extra.lines)
    gist = matter.said(f"{matter.kind}.short", counted=f", {counted}" if counted else "", numbers=numbers)
    reply = matter.said("howto.short") if matter.code else ""
    return _limited(gist, reply, matter.extra.id)


def _limited(gist: str, reply: str, delivery_id: int) -> str:
    """Return plain letters that fit one SMS; the way to answer and the number are never cut."""
    tail = f". {phrases.plain(reply)} {CODE} #{delivery_id}" if reply else f" #{delivery_id}"
    text, room = phrases.plain(gist), SHORT_LIMIT - len(tail)
    if len(text) > room:
        text = f"{text[: room - 2].rpartition(' ')[0] or text[: room - 2]}..".replace("...", "..")
    return f"{text}{tail}"
