"""What would be done about an incident that is not, as text and as JSON."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bt_console.cli import oncall_documents as documents
from bt_console.cli.command import UsageError
from bt_console.cli.documents import Document, instant
from bt_console.cli.incident_text import hanging
from bt_console.cli.match_options import kind_of, match_text, target_id, unit_id
from bt_console.cli.reasons import targets_of
from bt_console.evaluate.oncall.desk import Scene
from bt_console.evaluate.oncall.dryrun import Page, Trial, Turn, play
from bt_console.evaluate.oncall.orders import write_match
from bt_console.evaluate.oncall.why import clock, name_of
from bt_console.model.incident import Cause, CauseKind, Impact, Incident, Severity
from bt_console.model.inventory import Inventory, Role, TargetId, UnitId
from bt_console.model.oncall import OnCall
from bt_console.words import tell

if TYPE_CHECKING:
    from bt_console.facade import Console
    from bt_console.model.snapshot import Snapshot

_ROLES = {
    CauseKind.TSLCD_DOWN: Role.TSLCD,
    CauseKind.INTERNET_DOWN: Role.INTERNET,
    CauseKind.LAN_GATEWAY_DOWN: Role.LAN,
    CauseKind.LAN_SWITCH_DOWN: Role.LAN,
    CauseKind.TSLCD_CORE_DOWN: Role.CORE,
    CauseKind.OWN_UPLINK_DOWN: Role.UPLINK,
    CauseKind.DEVICE_MISSING: Role.DEVICE,
    CauseKind.DNS_DOWN: Role.DNS,
    CauseKind.DNS_WRONG_ANSWER: Role.DNS,
}
"""Where a kind of cause usually sits."""
_NUMBER = 1


def supposed(args: Namespace, snapshot: Snapshot, inventory: Inventory, at: datetime, language: str) -> Incident:
    """Return the incident the options describe: by default a critical one, a TSLCD line down."""
    kind = kind_of(args.kind[0], language) if args.kind else CauseKind.TSLCD_DOWN
    unit = unit_id(snapshot, inventory, args.unit[0], language) if args.unit else None
    target = target_id(inventory, args.target[0], language) if args.target else _usual(inventory, kind, unit)
    known = inventory.targets.get(target)
    place = unit or (known.unit_id if known else next(iter(inventory.units), UnitId("hub")))
    if unit is not None and known is not None and known.unit_id != unit:
        raise UsageError(tell(language, "cli.route.elsewhere", target=target, unit=unit))
    return Incident(
        id=_NUMBER,
        cause=Cause(kind=kind, target_id=target, unit_id=place, message=""),
        impact=Impact(targets=(target,), units=(place,)),
        severity=Severity(args.severity or Severity.CRITICAL),
        opened_at=at,
    )


def _usual(inventory: Inventory, kind: CauseKind, unit: UnitId | None) -> TargetId:
    """Return where such a cause would sit: in the unit, or else anywhere."""
    found = [t for t in inventory.targets.values() if unit is None or t.unit_id == unit]
    fitting = [t for t in found if t.role is _ROLES.get(kind)]
    return next((t.id for t in (*fitting, *found)), TargetId("hub"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialReport:
    """A trial and what it was made from."""

    incident: Incident
    trial: Trial
    oncall: OnCall
    at: datetime

    @classmethod
    def of(cls, console: Console, snapshot: Snapshot, incident: Incident, at: datetime) -> TrialReport:
        """Play what would follow, as the network and the plan are now."""
        oncall = snapshot.oncall or OnCall(timezone=snapshot.timezone)
        scene = Scene(
            oncall=oncall,
            inventory=console.inventory(),
            incidents={},
            states={TargetId(key): view.state for key, view in targets_of(snapshot).items()},
            draw=lambda: "0000",
        )
        trial = play(
            incident,
            scene,
            at,
            mutes=console.mutes(),
            overrides=console.overrides(),
            healths=console.channel_healths(),
        )
        return cls(incident=incident, trial=trial, oncall=oncall, at=at)

    def document(self) -> Document:
        """Return the document of `route test --json`."""
        trial, cause = self.trial, self.incident.cause
        return {
            "schema": "bt-console/route-test/1",
            "at": instant(self.at),
            "kind": cause.kind,
            "target": cause.target_id,
            "unit": cause.unit_id,
            "severity": self.incident.severity,
            "route": None if trial.route_index is None else trial.route_index + 1,
            "match": write_match(trial.route.match),
            "wait_s": trial.route.wait_s,
            "policy": trial.policy.id if trial.policy else None,
            "is_emergency": bool(trial.policy and trial.policy.is_emergency),
            "muted_by": [mute.id for mute in trial.mutes],
            "shifts": [documents.shift(shift, self.oncall) | {"schedule": shift.schedule} for shift in trial.shifts],
            "turns": [self._turn(turn) for turn in trial.turns],
        }

    def _turn(self, turn: Turn) -> Document:
        return {
            "at": instant(turn.at),
            "step": turn.step + 1,
            "pages": [
                {
                    "contact": page.contact,
                    "name": name_of(page.contact, self.oncall),
                    "channel": page.channel,
                    "path": self.oncall.channels[page.channel].path,
                    "is_usable": page.is_usable,
                    "held_until": instant(page.held_until),
                }
                for page in turn.pages
            ],
        }

    def lines(self, language: str, width: int) -> list[str]:
        """Return what `route test` prints."""
        trial, cause = self.trial, self.incident.cause
        lines = [
            tell(
                language,
                "cli.route.supposed",
                kind=cause.kind,
                target=cause.target_id,
                severity=tell(language, f"severity.{self.incident.severity}"),
                at=clock(self.at, self.oncall),
            ),
            self._route(language),
        ]
        for mute in trial.mutes:
            lines.append(tell(language, "cli.route.muted", id=mute.id, by=mute.author, reason=mute.reason))
        for shift in trial.shifts:
            values = {"schedule": shift.schedule, "name": name_of(shift.contact, self.oncall)}
            code = "cli.route.gap" if shift.why == "gap" else "cli.route.duty"
            lines.append(tell(language, code, **values, until=clock(shift.ends_at, self.oncall)))
        for turn in trial.turns:
            lines.append(tell(language, "cli.route.turn", at=clock(turn.at, self.oncall), step=turn.step + 1))
            lines += [f"  {self._page(page, language)}" for page in turn.pages]
        lines.append(tell(language, "cli.route.nothing_sent"))
        return [line for text in lines for line in hanging(text.strip(), width, "  " if text.startswith("  ") else "")]

    def _route(self, language: str) -> str:
        trial = self.trial
        if trial.policy is None:
            return tell(language, "cli.route.no_policy")
        match = match_text(trial.route.match, language) or tell(language, "cli.route.all")
        number = "-" if trial.route_index is None else trial.route_index + 1
        return tell(language, "cli.route.route", number=number, match=match, policy=trial.policy.id)

    def _page(self, page: Page, language: str) -> str:
        code = "cli.route.page"
        if page.held_until is not None:
            code = "cli.route.page.held"
        elif not page.is_usable:
            code = "cli.route.page.waits"
        until = clock(page.held_until, self.oncall) if page.held_until else ""
        path = self.oncall.channels[page.channel].path
        name = name_of(page.contact, self.oncall)
        return tell(language, code, name=name, channel=page.channel, path=path, until=until)
