"""The lab's time-stamp authority.

Source: RFC 3161 (2.4.1 request, 2.4.2 response), RFC 5652 (signed data), RFC 5816 (the signer's certificate is named).
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from itertools import count
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pyasn1.codec.ber import encoder as ber
from pyasn1.codec.der import decoder, encoder
from pyasn1.error import PyAsn1Error
from pyasn1.type import univ
from pyasn1_modules import rfc3161, rfc5035, rfc5280, rfc5652

_BROKEN = (PyAsn1Error, ValueError, TypeError, LookupError, OverflowError, RecursionError)
_SHA256 = "2.16.840.1.101.3.4.2.1"
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE_2 = "1.2.840.113549.1.9.16.2.47"
_POLICY = "1.3.6.1.4.1.32473.1.1"
"""Of the enterprise number for documentation (RFC 5612)."""
_IMPRINT_OCTETS = {
    _SHA256: 32,
    "2.16.840.1.101.3.4.2.2": 48,
    "2.16.840.1.101.3.4.2.3": 64,
}
_GRANTED, _REJECTED = 0, 2
_BAD_ALGORITHM, _BAD_REQUEST, _BAD_FORMAT = 0, 2, 5


class StampAuthority:
    """Stamps hashes with the instant it is told."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = certificate
        self._serials = count(1)

    def respond(self, wire: bytes, now: datetime) -> bytes:
        """Return the response to one request."""
        try:
            request, rest = decoder.decode(wire, asn1Spec=rfc3161.TimeStampReq())
            imprint = bytes(request["messageImprint"]["hashedMessage"])
            wanted = _IMPRINT_OCTETS.get(str(request["messageImprint"]["hashAlgorithm"]["algorithm"]))
        except _BROKEN:
            return _rejection(_BAD_FORMAT)
        if rest or len(imprint) != (wanted or len(imprint)):
            return _rejection(_BAD_FORMAT if rest else _BAD_REQUEST)
        if wanted is None:
            return _rejection(_BAD_ALGORITHM)
        return self._grant(request, now)

    def _grant(self, request: Any, now: datetime) -> bytes:
        # pyasn1's DER drops every zero of a fraction of a second and refuses six digits; its BER is the same otherwise.
        content = bytes(ber.encode(self._info(request, now)))
        response = rfc3161.TimeStampResp()
        response["status"]["status"] = _GRANTED
        response["timeStampToken"]["contentType"] = _SIGNED_DATA
        response["timeStampToken"]["content"] = encoder.encode(self._signed(content, wants=bool(request["certReq"])))
        return bytes(encoder.encode(response))

    def _info(self, request: Any, now: datetime) -> Any:
        info = rfc3161.TSTInfo()
        info["version"] = 1
        info["policy"] = _POLICY
        info["messageImprint"] = request["messageImprint"]
        info["serialNumber"] = next(self._serials)
        info["genTime"] = now.strftime("%Y%m%d%H%M%S.%f").rstrip("0").rstrip(".") + "Z"
        info["accuracy"]["millis"] = 10
        if request["nonce"].isValue:
            info["nonce"] = int(request["nonce"])
        return info

    def _signed(self, content: bytes, *, wants: bool) -> Any:
        signed = rfc5652.SignedData()
        signed["version"] = 3
        signed["digestAlgorithms"][0]["algorithm"] = _SHA256
        signed["encapContentInfo"]["eContentType"] = _TST_INFO
        signed["encapContentInfo"]["eContent"] = content
        if wants:
            certificate, _ = decoder.decode(self._der(), asn1Spec=rfc5280.Certificate())
            signed["certificates"][0]["certificate"] = certificate
        signed["signerInfos"][0] = self._signer(content)
        return signed

    def _signer(self, content: bytes) -> Any:
        info = rfc5652.SignerInfo()
        info["version"] = 1
        certificate, _ = decoder.decode(self._der(), asn1Spec=rfc5280.Certificate())
        info["sid"]["issuerAndSerialNumber"]["issuer"] = certificate["tbsCertificate"]["issuer"]
        info["sid"]["issuerAndSerialNumber"]["serialNumber"] = self._certificate.serial_number
        info["digestAlgorithm"]["algorithm"] = _SHA256
        attributes = self._attributes(content)
        # Signed is the SET itself, not the [0] it is sent as (RFC 5652 section 5.4).
        signature = self._key.sign(bytes(encoder.encode(attributes)), ec.ECDSA(hashes.SHA256()))
        info["signedAttrs"].extend(list(attributes))
        info["signatureAlgorithm"]["algorithm"] = _ECDSA_SHA256
        info["signature"] = signature
        return info

    def _attributes(self, content: bytes) -> Any:
        identified = rfc5035.SigningCertificateV2()
        identified["certs"][0]["certHash"] = hashlib.sha256(self._der()).digest()
        values = {
            _CONTENT_TYPE: univ.ObjectIdentifier(_TST_INFO),
            _MESSAGE_DIGEST: univ.OctetString(hashlib.sha256(content).digest()),
            _SIGNING_CERTIFICATE_2: identified,
        }
        attributes = rfc5652.SignedAttributes()
        for index, (name, value) in enumerate(values.items()):
            attributes[index]["attrType"] = name
            attributes[index]["attrValues"][0] = encoder.encode(value)
        return attributes

    def _der(self) -> bytes:
        return self._certificate.public_bytes(Encoding.DER)


def _rejection(fault: int) -> bytes:
    response = rfc3161.TimeStampResp()
    response["status"]["status"] = _REJECTED
    response["status"]["failInfo"] = tuple(int(bit == fault) for bit in range(fault + 1))
    return bytes(encoder.encode(response))
