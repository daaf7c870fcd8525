"""What the writer keeps in memory between commits: counters, numbers of checks, and each check's last facts."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from sqlalchemy import Connection

from bt_console.model.change import Change
from bt_console.model.observation import Observation
from bt_console.store import sql
from bt_console.store.codec import dump_mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """The newest numbers given out; they never fall, whatever is pruned."""

    revision: int
    observation_seq: int
    incident_id: int
    event_seq: int
    delivery_id: int
    mute_id: int
    override_id: int

    @classmethod
    def read(cls, connection: Connection) -> Counters:
        """Return the stored counters."""
        names = [field.name for field in fields(cls)]
        return cls(**dict(zip(names, connection.exec_driver_sql(sql.COUNTERS).one(), strict=True)))

    def after(self, change: Change) -> Counters:
        """Return the counters once a change is stored."""
        paper = change.paper
        return Counters(
            revision=self.revision + 1,
            observation_seq=max((self.observation_seq, *(value.seq for value in change.observations))),
            incident_id=max((self.incident_id, *(value.id for value in change.incidents))),
            event_seq=max((self.event_seq, *(value.seq for value in change.events))),
            delivery_id=max((self.delivery_id, *(value.id for value in paper.deliveries))),
            mute_id=max((self.mute_id, *(value.id for value in paper.mutes))),
            override_id=max((self.override_id, *(value.id for value in paper.overrides))),
        )

    def row(self) -> tuple[int, ...]:
        """Return a row for PUT_STATE."""
        return tuple(getattr(self, field.name) for field in fields(self))


@dataclass(slots=True, kw_only=True)
class Keys:
    """Numbers that stand for repeated text. A commit works on a copy, which counts only once it is stored."""

    checks: dict[str, int] = field(default_factory=dict)
    facts: dict[int, tuple[str, int]] = field(default_factory=dict)
    """check key -> its newest fact set as JSON and that set's id."""

    @classmethod
    def read(cls, connection: Connection) -> Keys:
        """Return the stored keys."""
        checks = {check_id: key for check_id, key in connection.exec_driver_sql(sql.CHECK_KEYS).all()}  # noqa: C416 - rows
        last = connection.exec_driver_sql(sql.LAST_FACTS)
        return cls(checks=checks, facts={key: (document, facts_id) for key, document, facts_id in last})

    def copy(self) -> Keys:
        """Return keys that can be given up without harm to these."""
        return Keys(checks=dict(self.checks), facts=dict(self.facts))

    def facts_id(self, check_key: int, value: Observation) -> tuple[int | None, str | None]:
        """Return the id of an observation's fact set, None if it has no facts, and the set itself when it is new."""
        if not value.reading.facts:
            return None, None
        document = dump_mapping(value.reading.facts)
        known, facts_id = self.facts.get(check_key, ("", 0))
        if document == known:
            return facts_id, None
        self.facts[check_key] = (document, value.seq)
        return value.seq, document
