from __future__ import annotations

from collections.abc import Callable

import pytest

from bt_console.config.load import Settings
from bt_console.model.inventory import Check, CheckId, Side

Small = Callable[..., Settings]
Refused = Callable[..., list[str]]


def check(settings: Settings, check_id: str) -> Check:
    return settings.inventory.checks[CheckId(check_id)]


def test_without_a_word_every_target_has_the_checks_of_its_role(small: Small) -> None:
    assert {check.id: check.address for check in small().inventory.checks.values()} == {
        "hub:host_health": "localhost",
        "hub/uplink-internet:icmp_echo": "203.0.113.1",
        "hub/uplink-tslcd:icmp_echo": "10.255.0.1",
        "tslcd-core:icmp_echo": "10.255.255.1",
        "dns:dns_query:qlvb": "10.20.0.53",
        "qlvb:http_get": "https://qlvb.example/",
        "qlvb:icmp_echo": "10.254.1.11",
        "qlvb:tls_handshake": "qlvb.example:443",
        "cao-son/lan:icmp_echo": "10.21.2.1",
        "cao-son/internet:icmp_echo": "198.51.100.10",
        "cao-son/internet:path_trace": "198.51.100.10",
        "cao-son/tslcd:icmp_echo": "10.255.2.2",
        "cao-son/tslcd:path_trace": "10.255.2.2",
        "cao-son/device/may-in:icmp_echo": "10.21.2.12",
    }


def test_the_built_in_schedule_and_thresholds(small: Small) -> None:
    settings = small()
    lan = check(settings, "cao-son/lan:icmp_echo")
    assert (lan.interval_s, lan.params.count, lan.params.timeout_s) == (5, 3, 0.8)
    assert (lan.down_k, lan.down_n, lan.up_k) == (2, 2, 2)
    assert lan.thresholds == ()
    line = check(settings, "cao-son/tslcd:icmp_echo")
    assert line.params.count == 10
    assert [(t.measure, t.side, t.limit, t.k, t.n) for t in line.thresholds] == [
        ("loss_ratio", Side.ABOVE, 0.1, 6, 10),
        ("rtt_median_s", Side.ABOVE, 0.15, 2, 2),
    ]
    assert check(settings, "cao-son/device/may-in:icmp_echo").interval_s == 30
    tls = check(settings, "qlvb:tls_handshake")
    assert (tls.interval_s, tls.thresholds[0].side, tls.thresholds[0].limit) == (60, Side.BELOW, 21)


def test_the_name_server_is_asked_for_every_services_address(small: Small) -> None:
    query = check(small(), "dns:dns_query:qlvb")
    assert (query.params.name, query.params.record, query.params.expect) == ("qlvb.example", "A", "10.254.1.11")
    assert (query.interval_s, query.timeout_s, query.params.timeout_s) == (5, 1, 1)


def test_an_ipv6_service_is_asked_for_with_its_record_type(small: Small) -> None:
    query = check(small("", ("address: 10.254.1.11", "address: fd00::11")), "dns:dns_query:qlvb")
    assert (query.params.record, query.params.expect) == ("AAAA", "fd00::11")


def test_a_service_known_by_address_alone_needs_no_question(small: Small) -> None:
    settings = small("", ("https://qlvb.example/", "https://[fd00::11]:8443/"))
    assert CheckId("dns:dns_query:qlvb") not in settings.inventory.checks
    assert check(settings, "qlvb:tls_handshake").address == "[fd00::11]:8443"


def test_a_plain_http_service_has_no_certificate_to_look_at(small: Small) -> None:
    plain = ("https://qlvb.example/", "http://qlvb.example/")
    assert CheckId("qlvb:tls_handshake") not in small("", plain).inventory.checks
    wanted = "defaults: {roles: {web: {tls_handshake: {address: '{host}:8443'}}}}\n"
    assert check(small(wanted, plain), "qlvb:tls_handshake").address == "qlvb.example:8443"


def test_mail_has_its_protocols_and_a_signature_service_its_page(small: Small) -> None:
    mail = small("", ("    path: tslcd", "    kind: mail\n    path: tslcd")).inventory.checks
    found = {check.id: check.address for check in mail.values() if check.target_id == "qlvb"}
    assert found == {
        "qlvb:http_get": "https://qlvb.example/",
        "qlvb:icmp_echo": "10.254.1.11",
        "qlvb:tcp_connect": "qlvb.example:25",
        "qlvb:tls_handshake": "qlvb.example:993",
        "qlvb:smtp_session": "qlvb.example:25",
        "qlvb:imap_session": "qlvb.example:993",
        "qlvb:dns_records": "10.20.0.53",
    }
    assert mail[CheckId("qlvb:tcp_connect")].params.expect == "220"
    assert (
        check(small("", ("    path: tslcd", "    kind: signature\n    path: tslcd")), "qlvb:http_get").interval_s == 5
    )


def test_expected_text_goes_to_the_page_check(small: Small) -> None:
    settings = small("", ("    path: tslcd", "    expect_text: Văn bản\n    path: tslcd"))
    assert check(settings, "qlvb:http_get").params.expect_text == "Văn bản"


def test_later_layers_win_field_by_field(small: Small) -> None:
    settings = small(
        "    checks: {device: {icmp_echo: {down: 3 of 4, thresholds: {rtt_max_s: {above: 1s}}}}}\n"
        "defaults: {roles: {device: {icmp_echo: {interval: 1m, up: 3, params: {count: 5}}}}}\n",
        ("may-in: 10.21.2.12", "may-in: {address: 10.21.2.12, checks: {icmp_echo: {interval_s: 90}}}"),
    )
    device = check(settings, "cao-son/device/may-in:icmp_echo")
    assert (device.interval_s, device.down_k, device.down_n, device.up_k) == (90, 3, 4, 3)
    assert (device.params.count, device.params.timeout_s) == (5, 0.8)
    assert [(t.measure, t.limit, t.k, t.n) for t in device.thresholds] == [("rtt_max_s", 1.0, 2, 2)]


def test_a_check_can_be_switched_off_and_on_again(small: Small) -> None:
    off = "defaults: {roles: {device: {icmp_echo: {enabled: false}}}}\n"
    assert CheckId("cao-son/device/may-in:icmp_echo") not in small(off).inventory.checks
    on = ("may-in: 10.21.2.12", "may-in: {address: 10.21.2.12, checks: {icmp_echo: {enabled: true}}}")
    assert CheckId("cao-son/device/may-in:icmp_echo") in small(off, on).inventory.checks


def test_a_threshold_can_be_switched_off(small: Small) -> None:
    settings = small("    checks: {tslcd: {icmp_echo: {thresholds: {loss_ratio: false}}}}\n")
    assert [t.measure for t in check(settings, "cao-son/tslcd:icmp_echo").thresholds] == ["rtt_median_s"]


def test_a_second_check_of_a_kind_has_a_suffix(small: Small) -> None:
    settings = small("    checks: {lan: {'tcp_connect:ssh': {address: '{address}:22', interval: 1m}}}\n")
    ssh = check(settings, "cao-son/lan:tcp_connect:ssh")
    assert (ssh.probe, ssh.address, ssh.interval_s) == ("tcp_connect", "10.21.2.1:22", 60)


def test_one_question_to_the_name_server_can_differ(small: Small) -> None:
    dns = ("dns: {address: 10.20.0.53}", "dns: {address: 10.20.0.53, checks: {'dns_query:qlvb': {interval: 20s}}}")
    assert check(small("", dns), "dns:dns_query:qlvb").interval_s == 20


def test_a_shorter_interval_shortens_a_timeout_nobody_wrote(small: Small) -> None:
    page = check(small("defaults: {roles: {web: {http_get: {interval: 2s}}}}\n"), "qlvb:http_get")
    assert (page.interval_s, page.timeout_s, page.params.timeout_s) == (2, 2, 2)


def test_a_timeout_reaches_the_probe(small: Small) -> None:
    page = check(small("defaults: {roles: {web: {http_get: {interval: 20s, timeout: 9s}}}}\n"), "qlvb:http_get")
    assert (page.timeout_s, page.params.timeout_s) == (9, 9)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("{interval: 3s, timeout: 4s}", "timeout 4s of http_get is longer than its interval 3s"),
        ("{params: {timeout: 6s}}", "param timeout 6s of http_get is longer than the check's own 5s"),
        ("{address: 'x{record}'}", "{record} means nothing for service targets"),
        ("{params: {expect_status: ok}}", "params of http_get: expect_status is 'ok'"),
    ],
)
def test_a_check_that_cannot_be_is_refused(refused: Refused, said: str, message: str) -> None:
    (problem,) = refused(f"defaults: {{roles: {{web: {{http_get: {said}}}}}}}\n")
    assert message in problem
