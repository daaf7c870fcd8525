"""Posts notices as JSON to any program: in our own form, or as an Alertmanager would to its receivers.

Source: RFC 2104 (HMAC), https://prometheus.io/docs/alerting/latest/configuration/#webhook_config (payload version 4).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

from bt_console.channels._incident import Subject, stamp, subject_of
from bt_console.channels._post import DoorParams, knock, opened, post
from bt_console.channels._text import octets_of
from bt_console.channels.api import ChannelContext, ChannelKind, Letter, Sent
from bt_console.model.oncall import ChannelPath
from probes.secret import Secret

SIGNATURE_HEADER = "X-BT-Console-Signature"
ID_HEADER = "X-BT-Console-Delivery"
SCHEMA = "bt-console/notice/1"
FORMATS = ("bt", "alertmanager")
_NO_TIME = "0001-01-01T00:00:00Z"
"""How Alertmanager writes that an alert has not ended."""
_ADDRESS_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookParams:
    """Where to post, in which form, and as whom."""

    url: str = ""
    secret_url: Secret | None = None
    """Instead of url, where whoever knows the address may post."""
    format: str = "bt"
    """`bt` (docs/json.md) or `alertmanager` (payload version 4)."""
    bearer: Secret | None = None
    """Sent as `Authorization: Bearer`."""
    hmac_key: Secret | None = None
    """Signs the body: `X-BT-Console-Signature: sha256=<hex>`."""
    headers: tuple[str, ...] = ()
    """More header fields as `Name: value`; nothing secret."""

    def __post_init__(self) -> None:
        _door(self).check("webhook")
        if self.format not in FORMATS:
            raise ValueError(f"format is {self.format!r}: write {' or '.join(FORMATS)}")


def _door(params: WebhookParams) -> DoorParams:
    return DoorParams(
        url=params.url,
        secret_url=params.secret_url,
        bearer=params.bearer,
        headers=params.headers,
        key=params.hmac_key,
    )


async def send(params: WebhookParams, address: str, letter: Letter, ctx: ChannelContext) -> Sent:
    """Post one notice; its id travels in a header too, so that a repeated one can be told."""
    door = opened(_door(params))
    if isinstance(door, Sent):
        return door
    is_ours = params.format == "bt"
    body = octets_of(own_document(letter, address) if is_ours else alertmanager_document(letter))
    headers = {ID_HEADER: letter.id}
    if door.key:
        headers[SIGNATURE_HEADER] = signature(door.key, body)
    return await post(door, body, headers, ctx)


def signature(key: str, body: bytes) -> str:
    """Return what the receiver compares with its own computation over the body it got."""
    return f"sha256={hmac.new(key.encode(), body, hashlib.sha256).hexdigest()}"


def own_document(letter: Letter, address: str) -> dict[str, Any]:
    """Return our own form. The code to acknowledge belongs to one person and is in no text of it."""
    return {
        **letter.document,
        "schema": SCHEMA,
        "id": letter.id,
        "kind": letter.kind.value,
        "at": stamp(letter.at),
        "severity": letter.severity.value if letter.severity else None,
        "to": address,
        "title": codeless(letter, letter.title),
        "body": codeless(letter, letter.body),
    }


def codeless(letter: Letter, text: str) -> str:
    """Return a text of the letter without its code: many may read where it is posted."""
    return text.replace(letter.code, "*" * len(letter.code)) if letter.code else text


def alertmanager_document(letter: Letter) -> dict[str, Any]:
    """Return what receivers of Alertmanager's webhooks understand: one group with one alert."""
    subject = subject_of(letter)
    annotations = {"summary": codeless(letter, letter.title), "description": codeless(letter, letter.body)}
    status = "firing" if subject.ended_at is None else "resolved"
    return {
        "version": "4",
        "groupKey": f'{{}}:{{incident="{subject.id}"}}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "bt-console",
        "groupLabels": {"incident": subject.id},
        "commonLabels": subject.labels,
        "commonAnnotations": annotations,
        "externalURL": "",
        "alerts": [_alert(subject, status, annotations)],
    }


def _alert(subject: Subject, status: str, annotations: dict[str, str]) -> dict[str, Any]:
    return {
        "status": status,
        "labels": subject.labels,
        "annotations": annotations,
        "startsAt": stamp(subject.starts_at),
        "endsAt": stamp(subject.ended_at) if subject.ended_at else _NO_TIME,
        "generatorURL": "",
        "fingerprint": hashlib.sha256(repr(sorted(subject.labels.items())).encode()).hexdigest()[:16],
    }


async def check(params: WebhookParams, ctx: ChannelContext) -> None:
    """Ask for the head of the page: any answer but a refusal or a fault shows that somebody is there."""
    await knock(_door(params), ctx)


def check_address(text: str) -> None:
    """Raises ValueError for what cannot stand as `to` in the document."""
    if not text.isprintable() or len(text) > _ADDRESS_LENGTH:
        raise ValueError(f"an address of a webhook is at most {_ADDRESS_LENGTH} printable characters, or none")


CHANNEL = ChannelKind(
    name="webhook",
    params=WebhookParams,
    send=send,
    path=ChannelPath.INTERNET,
    address_example="operations",
    check_address=check_address,
    params_example={"url": "https://desk.example/hook", "hmac_key": "file:/etc/bt-console/hook.key"},
    check=check,
    is_broadcast=True,
)
