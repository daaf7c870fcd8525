"""The shape of the configuration file: frozen, no unknown keys, units in names or values."""

from __future__ import annotations

from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from bt_console.config.check_spec import Checks, Spec, role_checks
from bt_console.config.oncall_schema import OnCallSpec
from bt_console.config.values import (
    DEVICE_KINDS,
    SERVICE_KINDS,
    Address,
    DeviceKind,
    Interface,
    Language,
    Line,
    Loc,
    MailAddress,
    Nameserver,
    Network,
    Path,
    Quantity,
    SecretReference,
    ServiceKind,
    Slug,
    SnmpVersion,
    Text,
    TimeZone,
    Url,
    Whole,
    between,
    choice,
    complaint,
    complaints,
)
from bt_console.model.inventory import DEVICES_MISSING_AFTER_S, UnitKind

UNIT_ROLES = ("lan", "internet", "tslcd", "device", *DEVICE_KINDS)
"""A device has the role `device`, and that of its kind over it."""
ROLES = ("hub", "uplink", "anchor", "core", "dns", *UNIT_ROLES, *SERVICE_KINDS)


class DistrictSpec(Spec):
    """Whose network it is, and how its people read."""

    name: Text
    language: Language = "vi"
    timezone: TimeZone = "Asia/Ho_Chi_Minh"


class StoreSpec(Spec):
    """Where observations are kept, and how long."""

    path: Line | None = None
    keep_observations_s: Annotated[Quantity, between(3600, 3650 * 86400, ("1h", "3650d"))] = 7 * 86400.0


def _version(written: Any) -> Any:
    return str(written) if isinstance(written, int) and not isinstance(written, bool) else written


class ScanningSpec(Spec):
    """What the network's owner approved for probes that scan: nothing beyond it is ever asked."""

    networks: list[Network] = Field(default_factory=list)
    max_per_second: Annotated[int, between(1, 1000, ("1", "1000"))] = 50
    approved_by: Text | None = None
    """Who gave the written permission, and its number and date; shown in audits."""


class SnmpSpec(Spec):
    """How every agent of the district is asked, and where their notifications are heard."""

    version: Annotated[SnmpVersion, BeforeValidator(_version)] = "2c"
    community: SecretReference | None = None
    user: Text | None = None
    auth_protocol: Line | None = None
    auth_key: SecretReference | None = None
    priv_protocol: Line | None = None
    priv_key: SecretReference | None = None
    traps: Line | None = None
    """Address and port to listen at."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = "user" if self.version == "3" and self.user is None else ""
        missing = "community" if self.version != "3" and self.community is None else missing
        if missing:
            raise complaint(f"`{missing}` is missing: version {self.version} needs it", f"add `{missing}:`")
        return self

    def params(self) -> dict[str, Any]:
        """Return what the probes are told."""
        given = {name: getattr(self, name) for name in type(self).model_fields if name != "traps"}
        return {name: value for name, value in given.items() if value is not None}


def _as_address(written: Any) -> Any:
    return {"address": written} if isinstance(written, str | int | float) else written


class LinkSpec(Spec):
    """A unit's router on one of its two lines."""

    address: Interface
    isp: Slug | None = None
    name: Text | None = None


def _or_none(written: Any) -> Any:
    """Return None for the word none; an empty value is more likely a half-written one."""
    if written is None:
        raise complaint("is empty", "fill it in, or write none when there is no such thing")
    return None if written == "none" else written


def _link(written: Any) -> Any:
    return _as_address(_or_none(written))


class UplinkSpec(Spec):
    """The hub's own line: its address on it, and the first router beyond."""

    gateway: Address
    address: Interface | None = None
    isp: Slug | None = None
    name: Text | None = None


class AnchorSpec(Spec):
    """An address on the Internet that nearly always answers."""

    address: Address
    isp: Slug | None = None
    name: Text | None = None


class HubSpec(Spec):
    """The office the monitor stands in."""

    name: Text
    officials: Annotated[Whole, between(0, 100_000, ("0", "100000"))] | None = None
    labels: dict[Slug, Text] = Field(default_factory=dict)
    internet: UplinkSpec
    tslcd: UplinkSpec
    anchors: list[Annotated[AnchorSpec, BeforeValidator(_as_address)]] = Field(default_factory=list)
    time_servers: list[Nameserver] = Field(default_factory=list)
    lan_interface: Line | None = None
    """This machine's interface on the office LAN, for those who listen there."""
    lan_subnet: Network | None = None
    checks: Annotated[dict[str, Checks], role_checks("hub", "uplink", "anchor")] = Field(default_factory=dict)


class CoreSpec(Spec):
    """The core router of the TSLCD."""

    address: Address
    name: Text | None = None
    checks: Checks = Field(default_factory=dict)


class DnsSpec(Spec):
    """The name server the services are found by."""

    address: Address
    port: Annotated[Whole, between(1, 65535, ("1", "65535"))] = 53
    name: Text | None = None
    depends_on: list[Text] | None = None
    checks: Checks = Field(default_factory=dict)


class MailboxSpec(Spec):
    """An account of the monitor's own, whose mail goes out and must come back."""

    address: MailAddress
    user: Text | None = None
    password: SecretReference


class ServiceSpec(Spec):
    """A shared service as its users reach it."""

    name: Text
    kind: ServiceKind = "web"
    path: Path
    url: Url
    address: Address
    """Its IP address: also the answer expected from the name server."""
    mailbox: MailboxSpec | None = None
    ocsp: Url | None = None
    crl: Url | None = None
    tsa: Url | None = None
    certificate_of: Line | None = None
    """host:port of whose certificate the OCSP responder is asked about."""
    expect_text: Line | None = None
    way_of: Slug | None = None
    """The service that this is a second way into, over the other path."""
    depends_on: list[Text] | None = None
    checks: Checks = Field(default_factory=dict)

    @property
    def host(self) -> str:
        """The host name in the URL."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_numeric(self) -> bool:
        """True when the URL holds an address, for which nobody asks a name server."""
        return self.host.replace(":", "").replace(".", "").isdigit() or ":" in self.host

    @property
    def port(self) -> int:
        """The port of the URL."""
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)


class LanSpec(Spec):
    """A unit's LAN as it is reached from the hub."""

    subnet: Network
    gateway: Address
    name: Text | None = None

    @model_validator(mode="after")
    def _gateway_inside(self) -> Self:
        if reason := outside(self.gateway, self.subnet):
            hint = f"correct the gateway or the subnet {self.subnet}"
            raise complaints([(("gateway",), complaint(f"gateway {self.gateway} {reason}", hint))])
        return self


def outside(address: Address, subnet: Network) -> str:
    """Return why an address cannot be a machine's in a subnet, or nothing."""
    if address not in subnet:
        return f"is outside its LAN {subnet}"
    if subnet.version == 4 and subnet.prefixlen < 31 and address in (subnet.network_address, subnet.broadcast_address):
        return f"is not a machine's address in {subnet}: it is the network's own or the broadcast address"
    return ""


class DeviceSpec(Spec):
    """A machine on a LAN that is always on."""

    address: Address
    kind: DeviceKind | None = None
    name: Text | None = None
    depends_on: list[Text] | None = None
    checks: Checks = Field(default_factory=dict)


class UnitSpec(Spec):
    """A commune, town or department."""

    name: Text
    kind: Annotated[UnitKind, choice(UnitKind, without=[UnitKind.HUB])] = UnitKind.COMMUNE
    officials: Annotated[Whole, between(0, 100_000, ("0", "100000"))] | None = None
    isp: Slug | None = None
    lan: Annotated[LanSpec | None, BeforeValidator(_or_none)] = None
    internet: Annotated[LinkSpec | None, BeforeValidator(_link)] = None
    tslcd: Annotated[LinkSpec | None, BeforeValidator(_link)] = None
    devices: dict[Slug, Annotated[DeviceSpec, BeforeValidator(_as_address)]] = Field(default_factory=dict)
    labels: dict[Slug, Text] = Field(default_factory=dict)
    checks: Annotated[dict[str, Checks], role_checks(*UNIT_ROLES)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = ("lan",) if self.kind is UnitKind.DEPARTMENT else ("lan", "internet", "tslcd")
        missing = [name for name in needed if name not in self.model_fields_set]
        found: list[tuple[Loc, PydanticCustomError]] = [
            ((name,), complaint(f"`{name}` is missing", f"add `{name}: {EXAMPLES[name]}`")) for name in missing
        ]
        for slug, device in self.devices.items():
            if self.lan and (reason := outside(device.address, self.lan.subnet)):
                hint = "correct the address, or move the device to its unit"
                error = complaint(f"device {slug} ({device.address}) {reason}", hint)
                found.append((("devices", slug, "address"), error))
        if found:
            raise complaints(found)
        return self


class DefaultsSpec(Spec):
    """Checks every target of a role gets."""

    roles: Annotated[dict[str, Checks], role_checks(*ROLES)] = Field(default_factory=dict)


class FileSpec(Spec):
    """The whole file."""

    district: DistrictSpec
    store: StoreSpec = Field(default_factory=StoreSpec)
    nameservers: list[Nameserver] = Field(default_factory=list)
    trust_file: Line | None = None
    devices_file: Line | None = None
    devices_missing_after_s: Annotated[Quantity, between(60, 365 * 86400, ("1m", "365d"))] = DEVICES_MISSING_AFTER_S
    policy_dirs: list[Line] = Field(default_factory=list)
    """Directories with the district's own rules, beside those that come along."""
    scanning: ScanningSpec = Field(default_factory=ScanningSpec)
    snmp: SnmpSpec | None = None
    hub: HubSpec
    tslcd_core: CoreSpec
    dns: Annotated[DnsSpec | None, BeforeValidator(_or_none)] = None
    services: dict[Slug, ServiceSpec] = Field(default_factory=dict)
    units: dict[Slug, UnitSpec]
    defaults: DefaultsSpec = Field(default_factory=DefaultsSpec)
    oncall: OnCallSpec | None = None


EXAMPLES = {
    "name": "Xã Cao Sơn",
    "lan": "{subnet: 10.21.2.0/24, gateway: 10.21.2.1}",
    "internet": "198.51.100.10",
    "tslcd": "10.255.2.2",
    "address": "10.21.2.1",
    "gateway": "10.21.2.1",
    "subnet": "10.21.2.0/24",
    "path": "tslcd",
    "url": "https://qlvb.example.vn/",
    "district": "{name: Huyện Bạch Thông}",
    "tslcd_core": "{address: 10.255.255.1}",
    "oncall.name": "Nguyễn Văn An",
    "oncall.type": "smstools",
    "oncall.contacts": "[an, binh]",
    "oncall.start": "2026-01-05",
    "oncall.gap_fallback": "an",
    "oncall.notify": '["schedule:it"]',
    "oncall.policy": "critical",
    "oncall.match": "{units: [cao-son]}",
    "oncall.starts": "2026-12-01T22:00+07:00",
    "oncall.duration": "2h",
    "oncall.reason": "thay bộ chuyển mạch",
    "oncall.author": "Nguyễn Văn An",
    "oncall.url": "credential:heartbeat-url",
}
"""What a missing key could look like, for hints; first by section, then anywhere."""
