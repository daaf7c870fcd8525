"""From the section `oncall` to contacts, channels, schedules, policies and routes in force; every mistake in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bt_console import channels
from bt_console.channels.api import ChannelKind
from bt_console.config.errors import ConfigProblem, did_you_mean
from bt_console.config.holidays import Calendar
from bt_console.config.oncall_schema import (
    ChannelSpec,
    ContactSpec,
    HeartbeatsSpec,
    LayerSpec,
    MaintenanceSpec,
    MatchSpec,
    OnCallSpec,
    PolicySpec,
    StepSpec,
)
from bt_console.config.schema import DistrictSpec
from bt_console.config.yaml_reader import Document, Loc
from bt_console.model import recurrence
from bt_console.model.inventory import TargetId, UnitId
from bt_console.model.oncall import (
    Channel,
    Contact,
    Direction,
    DrillPlan,
    EscalationPolicy,
    EscalationStep,
    HeartbeatPlan,
    Hours,
    Layer,
    Match,
    Mute,
    MuteKind,
    OnCall,
    Route,
    Schedule,
    Storm,
)
from bt_console.words import tell

NOBODY = "none"
"""Written for an address: this contact has none on that channel."""
_DAY_S = 86400.0
_ROOT: Loc = ("oncall",)


def default_oncall(timezone: str, language: str) -> OnCall:
    """Return what holds where nothing is configured: whoever sees an open console."""
    contact = Contact(id="truc", name=tell(language, "config.duty_desk"), language=language)
    kind = channels.load("console")
    channel = Channel(id=kind.name, kind=kind.name, path=kind.path, needs_address=False, params=kind.params())
    step = EscalationStep(notify=(contact.id,), channels=(channel.id,))
    policy = EscalationPolicy(id="console", steps=(step,))
    return OnCall(
        timezone=timezone,
        contacts={contact.id: contact},
        channels={channel.id: channel},
        policies={policy.id: policy},
        routes=(Route(match=Match(), policy=policy.id),),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallBuilder:
    """Builds what one section says, collecting problems."""

    document: Document
    spec: OnCallSpec
    district: DistrictSpec
    targets: frozenset[TargetId]
    units: frozenset[UnitId]
    """With those left out for mistakes of their own."""
    is_left_out: Callable[[TargetId], bool]
    """Whether a target is written, but of something that has a mistake of its own."""
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    """What was read for each `holidays:` that is written."""
    problems: list[ConfigProblem] = field(default_factory=list)

    def build(self) -> OnCall:
        """Return what the section says; meaningless where there are problems."""
        spec = self.spec
        return OnCall(
            timezone=self.district.timezone,
            contacts={name: self._contact(name, contact) for name, contact in spec.contacts.items()},
            channels={name: self._channel(name, channel) for name, channel in spec.channels.items()},
            schedules={name: self._schedule(name) for name in spec.schedules},
            policies={name: self._policy(name, policy) for name, policy in spec.policies.items()},
            routes=tuple(self._routes()),
            mutes=tuple(self._mute(at, work) for at, work in enumerate(spec.maintenance)),
            storm=Storm(per_contact=spec.storm.per_contact, digest_every_s=spec.storm.digest_every_s),
            silence_max_s=spec.silence_max_s,
            heartbeats=tuple(self._heartbeats(spec.heartbeats)),
            drill=self._drill(),
        )

    def _report(self, loc: Loc, message: str, hint: str, *, at_key: bool = False) -> None:
        self.problems.append(self.document.problem((*_ROOT, *loc), message, hint, at_key=at_key))

    def _known(self, loc: Loc, noun: str, name: str, known: Iterable[str], *, at_key: bool = False) -> bool:
        names = set(known)
        if name not in names:
            hint = did_you_mean(name, names) or f"write a {noun} first"
            self._report(loc, f"unknown {noun} `{name}`", hint, at_key=at_key)
        return name in names

    def _each_known(self, loc: Loc, noun: str, names: Sequence[str], known: Iterable[str]) -> None:
        pool = {*known, *(name for name in names if noun == "target" and self.is_left_out(TargetId(name)))}
        for at, name in enumerate(names):
            self._known((*loc, at), noun, name, pool)

    def _contact(self, name: str, spec: ContactSpec) -> Contact:
        for channel, address in spec.addresses.items():
            loc = ("contacts", name, "addresses", channel)
            if self._known(loc, "channel", channel, self.spec.channels, at_key=True) and address != NOBODY:
                self._address(loc, address, channels.load(self.spec.channels[channel].type))
        return Contact(
            id=name,
            name=spec.name,
            language=spec.language or self.district.language,
            addresses={channel: address for channel, address in spec.addresses.items() if address != NOBODY},
        )

    def _address(self, loc: Loc, address: str, kind: ChannelKind) -> None:
        try:
            kind.check_address(address)
        except ValueError as error:
            hint = f"an address of {kind.name} is for example {kind.address_example}"
            self._report(loc, str(error), hint if kind.address_example not in str(error) else "correct the address")

    def _channel(self, name: str, spec: ChannelSpec) -> Channel:
        loc: Loc = ("channels", name)
        kind = channels.load(spec.type)
        for how, targets in (("any", spec.depends_on.any), ("all", spec.depends_on.all)):
            self._each_known((*loc, "depends_on", how), "target", targets, self.targets)
        return Channel(
            id=name,
            kind=kind.name,
            path=spec.path or kind.path,
            depends_any=tuple(map(TargetId, spec.depends_on.any)),
            depends_all=tuple(map(TargetId, spec.depends_on.all)),
            limits=tuple(spec.limit),
            uses=frozenset(spec.use_for),
            needs_address=not kind.is_broadcast,
            params=self._params((*loc, "params"), kind, spec.params),
        )

    def _params(self, loc: Loc, kind: ChannelKind, given: Mapping[str, Any]) -> Any:
        missing = [name for name in _required(kind.params) if name not in given]
        for name in missing:
            example = kind.params_example.get(name, "...")
            self._report(loc, f"{kind.name} needs the param `{name}`", f"add `{name}: {example}` to `params`")
        try:
            return None if missing else kind.params(**given)
        except ValueError as error:
            message = str(error) if str(error).startswith(kind.name) else f"params of {kind.name}: {error}"
            self._report(loc, message, "correct what is written in `params`")
            return None

    def _schedule(self, name: str) -> Schedule:
        spec, loc = self.spec.schedules[name], ("schedules", name)
        self._known((*loc, "gap_fallback"), "contact", spec.gap_fallback, self.spec.contacts)
        self._each_known((*loc, "holiday_contacts"), "contact", spec.holiday_contacts, self.spec.contacts)
        if spec.holiday_contacts and spec.holidays is None:
            self._report((*loc, "holiday_contacts"), f"schedule {name} has no holidays", "add `holidays: vn`")
        names = [layer.name for layer in spec.layers]
        for at, layer in enumerate(spec.layers):
            self._each_known((*loc, "layers", at, "contacts"), "contact", layer.contacts, self.spec.contacts)
            if layer.name in names[:at]:
                self._report((*loc, "layers", at, "name"), f"two layers are named {layer.name}", "rename one of them")
        calendar = self.calendars.get(spec.holidays or "")
        return Schedule(
            id=name,
            timezone=self.district.timezone,
            layers=tuple(map(_layer, spec.layers)),
            gap_fallback=spec.gap_fallback,
            holidays=calendar.holidays if calendar else (),
            holiday_contacts=tuple(spec.holiday_contacts),
        )

    def _policy(self, name: str, spec: PolicySpec) -> EscalationPolicy:
        for at, step in enumerate(spec.steps):
            self._step(("policies", name, "steps", at), name, step)
        hours = (
            Hours(
                timezone=self.district.timezone, weekdays=spec.hours[0], starts=spec.hours[1][0], ends=spec.hours[1][1]
            )
            if spec.hours
            else None
        )
        return EscalationPolicy(
            id=name,
            steps=tuple(map(_step, spec.steps)),
            repeat_s=spec.repeat_s,
            ack_max_s=spec.ack_max_s,
            hold_s=spec.hold_s,
            hours=hours,
            is_emergency=spec.emergency,
        )

    def _step(self, loc: Loc, policy: str, step: StepSpec) -> None:
        for at, name in enumerate(step.via):
            self._known((*loc, "via", at), "channel", name, self.spec.channels)
        for at, entry in enumerate(step.notify):
            if self._is_person((*loc, "notify", at), entry):
                for contact in self._people(entry):
                    self._reachable(policy, contact, step.via)

    def _is_person(self, loc: Loc, entry: str) -> bool:
        prefix, colon, name = entry.partition(":")
        if colon and prefix == "schedule":
            return self._known(loc, "schedule", name, self.spec.schedules)
        known = {*self.spec.contacts, *(f"schedule:{schedule}" for schedule in self.spec.schedules)}
        return self._known(loc, "contact", entry, known)

    def _people(self, entry: str) -> tuple[str, ...]:
        """Return everybody an entry may ever mean, as far as they are known."""
        schedule = self.spec.schedules.get(entry.removeprefix("schedule:"))
        if not entry.startswith("schedule:") or schedule is None:
            return (entry,)
        names = [name for layer in schedule.layers for name in layer.contacts]
        everybody = dict.fromkeys([*names, *schedule.holiday_contacts, schedule.gap_fallback])
        return tuple(name for name in everybody if name in self.spec.contacts)

    def _reachable(self, policy: str, contact: str, via: list[str]) -> None:
        loc: Loc = ("contacts", contact, "addresses")
        addresses = self.spec.contacts[contact].addresses
        used = [name for name in (via or addresses) if name in self.spec.channels]
        personal = [name for name in used if not channels.load(self.spec.channels[name].type).is_broadcast]
        # Nobody without any address is forgotten: that is whoever sits at a console.
        missing = [name for name in personal if addresses and name not in addresses]
        for name in missing:
            message = f"{contact} has no address for {name}, which policy {policy} uses"
            self._report(loc, message, f"add `{name}:` to its `addresses`, or `{name}: {NOBODY}` if there is none")
        is_reached = any(name not in personal or addresses.get(name, NOBODY) != NOBODY for name in used)
        if not missing and not is_reached and (used or not via):
            self._report(loc, f"policy {policy} has no way to reach {contact}", "add an address of a channel it uses")

    def _routes(self) -> Iterator[Route]:
        for at, route in enumerate(self.spec.routes):
            self._known(("routes", at, "policy"), "policy", route.policy, self.spec.policies)
            yield Route(
                match=self._match(("routes", at, "match"), route.match), policy=route.policy, wait_s=route.wait_s
            )
        for at, route in enumerate(self.spec.routes[:-1]):
            if route.match.is_empty:
                hint = "move it to the end"
                self._report(("routes", at), "this route matches everything, so that no later one is ever taken", hint)
        if not self.spec.routes[-1].match.is_empty:
            last = len(self.spec.routes) - 1
            message = "the last route does not match everything: some incidents would page nobody"
            self._report(("routes", last), message, "add a last one without `match`, such as `- {policy: office}`")

    def _match(self, loc: Loc, spec: MatchSpec) -> Match:
        self._each_known((*loc, "units"), "unit", spec.units, self.units)
        self._each_known((*loc, "targets"), "target", spec.targets, self.targets)
        return Match(
            kinds=frozenset(spec.kinds),
            min_severity=spec.min_severity,
            units=frozenset(map(UnitId, spec.units)),
            targets=frozenset(map(TargetId, spec.targets)),
            roles=frozenset(spec.roles),
            labels=dict(spec.labels),
        )

    def _mute(self, at: int, spec: MaintenanceSpec) -> Mute:
        loc: Loc = ("maintenance", at)
        if spec.rrule:
            try:
                recurrence.check(spec.rrule, self.district.timezone)
            except ValueError as error:
                hint = "correct the rule, or delete it: then it happens once"
                self._report((*loc, "rrule"), f"rrule: {error}", hint)
        return Mute(
            id=-1 - at,
            kind=MuteKind.MAINTENANCE,
            match=self._match((*loc, "match"), spec.match),
            starts_at=spec.starts,
            ends_at=spec.starts + timedelta(seconds=spec.duration_s),
            author=spec.author,
            reason=spec.reason,
            rrule=spec.rrule,
            timezone=self.district.timezone,
        )

    def _heartbeats(self, spec: HeartbeatsSpec) -> Iterator[HeartbeatPlan]:
        places = [("in", at, beat.name) for at, beat in enumerate(spec.incoming)]
        places += [("out", at, beat.name) for at, beat in enumerate(spec.outgoing)]
        names = [name for _, _, name in places]
        for count, (key, at, name) in enumerate(places):
            if name in names[:count]:
                self._report(("heartbeats", key, at, "name"), f"two heartbeats are named {name}", "rename one of them")
        for incoming in spec.incoming:
            yield HeartbeatPlan(
                name=incoming.name,
                direction=Direction.IN,
                every_s=incoming.every_s,
                grace_s=incoming.grace_s,
                cron=incoming.cron,
            )
        for out in spec.outgoing:
            yield HeartbeatPlan(name=out.name, direction=Direction.OUT, every_s=out.every_s, url=out.url)

    def _drill(self) -> DrillPlan | None:
        spec = self.spec.drill
        if spec is None:
            return None
        self._is_person(("drill", "notify"), spec.notify)
        return DrillPlan(notify=spec.notify, weekday=spec.weekday, at=spec.at, must_ack_s=spec.must_ack_s)


def _required(params: type) -> Iterator[str]:
    for item in dataclasses.fields(params):
        if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING:
            yield item.name


def _layer(spec: LayerSpec) -> Layer:
    return Layer(
        name=spec.name,
        contacts=tuple(spec.contacts),
        start=spec.start,
        every_days=int(spec.every_s // _DAY_S),
        handoff=spec.handoff,
        weekdays=spec.weekdays,
        hours=spec.hours,
    )


def _step(spec: StepSpec) -> EscalationStep:
    return EscalationStep(
        notify=tuple(spec.notify),
        channels=tuple(spec.via),
        fallback_after_s=spec.fallback_after_s,
        wait_s=spec.wait_s,
    )
