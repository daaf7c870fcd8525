from __future__ import annotations

from collections.abc import Callable

Refused = Callable[..., list[str]]
UNIT = """\
  {id}:
    name: {id}
    kind: department
    lan: {{subnet: {subnet}, gateway: {gateway}}}
"""


def unit(id: str, subnet: str, gateway: str) -> str:  # noqa: A002
    return UNIT.format(id=id, subnet=subnet, gateway=gateway)


def test_every_unit_inside_a_wider_lan_overlaps_it(refused: Refused) -> None:
    wide = unit("wide", "10.30.0.0/16", "10.30.0.1")
    found = refused(wide + unit("a", "10.30.1.0/24", "10.30.1.1") + unit("b", "10.30.2.0/24", "10.30.2.1"))
    assert found == [
        "29:19: LAN 10.30.1.0/24 of a overlaps 10.30.0.0/16 of wide on line 25",
        "33:19: LAN 10.30.2.0/24 of b overlaps 10.30.0.0/16 of wide on line 25",
    ]


def test_neighbouring_lans_do_not_overlap(small: Callable[..., object]) -> None:
    added = unit("a", "10.30.0.0/24", "10.30.0.1") + unit("b", "10.30.1.0/24", "10.30.1.1")
    assert small(added + unit("c", "fd00::/64", "fd00::1"))


def test_ids_of_the_district_itself_and_of_services_are_taken(refused: Refused) -> None:
    found = refused(unit("dns", "10.30.0.0/24", "10.30.0.1") + unit("qlvb", "10.30.1.0/24", "10.30.1.1"))
    assert found == [
        "22:3: the id dns is taken by the district itself",
        "26:3: the id qlvb is a service's too, on line 9",
    ]


def test_an_address_written_differently_is_still_the_same(refused: Refused) -> None:
    first = unit("a", "fd00::/64", "fd00::1") + "    devices: {x: 'fd00:0::0:1'}\n"
    assert refused(first) == ["26:18: address fd00::1 of a/device/x is also a/lan's, on line 25"]


def test_two_services_may_share_a_server(small: Callable[..., object]) -> None:
    second = "  motcua: {name: M, path: tslcd, url: 'https://m.example/', address: 10.254.1.11}\nunits:\n"
    assert small("", ("units:\n", second))


def test_every_unknown_reference_is_told(refused: Refused) -> None:
    assert refused("", ("    path: tslcd", "    depends_on: [dnss, cao-son/lna]\n    path: tslcd")) == [
        "11:18: qlvb depends on dnss, which is not here",
        "11:24: qlvb depends on cao-son/lna, which is not here",
    ]


def test_a_reference_into_a_unit_that_has_mistakes_is_not_judged(refused: Refused) -> None:
    found = refused(
        "",
        ("    path: tslcd", "    depends_on: [cao-son/lan]\n    path: tslcd"),
        ("tslcd: 10.255.2.2", "tslcd: 10.255.2"),
    )
    assert found == ["20:12: `10.255.2` is not an IP address"]


def test_a_reference_to_the_name_server_is_judged_only_where_it_was_read(refused: Refused) -> None:
    depends = ("    path: tslcd", "    depends_on: [dns]\n    path: tslcd")
    server = "dns: {address: 10.20.0.53}"
    assert refused("", depends, (server, "dns: {address: 10.20.0}")) == ["7:16: `10.20.0` is not an IP address"]
    assert refused("", depends, (server, "dns: none")) == ["11:18: qlvb depends on dns, which is not here"]


def test_every_circle_is_told_at_a_dependency_of_its_own(refused: Refused) -> None:
    devices = (
        "may-in: {address: 10.21.2.12, depends_on: [cao-son/device/b]}\n"
        "      b: {address: 10.21.2.13, depends_on: [cao-son/device/may-in]}"
    )
    found = refused(
        "",
        ("may-in: 10.21.2.12", devices),
        ("dns: {address: 10.20.0.53}", "dns: {address: 10.20.0.53, depends_on: [qlvb]}"),
    )
    assert found == [
        "7:40: dependencies run in a circle: dns -> qlvb -> dns",
        "21:49: dependencies run in a circle: cao-son/device/may-in -> cao-son/device/b -> cao-son/device/may-in",
    ]
