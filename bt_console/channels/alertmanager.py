"""Feeds an existing Prometheus Alertmanager, as Prometheus would.

Source: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml (POST /api/v2/alerts).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bt_console.channels._incident import Subject, stamp, subject_of
from bt_console.channels._post import DoorParams, knock, opened, post
from bt_console.channels._text import octets_of
from bt_console.channels.api import ChannelContext, ChannelKind, Letter, Sent
from bt_console.channels.webhook import check_address, codeless
from bt_console.model.oncall import ChannelPath, NoticeKind
from probes.secret import Secret

_ALERTS = "/api/v2/alerts"
_STATUS = "/api/v2/status"
_REMARK_S = 300.0
"""How long a test or a remark about the alerting itself stands."""
_RISING = ("info", "warning", "critical")
_LATER = frozenset({NoticeKind.UPDATE, NoticeKind.RESOLVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertmanagerParams:
    """Which Alertmanager."""

    url: str = ""
    """Without the path of its interface: http://alertmanager.example:9093."""
    secret_url: Secret | None = None
    bearer: Secret | None = None
    headers: tuple[str, ...] = ()
    lasts_s: float = 86_400.0
    """An alert of which nothing more is heard ends after this long: Alertmanager's own five minutes would end it
    between two of our notices."""

    def __post_init__(self) -> None:
        _door(self).check("alertmanager")
        if not self.lasts_s >= 60:
            raise ValueError(f"lasts_s is {self.lasts_s}: an alert must last longer than the pauses between notices")


def _door(params: AlertmanagerParams) -> DoorParams:
    return DoorParams(url=params.url, secret_url=params.secret_url, bearer=params.bearer, headers=params.headers)


async def send(params: AlertmanagerParams, address: str, letter: Letter, ctx: ChannelContext) -> Sent:
    """Post one alert, or its end. Whom it reaches is Alertmanager's to decide: the address is not used."""
    door = opened(_door(params))
    if isinstance(door, Sent):
        return door
    return await post(door, octets_of(alerts(params, letter)), {}, ctx, path=_ALERTS)


def alerts(params: AlertmanagerParams, letter: Letter) -> list[dict[str, Any]]:
    """Return the letter as alerts.

    Labels identify an alert, severity among them: once it may have risen, what fired with a lower one is ended.
    """
    subject = subject_of(letter)
    lasts_s = params.lasts_s if subject.is_incident else _REMARK_S
    alert = _alert(letter, subject, subject.ended_at or letter.at + timedelta(seconds=lasts_s))
    if letter.kind not in _LATER:
        return [alert]
    lower = _RISING[: _RISING.index(subject.labels["severity"])] if subject.labels["severity"] in _RISING else ()
    ended = _alert(letter, subject, subject.ended_at or letter.at)
    return [alert, *({**ended, "labels": {**subject.labels, "severity": severity}} for severity in lower)]


def _alert(letter: Letter, subject: Subject, ends_at: datetime) -> dict[str, Any]:
    return {
        "labels": subject.labels,
        "annotations": {
            "summary": codeless(letter, letter.title),
            "description": codeless(letter, letter.body),
            "delivery": letter.id,
        },
        "startsAt": stamp(subject.starts_at),
        "endsAt": stamp(ends_at),
    }


async def check(params: AlertmanagerParams, ctx: ChannelContext) -> None:
    """Ask for its status."""
    await knock(_door(params), ctx, _STATUS)


CHANNEL = ChannelKind(
    name="alertmanager",
    params=AlertmanagerParams,
    send=send,
    path=ChannelPath.LAN,
    address_example="operations",
    check_address=check_address,
    params_example={"url": "http://alertmanager.example:9093"},
    check=check,
    is_broadcast=True,
)
