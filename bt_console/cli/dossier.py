"""All that is stored about telling people of one incident, for every command that speaks of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bt_console.cli import oncall_documents as documents
from bt_console.cli.documents import Document
from bt_console.evaluate.oncall.why import clock, name_of, told, why
from bt_console.model.incident import Incident
from bt_console.model.oncall import Mute, OnCall, Override
from bt_console.model.paging import Call, Delivery, Note
from bt_console.words import message

if TYPE_CHECKING:
    from bt_console.facade import Console
    from bt_console.model.snapshot import Snapshot

DELIVERIES_MAX = 10_000
"""More than any incident has: a page each quarter of an hour for a hundred days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What bears upon who was told."""

    incident: Incident
    call: Call | None
    deliveries: tuple[Delivery, ...]
    """Oldest first."""
    carriers: tuple[Delivery, ...]
    """Digests and late notices that stand for some of them."""
    notes: tuple[Note, ...]
    mutes: tuple[Mute, ...]
    """Ended ones, too."""
    overrides: tuple[Override, ...]
    oncall: OnCall
    now: datetime

    def reasons(self) -> tuple[str, ...]:
        """Return why somebody was told, or nobody, as messages."""
        return why(
            self.call,
            (*self.deliveries, *self.carriers),
            self.mutes,
            self.oncall,
            self.incident,
            self.now,
            overrides=self.overrides,
        )

    def told(self) -> tuple[str, ...]:
        """Return the ids of those who were told."""
        return told(self.incident.id, (*self.deliveries, *self.carriers), self.oncall)

    def noted(self) -> tuple[str, ...]:
        """Return what people wrote, as messages."""
        return tuple(
            message("cli.note", at=clock(n.at, self.oncall), by=name_of(n.by, self.oncall), text=n.text)
            for n in self.notes
        )

    def document(self) -> Document:
        """Return what `incidents show` adds to an incident's own document."""
        return {
            "call": documents.call(self.call) if self.call else None,
            "told": list(self.told()),
            "deliveries": [documents.delivery(row, self.oncall) for row in self.deliveries],
            "notes": [documents.note(item) for item in self.notes],
        }


def dossier(console: Console, snapshot: Snapshot, incident: Incident) -> Dossier:
    """Return everything about one incident."""
    deliveries = console.deliveries(incident.id, DELIVERIES_MAX)[::-1]
    return Dossier(
        incident=incident,
        call=console.call(incident.id),
        deliveries=deliveries,
        carriers=_carriers(console, deliveries),
        notes=console.notes(incident.id),
        mutes=console.mutes(with_ended=True),
        overrides=console.overrides(),
        oncall=snapshot.oncall or OnCall(timezone=snapshot.timezone),
        now=snapshot.at,
    )


def _carriers(console: Console, deliveries: tuple[Delivery, ...]) -> tuple[Delivery, ...]:
    wanted = {row.digest_id for row in deliveries if row.digest_id is not None} - {row.id for row in deliveries}
    return tuple(row for row in console.deliveries(limit=DELIVERIES_MAX) if row.id in wanted) if wanted else ()
