"""The process all services live in: `python -m bt_console.lab.services.process`, told by its parent what to serve."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bt_console.lab.child_side import ParentLine
from bt_console.lab.messengers import BOT
from bt_console.lab.plan import Port, Service
from bt_console.lab.services import clock, exposed, imap, mail, names, revocation, web
from bt_console.lab.services.certificates import CRL_PATH, OCSP_PATH, TSA_PATH, Authority, serial_of, server_context
from bt_console.lab.services.doors import Door, Doors
from bt_console.lab.services.mailbox import Mailbox
from bt_console.lab.services.postroom import Postroom
from bt_console.lab.services.stamps import StampAuthority
from bt_console.lab.world import ServiceState
from bt_console.words import message

_WITHOUT_CERTIFICATE = ("dns", "router", "exposed")


_HTTP = 80


class Router(asyncio.Protocol):
    """Stands for a router that answers: it takes a connection and says nothing."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hang up at once."""
        transport.close()


class Street:
    """All services with their doors, and the state each is in."""

    def __init__(self, order: Mapping[str, Any], now: datetime) -> None:
        self._directory = Path(order["directory"])
        self._spaces: Mapping[str, int] = order["spaces"]
        self._services = [_service(fields) for fields in order["services"]]
        self._authority = Authority(now, _status_url(self._services))
        self._stamps = StampAuthority(*self._authority.issue_stamper())
        self._states = {service.id: ServiceState() for service in self._services}
        hosts = {s.host: s.address for s in self._services if s.host}
        mail_host = next((s.host for s in self._services if s.sort == "mail" and s.host), "")
        self._zone = names.Zone(hosts, order.get("wrong_address", names.WRONG_ADDRESS), mail_host)
        self._secrets = Path(order["secrets"])
        self._mailboxes = {s.id: self._mailbox(s) for s in self._services if s.mailbox}
        self.postroom = Postroom(order["spools"])
        self._write(Path(order["trust_file"]), self._authority.pem())
        self._chains = {s.id: self._issue(s) for s in self._services if s.sort not in _WITHOUT_CERTIFICATE}
        self._serials = {name: serial_of(chains[0].read_bytes()) for name, chains in self._chains.items()}
        self._contexts = {name: server_context(chains[0]) for name, chains in self._chains.items()}
        self._doors = Doors([door for service in self._services for door in self._doors_of(service)])

    async def change(self, states: Mapping[str, ServiceState]) -> None:
        """Put every service into a state; returns when new connections meet it."""
        for name, state in states.items():
            if name in self._chains and state.is_certificate_expired != self._states[name].is_certificate_expired:
                self._contexts[name].load_cert_chain(self._chains[name][state.is_certificate_expired])
        self._states.update(states)
        await self._doors.arrange(lambda door: self._states[door.service].is_closed(door.kind))

    def _issue(self, service: Service) -> tuple[Path, Path]:
        """Return files with a good and an expired chain."""
        good, expired = (self._directory / f"{service.id.replace('/', '-')}-{word}.pem" for word in ("good", "expired"))
        self._write(good, self._authority.issue(service.host, service.address))
        self._write(expired, self._authority.issue(service.host, service.address, is_expired=True))
        return good, expired

    def _mailbox(self, service: Service) -> Mailbox:
        """Return a new account; the monitor finds its password where a credential of that name is."""
        password = secrets.token_urlsafe(18)
        self._write(self._secrets / service.credential, password.encode())
        return Mailbox(address=service.mailbox, user=service.user, password=password)

    def _bot(self, service: Service) -> Callable[[], asyncio.BaseProtocol]:
        """Return the chat service's side of a bot with a new token, which the monitor finds as a credential."""
        token = secrets.token_urlsafe(18)
        self._write(self._secrets / (service.credential or "unused-token"), token.encode())
        return self.postroom.bot(service, token).server()

    def _signing_documents(self, service: Service) -> dict[str, web.Document]:
        """Return what a signature service says about certificates and times."""

        def now() -> datetime:
            return datetime.now(UTC).replace(microsecond=0)

        def stamp(wire: bytes) -> tuple[bytes, str]:
            shown = datetime.now(UTC) + timedelta(seconds=self._states[service.id].clock_offset_s)
            return self._stamps.respond(wire, shown), "application/timestamp-reply"

        def status(wire: bytes) -> tuple[bytes, str]:
            return revocation.respond(self._authority, wire, self._revoked(), now()), "application/ocsp-response"

        def revoked(_: bytes) -> tuple[bytes, str]:
            return revocation.revocation_list(self._authority, self._revoked(), now()), "application/pkix-crl"

        return {OCSP_PATH: status, CRL_PATH: revoked, TSA_PATH: stamp}

    def _revoked(self) -> list[int]:
        return [serial for name, serial in self._serials.items() if self._states[name].is_certificate_revoked]

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)

    def _doors_of(self, service: Service) -> list[Door]:
        return [door for port in service.ports for door in self._doors_at(service, port)]

    def _doors_at(self, service: Service, port: Port) -> list[Door]:
        def door(factory: Callable[[], asyncio.BaseProtocol], *, is_tls: bool = False, is_udp: bool = False) -> Door:
            return Door(
                service=service.id,
                kind=port.kind,
                space_fd=self._spaces.get(service.space),
                address=service.address,
                number=port.number,
                factory=factory,
                context=self._contexts[service.id] if is_tls else None,
                is_datagram=is_udp,
            )

        def state() -> ServiceState:
            return self._states[service.id]

        mailbox = self._mailboxes.get(service.id)
        match port.kind:
            case "http" | "https" if service.sort == BOT:
                return [door(self._bot(service), is_tls=port.kind == "https")]
            case "http" | "https":
                documents = self._signing_documents(service) if service.sort == "signature" else None
                return [door(web.web_server(service, state, documents), is_tls=port.kind == "https")]
            case "smtp":
                boxes = self.postroom.boxes(service)
                return [door(mail.smtp_factory(service.host, self._contexts[service.id], mailbox, state, boxes))]
            case "imap" | "imaps":
                is_tls = port.kind == "imaps"
                return [door(imap.imap_factory(mailbox, state, is_secure=is_tls), is_tls=is_tls)]
            case "dns":
                udp = door(lambda: names.UdpNames(self._zone, state), is_udp=True)
                return [udp, door(names.tcp_factory(self._zone, state))]
            case "ntp":
                return [door(lambda: clock.UdpClock(state), is_udp=True)]
        return [door(_SIMPLE[port.kind])]


_SIMPLE: Mapping[str, Callable[[], asyncio.BaseProtocol]] = {
    "router": Router,
    "telnet": exposed.telnet_session,
    "smb": exposed.smb_session,
}


def _status_url(services: list[Service]) -> str:
    """Return the URL of the signature service, whose certificates' status is looked up below it."""
    for service in services:
        for port in service.ports:
            if service.sort == "signature" and port.kind == "http" and service.host:
                return f"http://{service.host}" + (f":{port.number}" if port.number != _HTTP else "")
    return ""


def _service(fields: dict[str, Any]) -> Service:
    ports = tuple(Port(**port) for port in fields.pop("ports"))
    lists = {name: tuple(fields[name]) for name in ("texts", "recipients")}
    return Service(**{**fields, **lists, "ports": ports})


async def serve(parent: ParentLine) -> None:
    """Carry out the parent's orders until it is gone."""
    async with asyncio.TaskGroup() as tasks:
        street = await _obey(parent, tasks)
        if street is not None:
            street.postroom.stop()


async def _obey(parent: ParentLine, tasks: asyncio.TaskGroup) -> Street | None:
    """Return what was opened, when the parent is gone."""
    loop = asyncio.get_running_loop()
    street: Street | None = None
    while True:
        await _readable(loop, parent.fileno())
        order = parent.read()
        if order is None:
            return street
        try:
            if "open" in order:
                street = Street(order["open"], datetime.now(UTC))
                street.postroom.start(tasks)
            parent.answer(await _done(street, order) if street else {})
        except OSError as error:
            parent.answer({"error": message("lab.cannot_serve", why=error)})


async def _done(street: Street, order: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out an order and return the answer."""
    if "letters" in order:
        return {"letters": street.postroom.after(order["letters"])}
    if "reply" in order:
        street.postroom.hear(order["reply"])
        return {}
    states = order.get("change", {})
    await street.change({name: ServiceState(**state) for name, state in states.items()})
    return {}


async def _readable(loop: asyncio.AbstractEventLoop, fd: int) -> None:
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(fd, _settle, ready)
    try:
        await ready
    finally:
        loop.remove_reader(fd)


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


if __name__ == "__main__":
    asyncio.run(serve(ParentLine("bt-lab-services")))
