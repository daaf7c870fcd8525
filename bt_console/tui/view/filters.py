"""The filter behind `/`: words and field:value pairs, accents optional, ! for not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bt_console.model.incident import Incident
from bt_console.model.oncall import OnCall
from bt_console.model.paging import Call
from bt_console.model.snapshot import TargetView, UnitView
from bt_console.tui.view.calls import person, short_state, standing
from bt_console.tui.view.look import Look
from bt_console.tui.view.text import fold
from bt_console.words import LANGUAGES, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One word of a filter."""

    field: str
    """Empty to search the whole row."""
    value: str
    is_not: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """All terms must hold."""

    text: str = ""
    terms: tuple[Term, ...] = ()

    def accepts(self, fields: Mapping[str, str]) -> bool:
        """Return whether a row with these folded fields passes; an unknown field matches nothing."""
        return all(_holds(term, fields) for term in self.terms)


def parse(text: str) -> Filter:
    """Return the filter that a person typed."""
    return Filter(text=text.strip(), terms=tuple(_term(word) for word in fold(text).split() if word != "!"))


def _term(word: str) -> Term:
    is_not = word.startswith("!")
    field, colon, value = word.removeprefix("!").partition(":")
    return Term(field=field if colon else "", value=value if colon else field, is_not=is_not)


def _holds(term: Term, fields: Mapping[str, str]) -> bool:
    haystack = fields.get(term.field, "") if term.field else " ".join(fields.values())
    is_found = term.value in haystack and bool(haystack)
    return is_found is not term.is_not


def unit_fields(unit: UnitView, look: Look) -> dict[str, str]:
    """Return what a unit can be found by."""
    fields = {"name": f"{fold(unit.name)} {unit.id}", "state": _state(unit.state, look), "kind": unit.kind.value}
    for name, target in (("lan", unit.lan), ("internet", unit.internet), ("tslcd", unit.tslcd)):
        if target is not None:
            fields[name] = f"{_state(target.state, look)} {target.address}"
    return fields


def service_fields(target: TargetView, look: Look) -> dict[str, str]:
    """Return what a service can be found by."""
    return {
        "name": f"{fold(target.name)} {target.id}",
        "state": _state(target.state, look),
        "path": target.path,
        "reason": " ".join(fold(say(language, target.reason)) for language in LANGUAGES),
        "address": target.address,
    }


def incident_fields(incident: Incident, look: Look, call: Call | None, oncall: OnCall | None) -> dict[str, str]:
    """Return what an incident can be found by."""
    cause = incident.cause
    state = "open" if incident.resolved_at is None else "resolved"
    return {
        "id": f"#{incident.id}",
        "cause": f"{cause.kind} {fold(look.say(cause.message))}",
        "unit": " ".join((cause.unit_id, *incident.impact.units)),
        "severity": f"{incident.severity} {fold(look.tell(f'severity.{incident.severity}'))}",
        "state": state,
    } | (_call_fields(call, oncall, look) if call else {})


def _call_fields(call: Call, oncall: OnCall | None, look: Look) -> dict[str, str]:
    """Return what an incident can be found by because of its paging: state, people, mutes."""
    people = " ".join(fold(f"{name} {person(name, oncall)}") for name in (call.acked_by, call.claimed_by) if name)
    state = standing(call, oncall, look)
    overlays = " flapping" if call.flaps_count else ""
    return {
        "call": f"{state} {call.state}{overlays} {fold(short_state(call, oncall, look).text)}",
        "who": people,
        "policy": fold(call.policy.id),
    }


def _state(state: str, look: Look) -> str:
    return f"{state} {fold(look.tell(f'state.{state}'))} {fold(look.tell(f'state.{state}.short'))}"
