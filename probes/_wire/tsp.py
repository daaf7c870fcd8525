"""What is asked of a time-stamp authority, and what it answers. Pure.

Read as BER: openssl itself does not sort the certificates of an answer as DER demands, and strict parsers refuse it.

Source: RFC 3161 (2.4.1 request, 2.4.2 response), RFC 5652 (the signed data around it), RFC 5816.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pyasn1.codec.ber import decoder
from pyasn1.codec.der import encoder
from pyasn1.error import PyAsn1Error
from pyasn1.type import namedtype, univ
from pyasn1_modules import rfc3161, rfc5652

from probes.api import FailureKind, ProbeFailure, clean

ASN1_ERRORS = (PyAsn1Error, ValueError, TypeError, LookupError, OverflowError, RecursionError)
"""What pyasn1 0.6 raises over damaged octets."""
SHA256 = "2.16.840.1.101.3.4.2.1"
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_GEN_TIME = re.compile(r"([0-9]{14})(?:[.,]([0-9]{1,9}))?Z")
_GRANTED = (0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStamp:
    """What an authority vouches for, and the signed octets that say so."""

    policy: str
    hash_oid: str
    imprint: bytes
    serial: int
    gen_time: datetime
    resolution_s: float
    """What the digits of gen_time can tell apart."""
    accuracy_s: float
    """0 when the authority does not say."""
    nonce: int | None
    content: bytes
    """TSTInfo as signed."""
    signed: Any
    """The SignedData."""
    token: bytes
    """The same as it came, for what must not be encoded anew."""


class _Response(univ.Sequence):  # type: ignore[misc]
    """TimeStampResp whose token stays octets."""

    componentType = namedtype.NamedTypes(  # noqa: N815 - pyasn1's name
        namedtype.NamedType("status", rfc3161.PKIStatusInfo()),
        namedtype.OptionalNamedType("timeStampToken", univ.Any()),
    )


def make_request(imprint: bytes, nonce: int) -> bytes:
    """Return the question for a time stamp over a SHA-256 hash, with the authority's certificate wanted."""
    request = rfc3161.TimeStampReq()
    request["version"] = 1
    request["messageImprint"]["hashAlgorithm"]["algorithm"] = SHA256
    request["messageImprint"]["hashAlgorithm"]["parameters"] = encoder.encode(univ.Null(""))
    request["messageImprint"]["hashedMessage"] = imprint
    request["nonce"] = nonce
    request["certReq"] = True
    return bytes(encoder.encode(request))


def read_response(data: bytes) -> TimeStamp:
    """Raises ProbeFailure PROTOCOL for what is no time stamp and for a refusal."""
    try:
        response = _decode(data, _Response())
        _judge_status(response["status"])
        if not response["timeStampToken"].isValue:
            raise ValueError("it grants a stamp and holds none")
        return _read_token(bytes(response["timeStampToken"]))
    except ASN1_ERRORS as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ProbeFailure(FailureKind.PROTOCOL, f"the answer is no time stamp: {reason}") from error


def _decode(data: bytes, spec: Any) -> Any:
    value, rest = decoder.decode(data, asn1Spec=spec)
    if rest:
        raise ValueError(f"{len(rest)} octets too many")
    return value


def _judge_status(info: Any) -> None:
    status = int(info["status"])
    if status in _GRANTED:
        return
    names = {int(number): name for name, number in info["status"].namedValues.items()}
    words = [names.get(status, str(status))]
    if info["failInfo"].isValue:
        bits = {int(bit): name for name, bit in info["failInfo"].namedValues.items()}
        words += [bits.get(place, str(place)) for place, bit in enumerate(info["failInfo"]) if bit]
    if info["statusString"].isValue:
        words += [str(text) for text in info["statusString"]]
    raise ProbeFailure(FailureKind.PROTOCOL, f"the authority gives no time stamp: {clean(', '.join(words))}")


def _read_token(token: bytes) -> TimeStamp:
    outer = _decode(token, rfc5652.ContentInfo())
    if str(outer["contentType"]) != _SIGNED_DATA:
        raise ValueError("it holds no signed data")
    signed = _decode(bytes(outer["content"]), rfc5652.SignedData())
    if str(signed["encapContentInfo"]["eContentType"]) != _TST_INFO:
        raise ValueError("what is signed is no time stamp")
    content = bytes(signed["encapContentInfo"]["eContent"])
    info = _decode(content, rfc3161.TSTInfo())
    gen_time, resolution_s = parse_gen_time(str(info["genTime"]))
    return TimeStamp(
        policy=str(info["policy"]),
        hash_oid=str(info["messageImprint"]["hashAlgorithm"]["algorithm"]),
        imprint=bytes(info["messageImprint"]["hashedMessage"]),
        serial=int(info["serialNumber"]),
        gen_time=gen_time,
        resolution_s=resolution_s,
        accuracy_s=_accuracy_s(info["accuracy"]),
        nonce=int(info["nonce"]) if info["nonce"].isValue else None,
        content=content,
        signed=signed,
        token=token,
    )


def parse_gen_time(text: str) -> tuple[datetime, float]:
    """Return a GeneralizedTime and what its digits can tell apart. Raises ValueError."""
    match = _GEN_TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"{clean(text, 40)!r} is no time")
    digits = match[2] or ""
    whole = datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return whole.replace(microsecond=int(digits.ljust(6, "0")[:6])), 10.0 ** -len(digits)


def _accuracy_s(accuracy: Any) -> float:
    if not accuracy.isValue:
        return 0.0
    parts = (("seconds", 1.0), ("millis", 1e-3), ("micros", 1e-6))
    return sum(int(accuracy[name]) * unit for name, unit in parts if accuracy[name].isValue)
