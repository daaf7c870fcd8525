"""For each target that does not answer: is it the culprit, a victim, or not yet known?

A target is blamed only when everything between us and it has answered since its first miss, nothing beyond it
answers, and enough of its sisters do. Until then the verdict waits and says whom to ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bt_console.evaluate.belief import Belief
from bt_console.evaluate.topology import LINK_ROLES, WITNESSES, Topology
from bt_console.model.health import HealthState
from bt_console.model.incident import Incident
from bt_console.model.inventory import Role, TargetId

SAME_FAULT = timedelta(seconds=60)
"""Two paths of one place failing within this are one fault."""
MASS_RATIO = 0.8
"""So many of a router's links silent, and nothing beyond it answering, means the router does not forward."""
MASS_MINIMUM = 3


class Place(StrEnum):
    """Where a target stands in an outage."""

    CLEAR = "clear"
    """It answers, or nothing was learnt yet."""
    PENDING = "pending"
    """It misses; who is to blame is being asked."""
    ROOT = "root"
    EXPLAINED = "explained"
    """Something on the way to it is to blame."""
    HELD = "held"
    """What explained it has recovered; it has not had its say since."""
    SILENT = "silent"
    """It does not answer, but what lies beyond it does: a router that ignores pings."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A target's place, whom it is blamed on, and whose fresh reading would settle it."""

    place: Place
    blame: TargetId | None = None
    asks: frozenset[TargetId] = frozenset()
    is_inferred: bool = False
    """The culprit itself answers; its silence beyond was concluded from its children."""


CLEAR = Standing(Place.CLEAR)


@dataclass(slots=True)
class Court:
    """One look at the whole district at one instant; answers are remembered within it."""

    topology: Topology
    beliefs: Mapping[TargetId, Belief]
    incidents: tuple[Incident, ...]
    """Open ones and those resolved in the last minutes."""
    _known: dict[TargetId, Standing] = field(default_factory=dict)

    def standing(self, target_id: TargetId) -> Standing:
        """Return a target's place in the present situation."""
        if target_id not in self._known:
            self._known[target_id] = self._judge(target_id)
        return self._known[target_id]

    def _judge(self, target_id: TargetId) -> Standing:
        if self._is_mute_router(target_id):
            return Standing(Place.ROOT, target_id, is_inferred=True)
        belief = self.beliefs[target_id]
        since = belief.failing_since
        if belief.state is not HealthState.DOWN or since is None:
            return CLEAR
        above = self._from_above(target_id, since)
        if above is not None:
            return above
        return self._from_below(target_id, since) or self._from_beside(target_id, since)

    def _from_above(self, target_id: TargetId, since: datetime) -> Standing | None:
        ancestors = [parent for parent in self.topology.ancestors[target_id] if self.carries(parent, target_id)]
        for parent in ancestors:
            found = self.standing(parent)
            if found.place in (Place.ROOT, Place.EXPLAINED, Place.HELD):
                place = Place.HELD if found.place is Place.HELD else Place.EXPLAINED
                return Standing(place, found.blame)
        asked = [p for p in ancestors if self.standing(p).place is not Place.SILENT]
        unsure = frozenset(p for p in asked if not self.answers(p, target_id, since))
        if unsure:
            return Standing(Place.PENDING, asks=unsure)
        return self._held(target_id, ancestors, since)

    def carries(self, parent: TargetId, target_id: TargetId) -> bool:
        """Return whether a parent matters to a target; a name server does not if it answers for this very name."""
        own = self._name_check(parent, target_id)
        return own is None or own.state is not HealthState.UP

    def answers(self, parent: TargetId, target_id: TargetId, since: datetime) -> bool:
        """Return whether a parent answered since an instant, for this target where that differs by target."""
        own = self._name_check(parent, target_id)
        if own is None:
            return self.beliefs[parent].has_answered_since(since)
        return own.has_answered_since(since)

    def _name_check(self, parent: TargetId, target_id: TargetId) -> Belief | None:
        if self.topology.targets[parent].role is not Role.DNS:
            return None
        whole = self.beliefs[parent]
        own = tuple(m for m in whole.memories if m[0].id.endswith(f":{target_id}"))
        if not own:
            return None
        return Belief(
            target_id=parent,
            role=whole.role,
            state=own[0][1].state,
            is_stale=own[0][1].is_stale,
            memories=own,
            deciding=own[0],
        )

    def _held(self, target_id: TargetId, ancestors: Iterable[TargetId], since: datetime) -> Standing | None:
        ended = [(self._cleared_at(parent), parent) for parent in ancestors]
        later = [(at, parent) for at, parent in ended if at is not None and at > since]
        if not later:
            return None
        cleared_at, parent = max(later)
        belief = self.beliefs[target_id]
        needed = belief.deciding[0].down_k if belief.deciding else 1
        if len(belief.misses_since(cleared_at)) >= needed:
            return None
        return Standing(Place.HELD, parent, asks=frozenset({target_id}))

    def _cleared_at(self, target_id: TargetId) -> datetime | None:
        resolved = [i.resolved_at for i in self.incidents if i.cause.target_id == target_id and i.resolved_at]
        recovered = self.beliefs[target_id].recovered_at
        return max([*resolved, *([recovered] if recovered else [])], default=None)

    def _from_below(self, target_id: TargetId, since: datetime) -> Standing | None:
        children = [c for c in self.topology.children[target_id] if self._is_measured(c)]
        if any(self.beliefs[child].has_answered_since(since) for child in children):
            return Standing(Place.SILENT)
        witnesses = children[:WITNESSES]
        unheard = frozenset(c for c in witnesses if not self.beliefs[c].has_been_measured_since(since))
        return Standing(Place.PENDING, asks=unheard) if unheard else None

    def _is_measured(self, target_id: TargetId) -> bool:
        belief = self.beliefs[target_id]
        return bool(belief.memories) and not belief.is_stale

    def _from_beside(self, target_id: TargetId, since: datetime) -> Standing:
        other = self.topology.other_path.get(target_id)
        asks: set[TargetId] = set()
        if other is not None and self._is_measured(other) and not self._is_settled(other, since):
            asks.add(other)
        asks |= self._sisters_to_ask(target_id, since)
        return Standing(Place.PENDING, asks=frozenset(asks)) if asks else Standing(Place.ROOT, target_id)

    def _is_settled(self, target_id: TargetId, since: datetime) -> bool:
        belief = self.beliefs[target_id]
        if not belief.has_been_measured_since(since):
            return False
        return belief.state is HealthState.DOWN or belief.failing_since is None

    def _sisters_to_ask(self, target_id: TargetId, since: datetime) -> set[TargetId]:
        sisters = [s for s in self.topology.sisters.get(target_id, ()) if self._may_witness(s, since)]
        if not sisters or any(self.beliefs[s].has_answered_since(since) for s in sisters):
            return set()
        unheard = [s for s in sisters if not self._is_settled(s, since)]
        first = [s for s in sisters[:WITNESSES] if s in unheard]
        return set(first or unheard or self._unheard_beside_links(target_id, since))

    def _unheard_beside_links(self, target_id: TargetId, since: datetime) -> list[TargetId]:
        """Return what else hangs on the same router and has not been asked: it may prove that the router forwards."""
        topology = self.topology
        beside = [c for parent in topology.targets[target_id].depends_on for c in topology.children[parent]]
        others = [c for c in beside if topology.targets[c].role not in LINK_ROLES and self._is_measured(c)]
        return [c for c in others if not self.beliefs[c].has_been_measured_since(since)]

    def _may_witness(self, target_id: TargetId, since: datetime) -> bool:
        failing_since = self.beliefs[target_id].failing_since
        return self._is_measured(target_id) and (failing_since is None or failing_since > since - SAME_FAULT)

    def _is_mute_router(self, target_id: TargetId) -> bool:
        """Return whether a router that answers forwards nothing: all is silent beyond it."""
        belief = self.beliefs[target_id]
        if belief.role not in (Role.CORE, Role.UPLINK) or belief.state not in (HealthState.UP, HealthState.DEGRADED):
            return False
        children = [c for c in self.topology.children[target_id] if self._is_measured(c)]
        links = [c for c in children if self.topology.targets[c].role in LINK_ROLES]
        since = [b.failing_since for c in links if (b := self.beliefs[c]).state is HealthState.DOWN]
        starts = [start for start in since if start is not None]
        if len(links) < MASS_MINIMUM or len(starts) < MASS_RATIO * len(links):
            return False
        begun = min(starts)
        others = [self.beliefs[child] for child in children if child not in links]
        if any(self.beliefs[child].has_answered_since(begun) for child in children):
            return False
        return all(other.has_been_measured_since(begun) for other in others)
