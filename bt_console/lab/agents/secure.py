"""Version 3 of one agent, spoken by pysnmp: authPriv only, SHA-256 and AES-128, read only.

The engine never owns a socket: datagrams are handed to it, and what it wants to say is handed back.
Source: RFC 3414 (user-based security), RFC 3415 (views), RFC 7860 (HMAC-SHA-2), RFC 3826 (AES).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config, engine
from pysnmp.entity.rfc3413 import cmdrsp
from pysnmp.entity.rfc3413.context import SnmpContext
from pysnmp.error import PySnmpError
from pysnmp.proto import rfc1902, rfc1905
from pysnmp.smi.instrum import AbstractMibInstrumController

from bt_console.lab.agents.answers import View
from bt_console.lab.agents.ber import END_OF_VIEW, NO_SUCH_INSTANCE, NO_SUCH_OBJECT
from probes._wire.snmp_ber import (
    COUNTER32,
    COUNTER64,
    GAUGE32,
    INTEGER,
    IP_ADDRESS,
    OCTETS,
    OID,
    TIMETICKS,
    read_integer,
    read_oid,
    read_tlv,
)
from probes._wire.snmp_mouth import Mouth

_USER_MODEL = 3
_NUMBERS: Mapping[int, type[Any]] = {
    INTEGER: rfc1902.Integer32,
    COUNTER32: rfc1902.Counter32,
    GAUGE32: rfc1902.Gauge32,
    TIMETICKS: rfc1902.TimeTicks,
    COUNTER64: rfc1902.Counter64,
}
_MARKS = {
    NO_SUCH_OBJECT: rfc1905.noSuchObject,
    NO_SUCH_INSTANCE: rfc1905.noSuchInstance,
    END_OF_VIEW: rfc1905.endOfMibView,
}


class _Tables(AbstractMibInstrumController):  # type: ignore[misc]  # pysnmp has no types
    """The agent's view, as pysnmp asks for it."""

    def __init__(self, view: Callable[[], View]) -> None:
        self._view = view

    def read_variables(self, *binds: Any, **context: Any) -> list[Any]:
        view = self._view()
        return [(name, _value(view.get(tuple(name)))) for name, _ in self._allowed(binds, context)]

    def read_next_variables(self, *binds: Any, **context: Any) -> list[Any]:
        view = self._view()
        found = [view.next(tuple(name)) for name, _ in self._allowed(binds, context)]
        return [(rfc1902.ObjectName(name), _value(value)) for name, value in found]

    def _allowed(self, binds: tuple[Any, ...], context: dict[str, Any]) -> tuple[Any, ...]:
        """Refuse, by pysnmp's own exception, who asks without the keys."""
        for index, bind in enumerate(binds):
            context["acFun"]("read", bind, **{**context, "idx": index})
        return binds


class SecureResponder:
    """One engine with one user."""

    def __init__(self, user: str, auth_key: str, priv_key: str, view: Callable[[], View]) -> None:
        self._engine = engine.SnmpEngine()
        self._mouth = Mouth()
        self._engine.register_transport_dispatcher(self._mouth)
        config.add_v3_user(
            self._engine,
            user,
            config.USM_AUTH_HMAC192_SHA256,
            auth_key,
            config.USM_PRIV_CFB128_AES,
            priv_key,
        )
        config.add_vacm_user(self._engine, _USER_MODEL, user, "authPriv", readSubTree=(1,))
        context = SnmpContext(self._engine)
        context.unregister_context_name(b"")
        context.register_context_name(b"", _Tables(view))
        for responder in (cmdrsp.GetCommandResponder, cmdrsp.NextCommandResponder, cmdrsp.BulkCommandResponder):
            responder(self._engine, context)

    def answer(self, wire: bytes, asker: tuple[str, int]) -> bytes | None:
        """Return what the engine says to a datagram."""
        self._mouth.said.clear()
        try:
            address = udp.UdpTransportAddress(asker)
            self._engine.message_dispatcher.receive_message(self._engine, udp.DOMAIN_NAME, address, wire)
        except (PySnmpError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
            return None  # what pysnmp and pyasn1 raise for malformed messages is not one family
        return self._mouth.said[-1] if self._mouth.said else None


def _value(written: bytes) -> Any:
    """Return a written value as pysnmp's."""
    if written in _MARKS:
        return _MARKS[written]
    tag, start, end = read_tlv(written, 0)
    if tag in _NUMBERS:
        return _NUMBERS[tag](read_integer(written, 0)[0])
    content = written[start:end]
    if tag == OID:
        return rfc1902.ObjectIdentifier(read_oid(written, start, end))
    kinds = {OCTETS: rfc1902.OctetString, IP_ADDRESS: rfc1902.IpAddress}
    return kinds[tag](content)
