"""Types of single values in the configuration, each with a message that says what to write instead."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from enum import StrEnum
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, PlainValidator, ValidationInfo
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from bt_console.config import quantity
from bt_console.config.errors import did_you_mean
from bt_console.config.quantity import QuantityError, shown
from bt_console.model.health import SAMPLES_KEPT
from bt_console.words import LANGUAGES
from probes._wire.smtp import check_mailbox
from probes.api import clean
from probes.secret import HOW, Secret

NAME_LENGTH_LIMIT = 120
LINE_LENGTH_LIMIT = 1000
"""Of a URL, a path or a text looked for in a page."""
SERVICE_KINDS = ("web", "mail", "signature")
DEVICE_KINDS = ("pc", "printer", "server", "switch")
Loc = tuple[str | int, ...]


def complaint(text: str, hint: str = "") -> PydanticCustomError:
    """Return a validation error with a text and a hint of our own."""
    return PydanticCustomError("config", "{text}", {"text": text, "hint": hint})


def complaints(found: Iterable[tuple[Loc, PydanticCustomError]]) -> ValidationError:
    """Return several validation errors, each at its own place below the value being validated."""
    details = [InitErrorDetails(type=error, loc=loc, input=None) for loc, error in found]
    return ValidationError.from_exception_data("config", details)


def _quantity(value: Any, info: ValidationInfo) -> float | int:
    try:
        return quantity.read(info.field_name or "", value)
    except QuantityError as error:
        raise complaint(str(error), error.hint) from error


def _k_of_n(value: Any) -> tuple[int, int]:
    try:
        return quantity.k_of_n(value, SAMPLES_KEPT)
    except QuantityError as error:
        raise complaint(str(error), error.hint) from error


def _line(value: Any) -> str:
    return _text(value, LINE_LENGTH_LIMIT)


def _text(value: Any, limit: int = NAME_LENGTH_LIMIT) -> str:
    if not isinstance(value, str):
        raise complaint(
            f"must be text, not {shown(value)}", "put it in quotes" if _is_plain(value) else "write some text"
        )
    text = unicodedata.normalize("NFC", value).strip()
    if not text:
        raise complaint("is empty", "write some text")
    if len(text) > limit:
        raise complaint(f"is longer than {limit} characters", "shorten it")
    if clean(text, limit) != text:
        raise complaint("holds control characters", "delete line breaks and invisible characters")
    return text


def _is_plain(value: Any) -> bool:
    return isinstance(value, bool | int | float)


_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def suggested_slug(text: str) -> str:
    """Return the id a name would have: lower case without diacritics, words joined by hyphens."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "-".join(re.findall("[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c))))


def _slug(value: Any) -> str:
    if not isinstance(value, str):
        raise complaint(f"must be text, not {shown(value)}", "put it in quotes")
    if len(value) <= NAME_LENGTH_LIMIT and _SLUG.fullmatch(value):
        return value
    suggestion = suggested_slug(value[:NAME_LENGTH_LIMIT])
    hint = f"write {suggestion}" if suggestion else "use a-z, 0-9 and hyphens"
    raise complaint(f"{shown(value)} is not an id: only a-z, 0-9 and single hyphens between them", hint)


def _address(value: Any) -> IPv4Address | IPv6Address:
    try:
        address = ip_address(value if isinstance(value, str) else "")
    except ValueError as error:
        raise complaint(f"{shown(value)} is not an IP address", "write one such as 10.21.2.1") from error
    if address.is_multicast or address.is_unspecified:
        raise complaint(f"{address} is not the address of one machine", "write one such as 10.21.2.1")
    return address


def _interface(value: Any) -> IPv4Interface | IPv6Interface:
    hint = "write one such as 10.255.2.2 or 10.255.2.2/30"
    try:
        interface = ip_interface(value if isinstance(value, str) else "")
    except ValueError as error:
        raise complaint(f"{shown(value)} is not an IP address", hint) from error
    if interface.ip.is_multicast or interface.ip.is_unspecified:
        raise complaint(f"{interface} is not the address of one machine", hint)
    return interface


def _network(value: Any) -> IPv4Network | IPv6Network:
    text = value if isinstance(value, str) else ""
    try:
        loose = ip_network(text, strict=False)
    except ValueError as error:
        raise complaint(f"{shown(value)} is not a subnet", "write one such as 10.21.2.0/24") from error
    if "/" not in text:
        raise complaint(f"{shown(value)} has no prefix length", f"write for example {text}/24")
    if ip_interface(text).ip != loose.network_address:
        raise complaint(f"{shown(value)} has host bits set", f"the subnet is {loose}")
    return loose


def _one_of(words: Iterable[str]) -> Callable[[Any], str]:
    known = tuple(words)

    def choose(value: Any) -> str:
        if isinstance(value, str) and value in known:
            return value
        close = did_you_mean(str(value), known)
        hint = close if close.startswith("did you mean") else "write one of these words"
        raise complaint(f"{shown(value)} is not one of {', '.join(known)}", hint)

    return choose


def _timezone(value: Any) -> str:
    try:
        return ZoneInfo(value if isinstance(value, str) else "").key
    except (OSError, ValueError, ZoneInfoNotFoundError):
        close = did_you_mean(str(value), available_timezones())
    hint = close if close.startswith("did you mean") else "write one such as Asia/Ho_Chi_Minh; they come with tzdata"
    raise complaint(f"unknown time zone {shown(value)}", hint)


def _url(value: Any) -> str:
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or clean(value, LINE_LENGTH_LIMIT) != value or " " in value:
        raise complaint(f"{shown(value)} is not an http or https URL", "write one such as https://qlvb.example.vn/")
    if parts.username is not None:
        raise complaint("the URL holds a user name or password", "delete it: this file may be read by others")
    return str(value)


def _nameserver(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    host, _, port = text.rpartition(":") if text.count(":") == 1 else (text, "", "53")
    try:
        ip_address(host)
        good = port.isdecimal() and 0 < int(port) < 65536
    except ValueError:
        good = False
    if not good:
        raise complaint(f"{shown(value)} is not a name server", "write its IP address, or address:port")
    return text


def _secret(value: Any) -> Secret:
    # The value is never shown: it may be the very secret somebody wrote here by mistake.
    try:
        return Secret(value if isinstance(value, str) else "")
    except ValueError as error:
        raise complaint("a secret is given by reference, not by value", HOW) from error


def _mail_address(value: Any) -> str:
    text = _text(value)
    try:
        check_mailbox(text)
    except ValueError as error:
        raise complaint(f"{shown(value)} is not a mail address", "write one such as monitor@example.vn") from error
    return text


def choice(enum: type[StrEnum], *, without: Iterable[str] = ()) -> BeforeValidator:
    """Return a validator that turns one of an enum's words into its member."""
    choose = _one_of(member.value for member in enum if member not in set(without))
    return BeforeValidator(lambda value: enum(choose(value)))


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise complaint(f"must be a whole number, not {shown(value)}", "write a number without unit or quotes")
    return value


def between(low: float, high: float, written: tuple[str, str]) -> AfterValidator:
    """Return a validator of a number's range; `written` is the range as people write it."""

    def check(value: float) -> float:
        if low <= value <= high:
            return value
        raise complaint(f"is out of range: {written[0]} to {written[1]} are allowed", "correct the number or its unit")

    return AfterValidator(check)


Quantity = Annotated[float, BeforeValidator(_quantity)]
Whole = Annotated[int, BeforeValidator(_count)]
KOfN = Annotated[tuple[int, int], PlainValidator(_k_of_n)]
Text = Annotated[str, PlainValidator(_text)]
Line = Annotated[str, PlainValidator(_line)]
Slug = Annotated[str, PlainValidator(_slug)]
Address = Annotated[IPv4Address | IPv6Address, PlainValidator(_address)]
Interface = Annotated[IPv4Interface | IPv6Interface, PlainValidator(_interface)]
Network = Annotated[IPv4Network | IPv6Network, PlainValidator(_network)]
Url = Annotated[str, PlainValidator(_url)]
Nameserver = Annotated[str, PlainValidator(_nameserver)]
TimeZone = Annotated[str, PlainValidator(_timezone)]
Language = Annotated[str, PlainValidator(_one_of(LANGUAGES))]
Path = Annotated[str, PlainValidator(_one_of(("tslcd", "internet")))]
SecretReference = Annotated[Secret, PlainValidator(_secret)]
MailAddress = Annotated[str, PlainValidator(_mail_address)]
DeviceKind = Annotated[str, PlainValidator(_one_of(DEVICE_KINDS))]
SnmpVersion = Annotated[str, PlainValidator(_one_of(("1", "2c", "3")))]
ServiceKind = Annotated[str, PlainValidator(_one_of(SERVICE_KINDS))]
