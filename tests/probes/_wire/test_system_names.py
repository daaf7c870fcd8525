import os
from pathlib import Path

from probes._wire.address import Endpoint
from probes._wire.system_names import SystemNames, parse_hosts


def test_hosts_are_names_of_addresses_ipv4_first() -> None:
    text = "::1 localhost ip6\n127.0.0.1 LocalHost # me\nnonsense line\n\n192.0.2.1\n127.0.0.1 localhost\n"
    assert parse_hosts(text) == {"localhost": ("127.0.0.1", "::1"), "ip6": ("::1",)}


def test_a_changed_file_is_read_again_and_a_missing_one_is_empty(tmp_path: Path) -> None:
    hosts, resolv = tmp_path / "hosts", tmp_path / "resolv.conf"
    names = SystemNames(hosts_path=hosts, resolv_path=resolv)
    assert (names.addresses("a.example"), names.servers()) == ((), ())
    hosts.write_text("192.0.2.1 a.example\n")
    resolv.write_text("nameserver 192.0.2.53\nnameserver 2001:db8::53\n")
    assert names.addresses("A.Example.") == ("192.0.2.1",)
    assert names.servers() == (Endpoint("192.0.2.53", 53), Endpoint("2001:db8::53", 53))
    hosts.write_text("192.0.2.22 a.example\n")
    os.utime(hosts, (1, 1))
    hosts_again = names.addresses("a.example")
    hosts.unlink()
    assert hosts_again == ("192.0.2.22",)
    assert names.addresses("a.example") == ()


def test_a_resolver_file_that_makes_no_sense_names_no_server(tmp_path: Path) -> None:
    resolv = tmp_path / "resolv.conf"
    resolv.write_bytes(b"options \xff\n")
    assert SystemNames(resolv_path=resolv).servers() == ()
