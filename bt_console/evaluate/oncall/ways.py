"""Over which channels a person can be reached, and which of them can work while the network is as it is; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bt_console.evaluate.oncall.desk import Scene
from bt_console.model.health import HealthState
from bt_console.model.inventory import Role, TargetId
from bt_console.model.oncall import Channel, ChannelPath, Contact, NoticeKind, OnCall

_UNATTENDED_KINDS = frozenset({"console", "wall"})
"""Nobody may be there, so they prove nothing."""
_GONE = frozenset({HealthState.DOWN, HealthState.UNREACHABLE})
_ROUTED = frozenset({ChannelPath.INTERNET, ChannelPath.TSLCD})


def address_of(contact: Contact, channel: Channel) -> str | None:
    """Return where a person is on a channel; None where they are not."""
    found = contact.addresses.get(channel.id)
    return "" if found is None and not channel.needs_address else found


def ways_to(oncall: OnCall, contact: Contact, kind: NoticeKind, preferred: Sequence[str] = ()) -> tuple[Channel, ...]:
    """Return a person's channels in the order of preference; where none fits, whatever is left to reach somebody."""
    for ids in (preferred, tuple(contact.addresses)):
        if found := tuple(_fitting(oncall, contact, kind, ids)):
            return found
    return tuple(channel for channel in oncall.channels.values() if not channel.needs_address)


def _fitting(oncall: OnCall, contact: Contact, kind: NoticeKind, ids: Iterable[str]) -> Iterable[Channel]:
    known = (oncall.channels[channel_id] for channel_id in ids if channel_id in oncall.channels)
    return (
        channel
        for channel in known
        if (not channel.uses or kind in channel.uses) and address_of(contact, channel) is not None
    )


def is_telling(channel: Channel | None) -> bool:
    """Return whether what a channel accepted reaches a certain person."""
    return channel is not None and channel.kind not in _UNATTENDED_KINDS


def is_path_up(channel: Channel, scene: Scene) -> bool:
    """Return whether a channel can work, as far as the monitor itself knows."""
    if channel.depends_any or channel.depends_all:
        return _holds(channel, scene)
    if channel.path not in _ROUTED:
        return True
    return _any_alive(scene, Role.UPLINK, channel.path) and _any_alive(scene, Role.ANCHOR, channel.path)


def _holds(channel: Channel, scene: Scene) -> bool:
    is_any = not channel.depends_any or any(_is_alive(scene, target) for target in channel.depends_any)
    return is_any and all(_is_alive(scene, target) for target in channel.depends_all)


def _any_alive(scene: Scene, role: Role, path: ChannelPath) -> bool:
    """Return whether one of the hub's own ways out is not known to be dead; where there is none, nothing is known."""
    targets = [t.id for t in scene.inventory.targets.values() if t.role is role and t.labels.get("path") == path]
    return not targets or any(_is_alive(scene, target) for target in targets)


def _is_alive(scene: Scene, target: TargetId) -> bool:
    return scene.states.get(target) not in _GONE


def next_way(ways: Sequence[Channel], used: Sequence[Channel], usable: frozenset[str]) -> Channel | None:
    """Return where to turn after the channels used: a usable one on another path, a usable one, another path."""
    left = [channel for channel in ways if channel.id not in {known.id for known in used}]
    paths = {channel.path for channel in used}
    choices = (
        [channel for channel in left if channel.id in usable and channel.path not in paths],
        [channel for channel in left if channel.id in usable],
        [channel for channel in left if channel.path not in paths],
    )
    return next((found[0] for found in choices if found), None)
