"""Silences and maintenance: what each hides, until when, by whom and why; and what a new one would hide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bt_console.evaluate.oncall import muting
from bt_console.evaluate.oncall.preview import Preview, preview
from bt_console.model.incident import Incident
from bt_console.model.oncall import Match, Mute
from bt_console.model.snapshot import Snapshot
from bt_console.model.walltime import Stretch
from bt_console.tui.view import find
from bt_console.tui.view.calls import person
from bt_console.tui.view.channels import plan_of
from bt_console.tui.view.look import Look
from bt_console.tui.view.summary import unit_names
from bt_console.tui.view.text import Row, Span, Tone, fit, paragraph, spread

MUTE_KEY = "mute:"


def all_mutes(snapshot: Snapshot) -> tuple[Mute, ...]:
    """Return what people asked for and what the configuration plans."""
    return (*snapshot.mutes, *(snapshot.oncall.mutes if snapshot.oncall else ()))


def rows(snapshot: Snapshot, look: Look, width: int) -> list[Row]:
    """Return those in force first, each with its reason."""
    names, found = unit_names(snapshot), []
    known = [mute for mute in all_mutes(snapshot) if _window(mute, look) is not None]
    for mute in sorted(known, key=lambda mute: not muting.is_active(mute, look.now)):
        found += _row(mute, snapshot, names, look, width)
    return found or paragraph(look.tell("told.mute.none"), width, Tone.MUTED)


def _window(mute: Mute, look: Look) -> Stretch | None:
    return muting.window(mute, look.now) or muting.next_window(mute, look.now)


def _row(mute: Mute, snapshot: Snapshot, names: Mapping[str, str], look: Look, width: int) -> list[Row]:
    window = _window(mute, look)
    is_now = muting.is_active(mute, look.now)
    when = ""
    if window is not None:
        code = "told.mute.until" if is_now else "told.mute.window"
        when = look.tell(code, start=look.until(window[0]), end=look.until(window[1]))
    glyph, tone = ("~", Tone.HIDDEN) if is_now else ("·", Tone.MUTED)
    left = (
        Span(f"{glyph} ", tone),
        Span(fit(str(mute.id), 4), Tone.KEY),
        Span(look.tell(f"told.mute.{mute.kind}") + " ", tone),
        Span(match_text(mute.match, names, look)),
    )
    said = look.tell("told.mute.by", who=person(mute.author, snapshot.oncall), reason=mute.reason)
    line = spread(left, (Span(when, Tone.MUTED),), width)
    key = f"{MUTE_KEY}{mute.id}" if mute.id > 0 else ""
    return [Row(line=line, key=key), Row(line=(Span(fit("      " + said, width), Tone.MUTED),))]


def match_text(match: Match, names: Mapping[str, str], look: Look) -> str:
    """Return what a match speaks of."""
    parts = [
        ", ".join(look.tell(f"kind.{kind}") for kind in sorted(match.kinds)),
        ", ".join(names.get(unit, unit) for unit in sorted(match.units)),
        ", ".join(sorted(match.targets)),
        ", ".join(look.tell(f"role.{role}") for role in sorted(match.roles)),
        ", ".join(f"{name}={value}" for name, value in sorted(match.labels.items())),
        look.tell("told.mute.from", severity=look.tell(f"severity.{match.min_severity}")) if match.min_severity else "",
    ]
    return " · ".join(part for part in parts if part)


def scopes(incident: Incident) -> dict[str, Match]:
    """Return what may be silenced about an incident, the narrowest first."""
    cause = incident.cause
    kind = frozenset({cause.kind})
    found = {
        "cause": Match(kinds=kind, targets=frozenset({cause.target_id})),
        "target": Match(targets=frozenset({cause.target_id})),
        "unit": Match(units=frozenset({cause.unit_id})),
        "units": Match(units=frozenset({cause.unit_id, *incident.impact.units})),
        "kind": Match(kinds=kind),
    }
    if found["units"] == found["unit"]:
        del found["units"]
    return found


def scope_text(scope: str, incident: Incident, names: Mapping[str, str], look: Look) -> str:
    """Return a scope in words."""
    cause = incident.cause
    count = len({cause.unit_id, *incident.impact.units})
    unit = names.get(cause.unit_id, cause.unit_id)
    kind = look.tell(f"kind.{cause.kind}")
    return look.tell(f"told.scope.{scope}", kind=kind, target=cause.target_id, unit=unit, n=count)


def foresee(match: Match, incidents: Iterable[Incident], snapshot: Snapshot, look: Look) -> Preview | None:
    """Return what a match would hide; None without a configuration."""
    if snapshot.oncall is None:
        return None
    scene = plan_of(snapshot.oncall, snapshot, find.targets(snapshot).values())
    return preview(match, incidents, scene.inventory, look.now)


def preview_lines(found: Preview, look: Look) -> tuple[str, ...]:
    """Return what a silence would hide, now and in the last week."""
    lines = [
        look.tell(
            "told.preview",
            targets=found.targets_count,
            open=len(found.open_incidents),
            past=found.past_incidents_count,
            critical=found.past_critical_count,
        )
    ]
    if found.wider_incidents:
        numbers = ", ".join(f"#{number}" for number in found.wider_incidents)
        lines.append(look.tell("told.preview.wider", incidents=numbers))
    if found.is_empty:
        lines.append(look.tell("told.preview.empty"))
    return tuple(lines)
