"""A unit's way to the hub, drawn: nodes in order, delay and loss under each arrow, the broken arrow marked.

TSLCD     ● Trung tâm ──────▶ ● Lõi TSLCD ──✖──▶ ■ Router ┄┄┄┄┄┄▶ □ LAN
                       0,9 ms            mất 100%
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bt_console.model.health import HealthState
from bt_console.model.inventory import Role, TargetId
from bt_console.model.snapshot import TargetView, UnitView
from bt_console.tui.view.look import Look
from bt_console.tui.view.signs import glyph, tone_of, value_tone
from bt_console.tui.view.text import Line, Span, Tone, cells, cut_line, fit

_TITLE = 10
_MIN_ARROW = 8
_ROOMY = 130
"""From this many columns on, the hub's own uplinks are drawn even while they work."""


def chain(last: TargetView, targets: Mapping[TargetId, TargetView]) -> tuple[TargetView, ...]:
    """Return the targets from the hub to this one, by first parent."""
    found = [last]
    while found[-1].depends_on and found[-1].depends_on[0] in targets and len(found) < 12:
        found.append(targets[found[-1].depends_on[0]])
    return tuple(reversed(found))


def paths(unit: UnitView, targets: Mapping[TargetId, TargetView], look: Look, width: int) -> tuple[Line, ...]:
    """Return the drawing of every path a unit has, two lines each."""
    ends = (("tslcd", unit.lan or unit.tslcd), ("internet", unit.internet))
    lines: list[Line] = []
    for name, end in ends:
        if end is not None:
            title = look.tell(f"path.{name}") if unit.tslcd or name == "internet" else look.tell("path.lan")
            lines += _drawn(title, _worth_drawing(chain(end, targets), width), look, width)
    return tuple(lines)


def _worth_drawing(nodes: Sequence[TargetView], width: int) -> list[TargetView]:
    if width >= _ROOMY or len(nodes) <= 3:
        return list(nodes)
    return [node for node in nodes if node.role is not Role.UPLINK or node.state is not HealthState.UP]


def _drawn(title: str, nodes: Sequence[TargetView], look: Look, width: int) -> tuple[Line, Line]:
    labels = [f"{glyph(node.state, look)} {look.tell(f'node.{node.role}')}" for node in nodes]
    arrows = max(1, len(nodes) - 1)
    room = width - _TITLE - sum(map(cells, labels)) - 2 * arrows
    lengths = [max(_MIN_ARROW, min(24, room // arrows))] * arrows
    top: list[Span] = [Span(fit(title, _TITLE), Tone.HEAD), Span(labels[0], tone_of(nodes[0].state, look))]
    under: list[Span] = [Span(" " * (_TITLE + cells(labels[0])))]
    for node, label, length in zip(nodes[1:], labels[1:], lengths, strict=False):
        top += (Span(" "), *_arrow(node, look, length), Span(" "), Span(label, tone_of(node.state, look)))
        under += (Span(_centred(_measures(node, look), length + 2), value_tone(node, look)), Span(" " * cells(label)))
    return cut_line(top, width), cut_line(under, width)


def _arrow(node: TargetView, look: Look, length: int) -> Line:
    tone = tone_of(node.state, look)
    body = length - 1
    if node.state is HealthState.DOWN:
        left = (body - 1) // 2
        return (Span("─" * left, Tone.RULE), Span("✖", tone), Span("─" * (body - 1 - left) + "▶", Tone.RULE))
    if node.state in (HealthState.UNREACHABLE, HealthState.UNKNOWN):
        return (Span("┄" * body + "▶", tone),)
    return (Span("─" * body + "▶", Tone.WARN if node.state is HealthState.DEGRADED else Tone.RULE),)


def _measures(node: TargetView, look: Look) -> str:
    parts = []
    if node.rtt_ms is not None:
        value = look.delay(node.rtt_ms)
        parts.append(value if value.endswith("s") else f"{value} ms")
    if node.loss_ratio and node.state is not HealthState.UNREACHABLE:
        parts.append(look.tell("screen.lost", loss=look.percent(node.loss_ratio)))
    if not parts and node.state is not HealthState.UP:
        parts.append(look.tell(f"state.{node.state}.short"))
    return " ".join(parts)


def _centred(text: str, width: int) -> str:
    shown = fit(text, min(cells(text), width))
    left = (width - cells(shown)) // 2
    return " " * left + shown + " " * (width - cells(shown) - left)
