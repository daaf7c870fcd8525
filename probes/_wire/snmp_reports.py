"""What an agent says instead of an answer, in clear words: the error status of a message and the reason of a Report.

Source: RFC 3416 (3, error-status), RFC 3414 (5, usmStats), RFC 3412 (snmpUnknownPDUHandlers).
"""

from __future__ import annotations

from probes._wire.snmp_ber import BadMessage, read_integer, read_sequence, read_tlv
from probes.api import FailureKind, ProbeFailure

_NO_SUCH_NAME = 2
"""How version 1 says that a table has ended."""
_FORBIDDEN = "its access list forbids this"
_STATUS = {
    1: "tooBig: the answer does not fit into one datagram",
    2: "noSuchName",
    5: "genErr: it failed to read its own values",
    6: f"noAccess: {_FORBIDDEN}",
    13: "resourceUnavailable",
    16: f"authorizationError: {_FORBIDDEN}",
}
_USM_STATS = b"\x2b\x06\x01\x06\x03\x0f\x01\x01"
_REASONS = {
    1: "it does not offer this security level: version 3 with these keys is switched off for this user",
    2: "the request came outside its time window: the agent restarted or its clock is not kept",
    3: "it does not know this user",
    4: "it does not know the engine that was addressed: the agent was replaced or restarted",
    5: "wrong digest: the authentication key or its protocol is wrong",
    6: "it cannot decrypt the request: the privacy key or its protocol is wrong",
}
TRANSIENT = frozenset({2, 4})
SILENCE = (
    "a wrong community, an access list, version {version} switched off, a firewall and a dead agent all look like this"
)
SILENCE_V3 = "a wrong privacy key, version 3 switched off, a firewall and a dead agent all look like this"


def silence(version: str) -> str:
    """Return what silence can mean: SNMP does not tell wrong credentials from nobody there."""
    return SILENCE_V3 if version == "3" else SILENCE.format(version=version)


def error_status(message: bytes) -> str:
    """Return the error status of a version 1 or 2c answer in words, "" when there is none or it cannot be seen."""
    try:
        outer = read_sequence(message, 0)
        version, position = read_integer(message, outer.start)
        if version > 1:
            return ""
        community = read_tlv(message, position)
        pdu = read_tlv(message, community.end)
        _, position = read_integer(message, pdu.start)
        status, _ = read_integer(message, position)
    except BadMessage:
        return ""
    if not status or (version == 0 and status == _NO_SUCH_NAME):
        return ""
    return _STATUS.get(status, f"error status {status}")


def report_reason(message: bytes) -> int:
    """Return which counter of usmStats a Report names, 0 for none."""
    place = message.find(_USM_STATS)
    return message[place + len(_USM_STATS)] if 0 <= place < len(message) - len(_USM_STATS) else 0


def refusal(message: bytes) -> ProbeFailure:
    """Return why the agent refused whoever asked."""
    reason = report_reason(message)
    kind = FailureKind.PROTOCOL if reason in TRANSIENT else FailureKind.PROHIBITED
    words = (
        _REASONS.get(reason)
        or error_status(message)
        or "its access list forbids this user, or this user at this security level"
    )
    return ProbeFailure(kind, f"the SNMP agent refused: {words}")
