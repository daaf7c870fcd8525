"""Every fault as a real client in the hub meets it, and that healing restores."""

from __future__ import annotations

import itertools
import subprocess
import sys

import pytest

from bt_console.lab.client import Lab
from bt_console.lab.errors import LabError
from tests.lab.conftest import Vantage
from tests.lab.example import inventory

pytestmark = [pytest.mark.netns, pytest.mark.xdist_group("lab")]

TSLCD, INTERNET, LAN, DEVICE = "10.255.2.2", "198.51.100.10", "10.21.2.1", "10.21.2.11"
OTHER_TSLCD, OTHER_INTERNET = "10.255.3.2", "198.51.100.14"
CORE, PROVIDER_EDGE, ISP, ANCHOR = "10.255.255.1", "10.255.0.1", "203.0.113.1", "192.0.2.1"
HOST = ".bachthong.example"
PAGES = {
    "qlvb": f"https://qlvb{HOST}/",
    "mail": f"https://mail{HOST}/",
    "motcua": f"https://motcua{HOST}/",
    "dichvucong": f"https://dichvucong{HOST}/",
    "kyso": f"http://kyso{HOST}/",
}


def test_every_target_of_the_inventory_answers_a_ping_from_the_hub(healed: Lab, hub: Vantage) -> None:
    silent = [t.id for t in inventory().targets.values() if t.role != "hub" and not hub.answers(t.address)]
    assert silent == []


@pytest.mark.parametrize(("service", "url"), list(PAGES.items()))
def test_every_service_shows_its_page_with_a_valid_certificate(
    healed: Lab, hub: Vantage, service: str, url: str
) -> None:
    title = next(t.name for t in inventory().targets.values() if t.id == service)
    reading = hub.measure("http_get", url, expect_text=title)
    assert reading["outcome"] == "ok", reading


def test_mail_is_spoken_on_all_its_ports(healed: Lab, hub: Vantage) -> None:
    assert hub.measure("tcp_connect", f"mail{HOST}:25", expect="220 mail.bachthong.example ESMTP")["outcome"] == "ok"
    assert hub.measure("tcp_connect", f"mail{HOST}:143", expect="* OK [CAPABILITY IMAP4rev1")["outcome"] == "ok"
    assert hub.measure("tls_handshake", f"mail{HOST}:993")["outcome"] == "ok"
    assert hub.measure("tls_handshake", f"mail{HOST}:25", starttls="smtp")["outcome"] == "ok"


def test_names_are_answered_over_udp(healed: Lab, hub: Vantage) -> None:
    asked = {"name": f"qlvb{HOST}", "expect": "10.254.1.11"}
    assert hub.measure("dns_query", "10.20.0.53", **asked)["outcome"] == "ok"
    unknown = hub.measure("dns_query", "10.20.0.53", name=f"nobody{HOST}")
    assert unknown["failure"] == "name_not_found"


def test_segments_of_full_size_cross_the_lines_unharmed(healed: Lab) -> None:
    listen = (
        "import hashlib, socket; s = socket.create_server(('10.21.2.1', 5001)); s.settimeout(30);"
        "print('ready', flush=True);"
        "c, _ = s.accept(); c.settimeout(30); h = hashlib.sha256()\n"
        "while part := c.recv(65536): h.update(part)\n"
        "c.sendall(h.hexdigest().encode())"
    )
    send = (
        "import hashlib, random, socket; data = random.Random(1).randbytes(2_000_000);"
        "s = socket.create_connection(('10.21.2.1', 5001), 20); s.sendall(data); s.shutdown(socket.SHUT_WR);"
        "assert s.recv(64).decode() == hashlib.sha256(data).hexdigest()"
    )
    with healed.spawn("cao-son", [sys.executable, "-c", listen], stdout=subprocess.PIPE) as server:
        assert server.stdout
        assert server.stdout.readline() == b"ready\n"
        assert healed.spawn("hub", [sys.executable, "-c", send]).wait() == 0


def test_a_cut_tslcd_line_takes_the_lan_and_leaves_internet_and_neighbours(healed: Lab, hub: Vantage) -> None:
    healed.fault("link-down:tslcd:cao-son")
    assert all(hub.is_silent(address) for address in (TSLCD, LAN, DEVICE))
    assert all(hub.answers(address) for address in (INTERNET, CORE, OTHER_TSLCD))
    healed.heal("link-down:tslcd:cao-son")
    assert all(hub.answers(address) for address in (TSLCD, LAN, DEVICE))


def test_a_cut_line_is_silent_and_not_refused(healed: Lab, hub: Vantage) -> None:
    healed.fault("link-down:tslcd:cao-son")
    reading = hub.measure("icmp_echo", TSLCD, timeout_s=0.9)
    assert (reading["outcome"], reading["failure"]) == ("timeout", None)


def test_a_cut_internet_line_leaves_the_tslcd(healed: Lab, hub: Vantage) -> None:
    healed.fault("link-down:internet:cao-son")
    assert hub.is_silent(INTERNET)
    assert all(hub.answers(address) for address in (TSLCD, LAN, DEVICE, OTHER_INTERNET))
    healed.heal("link-down")
    assert hub.answers(INTERNET)


def test_a_unit_without_power_is_silent_everywhere(healed: Lab, hub: Vantage) -> None:
    healed.fault("unit-dark:cao-son")
    assert all(hub.is_silent(address) for address in (TSLCD, INTERNET, LAN))
    assert hub.answers(OTHER_TSLCD)
    healed.heal(None)
    assert all(hub.answers(address) for address in (TSLCD, INTERNET, LAN))


def test_a_lossy_line_loses_about_the_part_asked_for_and_not_twice(healed: Lab, hub: Vantage) -> None:
    healed.fault("loss:tslcd:cao-son:50%")
    readings = [hub.measure("icmp_echo", TSLCD, count=20, timeout_s=2.0) for _ in range(3)]
    sent = sum(reading["measures"]["sent_count"] for reading in readings)
    received = sum(reading["measures"].get("received_count", 0) for reading in readings)
    assert sent == 60
    assert 15 <= received <= 45
    healed.heal(None)
    assert hub.measure("icmp_echo", TSLCD, count=20, timeout_s=2.0)["measures"]["loss_ratio"] == 0


def test_a_slow_line_adds_the_delay_asked_for_once(healed: Lab, hub: Vantage) -> None:
    before_s = hub.measure("icmp_echo", INTERNET, count=3, timeout_s=2.0)["measures"]["rtt_min_s"]
    healed.fault("delay:internet:cao-son:300ms")
    during_s = hub.measure("icmp_echo", INTERNET, count=3, timeout_s=2.0)["measures"]["rtt_min_s"]
    assert 0.28 <= during_s - before_s < 0.6
    healed.heal(None)
    assert hub.measure("icmp_echo", INTERNET, count=3, timeout_s=2.0)["measures"]["rtt_min_s"] < 0.28


def test_without_the_core_only_the_provider_edge_is_left_of_the_tslcd(healed: Lab, hub: Vantage) -> None:
    healed.fault("tslcd-core-down")
    assert all(hub.is_silent(address) for address in (CORE, TSLCD, OTHER_TSLCD, LAN))
    assert hub.measure("http_get", PAGES["qlvb"], timeout_s=1.0)["outcome"] == "timeout"
    assert all(hub.answers(address) for address in (PROVIDER_EDGE, INTERNET, ISP))
    healed.heal(None)
    assert hub.answers(TSLCD)


def test_without_the_hubs_isp_everything_on_the_internet_is_silent(healed: Lab, hub: Vantage) -> None:
    healed.fault("hub-isp-down")
    assert all(hub.is_silent(address) for address in (ISP, ANCHOR, INTERNET))
    assert all(hub.answers(address) for address in (PROVIDER_EDGE, TSLCD, CORE))
    healed.heal(None)
    assert all(hub.answers(address) for address in (ISP, ANCHOR, INTERNET))


def test_a_stopped_service_refuses_and_its_neighbour_serves(healed: Lab, hub: Vantage) -> None:
    healed.fault("service-down:qlvb")
    reading = hub.measure("http_get", PAGES["qlvb"])
    assert (reading["outcome"], reading["failure"]) == ("fail", "refused")
    assert hub.measure("http_get", PAGES["motcua"])["outcome"] == "ok"
    assert hub.answers("10.254.1.11")
    healed.heal(None)
    assert hub.measure("http_get", PAGES["qlvb"])["outcome"] == "ok"


@pytest.mark.parametrize("service", list(PAGES))
def test_a_service_with_an_error_answers_500(healed: Lab, hub: Vantage, service: str) -> None:
    healed.fault(f"service-500:{service}")
    reading = hub.measure("http_get", PAGES[service])
    assert reading["outcome"] == "fail"
    assert reading["facts"]["status"] == 500
    healed.heal(None)
    assert hub.measure("http_get", PAGES[service])["outcome"] == "ok"


def test_a_slow_service_answers_late_and_well(healed: Lab, hub: Vantage) -> None:
    healed.fault("service-slow:dichvucong:1s")
    reading = hub.measure("http_get", PAGES["dichvucong"])
    assert reading["outcome"] == "ok"
    assert reading["measures"]["first_byte_s"] >= 1.0
    healed.heal(None)
    assert hub.measure("http_get", PAGES["dichvucong"])["measures"]["first_byte_s"] < 1.0


def test_a_wrong_page_is_well_formed_and_not_the_services(healed: Lab, hub: Vantage) -> None:
    healed.fault("service-wrong-content:qlvb")
    reading = hub.measure("http_get", PAGES["qlvb"], expect_text="Quản lý văn bản")
    assert (reading["failure"], reading["facts"]["status"]) == ("mismatch", 200)
    healed.heal(None)
    assert hub.measure("http_get", PAGES["qlvb"], expect_text="Quản lý văn bản")["outcome"] == "ok"


def test_an_expired_certificate_is_shown_and_replaced_by_a_good_one(healed: Lab, hub: Vantage) -> None:
    healed.fault("cert-expired:mail")
    for address in (f"mail{HOST}:443", f"mail{HOST}:993"):
        reading = hub.measure("tls_handshake", address)
        assert reading["failure"] == "tls"
        assert reading["measures"]["certificate_days_left"] < 0
    assert hub.measure("tls_handshake", f"qlvb{HOST}:443")["outcome"] == "ok"
    healed.heal(None)
    assert hub.measure("tls_handshake", f"mail{HOST}:443")["outcome"] == "ok"


def test_a_stopped_name_server_answers_nothing(healed: Lab, hub: Vantage) -> None:
    asked = {"name": f"qlvb{HOST}", "timeout_s": 0.5}
    healed.fault("dns-down")
    assert hub.measure("dns_query", "10.20.0.53", **asked)["outcome"] != "ok"
    assert hub.measure("http_get", PAGES["qlvb"], timeout_s=1.0)["outcome"] != "ok"
    assert hub.answers("10.20.0.53")
    healed.heal(None)
    assert hub.measure("dns_query", "10.20.0.53", **asked)["outcome"] == "ok"


def test_a_hijacked_name_server_answers_wrongly(healed: Lab, hub: Vantage) -> None:
    asked = {"name": f"qlvb{HOST}", "expect": "10.254.1.11"}
    healed.fault("dns-wrong-answer")
    assert hub.measure("dns_query", "10.20.0.53", **asked)["failure"] == "mismatch"
    healed.heal(None)
    assert hub.measure("dns_query", "10.20.0.53", **asked)["outcome"] == "ok"


def test_mail_down_stops_smtp_and_imap_and_leaves_the_page(healed: Lab, hub: Vantage) -> None:
    healed.fault("mail-down")
    for port in (25, 143, 993):
        assert hub.measure("tcp_connect", f"mail{HOST}:{port}")["failure"] == "refused"
    assert hub.measure("http_get", PAGES["mail"])["outcome"] == "ok"
    healed.heal(None)
    assert hub.measure("tcp_connect", f"mail{HOST}:25", expect="220")["outcome"] == "ok"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_faults_that_overlap_heal_in_any_order(healed: Lab, hub: Vantage, order: tuple[int, ...]) -> None:
    faults = ["link-down:tslcd:cao-son", "unit-dark:cao-son", "tslcd-core-down"]
    for spec in faults:
        healed.fault(spec)
    left = list(faults)
    for index in order:
        healed.heal(faults[index])
        left.remove(faults[index])
        assert set(healed.active()) == set(left)
        is_internet_cut = "unit-dark:cao-son" in left
        assert hub.is_silent(INTERNET) if is_internet_cut else hub.answers(INTERNET)
        assert hub.is_silent(TSLCD) if left else hub.answers(TSLCD)


def test_a_command_runs_where_the_unit_is_with_rights_over_its_network(healed: Lab) -> None:
    code = (
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP);"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('10.255.0.2', 9)); print(s.getsockname()[0])"
    )
    for place, address in (("cao-son", "10.255.2.2"), ("y-te", "10.20.0.1"), ("hub", "10.255.0.2")):
        with healed.spawn(place, [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as command:
            assert command.communicate()[0].strip() == address


def test_no_command_gets_out_of_the_lab(healed: Lab) -> None:
    code = (
        "import socket\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('192.0.2.200', 9))\n"
        "s.settimeout(1)\n"
        "print(s.getsockname()[0], sorted(name for _, name in socket.if_nameindex()))"
    )
    with healed.spawn("hub", [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as command:
        assert command.communicate()[0].split(" ", 1) == ["203.0.113.2", "['building', 'internet', 'lo', 'tslcd']\n"]


def test_a_place_nobody_has_heard_of_is_refused(healed: Lab) -> None:
    with pytest.raises(LabError, match="no unit 'cao-sn' in the lab \\(did you mean cao-son"):
        healed.spawn("cao-sn", ["true"])


def test_attaching_finds_the_same_lab(healed: Lab) -> None:
    other = Lab.attach(healed.trust_file.parent)
    other.fault("dns-down")
    assert healed.active() == ("dns-down",)
    with pytest.raises(LabError, match="'mail-down' is not in force"):
        other.heal("mail-down")
    assert [kind.name for kind in other.faults()] == [kind.name for kind in healed.faults()]
