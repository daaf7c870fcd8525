"""The ways to reach people: does each work, since when, what went over it last, and what lies on its path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bt_console.evaluate.oncall.desk import Scene
from bt_console.evaluate.oncall.ways import is_path_up, is_telling
from bt_console.model.inventory import Inventory, Target, TargetId
from bt_console.model.oncall import Channel, OnCall
from bt_console.model.paging import ChannelHealth, ChannelState
from bt_console.model.snapshot import Snapshot, TargetView
from bt_console.tui.view import find
from bt_console.tui.view.look import Look
from bt_console.tui.view.text import Line, Row, Span, Tone, fit, paragraph, spread

CUT_OFF = "cut_off"
"""Shown like a state: something on the channel's path is down, so messages go another way."""
_GLYPH = {
    ChannelState.UP.value: ("●", Tone.OK),
    ChannelState.SUSPECT.value: ("▲", Tone.WARN),
    ChannelState.DOWN.value: ("■", Tone.BAD),
    ChannelState.UNPROVEN.value: ("?", Tone.UNKNOWN),
    CUT_OFF: ("□", Tone.HIDDEN),
}
_CALM = frozenset({ChannelState.UP.value, ChannelState.UNPROVEN.value})
_ID, _STATE, _PATH = 10, 16, 8
_ROOMY = 72
"""Columns from which on it is said since when."""


def plan_of(oncall: OnCall, snapshot: Snapshot, targets: Iterable[TargetView]) -> Scene:
    """Return what the monitor decides from, as far as some targets of a snapshot tell."""
    known = tuple(targets)
    inventory = Inventory(
        district=snapshot.district,
        timezone=snapshot.timezone,
        language=snapshot.language,
        units={},
        targets={view.id: _target(view) for view in known},
        checks={},
    )
    return Scene(
        oncall=oncall, inventory=inventory, incidents={}, states={view.id: view.state for view in known}, draw=str
    )


def _target(view: TargetView) -> Target:
    return Target(
        id=view.id,
        unit_id=view.unit_id,
        role=view.role,
        name=view.name,
        address=view.address,
        depends_on=view.depends_on,
        labels={"path": view.path} if view.path else {},
    )


def states(snapshot: Snapshot) -> dict[str, str]:
    """Return the state of every configured channel by its id, in the configuration's order."""
    oncall = snapshot.oncall
    if oncall is None:
        return {}
    near = (*snapshot.infrastructure, *snapshot.services)
    needed = {t for channel in oncall.channels.values() for t in (*channel.depends_any, *channel.depends_all)}
    is_near: set[TargetId] = {view.id for view in near}
    scene = plan_of(oncall, snapshot, near if needed <= is_near else find.targets(snapshot).values())
    healths = {health.channel: health for health in snapshot.channels}
    return {channel.id: _state(channel, healths.get(channel.id), scene) for channel in oncall.channels.values()}


def _state(channel: Channel, health: ChannelHealth | None, scene: Scene) -> str:
    if not is_path_up(channel, scene):
        return CUT_OFF
    return health.state.value if health else ChannelState.UNPROVEN.value


def path_marks(snapshot: Snapshot, look: Look) -> tuple[Line, ...]:
    """Return the alert paths for the header: all that reach a certain person, those in trouble, none."""
    oncall = snapshot.oncall
    known = states(snapshot) if oncall else {}
    told = [(name, state) for name, state in known.items() if oncall and is_telling(oncall.channels[name])]
    every = tuple(_marks(told, look))
    return (every, tuple(_marks([pair for pair in told if pair[1] not in _CALM], look)), ())


def _marks(pairs: Iterable[tuple[str, str]], look: Look) -> Iterator[Span]:
    gap = ""
    for name, state in pairs:
        glyph, tone = ("~", Tone.MUTED) if look.is_stale else _GLYPH[state]
        yield Span(f"{gap}{fit(name, min(len(name), 8))}{glyph}", tone)
        gap = " "


def rows(snapshot: Snapshot, look: Look, width: int) -> list[Row]:
    """Return one row per channel, with the reason of trouble under it."""
    oncall = snapshot.oncall
    if oncall is None or not oncall.channels:
        return paragraph(look.tell("told.channel.none"), width, Tone.MUTED)
    healths = {health.channel: health for health in snapshot.channels}
    known, found = states(snapshot), []
    for channel in oncall.channels.values():
        found += _row(channel, healths.get(channel.id) or ChannelHealth(channel=channel.id), known, look, width)
    return found


def _row(channel: Channel, health: ChannelHealth, known: dict[str, str], look: Look, width: int) -> list[Row]:
    state = known[channel.id]
    glyph, tone = _GLYPH[state]
    is_roomy = width >= _ROOMY
    left = (
        Span(f"{glyph} ", tone),
        Span(fit(channel.id, _ID if is_roomy else 8) + " ", Tone.STRONG),
        Span(fit(look.tell(f"told.channel.{state}"), _STATE) + " ", tone),
        Span(fit(look.tell(f"told.path.{channel.path}"), _PATH) + " ", Tone.MUTED),
        Span(_since(health, state, look) if is_roomy else "", Tone.MUTED),
    )
    proven = _proven(health, look) if is_telling(channel) else look.tell("told.channel.no_proof")
    right = (Span(proven, Tone.MUTED if health.proven_at else Tone.UNKNOWN),)
    found = [Row(line=spread(left, right, width), key=f"channel:{channel.id}")]
    for text in _reasons(health, look):
        found += [Row(line=(Span("  "), *row.line)) for row in paragraph(text, width - 2, Tone.MUTED)]
    return found


def _proven(health: ChannelHealth, look: Look) -> str:
    if health.proven_at is None:
        return look.tell("told.channel.never")
    return look.tell("told.channel.proven", at=look.since(health.proven_at))


def _since(health: ChannelHealth, state: str, look: Look) -> str:
    if health.since is None or state in (CUT_OFF, ChannelState.UNPROVEN):
        return ""
    return look.tell("screen.since", at=look.since(health.since))


def _reasons(health: ChannelHealth, look: Look) -> Iterator[str]:
    if health.reason:
        count = look.tell("told.channel.fails", n=health.fails_count) if health.fails_count else ""
        yield f"{count} {look.say(health.reason)}".strip()
    if health.not_before is not None and health.not_before > look.now:
        yield look.tell("told.channel.waits", at=look.until(health.not_before))
