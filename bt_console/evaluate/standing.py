"""For each target that does not answer: is it the culprit, a victim, or not yet known?

A target is blamed only when everything between us and it has answered since its first miss, nothing beyond it
answers, and enough of its sisters do. Until then the verdict waits and says whom to ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bt_console.evaluate.belief import Belief, believe
from bt_console.evaluate.culprits import culprits_of, is_outage
from bt_console.evaluate.routes import RouteChange
from bt_console.evaluate.topology import LINK_ROLES, WITNESSES, Topology
from bt_console.model.health import HealthState
from bt_console.model.incident import CauseKind, Incident
from bt_console.model.inventory import Role, TargetId

SAME_FAULT = timedelta(seconds=60)
"""Two paths of one place failing within this are one fault."""
PATIENCE = timedelta(seconds=20)
"""So long after a repair, routes and machines behind it may still be finding their way back."""
MASS_RATIO = 0.8
"""So many of a router's links silent, and nothing beyond it answering, means the router does not forward."""
MASS_MINIMUM = 3
_ROUTERS = frozenset({Role.CORE, Role.UPLINK})
"""Who may answer and yet forward nothing."""


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
_BLAMING = frozenset({Place.ROOT, Place.EXPLAINED, Place.HELD})
_NOT_YET = datetime.max.replace(tzinfo=UTC)


def _quick_ones(children: list[Belief]) -> list[Belief]:
    """Leave out services, which are slow to be given up, where anchors beside the links say it sooner."""
    if not any(child.role is Role.ANCHOR for child in children):
        return children
    return [child for child in children if child.role is not Role.SERVICE]


@dataclass(slots=True)
class Court:
    """One look at the whole district at one instant; answers are remembered within it."""

    topology: Topology
    beliefs: Mapping[TargetId, Belief]
    incidents: tuple[Incident, ...]
    """Open ones and those resolved in the last minutes; those that flap as the outages they are made of."""
    route_changes: Mapping[TargetId, RouteChange] = field(default_factory=dict)
    accused: frozenset[TargetId] = field(init=False)
    """Culprits of the open outages."""
    charges: frozenset[tuple[CauseKind, TargetId]] = field(init=False)
    """What the open incidents say of whom."""
    _acquitted_at: dict[TargetId, datetime] = field(init=False)
    """When the last outage that blamed a target was resolved."""
    _known: dict[TargetId, Standing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = [incident for incident in self.incidents if incident.resolved_at is None]
        outages = [(i.resolved_at, culprits_of(i, self.topology)) for i in self.incidents if is_outage(i.cause.kind)]
        self.accused = frozenset(t for resolved_at, culprits in outages if resolved_at is None for t in culprits)
        ends = sorted((at, culprit) for at, culprits in outages if at is not None for culprit in culprits)
        self._acquitted_at = {culprit: at for at, culprit in ends}
        self.charges = frozenset((incident.cause.kind, incident.cause.target_id) for incident in known)

    def standing(self, target_id: TargetId) -> Standing:
        """Return a target's place in the present situation."""
        found = self._known.get(target_id)
        if found is None:
            found = self._known[target_id] = self._judge(target_id)
        return found

    def not_clear(self) -> dict[TargetId, Standing]:
        """Return the standings of all that miss or are blamed."""
        suspects = (t for t, b in self.beliefs.items() if b.state is HealthState.DOWN or b.role in _ROUTERS)
        standings = ((target_id, self.standing(target_id)) for target_id in suspects)
        return {target_id: standing for target_id, standing in standings if standing is not CLEAR}

    def _judge(self, target_id: TargetId) -> Standing:
        belief = self.beliefs[target_id]
        if belief.role in _ROUTERS and self._is_mute_router(target_id):
            return Standing(Place.ROOT, target_id, is_inferred=True)
        since = belief.failing_since
        if belief.state is not HealthState.DOWN or since is None:
            return CLEAR
        above = self._from_above(target_id, since)
        if above is not None:
            return above
        if belief.is_answering:
            return self._recovering(target_id)
        return self._from_below(target_id, since) or self._from_beside(target_id, since)

    def _recovering(self, target_id: TargetId) -> Standing:
        """Nobody is newly blamed whose last word was an answer; who was blamed stays so until it is believed UP."""
        if target_id in self.accused:
            return Standing(Place.ROOT, target_id)
        return Standing(Place.PENDING, asks=frozenset({target_id}))

    def _from_above(self, target_id: TargetId, since: datetime) -> Standing | None:
        ancestors = self.topology.ancestors[target_id]
        for parent in ancestors:
            found = self.standing(parent)
            if found.place in _BLAMING and self.carries(parent, target_id):
                return Standing(Place.HELD if found.place is Place.HELD else Place.EXPLAINED, found.blame)
        # A parent that our side cannot measure will never answer: the verdict does not wait for it.
        asked = [p for p in ancestors if self._is_measured(p) and self.standing(p).place is not Place.SILENT]
        unsure = frozenset(p for p in asked if self._is_unsure(p, target_id, since))
        if unsure:
            return Standing(Place.PENDING, asks=unsure)
        return self._held(target_id, since)

    def _is_unsure(self, parent: TargetId, target_id: TargetId, since: datetime) -> bool:
        is_pending = self.standing(parent).place is Place.PENDING and self.carries(parent, target_id)
        return is_pending or not self._seen_for(parent, target_id).has_answered_since(since)

    def carries(self, parent: TargetId, target_id: TargetId) -> bool:
        """Return whether a parent matters to a target; a name server does not if it answers for this very name."""
        return self.topology.targets[parent].role is not Role.DNS or (
            self._seen_for(parent, target_id).state is not HealthState.UP
        )

    def _seen_for(self, parent: TargetId, target_id: TargetId) -> Belief:
        """Return what is believed of a parent where a target needs it: a name server is judged by the target's name."""
        whole = self.beliefs[parent]
        if whole.role is not Role.DNS:
            return whole
        own = tuple(m for m in whole.memories if m[0].id.endswith(f":{target_id}"))
        return believe(self.topology.targets[parent], own) if own else whole

    def _held(self, target_id: TargetId, since: datetime) -> Standing | None:
        """Return HELD while what explained a target is over, and the target has not had its say since."""
        ended = [(at, p) for p in self.topology.ancestors[target_id] if (at := self._cleared_at(p, target_id))]
        cleared_at, parent = max(ended, default=(since, None))
        if parent is None or cleared_at <= since:
            return None
        belief = self.beliefs[target_id]
        needed = belief.deciding[0].down_k if belief.deciding else 1
        misses = belief.misses_since(cleared_at)
        if len(misses) < needed:
            return Standing(Place.HELD, parent, asks=frozenset({target_id}))
        is_patient = misses[-1].started_at < cleared_at + PATIENCE
        return Standing(Place.HELD, parent) if is_patient else None

    def _cleared_at(self, parent: TargetId, target_id: TargetId) -> datetime | None:
        """Return when a parent last ceased to explain a target; the end of time while that is being settled."""
        if parent in self.accused and self.standing(parent).place in (Place.CLEAR, Place.SILENT):
            return _NOT_YET
        seen = self._seen_for(parent, target_id)
        # An outage may be over before it was missed twice; what is behind it was hit all the same.
        ends = (self._acquitted_at.get(parent), seen.recovered_at, seen.missed_at)
        return max((at for at in ends if at), default=None)

    def _from_below(self, target_id: TargetId, since: datetime) -> Standing | None:
        if self.beliefs[target_id].role is Role.DNS:
            return None
        children = [c for c in self.topology.children[target_id] if self._is_measured(c)]
        since = self._speaks_since(target_id, since)
        misses = self.beliefs[target_id].misses_since(since)
        last_miss_at = misses[-1].started_at if misses else since
        if any(self.beliefs[child].answered_between(since, last_miss_at) for child in children):
            return Standing(Place.SILENT)
        if any(self.beliefs[child].has_answered_since(since) for child in children):
            # It may have recovered together with its child: it has not been asked since.
            return self._recovering(target_id)
        witnesses = children[:WITNESSES]
        unheard = frozenset(c for c in witnesses if not self.beliefs[c].has_been_measured_since(since))
        return Standing(Place.PENDING, asks=unheard) if unheard else None

    def _speaks_since(self, target_id: TargetId, since: datetime) -> datetime:
        """Return since when a target's misses are its own.

        Children that answered before, while the way to it came and went or in a pause too short for it to be believed
        UP, say nothing of what is now.
        """
        ends = (self._cleared_at(parent, target_id) for parent in self.topology.ancestors[target_id])
        known = [at for at in ends if at is not None and at < _NOT_YET]
        return max([since, *known, self.beliefs[target_id].silent_since or since])

    def _is_measured(self, target_id: TargetId) -> bool:
        belief = self.beliefs[target_id]
        return bool(belief.memories) and not belief.is_stale

    def _from_beside(self, target_id: TargetId, since: datetime) -> Standing:
        asks = self._other_path_to_ask(target_id, since) | self._sisters_to_ask(target_id, since)
        return Standing(Place.PENDING, asks=frozenset(asks)) if asks else Standing(Place.ROOT, target_id)

    def _other_path_to_ask(self, target_id: TargetId, since: datetime) -> set[TargetId]:
        """Return whom to ask before it is known whether the other path shares the fault."""
        other = self.topology.other_path.get(target_id)
        if other is None or not self._is_measured(other):
            return set()
        if not self._is_settled(other, since):
            return {other}
        other_since = self.beliefs[other].failing_since
        if other_since is None or abs(other_since - since) > SAME_FAULT:
            return set()
        known = self._from_above(other, other_since) or self._from_below(other, other_since)
        return set(known.asks) if known else set()

    def _is_settled(self, target_id: TargetId, since: datetime) -> bool:
        belief = self.beliefs[target_id]
        if not belief.has_been_measured_since(since):
            return False
        return belief.state is HealthState.DOWN or belief.failing_since is None

    def _sisters_to_ask(self, target_id: TargetId, since: datetime) -> set[TargetId]:
        all_sisters = self.topology.sisters.get(target_id, ())
        if any(self.beliefs[s].has_answered_since(since) for s in all_sisters):
            return set()
        sisters = [s for s in all_sisters if self._may_witness(s, since)]
        if not sisters:
            return set()
        unheard = [s for s in sisters if not self._is_settled(s, since)]
        first = [s for s in sisters[:WITNESSES] if s in unheard]
        if self.beliefs[target_id].role not in LINK_ROLES | {Role.SERVICE}:
            return set(first)
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
        if belief.state not in (HealthState.UP, HealthState.DEGRADED):
            return False
        children = [self.beliefs[c] for c in self.topology.children[target_id] if self._is_measured(c)]
        links = [child for child in children if child.role in LINK_ROLES]
        silent = [link for link in links if link.state is HealthState.DOWN]
        if len(links) < MASS_MINIMUM or len(silent) < MASS_RATIO * len(links):
            return False
        last_word_at = max((child.answered_at for child in children if child.answered_at), default=None)
        witnesses = _quick_ones(children)
        if last_word_at is None:
            return belief.is_answering and all(child.measured_at for child in witnesses)
        asked = all(child.measured_at is not None and child.measured_at > last_word_at for child in witnesses)
        return asked and belief.is_answering and belief.has_answered_since(last_word_at)

    def silent_since(self, target_id: TargetId) -> datetime | None:
        """Return when a culprit, or what lies beyond a router that forwards nothing, fell silent."""
        if not self.standing(target_id).is_inferred:
            return self.beliefs[target_id].failing_since
        children = [self.beliefs[child] for child in self.topology.children[target_id]]
        last_word_at = max((child.answered_at for child in children if child.answered_at), default=None)
        starts = (child.failing_since for child in children if child.failing_since)
        return min((s for s in starts if last_word_at is None or s > last_word_at), default=None)
