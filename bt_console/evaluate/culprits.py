"""Whom an incident blames, and for what: the targets whose recovery ends it."""

from __future__ import annotations

from bt_console.evaluate.topology import Topology
from bt_console.model.incident import CauseKind, Incident
from bt_console.model.inventory import Role, TargetId

LINE_KINDS = frozenset({CauseKind.LINK_LOSS, CauseKind.LINK_DELAY, CauseKind.LINK_SATURATED, CauseKind.ROUTE_CHANGED})
"""What loss and delay on a line are called."""
QUALITY_KINDS = LINE_KINDS | {CauseKind.SERVICE_SLOW}
"""Their culprits answer, but badly, and so does all that lies behind them."""
NOT_FOUND_HERE = frozenset({CauseKind.EXTERNAL_ALERT, CauseKind.HEARTBEAT_MISSED})
"""Others say so, and others say when it is over: the diagnosis leaves such incidents alone."""
_NO_OUTAGE = QUALITY_KINDS | NOT_FOUND_HERE | {CauseKind.CERTIFICATE_EXPIRING, CauseKind.CANNOT_MEASURE}


def is_outage(kind: CauseKind) -> bool:
    """Return whether a kind says that its culprits do not work at all."""
    return kind not in _NO_OUTAGE


def culprits_of(incident: Incident, topology: Topology) -> tuple[TargetId, ...]:
    """Return the targets to blame: both links of a dark unit, the hub's LAN, devices of a dead switch."""
    kind, target_id = incident.cause.kind, incident.cause.target_id
    if kind is CauseKind.UNIT_DARK:
        return topology.links.get(incident.cause.unit_id, ())
    if kind is CauseKind.OWN_LAN_DOWN:
        return tuple(t for t in topology.children.get(topology.hub_id, ()) if t in incident.impact.targets)
    if kind is CauseKind.LAN_SWITCH_DOWN:
        return tuple(t for t in topology.children.get(target_id, ()) if t in incident.impact.targets)
    other = topology.other_path.get(target_id)
    if other in incident.impact.targets and is_outage(kind) and topology.targets[target_id].role is Role.SERVICE:
        # The other way into a service, once it had failed too; it is named by its first way.
        return (target_id, other)
    return (target_id,)
