"""The drill: what is broken on purpose, how fast it was noticed, and what else can be broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bt_console.model.incident import Incident
from bt_console.tui.view.look import Look
from bt_console.tui.view.text import Row, Span, Tone, blank, cut_line, fit, heading, spread, wrap
from bt_console.words import LANGUAGES

_HEALED_SHOWN = 5
ACTIVE_KEY, KIND_KEY, VALUE_KEY = "active:", "kind:", "value:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One kind of fault as a menu offers it."""

    name: str
    description: tuple[str, str]
    """Vietnamese, English."""
    arguments: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    """For each argument what it may be."""

    def said(self, look: Look) -> str:
        """Return what it does in the reader's language."""
        return self.description[LANGUAGES.index(look.language)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """A fault this console made, and when."""

    spec: str
    at: datetime


def noticed(injections: Sequence[Injection], incidents: Sequence[Incident]) -> dict[str, Incident]:
    """Return for each fault the incident that noticed it: the first one opened after it that no earlier fault has."""
    found: dict[str, Incident] = {}
    taken: set[int] = set()
    by_time = sorted(incidents, key=lambda incident: incident.opened_at)
    for injection in sorted(injections, key=lambda item: item.at):
        for incident in by_time:
            if incident.id not in taken and incident.opened_at >= injection.at:
                found[injection.spec] = incident
                taken.add(incident.id)
                break
    return found


def rows(
    choices: Sequence[Choice],
    active: Sequence[str],
    injections: Sequence[Injection],
    incidents: Sequence[Incident],
    look: Look,
    width: int,
) -> tuple[Row, ...]:
    """Return the faults in force with what became of them, then the ways to break something."""
    found = [heading(look.tell("drill.active"), width, str(len(active)))]
    if not active:
        found.append(Row(line=(Span(look.tell("drill.nothing_broken"), Tone.MUTED),)))
    seen, when = noticed(injections, incidents), {item.spec: item.at for item in injections}
    found += [_active_row(spec, when, seen, look, width) for spec in active]
    healed = [item.spec for item in injections if item.spec in seen and item.spec not in active]
    found += [_healed_row(spec, when[spec], seen[spec], look, width) for spec in healed[-_HEALED_SHOWN:]]
    found += [blank(), heading(look.tell("drill.choose"), width)]
    found += [_choice_row(choice, look, width) for choice in choices]
    return tuple(found)


def _active_row(spec: str, when: Mapping[str, datetime], seen: Mapping[str, Incident], look: Look, width: int) -> Row:
    left = (Span("✖ ", Tone.BAD), Span(spec, Tone.STRONG))
    if spec not in when:
        return Row(line=cut_line(left, width), key=ACTIVE_KEY + spec)
    incident = seen.get(spec)
    if incident is None:
        waited = look.span((look.now - when[spec]).total_seconds())
        said = Span(look.tell("drill.unnoticed", span=waited), Tone.WARN)
    else:
        took = look.span((incident.opened_at - when[spec]).total_seconds())
        said = Span(look.tell("drill.noticed", id=incident.id, span=took), Tone.OK)
    return Row(line=spread(left, (said,), width), key=ACTIVE_KEY + spec)


def _healed_row(spec: str, at: datetime, incident: Incident, look: Look, width: int) -> Row:
    took = look.span((incident.opened_at - at).total_seconds())
    said = look.tell("drill.noticed", id=incident.id, span=took)
    left = (Span("✓ ", Tone.OK), Span(f"{spec}  {look.tell('drill.healed')}", Tone.MUTED))
    return Row(line=spread(left, (Span(said, Tone.MUTED),), width))


def _choice_row(choice: Choice, look: Look, width: int) -> Row:
    name = choice.name + "".join(f":{argument.upper()}" for argument in choice.arguments)
    size = max(28, min(40, width // 3))
    line = (Span(fit(name, size) + " ", Tone.ACCENT), Span(choice.said(look), Tone.MUTED))
    return Row(line=cut_line(line, width), key=KIND_KEY + choice.name)


def value_rows(
    choice: Choice, given: Sequence[str], names: Mapping[str, str], look: Look, width: int
) -> tuple[Row, ...]:
    """Return the values the next argument may take."""
    argument = choice.arguments[len(given)]
    title = look.tell("drill.pick", what=look.tell(f"drill.argument.{argument}"))
    found = [heading(":".join((choice.name, *given)), width, title)]
    for value in choice.values[len(given)]:
        said = names.get(value, "")
        line = (Span(fit(value, 22) + " "), Span(said, Tone.MUTED))
        found.append(Row(line=cut_line(line, width), key=VALUE_KEY + value))
    return tuple(found)


def confirm_lines(choice: Choice, spec: str, names: Mapping[str, str], look: Look, width: int) -> tuple[str, ...]:
    """Return exactly what will be done, for the question before it."""
    about = [names[part] for part in spec.split(":")[1:] if part in names]
    target = f" ({', '.join(about)})" if about else ""
    texts = (
        look.tell("drill.will_do", spec=spec),
        choice.said(look)[:1].upper() + choice.said(look)[1:] + target + ".",
        look.tell("drill.only_lab"),
    )
    return tuple(line for text in texts for line in wrap(text, width))
