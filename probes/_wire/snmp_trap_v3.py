"""Opens version 3 notifications with pysnmp: one engine for each credential, since its users of one name get mixed.

The engine never owns a socket: datagrams are handed to it, and what it wants to say is handed back.
Source: RFC 3414 (whoever sends a trap is authoritative, so its engine id is part of the key; for an inform we are).
"""

from __future__ import annotations

from typing import Any

from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config, engine
from pysnmp.entity.rfc3413 import ntfrcv
from pysnmp.error import PySnmpError
from pysnmp.proto import rfc1902

from probes._wire.snmp_mouth import Mouth
from probes._wire.snmp_params import Credential
from probes._wire.snmp_socket import MasterKeys
from probes._wire.snmp_trap_message import Trap, kind_name
from probes._wire.snmp_v3_message import SecureHeader

ENGINES_MAX = 512
"""Devices heard with one credential. Each costs pysnmp 7.1.30 twenty milliseconds once, and a second to forget."""

_AUTH = {
    "MD5": config.USM_AUTH_HMAC96_MD5,
    "SHA": config.USM_AUTH_HMAC96_SHA,
    "SHA-224": config.USM_AUTH_HMAC128_SHA224,
    "SHA-256": config.USM_AUTH_HMAC192_SHA256,
    "SHA-384": config.USM_AUTH_HMAC256_SHA384,
    "SHA-512": config.USM_AUTH_HMAC384_SHA512,
}
_PRIV = {
    "DES": config.USM_PRIV_CBC56_DES,
    "AES": config.USM_PRIV_CFB128_AES,
    "AES-192": config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES-256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
    "AES-192-C": config.USM_PRIV_CFB192_AES,
    "AES-256-C": config.USM_PRIV_CFB256_AES,
}
_TRAP_OID = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
_IF_INDEX = (1, 3, 6, 1, 2, 1, 2, 2, 1, 1)
_IF_DESCR = (1, 3, 6, 1, 2, 1, 2, 2, 1, 2)
_IF_NAME = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1)


class SecureReader:
    """Opens the notifications of one credential. Making one takes a fifth of a second: do it in a thread."""

    def __init__(self, credential: Credential, keys: MasterKeys) -> None:
        self._credential = credential
        self._user = credential.user.encode()
        auth, priv = credential.auth_protocol, credential.priv_protocol
        self._keys: dict[str, Any] = {}
        if auth:
            self._keys |= {"authProtocol": _AUTH[auth], "authKey": keys.get(auth, credential.auth_key)}
            self._keys["authKeyType"] = config.USM_KEY_TYPE_MASTER
        if priv:
            self._keys |= {"privProtocol": _PRIV[priv], "privKey": keys.get(auth, credential.priv_key)}
            self._keys["privKeyType"] = config.USM_KEY_TYPE_MASTER
        self._known: set[bytes] = set()
        self._master_keys = keys
        self._heard: list[Any] = []
        self._mouth = Mouth()
        self._engine = engine.SnmpEngine()
        self._engine.register_transport_dispatcher(self._mouth)
        config.add_v3_user(self._engine, credential.user, **self._keys)
        ntfrcv.NotificationReceiver(self._engine, self._note)
        self._own_id = bytes(self._engine.snmpEngineID)

    def _note(self, _engine: Any, _reference: Any, _id: Any, _name: Any, binds: Any, _context: Any) -> None:
        self._heard.append(binds)

    def is_for(self, header: SecureHeader) -> bool:
        """Tell whether the message claims to come from this user, at a level not below what the credential asks for.

        A message without a user asks for our engine id, as informs need it.
        """
        if not header.user and not header.engine_id:
            return True
        is_strong = header.is_authenticated >= bool(self._credential.auth_key)
        return header.user == self._user and is_strong and header.is_private >= bool(self._credential.priv_key)

    def read(self, wire: bytes, header: SecureHeader, sender: tuple[str, int]) -> tuple[Trap | None, list[bytes]]:
        """Return the notification, None when the message is none that these keys open, and what to send back."""
        if header.engine_id not in (b"", self._own_id) and not self._knows(wire, header):
            return None, []
        self._heard.clear()
        self._mouth.said.clear()
        try:
            address = udp.UdpTransportAddress(sender)
            self._engine.message_dispatcher.receive_message(self._engine, udp.DOMAIN_NAME, address, wire)
            found = _trap(self._heard[0]) if self._heard else None
        except (PySnmpError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
            # What pysnmp 7.1.30 and pyasn1 raise for malformed messages is not one family.
            return None, []
        return found, list(self._mouth.said)

    def _knows(self, wire: bytes, header: SecureHeader) -> bool:
        """Tell whether pysnmp has the keys of this engine; it learns them, slowly, from a genuine message only."""
        engine_id = header.engine_id
        if engine_id in self._known:
            return True
        if len(self._known) >= ENGINES_MAX:
            return False
        verifier = self._master_keys.verifier(self._credential, engine_id)
        if verifier is not None and not verifier.is_genuine(wire, header):
            return False
        self._known.add(engine_id)
        their_id = rfc1902.OctetString(engine_id)
        config.add_v3_user(self._engine, self._credential.user, securityEngineId=their_id, **self._keys)
        return True

    def close(self) -> None:
        self._engine.unregister_transport_dispatcher()


def _trap(binds: Any) -> Trap:
    kind, index, descr, name = "", b"", b"", b""
    for bind_name, value in binds:
        oid = tuple(bind_name)
        if oid == _TRAP_OID:
            kind = kind_name(".".join(map(str, tuple(value))))
        elif oid[: len(_IF_INDEX)] == _IF_INDEX:
            index = b"%d" % int(value)
        elif oid[: len(_IF_DESCR)] == _IF_DESCR:
            descr = bytes(value)
        elif oid[: len(_IF_NAME)] == _IF_NAME:
            name = bytes(value)
    if not kind:
        raise ValueError("a notification that does not say which")
    return Trap("3", kind, (name or descr or index)[:120], b"")
