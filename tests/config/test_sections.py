"""Checks that need something first: credentials, an approval, an account. A section gives it and switches them on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bt_console.config.load import Settings
from bt_console.model.inventory import Check, CheckId

Small = Callable[..., Settings]
Refused = Callable[..., list[str]]
APPROVED = "scanning: {networks: [10.21.2.0/24, 10.20.0.0/16]}\n"
SNMP = "snmp: {community: 'file:/etc/bt-console/snmp'}\n"
SWITCH = ("      may-in: 10.21.2.12\n", "      may-in: 10.21.2.12\n      sw: {address: 10.21.2.13, kind: switch}\n")
MAIL = (
    "    path: tslcd\n",
    "    kind: mail\n    path: tslcd\n    mailbox: {address: m@thu.example, password: 'env:MAIL'}\n",
)
SIGNATURE = (
    "    path: tslcd\n",
    "    kind: signature\n    path: tslcd\n    ocsp: http://ca.example/ocsp\n    certificate_of: qlvb.example:443\n"
    "    crl: http://ca.example/list\n    tsa: http://ca.example/tsa\n",
)
HUB = "  tslcd: {gateway: 10.255.0.1}\n"


def probes_of(settings: Settings, target: str) -> list[str]:
    return [check.probe for check in settings.inventory.checks.values() if check.target_id == target]


def check(settings: Settings, check_id: str) -> Check:
    return settings.inventory.checks[CheckId(check_id)]


def test_nothing_is_scanned_without_approval_and_only_there_with_it(small: Small) -> None:
    assert "port_scan" not in probes_of(small(), "cao-son/device/may-in")
    settings = small(APPROVED)
    assert check(settings, "cao-son/device/may-in:port_scan").interval_s == 300
    assert "tls_versions" not in probes_of(settings, "qlvb")
    assert "tls_versions" in probes_of(small("scanning: {networks: [10.254.0.0/16]}\n"), "qlvb")


def test_snmp_asks_routers_and_switches_with_the_districts_credentials(small: Small) -> None:
    assert "snmp_interfaces" not in probes_of(small("", SWITCH), "cao-son/device/sw")
    settings = small(SNMP, SWITCH)
    asked = {c.target_id: c for c in settings.inventory.checks.values() if c.probe == "snmp_interfaces"}
    assert set(asked) == {"tslcd-core", "cao-son/tslcd", "cao-son/device/sw"}
    assert {c.params.community.reference for c in asked.values()} == {"file:/etc/bt-console/snmp"}
    assert {t.measure for t in asked[settings.inventory.targets["cao-son/tslcd"].id].thresholds} == {  # type: ignore[index]
        "in_utilisation_ratio",
        "out_utilisation_ratio",
    }
    assert "snmp_traps" not in probes_of(settings, "hub")


def test_routers_and_switches_are_asked_for_their_addresses_which_decides_nothing(small: Small) -> None:
    assert "snmp_addresses" not in probes_of(small("", SWITCH), "cao-son/tslcd")
    settings = small(SNMP, SWITCH)
    asked = {c.target_id: c for c in settings.inventory.checks.values() if c.probe == "snmp_addresses"}
    assert {target: c.interval_s for target, c in asked.items()} == {"cao-son/tslcd": 60, "cao-son/device/sw": 60}
    assert not any(c.decides for c in asked.values())


def test_default_communities_are_tried_only_where_that_is_approved(small: Small) -> None:
    settings = small(APPROVED + SNMP, SWITCH)
    assert check(settings, "cao-son/device/sw:snmp_agent").params.guess_default is True
    assert check(settings, "cao-son/tslcd:snmp_agent").params.guess_default is False


def test_one_device_may_have_a_community_of_its_own(small: Small) -> None:
    own = (
        SWITCH[0],
        SWITCH[1].replace("kind: switch", "kind: switch, checks: {snmp_agent: {params: {community: 'env:OWN'}}}"),
    )
    settings = small(SNMP, own)
    assert check(settings, "cao-son/device/sw:snmp_agent").params.community.reference == "env:OWN"
    assert (
        check(settings, "cao-son/device/sw:snmp_interfaces").params.community.reference == "file:/etc/bt-console/snmp"
    )


def test_version_3_and_notifications_take_the_same_user(small: Small) -> None:
    written = "snmp: {version: 3, user: bt, auth_key: 'env:A', priv_key: 'env:P', traps: '127.0.0.1:1162'}\n"
    settings = small(written)
    agent, traps = check(settings, "cao-son/tslcd:snmp_agent"), check(settings, "hub:snmp_traps")
    assert (agent.params.version, agent.params.user) == ("3", "bt")
    assert (traps.params.listen, traps.params.auth_key.reference) == ("127.0.0.1:1162", "env:A")


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("snmp: {community: public}\n", "22:19: a secret is given by reference, not by value"),
        ("snmp: {version: 2c}\n", "22:7: `community` is missing: version 2c needs it"),
        ("snmp: {version: 3}\n", "22:7: `user` is missing: version 3 needs it"),
        ("snmp: {version: 4}\n", "22:17: `4` is not one of 1, 2c, 3"),
    ],
)
def test_credentials_that_cannot_be_are_refused_and_a_secret_is_not_shown(
    refused: Refused, written: str, problem: str
) -> None:
    assert refused(written) == [problem]


def test_the_office_lan_is_watched_where_its_interface_is_named(small: Small) -> None:
    named = small("", (HUB, HUB + "  lan_interface: eth1\n"))
    assert check(named, "hub:arp_watch").address == "eth1"
    assert {"dhcp_watch", "router_advert_watch"} <= set(probes_of(named, "hub"))
    assert "arp_sweep" not in probes_of(named, "hub")
    swept = HUB + "  lan_interface: eth1\n  lan_subnet: 10.20.0.0/24\n"
    assert "arp_sweep" not in probes_of(small("", (HUB, swept)), "hub")
    sweep = check(small(APPROVED, (HUB, swept)), "hub:arp_sweep")
    assert (sweep.address, sweep.params.interface) == ("10.20.0.0/24", "eth1")
    wide = swept.replace("/24", "/15")
    assert "arp_sweep" not in probes_of(small(APPROVED, (HUB, wide)), "hub")


def test_every_time_server_is_asked_and_the_hubs_own_health_comes_first(small: Small) -> None:
    settings = small("", (HUB, HUB + '  time_servers: [10.20.0.53, "10.20.0.54:1123"]\n'))
    assert probes_of(settings, "hub") == ["host_health", "ntp_query", "ntp_query"]
    assert check(settings, "hub:ntp_query:10.20.0.54:1123").address == "10.20.0.54:1123"


def test_a_mailbox_makes_its_round_trip_and_its_domain_is_looked_up(small: Small) -> None:
    settings = small("", MAIL)
    trip = check(settings, "qlvb:mail_round_trip")
    assert (trip.address, trip.params.mailbox, trip.params.password.reference) == (
        "qlvb.example:587",
        "m@thu.example",
        "env:MAIL",
    )
    assert check(settings, "qlvb:dns_records").params.domain == "thu.example"


def test_a_signature_service_is_asked_where_its_responders_are(small: Small) -> None:
    settings = small("", SIGNATURE)
    assert check(settings, "qlvb:ocsp_query").params.server == "qlvb.example:443"
    assert check(settings, "qlvb:crl_fetch").address == "http://ca.example/list"
    assert check(settings, "qlvb:timestamp_query").address == "http://ca.example/tsa"
    without = small("", ("    path: tslcd\n", "    kind: signature\n    path: tslcd\n"))
    assert probes_of(without, "qlvb") == ["http_get", "icmp_echo", "tls_handshake"]


def test_posture_decides_nothing_unless_somebody_says_so(small: Small) -> None:
    settings = small(APPROVED)
    assert not check(settings, "cao-son/device/may-in:port_scan").decides
    assert not check(settings, "cao-son/tslcd:path_trace").decides
    assert check(settings, "cao-son/tslcd:icmp_echo").decides
    assert check(small("", SIGNATURE), "qlvb:ocsp_query").decides
    told = "defaults: {roles: {device: {icmp_echo: {decides: false}, port_scan: {decides: true}}}}\n"
    settings = small(APPROVED + told)
    assert check(settings, "cao-son/device/may-in:port_scan").decides
    assert not check(settings, "cao-son/device/may-in:icmp_echo").decides


def test_people_have_the_last_word_over_what_a_section_switches_on(small: Small) -> None:
    device, switch = "{port_scan: {enabled: false}}", "{port_scan: {enabled: true, interval: 1h}}"
    settings = small(f"{APPROVED}defaults: {{roles: {{device: {device}, switch: {switch}}}}}\n", SWITCH)
    assert "port_scan" not in probes_of(settings, "cao-son/device/may-in")
    assert check(settings, "cao-son/device/sw:port_scan").interval_s == 3600


def test_an_unknown_kind_of_device_is_told_from_the_known_ones(refused: Refused) -> None:
    found = refused("", ("may-in: 10.21.2.12", "may-in: {address: 10.21.2.12, kind: printr}"))
    assert found == ["21:43: `printr` is not one of pc, printer, server, switch"]
