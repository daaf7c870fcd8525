"""The state lines, services and LANs must be in, computed from the effects of all faults in force. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bt_console.lab.faults.api import ANY_PORT, Effect, LanEffect, LineEffect, ServiceEffect
from bt_console.lab.plan import EXPOSED_KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """What faults make of a line; losses combine as independent events, delays add up."""

    is_cut: bool = False
    loss_ratio: float = 0.0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    is_saturated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LanState:
    """What faults make of a LAN."""

    flapping_machines: tuple[str, ...] = ()
    is_switch_off: bool = False
    guests: tuple[str, ...] = ()
    is_public: bool = False
    is_joined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """What faults make of a service."""

    closed_kinds: tuple[str, ...] = ()
    status: int | None = None
    delay_s: float = 0.0
    is_content_wrong: bool = False
    is_certificate_expired: bool = False
    is_answer_wrong: bool = False
    is_certificate_revoked: bool = False
    is_banner_hostile: bool = False
    clock_offset_s: float = 0.0
    opened_kinds: tuple[str, ...] = ()

    def is_closed(self, kind: str) -> bool:
        """Whether ports of a kind refuse."""
        if kind in EXPOSED_KINDS and kind not in self.opened_kinds:
            return True
        return kind in self.closed_kinds or ANY_PORT in self.closed_kinds


def line_states(lines: Iterable[str], effects: Iterable[Effect]) -> Mapping[str, LineState]:
    """Return the state of every line."""
    on_lines = [effect for effect in effects if isinstance(effect, LineEffect)]
    return {line: _line(effect for effect in on_lines if effect.line == line) for line in lines}


def service_states(services: Iterable[str], effects: Iterable[Effect]) -> Mapping[str, ServiceState]:
    """Return the state of every service and name server."""
    on_services = [effect for effect in effects if isinstance(effect, ServiceEffect)]
    return {service: _service([e for e in on_services if e.service == service]) for service in services}


def lan_states(lans: Iterable[str], effects: Iterable[Effect]) -> Mapping[str, LanState]:
    """Return the state of every LAN."""
    on_lans = [effect for effect in effects if isinstance(effect, LanEffect)]
    return {lan: _lan([effect for effect in on_lans if effect.lan == lan]) for lan in lans}


def _lan(effects: list[LanEffect]) -> LanState:
    return LanState(
        flapping_machines=tuple(sorted({machine for effect in effects for machine in effect.flapping_machines})),
        is_switch_off=any(effect.is_switch_off for effect in effects),
        guests=tuple(sorted({guest for effect in effects for guest in effect.guests})),
        is_public=any(effect.is_public for effect in effects),
        is_joined=any(effect.is_joined for effect in effects),
    )


def _line(effects: Iterable[LineEffect]) -> LineState:
    is_cut, is_saturated, kept_ratio, delay_s, jitter_s = False, False, 1.0, 0.0, 0.0
    for effect in effects:
        is_cut = is_cut or effect.is_cut
        is_saturated = is_saturated or effect.is_saturated
        kept_ratio *= 1 - effect.loss_ratio
        delay_s += effect.delay_s
        jitter_s += effect.jitter_s
    return LineState(
        is_cut=is_cut, is_saturated=is_saturated, loss_ratio=1 - kept_ratio, delay_s=delay_s, jitter_s=jitter_s
    )


def _service(effects: list[ServiceEffect]) -> ServiceState:
    return ServiceState(
        closed_kinds=tuple(sorted({kind for effect in effects for kind in effect.closed_kinds})),
        status=next((effect.status for effect in effects if effect.status), None),
        delay_s=sum(effect.delay_s for effect in effects),
        is_content_wrong=any(effect.is_content_wrong for effect in effects),
        is_certificate_expired=any(effect.is_certificate_expired for effect in effects),
        is_answer_wrong=any(effect.is_answer_wrong for effect in effects),
        is_certificate_revoked=any(effect.is_certificate_revoked for effect in effects),
        is_banner_hostile=any(effect.is_banner_hostile for effect in effects),
        clock_offset_s=sum(effect.clock_offset_s for effect in effects),
        opened_kinds=tuple(sorted({kind for effect in effects for kind in effect.opened_kinds})),
    )
