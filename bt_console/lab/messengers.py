"""Ways to tell people that the lab answers: a bot's web server, boxes for mail, the spool of an SMS gateway. Plain.

Source: the section `oncall` of the configuration. Only bots at an address are simulated: a name would be somebody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import AddressValueError, IPv4Address
from typing import Any
from urllib.parse import urlsplit

from bt_console.lab.plan import BUILDING, INTERNET_CENTRE, TSLCD_CENTRE, Person, Port, Service
from bt_console.model.oncall import Channel, ChannelPath, OnCall
from probes._wire.address import parse_endpoint

BOT = "bot"
"""Sort of the service behind a bot's channel."""
_CENTRES = {ChannelPath.INTERNET: INTERNET_CENTRE, ChannelPath.TSLCD: TSLCD_CENTRE}
_USUAL_PORTS = {"http": 80, "https": 443}
_SUBMISSION = 587


def with_messengers(services: Sequence[Service], oncall: OnCall) -> tuple[Service, ...]:
    """Return the services with the boxes of people at those that take their mail, and the bots."""
    bots = (bot for channel in oncall.channels.values() for bot in _bot(channel))
    return (*(_with_boxes(service, oncall) for service in services), *bots)


def spools_of(oncall: OnCall) -> tuple[tuple[str, str], ...]:
    """Return each channel to a modem and the folder, as configured, where letters for it are put."""
    found = (channel for channel in oncall.channels.values() if channel.kind == "smstools" and channel.params)
    return tuple((channel.id, channel.params.spool) for channel in found)


def people_of(oncall: OnCall) -> tuple[Person, ...]:
    """Return who is reached where."""
    return tuple(
        Person(channel=channel, address=address, contact=contact.id, name=contact.name)
        for contact in oncall.contacts.values()
        for channel, address in contact.addresses.items()
    )


def _bot(channel: Channel) -> Iterator[Service]:
    url = urlsplit(channel.params.url) if channel.kind == "zalo_bot" and channel.params else urlsplit("")
    if url.scheme not in _USUAL_PORTS or not _is_address(url.hostname or ""):
        return
    yield Service(
        id=f"channel/{channel.id}",
        name=channel.id,
        sort=BOT,
        host="",
        address=url.hostname or "",
        space=_CENTRES.get(channel.path, BUILDING),
        ports=(Port(kind=url.scheme, number=url.port or _USUAL_PORTS[url.scheme]),),
        credential=_credential(channel.params.token),
        channel=channel.id,
    )


def _with_boxes(service: Service, oncall: OnCall) -> Service:
    for channel in oncall.channels.values():
        if service.sort != "mail" or channel.kind != "smtp" or not channel.params:
            continue
        server = parse_endpoint(channel.params.server, _SUBMISSION)
        if server.host in (service.address, service.host):
            return _taking(service, channel, server.port, oncall)
    return service


def _taking(service: Service, channel: Channel, number: int, oncall: OnCall) -> Service:
    people = (person.address for person in people_of(oncall) if person.channel == channel.id)
    is_open = any(port.number == number for port in service.ports)
    credential, user = _credential(channel.params.password), channel.params.user
    own = {"mailbox": channel.params.sender, "user": user, "credential": credential} if credential else {}
    account = {} if service.mailbox else own
    return replace(
        service,
        ports=service.ports if is_open else (*service.ports, Port(kind="smtp", number=number)),
        channel=channel.id,
        recipients=tuple(dict.fromkeys(people)),
        **account,
    )


def _credential(secret: Any) -> str:
    """Return the name of a secret that is given as a credential."""
    kind, _, name = secret.reference.partition(":") if secret else ("", "", "")
    return name if kind == "credential" else ""


def _is_address(host: str) -> bool:
    try:
        IPv4Address(host)
    except AddressValueError:
        return False
    return True
